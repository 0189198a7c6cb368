import { CaseError } from '../../domain/case-error.js';
import type { SealedEvent } from '../../domain/event.js';
import { bytesToUuid, uuidToBytes } from '../../domain/uuid-bytes.js';
import { appendBytes, headOf } from '../append-offer.js';
import type { Appended } from '../event-store.js';
import { BUSY_TIMEOUT_MS } from './ledger-file.js';
import type { Database } from './sqlite-binding.js';
import { isBusy, isConstraintViolation, isInputOutputError, storeFailure } from './sqlite-failure.js';
import { type StreamHead, streamHeads } from './stream-heads.js';
import type { TurnReading } from './turn-reading.js';

/** Events one transaction takes at most, so that none blocks the event loop much longer than 10 ms. */
const MAX_GROUP_EVENTS = 512;

/** Bytes one transaction takes at most, for the same reason; an append is never cut, and never larger. */
const MAX_GROUP_BYTES = 8_000_000;

/** The pause a writer makes between commits while another process writes too, so that the other gets its turn. */
const CONTENDED_PAUSE_MS = 1;

/** Commits without a sign of another writer after which the pauses stop. */
const CONTENDED_COMMITS = 16;

type Offer = {
  readonly stream: string;
  readonly events: readonly SealedEvent[];
  readonly bytes: number;
  /** Revision the first event follows, -1 for none. */
  readonly after: number;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
};

export type GroupCommit = {
  append(stream: string, events: readonly SealedEvent[], after: number): Promise<Appended>;
  /** Resolves when no append is waiting any more. */
  drained(): Promise<void>;
};

export type GroupCommitOptions = {
  readonly database: Database;
  readonly path: string;
  readonly reading: TurnReading;
  readonly maxQueued: number;
  /** Bytes that may wait at most, counted as `MAX_APPEND_BYTES` is. */
  readonly maxQueuedBytes: number;
  /** Called after a transaction that stored something. */
  readonly onCommitted: () => void;
};

/**
 * The one writer of a connection. Appends of one turn of the event loop, and those that come while a commit is under
 * way, share a transaction and so the one sync to disk it costs; each is judged by itself, in the order they came.
 */
export function groupCommit(options: GroupCommitOptions): GroupCommit {
  const { database, path, reading, maxQueued, maxQueuedBytes, onCommitted } = options;
  const waitForLock = `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`;
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');
  const dataVersion = database.prepare('PRAGMA data_version');
  const insertEvent = database.prepare(
    'INSERT INTO events (stream, revision, type, id, data, metadata, leaf) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const selectIds = database.prepare(
    'SELECT position, id FROM events WHERE stream = ? AND revision BETWEEN ? AND ? ORDER BY revision',
  );
  const heads = streamHeads(database);

  let queue: Offer[] = [];
  let queuedBytes = 0;
  let scheduled = false;
  let version: unknown;
  let contendedFor = 0;
  let busyAttempts = 0;
  let aloneFor = 0;
  let idle: (() => void)[] = [];

  /** Takes the write lock without blocking the event loop for it; false when another process holds it. */
  function locked(): boolean {
    reading.end();
    database.exec('PRAGMA busy_timeout = 0');
    try {
      begin.run();
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    } finally {
      database.exec(waitForLock);
    }
  }

  function nextGroup(): Offer[] {
    let events = 0;
    let bytes = 0;
    let size = 0;
    const most = aloneFor > 0 ? 1 : queue.length;
    while (size < most && events < MAX_GROUP_EVENTS) {
      const next = queue[size]!;
      if (size > 0 && bytes + next.bytes > MAX_GROUP_BYTES) break;
      events += next.events.length;
      bytes += next.bytes;
      size += 1;
    }
    if (aloneFor > 0) aloneFor -= 1;
    queuedBytes -= bytes;
    if (size === queue.length) {
      const all = queue;
      queue = [];
      return all;
    }
    return queue.splice(0, size);
  }

  function takeAll(): Offer[] {
    queuedBytes = 0;
    return queue.splice(0);
  }

  /** Stores one append in the open transaction, or says why not; throws only where the database did. */
  function store(offer: Offer): Appended | CaseError {
    const { stream, events, after } = offer;
    const known = heads.of(stream);
    if (known.head !== after) return repeatOrConflict(offer, known);
    let position: number | bigint = 0;
    for (const { revision, type, id, data, metadata, leaf } of events) {
      position = insertEvent.run(known.stream, revision, type, uuidToBytes(id), data, metadata, leaf).lastInsertRowid;
    }
    known.head = after + events.length;
    return { revision: known.head, position: BigInt(position), repeated: false };
  }

  /** The answer to an append that does not follow the head: where it lies already, or the conflict. */
  function repeatOrConflict({ stream, events, after }: Offer, known: StreamHead): Appended | CaseError {
    const stored = after < known.head ? selectIds.all(known.stream, after + 1, after + events.length) : [];
    const last = stored[events.length - 1];
    if (last !== undefined && stored.every(({ id }, at) => bytesToUuid(id as Uint8Array) === events[at]?.id)) {
      return { revision: after + events.length, position: BigInt(last.position as number), repeated: true };
    }
    const [expected, actual] = [headOf(after), headOf(known.head)];
    return new CaseError({ code: 'REVISION_CONFLICT', stream, expected, actual });
  }

  function commitNextGroup(): void {
    if (!locked()) {
      contendedFor = CONTENDED_COMMITS;
      busyAttempts += 1;
      if (busyAttempts * CONTENDED_PAUSE_MS < BUSY_TIMEOUT_MS) return;
      busyAttempts = 0;
      const detail = `another process has kept ${path} locked for ${BUSY_TIMEOUT_MS} ms`;
      rejectAll(takeAll(), new CaseError({ code: 'STORE_UNAVAILABLE', detail }));
      return;
    }
    busyAttempts = 0;

    const group = nextGroup();
    let outcomes: (Appended | CaseError)[];
    let committing = false;
    try {
      const versionNow = dataVersion.get()?.data_version;
      if (versionNow !== version) {
        if (version !== undefined) contendedFor = CONTENDED_COMMITS;
        version = versionNow;
        heads.refresh();
      } else if (contendedFor > 0) contendedFor -= 1;

      outcomes = group.map(store);
      committing = true;
      commit.run();
    } catch (error) {
      undo();
      if (isConstraintViolation(error) && group.length > 1) {
        aloneFor = group.length;
        queue = [...group, ...queue];
        for (const { bytes } of group) queuedBytes += bytes;
      } else if (committing && isInputOutputError(error)) {
        // The log may hold the commit although the sync failed: whoever opens the file after a crash would find it.
        for (const { stream, reject } of group) {
          const detail = (error as Error).message;
          reject(new CaseError({ code: 'STORE_OUTCOME_UNKNOWN', stream, detail }, { cause: error }));
        }
      } else rejectAll(group, storeFailure(path, error));
      return;
    }

    onCommitted();
    for (let at = 0; at < group.length; at += 1) {
      const outcome = outcomes[at]!;
      if (outcome instanceof CaseError) group[at]!.reject(outcome);
      else group[at]!.resolve(outcome);
    }
  }

  function undo(): void {
    heads.forget();
    try {
      rollback.run();
    } catch {
      // SQLite has rolled back by itself, as it does when the disk fails. Should a transaction be open still, the next
      // BEGIN says so to whoever appends, and this is tried again.
    }
  }

  function rejectAll(offers: readonly Offer[], error: unknown): void {
    for (const { reject } of offers) reject(error);
  }

  function turn(): void {
    try {
      commitNextGroup();
    } catch (error) {
      undo();
      rejectAll(takeAll(), storeFailure(path, error));
    }
    scheduled = false;
    if (queue.length > 0) schedule();
    else {
      for (const resolve of idle) resolve();
      idle = [];
    }
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    if (contendedFor > 0) setTimeout(turn, CONTENDED_PAUSE_MS);
    // One turn later than it could be: appends that wait for something written in this turn, such as a person's key,
    // come along instead of costing a sync of their own.
    else setImmediate(() => setImmediate(turn));
  }

  return {
    append(stream, events, after) {
      if (queue.length >= maxQueued) {
        return Promise.reject(new CaseError({ code: 'OVERLOADED', queue: 'append', limit: maxQueued }));
      }
      const bytes = appendBytes(events);
      if (queuedBytes + bytes > maxQueuedBytes) {
        return Promise.reject(new CaseError({ code: 'OVERLOADED', queue: 'append-bytes', limit: maxQueuedBytes }));
      }
      return new Promise((resolve, reject) => {
        queue.push({ stream, events, bytes, after, resolve, reject });
        queuedBytes += bytes;
        schedule();
      });
    },

    drained() {
      if (!scheduled) return Promise.resolve();
      return new Promise((resolve) => {
        idle.push(resolve);
      });
    },
  };
}
