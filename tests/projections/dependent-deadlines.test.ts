import { setup } from 'xstate';
import { z } from 'zod';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import { calendarDays, workingDays } from '../../src/domain/term.js';
import { defineEvent, defineWorkflow } from '../../src/domain/workflow.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import type { DueFilter, DueItem } from '../../src/projections/case-queries.js';
import { type Projections, startProjections } from '../../src/projections/start-projections.js';
import type { ReadStore } from '../../src/read-store/read-store.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import { countingIds, seededBytes, type TestClock, testClock } from '../engine/permit-office.js';
import { LONG_MS, quickPacing } from './permit-read-models.js';

const title = { en: 'x', zh: '测' };
const event = () => defineEvent({ title, data: z.strictObject({ on: z.string().optional() }), roles: ['clerk'] });
const at = (wall: string) => new Date(`${wall.replace(' ', 'T')}:00+08:00`).toISOString();

const hearings = defineWorkflow({
  name: 'licence',
  version: 1,
  title,
  machine: setup({}).createMachine({
    initial: 'draft',
    states: {
      draft: { on: { 'licence.received': 'received' } },
      received: {
        on: {
          'licence.accepted': 'accepted',
          'licence.withdrawn': 'withdrawn',
          'hearing.fixed': 'received',
          'hearing.announced': 'received',
        },
      },
      accepted: { on: { 'licence.decided': 'decided' } },
      decided: { type: 'final' },
      withdrawn: { type: 'final' },
    },
  }),
  events: {
    'licence.received': event(),
    'licence.accepted': event(),
    'licence.withdrawn': event(),
    'licence.decided': event(),
    'hearing.fixed': event(),
    'hearing.announced': event(),
  },
  states: { draft: title, received: title, accepted: title, decided: title, withdrawn: title },
  roles: { clerk: { title, scope: 'ledger' } },
  deadlines: {
    acceptance: {
      title,
      from: 'licence.received',
      until: { events: ['licence.accepted'] },
      cancelledBy: { events: ['licence.withdrawn'] },
      within: workingDays(5),
      source: '行政许可法 32',
    },
    decision: {
      title,
      from: 'licence.accepted',
      deemed: { after: 'acceptance' },
      until: { events: ['licence.decided'] },
      cancelledBy: { events: ['licence.withdrawn'] },
      within: workingDays(20),
      source: '行政许可法 42',
    },
    hearing: {
      title,
      from: 'hearing.fixed',
      at: ({ data }) => data.on as string,
      until: { events: ['licence.decided'] },
      source: '行政许可法 47',
    },
    notice: {
      title,
      before: 'hearing',
      atLeast: calendarDays(7),
      until: { events: ['hearing.announced'] },
      source: '行政许可法 48',
    },
    inspection: {
      title,
      from: 'hearing.announced',
      until: { events: ['licence.decided'] },
      within: workingDays(20),
      source: 'office rule',
    },
    reminder: {
      title,
      before: 'inspection',
      atLeast: calendarDays(15),
      until: { events: ['licence.accepted'] },
      source: 'office rule',
    },
  },
});

let clock: TestClock;
let ledger: Ledger;
let readStore: ReadStore;
let projections: Projections;
let commands: number;

beforeEach(async () => {
  clock = testClock(at('2024-03-04 10:00'));
  commands = 0;
  ledger = await openLedger({
    store: 'memory:',
    workflows: [hearings],
    clock,
    ids: countingIds(),
    randomBytes: seededBytes(),
  });
  readStore = sqliteReadStore({ path: ':memory:' });
  const { store, registry } = ledger;
  projections = await startProjections({
    store,
    readStore,
    registry,
    calendar: chinaCalendar,
    clock,
    pacing: quickPacing,
  });
});

afterEach(async () => {
  await projections.stop();
  await readStore.close();
  await ledger.close();
});

async function happens(caseId: string, type: string, wall: string, data: { on?: string } = {}): Promise<void> {
  clock.set(at(wall));
  commands += 1;
  const command = {
    workflow: 'licence',
    caseId,
    commandId: `c-${commands}`,
    actor: { id: 'clerk-1', roles: ['clerk'] },
  };
  const sent = { ...command, events: [{ type, data }] };
  await (type === 'licence.received' ? ledger.open(sent) : ledger.send(sent));
}

async function due(wall: string, filter: DueFilter = {}): Promise<readonly DueItem[]> {
  const { store } = ledger;
  const options = {
    reach: [{ scope: 'ledger' as const }],
    minPosition: (await store.head())!,
    waitMs: LONG_MS,
    now: at(wall),
  };
  return (await projections.queries.dueCases(filter, {}, options)).items;
}

const named = async (wall: string, deadline: string) => (await due(wall, { deadline }))[0];

describe('deemed acceptance in the list of what is due', () => {
  it('is there from the instant the acceptance lapsed, with nothing happening or running, counted from the receipt', async () => {
    await happens('l-1', 'licence.received', '2024-03-04 10:00');
    expect(await named('2024-03-11 17:00', 'decision')).toBeUndefined();
    expect(await named('2024-03-11 17:01', 'decision')).toMatchObject({
      standing: 'running',
      dueOn: '2024-04-01',
      deemedAt: at('2024-03-11 17:00'),
    });
    expect(await named('2024-04-01 17:01', 'decision')).toMatchObject({ standing: 'overdue' });
    expect(await due('2024-03-05 10:00')).toMatchObject([{ deadline: 'acceptance' }]);
  });

  it('says the same as the case itself', async () => {
    await happens('l-1', 'licence.received', '2024-03-04 10:00');
    for (const wall of ['2024-03-11 17:00', '2024-03-11 17:01', '2024-04-01 17:01']) {
      const listed = (await due(wall)).map(({ deadline, dueOn, standing }) => [
        deadline,
        dueOn,
        standing === 'overdue',
      ]);
      const asked = await ledger.deadlines({ workflow: 'licence', caseId: 'l-1' }, { now: at(wall) });
      expect(listed).toEqual(asked.map(({ name, due: { dueOn }, overdue }) => [name, dueOn, overdue]));
    }
    const unknown = ledger.explain({ workflow: 'licence', caseId: 'l-1' }, 'decision', { now: at('2024-03-05 10:00') });
    await expect(unknown).rejects.toThrow(/there is no deadline "decision"; known: acceptance/);
  });

  it('is not there where it was told in time, nor where the applicant withdrew in time', async () => {
    await happens('l-1', 'licence.received', '2024-03-04 10:00');
    await happens('l-1', 'licence.accepted', '2024-03-07 10:00');
    await happens('l-2', 'licence.received', '2024-03-07 10:00');
    await happens('l-2', 'licence.withdrawn', '2024-03-08 10:00');
    const listed = await due('2024-06-03 10:00', { deadline: 'decision' });
    expect(listed).toMatchObject([{ caseId: 'l-1', standing: 'overdue', dueOn: '2024-04-07' }]);
    expect(listed[0]).not.toHaveProperty('deemedAt');
    const options = { reach: [{ scope: 'ledger' as const }], now: at('2024-06-03 10:00') };
    const kept = await projections.queries.lateness({ deadline: 'decision' }, options);
    expect(kept).toMatchObject([{ open: 1, overdue: 1, dropped: 0 }]);
  });

  it('keeps counting from the receipt when it is accepted too late', async () => {
    await happens('l-1', 'licence.received', '2024-03-04 10:00');
    await happens('l-1', 'licence.accepted', '2024-03-14 10:00');
    await happens('l-1', 'licence.decided', '2024-04-02 10:00');
    expect(await named('2024-06-03 10:00', 'decision')).toMatchObject({
      standing: 'met',
      late: true,
      dueOn: '2024-04-01',
    });
  });

  it('is the same after a rebuild', async () => {
    await happens('l-1', 'licence.received', '2024-03-04 10:00');
    await happens('l-2', 'licence.received', '2024-03-05 10:00');
    await happens('l-2', 'licence.withdrawn', '2024-03-14 10:00');
    const before = await due('2024-06-03 10:00');
    await projections.rebuild('due_cases');
    expect(await due('2024-06-03 10:00')).toEqual(before);
    expect(before.map(({ caseId, deadline }) => `${caseId} ${deadline}`)).toContain('l-2 decision');
  });
});

describe('a limit counted back in the list of what is due', () => {
  it('stands by the end it is counted back from, and moves with it', async () => {
    await happens('l-1', 'licence.received', '2024-03-04 10:00');
    await happens('l-1', 'hearing.fixed', '2024-03-05 10:00', { on: '2024-03-20T09:00:00+08:00' });
    expect(await named('2024-03-06 10:00', 'notice')).toMatchObject({
      kind: 'before',
      dueOn: '2024-03-13',
      standing: 'running',
    });
    expect(await named('2024-03-14 09:00', 'notice')).toMatchObject({ standing: 'overdue' });
    await happens('l-1', 'hearing.fixed', '2024-03-14 10:00', { on: '2024-03-27T09:00:00+08:00' });
    expect(await named('2024-03-14 11:00', 'notice')).toMatchObject({
      dueOn: '2024-03-20',
      standing: 'running',
      generation: 2,
    });
    await happens('l-1', 'hearing.announced', '2024-03-18 10:00');
    expect(await named('2024-03-22 10:00', 'notice')).toMatchObject({ standing: 'met', late: false });
  });
});

/** Publishes a county's notice that takes days of 2024 off. */
async function takesOff(days: string, wall: string): Promise<void> {
  clock.set(at(wall));
  await ledger.publishNotice({
    calendar: chinaCalendar.id,
    commandId: `notice of ${days}`,
    actor: { id: 'officer-1', roles: ['calendarOfficer'] },
    notice: {
      id: `flood-${days.slice(0, 10)}`,
      year: 2024,
      title: { en: 'Flood', zh: '抗洪' },
      source: 'county notice 7',
      published: wall.slice(0, 10),
      amends: chinaCalendar.notices.find(({ year, amends }) => year === 2024 && amends === undefined)!.id,
      days: [{ name: { en: 'Flood', zh: '抗洪' }, off: [days] }],
    },
  });
}

describe('a calendar notice', () => {
  it('moves a limit that ends before the changed days, where the end it is counted back from lies beyond them', async () => {
    await happens('l-1', 'licence.received', '2024-03-04 10:00');
    await happens('l-1', 'hearing.announced', '2024-03-07 10:00');
    expect(await named('2024-03-08 10:00', 'inspection')).toMatchObject({ dueOn: '2024-04-07' });
    expect(await named('2024-03-08 10:00', 'reminder')).toMatchObject({ dueOn: '2024-03-23' });

    await takesOff('2024-04-02', '2024-03-08 12:00');
    expect(await named('2024-03-08 13:00', 'inspection')).toMatchObject({ dueOn: '2024-04-08' });
    expect(await named('2024-03-08 13:00', 'reminder')).toMatchObject({ dueOn: '2024-03-24' });
    const live = await due('2024-03-08 13:00');
    await projections.rebuild('due_cases');
    expect(await due('2024-03-08 13:00')).toEqual(live);
  });

  it('of days before the acceptance makes it one in time after all, counted from itself and no more from the receipt', async () => {
    await happens('l-1', 'licence.received', '2024-03-04 10:00');
    await happens('l-1', 'licence.accepted', '2024-03-13 10:00');
    expect(await named('2024-03-13 11:00', 'decision')).toMatchObject({ dueOn: '2024-04-01' });

    await takesOff('2024-03-06/2024-03-07', '2024-03-14 12:00');
    expect(await named('2024-03-14 13:00', 'decision')).toMatchObject({ dueOn: '2024-04-11' });
    const asked = await ledger.deadlines({ workflow: 'licence', caseId: 'l-1' }, { now: at('2024-03-14 13:00') });
    expect(asked.map(({ name, due }) => [name, due.dueOn])).toContainEqual(['decision', '2024-04-11']);
    expect(await ledger.calendarMoves({ workflow: 'licence', caseId: 'l-1' })).toMatchObject([
      { moved: [{ deadline: 'decision', before: { dueOn: '2024-04-01' }, after: { dueOn: '2024-04-11' } }] },
    ]);
    const live = await due('2024-03-14 13:00');
    await projections.rebuild('due_cases');
    expect(await due('2024-03-14 13:00')).toEqual(live);
  });

  it('moves the instant from which an application counts as accepted', async () => {
    await happens('l-1', 'licence.received', '2024-03-04 10:00');
    await takesOff('2024-03-07/2024-03-08', '2024-03-06 12:00');
    expect(await named('2024-03-11 17:01', 'decision')).toBeUndefined();
    expect(await named('2024-03-13 17:01', 'decision')).toMatchObject({
      standing: 'running',
      deemedAt: at('2024-03-13 17:00'),
      dueOn: '2024-04-03',
    });
    await happens('l-2', 'licence.received', '2024-03-14 10:00');
    await takesOff('2024-03-25', '2024-03-22 12:00');
    const moves = await ledger.calendarMoves({ workflow: 'licence', caseId: 'l-2' });
    expect(moves.flatMap(({ moved }) => moved.map(({ deadline }) => deadline))).toEqual(['decision']);
  });
});
