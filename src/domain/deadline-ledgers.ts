import { deadlineEvent } from './deadline-event.js';
import { advanceDeadlines, type DeadlineEvent, type DeadlineLedgers, NO_DEADLINES } from './deadline-ledger.js';
import type { RecordedEvent } from './event.js';
import { told } from './replay.js';
import type { Workflow } from './workflow.js';

/**
 * The deadline ledgers of a case: the fold of its events over its workflow's rules. What happened before the case last
 * moved to another version is folded as that version tells it, in that version's events and states.
 *
 * @param workflow the definition the case is under after the last event of `history`
 * @param history the case's events from the first on, as stored or read with personal fields withheld
 * @throws CaseError `TERM_INVALID` as {@link advanceDeadlines} · `MIGRATION_REFUSED` where this version no longer
 *   allows what it was once told
 */
export function deadlineLedgers(
  workflow: Workflow,
  history: readonly Omit<RecordedEvent, 'position'>[],
): DeadlineLedgers {
  let ledgers = NO_DEADLINES;
  for (const event of deadlineEvents(workflow, history)) {
    ledgers = advanceDeadlines(workflow.deadlines, ledgers, event);
  }
  return ledgers;
}

/** A case's events as its deadlines see them under this definition. @throws CaseError `MIGRATION_REFUSED` as {@link deadlineLedgers} */
export function* deadlineEvents(
  workflow: Workflow,
  history: readonly Omit<RecordedEvent, 'position'>[],
): Generator<DeadlineEvent> {
  const moved = history.findLastIndex(({ type }) => type === 'case.migrated');
  if (moved > 0) {
    for (const { event, recorded, after } of told(workflow, history.slice(0, moved))) {
      yield { ...deadlineEvent(recorded), type: event.type, data: event.data, state: after.state };
    }
  }
  for (const event of moved > 0 ? history.slice(moved) : history) yield deadlineEvent(event);
}
