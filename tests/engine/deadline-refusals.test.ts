import { setup } from 'xstate';
import { z } from 'zod';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import type { DeadlineRules } from '../../src/domain/deadline.js';
import type { JsonObject } from '../../src/domain/event.js';
import { replay } from '../../src/domain/replay.js';
import { calendarDays, workingDays } from '../../src/domain/term.js';
import { defineEvent, defineWorkflow } from '../../src/domain/workflow.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import type { CalendarDefinition } from '../../src/domain/working-calendar.js';
import { caseEngine } from '../../src/engine/case-engine.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import { codeOf, countingIds, failureOf, seededBytes, type TestClock, testClock } from './permit-office.js';

const title = { en: 'x', zh: '测' };
const empty = z.strictObject({});
const event = (roles: readonly string[] = ['clerk']) => defineEvent({ title, data: empty, roles });
const at = (wall: string) => new Date(`${wall.replace(' ', 'T')}:00+08:00`).toISOString();

const deadlines = {
  decision: {
    title: { en: 'Decide', zh: '作出决定' },
    from: 'file.opened',
    until: { events: ['file.decided'] },
    within: workingDays(5),
    extension: { event: 'decision.extended', max: 1, by: workingDays(10), role: 'head' },
    source: '行政许可法 42',
  },
  publicity: {
    title: { en: 'On show', zh: '公示期' },
    kind: 'atLeast',
    from: 'file.opened',
    until: { events: ['file.decided'] },
    within: calendarDays(3),
    source: '实施条例 54',
  },
  rating: {
    title: { en: 'Rate', zh: '评价' },
    kind: 'window',
    whenPassed: 'refused',
    from: 'file.decided',
    until: { events: ['rating.given'] },
    within: calendarDays(30),
    source: 'office policy',
  },
} as const satisfies DeadlineRules;

const files = defineWorkflow({
  name: 'file',
  version: 1,
  title,
  machine: setup({}).createMachine({
    initial: 'draft',
    states: {
      draft: { on: { 'file.opened': 'open' } },
      open: { on: { 'file.decided': 'decided', 'decision.extended': 'open', 'note.taken': 'open' } },
      decided: { on: { 'rating.given': 'rated' } },
      rated: { type: 'final' },
    },
  }),
  events: {
    'file.opened': event(),
    'file.decided': event(),
    'note.taken': event(),
    'decision.extended': defineEvent({
      title,
      data: empty,
      roles: ['head'],
      backdate: { roles: ['head'], days: 30 },
    }),
    'rating.given': event(),
  },
  states: { draft: title, open: title, decided: title, rated: title },
  roles: { clerk: { title, scope: 'ledger' }, head: { title, scope: 'ledger' } },
  deadlines,
});

const clerk = { id: 'clerk-1', roles: ['clerk'] };
const head = { id: 'head-1', roles: ['head'] };
const ref = { workflow: 'file', caseId: 'f-1' };

let clock: TestClock;
let ledger: Ledger;
let commands: number;

beforeEach(async () => {
  clock = testClock(at('2024-03-04 10:00'));
  ledger = await openLedger({
    store: 'memory:',
    workflows: [files],
    clock,
    ids: countingIds(),
    randomBytes: seededBytes(),
  });
  commands = 0;
  await ledger.open({ ...ref, commandId: 'open', actor: clerk, events: [{ type: 'file.opened', data: {} }] });
});

afterEach(() => ledger.close());

function sent(type: string, wall: string, more: JsonObject = {}) {
  clock.set(at(wall));
  commands += 1;
  const actor = type === 'decision.extended' ? head : clerk;
  return ledger.send({ ...ref, commandId: `c-${commands}`, actor, events: [{ type, data: {} }], ...more });
}

const stored = () => readStream(ledger.store, 'file-f-1');

describe('a floor', () => {
  it('refuses what would meet it too early, naming the first day, and stores nothing', async () => {
    expect(await failureOf(sent('file.decided', '2024-03-06 23:59'))).toEqual({
      code: 'TOO_EARLY',
      event: 'file.decided',
      deadline: 'publicity',
      title: deadlines.publicity.title,
      allowedOn: '2024-03-07',
      allowedFrom: at('2024-03-07 00:00'),
      held: false,
    });
    expect(await stored()).toHaveLength(1);
  });

  it('lets it pass from that day on, and records how it stood', async () => {
    await sent('file.decided', '2024-03-07 00:00');
    const facts = (await stored()).at(-1)!.metadata.facts;
    expect(facts).toEqual({
      'deadline.publicity': {
        source: 'deadline',
        revision: 0,
        value: {
          allowedFrom: at('2024-03-07 00:00'),
          allowedOn: '2024-03-07',
          dueAt: at('2024-03-07 17:00'),
          dueOn: '2024-03-07',
          extended: 0,
          generation: 1,
          held: false,
          passed: false,
          provisional: false,
          status: 'running',
        },
      },
    });
  });

  it('counts what one command brings so far: opened and decided at once is too early', async () => {
    const both = {
      workflow: 'file',
      caseId: 'f-2',
      commandId: 'both',
      actor: clerk,
      events: [
        { type: 'file.opened', data: {} },
        { type: 'file.decided', data: {} },
      ],
    };
    expect(await failureOf(ledger.open(both))).toMatchObject({ code: 'TOO_EARLY', allowedOn: '2024-03-07' });
  });
});

describe('a window that refuses what is late', () => {
  it('takes what comes in it and refuses what comes after', async () => {
    await sent('file.decided', '2024-03-07 10:00');
    expect(await failureOf(sent('rating.given', '2024-04-07 09:00'))).toMatchObject({
      code: 'TOO_LATE',
      deadline: 'rating',
      dueOn: '2024-04-06',
    });
    expect((await sent('rating.given', '2024-04-06 23:59')).state).toBe('rated');
  });
});

describe('an extension', () => {
  it('is granted before expiry, to the minute', async () => {
    await sent('decision.extended', '2024-03-11 17:00');
    expect((await ledger.deadlines(ref)).find(({ name }) => name === 'decision')?.due.dueOn).toBe('2024-03-25');
  });

  it('is refused after expiry', async () => {
    expect(await failureOf(sent('decision.extended', '2024-03-11 17:01'))).toEqual({
      code: 'EXTENSION_REFUSED',
      event: 'decision.extended',
      deadline: 'decision',
      title: deadlines.decision.title,
      why: 'expired',
      max: 1,
      dueOn: '2024-03-11',
      dueAt: at('2024-03-11 17:00'),
    });
  });

  it('is refused more often than allowed, also within one command', async () => {
    await sent('decision.extended', '2024-03-05 10:00');
    expect(await failureOf(sent('decision.extended', '2024-03-06 10:00'))).toMatchObject({ why: 'overLimit', max: 1 });
    const twice = { events: [1, 2].map(() => ({ type: 'decision.extended', data: {} })) };
    await ledger.open({
      ...ref,
      caseId: 'f-3',
      commandId: 'o3',
      actor: clerk,
      events: [{ type: 'file.opened', data: {} }],
    });
    const command = { ...ref, caseId: 'f-3', commandId: 'twice', actor: head, ...twice };
    expect(await failureOf(ledger.send(command))).toMatchObject({ code: 'EXTENSION_REFUSED', why: 'overLimit' });
  });

  it('is refused to a role other than the one the law names', async () => {
    expect(await codeOf(sent('decision.extended', '2024-03-05 10:00', { actor: clerk }))).toBe('ROLE_NOT_PERMITTED');
  });

  it('is judged by when it happened: a late entry of one that was in time is taken', async () => {
    const late = {
      reason: 'granted on paper',
      events: [{ type: 'decision.extended', data: {}, occurredAt: at('2024-03-11 10:00') }],
    };
    await sent('decision.extended', '2024-03-12 09:00', late);
    expect((await stored()).at(-1)!.metadata.facts?.['deadline.decision']).toMatchObject({ value: { passed: false } });
  });

  it('stands once granted, whatever a later notice makes of the end it was granted before', async () => {
    const notice: CalendarDefinition['notices'][number] = {
      id: 'made-up',
      year: 2024,
      amends: 'cn-2024',
      title,
      source: 'test',
      published: '2024-03-20',
      days: [{ name: title, makeUp: ['2024-03-09/2024-03-10'] }],
    };
    await sent('decision.extended', '2024-03-11 10:00');
    const { store } = ledger;
    const calendar = { ...chinaCalendar, notices: [...chinaCalendar.notices, notice] };
    const later = await openLedger({
      store,
      workflows: [files],
      clock,
      ids: countingIds(1),
      keys: ledger.keys,
      calendar,
    });
    // By that notice the 5 days ended on Saturday 03-09, before the extension: it was granted all the same.
    const { due } = (await later.deadlines(ref, { now: at('2024-03-21 10:00') })).find(
      ({ name }) => name === 'decision',
    )!;
    expect(due.dueOn).toBe('2024-03-21');
  });
});

describe('what may follow', () => {
  const next = async (type: string, wall: string, actor = clerk) => {
    clock.set(at(wall));
    return (await ledger.next(ref, actor)).find((one) => one.type === type)!;
  };

  it('says from which day on a floor allows it', async () => {
    expect(await next('file.decided', '2024-03-05 10:00')).toMatchObject({
      permitted: false,
      refusal: { code: 'TOO_EARLY', allowedOn: '2024-03-07' },
    });
    expect(await next('file.decided', '2024-03-07 10:00')).toMatchObject({ permitted: true });
  });

  it('says that an extension comes too late', async () => {
    expect(await next('decision.extended', '2024-03-11 10:00', head)).toMatchObject({ permitted: true });
    expect(await next('decision.extended', '2024-03-12 10:00', head)).toMatchObject({
      permitted: false,
      refusal: { code: 'EXTENSION_REFUSED', why: 'expired' },
    });
  });
});

describe('the record', () => {
  it('of an event that no rule names holds no fact', async () => {
    await sent('note.taken', '2024-03-05 10:00');
    expect((await stored()).at(-1)!.metadata.facts).toBeUndefined();
  });

  it('is all a replay needs: no calendar, no clock, no look-up', async () => {
    await sent('decision.extended', '2024-03-05 10:00');
    await sent('file.decided', '2024-03-07 10:00');
    await sent('rating.given', '2024-03-08 10:00');
    expect(replay(await stored(), workflowRegistry([files]))?.state).toBe('rated');
  });

  it('is not guessed at where nothing tells how a deadline stands', async () => {
    const store = memoryEventStore();
    const { keys, id, registry } = ledger;
    const bare = caseEngine({
      store,
      registry,
      keys,
      ledger: id,
      clock,
      ids: countingIds(2),
      randomBytes: seededBytes(),
    });
    await bare.open({ ...ref, commandId: 'open', actor: clerk, events: [{ type: 'file.opened', data: {} }] });
    const decided = { ...ref, commandId: 'decide', actor: clerk, events: [{ type: 'file.decided', data: {} }] };
    expect(await failureOf(bare.send(decided))).toMatchObject({ code: 'FACT_UNAVAILABLE', fact: 'deadline.publicity' });
  });

  it('of what happened elsewhere keeps what came at the wrong time as a deviation', async () => {
    const importer = { id: 'importer-1', roles: ['importer'] };
    const events = [
      { type: 'file.opened', data: {}, occurredAt: at('2024-01-02 10:00') },
      { type: 'decision.extended', data: {}, occurredAt: at('2024-01-22 10:00') },
    ];
    const { deviations } = await ledger.record({ ...ref, caseId: 'f-4', commandId: 'log', actor: importer, events });
    expect(deviations).toMatchObject([{ event: 'decision.extended', code: 'EXTENSION_REFUSED' }]);
  });
});

describe('a term that an event gives', () => {
  const given = defineWorkflow({
    name: 'given',
    version: 1,
    title,
    machine: setup({}).createMachine({
      initial: 'draft',
      states: {
        draft: { on: { 'term.set': 'open' } },
        open: { on: { 'term.set': 'open', 'term.changed': 'open', 'term.extended': 'open', 'term.met': 'met' } },
        met: { type: 'final' },
      },
    }),
    events: Object.fromEntries(
      ['term.set', 'term.changed', 'term.extended', 'term.met'].map((type) => [
        type,
        defineEvent({ title, data: z.looseObject({}), roles: ['clerk'] }),
      ]),
    ),
    states: { draft: title, open: title, met: title },
    roles: { clerk: { title, scope: 'ledger' } },
    deadlines: {
      answer: {
        title,
        from: 'term.set',
        until: { events: ['term.met'] },
        within: ({ data }) => workingDays(Number(data.days)),
        extension: { event: 'term.extended', max: 1, by: ({ data }) => workingDays(Number(data.days)) },
        changedBy: {
          event: 'term.changed',
          within: ({ data }) => ({ unit: 'workingDays', amount: (data.by as { days: number }).days }),
        },
        metAt: ({ data }) => data.on as string | undefined,
        source: 'test',
      },
    },
  });
  const of = { workflow: 'given', caseId: 'g-1' };
  let office: Ledger;
  let count = 0;
  const command = (type: string, data: JsonObject) => {
    count += 1;
    return { ...of, commandId: `given-${count}`, actor: clerk, events: [{ type, data }] };
  };

  beforeEach(async () => {
    office = await openLedger({ store: 'memory:', workflows: [given], clock, randomBytes: seededBytes() });
  });
  afterEach(() => office.close());

  it('is refused where it cannot be counted, before anything is stored', async () => {
    expect(await failureOf(office.open(command('term.set', { days: -1 })))).toMatchObject({
      code: 'TERM_INVALID',
      detail: expect.stringContaining('deadline "answer", within'),
    });
    expect(await readStream(office.store, 'given-g-1')).toEqual([]);
  });

  it.each([
    ['anchors anew', 'term.set', { days: 1.5 }],
    ['extends', 'term.extended', { days: -1 }],
    ['changes, by a function that throws', 'term.changed', {}],
    ['meets', 'term.met', { on: 'yesterday' }],
  ])('is refused of an event that %s', async (_, type, data) => {
    await office.open(command('term.set', { days: 5 }));

    expect(await failureOf(office.send(command(type, data)))).toMatchObject({
      code: 'TERM_INVALID',
      detail: expect.stringContaining('deadline "answer"'),
    });
    expect(await readStream(office.store, 'given-g-1')).toHaveLength(1);
  });

  it('is taken where it can be counted', async () => {
    await office.open(command('term.set', { days: 5 }));
    await office.send(command('term.changed', { by: { days: 8 } }));
    await office.send(command('term.extended', { days: 2 }));
    await office.send(command('term.met', { on: '2024-03-05' }));

    expect(await readStream(office.store, 'given-g-1')).toHaveLength(4);
  });
});
