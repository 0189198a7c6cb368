import { CaseError } from './case-error.js';
import { MS_PER_HOUR, MS_PER_MINUTE } from './office-time.js';

export type TermUnit = 'workingDays' | 'workingHours' | 'calendarDays' | 'months';

/** A length of time in the unit the law counts it in. Plain data: stored in ledgers and compared field by field. */
export type Term = { readonly unit: TermUnit; readonly amount: number };

export const TERM_UNITS = [
  'workingDays',
  'workingHours',
  'calendarDays',
  'months',
] as const satisfies readonly TermUnit[];

/** The longest term of each unit, about a hundred years of months or days; longer is a slip of the pen. */
const MOST: Readonly<Record<TermUnit, number>> = {
  workingDays: 25_000,
  workingHours: 25_000,
  calendarDays: 36_525,
  months: 1_200,
};

/**
 * So many days the office works (工作日). Zero is the same day (即办).
 *
 * @throws CaseError `TERM_INVALID` unless `amount` is a whole number from 0
 */
export function workingDays(amount: number): Term {
  return valid({ unit: 'workingDays', amount });
}

/**
 * So many hours of opening time.
 *
 * @throws CaseError `TERM_INVALID` unless `amount` comes to whole minutes, from 0
 */
export function workingHours(amount: number): Term {
  return valid({ unit: 'workingHours', amount });
}

/**
 * So many days, worked or not (日, 自然日).
 *
 * @throws CaseError `TERM_INVALID` unless `amount` is a whole number from 0
 */
export function calendarDays(amount: number): Term {
  return valid({ unit: 'calendarDays', amount });
}

/**
 * So many months: the day of the same number, or the month's last where there is none (Civil Code of the PRC, art. 202).
 *
 * @throws CaseError `TERM_INVALID` unless `amount` is a whole number from 0
 */
export function months(amount: number): Term {
  return valid({ unit: 'months', amount });
}

/** What is wrong with something that should be a term, in one sentence; undefined when nothing is. */
export function termProblem(term: unknown): string | undefined {
  if (typeof term !== 'object' || term === null) return 'a term is { unit, amount }';
  const { unit, amount } = term as Partial<Term>;
  if (unit === undefined || !TERM_UNITS.includes(unit)) {
    return `a term is counted in ${TERM_UNITS.join(', ')}, not in "${String(unit)}"`;
  }
  if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0 || amount > MOST[unit]) {
    return `a term of ${unit} is a number from 0 to ${MOST[unit]}, not ${String(amount)}`;
  }
  const parts = unit === 'workingHours' ? (amount * MS_PER_HOUR) / MS_PER_MINUTE : amount;
  if (Math.abs(parts - Math.round(parts)) > 1e-6) {
    return `a term of ${unit} is a whole number of ${unit === 'workingHours' ? 'minutes' : unit}, not ${amount}`;
  }
  return undefined;
}

/** Milliseconds of working time in a term of working hours, to the minute. */
export function workingTime(hours: number): number {
  return Math.round((hours * MS_PER_HOUR) / MS_PER_MINUTE) * MS_PER_MINUTE;
}

/** Whether two terms can be counted one after the other. Hours and days cannot: where in its hours a day would begin is nobody's rule. */
export function addUp(one: TermUnit, other: TermUnit): boolean {
  return (one === 'workingHours') === (other === 'workingHours');
}

function valid(term: Term): Term {
  const problem = termProblem(term);
  if (problem !== undefined) throw new CaseError({ code: 'TERM_INVALID', detail: problem });
  return term;
}
