import type { DeadlineLedger } from '../domain/deadline-ledger.js';
import type { Row, TableSpec } from '../read-store/table-spec.js';

/**
 * What a limit was before an event began it anew: the due list shows the life that runs, a rate over a period counts
 * those before it too. Of limits that can become overdue only. Labels are those of its case, in `deadline_cases`.
 */
export const PAST_DEADLINES: TableSpec = {
  name: 'past_deadlines',
  columns: {
    stream: 'text',
    deadline: 'text',
    /** Revision of the event that began it anew. */
    until: 'integer',
    workflow: 'text',
    version: 'integer',
    limit_kind: 'text',
    /** As in `due_cases`, or `replaced` where it was begun anew while it was open. */
    status: 'text',
    /** Who handled the case when it was over. */
    handler: 'text?',
    deemed_at: 'text?',
    reach_at: 'text?',
    provisional: 'integer',
    over_at: 'text',
    passed_at: 'text?',
    late: 'integer?',
    ledger: 'text',
  },
  primaryKey: ['stream', 'deadline', 'until'],
  indexes: [
    { columns: ['over_at'] },
    { columns: ['passed_at'], where: 'passed_at IS NOT NULL' },
    { columns: ['reach_at'], where: 'reach_at IS NOT NULL' },
  ],
};

/** The columns of {@link PAST_DEADLINES} that depend on the calendar. */
export const PAST_CALENDAR_COLUMNS = ['deemed_at', 'reach_at', 'provisional', 'passed_at', 'late'] as const;

/** Whether an event began a deadline anew that had run, or run out, before. One that was only awaited goes on. */
export function isBegunAnew(before: DeadlineLedger | undefined, after: DeadlineLedger): before is DeadlineLedger {
  return (
    before !== undefined &&
    before !== after &&
    before.status !== 'awaited' &&
    before.generation !== after.generation &&
    before.anchor.revision !== after.anchor.revision
  );
}

/** @param dated its columns of `due_cases` once it is over */
export function pastRow(of: Row, until: number, dated: Row): Row {
  return {
    stream: of.stream!,
    deadline: of.deadline!,
    until,
    workflow: of.workflow!,
    version: of.version!,
    limit_kind: of.limit_kind!,
    status: dated.status!,
    handler: of.handler!,
    deemed_at: dated.deemed_at!,
    reach_at: dated.reach_at!,
    provisional: dated.provisional!,
    over_at: dated.over_at!,
    passed_at: dated.passed_at!,
    late: dated.late!,
    ledger: of.ledger!,
  };
}
