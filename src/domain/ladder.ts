import type { DeadlineRule } from './deadline.js';
import type { DeadlineLedger } from './deadline-ledger.js';
import { type Reckoning, reckon, warnedAt } from './due-date.js';
import { epochDay, formatInstant, isDate, isoDate, parseInstant } from './office-time.js';
import { type Term, workingTime } from './term.js';
import { type CalendarDefinition, calendarChanges, calendarInForce, type WorkingCalendar } from './working-calendar.js';

/** `nearDue` (amber), `dueToday`, `overdue` (red), and `over`: overdue by so much more. In this order where two come at one instant. */
export const RUNG_NAMES = ['nearDue', 'dueToday', 'overdue', 'over'] as const;

export type RungName = (typeof RUNG_NAMES)[number];

/** A rung of one deadline's ladder, as it is reached unless something happens to the case before. */
export type Rung = {
  readonly rung: RungName;
  /** How long before the end (`nearDue`) or after it (`over`), as the rule declares. */
  readonly term?: Term;
  /** As the ledger counts them. An extension or a fresh start that came too late begins none. */
  readonly generation: number;
  /** Notices that moved the date since that generation began, oldest first: each begins another. */
  readonly movedBy: readonly string[];
  /** The due date it is reached under. */
  readonly dueOn: string;
  readonly dueAt: string;
  /** When it is to be raised, ISO 8601 in UTC: a day's rung begins with its day, `overdue` with the first instant after the end. */
  readonly at: string;
};

/**
 * The rungs that a clock which never stops raises for a deadline since its anchor, in order: those of the past as they
 * came, and those still to come if nothing else happens. Each once per generation, at the first instant at which the
 * deadline, as it stood then under the calendar in force then, had come that far. None while a pause holds the deadline,
 * none after it was met or cancelled, none for a floor (`atLeast`), and a window is never overdue.
 *
 * A generation begins with the anchor, an extension, a term that starts over, or a notice that moves the end of a
 * deadline that is running. A pause moves the end too, but begins none: what was raised is not raised again.
 */
export function ladder(ledger: DeadlineLedger, rule: DeadlineRule, definition: CalendarDefinition): readonly Rung[] {
  if (rule.kind === 'atLeast') return [];
  const ends = endOf(ledger, definition);
  const turns = turnsOf(ledger, rule, definition).filter(({ at }) => at < ends);
  const rungs: Rung[] = [];
  const reached = new Set<string>();
  let counted = firstGeneration(ledger, rule);
  let generation = counted;
  let movedBy: readonly string[] = [];

  for (const [index, turn] of turns.entries()) {
    const { at } = turn;
    const until = turns[index + 1]?.at ?? ends;
    const stood = turns.length === 1 ? ledger : asItStood(ledger, at);
    const calendar = calendarInForce(definition, formatInstant(at));
    const reckoning = reckon(stood, rule, calendar);

    for (const began of turn.beginnings) {
      counted += 1;
      if (!counts(began, reckoning)) continue;
      generation = counted;
      movedBy = [];
    }
    if (turn.notices.length > 0 && moved(stood, rule, definition, at, reckoning))
      movedBy = [...movedBy, ...turn.notices];
    if (reckoning.heldSince !== undefined) continue;

    for (const step of stepsOf(reckoning, rule, calendar)) {
      const reachedAt = Math.max(step.at, at);
      if (reachedAt >= until) continue;
      const rung: Rung = {
        rung: step.rung,
        ...(step.term === undefined ? {} : { term: step.term }),
        generation,
        movedBy,
        dueOn: isoDate(reckoning.dueDay),
        dueAt: formatInstant(reckoning.dueAt),
        at: formatInstant(reachedAt),
      };
      const key = rungKey(rung);
      if (reached.has(key)) continue;
      reached.add(key);
      rungs.push(rung);
    }
  }
  return rungs;
}

/** What makes a rung of one deadline the same: its name and term, in one generation. */
export function rungKey({
  generation,
  movedBy = [],
  rung,
  term,
}: Pick<Rung, 'generation' | 'rung' | 'term'> & { readonly movedBy?: readonly string[] | undefined }): string {
  const of = [generation, ...movedBy.map(encodeURIComponent)].join('+');
  return term === undefined ? `${of}/${rung}` : `${of}/${rung}/${term.amount} ${term.unit}`;
}

/** An extension by its event's revision, or the end of a pause after which the term starts over. */
type Beginning = { readonly extension: number } | { readonly resumed: number };

/** An instant at which the end of a deadline may move. */
type Turn = { readonly at: number; readonly beginnings: readonly Beginning[]; readonly notices: readonly string[] };

function turnsOf(ledger: DeadlineLedger, rule: DeadlineRule, definition: CalendarDefinition): readonly Turn[] {
  const since = parseInstant(ledger.anchor.at);
  const changes: { at: number; beginning?: Beginning; notice?: string }[] = [{ at: since }];
  const restarts = startsOver(rule);
  for (const { at, revision } of ledger.extensions)
    changes.push({ at: Math.max(since, parseInstant(at)), beginning: { extension: revision } });
  for (const { from, to } of ledger.pauses) {
    changes.push({ at: Math.max(since, parseInstant(from)) });
    if (to === undefined) continue;
    const at = Math.max(since, parseInstant(from), parseInstant(to));
    changes.push(restarts ? { at, beginning: { resumed: at } } : { at });
  }
  for (const { at, notice } of noticesAfter(definition, since)) changes.push({ at, notice });
  if (changes.length === 1) return [{ at: since, beginnings: [], notices: [] }];

  const turns: { at: number; beginnings: Beginning[]; notices: string[] }[] = [];
  for (const { at, beginning, notice } of changes.sort((a, b) => a.at - b.at)) {
    let turn = turns.at(-1);
    if (turn?.at !== at) {
      turn = { at, beginnings: [], notices: [] };
      turns.push(turn);
    }
    if (beginning !== undefined) turn.beginnings.push(beginning);
    if (notice !== undefined) turn.notices.push(notice);
  }
  return turns;
}

type NoticeInForce = { readonly at: number; readonly notice: string };

const noticesInForce = new WeakMap<CalendarDefinition, readonly NoticeInForce[]>();

/** The notices that came to count after an instant, oldest first. */
function noticesAfter(definition: CalendarDefinition, since: number): readonly NoticeInForce[] {
  let all = noticesInForce.get(definition);
  if (all === undefined) {
    all = calendarChanges(definition).map(({ at, notice }) => ({ at: parseInstant(at), notice: notice.id }));
    noticesInForce.set(definition, all);
  }
  let first = all.length;
  while (first > 0 && all[first - 1]!.at > since) first -= 1;
  return first === all.length ? NONE : all.slice(first);
}

const NONE: readonly NoticeInForce[] = [];

/** The ledger with what had happened by an instant, and nothing of what came later. */
function asItStood(ledger: DeadlineLedger, at: number): DeadlineLedger {
  return {
    ...ledger,
    extensions: ledger.extensions.filter((extension) => parseInstant(extension.at) <= at),
    pauses: ledger.pauses
      .filter(({ from }) => parseInstant(from) <= at)
      .map((pause) => (pause.to !== undefined && parseInstant(pause.to) <= at ? pause : { from: pause.from })),
  };
}

/** The generation its anchor began. */
function firstGeneration({ generation, extensions, pauses }: DeadlineLedger, rule: DeadlineRule): number {
  const restarted = startsOver(rule) ? pauses.filter(({ to }) => to !== undefined).length : 0;
  return generation - extensions.length - restarted;
}

function startsOver({ onResume = 'remainder' }: DeadlineRule): boolean {
  return onResume !== 'remainder';
}

function counts(began: Beginning, { extensions, pauses }: Reckoning): boolean {
  if ('extension' in began)
    return extensions.some(({ revision, effect }) => revision === began.extension && effect === 'extends');
  return pauses.some(({ to, effect }) => to === began.resumed && effect === 'startsOver');
}

/** Whether the calendar as it changed at an instant moved the end. A deadline that is held has no end to be moved. */
function moved(
  stood: DeadlineLedger,
  rule: DeadlineRule,
  definition: CalendarDefinition,
  at: number,
  after: Reckoning,
): boolean {
  if (after.heldSince !== undefined) return false;
  return reckon(stood, rule, calendarInForce(definition, formatInstant(at - 1))).dueAt !== after.dueAt;
}

type Step = { readonly rung: RungName; readonly term?: Term; readonly at: number };

/** The rungs under one due date, in order. */
function stepsOf(reckoning: Reckoning, rule: DeadlineRule, calendar: WorkingCalendar): readonly Step[] {
  const { dueDay, dueAt } = reckoning;
  const steps: Step[] = (rule.warn ?? []).map((term) => ({
    rung: 'nearDue',
    term,
    at: warnedAt(term, reckoning, calendar),
  }));
  steps.push({ rung: 'dueToday', at: calendar.clock.instantAt(dueDay, 0) });
  if ((rule.kind ?? 'atMost') === 'atMost') {
    const overdue = dueAt + 1;
    steps.push({ rung: 'overdue', at: overdue });
    for (const term of rule.overdueRungs ?? [])
      steps.push({ rung: 'over', term, at: Math.max(overdue, overAt(term, reckoning, calendar)) });
  }
  return steps.sort((a, b) => a.at - b.at || RUNG_NAMES.indexOf(a.rung) - RUNG_NAMES.indexOf(b.rung));
}

function overAt(term: Term, { dueDay, dueAt }: Reckoning, calendar: WorkingCalendar): number {
  if (term.unit === 'workingHours') return calendar.addWorkingTime(dueAt, workingTime(term.amount));
  const day = term.unit === 'workingDays' ? calendar.workingDayAfter(dueDay, term.amount) : dueDay + term.amount;
  return calendar.clock.instantAt(day, 0);
}

/** From when on it has no rungs. Met on a day of which the time is not known, it lasted to the end of that day. */
function endOf(ledger: DeadlineLedger, definition: CalendarDefinition): number {
  const ended = ledger.metAt ?? ledger.cancelledAt;
  if (ended === undefined) return Number.POSITIVE_INFINITY;
  return isDate(ended) ? calendarInForce(definition).endOf(epochDay(ended)) + 1 : parseInstant(ended);
}
