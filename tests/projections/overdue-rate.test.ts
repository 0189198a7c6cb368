import fc from 'fast-check';
import { setup } from 'xstate';
import { z } from 'zod';
import { recordedNotice, withRecordedNotices } from '../../src/domain/calendar-history.js';
import { isCaseError } from '../../src/domain/case-error.js';
import { passingOf } from '../../src/domain/deadline.js';
import { deadlineEvent } from '../../src/domain/deadline-event.js';
import { advanceDeadlines, type DeadlineLedger, NO_DEADLINES } from '../../src/domain/deadline-ledger.js';
import { dueOf } from '../../src/domain/due-date.js';
import type { RecordedEvent } from '../../src/domain/event.js';
import { isoDate } from '../../src/domain/office-time.js';
import { calendarDays, workingDays } from '../../src/domain/term.js';
import { defineEvent, defineWorkflow } from '../../src/domain/workflow.js';
import { calendarInForce } from '../../src/domain/working-calendar.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import { RATED_BY, type RateFigures } from '../../src/projections/overdue-rate.js';
import { type Projections, startProjections } from '../../src/projections/start-projections.js';
import type { ReadStore } from '../../src/read-store/read-store.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import { codeOf, countingIds, MASTER_KEY, seededBytes, testClock } from '../engine/permit-office.js';
import { aNotice, officer } from '../support/licence-office.js';
import { LONG_MS, quickPacing } from './permit-read-models.js';

const title = { en: 'x', zh: '测' };
const event = (roles: readonly string[] = ['clerk']) => defineEvent({ title, data: z.strictObject({}), roles });

/** Limits that begin anew: an answer after each supplement, and a step's own each time the case comes into it. */
const licence = defineWorkflow({
  name: 'licence',
  version: 1,
  title,
  machine: setup({}).createMachine({
    initial: 'draft',
    states: {
      draft: { on: { 'licence.requested': 'reviewing' } },
      reviewing: {
        on: {
          'hearing.opened': 'hearing',
          'supplement.asked': 'waiting',
          'licence.decided': 'decided',
          'licence.withdrawn': 'withdrawn',
        },
      },
      hearing: { on: { 'hearing.closed': 'reviewing', 'licence.withdrawn': 'withdrawn' } },
      waiting: { on: { 'supplement.given': 'reviewing', 'licence.withdrawn': 'withdrawn' } },
      decided: { type: 'final' },
      withdrawn: { type: 'final' },
    },
  }),
  events: {
    'licence.requested': defineEvent({
      title,
      data: z.strictObject({ department: z.string() }),
      roles: ['clerk'],
      labels: ({ data, actor }) => ({ department: data.department, owner: `${actor.id}'s applicant` }),
    }),
    'hearing.opened': event(),
    'hearing.closed': event(),
    'supplement.asked': event(),
    'supplement.given': event(['applicant', 'desk']),
    'licence.decided': event(),
    'licence.withdrawn': event(['applicant', 'clerk']),
  },
  states: { draft: title, reviewing: title, hearing: title, waiting: title, decided: title, withdrawn: title },
  roles: {
    clerk: { title, scope: 'ledger' },
    desk: { title, scope: 'ledger', handles: false },
    applicant: { title, scope: 'own' },
  },
  deadlines: {
    decision: {
      title,
      from: 'licence.requested',
      until: { events: ['licence.decided'] },
      cancelledBy: { events: ['licence.withdrawn'] },
      within: workingDays(6),
      pausedWhile: ['hearing', 'waiting'],
      pauseLimit: { atMost: workingDays(3), source: 'policy' },
      source: 'law',
    },
    answer: {
      title,
      from: ['licence.requested', 'supplement.given'],
      until: { events: ['supplement.asked', 'licence.decided'] },
      within: calendarDays(4),
      source: 'law',
    },
    step: { title, inState: ['reviewing'], within: workingDays(2), source: 'law' },
    promise: {
      title,
      from: 'licence.requested',
      until: { events: ['licence.decided'] },
      within: workingDays(3),
      limit: 'promised',
      source: 'promise',
    },
  },
});

const ALL = [{ scope: 'ledger' as const }];
const FOLLOWING: Readonly<Record<string, readonly string[]>> = {
  reviewing: ['hearing.opened', 'supplement.asked', 'licence.decided', 'licence.withdrawn'],
  hearing: ['hearing.closed', 'licence.withdrawn'],
  waiting: ['supplement.given'],
};

type Office = {
  readonly ledger: Ledger;
  readonly clock: ReturnType<typeof testClock>;
  readonly readStore: ReadStore;
  readonly projections: Projections;
  happens(caseId: string, type: string, clerk: string): Promise<void>;
  publish(notice: unknown): Promise<unknown>;
  close(): Promise<void>;
};

async function openOffice(): Promise<Office> {
  const clock = testClock('2026-03-02T01:00:00.000Z');
  const ledger = await openLedger({
    store: 'memory:',
    workflows: [licence],
    masterKey: MASTER_KEY,
    clock,
    ids: countingIds(0),
    randomBytes: seededBytes('rates'),
  });
  const readStore = sqliteReadStore({ path: ':memory:' });
  const { store, registry, calendar } = ledger;
  const projections = await startProjections({ store, readStore, registry, calendar, clock, pacing: quickPacing });
  let commands = 0;
  return {
    ledger,
    clock,
    readStore,
    projections,
    async happens(caseId, type, clerk) {
      commands += 1;
      const actor = { id: clerk, roles: type === 'supplement.given' ? ['desk'] : ['clerk'] };
      const command = { workflow: 'licence', caseId, commandId: `command-${commands}`, actor };
      if (type === 'licence.requested') {
        const department = caseId < 'l-3' ? 'markets' : 'traffic';
        await ledger.open({ ...command, events: [{ type, data: { department } }] });
      } else await ledger.send({ ...command, events: [{ type, data: {} }] });
    },
    publish(notice) {
      commands += 1;
      return ledger.publishNotice({ calendar: 'cn', commandId: `command-${commands}`, actor: officer, notice });
    },
    async close() {
      await projections.stop();
      await readStore.close();
      await ledger.close();
    },
  };
}

/** One time that a limit ran, as told by nothing but the case's history. */
type Life = {
  readonly deadline: string;
  readonly limit: string;
  readonly department: string;
  readonly handler: string;
  readonly ledger: DeadlineLedger;
  /** When it was over, by being met or otherwise. */
  readonly over: string | undefined;
};

async function eventsOf({ ledger }: Office): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const last = events.at(-1)?.position;
    const page = await ledger.store.readAll(last === undefined ? {} : { after: last });
    if (page.length === 0) return events;
    events.push(...page);
  }
}

function livesOf(history: readonly RecordedEvent[]): Life[] {
  const department = String(history[0]!.data.department);
  const lives: Life[] = [];
  const running = new Map<string, Life>();
  let ledgers = NO_DEADLINES;
  let handler = '';
  let closedAt: string | undefined;
  for (const one of history) {
    if (one.metadata.actor.role === 'clerk') handler = one.metadata.actor.id;
    const at = one.metadata.occurredAt;
    ledgers = advanceDeadlines(licence.deadlines, ledgers, deadlineEvent(one));
    if (['decided', 'withdrawn'].includes(one.metadata.state)) closedAt ??= at;
    for (const ledger of Object.values(ledgers)) {
      const before = running.get(ledger.name);
      if (before !== undefined && before.ledger.anchor.revision !== ledger.anchor.revision)
        lives.push({ ...before, over: before.over ?? at });
      const same = before?.ledger.anchor.revision === ledger.anchor.revision ? before : undefined;
      const over = ledger.metAt ?? ledger.cancelledAt ?? closedAt;
      running.set(ledger.name, {
        deadline: ledger.name,
        limit: licence.deadlines[ledger.name]!.limit ?? 'statutory',
        department,
        handler: same?.over === undefined ? handler : same.handler,
        ledger,
        over,
      });
    }
  }
  return [...lives, ...running.values()];
}

/** The figures by their definition, one life after the other. */
function naiveRate(
  lives: readonly Life[],
  calendar: ReturnType<typeof calendarInForce>,
  { from, to, now }: { readonly from: string; readonly to: string; readonly now: string },
): Omit<RateFigures, 'rate'> {
  const end = now < to ? now : to;
  const within = (at: string) => at >= from && at < end;
  const figures = {
    due: 0,
    late: 0,
    metLate: 0,
    unmet: 0,
    provisional: 0,
    dropped: 0,
    paused: 0,
    overdueBefore: 0,
  };
  for (const { ledger, over } of lives) {
    const rule = licence.deadlines[ledger.name]!;
    if (passingOf(rule) !== 'overdue') continue;
    const { dueAt, held, provisional } = dueOf(ledger, rule, calendar);
    const passes = !held && (over === undefined || over > dueAt);
    const overBy = over !== undefined && over < end;
    const met = ledger.metAt !== undefined && overBy && within(ledger.metAt);
    const passed = passes && within(dueAt);
    if (met || passed) {
      figures.due += 1;
      figures.provisional += provisional ? 1 : 0;
      const isLate = passes && dueAt < end;
      const isMet = ledger.metAt !== undefined && overBy;
      figures.late += isLate ? 1 : 0;
      figures.metLate += isLate && isMet ? 1 : 0;
      figures.unmet += isLate && !isMet ? 1 : 0;
    } else if (over !== undefined && within(over)) figures.dropped += 1;
    else if (over === undefined && held) figures.paused += ledger.anchor.at < end ? 1 : 0;
    else if (passes && dueAt < from && dueAt < end && !overBy) figures.overdueBefore += 1;
  }
  return figures;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('case' as const),
      of: fc.nat(5),
      pick: fc.nat(20),
      hours: fc.nat(40),
      clerk: fc.constantFrom('clerk-1', 'clerk-2'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('notice' as const),
      says: fc.constantFrom('off', 'makeUp'),
      from: fc.integer({ min: -12, max: 10 }),
      days: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

/** Hours since the office opened its first case, so that periods begin and end at any minute. */
const hour = fc.integer({ min: -20, max: 900 });
const instant = (hours: number) => new Date(Date.parse('2026-03-02T00:30:00.000Z') + hours * 3_600_000).toISOString();

let office: Office | undefined;
afterEach(async () => {
  await office?.close();
  office = undefined;
});

const head = async ({ ledger }: Office) => ({ minPosition: (await ledger.store.head())!, waitMs: LONG_MS });

describe('the overdue rate of a period', () => {
  it('is what the histories of the cases say, whatever notices moved, live and rebuilt', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 60 }),
        fc.array(fc.tuple(hour, hour, fc.nat(200)), { minLength: 6, maxLength: 6 }),
        async (steps, periods) => {
          const opened = await openOffice();
          try {
            const states = new Map<string, string>();
            for (const [index, one] of steps.entries()) {
              if (one.kind === 'notice') {
                const day = Math.floor(opened.clock.now().getTime() / 86_400_000) + one.from;
                const days = [{ name: title, [one.says]: [`${isoDate(day)}/${isoDate(day + one.days - 1)}`] }];
                await opened.publish(aNotice({ id: `n-${index}`, days }));
                continue;
              }
              opened.clock.advance(one.hours * 3_600_000);
              const caseId = `l-${one.of}`;
              const choices = states.has(caseId) ? (FOLLOWING[states.get(caseId)!] ?? []) : ['licence.requested'];
              const type = choices[one.pick % choices.length];
              if (type === undefined) continue;
              await opened.happens(caseId, type, one.clerk);
              states.set(caseId, (await opened.ledger.load({ workflow: 'licence', caseId })).state);
            }
            const events = await eventsOf(opened);
            const told = withRecordedNotices(
              opened.ledger.calendar,
              events.flatMap((one) => recordedNotice('cn', one) ?? []),
            );
            const calendar = calendarInForce(told, events.at(-1)?.metadata.recordedAt ?? instant(0));
            const streams = [...new Set(events.map(({ stream }) => stream))].filter((id) => id.startsWith('licence-'));
            const lives = streams.flatMap((id) => livesOf(events.filter(({ stream }) => stream === id)));
            const { queries } = opened.projections;
            const options = { reach: ALL, ...(await head(opened)) };

            const compare = async () => {
              for (const [one, other, later] of periods) {
                const period = { from: instant(Math.min(one, other)), to: instant(Math.max(one, other)) };
                const now = new Date(opened.clock.now().getTime() + later * 3_600_000).toISOString();
                for (const limit of ['statutory', 'promised'] as const) {
                  const asked = lives.filter((life) => life.limit === limit);
                  const answer = await queries.overdueRate({ limit, period, by: RATED_BY }, { ...options, now });
                  const { rate, ...total } = answer.total;
                  expect(total).toEqual(naiveRate(asked, calendar, { ...period, now }));
                  expect(rate).toBe(total.due === 0 ? undefined : total.late / total.due);
                  for (const { rate: _, department, workflow, deadline, handler, ...figures } of answer.groups) {
                    expect(workflow).toBe('licence');
                    const these = asked.filter(
                      (life) =>
                        life.department === department && life.deadline === deadline && life.handler === handler,
                    );
                    expect(figures).toEqual(naiveRate(these, calendar, { ...period, now }));
                  }
                }
              }
            };
            await compare();
            await opened.projections.rebuild('due_cases');
            await compare();
          } finally {
            await opened.close();
          }
        },
      ),
      { numRuns: 40, seed: 20_260_302 },
    );
  }, 120_000);

  it('says which limit it counts, what its denominator is, and leaves out what is out of reach', async () => {
    office = await openOffice();
    for (const caseId of ['l-1', 'l-4']) await office.happens(caseId, 'licence.requested', 'clerk-1');
    office.clock.set('2026-03-20T01:00:00.000Z');
    await office.happens('l-1', 'licence.decided', 'clerk-2');
    const now = '2026-03-31T16:00:00.000Z';
    const period = { from: '2026-02-28T16:00:00.000Z', to: now };
    const ask = (reach: Parameters<Projections['queries']['overdueRate']>[1]['reach']) =>
      head(office!).then((fresh) =>
        office!.projections.queries.overdueRate(
          { limit: 'promised', period, by: ['handler'] },
          { reach, now, ...fresh },
        ),
      );

    expect(await ask(ALL)).toEqual({
      limit: 'promised',
      period,
      asOf: now,
      denominator: { en: expect.stringContaining('met in the period'), zh: expect.stringContaining('期间内办结') },
      total: expect.objectContaining({ due: 2, late: 2, rate: 1, metLate: 1, unmet: 1 }),
      groups: [
        expect.objectContaining({ handler: 'clerk-1', due: 1, unmet: 1 }),
        expect.objectContaining({ handler: 'clerk-2', due: 1, metLate: 1 }),
      ],
    });
    expect((await ask([{ scope: 'department', department: 'markets', region: undefined }])).total.due).toBe(1);
    expect((await ask([{ scope: 'own', owner: "clerk-1's applicant" }])).total.due).toBe(2);
    expect((await ask([{ scope: 'own', owner: 'somebody' }])).total).toMatchObject({ due: 0, paused: 0 });
    expect((await ask([])).total.due).toBe(0);
  });

  it('refuses a period that ends before it begins', async () => {
    office = await openOffice();
    const period = { from: '2026-04-01T00:00:00.000Z', to: '2026-03-01T00:00:00.000Z' };
    const asked = office.projections.queries.overdueRate(
      { limit: 'statutory', period },
      { reach: ALL, now: '2026-05-01T00:00:00.000Z', ...(await head(office)) },
    );
    expect(await codeOf(asked)).toBe('COMMAND_INVALID');
    expect(isCaseError(await asked.catch((error: unknown) => error), 'COMMAND_INVALID')).toBe(true);
  });
});

describe('what is paused too long', () => {
  it('is asked by the instant alone, and moves with a notice', async () => {
    office = await openOffice();
    await office.happens('l-1', 'licence.requested', 'clerk-1');
    await office.happens('l-2', 'licence.requested', 'clerk-1');
    office.clock.set('2026-03-03T01:00:00.000Z');
    await office.happens('l-1', 'hearing.opened', 'clerk-2');
    const list = async (now: string, filter: object = {}) => {
      const options = { reach: ALL, now, ...(await head(office!)) };
      const page = await office!.projections.queries.dueCases({ standing: 'pausedTooLong', ...filter }, {}, options);
      return page.items.map(({ caseId, deadline }) => `${caseId} ${deadline}`);
    };

    // Three working days from Tuesday 3 March: until Friday the 6th.
    expect(await list('2026-03-06T01:00:00.000Z')).toEqual([]);
    expect(await list('2026-03-07T01:00:00.000Z')).toEqual(['l-1 decision']);
    expect(await list('2026-03-07T01:00:00.000Z', { handler: 'clerk-2' })).toEqual(['l-1 decision']);
    expect(await list('2026-03-07T01:00:00.000Z', { handler: 'clerk-1' })).toEqual([]);

    await office.publish(aNotice({ days: [{ name: title, off: ['2026-03-05/2026-03-06'] }] }));
    expect(await list('2026-03-07T01:00:00.000Z')).toEqual([]);
    expect(await list('2026-03-11T01:00:00.000Z')).toEqual(['l-1 decision']);
    const page = await office.projections.queries.casePage(
      { workflow: 'licence', caseId: 'l-1' },
      { reach: ALL, now: '2026-03-11T01:00:00.000Z' },
    );
    expect(page.deadlines.find(({ deadline }) => deadline === 'decision')).toMatchObject({
      standing: 'paused',
      pausedSince: '2026-03-03T01:00:00.000Z',
      pausedTooLong: true,
      pauseProvisional: false,
    });
    expect(
      (await office.ledger.deadlines({ workflow: 'licence', caseId: 'l-1' })).map((one) => one.pausedTooLong),
    ).toEqual(expect.arrayContaining([false]));

    office.clock.set('2026-03-11T02:00:00.000Z');
    await office.happens('l-1', 'hearing.closed', 'clerk-2');
    expect(await list('2026-06-11T01:00:00.000Z')).toEqual([]);
  });
});

describe('who handles a case', () => {
  it('is who last acted on it for the office; what is over keeps who handled it then', async () => {
    office = await openOffice();
    await office.happens('l-1', 'licence.requested', 'clerk-1');
    await office.happens('l-1', 'supplement.asked', 'clerk-2');
    await office.happens('l-1', 'supplement.given', 'desk-1');
    const options = { reach: ALL, now: '2026-03-02T02:00:00.000Z', ...(await head(office)) };
    const { queries } = office.projections;

    const handlers = async () => {
      const { case: one, deadlines } = await queries.casePage({ workflow: 'licence', caseId: 'l-1' }, options);
      return [one.handler, Object.fromEntries(deadlines.map(({ deadline, handler }) => [deadline, handler]))];
    };
    expect(await handlers()).toEqual([
      'clerk-2',
      { decision: 'clerk-2', answer: 'clerk-2', step: 'clerk-2', promise: 'clerk-2' },
    ]);

    await office.happens('l-1', 'supplement.asked', 'clerk-1');
    Object.assign(options, await head(office));
    await queries.casePage({ workflow: 'licence', caseId: 'l-1' }, options);
    await office.happens('l-1', 'supplement.given', 'desk-1');
    await office.happens('l-1', 'licence.decided', 'clerk-2');
    Object.assign(options, await head(office));

    expect((await queries.listCases({ handler: 'clerk-2' }, {}, options)).items).toHaveLength(1);
    expect((await queries.listCases({ handler: 'desk-1' }, {}, options)).items).toEqual([]);
    const met = await queries.dueCases({ standing: 'met', handler: 'clerk-2' }, {}, options);
    expect(met.items.map(({ deadline }) => deadline).sort()).toEqual(['answer', 'decision', 'promise', 'step']);
    const mine = await queries.dueCases({ owner: "clerk-1's applicant" }, {}, options);
    expect(mine.items).toHaveLength(4);
    expect((await queries.dueCases({ owner: 'somebody' }, {}, options)).items).toEqual([]);
  });
});
