import { Temporal } from 'temporal-polyfill';
import { CaseError } from './case-error.js';

export const MS_PER_MINUTE = 60_000;
export const MS_PER_HOUR = 3_600_000;
export const MS_PER_DAY = 86_400_000;

const NS_PER_MS = 1_000_000;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Days from 1970-01-01 to an ISO date (`yyyy-mm-dd`) of the proleptic Gregorian calendar, negative before it.
 *
 * @throws CaseError `TERM_INVALID` when the text is not a date that exists
 */
export function epochDay(date: string): number {
  const day = date.length === 10 ? readDay(date) : Number.NaN;
  if (Number.isNaN(day)) throw new CaseError({ code: 'TERM_INVALID', detail: `"${date}" is not a date (yyyy-mm-dd)` });
  return day;
}

/** The ISO date `day` days after 1970-01-01; the inverse of {@link epochDay} in the years 0 to 9999. */
export function isoDate(day: number): string {
  const { year, month, date } = civil(day);
  return `${year < 1000 ? String(year).padStart(4, '0') : year}-${month < 10 ? '0' : ''}${month}-${date < 10 ? '0' : ''}${date}`;
}

/** ISO weekday of an epoch day: 1 is Monday, 7 is Sunday. */
export function isoWeekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** Calendar year of an epoch day. */
export function yearOf(day: number): number {
  return civil(day).year;
}

/** The same day of a later month, or that month's last where there is none (Civil Code of the PRC, art. 202). */
export function addMonths(day: number, count: number): number {
  const { year, month: ofYear, date } = civil(day);
  const month = year * 12 + ofYear - 1 + count;
  const first = (ofMonth: number) =>
    epochDay(`${String(Math.floor(ofMonth / 12)).padStart(4, '0')}-${String((ofMonth % 12) + 1).padStart(2, '0')}-01`);
  return Math.min(first(month) + date - 1, first(month + 1) - 1);
}

/** Whether the text is a bare date (`yyyy-mm-dd`), one that exists, without a time. */
export function isDate(text: string): boolean {
  return text.length === 10 && !Number.isNaN(readDay(text));
}

/**
 * Milliseconds since the epoch of an ISO 8601 instant: date, time and either `Z` or an offset. What is finer than a
 * millisecond is dropped.
 *
 * @throws CaseError `TERM_INVALID` when the text is not an instant; a time without a zone is not one
 */
export function parseInstant(text: string): number {
  const ms = text.length === 24 ? readCanonicalInstant(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch (cause) {
    throw new CaseError(
      { code: 'TERM_INVALID', detail: `"${text}" is not an instant (ISO 8601 with zone)` },
      { cause },
    );
  }
}

/** The instant as the ledger writes it: ISO 8601 in UTC with milliseconds. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString();
}

/** A stretch of time in which the zone's distance from UTC does not change; `until` is not part of it. */
type OffsetSpan = { readonly from: number; readonly until: number; readonly offset: number };

/**
 * What the clock on the office's wall shows. Knows its own zone (IANA) and nothing of the machine's.
 *
 * Zone rules are asked once per stretch between two clock changes and kept, so that reading the clock is arithmetic.
 */
export class OfficeClock {
  readonly #spans: OffsetSpan[] = [];
  #last: OffsetSpan = { from: 0, until: 0, offset: 0 };

  /** @throws RangeError when there is no such zone */
  constructor(readonly timeZone: string) {
    this.#spanAt(0);
  }

  /** The office date at an instant, as an epoch day. */
  dayAt(ms: number): number {
    return Math.floor((ms + this.#spanAt(ms).offset) / MS_PER_DAY);
  }

  /** Time of day at an instant, in milliseconds since the office's midnight by the wall clock. */
  timeAt(ms: number): number {
    const local = ms + this.#spanAt(ms).offset;
    return local - Math.floor(local / MS_PER_DAY) * MS_PER_DAY;
  }

  /**
   * The instant at which the wall shows `time` (milliseconds since midnight; a whole day is the next midnight) on `day`.
   * A time that a clock change skips is moved on by the skip, one that it repeats is the first of the two.
   */
  instantAt(day: number, time: number): number {
    const local = day * MS_PER_DAY + time;
    const guess = local - this.#spanAt(local).offset;
    const span = this.#spanAt(guess);
    if (local - span.offset === guess && guess - MS_PER_DAY >= span.from && guess + MS_PER_DAY < span.until) {
      return guess;
    }
    return Temporal.Instant.fromEpochMilliseconds(local)
      .toZonedDateTimeISO('UTC')
      .toPlainDateTime()
      .toZonedDateTime(this.timeZone, { disambiguation: 'compatible' }).epochMilliseconds;
  }

  /** Date and time as a person at the office reads them: `2020-02-07 17:00`, with seconds only where there are any. */
  wallText(ms: number): string {
    const seconds = Math.floor(this.timeAt(ms) / 1000);
    const two = (value: number) => String(value).padStart(2, '0');
    const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}`;
    return `${isoDate(this.dayAt(ms))} ${clock}${seconds % 60 === 0 ? '' : `:${two(seconds % 60)}`}`;
  }

  #spanAt(ms: number): OffsetSpan {
    const last = this.#last;
    if (ms >= last.from && ms < last.until) return last;
    const known = this.#spans.find((span) => ms >= span.from && ms < span.until);
    this.#last = known ?? this.#askSpan(ms);
    return this.#last;
  }

  #askSpan(ms: number): OffsetSpan {
    const at = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(this.timeZone);
    const from = at.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
    const until = at.getTimeZoneTransition('next');
    const span = {
      from: from === null ? Number.NEGATIVE_INFINITY : from.epochMilliseconds,
      until: until === null ? Number.POSITIVE_INFINITY : until.epochMilliseconds,
      offset: at.offsetNanoseconds / NS_PER_MS,
    };
    this.#spans.push(span);
    return span;
  }
}

const clocks = new Map<string, OfficeClock>();

/**
 * The clock of a zone, one per zone and process.
 *
 * @throws RangeError when there is no such zone
 */
export function officeClock(timeZone: string): OfficeClock {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = new OfficeClock(timeZone);
    clocks.set(timeZone, clock);
  }
  return clock;
}

/** Year, month (1 to 12) and date (1 to 31) of an epoch day, counted in eras of 400 years that begin on 1 March. */
function civil(day: number): { readonly year: number; readonly month: number; readonly date: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    date: ofYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

function readDay(text: string): number {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN;
  const year = readDigits(text, 0, 4);
  const month = readDigits(text, 5, 2);
  const day = readDigits(text, 8, 2);
  if (!(month >= 1 && month <= 12 && day >= 1 && year >= 0)) return Number.NaN;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (month === 2 && leap ? 29 : DAYS_IN_MONTH[month - 1]!)) return Number.NaN;
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + ofYear - 719_468;
}

/** Reads `yyyy-mm-ddThh:mm:ss.sssZ`, the only form the ledger writes; anything else is not a number. */
function readCanonicalInstant(text: string): number {
  if (
    text.charCodeAt(10) !== 84 ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58 ||
    text.charCodeAt(19) !== 46 ||
    text.charCodeAt(23) !== 90
  ) {
    return Number.NaN;
  }
  const hour = readDigits(text, 11, 2);
  const minute = readDigits(text, 14, 2);
  const second = readDigits(text, 17, 2);
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  return (
    readDay(text) * MS_PER_DAY + hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * 1000 + readDigits(text, 20, 3)
  );
}

function readDigits(text: string, from: number, count: number): number {
  let value = 0;
  for (let index = from; index < from + count; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
