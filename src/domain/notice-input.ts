import { z } from 'zod';
import { type CalendarNotice, noticeProblems } from './calendar-notice.js';
import type { InputIssue } from './case-error.js';
import { readInput } from './input-issues.js';
import { epochDay, isDate, yearOf } from './office-time.js';
import type { CalendarDefinition } from './working-calendar.js';

/** Entries of one list at most; a notice about one year has a tenth of them. */
const MOST_ENTRIES = 100;

const Title = z
  .strictObject({ en: z.string().min(1).max(200), zh: z.string().min(1).max(200) })
  .meta({ description: 'In English and Chinese (中文)' });

const Days = z
  .array(z.string().max(21))
  .max(MOST_ENTRIES)
  .optional()
  .meta({ example: ['2026-09-25/2026-09-27'] });

/** A notice as whoever publishes it gives it. */
export const NoticeInput = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9._~-]{1,100}$/)
      .meta({ description: 'Names the notice in its calendar, for good', example: 'ds-2026-typhoon' }),
    year: z.int().meta({
      description: 'The year it is about. Unless it amends, the whole of that year counts as published from then on',
    }),
    title: Title,
    source: z.string().min(1).max(2_000).meta({ description: 'Where it was published: an address or a file number' }),
    published: z.string().max(10).meta({ description: 'The office date on its face', example: '2026-09-23' }),
    amends: z.string().min(1).max(100).optional().meta({ description: 'The notice of this calendar that it changes' }),
    days: z
      .array(
        z.strictObject({
          name: Title.meta({ description: 'What the days are for, in English and Chinese (中文)' }),
          off: Days.meta({ description: 'Not worked: dates, or inclusive intervals of dates' }),
          makeUp: Days.meta({ description: 'Worked although it is a weekend (调休上班)' }),
          ordinary: Days.meta({
            description: 'Left to the weekend rule again: what an earlier notice said is taken back',
          }),
        }),
      )
      .min(1)
      .max(MOST_ENTRIES),
  })
  .meta({ id: 'CalendarNotice', description: 'A notice about days off and make-up working days' });

/**
 * Reads a notice that is to be published in a calendar.
 *
 * @param calendar the calendar with every notice there is
 * @param today the office's date
 */
export function readNotice(
  calendar: CalendarDefinition,
  input: unknown,
  today: string,
): { readonly notice: CalendarNotice; readonly issues?: undefined } | { readonly issues: readonly InputIssue[] } {
  const read = readInput(NoticeInput, input);
  if (read.issues) return read;
  // Members that were left out are not there: what is stored says nothing it was not told.
  const notice = JSON.parse(JSON.stringify(read.data)) as CalendarNotice;
  const problems = [...noticeProblems(notice), ...placeProblems(calendar, notice, today)];
  if (problems.length === 0) return { notice };
  return { issues: problems.map(({ path, message }) => ({ path, code: 'custom', message })) };
}

/** What is wrong with a notice in this calendar, on this day. */
function placeProblems(
  { notices }: CalendarDefinition,
  { year, published, amends, days }: CalendarNotice,
  today: string,
): { readonly path: string; readonly message: string }[] {
  const problems: { readonly path: string; readonly message: string }[] = [];
  const add = (path: string, message: string): void => void problems.push({ path, message });
  if (isDate(published) && published > today) add('published', `lies after today, ${today}`);
  if (amends !== undefined) {
    const amended = notices.find(({ id }) => id === amends);
    if (amended === undefined) add('amends', 'names no notice of this calendar');
    else if (isDate(published) && published < amended.published) {
      add('published', `is earlier than that of the notice it amends, ${amended.published}`);
    }
  }
  for (const [at, { off = [], makeUp = [], ordinary = [] }] of days.entries()) {
    if (off.length + makeUp.length + ordinary.length === 0) add(`days.${at}`, 'names no day');
    for (const [kind, entries] of Object.entries({ off, makeUp, ordinary })) {
      for (const [index, entry] of entries.entries()) {
        const strays = entry.split('/').some((date) => isDate(date) && Math.abs(yearOf(epochDay(date)) - year) > 1);
        if (strays) add(`days.${at}.${kind}.${index}`, 'lies more than a year away from the year the notice is about');
      }
    }
  }
  return problems;
}
