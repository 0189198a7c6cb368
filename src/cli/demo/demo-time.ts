import { chinaCalendar } from '../../domain/calendars/cn.js';
import { calendarInForce, type WorkingCalendar } from '../../domain/working-calendar.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const HOUR_MS = 60 * 60 * 1_000;
const MINUTE_MS = 60 * 1_000;

/** China keeps one time all year. */
const OFFICE_OFFSET_MS = 8 * HOUR_MS;

/** Nothing of the story happens later than this before the demo begins. */
const LAST_STEP_MS = 2 * MINUTE_MS;

/** Tells instants on office days before the demo begins. */
export type OfficeDays = {
  /** The instant at `hour` (such as 9.5) of the office day that lies `days` office days back; 0 is today, or the last office day. */
  ago(days: number, hour: number): Date;
  /** ISO date `days` office days ahead. */
  ahead(days: number): string;
};

/** The office's date at an instant. */
export function officeDate(at: Date): string {
  return new Date(at.getTime() + OFFICE_OFFSET_MS).toISOString().slice(0, 10);
}

/** Office days seen from `now`, under the calendar in force then. */
export function officeDays(now: Date): OfficeDays {
  const calendar = calendarInForce(chinaCalendar, now.toISOString());
  const latest = now.getTime() - LAST_STEP_MS;
  const back = [...daysBack(calendar, now)];
  return {
    ago(days, hour) {
      const midnight = Date.parse(`${back[days]}T00:00:00Z`) - OFFICE_OFFSET_MS;
      const at = midnight + Math.round((hour * HOUR_MS) / MINUTE_MS) * MINUTE_MS;
      // What would lie after now has happened just before it, in the same order.
      return new Date(at <= latest ? at : latest - (24 - hour) * MINUTE_MS);
    },
    ahead: (days) => calendar.addWorkingDays(officeDate(now), days),
  };
}

const DAYS_TOLD = 60;

function daysBack(calendar: WorkingCalendar, now: Date): readonly string[] {
  const found: string[] = [];
  for (let at = now.getTime(); found.length < DAYS_TOLD; at -= DAY_MS) {
    const date = officeDate(new Date(at));
    if (calendar.isWorkingDay(date)) found.push(date);
  }
  return found;
}
