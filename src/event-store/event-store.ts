import type { ExpectedRevision } from '../domain/case-error.js';
import type { RecordedEvent, SealedEvent } from '../domain/event.js';

/**
 * Where an append ended: the stream's revision and the position of its last event. `repeated` says that nothing was
 * stored because events with these ids were there; an adapter whose server does not tell leaves it false.
 */
export type Appended = { readonly revision: number; readonly position: bigint; readonly repeated: boolean };

/** The most bytes one append may carry (type, data and metadata of all its events), on every store. EventStoreDB's own limit is 1 MiB in all. */
export const MAX_APPEND_BYTES = 1_000_000;

/** How many events a page holds unless asked otherwise. */
export const DEFAULT_PAGE_SIZE = 1_000;

/**
 * Where events live. Adapters differ in speed and in how far they reach, never in meaning: each one passes
 * `describeEventStore` (`caseledger/testing`).
 *
 * All methods reject with `CaseError`: `STORE_CLOSED` after {@link close}, `STORE_UNAVAILABLE` when the store cannot be
 * reached in time, `STORE_CORRUPT` when what is stored cannot be read.
 */
export interface EventStore {
  /**
   * Appends all of `events` to `stream`, or none. When the promise resolves they are on disk.
   *
   * The events' `revision`s must run on from `expected`. Where `expected` is the stream's head the events are stored
   * without looking at their ids: that a command is not stored twice is the engine's promise, which knows the stream's
   * commands. Where `expected` lies below the head and the events already there carry exactly these ids in this order,
   * the append succeeds, stores nothing, and answers where they lie: a resend after an unknown outcome. Ids are
   * compared, never data.
   *
   * @throws CaseError `REVISION_CONFLICT` when the stream is not at `expected` · `APPEND_TOO_LARGE` over
   *   {@link MAX_APPEND_BYTES} · `OVERLOADED` when too many appends are waiting · `STORE_FULL` when there is no room ·
   *   `STORE_OUTCOME_UNKNOWN` when it may or may not have been stored
   */
  append(stream: string, events: readonly SealedEvent[], expected: ExpectedRevision): Promise<Appended>;

  /** Reads one stream, oldest first, from revision `from` (0 unless given), at most `limit` events. A stream nobody wrote to is empty. */
  read(
    stream: string,
    options?: { readonly from?: number; readonly limit?: number },
  ): Promise<readonly RecordedEvent[]>;

  /** Reads every stream in `position` order, starting just after `after`, at most `limit` events ({@link DEFAULT_PAGE_SIZE} unless given). An empty page means the end. */
  readAll(options?: { readonly after?: bigint; readonly limit?: number }): Promise<readonly RecordedEvent[]>;

  /**
   * Yields everything after `after` in position order, in pages, and goes on with what is appended later, by any
   * process, without gap or repeat, until `signal` aborts (the iteration then ends without an error).
   */
  subscribe(options: {
    readonly after?: bigint;
    readonly signal: AbortSignal;
  }): AsyncIterable<readonly RecordedEvent[]>;

  /** Position of the last event stored, or undefined while there is none. */
  head(): Promise<bigint | undefined>;

  /** Waits for appends under way, then lets go of everything. Safe to call twice. */
  close(): Promise<void>;
}
