import { deadlineLedgers } from '../domain/deadline-ledgers.js';
import { dueOf, hasLapsed, isOverdue, wasMetLate } from '../domain/due-date.js';
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

/**
 * Answers `{ workflow, caseId, deadline }` with how that deadline stood at the instant asked about: its `status`,
 * `dueOn`, whether it had `passed` unmet (a limit overdue, a window over), and whether it was met `late`. Undefined where
 * no event has started it. Asked for several (`deadlines` in place of `deadline`), it answers each by name, null where no
 * event has started it. Knows what the store holds: not what the command under way has brought so far.
 */
export function deadlineLookup(deps: {
  readonly store: EventStore;
  readonly registry: WorkflowRegistry;
  readonly calendar: LedgerCalendar;
}): Lookup {
  const { store, registry, calendar } = deps;
  return async (key, at) => {
    const { workflow: name, caseId, deadline, deadlines } = key as DeadlineKey;
    const history = await readStream(store, streamIdOf(name, caseId));
    const last = history.at(-1);
    if (!last) return undefined;
    const workflow = registry.get(name, last.metadata.workflow.version);
    const ledgers = deadlineLedgers(workflow, history);
    const inForce = calendarInForce(await calendar.current(), at);
    const standing = (one: string): JsonObject | null => {
      const ledger = Object.hasOwn(ledgers, one) ? ledgers[one] : undefined;
      if (!ledger) return null;
      const rule = workflow.deadlines[one]!;
      return {
        dueOn: dueOf(ledger, rule, inForce).dueOn,
        late: wasMetLate(ledger, rule, inForce),
        passed: isOverdue(ledger, rule, inForce, at) || hasLapsed(ledger, rule, inForce, at),
        status: ledger.status,
      };
    };
    const value =
      deadlines === undefined
        ? standing(deadline)
        : Object.fromEntries(deadlines.map((one) => [one, standing(one)] as const));
    return value === null ? undefined : { value, source: DEADLINE_LOOKUP, revision: last.revision };
  };
}

type DeadlineKey = {
  readonly workflow: string;
  readonly caseId: string;
  readonly deadline: string;
  readonly deadlines?: readonly string[];
};
