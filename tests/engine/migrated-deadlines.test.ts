import { setup } from 'xstate';
import { z } from 'zod';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import { deadlineLedgers } from '../../src/domain/deadline-ledgers.js';
import type { JsonObject } from '../../src/domain/event.js';
import { defineEvent, defineWorkflow, type Workflow } from '../../src/domain/workflow.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { calendarInForce } from '../../src/domain/working-calendar.js';
import { deadlineLookup } from '../../src/engine/deadline-lookup.js';
import { ledgerCalendar } from '../../src/engine/ledger-calendar.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { importLog } from '../../src/import/import-log.js';
import type { LogTrace } from '../../src/import/log-trace.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import { startProjections } from '../../src/projections/start-projections.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import { LONG_MS, quickPacing } from '../projections/permit-read-models.js';
import {
  administrator,
  another,
  codeOf,
  countingIds,
  importer,
  MASTER_KEY,
  type Office,
  permitOffice,
  seededBytes,
  testClock,
} from './permit-office.js';

const title = { en: 'x', zh: '测' };

/** The words a version has for one story: opened, held for a hearing, taken up again, decided. */
type Words = {
  readonly opened: string;
  readonly held: string;
  readonly resumed: string;
  readonly decided: string;
  readonly reviewing: string;
  readonly hearing: string;
  readonly done: string;
};

const OLD: Words = {
  opened: 'permit.requested',
  held: 'hearing.called',
  resumed: 'hearing.over',
  decided: 'permit.decided',
  reviewing: 'checking',
  hearing: 'standstill',
  done: 'decided',
};
const NEW: Words = {
  opened: 'permit.received',
  held: 'hearing.opened',
  resumed: 'hearing.closed',
  decided: 'permit.granted',
  reviewing: 'reviewing',
  hearing: 'hearing',
  done: 'granted',
};

function permit(version: number, words: Words, days: number, from: readonly Words[] = []): Workflow {
  const { opened, held, resumed, decided, reviewing, hearing, done } = words;
  const event = (labels = false) =>
    defineEvent({
      title,
      data: z.strictObject({ department: z.string().optional() }),
      roles: ['clerk'],
      ...(labels && {
        labels: ({ data }: { readonly data: { readonly department?: string | undefined } }) => ({
          department: `${data.department}-${version}`,
        }),
      }),
    });
  return defineWorkflow({
    name: 'permit',
    version,
    title,
    machine: setup({}).createMachine({
      initial: 'draft',
      states: {
        draft: { on: { [opened]: reviewing } },
        [reviewing]: { on: { [held]: hearing, [decided]: done } },
        [hearing]: { on: { [resumed]: reviewing } },
        [done]: { type: 'final' },
      },
    }),
    events: { [opened]: event(true), [held]: event(), [resumed]: event(), [decided]: event() },
    states: { draft: title, [reviewing]: title, [hearing]: title, [done]: title },
    roles: { clerk: { title, scope: 'ledger' } },
    deadlines: {
      decide: {
        title,
        from: opened,
        until: { states: [done] },
        pausedWhile: [hearing],
        within: { unit: 'workingDays', amount: days },
        source: 'law',
      },
    },
    migrations: from.map((earlier, index) => ({
      from: index + 1,
      translate: ({ type, data }: { type: string; data: JsonObject }) => {
        const meaning = (Object.keys(earlier) as (keyof Words)[]).find((word) => earlier[word] === type)!;
        return [{ type: words[meaning], data }];
      },
    })),
  });
}

const THIRD: Words = { ...OLD, opened: 'permit.filed', hearing: 'adjourned', done: 'closed' };
const workflows = [permit(1, OLD, 5), permit(2, NEW, 8, [OLD]), permit(3, THIRD, 12, [OLD, NEW])];
const registry = workflowRegistry(workflows);
const ref = { workflow: 'permit', caseId: 'p-1' };

const clock = testClock();
let ledger: Ledger;
let commands = 0;

beforeEach(async () => {
  clock.set('2026-03-02T01:00:00.000Z');
  ledger = await openLedger({
    store: memoryEventStore(),
    workflows,
    calendar: chinaCalendar,
    clock,
    ids: countingIds(),
    randomBytes: seededBytes(),
    masterKey: MASTER_KEY,
  });
});

afterEach(() => ledger.close());

/** Something happens to the case at one in the morning (UTC) of a day of March 2026. */
async function happens(day: number, type: string): Promise<void> {
  clock.set(`2026-03-${String(day).padStart(2, '0')}T01:00:00.000Z`);
  commands += 1;
  const command = { ...ref, commandId: `command-${commands}`, actor: { id: 'clerk-1', roles: ['clerk'] } };
  if (type === OLD.opened)
    await ledger.open({ ...command, version: 1, events: [{ type, data: { department: 'planning' } }] });
  else await ledger.send({ ...command, events: [{ type, data: {} }] });
}

async function moves(day: number, toVersion: number): Promise<void> {
  clock.set(`2026-03-${String(day).padStart(2, '0')}T01:00:00.000Z`);
  commands += 1;
  await ledger.migrate({ ...ref, commandId: `command-${commands}`, actor: administrator, toVersion });
}

/** The case's deadlines as the ledger tells them, after making sure that the read model and the look-up tell the same. */
async function deadlines() {
  const told = await ledger.deadlines(ref);
  const now = clock.now().toISOString();
  const readStore = sqliteReadStore({ path: ':memory:' });
  const { store, calendar } = ledger;
  const projections = await startProjections({ store, readStore, registry, calendar, clock, pacing: quickPacing });
  try {
    const options = { reach: [{ scope: 'ledger' as const }], minPosition: (await store.head())!, waitMs: LONG_MS, now };
    const shown = (await projections.queries.dueCases({}, {}, options)).items.filter(({ caseId }) => caseId === 'p-1');
    expect(shown.map(({ deadline, dueOn, generation, metAt }) => ({ deadline, dueOn, generation, metAt }))).toEqual(
      told.map(({ name, due, generation, metAt }) => ({ deadline: name, dueOn: due.dueOn, generation, metAt })),
    );
  } finally {
    await projections.stop();
    await readStore.close();
  }
  const lookup = deadlineLookup({ store, registry, calendar: ledgerCalendar(store, calendar) });
  for (const { name, status, due } of told) {
    expect(await lookup({ ...ref, deadline: name }, now)).toMatchObject({ value: { status, dueOn: due.dueOn } });
  }
  return told.map(({ name, status, due, metAt }) => ({ name, status, dueOn: due.dueOn, ...(metAt && { metAt }) }));
}

describe('a case moved to a version with other words', () => {
  it('keeps its deadline, in the term of that version, from when it was opened', async () => {
    await happens(2, OLD.opened);
    expect(await deadlines()).toEqual([{ name: 'decide', status: 'running', dueOn: '2026-03-09' }]);

    await moves(3, 2);

    expect(await deadlines()).toEqual([{ name: 'decide', status: 'running', dueOn: '2026-03-12' }]);
    const explained = await ledger.explain(ref, 'decide');
    expect(JSON.stringify(explained)).toContain('2026-03-12');
    expect(deadlineLedgers(workflows[1]!, await readStream(ledger.store, 'permit-p-1'))).toMatchObject({
      decide: { anchor: { event: NEW.opened, revision: 0, at: '2026-03-02T01:00:00.000Z' } },
    });
  });

  it('stands still where the state that stops the clock has another name', async () => {
    await happens(2, OLD.opened);
    await happens(3, OLD.held);
    await moves(4, 2);
    expect(await deadlines()).toMatchObject([{ status: 'paused' }]);
  });

  it('goes on in the new words with the pause it had in the old ones', async () => {
    await happens(2, OLD.opened);
    await happens(3, OLD.held);
    await moves(4, 2);
    await happens(5, NEW.resumed);
    const [resumed] = await deadlines();
    expect(resumed).toMatchObject({ status: 'running' });
    expect(resumed!.dueOn > '2026-03-12').toBe(true);

    await happens(6, NEW.decided);
    expect(await deadlines()).toMatchObject([{ status: 'met', metAt: '2026-03-06T01:00:00.000Z' }]);
  });

  it('has the same deadlines as one that lived under that version all along', async () => {
    const story: (keyof Words)[] = ['opened', 'held', 'resumed'];
    for (const [day, word] of story.entries()) await happens(day + 2, OLD[word]);
    await moves(5, 2);
    const moved = deadlineLedgers(workflows[1]!, await readStream(ledger.store, 'permit-p-1'));

    clock.set('2026-03-02T01:00:00.000Z');
    const always = { ...ref, caseId: 'p-2' };
    for (const [day, word] of story.entries()) {
      clock.set(`2026-03-0${day + 2}T01:00:00.000Z`);
      const command = { ...always, commandId: `always-${word}`, actor: { id: 'clerk-1', roles: ['clerk'] } };
      if (word === 'opened') {
        const opened = { type: NEW.opened, data: { department: 'planning' } };
        await ledger.open({ ...command, version: 2, events: [opened] });
      } else await ledger.send({ ...command, events: [{ type: NEW[word], data: {} }] });
    }
    expect(moved).toEqual(deadlineLedgers(workflows[1]!, await readStream(ledger.store, 'permit-p-2')));
  });

  it('moves twice, and what happened in between is told again as well', async () => {
    await happens(2, OLD.opened);
    await moves(3, 2);
    await happens(4, NEW.held);
    await moves(5, 3);
    expect(await deadlines()).toMatchObject([{ status: 'paused' }]);

    await happens(6, THIRD.resumed);
    await happens(9, THIRD.decided);
    expect(await deadlines()).toMatchObject([{ status: 'met', metAt: '2026-03-09T01:00:00.000Z' }]);
  });

  it('still shows, as of before the move, the deadlines it had then', async () => {
    await happens(2, OLD.opened);
    await happens(3, OLD.held);
    const before = await ledger.deadlines(ref);
    await moves(4, 2);
    await happens(5, NEW.resumed);

    const now = '2026-03-03T01:00:00.000Z';
    expect(await ledger.deadlines(ref, { asOf: { revision: 1 }, now })).toEqual(before);
    expect(await ledger.deadlines(ref, { asOf: { instant: '2026-03-03T12:00:00Z' }, now })).toEqual(before);
    expect(await ledger.deadlines(ref, { asOf: { revision: 2 } })).toMatchObject([{ status: 'paused' }]);
    expect(await codeOf(ledger.explain(ref, 'none'))).toBe('DEADLINE_UNKNOWN');
  });

  it('carries the labels that version gives it', async () => {
    await happens(2, OLD.opened);
    await moves(3, 2);
    const readStore = sqliteReadStore({ path: ':memory:' });
    const { store, calendar } = ledger;
    const projections = await startProjections({ store, readStore, registry, calendar, clock, pacing: quickPacing });
    try {
      const options = {
        reach: [{ scope: 'ledger' as const }],
        minPosition: (await store.head())!,
        waitMs: LONG_MS,
        now: clock.now().toISOString(),
      };
      expect((await projections.queries.dueCases({}, {}, options)).items).toMatchObject([{ department: 'planning-2' }]);
      expect((await ledger.load(ref)).labels).toEqual({ department: 'planning-2' });
    } finally {
      await projections.stop();
      await readStore.close();
    }
  });
});

describe('an imported case', () => {
  const first = permit(1, OLD, 5);
  const second = permit(2, { ...OLD, done: 'closed' }, 1, [OLD]);
  const map = {
    workflow: 'permit',
    activities: { open: { event: OLD.opened }, decide: { event: OLD.decided } },
  };
  async function* log(): AsyncGenerator<LogTrace> {
    const step = (activity: string, day: number) => ({
      activity,
      timestamp: `2026-03-0${day}T01:00:00.000Z`,
      attributes: {},
    });
    yield { name: 'p-9', attributes: {}, events: [step('open', 2), step('decide', 5)] };
  }
  const calendar = calendarInForce(chinaCalendar, '2026-03-02T01:00:00.000Z');
  const reckoned = async ({ engine, registry: known }: Office) => {
    const { late, open } = await importLog({ engine, registry: known, reader: log(), map, actor: importer, calendar });
    return { late, open };
  };

  it('is reckoned by the version it is under, as that version tells it', async () => {
    const before = await permitOffice({ workflows: [first] });
    expect(await reckoned(before)).toEqual({ late: {}, open: 0 });

    const after = await another(before, { workflows: [first, second] });
    expect(await reckoned(after)).toEqual({ late: {}, open: 0 });

    const moving = { workflow: 'permit', caseId: 'p-9', commandId: 'move', actor: administrator, toVersion: 2 };
    await after.engine.migrate(moving);
    expect(await reckoned(after)).toEqual({ late: { decide: 1 }, open: 0 });
    await before.close();
  });
});
