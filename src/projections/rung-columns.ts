import { type CaseLadder, unraised } from '../domain/case-rungs.js';
import type { DeadlineLedger } from '../domain/deadline-ledger.js';
import { beginClimb, type Climb, climbOn, ladder } from '../domain/ladder.js';
import type { Workflow } from '../domain/workflow.js';
import type { CalendarDefinition } from '../domain/working-calendar.js';
import type { Row } from '../read-store/table-spec.js';

/** What a row of `due_cases` shows the alarm clock. A hint: what is to be recorded, the case itself says. */
export const RUNG_COLUMNS = {
  /** When the first rung that is not recorded is to be raised; null while a pause holds the deadline, when none is left, and once the case is closed. */
  next_rung_at: 'text?',
  /** How far the deadline has come on its ladder, as JSON. */
  climb: 'text',
  /** Revision of the event that the row was last written at. */
  revision: 'integer',
} as const;

/** A climb with what is recorded of it. */
export type RecordedClimb = Climb & {
  /** Keys of the rungs recorded. */
  readonly raised: readonly string[];
  /** When the first rung was reached that is not recorded and came before `since`. */
  readonly missedAt?: string;
};

export function climbOf(row: Row): RecordedClimb {
  return JSON.parse(String(row.climb)) as RecordedClimb;
}

export function newClimb(ledger: DeadlineLedger): RecordedClimb {
  return { ...beginClimb(ledger), raised: [] };
}

/** After a rung was recorded. Whatever was missed before is recorded with it. */
export function withRung({ missedAt: _recorded, ...climb }: RecordedClimb, key: string): RecordedClimb {
  return climb.raised.includes(key) ? climb : { ...climb, raised: [...climb.raised, key] };
}

/** After an event at `at` has changed the ledger. */
export function climbAfter(
  workflow: Workflow,
  { raised, missedAt, ...climb }: RecordedClimb,
  before: DeadlineLedger,
  after: DeadlineLedger,
  definition: CalendarDefinition,
  at: string,
): RecordedClimb {
  const on = climbOn(climb, before, after, workflow.deadlines[after.name]!, definition, at);
  // An event told late may say that what seemed reached was not.
  const stands = missedAt !== undefined && missedAt < at ? missedAt : undefined;
  const missed = stands ?? unraised(on.reached, new Set(raised))[0]?.at;
  return { ...on.climb, raised, ...(missed === undefined ? {} : { missedAt: missed }) };
}

/** As a case's whole history has it. */
export function toldClimb({ climb, raised, missed }: CaseLadder): RecordedClimb {
  const [first] = missed;
  return { ...climb, raised: [...raised], ...(first === undefined ? {} : { missedAt: first.at }) };
}

export function nextRungAt(
  workflow: Workflow,
  ledger: DeadlineLedger,
  climb: RecordedClimb,
  definition: CalendarDefinition,
): string | null {
  if (climb.missedAt !== undefined) return climb.missedAt;
  const rungs = ladder(ledger, climb, workflow.deadlines[ledger.name]!, definition);
  return unraised(rungs, new Set(climb.raised))[0]?.at ?? null;
}
