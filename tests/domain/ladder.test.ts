import fc from 'fast-check';
import { naiveLadder } from '../../scripts/prove/naive-ladder.mjs';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import type { DeadlineRule } from '../../src/domain/deadline.js';
import { advanceDeadlines, type DeadlineLedger, NO_DEADLINES } from '../../src/domain/deadline-ledger.js';
import { ladder, type Rung, rungKey } from '../../src/domain/ladder.js';
import { calendarDays, type Term, workingDays, workingHours } from '../../src/domain/term.js';
import type { CalendarDefinition } from '../../src/domain/working-calendar.js';
import { aHistory } from '../support/deadline-histories.js';

/** Monday to Friday, eight to six, for ever. */
const weekdays: CalendarDefinition = {
  id: 'weekdays',
  title: { en: 'Weekdays', zh: '工作日' },
  timeZone: 'Asia/Shanghai',
  weekend: [6, 7],
  hours: [{ opens: '08:00', closes: '18:00' }],
  notices: [],
  horizon: 'unbounded',
};

function aRule(parts: Partial<DeadlineRule> = {}): DeadlineRule {
  return {
    title: { en: 'Decision', zh: '作出决定' },
    from: 'application.accepted',
    until: { events: ['application.decided'] },
    within: workingDays(10),
    warn: [workingDays(2)],
    overdueRungs: [workingDays(5)],
    source: '行政许可法 42',
    ...parts,
  };
}

/** Office time in Shanghai as the ledger has it. */
const at = (wall: string) => new Date(`${wall.replace(' ', 'T')}+08:00`).toISOString();

function aLedger(anchoredAt: string, term: Term, parts: Partial<DeadlineLedger> = {}): DeadlineLedger {
  return {
    name: 'decision',
    generation: 1,
    anchor: { event: 'application.accepted', revision: 0, at: at(anchoredAt) },
    term,
    extensions: [],
    pauses: [],
    status: 'running',
    ...parts,
  };
}

const told = (rungs: readonly Rung[]) => rungs.map((rung) => `${rungKey(rung)} ${wall(rung.at)}`);
const wall = (instant: string) =>
  new Date(Date.parse(instant) + 8 * 3_600_000)
    .toISOString()
    .replace('T', ' ')
    .replace(':00.000Z', '')
    .replace('Z', '');

describe('the ladder of a deadline', () => {
  it('is near due, due today, overdue, and further over, each at its instant', () => {
    // Ten working days from Monday 2 March 2026 end on Monday the 16th.
    expect(told(ladder(aLedger('2026-03-02 09:30', workingDays(10)), aRule(), weekdays))).toEqual([
      '1/nearDue/2 workingDays 2026-03-12 00:00',
      '1/dueToday 2026-03-16 00:00',
      '1/overdue 2026-03-16 18:00:00.001',
      '1/over/5 workingDays 2026-03-23 00:00',
    ]);
  });

  it('begins with the deadline where a warning lies before it', () => {
    const rungs = ladder(aLedger('2026-03-02 09:30', workingDays(1)), aRule(), weekdays);

    expect(told(rungs).slice(0, 2)).toEqual([
      '1/nearDue/2 workingDays 2026-03-02 09:30',
      '1/dueToday 2026-03-03 00:00',
    ]);
  });

  it('knows hours: four from Monday 17:00 are up on Tuesday 11:00, with an hour of warning', () => {
    const rule = aRule({ warn: [workingHours(1)], overdueRungs: [workingHours(2), workingDays(1)] });

    expect(told(ladder(aLedger('2026-03-02 17:00', workingHours(4)), rule, weekdays))).toEqual([
      '1/dueToday 2026-03-03 00:00',
      '1/nearDue/1 workingHours 2026-03-03 10:00',
      '1/overdue 2026-03-03 11:00:00.001',
      '1/over/2 workingHours 2026-03-03 13:00',
      '1/over/1 workingDays 2026-03-04 00:00',
    ]);
  });

  it('is never over before it is overdue, also where a term ends at midnight of a day off', () => {
    const rule = aRule({ warn: [], overdueRungs: [calendarDays(1)] });

    expect(told(ladder(aLedger('2026-03-02 09:30', calendarDays(5)), rule, weekdays))).toEqual([
      '1/dueToday 2026-03-07 00:00',
      '1/overdue 2026-03-08 00:00:00.001',
      '1/over/1 calendarDays 2026-03-08 00:00:00.001',
    ]);
  });

  it('has nothing for a floor, and a window is never overdue', () => {
    const ledger = aLedger('2026-03-02 09:30', workingDays(10));

    expect(ladder(ledger, aRule({ kind: 'atLeast' }), weekdays)).toEqual([]);
    expect(ladder(ledger, aRule({ kind: 'window', overdueRungs: [] }), weekdays).map(({ rung }) => rung)).toEqual([
      'nearDue',
      'dueToday',
    ]);
  });

  it('ends when the deadline is met: met late keeps its overdue, met in time has none', () => {
    const met = (metAt: string) =>
      ladder(aLedger('2026-03-02 09:30', workingDays(10), { status: 'met', metAt }), aRule(), weekdays).map(
        ({ rung }) => rung,
      );

    expect(met(at('2026-03-11 12:00'))).toEqual([]);
    expect(met(at('2026-03-16 18:00'))).toEqual(['nearDue', 'dueToday']);
    expect(met(at('2026-03-17 09:00'))).toEqual(['nearDue', 'dueToday', 'overdue']);
    // Known by its date alone, it was met in time that day.
    expect(met('2026-03-16')).toEqual(['nearDue', 'dueToday']);
  });
});

describe('a pause', () => {
  const pausedFor = (from: string, to?: string) =>
    aLedger('2026-03-02 09:30', workingDays(10), {
      pauses: [{ from: at(from), ...(to !== undefined && { to: at(to) }) }],
      status: to === undefined ? 'paused' : 'running',
    });

  it('holds the ladder: nothing is reached while it lasts', () => {
    expect(ladder(pausedFor('2026-03-10 10:00'), aRule(), weekdays)).toEqual([]);
    expect(told(ladder(pausedFor('2026-03-13 10:00'), aRule(), weekdays))).toEqual([
      '1/nearDue/2 workingDays 2026-03-12 00:00',
    ]);
  });

  it('moves the date without a new generation: what was reached is not reached again', () => {
    expect(told(ladder(pausedFor('2026-03-13 10:00', '2026-03-20 10:00'), aRule(), weekdays))).toEqual([
      '1/nearDue/2 workingDays 2026-03-12 00:00',
      '1/dueToday 2026-03-23 00:00',
      '1/overdue 2026-03-23 18:00:00.001',
      '1/over/5 workingDays 2026-03-30 00:00',
    ]);
  });

  it('begun after the end stops nothing', () => {
    expect(ladder(pausedFor('2026-03-17 10:00'), aRule(), weekdays).map(({ rung }) => rung)).toEqual([
      'nearDue',
      'dueToday',
      'overdue',
      'over',
    ]);
  });

  it('after which the term starts over begins a generation', () => {
    const ledger = { ...pausedFor('2026-03-13 10:00', '2026-03-20 10:00'), generation: 2 };

    expect(told(ladder(ledger, aRule({ onResume: 'reset', pausedWhile: ['hearing'] }), weekdays)).slice(0, 2)).toEqual([
      '1/nearDue/2 workingDays 2026-03-12 00:00',
      '2/nearDue/2 workingDays 2026-04-01 00:00',
    ]);
  });
});

describe('an extension', () => {
  const rule = aRule({ extension: { event: 'decision.extended', max: 1, by: workingDays(10) } });
  const extendedOn = (...on: string[]) =>
    aLedger('2026-03-02 09:30', workingDays(10), {
      generation: 1 + on.length,
      extensions: on.map((one, index) => ({ term: workingDays(10), at: at(one), revision: index + 1 })),
    });

  it('begins a generation; what the one before had reached stays', () => {
    expect(told(ladder(extendedOn('2026-03-13 10:00'), rule, weekdays)).slice(0, 3)).toEqual([
      '1/nearDue/2 workingDays 2026-03-12 00:00',
      '2/nearDue/2 workingDays 2026-03-26 00:00',
      '2/dueToday 2026-03-30 00:00',
    ]);
  });

  it('that came too late, or one too many, begins none', () => {
    expect(told(ladder(extendedOn('2026-03-17 10:00'), rule, weekdays)).map((one) => one[0])).toEqual([...'1111']);
    expect(
      told(ladder(extendedOn('2026-03-11 10:00', '2026-03-27 10:00'), rule, weekdays)).map((one) => one[0]),
    ).toEqual([...'2222']);
  });
});

describe('a notice', () => {
  it('that moves the date begins a generation named after it (State Council notice of 2020-01-27)', () => {
    const rungs = ladder(aLedger('2020-01-20 09:30', workingDays(10)), aRule({ overdueRungs: [] }), chinaCalendar);
    const notice = rungs.at(-1)!.movedBy;

    expect(notice).toHaveLength(1);
    expect(rungs.map(({ generation, movedBy, dueOn }) => [generation, movedBy, dueOn])).toEqual(
      Array.from({ length: 3 }, () => [1, notice, '2020-02-11']),
    );
  });

  it('that leaves the date where it is begins none, nor does one while the clock stands still', () => {
    const holiday = (date: string): CalendarDefinition => ({
      ...weekdays,
      notices: [
        {
          id: 'extra',
          year: 2026,
          title: { en: 'Extra day', zh: '加休' },
          source: 'test',
          published: '2026-03-06',
          days: [{ name: { en: 'Extra', zh: '加休' }, off: [date] }],
        },
      ],
    });
    const ledger = aLedger('2026-03-02 09:30', workingDays(10));
    const held = { ...ledger, pauses: [{ from: at('2026-03-05 10:00'), to: at('2026-03-09 10:00') }] };
    const generations = (of: DeadlineLedger, date: string) =>
      new Set(ladder(of, aRule(), holiday(date)).map(({ movedBy }) => movedBy.join()));

    expect(generations(ledger, '2026-05-04')).toEqual(new Set(['']));
    expect(generations(ledger, '2026-03-10')).toEqual(new Set(['extra']));
    expect(generations(held, '2026-03-10')).toEqual(new Set(['']));
  });
});

it('whatever happens to a deadline, its rungs are those that a clock which looks every hour finds', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(aHistory, ({ rule, rules, happenings, events, calendar, notices, end }) => {
      const naive = naiveLadder(rule, happenings, notices, 18 * 3_600_000, end);
      let ledgers = NO_DEADLINES;
      const rungs: Rung[] = [];
      for (const event of events) {
        const before = ledgers.decision;
        ledgers = advanceDeadlines(rules, ledgers, event);
        if (before !== undefined && before.anchor !== ledgers.decision!.anchor)
          rungs.push(...ladder(before, rules.decision!, calendar).filter((rung) => rung.at < event.occurredAt));
      }
      rungs.push(...ladder(ledgers.decision!, rules.decision!, calendar));
      const closed = happenings.find(({ what }) => what === 'closed')?.at ?? end;

      const found = rungs.filter((rung) => rung.at <= end && rung.at < closed);
      for (const rung of found) reached.add(`${rung.rung} ${rung.movedBy.length > 0} ${rung.generation > 1}`);
      expect(found.map((rung) => ({ key: rungKey(rung), at: rung.at })).sort(byKey)).toEqual(
        [...naive.rungs].sort(byKey),
      );
      expect(found.map((rung) => rung.at)).toEqual(found.map((rung) => rung.at).sort());
    }),
    { numRuns: 100, seed: 20260306 },
  );
  // Nothing is held against nothing: every kind of rung came, under notices and in later generations.
  expect([...reached].filter((one) => one.endsWith('true true')).length).toBe(4);
});

function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : 1;
}
