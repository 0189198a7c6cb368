import fc from 'fast-check';
import { type NaiveHappening, naiveLadder } from '../../scripts/prove/naive-ladder.mjs';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import { unraised } from '../../src/domain/case-rungs.js';
import type { DeadlineRule } from '../../src/domain/deadline.js';
import { advanceDeadlines, type DeadlineEvent, NO_DEADLINES } from '../../src/domain/deadline-ledger.js';
import { beginClimb, type Climb, climbOn, ladder, type Rung, rungKey } from '../../src/domain/ladder.js';
import { calendarDays, workingDays, workingHours } from '../../src/domain/term.js';
import type { CalendarDefinition } from '../../src/domain/working-calendar.js';
import { aHistory, eventsOf } from '../support/deadline-histories.js';

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
    from: 'deadline.anchored',
    until: { events: ['deadline.met'] },
    within: workingDays(10),
    warn: [workingDays(2)],
    overdueRungs: [workingDays(5)],
    pausedWhile: ['paused'],
    extension: { event: 'deadline.extended', max: 1, by: workingDays(10) },
    source: '行政许可法 42',
    ...parts,
  };
}

/** Office time in Shanghai as the ledger has it. */
const at = (wall: string) => new Date(`${wall.replace(' ', 'T')}+08:00`).toISOString();

/** Every rung of a deadline to which this happens, reached or still to come. */
function climbed(rule: DeadlineRule, calendar: CalendarDefinition, events: readonly DeadlineEvent[]): readonly Rung[] {
  let ledgers = NO_DEADLINES;
  let climb: Climb | undefined;
  let rungs: readonly Rung[] = [];
  for (const event of events) {
    const before = ledgers.decision;
    ledgers = advanceDeadlines({ decision: rule }, ledgers, event);
    const after = ledgers.decision!;
    if (before === after) continue;
    if (climb === undefined || before === undefined) {
      climb = beginClimb(after);
      continue;
    }
    const on = climbOn(climb, before, after, rule, calendar, event.occurredAt);
    climb = on.climb;
    rungs = [...rungs, ...on.reached];
  }
  return unraised([...rungs, ...ladder(ledgers.decision!, climb!, rule, calendar)], new Set());
}

type Told = readonly [what: NaiveHappening['what'], at: string];

const story = (rule: DeadlineRule, ...happenings: readonly Told[]) =>
  climbed(rule, weekdays, eventsOf(happenings.map(([what, wall]) => ({ what, at: at(wall) }))));

const told = (rungs: readonly Rung[]) => rungs.map((rung) => `${rungKey(rung)} ${wall(rung.at)}`);
const wall = (instant: string) =>
  new Date(Date.parse(instant) + 8 * 3_600_000)
    .toISOString()
    .replace('T', ' ')
    .replace(':00.000Z', '')
    .replace('Z', '');

// Ten working days from Monday 2 March 2026 end on Monday the 16th.
const accepted: Told = ['anchored', '2026-03-02 09:30'];

describe('the ladder of a deadline', () => {
  it('is near due, due today, overdue, and further over, each at its instant', () => {
    expect(told(story(aRule(), accepted))).toEqual([
      '1/nearDue/2 workingDays 2026-03-12 00:00',
      '1/dueToday 2026-03-16 00:00',
      '1/overdue 2026-03-16 18:00:00.001',
      '1/over/5 workingDays 2026-03-23 00:00',
    ]);
  });

  it('begins with the deadline where a warning lies before it', () => {
    expect(told(story(aRule({ within: workingDays(1) }), accepted)).slice(0, 2)).toEqual([
      '1/nearDue/2 workingDays 2026-03-02 09:30',
      '1/dueToday 2026-03-03 00:00',
    ]);
  });

  it('knows hours: four from Monday 17:00 are up on Tuesday 11:00, with an hour of warning', () => {
    const rule = aRule({
      within: workingHours(4),
      warn: [workingHours(1)],
      overdueRungs: [workingHours(2), workingDays(1)],
    });

    expect(told(story(rule, ['anchored', '2026-03-02 17:00']))).toEqual([
      '1/dueToday 2026-03-03 00:00',
      '1/nearDue/1 workingHours 2026-03-03 10:00',
      '1/overdue 2026-03-03 11:00:00.001',
      '1/over/2 workingHours 2026-03-03 13:00',
      '1/over/1 workingDays 2026-03-04 00:00',
    ]);
  });

  it('is never over before it is overdue, also where a term ends at midnight of a day off', () => {
    const rule = aRule({ within: calendarDays(5), warn: [], overdueRungs: [calendarDays(1)] });

    expect(told(story(rule, accepted))).toEqual([
      '1/dueToday 2026-03-07 00:00',
      '1/overdue 2026-03-08 00:00:00.001',
      '1/over/1 calendarDays 2026-03-08 00:00:00.001',
    ]);
  });

  it('has nothing for a floor, and a window is never overdue', () => {
    expect(story(aRule({ kind: 'atLeast' }), accepted)).toEqual([]);
    expect(story(aRule({ kind: 'window', overdueRungs: [] }), accepted).map(({ rung }) => rung)).toEqual([
      'nearDue',
      'dueToday',
    ]);
  });

  it('ends when the deadline is met: met late keeps its overdue, met in time has none', () => {
    const met = (on: string, rule = aRule()) => story(rule, accepted, ['met', on]).map(({ rung }) => rung);

    expect(met('2026-03-11 12:00')).toEqual([]);
    expect(met('2026-03-16 18:00')).toEqual(['nearDue', 'dueToday']);
    expect(met('2026-03-17 09:00')).toEqual(['nearDue', 'dueToday', 'overdue']);
    // Entered the day after; completed, as the event says, by date or to the minute, in time.
    expect(met('2026-03-17 09:00', aRule({ metAt: () => '2026-03-16' }))).toEqual(['nearDue', 'dueToday']);
    expect(met('2026-03-17 09:00', aRule({ metAt: () => at('2026-03-13 09:00') }))).toEqual(['nearDue']);
  });
});

describe('a pause', () => {
  it('holds the ladder: nothing is reached while it lasts', () => {
    expect(story(aRule(), accepted, ['paused', '2026-03-10 10:00'])).toEqual([]);
    expect(told(story(aRule(), accepted, ['paused', '2026-03-13 10:00']))).toEqual([
      '1/nearDue/2 workingDays 2026-03-12 00:00',
    ]);
  });

  it('moves the date without a new generation: what was reached is not reached again', () => {
    expect(told(story(aRule(), accepted, ['paused', '2026-03-13 10:00'], ['resumed', '2026-03-20 10:00']))).toEqual([
      '1/nearDue/2 workingDays 2026-03-12 00:00',
      '1/dueToday 2026-03-23 00:00',
      '1/overdue 2026-03-23 18:00:00.001',
      '1/over/5 workingDays 2026-03-30 00:00',
    ]);
  });

  it('begun after the end stops nothing', () => {
    expect(story(aRule(), accepted, ['paused', '2026-03-17 10:00']).map(({ rung }) => rung)).toEqual([
      'nearDue',
      'dueToday',
      'overdue',
      'over',
    ]);
  });

  it('after which the term starts over begins a generation', () => {
    const rungs = story(
      aRule({ onResume: 'reset' }),
      accepted,
      ['paused', '2026-03-13 10:00'],
      ['resumed', '2026-03-20 10:00'],
    );

    expect(told(rungs).slice(0, 2)).toEqual([
      '1/nearDue/2 workingDays 2026-03-12 00:00',
      '2/nearDue/2 workingDays 2026-04-01 00:00',
    ]);
  });
});

describe('an extension', () => {
  it('begins a generation; what the one before had reached stays', () => {
    expect(told(story(aRule(), accepted, ['extended', '2026-03-13 10:00'])).slice(0, 3)).toEqual([
      '1/nearDue/2 workingDays 2026-03-12 00:00',
      '2/nearDue/2 workingDays 2026-03-26 00:00',
      '2/dueToday 2026-03-30 00:00',
    ]);
  });

  it('that came too late, or one too many, begins none', () => {
    const generations = (...happenings: readonly Told[]) =>
      story(aRule(), accepted, ...happenings).map(({ generation }) => generation);

    expect(generations(['extended', '2026-03-17 10:00'])).toEqual([1, 1, 1, 1]);
    expect(generations(['extended', '2026-03-11 10:00'], ['extended', '2026-03-27 10:00'])).toEqual([2, 2, 2, 2]);
  });
});

describe('a notice', () => {
  it('that moves the date begins a generation named after it (State Council notice of 2020-01-27)', () => {
    const rungs = climbed(
      aRule({ overdueRungs: [] }),
      chinaCalendar,
      eventsOf([{ what: 'anchored', at: at('2020-01-20 09:30') }]),
    );
    const notice = rungs.at(-1)!.movedBy;

    expect(notice).toHaveLength(1);
    expect(rungs.map(({ generation, movedBy, dueOn }) => [generation, movedBy, dueOn])).toEqual(
      Array.from({ length: 3 }, () => [1, notice, '2020-02-11']),
    );
  });

  it('that leaves the date where it is begins none, nor does one while the clock stands still', () => {
    const withDayOff = (date: string): CalendarDefinition => ({
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
    const running = [{ what: 'anchored', at: at('2026-03-02 09:30') }] as const;
    const held = [
      ...running,
      { what: 'paused', at: at('2026-03-05 10:00') },
      { what: 'resumed', at: at('2026-03-09 10:00') },
    ] as const;
    const generations = (happenings: readonly NaiveHappening[], date: string) =>
      new Set(climbed(aRule(), withDayOff(date), eventsOf(happenings)).map(({ movedBy }) => movedBy.join()));

    expect(generations(running, '2026-05-04')).toEqual(new Set(['']));
    expect(generations(running, '2026-03-10')).toEqual(new Set(['extra']));
    expect(generations(held, '2026-03-10')).toEqual(new Set(['']));
  });
});

it('whatever happens to a deadline, its rungs are those that a clock which looks every day finds', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(aHistory, ({ rule, rules, happenings, events, calendar, notices, end }) => {
      const naive = naiveLadder(rule, happenings, notices, 18 * 3_600_000, end);
      const closed = happenings.find(({ what }) => what === 'closed')?.at ?? end;

      const found = climbed(rules.decision!, calendar, events).filter((rung) => rung.at <= end && rung.at < closed);
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
