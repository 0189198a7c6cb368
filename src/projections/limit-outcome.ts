import type { DeadlineRule } from '../domain/deadline.js';
import { passingOf } from '../domain/deadline.js';
import { type DeadlineLedger, isOpen } from '../domain/deadline-ledger.js';
import type { Due } from '../domain/due-date.js';
import { epochDay, formatInstant, isDate, parseInstant } from '../domain/office-time.js';
import type { WorkingCalendar } from '../domain/working-calendar.js';

/**
 * When a deadline was met, cancelled or ended with its case, or was begun anew; null while it is open. Completion known
 * by date only counts as the beginning of that day at the office, so that a period from date to date has it.
 *
 * @param dropped when the case ended, or another anchor came, while it was open
 */
export function overAt(ledger: DeadlineLedger, dropped: string | null, calendar: WorkingCalendar): string | null {
  if (isOpen(ledger)) return dropped;
  const { metAt, cancelledAt } = ledger;
  if (metAt === undefined) return cancelledAt ?? null;
  const at = isDate(metAt) ? calendar.clock.instantAt(epochDay(metAt), 0) : parseInstant(metAt);
  return formatInstant(at);
}

/**
 * The last instant before a limit passed unmet, or will pass as things stand: null for one that was met in time or
 * dropped before, that a pause holds, and for floors and windows. That it has passed is asked by comparing with the
 * instant in question.
 */
export function passedAt(
  rule: DeadlineRule,
  ledger: DeadlineLedger,
  due: Due,
  row: { readonly late: boolean; readonly overAt: string | null; readonly deemedAt: string | null },
): string | null {
  if (passingOf(rule) !== 'overdue') return null;
  const { late, deemedAt, overAt: over } = row;
  const at = deemedAt !== null && deemedAt > due.dueAt ? deemedAt : due.dueAt;
  if (ledger.status === 'met') return late ? at : null;
  if (due.held) return null;
  return over === null || over > at ? at : null;
}
