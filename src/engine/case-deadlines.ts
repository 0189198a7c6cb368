import { CaseError } from '../domain/case-error.js';
import { type DeadlineKind, kindOf } from '../domain/deadline.js';
import type { DeadlineLedger } from '../domain/deadline-ledger.js';
import { deadlineLedgers } from '../domain/deadline-ledgers.js';
import { type Due, dueOf, hasBegun, isOverdue, statusAt } from '../domain/due-date.js';
import type { RecordedEvent } from '../domain/event.js';
import { type Explanation, explainDeadline } from '../domain/explain-deadline.js';
import type { Title } from '../domain/title.js';
import type { Workflow } from '../domain/workflow.js';
import { type CalendarDefinition, calendarInForce } from '../domain/working-calendar.js';

/** One deadline of one case under the calendar in force at the instant asked about. */
export type CaseDeadline = {
  readonly name: string;
  readonly title: Title;
  readonly kind: DeadlineKind;
  readonly limit: 'statutory' | 'promised' | 'internal';
  readonly source: string;
  readonly status: 'running' | 'paused' | 'met' | 'cancelled';
  readonly generation: number;
  readonly due: Due;
  /** Whether it was overdue at that instant: a question to the calendar, never a stored mark. */
  readonly overdue: boolean;
  readonly metAt?: string;
};

/** The deadlines of a case that have begun by `now`, as they stand then, earliest due first. */
export function caseDeadlines(
  workflow: Workflow,
  history: readonly RecordedEvent[],
  definition: CalendarDefinition,
  now: string,
): readonly CaseDeadline[] {
  const calendar = calendarInForce(definition, now);
  return Object.values(deadlineLedgers(workflow, history))
    .flatMap((ledger): CaseDeadline[] => {
      const rule = workflow.deadlines[ledger.name]!;
      const status = statusAt(ledger, rule, calendar, now);
      if (status === undefined) return [];
      const deadline: CaseDeadline = {
        name: ledger.name,
        title: rule.title,
        kind: kindOf(rule),
        limit: rule.limit ?? 'statutory',
        source: rule.source,
        status,
        generation: ledger.generation,
        due: dueOf(ledger, rule, calendar),
        overdue: isOverdue(ledger, rule, calendar, now),
        ...(ledger.metAt !== undefined && { metAt: ledger.metAt }),
      };
      return [deadline];
    })
    .sort((a, b) => (a.due.dueAt < b.due.dueAt ? -1 : a.due.dueAt > b.due.dueAt ? 1 : 0));
}

/**
 * How one due date came about: every counted day, every day off and the notice it comes from, every pause and extension.
 *
 * @throws CaseError `DEADLINE_UNKNOWN` when it has not begun
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
  const calendar = calendarInForce(definition, now);
  const begun = (one: DeadlineLedger) => hasBegun(one, workflow.deadlines[one.name]!, calendar, now);
  if (!ledger || !begun(ledger)) {
    const known = Object.values(ledgers).filter(begun);
    throw new CaseError({ code: 'DEADLINE_UNKNOWN', deadline, known: known.map(({ name }) => name) });
  }
  return explainDeadline(ledger, workflow.deadlines[deadline]!, calendar);
}
