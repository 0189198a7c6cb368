import { setImmediate as nextTurn } from 'node:timers/promises';
import { CaseError } from '../../domain/case-error.js';
import type { RecordedEvent } from '../../domain/event.js';
import { assertAppendOffer, revisionBefore } from '../append-offer.js';
import { DEFAULT_PAGE_SIZE, type EventStore } from '../event-store.js';
import { commitWatch } from './commit-watch.js';
import { EVENT_COLUMNS, eventRows, recordedEvent } from './event-rows.js';
import { groupCommit } from './group-commit.js';
import { closeLedgerFile, openLedgerFile } from './ledger-file.js';
import { openDatabase } from './sqlite-binding.js';
import { storeFailure } from './sqlite-failure.js';
import { turnReading } from './turn-reading.js';

/** How many appends may wait for a commit before further ones are refused; a second or less of work. */
export const DEFAULT_MAX_QUEUED = 10_000;

/** How many bytes may wait for a commit before further appends are refused: what a small server can hold beside its work. */
export const DEFAULT_MAX_QUEUED_BYTES = 64_000_000;

/** Pages of write-ahead log after which it is written back into the file: seldom enough to be cheap, little enough to be short. */
export const WAL_CHECKPOINT_PAGES = 8_000;

/** UTF-16 units of data and metadata after which a page is handed out though it holds fewer events than asked for. */
const MAX_PAGE_UNITS = 8_000_000;

/** Rows taken out of SQLite in one go: enough to be fast, few enough that large ones fit. */
const ROWS_AT_ONCE = 100;

/** The position before the first event; SQLite's row numbers start at 1. */
const BEFORE_FIRST = 0n;

export type SqliteEventStoreOptions = {
  /** The ledger's file, laid out where there is none, or `:memory:`. */
  readonly path: string;
  /** Opens an existing ledger for looking only: appends are refused with `STORE_UNAVAILABLE`. */
  readonly readOnly?: boolean;
  readonly maxQueued?: number;
  readonly maxQueuedBytes?: number;
  readonly walCheckpointPages?: number;
  /** The binding; tests hand in one whose disk fails. */
  readonly openDatabase?: typeof openDatabase;
};

/**
 * A ledger in one SQLite file, safe for several processes at once and readable with any SQLite tool (view `event_log`).
 * Positions count from 1 without gaps, in the order of commits.
 *
 * @throws CaseError `STORE_NOT_A_LEDGER` | `STORE_TOO_NEW` | `STORE_CORRUPT` | `STORE_FULL` | `STORE_UNAVAILABLE`
 */
export async function sqliteEventStore(options: SqliteEventStoreOptions): Promise<EventStore> {
  const { path, readOnly = false, walCheckpointPages = WAL_CHECKPOINT_PAGES } = options;
  const { maxQueued = DEFAULT_MAX_QUEUED, maxQueuedBytes = DEFAULT_MAX_QUEUED_BYTES } = options;
  const database = await openLedgerFile({
    path,
    readOnly,
    walCheckpointPages,
    openDatabase: options.openDatabase ?? openDatabase,
  });
  // CROSS JOIN keeps SQLite from starting at the other table.
  const rowsAfter = eventRows(
    database.prepare(
      `SELECT ${EVENT_COLUMNS} FROM events CROSS JOIN streams USING (stream) WHERE position > ? ORDER BY position LIMIT ?`,
    ),
  );
  const rowsOf = eventRows(
    database.prepare(
      `SELECT ${EVENT_COLUMNS} FROM streams CROSS JOIN events USING (stream) WHERE name = ? AND revision >= ? ORDER BY revision LIMIT ?`,
    ),
  );
  const selectHead = database.prepare('SELECT max(position) AS position FROM events');
  const commits = commitWatch(database);
  const reading = turnReading(database);
  const writer = groupCommit({ database, reading, path, maxQueued, maxQueuedBytes, onCommitted: commits.committed });
  let closing: Promise<void> | undefined;

  function assertOpen(): void {
    if (closing !== undefined) throw new CaseError({ code: 'STORE_CLOSED' });
  }

  function page(after: bigint, limit: number): RecordedEvent[] {
    const events: RecordedEvent[] = [];
    let position: bigint | number = after;
    let units = 0;
    try {
      while (events.length < limit && units < MAX_PAGE_UNITS) {
        const size = Math.min(ROWS_AT_ONCE, limit - events.length);
        const rows = rowsAfter(position, size);
        for (const row of rows) {
          events.push(recordedEvent(row, path));
          units += row[5].length + row[6].length;
          position = row[0];
        }
        if (rows.length < size) break;
      }
      return events;
    } catch (error) {
      throw storeFailure(path, error);
    }
  }

  return {
    async append(stream, offered, expected) {
      assertOpen();
      if (readOnly) throw new CaseError({ code: 'STORE_UNAVAILABLE', detail: `${path} was opened for reading only` });
      assertAppendOffer(stream, offered, expected);
      return writer.append(stream, offered, revisionBefore(expected));
    },

    async read(stream, { from = 0, limit = -1 } = {}) {
      assertOpen();
      try {
        reading.begin();
        return rowsOf(stream, from, limit).map((row) => recordedEvent(row, path));
      } catch (error) {
        throw storeFailure(path, error);
      }
    },

    async readAll({ after = BEFORE_FIRST, limit = DEFAULT_PAGE_SIZE } = {}) {
      assertOpen();
      return page(after, limit);
    },

    async *subscribe({ after = BEFORE_FIRST, signal }) {
      let position = after;
      while (!signal.aborted) {
        assertOpen();
        const seen = commits.seen();
        const events = page(position, DEFAULT_PAGE_SIZE);
        const last = events.at(-1);
        if (last === undefined) await commits.after(seen, signal);
        else {
          position = last.position;
          yield events;
          // A long catch-up leaves room for appends and requests.
          await nextTurn();
        }
      }
    },

    async head() {
      assertOpen();
      try {
        const position = selectHead.get()?.position;
        return typeof position === 'number' ? BigInt(position) : undefined;
      } catch (error) {
        throw storeFailure(path, error);
      }
    },

    close() {
      closing ??= writer.drained().then(() => {
        reading.end();
        commits.close();
        closeLedgerFile(database, readOnly);
      });
      return closing;
    },
  };
}
