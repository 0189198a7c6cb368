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
import { ladder, type Rung, rungKey } from './ladder.js';
import { parseInstant } from './office-time.js';
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

/** One deadline of a case with what its stream says of its rungs. */
export type RaisedLadder = {
  readonly ledger: DeadlineLedger;
  /** Keys of the rungs recorded, as {@link rungKey} writes them. */
  readonly raised: ReadonlySet<string>;
  /** Rungs reached under earlier anchors that are not recorded. */
  readonly missed: readonly Rung[];
};

/**
 * The rungs to be recorded on a case at `now`, in the order in which they were reached: all that a clock which never
 * stopped would have recorded by then and that its stream does not have. Nothing of a deadline while a pause holds it
 * (what it missed before is recorded when the clock goes on), and nothing once the case is closed.
 *
 * @param workflow the definition the case is under after the last event of `history`
 * @param history the case's events from the first on
 * @throws CaseError as {@link raisedLadders}
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
  for (const [deadline, { ledger, raised, missed }] of raisedLadders(workflow, history, definition)) {
    const rule = workflow.deadlines[deadline]!;
    if (dueOf(ledger, rule, calendar).held) continue;
    for (const rung of [...missed, ...ladder(ledger, rule, definition)])
      if (rung.at <= now && !raised.has(rungKey(rung))) due.push({ ...rung, deadline });
  }
  return due.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/**
 * The deadlines of a case with what is recorded of their ladders, by name.
 *
 * @throws CaseError `TERM_INVALID` · `MIGRATION_REFUSED` as the ledgers themselves
 */
export function raisedLadders(
  workflow: Workflow,
  history: readonly Omit<RecordedEvent, 'position'>[],
  definition: CalendarDefinition,
): ReadonlyMap<string, RaisedLadder> {
  const earlier: { readonly ledger: DeadlineLedger; readonly until: string }[] = [];
  let ledgers: DeadlineLedgers = NO_DEADLINES;
  for (const event of deadlineEvents(workflow, history)) {
    const before = ledgers;
    ledgers = advanceDeadlines(workflow.deadlines, before, event);
    for (const ledger of anchoredAnew(before, ledgers)) earlier.push({ ledger, until: event.occurredAt });
  }
  const raised = raisedKeys(history);
  const ladders = new Map<string, RaisedLadder>();
  for (const [name, ledger] of Object.entries(ledgers)) {
    const recorded = raised.get(name) ?? NO_KEYS;
    const missed = earlier
      .filter((one) => one.ledger.name === name)
      .flatMap((one) => missedRungs(workflow, one.ledger, definition, one.until, recorded));
    ladders.set(name, { ledger, raised: recorded, missed });
  }
  return ladders;
}

const NO_KEYS: ReadonlySet<string> = new Set();

/** What a ledger that was anchored anew at `until` had reached by then and is not recorded. */
export function missedRungs(
  workflow: Workflow,
  ledger: DeadlineLedger,
  definition: CalendarDefinition,
  until: string,
  raised: ReadonlySet<string>,
): readonly Rung[] {
  const end = parseInstant(until);
  return ladder(ledger, workflow.deadlines[ledger.name]!, definition).filter(
    (rung) => parseInstant(rung.at) < end && !raised.has(rungKey(rung)),
  );
}

/** The ledgers, as they were, whose deadlines another event has anchored since. */
export function anchoredAnew(before: DeadlineLedgers, after: DeadlineLedgers): readonly DeadlineLedger[] {
  if (before === after) return [];
  return Object.values(before).filter((ledger) => {
    const anchor = after[ledger.name]?.anchor;
    return anchor !== undefined && (anchor.revision !== ledger.anchor.revision || anchor.at !== ledger.anchor.at);
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
