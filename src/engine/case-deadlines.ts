import { CaseError } from '../domain/case-error.js';
import type { DeadlineLedger } from '../domain/deadline-ledger.js';
import { deadlineLedgers } from '../domain/deadline-ledgers.js';
import { type Due, dueOf, isOverdue } from '../domain/due-date.js';
import type { RecordedEvent } from '../domain/event.js';
import { type Explanation, explainDeadline } from '../domain/explain-deadline.js';
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
