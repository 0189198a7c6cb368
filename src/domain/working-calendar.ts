import {
  type CalendarNotice,
  type NoticeDay,
  type NoticeReference,
  noticeDays,
  noticeProblems,
} from './calendar-notice.js';
import { CaseError } from './case-error.js';
import {
  epochDay,
  formatInstant,
  isoDate,
  isoWeekday,
  MS_PER_DAY,
  MS_PER_MINUTE,
  type OfficeClock,
  officeClock,
  parseInstant,
  yearOf,
} from './office-time.js';
import type { Title } from './title.js';

/** One stretch of a working day, by the office's wall clock: `{ opens: '08:30', closes: '12:00' }`; `24:00` is midnight at its end. */
export type OpeningInterval = { readonly opens: string; readonly closes: string };

/** A working calendar as published data: plain, so that it can be stored, sent and shipped. */
export type CalendarDefinition = {
  readonly id: string;
  readonly title: Title;
  /** IANA zone of the office. */
  readonly timeZone: string;
  /** ISO weekdays not worked unless a notice says so: 1 is Monday, 7 is Sunday. */
  readonly weekend: readonly number[];
  /** Opening hours of every working day, in order. One office's own rule, so policy data. */
  readonly hours: readonly OpeningInterval[];
  readonly notices: readonly CalendarNotice[];
  /** `published`: days are known in the years a notice is about, and a deadline beyond them is provisional. `unbounded`: the weekend rule alone is the truth for ever. */
  readonly horizon: 'published' | 'unbounded';
};

/** `working` and `weekend` follow the week; `off` and `makeUp` are a notice's word. */
export type CalendarDayKind = 'working' | 'weekend' | 'off' | 'makeUp';

/** What a day is and why; `notice` and the holiday's `name` are there when a notice speaks of it. */
export type CalendarDay = {
  readonly date: string;
  readonly kind: CalendarDayKind;
  readonly name?: Title;
  readonly notice?: NoticeReference;
};

/** Days outside these years are answered too, only less fast. */
const TABLE_FROM = epochDay('1990-01-01');
const TABLE_TO = epochDay('2060-12-31');

/** The last date ISO 8601 can write in ten characters. */
const LAST_DATE = '9999-12-31';

type OpeningSpan = { readonly opens: number; readonly closes: number };

/**
 * A calendar at one moment of its history: the notices in force then and nothing of later ones. Made by
 * {@link calendarInForce}.
 *
 * Days are integers since 1970-01-01, instants and times of day are milliseconds; the methods named for dates take ISO
 * dates. Working-day arithmetic is two table look-ups whatever the distance.
 */
export class WorkingCalendar {
  readonly id: string;
  readonly title: Title;
  readonly timeZone: string;
  readonly clock: OfficeClock;
  /** The notices in force, oldest first. */
  readonly notices: readonly CalendarNotice[];
  /** The last date whose kind is published; undefined while nothing is. */
  readonly horizon: string | undefined;
  /** Working time of one working day, in milliseconds. */
  readonly workingTimePerDay: number;

  readonly #unbounded: boolean;
  readonly #publishedYears: ReadonlySet<number>;
  readonly #weekend: ReadonlySet<number>;
  readonly #hours: readonly OpeningSpan[];
  readonly #closes: number;
  readonly #noticed: ReadonlyMap<number, { readonly word: NoticeDay; readonly notice: CalendarNotice }>;

  readonly #first: number;
  readonly #working: Uint8Array;
  /** `#before[i]`: how many of the first `i` days of the table are worked. */
  readonly #before: Int32Array;
  /** `#nth[k]`: the table's working day number `k`, from 0. */
  readonly #nth: Int32Array;

  /** Expects a definition without {@link calendarProblems} and the notices in force, oldest first. */
  constructor(definition: CalendarDefinition, inForce: readonly CalendarNotice[]) {
    this.id = definition.id;
    this.title = definition.title;
    this.timeZone = definition.timeZone;
    this.clock = officeClock(definition.timeZone);
    this.notices = inForce;
    this.#unbounded = definition.horizon === 'unbounded';
    this.#weekend = new Set(definition.weekend);
    this.#hours = definition.hours.map(openingSpan);
    this.#closes = this.#hours.at(-1)!.closes;
    this.workingTimePerDay = this.#hours.reduce((sum, { opens, closes }) => sum + closes - opens, 0);
    this.#publishedYears = new Set(inForce.filter(({ amends }) => amends === undefined).map(({ year }) => year));
    this.horizon = this.#horizon();

    const noticed = new Map<number, { word: NoticeDay; notice: CalendarNotice }>();
    for (const notice of inForce) {
      for (const word of noticeDays(notice)) noticed.set(word.day, { word, notice });
    }
    this.#noticed = noticed;

    let first = TABLE_FROM;
    let last = TABLE_TO;
    for (const day of noticed.keys()) {
      first = Math.min(first, day);
      last = Math.max(last, day);
    }
    const size = last - first + 1;
    this.#first = first;
    this.#working = new Uint8Array(size);
    this.#before = new Int32Array(size + 1);
    let count = 0;
    for (let index = 0; index < size; index++) {
      const worked = this.#isWorkedByRule(first + index) ? 1 : 0;
      this.#working[index] = worked;
      count += worked;
      this.#before[index + 1] = count;
    }
    this.#nth = new Int32Array(count);
    for (let index = 0, k = 0; index < size; index++) {
      if (this.#working[index] === 1) this.#nth[k++] = first + index;
    }
  }

  /** Whether the date is worked. */
  isWorkingDay(date: string): boolean {
    return this.isWorking(epochDay(date));
  }

  /** The `count`-th working day after the date, the date itself not counted; before it when `count` is negative; for 0 the date, or the first working day after it when it is off. */
  addWorkingDays(date: string, count: number): string {
    const day = epochDay(date);
    return isoDate(count < 0 ? this.workingDayBefore(day, -count) : this.workingDayAfter(day, count));
  }

  /** How many working days lie after `from`, up to and including `to`; negative when `to` is the earlier. */
  workingDaysBetween(from: string, to: string): number {
    return this.countWorking(epochDay(from), epochDay(to));
  }

  /** What the date is, and which notice says so. */
  why(date: string): CalendarDay {
    return this.describe(epochDay(date));
  }

  /** {@link why} of an epoch day. */
  describe(day: number): CalendarDay {
    const date = isoDate(day);
    const weekend = this.#weekend.has(isoWeekday(day));
    const noticed = this.#noticed.get(day);
    if (noticed === undefined) return { date, kind: weekend ? 'weekend' : 'working' };
    const { id, title, source, published } = noticed.notice;
    return {
      date,
      kind: noticed.word.kind === 'ordinary' ? (weekend ? 'weekend' : 'working') : noticed.word.kind,
      name: noticed.word.name,
      notice: { id, title, source, published },
    };
  }

  /** Whether what every day from `from` to `to` is has been published; beyond that a date is provisional. */
  isPublished(from: number, to: number): boolean {
    if (this.#unbounded) return true;
    const lastYear = yearOf(Math.max(from, to));
    for (let year = yearOf(Math.min(from, to)); year <= lastYear; year++) {
      if (!this.#publishedYears.has(year)) return false;
    }
    return true;
  }

  isWorking(day: number): boolean {
    const worked = this.#working[day - this.#first];
    return worked === undefined ? this.#isWorkedByRule(day) : worked === 1;
  }

  /** The `count`-th working day after `day`; for 0 the day itself, or the first working day after it when it is off. */
  workingDayAfter(day: number, count: number): number {
    if (count === 0) return this.isWorking(day) ? day : this.workingDayAfter(day, 1);
    const done = this.#before[day - this.#first + 1];
    const found = done === undefined ? undefined : this.#nth[done + count - 1];
    if (found !== undefined) return found;
    let at = day;
    for (let left = count; left > 0; ) if (this.isWorking(++at)) left--;
    return at;
  }

  /** The `count`-th working day before `day`; for 0 the day itself, or the last working day before it when it is off. */
  workingDayBefore(day: number, count: number): number {
    if (count === 0) return this.isWorking(day) ? day : this.workingDayBefore(day, 1);
    const done = this.#before[day - this.#first];
    const found = done === undefined ? undefined : this.#nth[done - count];
    if (found !== undefined) return found;
    let at = day;
    for (let left = count; left > 0; ) if (this.isWorking(--at)) left--;
    return at;
  }

  /** How many working days lie after `from`, up to and including `to`; negative when `to` is the earlier. */
  countWorking(from: number, to: number): number {
    if (to < from) return -this.countWorking(to, from);
    const before = this.#before[from - this.#first + 1];
    const through = this.#before[to - this.#first + 1];
    if (before !== undefined && through !== undefined) return through - before;
    let count = 0;
    for (let day = from + 1; day <= to; day++) if (this.isWorking(day)) count++;
    return count;
  }

  /**
   * When a term that ends on `day` is over: close of business where the office works that day, else midnight at the
   * day's end (Civil Code of the PRC, art. 203).
   */
  endOf(day: number): number {
    return this.clock.instantAt(day, this.isWorking(day) ? this.#closes : MS_PER_DAY);
  }

  /** Whether an instant lies after close of business of a day that is worked. */
  isAfterHours(ms: number): boolean {
    return this.isWorking(this.clock.dayAt(ms)) && this.clock.timeAt(ms) > this.#closes;
  }

  /** The instant at which `amount` milliseconds of working time have passed since `ms`. An end that falls on a break is the moment the break begins. */
  addWorkingTime(ms: number, amount: number): number {
    if (amount <= 0) return ms;
    const on = this.clock.dayAt(ms);
    const open = this.isWorking(on);
    const from = open ? on : this.workingDayAfter(on, 1);
    const total = amount + (open ? this.#workedBy(this.clock.timeAt(ms)) : 0);
    const days = Math.ceil(total / this.workingTimePerDay) - 1;
    const day = this.workingDayAfter(from, days);
    return this.clock.instantAt(day, this.#timeWhenWorked(total - days * this.workingTimePerDay));
  }

  /** The instant since which `amount` milliseconds of working time have passed at `ms`. A start that falls on a break is the moment the break ends. */
  subtractWorkingTime(ms: number, amount: number): number {
    if (amount <= 0) return ms;
    const on = this.clock.dayAt(ms);
    const open = this.isWorking(on);
    const from = open ? on : this.workingDayBefore(on, 1);
    const left = (open ? this.#workedBy(this.clock.timeAt(ms)) : this.workingTimePerDay) - amount;
    const days = left < 0 ? Math.ceil(-left / this.workingTimePerDay) : 0;
    const day = this.workingDayBefore(from, days);
    return this.clock.instantAt(day, this.#timeWhenLeft(left + days * this.workingTimePerDay));
  }

  /** Working time from one instant to another, in milliseconds; negative when `to` is the earlier. */
  workingTimeBetween(from: number, to: number): number {
    if (to < from) return -this.workingTimeBetween(to, from);
    const [first, last] = [this.clock.dayAt(from), this.clock.dayAt(to)];
    const wholeDays = this.countWorking(first, last) * this.workingTimePerDay;
    const notYet = this.isWorking(last) ? this.workingTimePerDay - this.#workedBy(this.clock.timeAt(to)) : 0;
    const leftOfFirst = this.isWorking(first) ? this.workingTimePerDay - this.#workedBy(this.clock.timeAt(from)) : 0;
    return wholeDays + leftOfFirst - notYet;
  }

  /** Stretches of working time of one day, as times of day; none on a day off. */
  opening(day: number): readonly OpeningSpan[] {
    return this.isWorking(day) ? this.#hours : [];
  }

  #isWorkedByRule(day: number): boolean {
    const word = this.#noticed.get(day)?.word.kind;
    if (word === 'off') return false;
    return word === 'makeUp' || !this.#weekend.has(isoWeekday(day));
  }

  #horizon(): string | undefined {
    if (this.#unbounded) return LAST_DATE;
    return this.#publishedYears.size === 0 ? undefined : `${Math.max(...this.#publishedYears)}-12-31`;
  }

  #workedBy(time: number): number {
    let worked = 0;
    for (const { opens, closes } of this.#hours) worked += Math.max(0, Math.min(time, closes) - opens);
    return worked;
  }

  #timeWhenWorked(amount: number): number {
    let left = amount;
    for (const { opens, closes } of this.#hours) {
      if (left <= closes - opens) return opens + left;
      left -= closes - opens;
    }
    return this.#closes;
  }

  #timeWhenLeft(amount: number): number {
    let left = amount;
    for (const { opens, closes } of this.#hours) {
      if (left < closes - opens) return opens + left;
      left -= closes - opens;
    }
    return this.#closes;
  }
}

/** What is wrong with a definition, in sentences; nothing when it is valid. */
export function calendarProblems(definition: CalendarDefinition): readonly string[] {
  const problems: string[] = [];
  if (definition.id === '') problems.push('the calendar has no id');
  try {
    officeClock(definition.timeZone);
  } catch {
    problems.push(`there is no time zone "${definition.timeZone}"`);
  }
  const weekend = new Set(definition.weekend);
  if ([...weekend].some((weekday) => !Number.isInteger(weekday) || weekday < 1 || weekday > 7) || weekend.size > 6) {
    problems.push('the weekend is not a list of at most six ISO weekdays (1 Monday to 7 Sunday)');
  }
  if (definition.hours.length === 0) problems.push('there are no opening hours');
  let closed = -1;
  for (const interval of definition.hours) {
    const { opens, closes } = openingSpan(interval);
    if (!(opens >= closed && closes > opens && closes <= MS_PER_DAY)) {
      problems.push(`opening hours "${interval.opens}-${interval.closes}" are not a later interval of the same day`);
    }
    closed = closes;
  }
  const ids = new Set<string>();
  for (const notice of definition.notices) {
    if (ids.has(notice.id)) problems.push(`there are two notices "${notice.id}"`);
    ids.add(notice.id);
    problems.push(...noticeProblems(notice).map(({ path, message }) => `notice ${notice.id}: ${path} ${message}`));
    if (notice.recordedAt !== undefined) {
      try {
        parseInstant(notice.recordedAt);
      } catch {
        problems.push(`notice ${notice.id}: recordedAt "${notice.recordedAt}" is not an instant`);
      }
    }
  }
  for (const { id, amends } of definition.notices) {
    if (amends !== undefined && !ids.has(amends)) problems.push(`notice ${id} amends "${amends}", which is not there`);
  }
  return problems;
}

/**
 * The calendar as it stood at an instant (ISO 8601), or with every notice there is when none is given.
 *
 * A notice counts from the start, at the office, of the day it was published, or from `recordedAt` where the ledger
 * took it. Where two speak of a day the one published later holds. The same answer is the same object.
 *
 * @throws CaseError `CALENDAR_INVALID` when the definition is not valid · `TERM_INVALID` when `asOf` is not an instant
 */
export function calendarInForce(definition: CalendarDefinition, asOf?: string): WorkingCalendar {
  const history = historyOf(definition);
  let count = history.since.length;
  if (asOf !== undefined) {
    const ms = parseInstant(asOf);
    while (count > 0 && history.since[count - 1]! > ms) count--;
  }
  let calendar = history.calendars.get(count);
  if (calendar === undefined) {
    calendar = new WorkingCalendar(definition, history.notices.slice(0, count).sort(byPublication));
    history.calendars.set(count, calendar);
  }
  return calendar;
}

/** The instants (ISO 8601) from which each notice counts, oldest first: where the calendar changes, and running deadlines may move. */
export function calendarChanges(
  definition: CalendarDefinition,
): readonly { readonly at: string; readonly notice: CalendarNotice }[] {
  const { notices, since } = historyOf(definition);
  return notices.map((notice, index) => ({ at: formatInstant(since[index]!), notice }));
}

/** Notices in the order in which they came to count, the instant each counts `since`, and the calendars made so far by how many count. */
type CalendarHistory = {
  readonly notices: readonly CalendarNotice[];
  readonly since: readonly number[];
  readonly calendars: Map<number, WorkingCalendar>;
};

const histories = new WeakMap<CalendarDefinition, CalendarHistory>();

function historyOf(definition: CalendarDefinition): CalendarHistory {
  let history = histories.get(definition);
  if (history === undefined) {
    const problems = calendarProblems(definition);
    if (problems.length > 0) throw new CaseError({ code: 'CALENDAR_INVALID', problems });
    const clock = officeClock(definition.timeZone);
    const dated = definition.notices
      .map((notice) => ({
        notice,
        since:
          notice.recordedAt === undefined
            ? clock.instantAt(epochDay(notice.published), 0)
            : parseInstant(notice.recordedAt),
      }))
      .sort((a, b) => a.since - b.since || byPublication(a.notice, b.notice));
    history = {
      notices: dated.map(({ notice }) => notice),
      since: dated.map(({ since }) => since),
      calendars: new Map(),
    };
    histories.set(definition, history);
  }
  return history;
}

/** An amendment comes after what it amends, even on one day; otherwise the order given stays (sorting is stable). */
function byPublication(a: CalendarNotice, b: CalendarNotice): number {
  if (a.published !== b.published) return a.published < b.published ? -1 : 1;
  return Number(a.amends !== undefined) - Number(b.amends !== undefined);
}

function openingSpan({ opens, closes }: OpeningInterval): OpeningSpan {
  return { opens: timeOfDay(opens), closes: timeOfDay(closes) };
}

function timeOfDay(text: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$|^(24):(00)$/.exec(text);
  if (match === null) return Number.NaN;
  return (Number(match[1] ?? match[3]) * 60 + Number(match[2] ?? match[4])) * MS_PER_MINUTE;
}
