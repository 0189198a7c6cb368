import type { CalendarNotice } from './calendar-notice.js';
import type { RecordedEvent } from './event.js';
import type { CalendarDefinition } from './working-calendar.js';

/** The rules under which the streams of calendars are written. */
export const CALENDAR_WORKFLOW = { name: 'calendar', version: 1, hash: 'built-in' } as const;

/** The one kind of event on a calendar's stream: its data is the notice. */
export const NOTICE_PUBLISHED = 'calendar.noticePublished';

/** The stream that holds the notices recorded for a calendar. */
export function calendarStream(calendar: string): string {
  return `${CALENDAR_WORKFLOW.name}-${calendar}`;
}

/** The notice an event records for a calendar, counting from when it was recorded; undefined for every other event. */
export function recordedNotice(
  calendar: string,
  { stream, type, data, metadata }: RecordedEvent,
): CalendarNotice | undefined {
  if (type !== NOTICE_PUBLISHED || stream !== calendarStream(calendar)) return undefined;
  return { ...(data as unknown as CalendarNotice), recordedAt: metadata.recordedAt };
}

/**
 * A calendar with the notices recorded for it beside those it is shipped with. Where both have one of the same id, what
 * is recorded stays: a release that ships it later changes nothing that the ledger has told before.
 */
export function withRecordedNotices(
  shipped: CalendarDefinition,
  recorded: readonly CalendarNotice[],
): CalendarDefinition {
  if (recorded.length === 0) return shipped;
  const ids = new Set(recorded.map(({ id }) => id));
  return { ...shipped, notices: [...shipped.notices.filter(({ id }) => !ids.has(id)), ...recorded] };
}
