import fc from 'fast-check';
import type { NaiveHappening, NaiveNotice, NaiveRule } from '../../scripts/prove/naive-ladder.mjs';
import type { DeadlineRules } from '../../src/domain/deadline.js';
import type { DeadlineEvent } from '../../src/domain/deadline-ledger.js';
import { workingDays } from '../../src/domain/term.js';
import type { CalendarDefinition } from '../../src/domain/working-calendar.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.parse('2026-03-01T16:00:00Z');
const title = { en: 'Decision', zh: '作出决定' };

/** A story of one deadline, as the engine and as the naive calculation tell it. */
export type DeadlineHistory = {
  readonly rule: NaiveRule;
  readonly rules: DeadlineRules;
  readonly happenings: readonly NaiveHappening[];
  readonly events: readonly DeadlineEvent[];
  readonly notices: readonly NaiveNotice[];
  readonly calendar: CalendarDefinition;
  readonly end: string;
};

const STEPS = ['paused', 'resumed', 'extended', 'anchored', 'met', 'closed', 'paused', 'resumed', 'extended'] as const;

const aRule: fc.Arbitrary<NaiveRule> = fc.record({
  days: fc.integer({ min: 0, max: 12 }),
  warn: fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { maxLength: 2 }),
  over: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 2 }),
  extension: fc.record({ max: fc.integer({ min: 1, max: 2 }), days: fc.integer({ min: 1, max: 6 }) }),
  onResume: fc.constantFrom('remainder', 'remainder', 'reset'),
});

const aNotice = fc.record({
  published: fc.integer({ min: -20, max: 50 }),
  off: fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 4 }),
  makeUp: fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 2 }),
});

const aStep = fc.record({
  what: fc.constantFrom(...STEPS),
  day: fc.integer({ min: 0, max: 50 }),
  minute: fc.integer({ min: 0, max: 24 * 59 - 1 }),
});

const dateOf = (day: number) => new Date(START + 8 * 60 * MINUTE + day * DAY).toISOString().slice(0, 10);

export const aHistory: fc.Arbitrary<DeadlineHistory> = fc
  .record({ rule: aRule, notices: fc.array(aNotice, { maxLength: 3 }), steps: fc.array(aStep, { maxLength: 8 }) })
  .map(({ rule, notices, steps }) => {
    const given = notices
      .filter((one, index) => notices.findIndex(({ published }) => published === one.published) === index)
      .map(({ published, off, makeUp }, index) => ({
        id: `notice-${index}`,
        published: dateOf(published),
        off: off.map(dateOf),
        makeUp: makeUp.filter((day) => !off.includes(day)).map(dateOf),
      }));
    const happenings = legal([
      { at: instant(1, 8 * 59), what: 'anchored' },
      ...steps.map(({ what, day, minute }) => ({ what, at: instant(day + 1, minute) })),
    ]);
    return {
      rule,
      notices: given,
      happenings,
      end: instant(70, 0),
      rules: rulesOf(rule),
      events: eventsOf(happenings),
      calendar: calendarOf(given),
    };
  });

/** Never on a full hour: minutes 1 to 59 of each. */
function instant(day: number, minute: number): string {
  const [hour, rest] = [Math.floor(minute / 59), (minute % 59) + 1];
  return new Date(START + day * DAY + (hour * 60 + rest) * MINUTE).toISOString();
}

/** What can happen to a case, in order, no two at one instant: a pause where it runs, its end where it is paused, nothing once it is closed. */
function legal(steps: readonly NaiveHappening[]): readonly NaiveHappening[] {
  const [first, ...others] = steps;
  let paused = false;
  let met = false;
  let closed = false;
  let last = first!.at;
  return [
    first!,
    ...others
      .filter(({ at }) => at > first!.at)
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .filter(({ what, at }) => {
        if (closed || at <= last) return false;
        if (what === 'resumed' ? !paused : paused && what !== 'extended' && what !== 'closed') return false;
        if (met && what !== 'anchored' && what !== 'closed') return false;
        if (what === 'anchored') met = false;
        if (what === 'met') met = true;
        if (what === 'paused') paused = true;
        if (what === 'resumed') paused = false;
        if (what === 'closed') closed = true;
        last = at;
        return true;
      }),
  ];
}

export function rulesOf({ days, warn, over, extension, onResume }: NaiveRule): DeadlineRules {
  return {
    decision: {
      title,
      from: 'deadline.anchored',
      until: { events: ['deadline.met'] },
      within: workingDays(days),
      pausedWhile: ['paused'],
      onResume,
      warn: warn.map(workingDays),
      overdueRungs: over.map(workingDays),
      extension: { event: 'deadline.extended', max: extension.max, by: workingDays(extension.days) },
      source: 'test',
    },
  };
}

/** The same as events, as deadlines see them. */
export function eventsOf(happenings: readonly NaiveHappening[]): readonly DeadlineEvent[] {
  let state = 'running';
  return happenings.map(({ at, what }, revision) => {
    if (what === 'paused') state = 'paused';
    if (what === 'resumed' || what === 'anchored') state = 'running';
    if (what === 'closed') state = 'closed';
    return { type: `deadline.${what}`, data: {}, facts: {}, occurredAt: at, recordedAt: at, state, revision };
  });
}

function calendarOf(notices: readonly NaiveNotice[]): CalendarDefinition {
  return {
    id: 'test',
    title: { en: 'Weekdays', zh: '工作日' },
    timeZone: 'Asia/Shanghai',
    weekend: [6, 7],
    hours: [{ opens: '08:00', closes: '18:00' }],
    horizon: 'unbounded',
    notices: notices.map(({ id, published, off, makeUp }) => ({
      id,
      year: 2026,
      title: { en: id, zh: id },
      source: 'test',
      published,
      days: [{ name: { en: id, zh: id }, off, makeUp }],
    })),
  };
}
