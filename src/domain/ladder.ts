import { type DeadlineRule, passingOf } from './deadline.js';
import { type DeadlineLedger, isUnanchored } from './deadline-ledger.js';
import { beginsAt, type Reckoning, reckon, warnedAt } from './due-date.js';
import { epochDay, formatInstant, isDate, isoDate, parseInstant } from './office-time.js';
import { type Term, workingTime } from './term.js';
import { type CalendarDefinition, calendarChanges, calendarInForce, type WorkingCalendar } from './working-calendar.js';

/** `nearDue` (amber), `dueToday`, `overdue` (red), and `over`: overdue by so much more. In this order where two come at one instant. */
export const RUNG_NAMES = ['nearDue', 'dueToday', 'overdue', 'over'] as const;

export type RungName = (typeof RUNG_NAMES)[number];

/** A rung of one deadline's ladder, as it is reached unless something happens to the case before. */
export type Rung = {
  readonly rung: RungName;
  /** How long before the end (`nearDue`) or after it (`over`), as the rule declares. */
  readonly term?: Term;
  /** As the ledger counts them. What it counts but left the end where it was, such as an extension that came too late, begins none. */
  readonly generation: number;
  /** Notices that moved the date since that generation began, oldest first: each begins another. */
  readonly movedBy: readonly string[];
  /** The due date it is reached under. */
  readonly dueOn: string;
  readonly dueAt: string;
  /** When it is to be raised, ISO 8601 in UTC: a day's rung begins with its day, `overdue` with the first instant after the end. */
  readonly at: string;
};

/**
 * How far a deadline has come on its ladder: from when on its ledger has been as it is, and in which generation that was.
 * Plain JSON: it is stored in read models as it is.
 */
export type Climb = {
  /** ISO 8601 in UTC. */
  readonly since: string;
  readonly generation: number;
  readonly movedBy: readonly string[];
};

/** The climb of a deadline that an event has anchored, for the first time or anew. */
export function beginClimb({ anchor, generation }: DeadlineLedger): Climb {
  return { since: anchor.at, generation, movedBy: [] };
}

/**
 * The climb after an event at `at` has changed the ledger, and the rungs that were reached until then.
 *
 * A generation begins with an anchor, and with whatever the ledger counts as one (an extension, another term, one that
 * starts over) where it moves the end. A pause moves the end too, but begins none: what was raised is not raised again.
 */
export function climbOn(
  climb: Climb,
  before: DeadlineLedger,
  after: DeadlineLedger,
  rule: DeadlineRule,
  definition: CalendarDefinition,
  at: string,
): { readonly climb: Climb; readonly reached: readonly Rung[] } {
  const until = Math.min(parseInstant(at), endOf(after, definition));
  const { rungs, movedBy } = climbed(before, climb, rule, definition, until);
  const reached = rungs;
  if (isAnchoredAnew(before, after)) return { climb: beginClimb(after), reached };
  if (before.generation !== after.generation) {
    const calendar = calendarInForce(definition, at);
    if (reckon(before, rule, calendar).dueAt !== reckon(after, rule, calendar).dueAt)
      return { climb: { since: at, generation: after.generation, movedBy: [] }, reached };
  }
  return { climb: { since: at, generation: climb.generation, movedBy }, reached };
}

/** Whether another event has anchored the deadline since. */
export function isAnchoredAnew({ anchor: before }: DeadlineLedger, { anchor: after }: DeadlineLedger): boolean {
  return before.revision !== after.revision || before.at !== after.at;
}

/**
 * The rungs that a clock which never stops raises for a deadline from where its climb stands, in order: those already
 * reached as they came, and those still to come if nothing else happens. Each once per generation, at the first instant at
 * which the deadline under the calendar in force then had come that far.
 *
 * None while a pause holds the deadline, none after it was met or cancelled, none for a floor (`atLeast`), and what lapses is
 * never overdue. One that is deemed to follow another deadline has none until that has passed. A notice that moves the end of a deadline that is not held begins a generation of its own.
 */
export function ladder(
  ledger: DeadlineLedger,
  climb: Climb,
  rule: DeadlineRule,
  definition: CalendarDefinition,
): readonly Rung[] {
  return climbed(ledger, climb, rule, definition, Number.POSITIVE_INFINITY).rungs;
}

function climbed(
  ledger: DeadlineLedger,
  { since, generation, movedBy: moved }: Climb,
  rule: DeadlineRule,
  definition: CalendarDefinition,
  until: number,
): { readonly rungs: readonly Rung[]; readonly movedBy: readonly string[] } {
  const rungs: Rung[] = [];
  let movedBy = moved;
  if (passingOf(rule) === 'reached') return { rungs, movedBy };
  const reached = new Set<string>();
  const ends = Math.min(until, endOf(ledger, definition));
  const turns = turnsOf(definition, parseInstant(since), ends);

  for (const [index, { at, notices }] of turns.entries()) {
    const calendar = calendarInForce(definition, formatInstant(at));
    const reckoning = reckon(ledger, rule, calendar);
    const from = runsFrom(ledger, rule, calendar, at);
    if (reckoning.heldSince !== undefined || from === undefined) continue;
    if (notices.length > 0) {
      const before = reckon(ledger, rule, calendarInForce(definition, formatInstant(at - 1)));
      if (before.dueAt !== reckoning.dueAt) movedBy = [...movedBy, ...notices];
    }
    const until = turns[index + 1]?.at ?? ends;
    for (const step of stepsOf(reckoning, rule, calendar)) {
      const reachedAt = Math.max(step.at, from);
      if (reachedAt >= until) break;
      const rung: Rung = {
        rung: step.rung,
        ...(step.term === undefined ? {} : { term: step.term }),
        generation,
        movedBy,
        dueOn: isoDate(reckoning.dueDay),
        dueAt: formatInstant(reckoning.dueAt),
        at: formatInstant(reachedAt),
      };
      const key = rungKey(rung);
      if (reached.has(key)) continue;
      reached.add(key);
      rungs.push(rung);
    }
  }
  return { rungs, movedBy };
}

/** What makes a rung of one deadline the same: its name and term, in one generation. */
export function rungKey({
  generation,
  movedBy = [],
  rung,
  term,
}: Pick<Rung, 'generation' | 'rung' | 'term'> & { readonly movedBy?: readonly string[] | undefined }): string {
  const of = [generation, ...movedBy.map(encodeURIComponent)].join('+');
  return term === undefined ? `${of}/${rung}` : `${of}/${rung}/${term.amount} ${term.unit}`;
}

/** An instant from which the calendar is another one, or the first. */
type Turn = { readonly at: number; readonly notices: readonly string[] };

const noticesInForce = new WeakMap<CalendarDefinition, readonly Turn[]>();

function turnsOf(definition: CalendarDefinition, since: number, until: number): readonly Turn[] {
  if (since >= until) return [];
  const first: Turn = { at: since, notices: [] };
  const all = noticesOf(definition);
  let after = all.length;
  while (after > 0 && all[after - 1]!.at > since) after -= 1;
  return after === all.length ? [first] : [first, ...all.slice(after).filter(({ at }) => at < until)];
}

/** When notices came to count, oldest first, those of one instant together. */
function noticesOf(definition: CalendarDefinition): readonly Turn[] {
  let turns = noticesInForce.get(definition);
  if (turns === undefined) {
    const byInstant = new Map<number, string[]>();
    for (const { at, notice } of calendarChanges(definition)) {
      const together = byInstant.get(parseInstant(at));
      if (together === undefined) byInstant.set(parseInstant(at), [notice.id]);
      else together.push(notice.id);
    }
    turns = [...byInstant].map(([at, notices]) => ({ at, notices }));
    noticesInForce.set(definition, turns);
  }
  return turns;
}

/** Since when it runs, at the earliest `at`; undefined where it is not to be expected to. */
function runsFrom(
  ledger: DeadlineLedger,
  rule: DeadlineRule,
  calendar: WorkingCalendar,
  at: number,
): number | undefined {
  if (!isUnanchored(ledger)) return at;
  const passed = beginsAt(ledger, rule, calendar);
  return passed === undefined ? undefined : Math.max(at, parseInstant(passed) + 1);
}

type Step = { readonly rung: RungName; readonly term?: Term; readonly at: number };

/** The rungs under one due date, in order. */
function stepsOf(reckoning: Reckoning, rule: DeadlineRule, calendar: WorkingCalendar): readonly Step[] {
  const { dueDay, dueAt } = reckoning;
  const steps: Step[] = (rule.warn ?? []).map((term) => ({
    rung: 'nearDue',
    term,
    at: warnedAt(term, reckoning, calendar),
  }));
  steps.push({ rung: 'dueToday', at: calendar.clock.instantAt(dueDay, 0) });
  if (passingOf(rule) === 'overdue') {
    const overdue = dueAt + 1;
    steps.push({ rung: 'overdue', at: overdue });
    for (const term of rule.overdueRungs ?? [])
      steps.push({ rung: 'over', term, at: Math.max(overdue, overAt(term, reckoning, calendar)) });
  }
  return steps.sort((a, b) => a.at - b.at || RUNG_NAMES.indexOf(a.rung) - RUNG_NAMES.indexOf(b.rung));
}

function overAt(term: Term, { dueDay, dueAt }: Reckoning, calendar: WorkingCalendar): number {
  if (term.unit === 'workingHours') return calendar.addWorkingTime(dueAt, workingTime(term.amount));
  const day = term.unit === 'workingDays' ? calendar.workingDayAfter(dueDay, term.amount) : dueDay + term.amount;
  return calendar.clock.instantAt(day, 0);
}

/** From when on it has no rungs. Met on a day of which the time is not known, it lasted to the end of that day. */
function endOf(ledger: DeadlineLedger, definition: CalendarDefinition): number {
  const ended = ledger.metAt ?? ledger.cancelledAt;
  if (ended === undefined) return Number.POSITIVE_INFINITY;
  return isDate(ended) ? calendarInForce(definition).endOf(epochDay(ended)) + 1 : parseInstant(ended);
}
