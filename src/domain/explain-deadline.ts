import type { NoticeReference } from './calendar-notice.js';
import type { DeadlineRule } from './deadline.js';
import type { DeadlineLedger } from './deadline-ledger.js';
import { type Due, dueOf, type ReckonedExtension, type ReckonedPause, type Reckoning, reckon } from './due-date.js';
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
  /** The end moves as a whole: by paused time, or because a term of no days begins on a day off. */
  | { readonly kind: 'shifted'; readonly from: string; readonly to: string; readonly why: 'pause' | 'dayOff' }
  /** The end falls on a day off and rolls to the next working day, by the rule's own policy. */
  | { readonly kind: 'rolled'; readonly from: string; readonly to: string; readonly day: CalendarDay }
  | {
      readonly kind: 'due';
      readonly on: string;
      readonly at: string;
      readonly provisional: boolean;
      readonly held: boolean;
      readonly remaining?: Term;
    };

/** Why a deadline is due when it is: every day and what it counted for, with the notices that decided it. */
export type Explanation = {
  readonly deadline: string;
  readonly title: Title;
  readonly kind: NonNullable<DeadlineRule['kind']>;
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

/** The calculation behind {@link dueOf}, laid open. The last counted day, roll or shift is the due date. */
export function explainDeadline(ledger: DeadlineLedger, rule: DeadlineRule, calendar: WorkingCalendar): Explanation {
  const reckoning = reckon(ledger, rule, calendar);
  const due = dueOf(ledger, rule, calendar);
  const steps = new ExplanationWalk(ledger, reckoning, calendar).steps(due);
  const notices = new Map<string, NoticeReference>();
  for (const step of steps) {
    const notice = 'day' in step ? step.day.notice : undefined;
    if (notice !== undefined) notices.set(notice.id, notice);
  }
  return {
    deadline: ledger.name,
    title: rule.title,
    kind: rule.kind ?? 'atMost',
    limit: rule.limit ?? 'statutory',
    source: rule.source,
    generation: ledger.generation,
    ...(ledger.term === undefined ? {} : { term: ledger.term }),
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

/** Pauses and extensions waiting for the day after which they are told. */
type Change = { readonly day: number; readonly step: ExplanationStep };

class ExplanationWalk {
  readonly #told: ExplanationStep[] = [];
  readonly #changes: Change[];

  constructor(
    readonly ledger: DeadlineLedger,
    readonly reckoning: Reckoning,
    readonly calendar: WorkingCalendar,
  ) {
    this.#changes = [
      ...reckoning.pauses.map((pause) => ({ day: calendar.clock.dayAt(pause.from), step: this.#pauseStep(pause) })),
      ...reckoning.extensions.map((extension) => ({
        day: calendar.clock.dayAt(parseInstant(extension.at)),
        step: extensionStep(extension),
      })),
    ].sort((a, b) => a.day - b.day);
  }

  steps(due: Due): readonly ExplanationStep[] {
    const { reckoning, calendar, ledger } = this;
    const { received, moved, start, startDay, fixed, endDay, dueDay } = reckoning;
    this.#told.push({
      kind: 'anchor',
      on: this.#dateOf(received),
      at: formatInstant(received),
      event: ledger.anchor.event,
      revision: ledger.anchor.revision,
    });
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

    if (reckoning.unit === 'workingHours') this.#countHours();
    else this.#countBudget(fixed?.day ?? startDay);

    this.#tellChangesBefore(Number.POSITIVE_INFINITY);
    if (dueDay !== endDay) {
      this.#told.push({ kind: 'rolled', from: isoDate(endDay), to: isoDate(dueDay), day: calendar.describe(endDay) });
    }
    this.#told.push({
      kind: 'due',
      on: due.dueOn,
      at: due.dueAt,
      provisional: due.provisional,
      held: due.held,
      ...(due.remaining === undefined ? {} : { remaining: due.remaining }),
    });
    return this.#told;
  }

  #countBudget(from: number): void {
    const { budget, endDay, fixed, unit } = this.reckoning;
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
    if (at !== endDay) {
      this.#tellChangesBefore(Number.POSITIVE_INFINITY);
      const why = this.#stops().length > 0 ? 'pause' : 'dayOff';
      this.#told.push({ kind: 'shifted', from: isoDate(at), to: isoDate(endDay), why });
    }
  }

  /** Tells every day after `from` until `amount` are counted, through the end where pauses lie among them; gives the last one counted. */
  #countDays(from: number, unit: TermUnit, amount: number, withPauses: boolean): number {
    const stops = withPauses ? this.#stops() : [];
    let last = from;
    let number = 0;
    for (let day = from + 1; withPauses ? day <= this.reckoning.endDay : number < amount; day++) {
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
    const { start, dueAt, fixed, pauses } = this.reckoning;
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

function extensionStep({ at, term, reason, effect }: ReckonedExtension): ExplanationStep {
  return {
    kind: 'extension',
    at: formatInstant(parseInstant(at)),
    term,
    ...(reason === undefined ? {} : { reason }),
    effect,
  };
}
