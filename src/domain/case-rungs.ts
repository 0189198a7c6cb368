import { isClosedState } from './closed-state.js';
import {
  advanceDeadlines,
  type DeadlineEvent,
  type DeadlineLedger,
  type DeadlineLedgers,
  NO_DEADLINES,
} from './deadline-ledger.js';
import { deadlineEvents } from './deadline-ledgers.js';
import { dueOf } from './due-date.js';
import type { JsonObject, RecordedEvent } from './event.js';
import { beginClimb, type Climb, climbOn, ladder, type Rung, rungKey } from './ladder.js';
import type { Workflow } from './workflow.js';
import { type CalendarDefinition, calendarInForce } from './working-calendar.js';

/** A rung of one of a case's deadlines. */
export type CaseRung = Rung & { readonly deadline: string };

/** The data of `deadline.reached`. */
export type ReachedRung = Omit<Rung, 'at' | 'movedBy'> & {
  readonly deadline: string;
  readonly movedBy?: readonly string[];
  readonly reachedAt: string;
};

/** One deadline of a case with how far it has come on its ladder. */
export type CaseLadder = {
  readonly ledger: DeadlineLedger;
  readonly climb: Climb;
  /** Keys of the rungs recorded, as {@link rungKey} writes them. */
  readonly raised: ReadonlySet<string>;
  /** Rungs reached before the climb stood where it stands that are not recorded. */
  readonly missed: readonly Rung[];
};

/**
 * The rungs to be recorded on a case at `now`, in the order in which they were reached: all that a clock which never
 * stopped would have recorded by then and that its stream does not have. Nothing of a deadline while a pause holds it
 * (what it missed before is recorded when the clock goes on), and nothing once the case is closed.
 *
 * @param workflow the definition the case is under after the last event of `history`
 * @param history the case's events from the first on
 * @throws CaseError as {@link caseLadders}
 */
export function rungsToRaise(
  workflow: Workflow,
  history: readonly Omit<RecordedEvent, 'position'>[],
  definition: CalendarDefinition,
  now: string,
): readonly CaseRung[] {
  const last = history.at(-1);
  if (last === undefined || isClosedState(workflow, last.metadata.state)) return [];
  const calendar = calendarInForce(definition, now);
  const due: CaseRung[] = [];
  for (const [deadline, { ledger, climb, raised, missed }] of caseLadders(workflow, history, definition)) {
    const rule = workflow.deadlines[deadline]!;
    if (dueOf(ledger, rule, calendar).held) continue;
    for (const rung of unraised([...missed, ...ladder(ledger, climb, rule, definition)], raised))
      if (rung.at <= now) due.push({ ...rung, deadline });
  }
  return due.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/**
 * The deadlines of a case with how far each has come, by name.
 *
 * @throws CaseError `TERM_INVALID` · `MIGRATION_REFUSED` as the ledgers themselves
 */
export function caseLadders(
  workflow: Workflow,
  history: readonly Omit<RecordedEvent, 'position'>[],
  definition: CalendarDefinition,
): ReadonlyMap<string, CaseLadder> {
  const recorded = raisedKeys(history);
  const ladders = new Map<string, CaseLadder>();
  let ledgers: DeadlineLedgers = NO_DEADLINES;
  for (const event of deadlineEvents(workflow, history)) {
    const before = ledgers;
    ledgers = advanceDeadlines(workflow.deadlines, before, event);
    if (ledgers === before) continue;
    for (const [name, ledger] of Object.entries(ledgers)) {
      if (ledger === before[name]) continue;
      const known = ladders.get(name);
      ladders.set(name, advanceLadder(workflow, known, recorded.get(name), ledger, definition, event.occurredAt));
    }
  }
  return ladders;
}

const NO_KEYS: ReadonlySet<string> = new Set();

function advanceLadder(
  workflow: Workflow,
  known: CaseLadder | undefined,
  raised: ReadonlySet<string> = NO_KEYS,
  ledger: DeadlineLedger,
  definition: CalendarDefinition,
  at: string,
): CaseLadder {
  if (known === undefined) return { ledger, climb: beginClimb(ledger), raised, missed: [] };
  const rule = workflow.deadlines[ledger.name]!;
  const { climb, reached } = climbOn(known.climb, known.ledger, ledger, rule, definition, at);
  // An event told late may say that what seemed reached was not.
  const stands = known.missed.filter((rung) => rung.at < at);
  return { ledger, climb, raised, missed: unraised([...stands, ...reached], raised) };
}

/** Those that are not recorded, each once: what was reached before a pause is not reached again after it. */
export function unraised(rungs: readonly Rung[], raised: ReadonlySet<string>): readonly Rung[] {
  const seen = new Set(raised);
  return rungs.filter((rung) => {
    const key = rungKey(rung);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The rung that a `deadline.reached` records. */
export function reachedRung({ data }: Pick<RecordedEvent, 'data'> | Pick<DeadlineEvent, 'data'>): ReachedRung {
  return data as unknown as ReachedRung;
}

/** What `deadline.reached` says of a rung. */
export function reachedData({ deadline, generation, movedBy, rung, term, dueOn, dueAt, at }: CaseRung): JsonObject {
  return {
    deadline,
    dueAt,
    dueOn,
    generation,
    ...(movedBy.length > 0 && { movedBy }),
    reachedAt: at,
    rung,
    ...(term !== undefined && { term: { amount: term.amount, unit: term.unit } }),
  };
}

function raisedKeys(history: readonly Omit<RecordedEvent, 'position'>[]): ReadonlyMap<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (const event of history) {
    if (event.type !== 'deadline.reached') continue;
    const rung = reachedRung(event);
    const known = keys.get(rung.deadline) ?? new Set();
    keys.set(rung.deadline, known.add(rungKey(rung)));
  }
  return keys;
}
