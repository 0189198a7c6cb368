import { type Command, InvalidArgumentError } from 'commander';
import { CaseError } from '../domain/case-error.js';
import { epochDay, isDate, MS_PER_DAY, MS_PER_MINUTE, officeClock, parseInstant } from '../domain/office-time.js';
import { type CalendarDefinition, calendarInForce, type WorkingCalendar } from '../domain/working-calendar.js';
import { instant, type LedgerFlags, withLedger } from './command-options.js';
import { type Session, withOpenLedger } from './session.js';

/** A moment as a clerk says it: a date, a time on the office's clock, or an instant with a zone. */
export type OfficeMoment = { readonly date: string; readonly minutes?: number } | { readonly instant: string };

export type CalendarFlags = LedgerFlags & { readonly calendar?: string; readonly asOf?: OfficeMoment };

/** Which calendar, and as it was in force when. */
export function withCalendar(command: Command): Command {
  return withLedger(command)
    .option('--calendar <id>', "the calendar; the ledger's own, or the one this version is shipped with, unless given")
    .option(
      '--as-of <moment>',
      'as in force then: a date (by the end of that day at the office) or an instant; now unless given',
      officeMoment,
    );
}

/** Reads an option that is a date, a time at the office such as `2026-03-06T09:00`, or an instant. */
export function officeMoment(value: string): OfficeMoment {
  if (isDate(value)) return { date: value };
  const [, date = '', hours, minutes] = /^(\d{4}-\d\d-\d\d)[T ]([01]\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
  if (isDate(date)) return { date, minutes: Number(hours) * 60 + Number(minutes) };
  try {
    return { instant: instant(value) };
  } catch {
    throw new InvalidArgumentError('give a date such as 2026-03-06, 2026-03-06T09:00, or an instant with its zone.');
  }
}

/** Milliseconds since the epoch. `time` is the time of day, in milliseconds, that a date alone stands for. */
export function momentAt(moment: OfficeMoment, timeZone: string, time: number): number {
  if ('instant' in moment) return parseInstant(moment.instant);
  const { date, minutes } = moment;
  return officeClock(timeZone).instantAt(epochDay(date), minutes === undefined ? time : minutes * MS_PER_MINUTE);
}

/** A calendar as a command was asked to look at it. */
export type AskedCalendar = {
  readonly definition: CalendarDefinition;
  readonly inForce: WorkingCalendar;
  readonly asOf: string;
};

/**
 * The calendar the flags name: that of the ledger with the notices it holds, or where none is named the one that comes
 * with this version.
 *
 * @throws CaseError `CALENDAR_UNKNOWN`, and whatever opening the ledger throws
 */
export async function askedCalendar(session: Session, flags: CalendarFlags): Promise<AskedCalendar> {
  const named = flags.ledger ?? session.config.ledger;
  const definition =
    named === undefined
      ? (await import('../domain/calendars/cn.js')).chinaCalendar
      : await withOpenLedger(session, flags, { create: false }, (ledger) => ledger.currentCalendar());
  const { calendar = definition.id, asOf } = flags;
  if (calendar !== definition.id) throw new CaseError({ code: 'CALENDAR_UNKNOWN', calendar, known: [definition.id] });
  const ms = asOf === undefined ? session.clock.now().getTime() : momentAt(asOf, definition.timeZone, MS_PER_DAY - 1);
  const at = new Date(ms).toISOString();
  return { definition, inForce: calendarInForce(definition, at), asOf: at };
}
