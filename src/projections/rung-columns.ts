import { missedRungs, type RaisedLadder } from '../domain/case-rungs.js';
import type { DeadlineLedger } from '../domain/deadline-ledger.js';
import { ladder, rungKey } from '../domain/ladder.js';
import type { Workflow } from '../domain/workflow.js';
import type { CalendarDefinition } from '../domain/working-calendar.js';
import type { Row } from '../read-store/table-spec.js';

/** What a row of `due_cases` shows the alarm clock. A hint: what is to be recorded, the case itself says. */
export const RUNG_COLUMNS = {
  /** When the first rung that is not recorded is to be raised; null while a pause holds the deadline, when none is left, and once the case is closed. */
  next_rung_at: 'text?',
  /** Keys of the rungs recorded since the anchor, as JSON. */
  raised_rungs: 'text',
  /** When the first rung of an earlier anchor was reached that is not recorded. */
  missed_rung_at: 'text?',
  /** Revision of the event that the row was last written at. */
  revision: 'integer',
} as const;

/** What is known of a deadline's rungs besides its ledger. */
export type RungNotes = { readonly raised: readonly string[]; readonly missedAt: string | null };

export const NO_RUNGS: RungNotes = { raised: [], missedAt: null };

export function notesOf(row: Row): RungNotes {
  return {
    raised: JSON.parse(String(row.raised_rungs)) as readonly string[],
    missedAt: row.missed_rung_at === null ? null : String(row.missed_rung_at),
  };
}

/** After a rung was recorded. Whatever was missed before is recorded with it. */
export function withRung({ raised }: RungNotes, key: string): RungNotes {
  return { raised: raised.includes(key) ? raised : [...raised, key], missedAt: null };
}

/** After another event anchored the deadline anew at `until`. */
export function anchoredNotes(
  workflow: Workflow,
  before: DeadlineLedger,
  { raised, missedAt }: RungNotes,
  until: string,
  definition: CalendarDefinition,
): RungNotes {
  const [first] = missedRungs(workflow, before, definition, until, new Set(raised));
  return { raised: [], missedAt: missedAt ?? first?.at ?? null };
}

/** As a case's whole history has it. */
export function toldNotes({ raised, missed }: RaisedLadder): RungNotes {
  return { raised: [...raised], missedAt: missed[0]?.at ?? null };
}

export function nextRungAt(
  workflow: Workflow,
  ledger: DeadlineLedger,
  { raised, missedAt }: RungNotes,
  definition: CalendarDefinition,
): string | null {
  if (missedAt !== null) return missedAt;
  const rungs = ladder(ledger, workflow.deadlines[ledger.name]!, definition);
  return rungs.find((rung) => !raised.includes(rungKey(rung)))?.at ?? null;
}
