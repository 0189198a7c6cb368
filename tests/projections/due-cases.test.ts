import { setup } from 'xstate';
import { z } from 'zod';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import { defineEvent, defineWorkflow } from '../../src/domain/workflow.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { type CaseEngine, caseEngine } from '../../src/engine/case-engine.js';
import { DEADLINE_LOOKUP, deadlineLookup } from '../../src/engine/deadline-lookup.js';
import { ledgerCalendar } from '../../src/engine/ledger-calendar.js';
import { noticePublisher } from '../../src/engine/notice-publishing.js';
import { sqliteKeyRing } from '../../src/engine/sqlite-key-ring.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import type { DueFilter, DueItem } from '../../src/projections/case-queries.js';
import { type Projections, startProjections } from '../../src/projections/start-projections.js';
import type { ReadStore } from '../../src/read-store/read-store.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import { countingIds, MASTER_KEY, seededBytes, testClock } from '../engine/permit-office.js';
import { LONG_MS, quickPacing } from './permit-read-models.js';

const title = { en: 'x', zh: '测' };
const event = () => defineEvent({ title, data: z.strictObject({}), roles: ['clerk'] });
const licence = defineWorkflow({
  name: 'licence',
  version: 1,
  title,
  machine: setup({}).createMachine({
    initial: 'draft',
    states: {
      draft: { on: { 'licence.requested': 'reviewing' } },
      reviewing: {
        on: { 'hearing.opened': 'hearing', 'licence.decided': 'decided', 'licence.withdrawn': 'withdrawn' },
      },
      hearing: { on: { 'hearing.closed': 'reviewing' } },
      decided: { type: 'final' },
      withdrawn: { type: 'final' },
    },
  }),
  events: {
    'licence.requested': defineEvent({
      title,
      data: z.strictObject({ department: z.string() }),
      roles: ['clerk'],
      labels: ({ data }) => ({ department: data.department }),
    }),
    'hearing.opened': event(),
    'hearing.closed': event(),
    'licence.decided': event(),
    'licence.withdrawn': event(),
  },
  states: { draft: title, reviewing: title, hearing: title, decided: title, withdrawn: title },
  roles: { clerk: { title, scope: 'ledger' } },
  deadlines: {
    decision: {
      title,
      from: 'licence.requested',
      until: { events: ['licence.decided'] },
      within: { unit: 'workingDays', amount: 10 },
      pausedWhile: ['hearing'],
      warn: [{ unit: 'workingDays', amount: 2 }],
      source: 'law',
    },
    cooling: {
      title,
      kind: 'atLeast',
      from: 'licence.requested',
      until: { events: ['licence.decided'] },
      within: { unit: 'calendarDays', amount: 3 },
      limit: 'internal',
      source: 'policy',
    },
  },
});
const registry = workflowRegistry([licence]);
const LEDGER = '0192f5f0-0000-7000-8000-000000000001';
const clerk = { id: 'clerk-1', roles: ['clerk'] };

const time = testClock();
let store: EventStore;
let engine: CaseEngine;
let readStore: ReadStore;
let projections: Projections;

async function begin(at: string): Promise<void> {
  time.set(at);
  store = memoryEventStore();
  readStore = sqliteReadStore({ path: ':memory:' });
  const randomBytes = seededBytes();
  const keys = sqliteKeyRing({ path: ':memory:', masterKey: MASTER_KEY, randomBytes });
  engine = caseEngine({
    store,
    registry,
    keys,
    ledger: LEDGER,
    clock: time,
    ids: countingIds(),
    randomBytes,
    lookups: { [DEADLINE_LOOKUP]: deadlineLookup({ store, registry, calendar: ledgerCalendar(store, chinaCalendar) }) },
  });
  projections = await startProjections({
    store,
    readStore,
    registry,
    calendar: chinaCalendar,
    clock: time,
    pacing: quickPacing,
  });
}

afterEach(async () => {
  await projections.stop();
  await readStore.close();
});

let commands = 0;
async function happens(caseId: string, type: string, at: string): Promise<void> {
  time.set(at);
  commands += 1;
  const command = { workflow: 'licence', caseId, commandId: `command-${commands}`, actor: clerk };
  if (type === 'licence.requested')
    await engine.open({ ...command, events: [{ type, data: { department: 'markets' } }] });
  else await engine.send({ ...command, events: [{ type, data: {} }] });
}

async function publish(notice: { readonly id: string; readonly off: readonly string[] }, at: string): Promise<void> {
  time.set(at);
  const { id, off } = notice;
  await noticePublisher({ store, shipped: chinaCalendar, ledger: LEDGER, clock: time })({
    calendar: 'cn',
    commandId: `publish ${id}`,
    actor: { id: 'officer-1', roles: ['calendarOfficer'] },
    notice: {
      id,
      year: 2026,
      title,
      source: 'county notice 7',
      published: '2026-03-04',
      amends: 'cn-2026',
      days: [{ name: title, off }],
    },
  });
}

async function due(now: string, filter: DueFilter = {}): Promise<readonly DueItem[]> {
  const options = { reach: [{ scope: 'ledger' as const }], minPosition: (await store.head())!, waitMs: LONG_MS, now };
  return (await projections.queries.dueCases(filter, {}, options)).items;
}

const decision = async (now: string, caseId = 'l-1'): Promise<DueItem> =>
  (await due(now, { deadline: 'decision' })).find((one) => one.caseId === caseId)!;

describe('due cases', () => {
  it('stand where the instant puts them, though nothing happens', async () => {
    await begin('2026-03-02T01:00:00.000Z');
    await happens('l-1', 'licence.requested', '2026-03-02T01:00:00.000Z');

    const standings = [];
    for (const now of [
      '2026-03-03T01:00:00.000Z',
      '2026-03-12T01:00:00.000Z',
      '2026-03-16T01:00:00.000Z',
      '2026-03-17T01:00:00.000Z',
    ]) {
      standings.push((await decision(now)).standing);
    }

    expect(standings).toEqual(['running', 'near', 'today', 'overdue']);
    expect(await decision('2026-03-17T01:00:00.000Z')).toMatchObject({
      dueOn: '2026-03-16',
      department: 'markets',
      limitKind: 'statutory',
      kind: 'atMost',
      provisional: false,
    });
    expect((await due('2026-03-17T01:00:00.000Z', { standing: 'overdue' })).map(({ deadline }) => deadline)).toEqual([
      'decision',
    ]);
    expect((await due('2026-03-17T01:00:00.000Z', { standing: 'lapsed' })).map(({ deadline }) => deadline)).toEqual([
      'cooling',
    ]);
  });

  it('cannot be overdue while they are paused, and are met, late or dropped once it is over', async () => {
    await begin('2026-03-02T01:00:00.000Z');
    for (const caseId of ['l-1', 'l-2', 'l-3', 'l-4'])
      await happens(caseId, 'licence.requested', '2026-03-02T01:00:00.000Z');
    await happens('l-1', 'hearing.opened', '2026-03-04T01:00:00.000Z');
    await happens('l-2', 'licence.decided', '2026-03-05T01:00:00.000Z');
    await happens('l-3', 'licence.decided', '2026-03-18T01:00:00.000Z');
    await happens('l-4', 'licence.withdrawn', '2026-03-18T02:00:00.000Z');

    const later = '2026-06-01T01:00:00.000Z';
    expect(await decision(later, 'l-1')).toMatchObject({ standing: 'paused' });
    expect(await decision(later, 'l-2')).toMatchObject({
      standing: 'met',
      late: false,
      metAt: '2026-03-05T01:00:00.000Z',
    });
    expect(await decision(later, 'l-3')).toMatchObject({ standing: 'met', late: true, lateBy: 2 });
    expect(await decision(later, 'l-4')).toMatchObject({ standing: 'ended' });
    const options = { reach: [{ scope: 'ledger' as const }], now: later };
    expect(await projections.queries.lateness({}, options)).toEqual([
      {
        workflow: 'licence',
        deadline: 'decision',
        limitKind: 'statutory',
        open: 1,
        overdue: 0,
        met: 2,
        metLate: 1,
        dropped: 1,
      },
    ]);
    expect(await projections.queries.lateness({ metTo: '2026-03-10' }, options)).toMatchObject([
      { met: 1, metLate: 0 },
    ]);
  });

  it('move when a published notice comes to count: from the first event recorded after it', async () => {
    await begin('2020-01-20T01:00:00.000Z');
    await happens('l-1', 'licence.requested', '2020-01-20T01:00:00.000Z');
    const before = await decision('2020-01-20T02:00:00.000Z');
    await happens('l-2', 'licence.requested', '2020-01-28T01:00:00.000Z');
    const after = await decision('2020-01-28T02:00:00.000Z');

    expect([before.dueOn, after.dueOn]).toEqual(['2020-02-07', '2020-02-11']);
    await projections.rebuild('due_cases');
    expect((await decision('2020-01-28T02:00:00.000Z')).dueOn).toBe('2020-02-11');
  });

  it('move with a notice recorded in the ledger', async () => {
    await begin('2026-03-02T01:00:00.000Z');
    await happens('l-1', 'licence.requested', '2026-03-02T01:00:00.000Z');
    const before = await decision('2026-03-03T01:00:00.000Z');

    await publish({ id: 'typhoon', off: ['2026-03-05/2026-03-06'] }, '2026-03-04T01:00:00.000Z');

    expect(before.dueOn).toBe('2026-03-16');
    expect((await decision('2026-03-04T02:00:00.000Z')).dueOn).toBe('2026-03-18');
  });
});
