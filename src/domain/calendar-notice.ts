import { epochDay, isDate } from './office-time.js';
import type { Title } from './title.js';

/** What a notice says of a day: not worked, worked although it is a weekend (调休上班), or left to the weekend rule again. */
export type NoticeDayKind = 'off' | 'makeUp' | 'ordinary';

/** The days of one holiday. Each entry is an ISO date or an inclusive ISO interval: `2020-01-24/2020-01-30`. */
export type NoticeHoliday = {
  readonly name: Title;
  readonly off?: readonly string[];
  /** Weekend days that are worked in exchange. */
  readonly makeUp?: readonly string[];
  /** Days for which an earlier notice's word is taken back, or which a notice says are worked as usual. */
  readonly ordinary?: readonly string[];
};

/** A published notice about days off and make-up days. A fact: never edited, only amended by a later one. */
export type CalendarNotice = {
  /** Unique in its calendar, such as `cn-2020`. */
  readonly id: string;
  /** The year it is about. Unless it amends, that whole year counts as published from then on. */
  readonly year: number;
  readonly title: Title;
  /** Where it was published. */
  readonly source: string;
  /** The office date it was published; it counts from the start of that day. */
  readonly published: string;
  /** Set where only the upload of the notice is dated and the notice itself is older. */
  readonly publishedIs?: 'upload';
  /** When the ledger took it, for one recorded there: it then counts from this instant instead. */
  readonly recordedAt?: string;
  /** The notice that it changes. */
  readonly amends?: string;
  readonly days: readonly NoticeHoliday[];
};

/** What an explanation cites of a notice. */
export type NoticeReference = Pick<CalendarNotice, 'id' | 'title' | 'source' | 'published'>;

/** One day as a notice has it; `day` counts from 1970-01-01. */
export type NoticeDay = { readonly day: number; readonly kind: NoticeDayKind; readonly name: Title };

/** Years a notice may speak of. */
const FIRST_YEAR = 1900;
const LAST_YEAR = 2199;
/** A longer run of days is a mistake in the data, not a holiday. */
const LONGEST_RUN_DAYS = 366;

const KINDS = ['off', 'makeUp', 'ordinary'] as const;

/** Every day the notice speaks of, one by one. Expects a notice without {@link noticeProblems}. */
export function noticeDays(notice: CalendarNotice): readonly NoticeDay[] {
  return notice.days.flatMap((holiday) =>
    KINDS.flatMap((kind) =>
      (holiday[kind] ?? []).flatMap((entry) => {
        const { from, to } = interval(entry);
        return Array.from({ length: to - from + 1 }, (_, index) => ({ day: from + index, kind, name: holiday.name }));
      }),
    ),
  );
}

/** One thing wrong with a notice: where in it, by the names of its members joined by dots, and what; never the value itself. */
export type NoticeProblem = { readonly path: string; readonly message: string };

/** What is wrong with a notice by itself; nothing when it is valid. */
export function noticeProblems(notice: CalendarNotice): readonly NoticeProblem[] {
  const problems: NoticeProblem[] = [];
  const seen = new Set<number>();
  if (notice.id === '') problems.push({ path: 'id', message: 'is empty' });
  if (!isDate(notice.published)) problems.push({ path: 'published', message: 'is not a date' });
  if (!Number.isInteger(notice.year) || notice.year < FIRST_YEAR || notice.year > LAST_YEAR) {
    problems.push({ path: 'year', message: `is not between ${FIRST_YEAR} and ${LAST_YEAR}` });
  }
  for (const [at, holiday] of notice.days.entries()) {
    for (const kind of KINDS) {
      for (const [index, entry] of (holiday[kind] ?? []).entries()) {
        const message = entryProblem(entry, seen);
        if (message !== undefined) problems.push({ path: `days.${at}.${kind}.${index}`, message });
      }
    }
  }
  return problems;
}

function entryProblem(entry: string, seen: Set<number>): string | undefined {
  const bounds = entry.split('/');
  if (bounds.length > 2 || !bounds.every(isDate)) return 'is neither a date nor an interval of dates';
  const { from, to } = interval(entry);
  if (to < from || to - from >= LONGEST_RUN_DAYS) return `is not a run of 1 to ${LONGEST_RUN_DAYS} days`;
  if (bounds.some((bound) => Number(bound.slice(0, 4)) < FIRST_YEAR || Number(bound.slice(0, 4)) > LAST_YEAR)) {
    return `is not between ${FIRST_YEAR} and ${LAST_YEAR}`;
  }
  let twice = false;
  for (let day = from; day <= to; day++) {
    twice ||= seen.has(day);
    seen.add(day);
  }
  return twice ? 'holds a day that the notice names twice' : undefined;
}

function interval(entry: string): { readonly from: number; readonly to: number } {
  const [from = '', to = from] = entry.split('/');
  return { from: epochDay(from), to: epochDay(to) };
}
