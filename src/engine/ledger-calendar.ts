import { calendarStream, recordedNotice, withRecordedNotices } from '../domain/calendar-history.js';
import type { CalendarNotice } from '../domain/calendar-notice.js';
import type { CalendarDefinition } from '../domain/working-calendar.js';
import type { EventStore } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';

/** A ledger's working calendar: as shipped, with the notices recorded in the ledger. */
export type LedgerCalendar = {
  /** As it is now, whichever process recorded the last notice. The same answer is the same object. */
  current(): Promise<CalendarDefinition>;
};

/**
 * Follows the calendar's stream by asking, whenever the calendar is wanted, for what lies beyond the notices known: one
 * read of a stream that is almost always at its end, paid by whoever asks about a deadline and by no other command.
 */
export function ledgerCalendar(store: Pick<EventStore, 'read'>, shipped: CalendarDefinition): LedgerCalendar {
  const stream = calendarStream(shipped.id);
  const notices: CalendarNotice[] = [];
  let read = 0;
  let current = shipped;

  return {
    async current() {
      const fresh = await readStream(store, stream, read);
      // Whoever asked at the same time may have taken them already.
      const unknown = fresh.filter(({ revision }) => revision >= read);
      if (unknown.length > 0) {
        read += unknown.length;
        notices.push(...unknown.flatMap((event) => recordedNotice(shipped.id, event) ?? []));
        current = withRecordedNotices(shipped, notices);
      }
      return current;
    },
  };
}
