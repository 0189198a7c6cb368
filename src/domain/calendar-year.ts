import { epochDay } from './office-time.js';
import type { Title } from './title.js';
import type { CalendarDay, CalendarDayKind, WorkingCalendar } from './working-calendar.js';

/** What a day of each kind is called. */
export const DAY_KIND_TITLES: Readonly<Record<CalendarDayKind, Title>> = {
  working: { en: 'Working day', zh: '工作日' },
  weekend: { en: 'Weekend', zh: '周末' },
  off: { en: 'Day off', zh: '放假' },
  makeUp: { en: 'Make-up working day', zh: '调休上班' },
};

/** A year of a calendar, day by day. */
export type CalendarYear = {
  readonly year: number;
  /** Whether its notice has been published; until then its days are the week's alone, and dates in it provisional. */
  readonly published: boolean;
  readonly workingDays: number;
  readonly days: readonly CalendarDay[];
};

/** Every day of a year, 1 January first, each with what it is and the notice that says so. */
export function calendarYear(calendar: WorkingCalendar, year: number): CalendarYear {
  const [first, last] = [epochDay(`${year}-01-01`), epochDay(`${year}-12-31`)];
  return {
    year,
    published: calendar.isPublished(first, last),
    workingDays: calendar.countWorking(first - 1, last),
    days: Array.from({ length: last - first + 1 }, (_, index) => calendar.describe(first + index)),
  };
}
