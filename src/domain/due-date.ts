import { type DeadlineRule, kindOf, passingOf } from './deadline.js';
import {
  type DeadlineExtension,
  type DeadlineLedger,
  type DeadlineStatus,
  type DeemedCount,
  type FloorEvent,
  isOpen,
  isUnanchored,
  type TermChange,
} from './deadline-ledger.js';
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
  /** It counts from a limit that passed unmet, and runs only after this instant; until then it is what would follow. */
  readonly deemedAt?: string;
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

/** Another term as it counts. */
export type ReckonedChange = TermChange & { readonly effect: 'changes' | 'tooLate' };

/** A floor under the end as it counts: the first day that is late enough. */
export type ReckonedFloor = {
  readonly event: string;
  readonly revision: number;
  readonly at: number;
  readonly term: Term;
  readonly source: string;
  readonly day: number;
  readonly effect: 'moves' | 'isMet' | 'tooLate';
};

/** The limit whose passing it is deemed to follow; `lapsedAt` is its last instant in time. */
export type ReckonedDeeming = {
  readonly after: DeadlineLedger;
  readonly countsFrom: 'anchor' | 'lapse';
  readonly lapsedOn: number;
  readonly lapsedAt: number;
};

/** How a due date came about: instants in milliseconds, days since 1970-01-01. */
export type Reckoning = {
  readonly unit: TermUnit;
  /** The event it counts from. */
  readonly anchor: DeadlineLedger['anchor'];
  readonly received: number;
  /** Set when the receipt counts as one of a later day. */
  readonly moved?: { readonly from: number; readonly to: number; readonly why: 'dayOff' | 'afterHours' };
  /** Set when it counts from a limit that passes unmet rather than from an event of its own. */
  readonly deemed?: ReckonedDeeming;
  /** Set when it is counted back: how the end came about that it is counted back from. */
  readonly back?: { readonly from: Reckoning };
  /** Where the count in force starts: the receipt, or the end of the last pause that made it start over. */
  readonly start: number;
  /** The day that is not counted. */
  readonly startDay: number;
  readonly fixed?: { readonly day: number; readonly at?: number };
  readonly budget: Budget;
  readonly pauses: readonly ReckonedPause[];
  readonly extensions: readonly ReckonedExtension[];
  readonly changes: readonly ReckonedChange[];
  readonly floors: readonly ReckonedFloor[];
  /** The last day before a floor moves it and it rolls. */
  readonly countedTo: number;
  /** The same to the minute, of a term in hours; of others the end. */
  readonly countedAt: number;
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
  const deemedAt = reckoning.deemed?.lapsedAt;
  return {
    dueOn: isoDate(reckoning.dueDay),
    dueAt: formatInstant(reckoning.dueAt),
    provisional: isProvisional(reckoning, calendar),
    held: reckoning.heldSince !== undefined,
    ...(reckoning.remaining === undefined ? {} : { remaining: reckoning.remaining }),
    ...(deemedAt === undefined ? {} : { deemedAt: formatInstant(deemedAt) }),
    warnings: warningsOf(reckoning, rule, calendar),
  };
}

/**
 * Whether it runs or ran by `now`: one that an event of its own has anchored does, one that is only deemed to follow
 * another does once that has passed unmet.
 */
export function hasBegun(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar, now: string): boolean {
  if (!isUnanchored(ledger)) return true;
  const since = beginsAt(ledger, rule, calendar);
  return since !== undefined && parseInstant(now) > parseInstant(since);
}

/** Its status at `now`, as an office says it: one that has begun without an event of its own runs. Undefined where it has not begun. */
export function statusAt(
  ledger: DeadlineLedger,
  rule: DeadlineRule,
  calendar: WorkingCalendar,
  now: string,
): Exclude<DeadlineStatus, 'awaited'> | undefined {
  if (!hasBegun(ledger, rule, calendar, now)) return undefined;
  if (ledger.status !== 'awaited') return ledger.status;
  const last = ledger.pauses.at(-1);
  return last !== undefined && last.to === undefined ? 'paused' : 'running';
}

/**
 * After which instant an unanchored one runs unless something happens first; for one that is over, ran. Undefined where
 * it is not to be expected, or where it was anchored by an event of its own.
 */
export function beginsAt(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar): string | undefined {
  if (!isUnanchored(ledger)) return undefined;
  const deemed = deemingOf(ledger, rule, calendar);
  return deemed === undefined ? undefined : formatInstant(deemed.reckoned.lapsedAt);
}

/** Whether a limit has passed at `now` without having been met, ended or held. */
export function isOverdue(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar, now: string): boolean {
  return passingOf(rule) === 'overdue' && hasPassed(ledger, rule, calendar, now);
}

/** Whether a window, or one counted back that refuses what is late, has passed at `now` unused. */
export function hasLapsed(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar, now: string): boolean {
  return passingOf(rule) === 'lapsed' && hasPassed(ledger, rule, calendar, now);
}

function hasPassed(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar, now: string): boolean {
  if (!isOpen(ledger) || !hasBegun(ledger, rule, calendar, now)) return false;
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
  if (rule.kind !== 'atLeast' || !isOpen(ledger) || !hasBegun(ledger, rule, calendar, now)) return false;
  const reckoning = reckon(ledger, rule, calendar);
  return reckoning.heldSince !== undefined || parseInstant(now) < allowedFrom(reckoning, calendar);
}

/** The first instant at which a floor allows acting: its day's beginning, or the minute where it is counted in hours. */
export function allowedFrom({ unit, dueDay, dueAt }: Reckoning, calendar: WorkingCalendar): number {
  return unit === 'workingHours' ? dueAt : calendar.clock.instantAt(dueDay, 0);
}

/** Whether it was met after its end; false while it has not been met, and of a floor. Completion known by date only is late from the day after. */
export function wasMetLate(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar): boolean {
  if (ledger.metAt === undefined || kindOf(rule) === 'atLeast') return false;
  if (isUnanchored(ledger) && beginsAt(ledger, rule, calendar) === undefined) return false;
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
  if (ledger.countsBack !== undefined) return reckonBack(ledger, ledger.countsBack, rule, calendar);
  const beginning = beginningOf(ledger, rule, calendar);
  const { unit, received } = beginning;
  // Written out, as what is returned: a ledger is reckoned for every row of a re-dated table.
  let count: Count = {
    unit,
    start: received,
    startDay: beginning.startDay,
    fixed: beginning.fixed,
    budget: beginning.budget,
    stops: NO_STOPS,
    floor: undefined,
  };
  let end = endOf(count, rule, calendar);
  const pauses: ReckonedPause[] = [];
  const extensions: ReckonedExtension[] = [];
  const changes: ReckonedChange[] = [];
  const floors: ReckonedFloor[] = [];
  let granted = NOTHING;
  let heldSince: number | undefined;

  for (const change of changesOf(ledger, received)) {
    const inTime = heldSince !== undefined || change.at <= end.dueAt;
    switch (change.kind) {
      case 'extension': {
        const { extension } = change;
        const used = extensions.filter(({ effect }) => effect === 'extends').length;
        const effect =
          extension.granted !== true && used >= (rule.extension?.max ?? 0)
            ? 'overLimit'
            : extension.granted === true || inTime
              ? 'extends'
              : 'tooLate';
        extensions.push({ ...extension, effect });
        if (effect !== 'extends') continue;
        granted = add(granted, extension.term);
        count = { ...count, budget: add(count.budget, extension.term) };
        break;
      }
      case 'term': {
        changes.push({ ...change.change, effect: inTime ? 'changes' : 'tooLate' });
        if (!inTime) continue;
        count = { ...count, fixed: undefined, budget: sum(add(NOTHING, change.change.term), granted) };
        break;
      }
      case 'floor': {
        const laid = floorUnder(change.floor, change.at, rule, calendar);
        const counts = inTime || change.floor.revision === ledger.anchor.revision;
        const effect = !counts ? 'tooLate' : reaches(count, end, laid) ? 'isMet' : 'moves';
        floors.push({ ...laid.shown, effect });
        if (!counts) continue;
        count = { ...count, floor: higher(count.floor, laid) };
        break;
      }
      case 'pause': {
        const { from, to } = change.pause;
        const amount = to === undefined ? 0 : paused(count, from, to, calendar);
        const over = startingOver(rule, count.fixed === undefined);
        const effect = !inTime ? 'tooLate' : over === undefined ? 'stopsClock' : 'startsOver';
        pauses.push({ from, ...(to === undefined ? {} : { to }), effect, amount });
        if (!inTime) continue;
        if (to === undefined) {
          heldSince = from;
          continue;
        }
        if (over === undefined) count = { ...count, stops: [...count.stops, { from, to }] };
        else
          count = {
            ...count,
            start: to,
            startDay: calendar.clock.dayAt(to),
            budget: budgetAfter(over, count),
            stops: [],
          };
        break;
      }
    }
    end = endOf(count, rule, calendar);
  }

  const over = startingOver(rule, count.fixed === undefined);
  const remaining =
    heldSince === undefined
      ? undefined
      : over === undefined
        ? leftAt(heldSince, count, end, calendar)
        : asTerm(budgetAfter(over, count), unit);
  const reckoning: { -readonly [Member in keyof Reckoning]: Reckoning[Member] } = {
    unit,
    anchor: beginning.anchor,
    received,
    start: count.start,
    startDay: count.startDay,
    budget: count.budget,
    pauses,
    extensions,
    changes,
    floors,
    countedTo: end.countedTo,
    countedAt: end.countedAt,
    endDay: end.endDay,
    dueDay: end.dueDay,
    dueAt: end.dueAt,
  };
  if (beginning.moved !== undefined) reckoning.moved = beginning.moved;
  if (beginning.deemed !== undefined) reckoning.deemed = beginning.deemed;
  if (count.fixed !== undefined) reckoning.fixed = count.fixed;
  if (heldSince !== undefined) reckoning.heldSince = heldSince;
  if (remaining !== undefined) reckoning.remaining = remaining;
  return reckoning;
}

/** Counted back from another deadline's end: that day is not counted, and what holds the other holds this one. */
function reckonBack(
  ledger: DeadlineLedger,
  other: DeadlineLedger,
  rule: DeadlineRule,
  calendar: WorkingCalendar,
): Reckoning {
  const from = reckon(other, linkedRule(ledger, rule), calendar);
  const { unit, amount } = ledger.term!;
  const received = parseInstant(ledger.anchor.at);
  let dueAt: number | undefined;
  let endDay = from.dueDay;
  if (unit === 'workingHours') {
    dueAt = calendar.subtractWorkingTime(from.dueAt, workingTime(amount));
    endDay = calendar.clock.dayAt(dueAt);
  } else if (unit === 'workingDays') endDay = calendar.workingDayBefore(from.dueDay, amount);
  else endDay = unit === 'months' ? addMonths(from.dueDay, -amount) : from.dueDay - amount;
  const rolls = dueAt === undefined && rule.endOnDayOff === 'rollsBack' && !calendar.isWorking(endDay);
  const dueDay = rolls ? calendar.workingDayBefore(endDay, 1) : endDay;
  return {
    unit,
    anchor: ledger.anchor,
    received,
    back: { from },
    start: received,
    startDay: calendar.clock.dayAt(received),
    budget: add(NOTHING, ledger.term),
    pauses: [],
    extensions: [],
    changes: [],
    floors: [],
    countedTo: endDay,
    countedAt: dueAt ?? calendar.endOf(dueDay),
    endDay,
    dueDay,
    dueAt: dueAt ?? calendar.endOf(dueDay),
    ...(from.heldSince === undefined ? {} : { heldSince: from.heldSince }),
  };
}

function linkedRule({ name }: DeadlineLedger, { linked }: DeadlineRule): DeadlineRule {
  if (linked === undefined) throw new Error(`the rule of deadline "${name}" is not linked to the one it depends on`);
  return linked;
}

/** From where, and how long, a ledger counts before anything stops or lengthens it. */
type Beginning = Pick<Reckoning, 'unit' | 'anchor' | 'received' | 'startDay' | 'budget'> & {
  readonly moved: Reckoning['moved'] | undefined;
  readonly deemed: ReckonedDeeming | undefined;
  readonly fixed: Count['fixed'];
};

function beginningOf(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar): Beginning {
  const deemed = deemingOf(ledger, rule, calendar);
  const { term, fixedDueAt } = deemed?.count ?? ledger;
  const unit = term?.unit ?? 'calendarDays';
  const fixed = fixedEnd(fixedDueAt, calendar);
  const budget = fixed === undefined ? add(NOTHING, term) : NOTHING;
  const anchor = deemed?.count.after.anchor ?? ledger.anchor;
  if (deemed?.reckoned.countsFrom === 'lapse') {
    const { lapsedAt: received, lapsedOn: startDay } = deemed.reckoned;
    return { unit, anchor, received, moved: undefined, deemed: deemed.reckoned, startDay, fixed, budget };
  }
  const received = parseInstant(anchor.at);
  const receipt = receiptDay(received, unit, rule, calendar);
  const { day: startDay, moved } = receipt;
  return { unit, anchor, received, moved, deemed: deemed?.reckoned, startDay, fixed, budget };
}

/**
 * What a ledger is deemed to follow: the first limit that passed unmet before it was met, replaced, or this one was
 * anchored or ended; of one that is still awaited also the limit that runs now, whose time has not come yet.
 */
function deemingOf(
  ledger: DeadlineLedger,
  rule: DeadlineRule,
  calendar: WorkingCalendar,
): { readonly count: DeemedCount; readonly reckoned: ReckonedDeeming } | undefined {
  const { deemed } = ledger;
  if (deemed === undefined) return undefined;
  const over = isUnanchored(ledger) ? (ledger.metAt ?? ledger.cancelledAt) : ledger.anchor.at;
  const limit = linkedRule(ledger, rule);
  const countsFrom = rule.deemed?.countsFrom ?? 'anchor';
  for (const [index, count] of deemed.entries()) {
    const { after } = count;
    const { dueDay, dueAt, heldSince } = reckon(after, limit, calendar);
    const ends = [after.metAt, after.cancelledAt, deemed[index + 1]?.after.anchor.at, over];
    const cameFirst = (end: string | undefined) =>
      end !== undefined && (isDate(end) ? epochDay(end) <= dueDay : parseInstant(end) <= dueAt);
    if (heldSince === undefined && !ends.some(cameFirst)) {
      return { count, reckoned: { after, countsFrom, lapsedOn: dueDay, lapsedAt: dueAt } };
    }
  }
  return undefined;
}

const NO_STOPS: Count['stops'] = [];

const NOTHING: Budget = { months: 0, calendarDays: 0, workingDays: 0, workingTime: 0 };

/** One count from one start; `stops` are the pauses within it that ended. */
type Count = {
  readonly unit: TermUnit;
  readonly start: number;
  readonly startDay: number;
  readonly fixed: { readonly day: number; readonly at?: number } | undefined;
  readonly budget: Budget;
  readonly stops: readonly { readonly from: number; readonly to: number }[];
  /** The end is never before this. */
  readonly floor: Floor | undefined;
};

/** The first day, and for terms in hours the instant, that is late enough. */
type Floor = { readonly day: number; readonly at: number };

type End = {
  readonly countedTo: number;
  readonly countedAt: number;
  readonly endDay: number;
  readonly dueDay: number;
  readonly dueAt: number;
};

type Change =
  | { readonly kind: 'extension'; readonly at: number; readonly extension: DeadlineExtension }
  | { readonly kind: 'term'; readonly at: number; readonly change: TermChange }
  | { readonly kind: 'floor'; readonly at: number; readonly floor: FloorEvent }
  | {
      readonly kind: 'pause';
      readonly at: number;
      readonly pause: { readonly from: number; readonly to: number | undefined };
    };

/** What happened to the count, in the order in which it happened, which with late entries is not the one it was recorded in. */
function changesOf(
  { extensions, changes = [], floors = [], pauses }: DeadlineLedger,
  since: number,
): readonly Change[] {
  const all: Change[] = [];
  if (extensions.length + changes.length + floors.length + pauses.length === 0) return all;
  for (const floor of floors) all.push({ kind: 'floor', at: parseInstant(floor.at), floor });
  for (const extension of extensions) all.push({ kind: 'extension', at: parseInstant(extension.at), extension });
  for (const change of changes) all.push({ kind: 'term', at: parseInstant(change.at), change });
  for (const pause of pauses) {
    // What one is deemed to follow may have been anchored after pauses noted before.
    if (pause.to !== undefined && pause.from < pause.to && parseInstant(pause.to) <= since) continue;
    const from = Math.max(since, parseInstant(pause.from));
    const to = pause.to === undefined ? undefined : Math.max(from, parseInstant(pause.to));
    all.push({ kind: 'pause', at: from, pause: { from, to } });
  }
  return all.length === 1 ? all : all.sort((a, b) => a.at - b.at);
}

function floorUnder(
  { floor, event, revision }: FloorEvent,
  at: number,
  rule: DeadlineRule,
  calendar: WorkingCalendar,
): Floor & { readonly shown: Omit<ReckonedFloor, 'effect'> } {
  const { atLeast: term, source } = rule.notBefore![floor]!;
  const { unit } = term;
  const startDay = receiptDay(at, unit, rule, calendar).day;
  const count: Count = {
    unit,
    start: at,
    startDay,
    fixed: undefined,
    budget: add(NOTHING, term),
    stops: [],
    floor: undefined,
  };
  const { dueDay: day, dueAt } = endOf(count, { ...rule, endOnDayOff: 'stays' }, calendar);
  const from = unit === 'workingHours' ? dueAt : calendar.clock.instantAt(day, 0);
  return { day, at: from, shown: { event, revision, at, term, source, day } };
}

function reaches({ unit }: Count, end: End, floor: Floor): boolean {
  return unit === 'workingHours' ? end.dueAt >= floor.at : end.endDay >= floor.day;
}

function higher(one: Floor | undefined, other: Floor): Floor {
  return one === undefined || other.at > one.at ? { day: other.day, at: other.at } : one;
}

function budgetAfter(over: 'reset' | { readonly restart: Term }, { budget }: Count): Budget {
  return typeof over === 'object' ? add(NOTHING, over.restart) : budget;
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

function endInHours({ start, fixed, budget, stops, floor }: Count, calendar: WorkingCalendar): End {
  let dueAt = fixed === undefined ? start : (fixed.at ?? calendar.endOf(fixed.day));
  dueAt = calendar.addWorkingTime(dueAt, budget.workingTime);
  for (const { from, to } of stops) {
    const left = calendar.workingTimeBetween(from, dueAt);
    dueAt = left > 0 ? calendar.addWorkingTime(to, left) : Math.max(to, dueAt);
  }
  const countedTo = calendar.clock.dayAt(dueAt);
  const countedAt = dueAt;
  if (floor !== undefined) dueAt = Math.max(dueAt, floor.at);
  const dueDay = calendar.clock.dayAt(dueAt);
  return { countedTo, countedAt, endDay: dueDay, dueDay, dueAt };
}

function endInDays(count: Count, rule: DeadlineRule, calendar: WorkingCalendar): End {
  const { unit, startDay, fixed, budget, stops, floor } = count;
  let countedTo = fixed?.day ?? startDay;
  if (budget.months > 0) countedTo = addMonths(countedTo, budget.months);
  countedTo += budget.calendarDays;
  if (budget.workingDays > 0 || (unit === 'workingDays' && fixed === undefined && budget.calendarDays === 0)) {
    countedTo = calendar.workingDayAfter(countedTo, budget.workingDays);
  }
  for (const { from, to } of stops) countedTo = resumedEnd(count, countedTo, from, to, calendar);
  const endDay = floor === undefined ? countedTo : Math.max(countedTo, floor.day);

  const time = fixed?.at === undefined ? undefined : calendar.clock.timeAt(fixed.at);
  const rolls = rule.endOnDayOff === 'rollsForward' && time === undefined && !calendar.isWorking(endDay);
  const dueDay = rolls ? calendar.workingDayAfter(endDay, 1) : endDay;
  let dueAt = time === undefined ? calendar.endOf(dueDay) : calendar.clock.instantAt(dueDay, time);
  if (fixed?.at !== undefined && dueDay === fixed.day) dueAt = fixed.at;
  return { countedTo, countedAt: dueAt, endDay, dueDay, dueAt };
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

function sum(one: Budget, other: Budget): Budget {
  return {
    months: one.months + other.months,
    calendarDays: one.calendarDays + other.calendarDays,
    workingDays: one.workingDays + other.workingDays,
    workingTime: one.workingTime + other.workingTime,
  };
}

function asTerm(budget: Budget, unit: TermUnit): Term {
  return { unit, amount: unit === 'workingHours' ? budget.workingTime / MS_PER_HOUR : budget[unit] };
}

function isProvisional({ startDay, fixed, dueDay, back, deemed }: Reckoning, calendar: WorkingCalendar): boolean {
  if (back !== undefined) return isProvisional(back.from, calendar) || !calendar.isPublished(dueDay, back.from.dueDay);
  if (deemed !== undefined && !calendar.isPublished(startDay, deemed.lapsedOn)) return true;
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
