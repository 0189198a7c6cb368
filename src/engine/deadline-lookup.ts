import { advanceDeadlines, type DeadlineEvent } from '../domain/deadline-ledger.js';
import { deadlineLedgers } from '../domain/deadline-ledgers.js';
import { standingAt } from '../domain/deadline-standing.js';
import { wasMetLate } from '../domain/due-date.js';
import type { JsonObject } from '../domain/event.js';
import { streamIdOf } from '../domain/stream-id.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import { calendarInForce } from '../domain/working-calendar.js';
import type { EventStore } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';
import type { LedgerCalendar } from './ledger-calendar.js';
import type { Lookup } from './lookups.js';

/** Names the look-up that {@link deadlineLookup} answers, in the events that declare it. */
export const DEADLINE_LOOKUP = 'deadline';

/** What {@link deadlineLookup} is asked. An event that declares the look-up names the first three. */
export type DeadlineQuestion = {
  readonly workflow: string;
  readonly caseId: string;
  readonly deadline: string;
  /** Under the calendar in force at this instant; the one asked about unless given. */
  readonly calendarAsOf?: string;
  /** Version of the definition the case is under, and the last of its stored events to look at (−1: none). */
  readonly version?: number;
  readonly revision?: number;
  /** Events of the command under way, which follow. */
  readonly underWay?: readonly DeadlineEvent[];
};

/**
 * Answers a {@link DeadlineQuestion} with how that deadline stood at the instant asked about, a `DeadlineStanding`.
 * and with `late` where it was met after its end. Undefined where it had not begun. Knows what the store holds, and of the command under way what the question tells.
 */
export function deadlineLookup(deps: {
  readonly store: EventStore;
  readonly registry: WorkflowRegistry;
  readonly calendar: LedgerCalendar;
}): Lookup {
  const { store, registry, calendar } = deps;
  return async (key, at) => {
    const question = key as DeadlineQuestion;
    const { workflow: name, caseId, deadline, underWay = [] } = question;
    const { calendarAsOf = at, revision = Number.POSITIVE_INFINITY } = question;
    const stored = revision < 0 ? [] : await readStream(store, streamIdOf(name, caseId));
    const history = stored.filter((event) => event.revision <= revision);
    const last = history.at(-1);
    const version = question.version ?? last?.metadata.workflow.version;
    if (version === undefined) return undefined;
    const workflow = registry.get(name, version);
    let ledgers = deadlineLedgers(workflow, history);
    for (const event of underWay) ledgers = advanceDeadlines(workflow.deadlines, ledgers, event);
    const ledger = Object.hasOwn(ledgers, deadline) ? ledgers[deadline] : undefined;
    if (!ledger) return undefined;

    const rule = workflow.deadlines[deadline]!;
    const inForce = calendarInForce(await calendar.current(), calendarAsOf);
    const standing = standingAt(ledger, rule, inForce, at);
    if (!standing) return undefined;
    const known = underWay.at(-1)?.revision ?? last?.revision;
    const late = standing.status === 'met' && wasMetLate(ledger, rule, inForce);
    const value = { ...standing, ...(late && { late }) } as JsonObject;
    return { value, source: DEADLINE_LOOKUP, ...(known !== undefined && { revision: known }) };
  };
}
