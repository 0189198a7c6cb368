import { CaseError, isCaseError } from '../domain/case-error.js';
import { derivedId } from '../domain/derived-id.js';
import { epochDay, formatInstant, isoDate, officeClock, parseInstant } from '../domain/office-time.js';
import { type CalendarDefinition, calendarInForce } from '../domain/working-calendar.js';
import type { CaseView } from '../engine/case-reading.js';
import type { Clock } from '../engine/clock.js';
import type { Ledger } from '../ledger.js';
import type { CaseQueries } from '../projections/case-queries.js';
import type { ScreeningContext } from '../workflows/screening/v1/machine.js';
import { LINES_PER_EVENT } from '../workflows/screening/v1/policy.js';
import { type DayLine, type DayLinesDeps, dayLines, NO_DEPARTMENT } from './day-lines.js';

const WORKFLOW = 'screening';

/** How many days back the screening before is looked for; beyond it the day before is taken instead. */
const LOOK_BACK_DAYS = 15;

/** How often a list that another process makes at the same time is looked at again. */
const MAX_ATTEMPTS = 10;

const DESK = { id: 'screening-desk', roles: ['screeningDesk'] };

export type ScreeningDeps = DayLinesDeps & {
  readonly ledger: DayLinesDeps['ledger'] & Pick<Ledger, 'open' | 'send'>;
  readonly queries: DayLinesDeps['queries'] & Pick<CaseQueries, 'counts'>;
  readonly clock: Clock;
};

/** The screening of one department, as opened or as found. */
export type OpenedScreening = {
  readonly department: string;
  readonly caseId: string;
  readonly state: string;
  readonly lines: number;
  readonly unmarked: number;
};

/** The screening of a department on a day: there cannot be two. */
export function screeningCaseId(ledger: string, date: string, department: string): string {
  return derivedId(ledger, [WORKFLOW, date, department]);
}

/** The office's date at an instant, and whether it is worked. */
export function officeDay(
  calendar: CalendarDefinition,
  now: string,
): { readonly date: string; readonly worked: boolean } {
  const date = isoDate(officeClock(calendar.timeZone).dayAt(parseInstant(now)));
  return { date, worked: calendarInForce(calendar, now).isWorkingDay(date) };
}

/**
 * Opens the screenings of a day: one for every department that has an open case, or something of the day to be looked
 * at. What is opened already is completed where a crash left its list unfinished, and else left alone, so that it may be
 * run by anybody at any time.
 *
 * @param date the office's date, today unless given; of a day gone by, what stands now is listed
 */
export async function openScreenings(deps: ScreeningDeps, date?: string): Promise<readonly OpenedScreening[]> {
  const { ledger, clock, queries } = deps;
  const now = clock.now().toISOString();
  const calendar = await ledger.currentCalendar();
  const day = date ?? officeDay(calendar, now).date;
  const yesterday = startOfDayBefore(calendar, day);
  const from = new Map<string, string>();
  const startOf = async (department: string): Promise<string> => {
    const known = from.get(department) ?? (await endOfScreeningBefore(deps, day, department)) ?? yesterday;
    from.set(department, known);
    return known;
  };

  const places = await queries.counts(['department', 'region'], { status: 'open' }, { reach: [{ scope: 'ledger' }] });
  const regions = new Map<string, string[]>();
  for (const { department = NO_DEPARTMENT, region } of places)
    regions.set(department, [...(regions.get(department) ?? []), ...(region === undefined ? [] : [region])]);
  for (const department of regions.keys()) await startOf(department);
  const earliest = [...from.values()].reduce((early, one) => (one < early ? one : early), yesterday);

  const byDepartment = new Map<string, DayLine[]>([...regions.keys()].map((department) => [department, []]));
  for (const one of await dayLines(deps, earliest, now)) {
    if (one.at !== undefined && one.at <= (await startOf(one.department))) continue;
    byDepartment.set(one.department, [...(byDepartment.get(one.department) ?? []), one]);
  }

  const opened: OpenedScreening[] = [];
  for (const [department, lines] of [...byDepartment].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const region = commonRegion(regions.get(department) ?? [...regions.values()].flat());
    const period = { from: await startOf(department), to: now };
    opened.push(
      await openOne(deps, { date: day, department, ...(region !== undefined && { region }), ...period }, lines),
    );
  }
  return opened;
}

type Opening = {
  readonly date: string;
  readonly department: string;
  readonly region?: string;
  readonly from: string;
  readonly to: string;
};

async function openOne(deps: ScreeningDeps, opening: Opening, lines: readonly DayLine[]): Promise<OpenedScreening> {
  const { ledger } = deps;
  const { date, department } = opening;
  const caseId = screeningCaseId(ledger.id, date, department);
  const ref = { workflow: WORKFLOW, caseId };
  const send = async (type: string, data: object): Promise<void> => {
    const commandId = derivedId(ledger.id, [WORKFLOW, caseId, type, JSON.stringify(data)]);
    await ledger.send({ ...ref, commandId, actor: DESK, events: [{ type, data }] });
  };

  try {
    const commandId = derivedId(ledger.id, [WORKFLOW, caseId, 'screening.opened', opening.to]);
    await ledger.open({ ...ref, commandId, actor: DESK, events: [{ type: 'screening.opened', data: opening }] });
  } catch (error) {
    if (!isCaseError(error, 'CASE_EXISTS')) throw error;
  }
  for (let attempt = 1; ; attempt += 1) {
    const view = await ledger.load(ref);
    if (view.state !== 'listing') return summary(department, view);
    const { lines: listed, to } = contextOf(view);
    // One that was opened before this run ends where it was opened: what came later is for the one that follows it.
    const missing = lines
      .filter(({ at, line }) => (at === undefined || at <= to) && !Object.hasOwn(listed, line.id))
      .map(({ line }) => line);
    try {
      for (let at = 0; at < missing.length; at += LINES_PER_EVENT)
        await send('lines.listed', { lines: missing.slice(at, at + LINES_PER_EVENT) });
      await send('listing.completed', {
        lines: new Set([...Object.keys(listed), ...missing.map(({ id }) => id)]).size,
      });
    } catch (error) {
      // Another process lists at the same time: what it has done by now is looked at.
      const raced = error instanceof CaseError && ['EVENT_NOT_ALLOWED', 'GUARD_DENIED'].includes(error.failure.code);
      if (!raced || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

function summary(department: string, view: CaseView): OpenedScreening {
  const lines = Object.values(contextOf(view).lines);
  return {
    department,
    caseId: view.caseId,
    state: view.state,
    lines: lines.length,
    unmarked: lines.filter(({ finding }) => finding === null).length,
  };
}

function contextOf(view: CaseView): ScreeningContext {
  return view.context as ScreeningContext;
}

/** The instant up to which the last screening of the department looked. */
async function endOfScreeningBefore(
  { ledger }: ScreeningDeps,
  date: string,
  department: string,
): Promise<string | undefined> {
  for (let back = 1; back <= LOOK_BACK_DAYS; back += 1) {
    const caseId = screeningCaseId(ledger.id, isoDate(epochDay(date) - back), department);
    try {
      return contextOf(await ledger.load({ workflow: WORKFLOW, caseId })).to;
    } catch (error) {
      if (!isCaseError(error, 'CASE_NOT_FOUND')) throw error;
    }
  }
  return undefined;
}

/** Midnight at which the working day before a date began, in the office's time. */
function startOfDayBefore(calendar: CalendarDefinition, date: string): string {
  const before = calendarInForce(calendar).addWorkingDays(date, -1);
  return formatInstant(officeClock(calendar.timeZone).instantAt(epochDay(before), 0));
}

/** The division that all of them lie in, to the county; undefined where there is none. */
function commonRegion(regions: readonly string[]): string | undefined {
  const [first, ...others] = regions;
  if (first === undefined) return undefined;
  let length = first.length;
  for (const region of others) while (!region.startsWith(first.slice(0, length))) length -= 1;
  const whole = [6, 4, 2].find((level) => level <= length);
  return whole === undefined ? undefined : first.slice(0, whole).padEnd(6, '0');
}
