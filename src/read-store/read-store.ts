import type { Kysely } from 'kysely';
import type { Rewrite, Row, RowValue, TableSpec } from './table-spec.js';

/** A read model's tables as filled once: `active` is what queries see, `building` what will replace it. */
export type Generation = {
  readonly name: string;
  /** Counts from 1 per read model; part of its tables' names. */
  readonly generation: number;
  readonly role: 'active' | 'building';
  /** Version of the code that fills it. */
  readonly version: number;
  /** What else its rows depend on, as a digest: definitions, calendar. */
  readonly basis: string;
  readonly shape: string;
  /** The last event in it; undefined before the first. */
  readonly position: bigint | undefined;
  /** Id of that event, by which another history is told from this one. */
  readonly event: string | undefined;
  /** How many events it has taken, those without any row included. */
  readonly events: number;
  readonly halted: Halt | undefined;
};

/** An event a read model cannot take. `detail` holds no personal data. */
export type Halt = {
  readonly position: bigint;
  readonly event: string;
  readonly detail: string;
  /** ISO 8601. */
  readonly at: string;
};

/** An event a person decided to leave out of a read model. */
export type Skip = {
  readonly name: string;
  readonly version: number;
  readonly basis: string;
  readonly position: bigint;
  readonly event: string;
  readonly detail: string;
  readonly actor: string;
  readonly reason: string;
  readonly at: string;
};

export type GenerationRef = Pick<Generation, 'name' | 'generation'>;

/** Where a generation stands. */
export type Checkpoint = {
  readonly position: bigint | undefined;
  readonly event: string | undefined;
  readonly events: number;
};

/** What happened to the rows of one table since they were last written. */
export type TableChanges = {
  readonly table: TableSpec;
  /** Rows that were not there. */
  readonly inserted: readonly Row[];
  /** Rows that were there, as they were and as they are now. */
  readonly updated: readonly { readonly before: Row; readonly after: Row }[];
  /** As they were. */
  readonly removed: readonly Row[];
  /** Differences for counters; `key` holds every column that is none. */
  readonly added: readonly { readonly key: Row; readonly deltas: Readonly<Record<string, number>> }[];
  /** Made to the rows stored, one after the other and before anything above is written. */
  readonly rewrites: readonly Rewrite[];
};

/** A row that a rewrite cannot change; nothing was written. */
export class RewriteFailed extends Error {
  override readonly name = 'RewriteFailed';

  constructor(override readonly cause: unknown) {
    super('a stored row cannot be changed');
  }
}

/**
 * The database of the read models: derived, so it may be deleted on any day and is filled again. A generation's rows
 * and its checkpoint are written in one transaction, and only where the checkpoint is still the one the writer saw:
 * whoever comes second writes nothing.
 *
 * Rejects with `CaseError`: `STORE_UNAVAILABLE`, `STORE_FULL`, `STORE_CORRUPT`, `STORE_CLOSED`.
 */
export interface ReadStore {
  /** For queries. Tables of a read model are named by {@link tableName}. */
  // biome-ignore lint/suspicious/noExplicitAny: which tables there are is the read models' to say
  readonly database: Kysely<any>;

  /** Every generation of every read model. */
  generations(): Promise<readonly Generation[]>;

  /**
   * Makes empty tables for a read model beside its active ones. Where the same version is being built already, by
   * whomever, that one is given; one of another version is dropped.
   */
  build(model: {
    readonly name: string;
    readonly version: number;
    readonly basis: string;
    readonly tables: readonly TableSpec[];
  }): Promise<Generation>;

  /** Rows by key; those that are not there are left out. */
  rows(of: GenerationRef, table: TableSpec, keys: readonly (readonly RowValue[])[]): Promise<readonly Row[]>;

  /**
   * Writes rows and checkpoint. Answers false, with nothing written, when the generation is not at `from` any more, is
   * halted or is gone.
   *
   * A commit with rewrites takes its time: queries go on and see the rows as they were, other commits of this process
   * wait while it writes, and those of other processes may find the store unavailable.
   *
   * @param signal gives such a commit up, with nothing written
   * @throws RewriteFailed when a stored row cannot be changed
   */
  commit(
    of: GenerationRef,
    from: Checkpoint,
    to: Checkpoint,
    changes: readonly TableChanges[],
    signal?: AbortSignal,
  ): Promise<boolean>;

  /** Records that it cannot take the event after `at`. Answers false when it is not at `at` any more. */
  halt(of: GenerationRef, at: Checkpoint, halt: Halt): Promise<boolean>;

  /** Moves a halted generation past the event it halts at and records who said so. Answers false when it does not halt there. */
  skip(of: GenerationRef, to: Checkpoint, skip: Skip): Promise<boolean>;

  /** Every event left out of a read model, oldest first. */
  skips(name: string): Promise<readonly Skip[]>;

  /** Makes the indexes of a generation being built; takes as long as that takes, and has no effect the second time. */
  index(of: GenerationRef, tables: readonly TableSpec[]): Promise<void>;

  /** Puts a generation that was built in the active one's place, which is dropped. Answers false, with nothing changed, when it is gone, halted or behind the active one. */
  activate(of: GenerationRef): Promise<boolean>;

  /** Drops a generation with its rows. */
  drop(of: GenerationRef): Promise<void>;

  close(): Promise<void>;
}

/** The name of a read model's table in one generation. */
export function tableName(table: string, generation: number): string {
  return `${table}_g${generation}`;
}
