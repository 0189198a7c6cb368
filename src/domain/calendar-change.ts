import { noticeDays } from './calendar-notice.js';
import { epochDay } from './office-time.js';
import type { WorkingCalendar } from './working-calendar.js';

/** A run of days, both ends included, since 1970-01-01. */
export type DaySpan = { readonly from: number; readonly to: number };

/**
 * The span that holds every day which one state of a calendar sees otherwise than another: worked or not, or published
 * or not. Undefined where they agree; a date that depends on no day of the span is the same under both.
 */
export function changedSpan(before: WorkingCalendar, after: WorkingCalendar): DaySpan | undefined {
  if (before === after) return undefined;
  const [earlier, later] = [new Set(before.notices.map(({ id }) => id)), new Set(after.notices.map(({ id }) => id))];
  const differing = [
    ...after.notices.filter(({ id }) => !earlier.has(id)),
    ...before.notices.filter(({ id }) => !later.has(id)),
  ];
  let span: DaySpan | undefined;
  const include = (from: number, to: number): void => {
    span = span === undefined ? { from, to } : { from: Math.min(span.from, from), to: Math.max(span.to, to) };
  };
  for (const notice of differing) {
    for (const { day } of noticeDays(notice)) {
      if (before.isWorking(day) !== after.isWorking(day)) include(day, day);
    }
    const [first, last] = [epochDay(`${notice.year}-01-01`), epochDay(`${notice.year}-12-31`)];
    if (before.isPublished(first, last) !== after.isPublished(first, last)) include(first, last);
  }
  return span;
}
