import type { NoticeReference } from './calendar-notice.js';
import { type DeadlineKind, type DeadlineRule, kindOf } from './deadline.js';
import type { DeadlineLedger } from './deadline-ledger.js';
import {
  allowedFrom,
  type Due,
  dueOf,
  type ReckonedChange,
  type ReckonedExtension,
  type ReckonedFloor,
  type ReckonedPause,
  type Reckoning,
  reckon,
} from './due-date.js';
import { addMonths, formatInstant, isoDate, MS_PER_HOUR, parseInstant } from './office-time.js';
import type { Term, TermUnit } from './term.js';
import type { Title } from './title.js';
import type { CalendarDay, WorkingCalendar } from './working-calendar.js';

/** One line of the calculation. Dates are the office's, instants ISO 8601 in UTC. */
export type ExplanationStep =
  /** The event it counts from; its day is not counted. */
  | {
      readonly kind: 'anchor';
      readonly on: string;
      readonly at: string;
      readonly event: string;
      readonly revision: number;
    }
  /** The receipt counts as one of a later day, by the rule's own policy. */
  | {
      readonly kind: 'moved';
      readonly from: string;
      readonly to: string;
      readonly why: 'dayOff' | 'afterHours';
      readonly day: CalendarDay;
    }
  /** It counts because a limit passed unmet: from that one's anchor, or from where it passed. `at` is its last instant in time. */
  | {
      readonly kind: 'deemed';
      readonly after: string;
      readonly title: Title;
      readonly source: string;
      readonly countsFrom: 'anchor' | 'lapse';
      readonly on: string;
      readonly at: string;
    }
  /** Counted back from the end of another deadline; that day is not counted. */
  | {
      readonly kind: 'countedBack';
      readonly before: string;
      readonly title: Title;
      readonly on: string;
      readonly at: string;
    }
  /** The anchoring event names the end itself. */
  | { readonly kind: 'fixed'; readonly on: string; readonly at?: string }
  /** The count starts over after a pause, with this term. */
  | { readonly kind: 'startsOver'; readonly on: string; readonly at: string; readonly term: Term }
  | { readonly kind: 'months'; readonly amount: number; readonly from: string; readonly to: string }
  | { readonly kind: 'counted'; readonly on: string; readonly number: number; readonly day: CalendarDay }
  /** Working time counted on one day: `hours` in all by its end. */
  | { readonly kind: 'hours'; readonly on: string; readonly from: string; readonly to: string; readonly hours: number }
  /** A day not counted because it is not worked. */
  | { readonly kind: 'off'; readonly on: string; readonly day: CalendarDay }
  /** A day not counted because the clock stood still. */
  | { readonly kind: 'pausedDay'; readonly on: string; readonly day: CalendarDay }
  | {
      readonly kind: 'pause';
      readonly from: string;
      readonly to?: string;
      readonly amount: Term;
      readonly effect: ReckonedPause['effect'];
    }
  | {
      readonly kind: 'extension';
      readonly at: string;
      readonly term: Term;
      readonly reason?: string;
      readonly effect: ReckonedExtension['effect'];
    }
  /** It was given another term from the same start. */
  | {
      readonly kind: 'termChanged';
      readonly at: string;
      readonly term: Term;
      readonly reason?: string;
      readonly effect: ReckonedChange['effect'];
    }
  /** An event before which the end may not come so soon after; `to` is the first day late enough. */
  | {
      readonly kind: 'floor';
      readonly at: string;
      readonly event: string;
      readonly revision: number;
      readonly term: Term;
      readonly source: string;
      readonly to: string;
      readonly effect: ReckonedFloor['effect'];
    }
  /** The end moves as a whole: by paused time, because a term of no days begins on a day off, or up to a floor. */
  | { readonly kind: 'shifted'; readonly from: string; readonly to: string; readonly why: 'pause' | 'dayOff' | 'floor' }
  /** The end falls on a day off and rolls to the next working day, or counted back to the one before, by the rule's own policy. */
  | { readonly kind: 'rolled'; readonly from: string; readonly to: string; readonly day: CalendarDay }
  | {
      readonly kind: 'due';
      readonly on: string;
      readonly at: string;
      /** Of a floor: from when on it is allowed. */
      readonly allowedFrom?: string;
      readonly provisional: boolean;
      readonly held: boolean;
      readonly remaining?: Term;
    };

/** Why a deadline is due when it is: every day and what it counted for, with the notices that decided it. */
export type Explanation = {
  readonly deadline: string;
  readonly title: Title;
  readonly kind: DeadlineKind;
  /** The deadline it is counted back from. */
  readonly before?: { readonly deadline: string; readonly title: Title };
  readonly limit: NonNullable<DeadlineRule['limit']>;
  readonly source: string;
  readonly generation: number;
  readonly term?: Term;
  readonly calendar: {
    readonly id: string;
    readonly title: Title;
    readonly timeZone: string;
    readonly horizon?: string;
  };
  readonly steps: readonly ExplanationStep[];
  /** The notices that the steps cite, in their order. */
  readonly notices: readonly NoticeReference[];
  readonly due: Due;
};

/** The calculation behind {@link dueOf}, laid open. The last counted day, roll or shift is the due date. Expects a deadline that has begun. */
export function explainDeadline(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar): Explanation {
  const reckoning = reckon(ledger, rule, calendar);
  const due = dueOf(ledger, rule, calendar);
  const steps = new ExplanationWalk(rule, reckoning, calendar).steps(due);
  const term = reckoning.deemed === undefined ? ledger.term : termDeemed(ledger, reckoning.deemed.after);
  const notices = new Map<string, NoticeReference>();
  for (const step of steps) {
    const notice = 'day' in step ? step.day.notice : undefined;
    if (notice !== undefined) notices.set(notice.id, notice);
  }
  return {
    deadline: ledger.name,
    title: rule.title,
    kind: kindOf(rule),
    ...(rule.before === undefined ? {} : { before: { deadline: rule.before, title: rule.linked!.title } }),
    limit: rule.limit ?? 'statutory',
    source: rule.source,
    generation: ledger.generation,
    ...(term === undefined ? {} : { term }),
    calendar: {
      id: calendar.id,
      title: calendar.title,
      timeZone: calendar.timeZone,
      ...(calendar.horizon === undefined ? {} : { horizon: calendar.horizon }),
    },
    steps,
    notices: [...notices.values()],
    due,
  };
}

/** The term of the count that holds where a limit passed unmet. */
function termDeemed({ deemed }: DeadlineLedger, after: DeadlineLedger): Term | undefined {
  return deemed?.find((count) => count.after === after)?.term;
}

/** Pauses, extensions and other changes waiting for the day after which they are told. */
type Change = { readonly day: number; readonly step: ExplanationStep };

class ExplanationWalk {
  readonly #told: ExplanationStep[] = [];
  readonly #changes: Change[];

  constructor(
    readonly rule: DeadlineRule,
    readonly reckoning: Reckoning,
    readonly calendar: WorkingCalendar,
  ) {
    this.#changes = [
      ...reckoning.pauses.map((pause) => ({ day: calendar.clock.dayAt(pause.from), step: this.#pauseStep(pause) })),
      ...reckoning.extensions.map((extension) => ({
        day: calendar.clock.dayAt(parseInstant(extension.at)),
        step: extensionStep(extension),
      })),
      ...reckoning.changes.map((change) => ({
        day: calendar.clock.dayAt(parseInstant(change.at)),
        step: changeStep(change),
      })),
      ...reckoning.floors.map((floor) => ({ day: calendar.clock.dayAt(floor.at), step: floorStep(floor) })),
    ].sort((a, b) => a.day - b.day);
  }

  steps(due: Due): readonly ExplanationStep[] {
    const { reckoning, calendar, rule } = this;
    const { anchor, received, moved, start, startDay, fixed, countedTo, endDay, dueDay, back } = reckoning;
    const anchored = parseInstant(anchor.at);
    this.#told.push({
      kind: 'anchor',
      on: this.#dateOf(anchored),
      at: formatInstant(anchored),
      event: anchor.event,
      revision: anchor.revision,
    });
    this.#tellDeeming();
    if (back !== undefined) this.#countBack(back.from);
    if (start !== received) {
      this.#tellChangesBefore(calendar.clock.dayAt(start));
      const term = { unit: reckoning.unit, amount: this.#amount() };
      this.#told.push({ kind: 'startsOver', on: this.#dateOf(start), at: formatInstant(start), term });
    } else if (moved !== undefined && fixed === undefined) {
      const [from, to] = [isoDate(moved.from), isoDate(moved.to)];
      this.#told.push({ kind: 'moved', from, to, why: moved.why, day: calendar.describe(moved.from) });
    }
    if (fixed !== undefined) {
      const at = fixed.at === undefined ? {} : { at: formatInstant(fixed.at) };
      this.#told.push({ kind: 'fixed', on: isoDate(fixed.day), ...at });
    }

    if (back === undefined) {
      if (reckoning.unit === 'workingHours') this.#countHours();
      else this.#countBudget(fixed?.day ?? startDay);
    }

    this.#tellChangesBefore(Number.POSITIVE_INFINITY);
    if (back === undefined && (endDay !== countedTo || reckoning.countedAt < reckoning.dueAt)) {
      const [from, to] = [isoDate(countedTo), isoDate(endDay)];
      if (this.#isFloored()) this.#told.push({ kind: 'shifted', from, to, why: 'floor' });
    }
    if (dueDay !== endDay) {
      this.#told.push({ kind: 'rolled', from: isoDate(endDay), to: isoDate(dueDay), day: calendar.describe(endDay) });
    }
    this.#told.push({
      kind: 'due',
      on: due.dueOn,
      at: due.dueAt,
      ...(kindOf(rule) === 'atLeast' ? { allowedFrom: formatInstant(allowedFrom(reckoning, calendar)) } : {}),
      provisional: due.provisional,
      held: due.held,
      ...(due.remaining === undefined ? {} : { remaining: due.remaining }),
    });
    return this.#told;
  }

  #countBudget(from: number): void {
    const { budget, countedTo, fixed, unit } = this.reckoning;
    let at = from;
    if (budget.months > 0) {
      at = addMonths(from, budget.months);
      this.#told.push({ kind: 'months', amount: budget.months, from: isoDate(from), to: isoDate(at) });
    }
    const alone = fixed === undefined && unit !== 'months' && budget.months === 0;
    const daysOnly = alone && (unit === 'workingDays' ? budget.calendarDays === 0 : budget.workingDays === 0);
    if (daysOnly) {
      at = this.#countDays(at, unit, this.#amount(), true);
    } else {
      if (budget.calendarDays > 0) at = this.#countDays(at, 'calendarDays', budget.calendarDays, false);
      if (budget.workingDays > 0) at = this.#countDays(at, 'workingDays', budget.workingDays, false);
    }
    if (at !== countedTo) {
      this.#tellChangesBefore(Number.POSITIVE_INFINITY);
      const why = this.#stops().length > 0 ? 'pause' : 'dayOff';
      this.#told.push({ kind: 'shifted', from: isoDate(at), to: isoDate(countedTo), why });
    }
  }

  #tellDeeming(): void {
    const { deemed } = this.reckoning;
    if (deemed === undefined) return;
    const { title, source } = this.rule.linked!;
    this.#told.push({
      kind: 'deemed',
      after: deemed.after.name,
      title,
      source,
      countsFrom: deemed.countsFrom,
      on: isoDate(deemed.lapsedOn),
      at: formatInstant(deemed.lapsedAt),
    });
  }

  /** Tells the days from the other deadline's end back to this one's. */
  #countBack(from: Reckoning): void {
    const { unit, budget, endDay, dueAt } = this.reckoning;
    const [on, at] = [isoDate(from.dueDay), formatInstant(from.dueAt)];
    this.#told.push({ kind: 'countedBack', before: this.rule.before!, title: this.rule.linked!.title, on, at });
    if (unit === 'workingHours') {
      this.#countHoursBack(from.dueAt, dueAt);
      return;
    }
    if (unit === 'months') {
      this.#told.push({ kind: 'months', amount: -budget.months, from: on, to: isoDate(endDay) });
      return;
    }
    let number = 0;
    for (let day = from.dueDay - 1; day >= endDay; day--) {
      const what = this.calendar.describe(day);
      if (unit === 'workingDays' && !this.calendar.isWorking(day)) {
        this.#told.push({ kind: 'off', on: isoDate(day), day: what });
      } else this.#told.push({ kind: 'counted', on: isoDate(day), number: ++number, day: what });
    }
  }

  #countHoursBack(from: number, to: number): void {
    const { clock } = this.calendar;
    let counted = 0;
    for (let day = clock.dayAt(from); day >= clock.dayAt(to); day--) {
      if (!this.calendar.isWorking(day)) {
        this.#told.push({ kind: 'off', on: isoDate(day), day: this.calendar.describe(day) });
      }
      for (const { opens, closes } of [...this.calendar.opening(day)].reverse()) {
        const since = Math.max(to, clock.instantAt(day, opens));
        const until = Math.min(from, clock.instantAt(day, closes));
        if (until <= since) continue;
        counted += until - since;
        const [start, end] = [formatInstant(since), formatInstant(until)];
        this.#told.push({ kind: 'hours', on: isoDate(day), from: start, to: end, hours: counted / MS_PER_HOUR });
      }
    }
  }

  /** Whether an event laid a floor under the end that counts. */
  #isFloored(): boolean {
    return this.reckoning.floors.some(({ effect }) => effect !== 'tooLate');
  }

  /** Tells every day after `from` until `amount` are counted, through the end where pauses lie among them; gives the last one counted. */
  #countDays(from: number, unit: TermUnit, amount: number, withPauses: boolean): number {
    const stops = withPauses ? this.#stops() : [];
    let last = from;
    let number = 0;
    for (let day = from + 1; withPauses ? day <= this.reckoning.countedTo : number < amount; day++) {
      this.#tellChangesBefore(day);
      const on = isoDate(day);
      const what = this.calendar.describe(day);
      if (stops.some((stop) => day > stop.from && day <= stop.to)) {
        this.#told.push({ kind: 'pausedDay', on, day: what });
      } else if (unit === 'workingDays' && !this.calendar.isWorking(day)) {
        this.#told.push({ kind: 'off', on, day: what });
      } else if (number < amount) {
        number++;
        last = day;
        this.#told.push({ kind: 'counted', on, number, day: what });
      }
    }
    return last;
  }

  #countHours(): void {
    const { start, countedAt: dueAt, fixed, pauses } = this.reckoning;
    const { clock } = this.calendar;
    const since = fixed === undefined ? start : Math.min(dueAt, fixed.at ?? this.calendar.endOf(fixed.day));
    let counted = 0;
    for (let day = clock.dayAt(since); day <= clock.dayAt(dueAt); day++) {
      this.#tellChangesBefore(day);
      if (!this.calendar.isWorking(day)) {
        this.#told.push({ kind: 'off', on: isoDate(day), day: this.calendar.describe(day) });
      }
      for (const { opens, closes } of this.calendar.opening(day)) {
        let from = Math.max(since, clock.instantAt(day, opens));
        const until = Math.min(dueAt, clock.instantAt(day, closes));
        for (const pause of [...pauses, undefined]) {
          if (pause !== undefined && pause.effect !== 'stopsClock') continue;
          const to = pause === undefined ? until : Math.min(until, pause.from);
          if (to > from) {
            counted += to - from;
            const [start, end] = [formatInstant(from), formatInstant(to)];
            this.#told.push({ kind: 'hours', on: isoDate(day), from: start, to: end, hours: counted / MS_PER_HOUR });
          }
          if (pause?.to !== undefined) from = Math.max(from, pause.to);
        }
      }
    }
  }

  /** The pauses inside the count in force, as the days after `from` up to and including `to`. */
  #stops(): readonly { readonly from: number; readonly to: number }[] {
    const { pauses, start, startDay } = this.reckoning;
    const day = (ms: number) => Math.max(startDay, this.calendar.clock.dayAt(ms));
    return pauses.flatMap(({ from, to, effect }) =>
      effect === 'stopsClock' && from >= start && to !== undefined ? [{ from: day(from), to: day(to) }] : [],
    );
  }

  #tellChangesBefore(day: number): void {
    while (this.#changes.length > 0 && this.#changes[0]!.day < day) this.#told.push(this.#changes.shift()!.step);
  }

  #amount(): number {
    const { budget, unit } = this.reckoning;
    return unit === 'workingHours' ? budget.workingTime / MS_PER_HOUR : budget[unit];
  }

  #pauseStep({ from, to, amount, effect }: ReckonedPause): ExplanationStep {
    const { unit } = this.reckoning;
    return {
      kind: 'pause',
      from: formatInstant(from),
      ...(to === undefined ? {} : { to: formatInstant(to) }),
      amount:
        unit === 'workingHours'
          ? { unit, amount: amount / MS_PER_HOUR }
          : { unit: unit === 'months' ? 'calendarDays' : unit, amount },
      effect,
    };
  }

  #dateOf(ms: number): string {
    return isoDate(this.calendar.clock.dayAt(ms));
  }
}

function changeStep({ at, term, reason, effect }: ReckonedChange): ExplanationStep {
  return {
    kind: 'termChanged',
    at: formatInstant(parseInstant(at)),
    term,
    ...(reason === undefined ? {} : { reason }),
    effect,
  };
}

function floorStep({ at, event, revision, term, source, day, effect }: ReckonedFloor): ExplanationStep {
  return { kind: 'floor', at: formatInstant(at), event, revision, term, source, to: isoDate(day), effect };
}

function extensionStep({ at, term, reason, effect }: ReckonedExtension): ExplanationStep {
  return {
    kind: 'extension',
    at: formatInstant(parseInstant(at)),
    term,
    ...(reason === undefined ? {} : { reason }),
    effect,
  };
}
