import { Temporal } from 'temporal-polyfill';

const INSTANT =
  /^(\d{4})([-/])(\d{2})\2(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/**
 * The instant a log's date names, ISO 8601 in UTC with milliseconds (finer digits are dropped), or undefined when it
 * names none.
 *
 * Accepts `yyyy-mm-dd` or `yyyy/mm/dd`, with a time of day or without (then the day's first minute), and an offset. A
 * date without an offset is read on the clocks of `timeZone`: in the hour skipped in spring as an hour later, in the
 * hour repeated in autumn as the first of the two.
 *
 * @param timeZone IANA name, such as `Asia/Shanghai`
 */
export function parseLogInstant(text: string, timeZone: string): string | undefined {
  const match = INSTANT.exec(text.trim());
  if (!match) return undefined;

  const [, year, , month, day, hour = '00', minute = '00', second = '00', fraction = '', offset] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}`;
  const asUtc = new Date(`${local}Z`);
  // Date moves 30 February to March instead of refusing it.
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString() !== `${local}Z`) return undefined;

  if (offset === undefined && timeZone !== 'UTC') {
    const instant = Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone).toInstant();
    return new Date(instant.epochMilliseconds).toISOString();
  }
  const minutes = offset === undefined ? 0 : offsetMinutes(offset);
  return minutes === undefined ? undefined : new Date(asUtc.getTime() - minutes * 60_000).toISOString();
}

function offsetMinutes(offset: string): number | undefined {
  if (offset === 'Z' || offset === 'z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = offset.length > 3 ? Number(offset.slice(-2)) : 0;
  // XML Schema allows ±14:00 at most.
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
