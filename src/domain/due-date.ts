import type { DeadlineRule } from './deadline.js';
import { type DeadlineExtension, type DeadlineLedger, unitOf } from './deadline-ledger.js';
import { addMonths, epochDay, formatInstant, isDate, isoDate, MS_PER_HOUR, parseInstant } from './office-time.js';
import { type Term, type TermUnit, workingTime } from './term.js';
import type { WorkingCalendar } from './working-calendar.js';

/** When a deadline counts as near: from `at` on. A warning in days begins with its day, one in hours at the minute; none begins before the anchor. */
export type DueWarning = { readonly term: Term; readonly on: string; readonly at: string };

/** When a deadline is due under one calendar. A floor (`atLeast`) is due on the first day on which acting is allowed. */
export type Due = {
  readonly dueOn: string;
  /** The last instant in time: close of business of `dueOn`, midnight at its end where that is a day off, or the minute where the term says one. */
  readonly dueAt: string;
  /** Some day it depends on lies beyond what has been published. */
  readonly provisional: boolean;
  /** The clock stands still, stopped in time: it cannot become overdue, and `dueOn` and `dueAt` are the earliest there can be. */
  readonly held: boolean;
  /** What is left when a held deadline goes on. */
  readonly remaining?: Term;
  /** Earliest first. */
  readonly warnings: readonly DueWarning[];
};

/** How far a term has come, in its unit (months are counted in calendar days); a held deadline stands where it was stopped, an ended one where it ended. */
export type DayCount = {
  readonly unit: Exclude<TermUnit, 'months'>;
  readonly elapsed: number;
  readonly total: number;
  readonly remaining: number;
  /** How far past the end; zero until then, and still zero after close of business of the last day. */
  readonly over: number;
};

/** Days that are added to a start, by unit, or milliseconds of working time. */
export type Budget = {
  readonly months: number;
  readonly calendarDays: number;
  readonly workingDays: number;
  readonly workingTime: number;
};

/** A pause as it counts: days by its unit, hours in milliseconds of working time. One begun after the end stops nothing. */
export type ReckonedPause = {
  readonly from: number;
  readonly to?: number;
  readonly effect: 'stopsClock' | 'startsOver' | 'tooLate';
  readonly amount: number;
};

/** An extension as it counts. */
export type ReckonedExtension = DeadlineExtension & { readonly effect: 'extends' | 'tooLate' | 'overLimit' };

/** How a due date came about: instants in milliseconds, days since 1970-01-01. */
export type Reckoning = {
  readonly unit: TermUnit;
  readonly received: number;
  /** Set when the receipt counts as one of a later day. */
  readonly moved?: { readonly from: number; readonly to: number; readonly why: 'dayOff' | 'afterHours' };
  /** Where the count in force starts: the receipt, or the end of the last pause that made it start over. */
  readonly start: number;
  /** The day that is not counted. */
  readonly startDay: number;
  readonly fixed?: { readonly day: number; readonly at?: number };
  readonly budget: Budget;
  readonly pauses: readonly ReckonedPause[];
  readonly extensions: readonly ReckonedExtension[];
  /** The last day before it rolls. */
  readonly endDay: number;
  readonly dueDay: number;
  readonly dueAt: number;
  /** Since when the clock stands still, stopped in time. */
  readonly heldSince?: number;
  /** What is left of a held one. */
  readonly remaining?: Term;
};

/**
 * When the deadline is due under this calendar. Pure, and all it needs is the stored ledger, so a calendar that changes
 * re-dates any number of ledgers.
 *
 * The day of the anchor is not counted. Months are added first, then calendar days, then working days, then the paused
 * time, in the term's unit (calendar days for months). A pause counts from the day after the one it began on up to and
 * including the day it ended on; begun on the last day, it leaves the day on which the clock goes on. Extensions and
 * pauses after the end change nothing.
 */
export function dueOf(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar): Due {
  const reckoning = reckon(ledger, rule, calendar);
  return {
    dueOn: isoDate(reckoning.dueDay),
    dueAt: formatInstant(reckoning.dueAt),
    provisional: isProvisional(reckoning, calendar),
    held: reckoning.heldSince !== undefined,
    ...(reckoning.remaining === undefined ? {} : { remaining: reckoning.remaining }),
    warnings: warningsOf(reckoning, rule, calendar),
  };
}

/** Whether a limit (`atMost`) has passed at `now` without having been met, ended or held. */
export function isOverdue(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar, now: string): boolean {
  if ((rule.kind ?? 'atMost') !== 'atMost' || !isOpen(ledger)) return false;
  const { heldSince, dueAt } = reckon(ledger, rule, calendar);
  return heldSince === undefined && parseInstant(now) > dueAt;
}

/** Whether a window has passed at `now` unused. */
export function hasLapsed(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar, now: string): boolean {
  if (rule.kind !== 'window' || !isOpen(ledger)) return false;
  const { heldSince, dueAt } = reckon(ledger, rule, calendar);
  return heldSince === undefined && parseInstant(now) > dueAt;
}

/** Whether acting at `now` would be below a floor (`atLeast`): before the first day allowed, which is `dueOn`. */
export function isTooEarly(
  ledger: DeadlineLedger,
  rule: DeadlineRule,
  calendar: WorkingCalendar,
  now: string,
): boolean {
  if (rule.kind !== 'atLeast' || !isOpen(ledger)) return false;
  const { heldSince, dueDay, dueAt, unit } = reckon(ledger, rule, calendar);
  const at = parseInstant(now);
  return heldSince !== undefined || (unit === 'workingHours' ? at < dueAt : calendar.clock.dayAt(at) < dueDay);
}

/** Whether a limit was met after its end; false while it has not been met. Completion known by date only is late from the day after. */
export function wasMetLate(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar): boolean {
  if (ledger.metAt === undefined || (rule.kind ?? 'atMost') !== 'atMost') return false;
  const { dueDay, dueAt } = reckon(ledger, rule, calendar);
  return isDate(ledger.metAt) ? epochDay(ledger.metAt) > dueDay : parseInstant(ledger.metAt) > dueAt;
}

/** How many days or hours of the term have gone by at `now`, are left, and are over. */
export function dayCount(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar, now: string): DayCount {
  const reckoning = reckon(ledger, rule, calendar);
  const unit = reckoning.unit === 'months' ? 'calendarDays' : reckoning.unit;
  const at = standsAt(ledger, reckoning, calendar, parseInstant(now));
  const distance = (from: number, to: number) =>
    unit === 'workingHours'
      ? calendar.workingTimeBetween(from, to) / MS_PER_HOUR
      : countDays(unit, calendar.clock.dayAt(from), calendar.clock.dayAt(to), calendar);
  const dueAt = unit === 'workingHours' ? reckoning.dueAt : calendar.clock.instantAt(reckoning.dueDay, 0);
  const start = unit === 'workingHours' ? reckoning.start : calendar.clock.instantAt(reckoning.startDay, 0);
  const paused = reckoning.pauses
    .filter(({ effect, from }) => effect === 'stopsClock' && from >= reckoning.start)
    .reduce((sum, { amount }) => sum + amount, 0);
  const total = Math.max(0, distance(start, dueAt) - (unit === 'workingHours' ? paused / MS_PER_HOUR : paused));
  const left = distance(Math.max(at, start), dueAt);
  const remaining = Math.min(total, Math.max(0, left));
  return { unit, elapsed: total - remaining, total, remaining, over: Math.max(0, -left) };
}

/** The whole calculation, for whoever must show it; {@link dueOf} is its outcome. */
export function reckon(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar): Reckoning {
  const received = parseInstant(ledger.anchor.at);
  const unit = unitOf(ledger);
  const receipt = receiptDay(received, unit, rule, calendar);
  const fixed = fixedEnd(ledger.fixedDueAt, calendar);
  let count: Count = {
    unit,
    start: received,
    startDay: receipt.day,
    fixed,
    budget: fixed === undefined ? add(NOTHING, ledger.term) : NOTHING,
    stops: [],
  };
  let end = endOf(count, rule, calendar);
  const pauses: ReckonedPause[] = [];
  const extensions: ReckonedExtension[] = [];
  let granted = 0;
  let heldSince: number | undefined;
  let remaining: Term | undefined;

  for (const change of changesOf(ledger)) {
    const inTime = heldSince !== undefined || change.at <= end.dueAt;
    if (change.extension !== undefined) {
      const effect = granted >= (rule.extension?.max ?? 0) ? 'overLimit' : inTime ? 'extends' : 'tooLate';
      extensions.push({ ...change.extension, effect });
      if (effect !== 'extends') continue;
      granted++;
      count = { ...count, budget: add(count.budget, change.extension.term) };
    } else {
      const { from, to } = change.pause;
      const amount = to === undefined ? 0 : paused(count, from, to, calendar);
      const over = startingOver(rule, fixed === undefined);
      const effect = !inTime ? 'tooLate' : over === undefined ? 'stopsClock' : 'startsOver';
      pauses.push({ from, ...(to === undefined ? {} : { to }), effect, amount });
      if (!inTime) continue;
      const budget = typeof over === 'object' ? add(NOTHING, over.restart) : count.budget;
      if (to === undefined) {
        heldSince = from;
        if (over !== undefined) remaining = asTerm(budget, unit);
        continue;
      }
      count =
        over === undefined
          ? { ...count, stops: [...count.stops, { from, to }] }
          : { unit, start: to, startDay: calendar.clock.dayAt(to), fixed: undefined, budget, stops: [] };
    }
    end = endOf(count, rule, calendar);
  }

  if (heldSince !== undefined) remaining ??= leftAt(heldSince, count, end, calendar);
  return {
    unit,
    received,
    ...(receipt.moved === undefined ? {} : { moved: receipt.moved }),
    start: count.start,
    startDay: count.startDay,
    ...(count.fixed === undefined ? {} : { fixed: count.fixed }),
    budget: count.budget,
    pauses,
    extensions,
    ...end,
    ...(heldSince === undefined ? {} : { heldSince }),
    ...(remaining === undefined ? {} : { remaining }),
  };
}

const NOTHING: Budget = { months: 0, calendarDays: 0, workingDays: 0, workingTime: 0 };

/** One count from one start; `stops` are the pauses within it that ended. */
type Count = {
  readonly unit: TermUnit;
  readonly start: number;
  readonly startDay: number;
  readonly fixed: { readonly day: number; readonly at?: number } | undefined;
  readonly budget: Budget;
  readonly stops: readonly { readonly from: number; readonly to: number }[];
};

type End = { readonly endDay: number; readonly dueDay: number; readonly dueAt: number };

type Change = { readonly at: number } & (
  | { readonly extension: DeadlineExtension }
  | { readonly extension?: undefined; readonly pause: { readonly from: number; readonly to: number | undefined } }
);

/** Pauses and extensions in the order in which they happened, which with late entries is not the one they were recorded in. */
function changesOf({ extensions, pauses, anchor }: DeadlineLedger): readonly Change[] {
  if (extensions.length === 0 && pauses.length === 0) return [];
  const since = parseInstant(anchor.at);
  const changes: Change[] = extensions.map((extension) => ({ at: parseInstant(extension.at), extension }));
  for (const pause of pauses) {
    const from = Math.max(since, parseInstant(pause.from));
    const to = pause.to === undefined ? undefined : Math.max(from, parseInstant(pause.to));
    changes.push({ at: from, pause: { from, to } });
  }
  return changes.sort((a, b) => a.at - b.at);
}

function receiptDay(
  received: number,
  unit: TermUnit,
  rule: DeadlineRule,
  calendar: WorkingCalendar,
): { readonly day: number; readonly moved?: NonNullable<Reckoning['moved']> } {
  const day = calendar.clock.dayAt(received);
  if (unit === 'workingHours') return { day };
  const dayOff = rule.receivedOnDayOff === 'nextWorkingDay' && !calendar.isWorking(day);
  if (!dayOff && !(rule.afterHours === 'nextWorkingDay' && calendar.isAfterHours(received))) return { day };
  const to = calendar.workingDayAfter(day, 1);
  return { day: to, moved: { from: day, to, why: dayOff ? 'dayOff' : 'afterHours' } };
}

function fixedEnd(text: string | undefined, calendar: WorkingCalendar): Count['fixed'] {
  if (text === undefined) return undefined;
  if (isDate(text)) return { day: epochDay(text) };
  const at = parseInstant(text);
  return { day: calendar.clock.dayAt(at), at };
}

function endOf(count: Count, rule: DeadlineRule, calendar: WorkingCalendar): End {
  return count.unit === 'workingHours' ? endInHours(count, calendar) : endInDays(count, rule, calendar);
}

function endInHours({ start, fixed, budget, stops }: Count, calendar: WorkingCalendar): End {
  let dueAt = fixed === undefined ? start : (fixed.at ?? calendar.endOf(fixed.day));
  dueAt = calendar.addWorkingTime(dueAt, budget.workingTime);
  for (const { from, to } of stops) {
    const left = calendar.workingTimeBetween(from, dueAt);
    dueAt = left > 0 ? calendar.addWorkingTime(to, left) : Math.max(to, dueAt);
  }
  const dueDay = calendar.clock.dayAt(dueAt);
  return { endDay: dueDay, dueDay, dueAt };
}

function endInDays(count: Count, rule: DeadlineRule, calendar: WorkingCalendar): End {
  const { unit, startDay, fixed, budget, stops } = count;
  let endDay = fixed?.day ?? startDay;
  if (budget.months > 0) endDay = addMonths(endDay, budget.months);
  endDay += budget.calendarDays;
  if (budget.workingDays > 0 || (unit === 'workingDays' && fixed === undefined && budget.calendarDays === 0)) {
    endDay = calendar.workingDayAfter(endDay, budget.workingDays);
  }
  for (const { from, to } of stops) endDay = resumedEnd(count, endDay, from, to, calendar);

  const time = fixed?.at === undefined ? undefined : calendar.clock.timeAt(fixed.at);
  const rolls = rule.endOnDayOff === 'rollsForward' && time === undefined && !calendar.isWorking(endDay);
  const dueDay = rolls ? calendar.workingDayAfter(endDay, 1) : endDay;
  const dueAt = time === undefined ? calendar.endOf(dueDay) : calendar.clock.instantAt(dueDay, time);
  return { endDay, dueDay, dueAt: fixed?.at !== undefined && dueDay === fixed.day ? fixed.at : dueAt };
}

/** What was left when the clock stopped, counted from the day it went on. Stopped on the last day, what is left is a day: the one it goes on, or the next once that is over. */
function resumedEnd(count: Count, endDay: number, from: number, to: number, calendar: WorkingCalendar): number {
  const { unit } = count;
  const stopped = countedDay(count, from, calendar);
  const resumed = countedDay(count, to, calendar);
  const left = countDays(unit, stopped, endDay, calendar);
  const step =
    unit === 'workingDays' ? (n: number) => calendar.workingDayAfter(resumed, n) : (n: number) => resumed + n;
  if (left > 0) return step(left);
  const end = Math.max(endDay, step(0));
  return to > calendar.endOf(end) ? step(1) : end;
}

function countDays(unit: TermUnit, from: number, to: number, calendar: WorkingCalendar): number {
  return unit === 'workingDays' ? calendar.countWorking(from, to) : to - from;
}

/** The day of an instant as the count sees it: before its start nothing is counted, so nothing can be paused either. */
function countedDay({ startDay }: Count, at: number, calendar: WorkingCalendar): number {
  return Math.max(startDay, calendar.clock.dayAt(at));
}

function paused(count: Count, from: number, to: number, calendar: WorkingCalendar): number {
  return count.unit === 'workingHours'
    ? calendar.workingTimeBetween(from, to)
    : countDays(count.unit, countedDay(count, from, calendar), countedDay(count, to, calendar), calendar);
}

function leftAt(at: number, count: Count, end: End, calendar: WorkingCalendar): Term {
  const { unit } = count;
  if (unit === 'workingHours') {
    return { unit, amount: Math.max(0, calendar.workingTimeBetween(at, end.dueAt)) / MS_PER_HOUR };
  }
  const days = countDays(unit, countedDay(count, at, calendar), end.endDay, calendar);
  return { unit: unit === 'months' ? 'calendarDays' : unit, amount: Math.max(0, days) };
}

function startingOver(rule: DeadlineRule, counted: boolean): 'reset' | { readonly restart: Term } | undefined {
  return !counted || rule.onResume === undefined || rule.onResume === 'remainder' ? undefined : rule.onResume;
}

function add(budget: Budget, term: Term | undefined): Budget {
  if (term === undefined) return budget;
  return term.unit === 'workingHours'
    ? { ...budget, workingTime: budget.workingTime + workingTime(term.amount) }
    : { ...budget, [term.unit]: budget[term.unit] + term.amount };
}

function asTerm(budget: Budget, unit: TermUnit): Term {
  return { unit, amount: unit === 'workingHours' ? budget.workingTime / MS_PER_HOUR : budget[unit] };
}

function isProvisional({ startDay, fixed, dueDay }: Reckoning, calendar: WorkingCalendar): boolean {
  if (fixed?.at !== undefined && dueDay === fixed.day) return false;
  return !calendar.isPublished(fixed?.day ?? startDay, dueDay);
}

function warningsOf(reckoning: Reckoning, rule: DeadlineRule, calendar: WorkingCalendar): readonly DueWarning[] {
  if (rule.warn === undefined || rule.warn.length === 0) return [];
  return rule.warn
    .map((term) => ({ term, at: Math.max(reckoning.received, warnedAt(term, reckoning, calendar)) }))
    .sort((a, b) => a.at - b.at)
    .map(({ term, at }) => ({ term, on: isoDate(calendar.clock.dayAt(at)), at: formatInstant(at) }));
}

/** The instant from which a warning holds, whether or not the deadline had begun by then. */
export function warnedAt(term: Term, { dueDay, dueAt }: Reckoning, calendar: WorkingCalendar): number {
  if (term.unit === 'workingHours') return calendar.subtractWorkingTime(dueAt, workingTime(term.amount));
  const day = term.unit === 'workingDays' ? calendar.workingDayBefore(dueDay, term.amount) : dueDay - term.amount;
  return calendar.clock.instantAt(day, 0);
}

function standsAt(ledger: DeadlineLedger, { heldSince }: Reckoning, calendar: WorkingCalendar, now: number): number {
  const ended = ledger.metAt ?? ledger.cancelledAt;
  let at = now;
  if (ended !== undefined) {
    at = Math.min(at, isDate(ended) ? calendar.endOf(epochDay(ended)) - 1 : parseInstant(ended));
  }
  return heldSince === undefined ? at : Math.min(at, heldSince);
}

function isOpen({ status }: DeadlineLedger): boolean {
  return status === 'running' || status === 'paused';
}
