import { CaseError } from '../domain/case-error.js';
import {
  advanceDeadlines,
  type DeadlineLedger,
  type DeadlineLedgers,
  NO_DEADLINES,
} from '../domain/deadline-ledger.js';
import { type Due, dueOf, isOverdue } from '../domain/due-date.js';
import type { RecordedEvent } from '../domain/event.js';
import { type Explanation, explainDeadline } from '../domain/explain-deadline.js';
import { openPart } from '../domain/personal-data.js';
import { factValues } from '../domain/replay.js';
import type { Title } from '../domain/title.js';
import type { Workflow } from '../domain/workflow.js';
import { type CalendarDefinition, calendarInForce } from '../domain/working-calendar.js';

/** One deadline of one case under the calendar in force at the instant asked about. */
export type CaseDeadline = {
  readonly name: string;
  readonly title: Title;
  readonly kind: 'atMost' | 'atLeast' | 'window';
  readonly limit: 'statutory' | 'promised' | 'internal';
  readonly source: string;
  readonly status: DeadlineLedger['status'];
  readonly generation: number;
  readonly due: Due;
  /** Whether it was overdue at that instant: a question to the calendar, never a stored mark. */
  readonly overdue: boolean;
  readonly metAt?: string;
};

/** The deadline ledgers of a case: the fold of its events over its workflow's rules. */
export function deadlineLedgers(
  workflow: Workflow,
  history: readonly Omit<RecordedEvent, 'position'>[],
): DeadlineLedgers {
  return history.reduce(
    (ledgers, event) => advanceDeadlines(workflow.deadlines, ledgers, deadlineEvent(event)),
    NO_DEADLINES,
  );
}

/** An event as deadlines see it. */
export function deadlineEvent(event: Omit<RecordedEvent, 'position'>) {
  const { type, revision, metadata } = event;
  const { occurredAt, recordedAt, state, reason } = metadata;
  return {
    type,
    data: openPart(event.data),
    occurredAt,
    recordedAt,
    facts: factValues(event),
    state,
    revision,
    ...(reason !== undefined && { reason }),
  };
}

/** The deadlines of a case as they stand at `now`, earliest due first. */
export function caseDeadlines(
  workflow: Workflow,
  history: readonly RecordedEvent[],
  definition: CalendarDefinition,
  now: string,
): readonly CaseDeadline[] {
  const calendar = calendarInForce(definition, now);
  return Object.values(deadlineLedgers(workflow, history))
    .map((ledger): CaseDeadline => {
      const rule = workflow.deadlines[ledger.name]!;
      return {
        name: ledger.name,
        title: rule.title,
        kind: rule.kind ?? 'atMost',
        limit: rule.limit ?? 'statutory',
        source: rule.source,
        status: ledger.status,
        generation: ledger.generation,
        due: dueOf(ledger, rule, calendar),
        overdue: isOverdue(ledger, rule, calendar, now),
        ...(ledger.metAt !== undefined && { metAt: ledger.metAt }),
      };
    })
    .sort((a, b) => (a.due.dueAt < b.due.dueAt ? -1 : a.due.dueAt > b.due.dueAt ? 1 : 0));
}

/**
 * How one due date came about: every counted day, every day off and the notice it comes from, every pause and extension.
 *
 * @throws CaseError `DEADLINE_UNKNOWN` when no event has started it
 */
export function explainCaseDeadline(
  workflow: Workflow,
  history: readonly RecordedEvent[],
  definition: CalendarDefinition,
  now: string,
  deadline: string,
): Explanation {
  const ledgers = deadlineLedgers(workflow, history);
  const ledger = Object.hasOwn(ledgers, deadline) ? ledgers[deadline] : undefined;
  if (!ledger) throw new CaseError({ code: 'DEADLINE_UNKNOWN', deadline, known: Object.keys(ledgers) });
  return explainDeadline(ledger, workflow.deadlines[deadline]!, calendarInForce(definition, now));
}
