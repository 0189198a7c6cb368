import type { RecordedEvent } from '../domain/event.js';
import type { Rewrite, Row, RowValue, TableSpec } from '../read-store/table-spec.js';

/** A row an event's `apply` will look at. */
export type RowKey = {
  readonly table: string;
  readonly key: readonly RowValue[];
  /** Certain not to be there, as the row of a case is before the case's first event; it is then not looked up. */
  readonly fresh?: boolean;
};

/** The rows of a read model while events are applied to it. What is written is seen by what follows. */
export interface Rows {
  /** A row named by `reads`; asking for another is a mistake and throws. */
  get(table: string, ...key: readonly RowValue[]): Row | undefined;
  /** Writes a row named by `reads`. */
  put(table: string, row: Row): void;
  /** Removes a row named by `reads`. */
  remove(table: string, ...key: readonly RowValue[]): void;
  /** Writes a row that is certain not to be there and that no later event looks at or changes. */
  append(table: string, row: Row): void;
  /** Changes any number of rows of a table, for the rare event that concerns them all. Not for tables that are appended to or tallied. */
  rewrite(table: string, rewrite: Rewrite): void;
}

/** A table that counts another one's rows by what they show; kept from how those rows changed, however many events that took. */
export type Tally = {
  /** Its one counter is named in `counters`. */
  readonly table: TableSpec;
  /** The table whose rows are counted. */
  readonly of: string;
  /** The key under which a row counts. */
  readonly key: (row: Row) => Row;
};

/**
 * A read model: rows built from events alone, in position order, so that it can be dropped and rebuilt on any day with
 * the same result. Holds nothing personal.
 *
 * `reads` and `apply` are pure: they are run again whenever a page is folded again.
 */
export type Projection = {
  /** Lower case, words joined by underscores. */
  readonly name: string;
  /** Raised when the rows mean something else than before; the runner then rebuilds. */
  readonly version: number;
  /** A digest of what the rows depend on besides the events: definitions, the calendar as shipped. Another one rebuilds too. */
  readonly basis: string;
  /** Those that tallies keep are not among them. */
  readonly tables: readonly TableSpec[];
  readonly tallies?: readonly Tally[];
  /** The rows `apply` will look at. */
  readonly reads: (event: RecordedEvent) => readonly RowKey[];
  /** Whether `apply` needs the events of the stream up to and including this one. For rare events: it is a read of the store. */
  readonly needsHistory?: (event: RecordedEvent) => boolean;
  /** Whether `apply` may rewrite a table because of this event. It is then taken aside, so that no other read model waits for it. */
  readonly rewrites?: (event: RecordedEvent) => boolean;
  /** @throws whatever it meets in an event it cannot take: the read model then halts there, alone */
  readonly apply: (event: RecordedEvent, rows: Rows, history: readonly RecordedEvent[]) => void;
};

/** Every table of a read model. */
export function tablesOf({ tables, tallies = [] }: Projection): readonly TableSpec[] {
  return [...tables, ...tallies.map(({ table }) => table)];
}

export const NOTHING_READ: readonly RowKey[] = [];
