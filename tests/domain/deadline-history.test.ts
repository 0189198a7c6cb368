import fc from 'fast-check';
import type { CalendarNotice } from '../../src/domain/calendar-notice.js';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import { type DeadlineRules, linkDeadlineRules } from '../../src/domain/deadline.js';
import {
  advanceDeadlines,
  type DeadlineEvent,
  type DeadlineLedgers,
  NO_DEADLINES,
} from '../../src/domain/deadline-ledger.js';
import { dueOf, isOverdue, statusAt } from '../../src/domain/due-date.js';
import { explainDeadline } from '../../src/domain/explain-deadline.js';
import { isoDate, MS_PER_DAY } from '../../src/domain/office-time.js';
import { calendarDays, months, workingDays, workingHours } from '../../src/domain/term.js';
import { type CalendarDefinition, calendarInForce } from '../../src/domain/working-calendar.js';

const title = { en: 'x', zh: '测' };
const base = {
  title,
  from: 'begun',
  until: { events: ['decided'] },
  cancelledBy: { events: ['withdrawn'] },
  pausedWhile: ['held'],
  changedBy: {
    event: 'changed',
    within: ({ data }: { data: { readonly days?: unknown } }) => workingDays(Number(data.days)),
  },
  source: 'law',
} as const;

/** A rule of each kind, so that every way in which a history may move a date is among them. */
const rules: DeadlineRules = linkDeadlineRules({
  limit: { ...base, within: workingDays(20), extension: { event: 'extended', max: 1, by: workingDays(10) } },
  reset: { ...base, within: workingDays(8), onResume: 'reset', limit: 'promised' },
  longer: { ...base, within: workingDays(8), onResume: { restart: workingDays(15) } },
  days: {
    title,
    from: 'begun',
    until: { events: ['decided'] },
    within: calendarDays(30),
    pausedWhile: ['held'],
    endOnDayOff: 'rollsForward',
    receivedOnDayOff: 'nextWorkingDay',
    notBefore: [{ from: 'clarified', atLeast: workingDays(9), source: 'law' }],
    source: 'law',
  },
  monthly: {
    title,
    from: 'begun',
    until: { events: ['decided'] },
    within: months(1),
    pausedWhile: ['held'],
    source: 'law',
  },
  hours: {
    title,
    from: 'begun',
    until: { events: ['decided'] },
    within: workingHours(20),
    pausedWhile: ['held'],
    source: 'law',
  },
  deemed: {
    title,
    from: 'decided',
    deemed: { after: 'limit' },
    until: { events: ['delivered'] },
    cancelledBy: { events: ['withdrawn'] },
    within: workingDays(30),
    source: 'law',
  },
  back: { title, before: 'days', atLeast: workingDays(5), until: { events: ['clarified'] }, source: 'law' },
  step: { title, inState: ['held'], within: workingDays(3), source: 'policy' },
});

const START = Date.parse('2024-01-15T00:00:00Z');
const iso = (ms: number) => new Date(ms).toISOString();

const TYPES = [
  'begun',
  'held',
  'resumed',
  'extended',
  'changed',
  'clarified',
  'noted',
  'decided',
  'withdrawn',
  'delivered',
];

/** What happens, hours after what happened before; some of it is entered late. */
const happening = fc.record({
  type: fc.constantFrom(...TYPES),
  after: fc.nat({ max: 24 * 9 }),
  enteredLate: fc.nat({ max: 48 }),
  days: fc.integer({ min: 1, max: 40 }),
});

const history = fc.array(happening, { minLength: 1, maxLength: 14 }).map((steps): readonly DeadlineEvent[] => {
  let now = START;
  let state = 'open';
  return steps.map(({ type: drawn, after, enteredLate, days }, revision) => {
    const type = revision === 0 ? 'begun' : drawn;
    now += after * 3_600_000;
    state = type === 'held' ? 'held' : type === 'noted' || type === 'extended' || type === 'changed' ? state : 'open';
    const recordedAt = iso(now + enteredLate * 3_600_000);
    return { type, data: { days }, facts: {}, occurredAt: iso(now), recordedAt, state, revision };
  });
});

/** Notices of the kind that moves running deadlines: some days in a row off, or a weekend worked, known from some instant on. */
const notices = fc
  .array(
    fc.record({
      known: fc.nat({ max: 200 }),
      day: fc.nat({ max: 300 }),
      length: fc.integer({ min: 1, max: 9 }),
      off: fc.boolean(),
    }),
    { maxLength: 5 },
  )
  .map((all) =>
    all.map(({ known, day, length, off }, index): CalendarNotice => {
      const first = START / MS_PER_DAY + day;
      const recordedAt = iso(START + known * MS_PER_DAY);
      const days = `${isoDate(first)}/${isoDate(first + length - 1)}`;
      return {
        id: `notice-${index}`,
        year: 2024,
        amends: 'cn-2024',
        title,
        source: 'county',
        published: recordedAt.slice(0, 10),
        recordedAt,
        days: [{ name: title, ...(off ? { off: [days] } : { makeUp: [days] }) }],
      };
    }),
  );

const withNotices = (extra: readonly CalendarNotice[]): CalendarDefinition => ({
  ...chinaCalendar,
  notices: [...chinaCalendar.notices, ...extra],
});

const replayed = (events: readonly DeadlineEvent[]): DeadlineLedgers =>
  events.reduce((ledgers, event) => advanceDeadlines(rules, ledgers, event), NO_DEADLINES);

/** The case's events as the ledger held them at an instant: those recorded by then, in their order. */
const knownAt = (events: readonly DeadlineEvent[], instant: string): readonly DeadlineEvent[] => {
  const after = events.findIndex(({ recordedAt }) => recordedAt > instant);
  return after === -1 ? events : events.slice(0, after);
};

function dates(ledgers: DeadlineLedgers, definition: CalendarDefinition, instant: string) {
  const calendar = calendarInForce(definition, instant);
  return Object.values(ledgers).map((ledger) => {
    const rule = rules[ledger.name]!;
    return {
      name: ledger.name,
      status: statusAt(ledger, rule, calendar, instant),
      due: dueOf(ledger, rule, calendar),
      overdue: isOverdue(ledger, rule, calendar, instant),
    };
  });
}

describe('deadlines through any history of pauses, extensions, resets, other terms and notices', () => {
  it('fold step by step, stored as JSON in between, to what a replay from the start gives at every step', () => {
    fc.assert(
      fc.property(history, (events) => {
        let stored = '{}';
        events.forEach((event, index) => {
          const before = index === 0 ? NO_DEADLINES : (JSON.parse(stored) as DeadlineLedgers);
          const after = advanceDeadlines(rules, before, event);
          stored = JSON.stringify(after);
          expect(JSON.parse(stored)).toEqual(replayed(events.slice(0, index + 1)));
        });
      }),
      { numRuns: 200 },
    );
  });

  it('have at a past instant the dates they had then, whatever happened and was published since', () => {
    fc.assert(
      fc.property(history, notices, notices, fc.nat({ max: 200 }), (events, extra, later, day) => {
        const instant = iso(START + day * MS_PER_DAY);
        const inOrder = [...events].sort((a, b) => (a.recordedAt < b.recordedAt ? -1 : 1));
        const numbered = inOrder.map((event, revision) => ({ ...event, revision }));
        const then = dates(replayed(knownAt(numbered, instant)), withNotices(extra), instant);

        const since = later.map((notice, index) => {
          const recordedAt = iso(START + (day + 1 + index) * MS_PER_DAY);
          return { ...notice, id: `later-${index}`, published: recordedAt.slice(0, 10), recordedAt };
        });
        const now = iso(START + 400 * MS_PER_DAY);
        const gone = [
          ...numbered,
          { ...numbered.at(-1)!, type: 'withdrawn', occurredAt: now, recordedAt: now, revision: 99 },
        ];
        expect(dates(replayed(knownAt(gone, instant)), withNotices([...extra, ...since]), instant)).toEqual(then);
      }),
      { numRuns: 100 },
    );
  });

  it('are explained by steps that come to the same date', () => {
    fc.assert(
      fc.property(history, notices, fc.nat({ max: 200 }), (events, extra, day) => {
        const calendar = calendarInForce(withNotices(extra), iso(START + day * MS_PER_DAY));
        for (const ledger of Object.values(replayed(events))) {
          const { steps, due } = explainDeadline(ledger, rules[ledger.name]!, calendar);
          expect(due).toEqual(dueOf(ledger, rules[ledger.name]!, calendar));
          expect(steps.at(-1)).toMatchObject({ kind: 'due', on: due.dueOn, at: due.dueAt });
          const landed = steps.flatMap((step) => {
            if (step.kind === 'counted' || step.kind === 'fixed') return [step.on];
            return step.kind === 'shifted' || step.kind === 'rolled' || step.kind === 'months' ? [step.to] : [];
          });
          if (
            due.dueAt.length > 0 &&
            landed.length > 0 &&
            rules[ledger.name]!.within !== undefined &&
            ledger.term?.unit !== 'workingHours'
          )
            expect(landed.at(-1)).toBe(due.dueOn);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('are never earlier for a notice that only gives days off', () => {
    fc.assert(
      fc.property(history, notices, (events, extra) => {
        const now = iso(START + 400 * MS_PER_DAY);
        const off = extra.filter(({ days }) => days[0]?.off !== undefined);
        const ledger = replayed(events).limit;
        if (
          ledger === undefined ||
          ledger.pauses.length > 0 ||
          ledger.extensions.length > 0 ||
          ledger.changes !== undefined
        )
          return;
        const date = (all: readonly CalendarNotice[]) =>
          dueOf(ledger, rules.limit!, calendarInForce(withNotices(all), now)).dueOn;
        expect(date(off) >= date([])).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
