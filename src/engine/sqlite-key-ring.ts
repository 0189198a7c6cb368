import { createHmac, timingSafeEqual } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import { CaseError } from '../domain/case-error.js';
import { closeLedgerFile } from '../event-store/sqlite/ledger-file.js';
import { type Database, openDatabase } from '../event-store/sqlite/sqlite-binding.js';
import { isBusy, storeFailure } from '../event-store/sqlite/sqlite-failure.js';
import { turnReading } from '../event-store/sqlite/turn-reading.js';
import type { Ids } from './clock.js';
import type { AccessRecord, KeyRing, SubjectIdentifier, SubjectKey } from './key-ring.js';
import { deriveKey, NONCE_BYTES, unwrapBytes, wrapBytes } from './wrapped-bytes.js';

/** `PRAGMA application_id` of a key store, so that it is never taken for a ledger. */
const APPLICATION_ID = 0x434c4b59;
const SCHEMA_VERSION = 1;
const OWNER_ONLY = 0o600;
const RETRY_MS = 10;
const BUSY_TIMEOUT_MS = 10_000;
const MASTER_KEY_BYTES = 32;
const SUBJECT_KEY_BYTES = 64;
const DIGEST_BYTES = 32;
/** Unwrapped keys kept in memory, for twice as many subjects as cases are; one is about a kilobyte. */
const KEYS_CACHED = 2_000;

/**
 * Pages of write-ahead log after which it is written back into the file. Few: a log that is written over syncs several
 * times faster than one that grows.
 */
const WAL_CHECKPOINT_PAGES = 250;

/** Keys made beforehand at most, each time one has to wait for the disk anyhow; as many again as the last time until then. */
const MOST_SPARES = 256;

// Two trees are all that a new subject touches, since every one of them is a page to sync. `identifiers` in a subject's
// row are the digests, one after the other, under which it is found: what to delete with it.
const SCHEMA = `
  CREATE TABLE master (check_value BLOB NOT NULL, settled_through TEXT) STRICT;
  CREATE TABLE subjects (
    subject TEXT PRIMARY KEY,
    wrapped_key BLOB,
    identifiers BLOB,
    erased_at TEXT,
    CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL)),
    CHECK ((identifiers IS NULL) = (erased_at IS NOT NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE identifiers (digest BLOB PRIMARY KEY, subject TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE accesses (
    access INTEGER PRIMARY KEY,
    at TEXT NOT NULL, actor TEXT NOT NULL, subject TEXT NOT NULL, stream TEXT NOT NULL, purpose TEXT NOT NULL
  ) STRICT;
  CREATE INDEX accesses_by_subject ON accesses (subject);
`;

type Created = { readonly subject: string; readonly identifiers: readonly SubjectIdentifier[] };
type Pending = {
  readonly run: () => void;
  /** Whether it is to be on disk when it is done. */
  readonly durable: boolean;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
};

/**
 * A key ring in a SQLite file of its own. Keys are wrapped by a master key that is not in it (AES-256-GCM); the blind
 * index holds HMACs of identifiers. Keys are synced to disk before they are used; the index, which the events can tell
 * again, with the next of them. Deleted bytes are overwritten (`secure_delete`) and the write-ahead log is emptied
 * after a key is destroyed, so that no file keeps them.
 *
 * @param options.masterKey 32 bytes
 * @throws CaseError `KEY_STORE_UNREADABLE` when the file is something else, or belongs to another master key
 */
export function sqliteKeyRing(options: {
  readonly path: string;
  readonly masterKey: Uint8Array;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Names for the keys made beforehand; none are made without. */
  readonly ids?: Ids;
}): KeyRing {
  const { path, masterKey, randomBytes, ids } = options;
  if (masterKey.length !== MASTER_KEY_BYTES) {
    throw new CaseError({
      code: 'KEY_STORE_UNREADABLE',
      detail: `the master key must have ${MASTER_KEY_BYTES} bytes, it has ${masterKey.length}`,
    });
  }
  const wrappingKey = deriveKey(masterKey, 'caseledger key wrapping');
  const indexKey = deriveKey(masterKey, 'caseledger blind index');
  const database = openKeyStore(
    path,
    createHmac('sha256', deriveKey(masterKey, 'caseledger key check')).update('v1').digest(),
  );

  const selectKey = database.prepare('SELECT wrapped_key FROM subjects WHERE subject = ?');
  const insertSubject = database.prepare('INSERT INTO subjects (subject, wrapped_key, identifiers) VALUES (?, ?, ?)');
  const updateIdentifiers = database.prepare(
    'UPDATE subjects SET identifiers = ? WHERE subject = ? AND wrapped_key IS NOT NULL',
  );
  const deleteSubject = database.prepare('DELETE FROM subjects WHERE subject = ?');
  const selectSettled = database.prepare('SELECT settled_through FROM master');
  const updateSettled = database.prepare('UPDATE master SET settled_through = ?');
  const selectIdentifier = database.prepare('SELECT subject FROM identifiers WHERE digest = ?');
  const insertIdentifier = database.prepare('INSERT OR IGNORE INTO identifiers (digest, subject) VALUES (?, ?)');
  const destroyKey = database.prepare(
    'UPDATE subjects SET wrapped_key = NULL, identifiers = NULL, erased_at = ? WHERE subject = ? AND wrapped_key IS NOT NULL',
  );
  const selectDigests = database.prepare('SELECT identifiers FROM subjects WHERE subject = ?');
  const deleteIdentifier = database.prepare('DELETE FROM identifiers WHERE digest = ? AND subject = ?');
  const insertAccess = database.prepare(
    'INSERT INTO accesses (at, actor, subject, stream, purpose) VALUES (?, ?, ?, ?, ?)',
  );
  const selectAccesses = database.prepare(
    'SELECT at, actor, subject, stream, purpose FROM accesses WHERE subject = ? ORDER BY access',
  );
  const dataVersion = database.prepare('PRAGMA data_version');

  const cache = new LRUCache<string, SubjectKey | 'erased'>({ max: KEYS_CACHED });
  let closed = false;
  let seenVersion = dataVersion.get()?.data_version;

  /** Keys on disk under names nobody bears, and those of them that were given out but not used yet. */
  let spares: SubjectKey[] = [];
  const ready = new Map<string, SubjectKey>();
  /** Names that the transaction under way gives to somebody. */
  let borne: string[] = [];
  /** Subjects since the last commit for whom no key lay ready. */
  let lacking = 0;
  let nextSpares = 0;

  const digest = ({ field, value }: SubjectIdentifier): Uint8Array =>
    createHmac('sha256', indexKey)
      .update(`${field}\n${value.normalize('NFKC').trim().toUpperCase()}`)
      .digest();

  /** What the file answers, or why it does not, in the project's own terms. */
  function asked<Answer>(question: () => Answer): Answer {
    if (closed) throw new CaseError({ code: 'STORE_CLOSED' });
    try {
      return question();
    } catch (error) {
      throw storeFailure(path, error);
    }
  }

  function find(identifiers: readonly SubjectIdentifier[]): string | undefined {
    if (identifiers.length === 0) return undefined;
    for (const identifier of identifiers) {
      const found = selectIdentifier.get(digest(identifier));
      if (found) return String(found.subject);
    }
    return undefined;
  }

  // Another process's writing is noticed at the beginning of a turn, and with it that what is cached may be so no more.
  const reading = turnReading(database, () => {
    const version = dataVersion.get()?.data_version;
    if (version === seenVersion) return;
    cache.clear();
    seenVersion = version;
  });

  function key(subject: string): SubjectKey | 'erased' | undefined {
    reading.begin();
    const cached = cache.get(subject);
    if (cached) return cached;
    const row = selectKey.get(subject);
    if (!row) return undefined;
    const found =
      row.wrapped_key === null
        ? 'erased'
        : subjectKey(subject, unwrap(row.wrapped_key as Uint8Array, wrappingKey, subject));
    cache.set(subject, found);
    return found;
  }

  // Writes that arrive in one turn of the event loop share a commit, as appends do.
  let queue: Pending[] = [];
  function write(run: () => void, durable: boolean): Promise<void> {
    if (closed) return Promise.reject(new CaseError({ code: 'STORE_CLOSED' }));
    return new Promise((done, failed) => {
      if (queue.push({ run, durable, done, failed }) === 1) setImmediate(flush);
    });
  }
  function flush(): void {
    reading.end();
    const batch = queue;
    queue = [];
    const durable = batch.some((one) => one.durable);
    let more: readonly SubjectKey[] = [];
    borne = [];
    try {
      // A synced commit brings what was committed before it to disk too, by whichever process.
      if (durable) database.exec('PRAGMA synchronous = FULL');
      inTransaction(database, () => {
        for (const { run } of batch) run();
        more = makeSpares();
      });
    } catch (error) {
      const failure = storeFailure(path, error);
      for (const { failed } of batch) failed(failure);
      return;
    } finally {
      if (durable) database.exec('PRAGMA synchronous = NORMAL');
    }
    spares.push(...more);
    for (const subject of borne) ready.delete(subject);
    for (const { done } of batch) done();
  }

  return {
    key: (subject) => asked(() => key(subject)),

    find: (identifiers) =>
      asked(() => {
        reading.begin();
        return find(identifiers);
      }),

    spare() {
      const key = spares.pop();
      if (key !== undefined) ready.set(key.subject, key);
      return key?.subject;
    },

    giveBack,

    async create(subjects) {
      const given: string[] = [];
      const fresh: SubjectKey[] = [];
      const missing = subjects.filter(({ subject }) => !ready.has(subject)).length;
      lacking += missing;
      await write(() => {
        for (const one of subjects) given.push(createOne(one, fresh));
      }, missing > 0);
      for (const made of fresh) cache.set(made.subject, made);
      subjects.forEach(({ subject }, index) => {
        if (given[index] !== subject) giveBack(subject);
      });
      return given;
    },

    index: (subject, identifiers) =>
      write(() => {
        const known = selectDigests.get(subject)?.identifiers as Uint8Array | null | undefined;
        if (known === null || known === undefined || known.length > 0) return;
        const digests = identifiers.map(digest);
        for (const one of digests) insertIdentifier.run(one, subject);
        updateIdentifiers.run(Buffer.concat(digests), subject);
      }, false),

    settledThrough() {
      const through = asked(() => selectSettled.get())?.settled_through;
      return typeof through === 'string' ? BigInt(through) : undefined;
    },

    settle: (through, { lower = false } = {}) =>
      write(() => {
        const before = selectSettled.get()?.settled_through;
        if (lower || typeof before !== 'string' || BigInt(before) < through) updateSettled.run(String(through));
      }, true),

    async forget(subject, at) {
      const row = asked(() => selectKey.get(subject));
      if (!row) throw new CaseError({ code: 'SUBJECT_NOT_FOUND', subject });
      cache.delete(subject);
      let destroyed = 0;
      if (row.wrapped_key !== null) {
        await write(() => {
          const digests = selectDigests.get(subject)?.identifiers as Uint8Array | null | undefined;
          for (let from = 0; from < (digests?.length ?? 0); from += DIGEST_BYTES) {
            deleteIdentifier.run(digests!.subarray(from, from + DIGEST_BYTES), subject);
          }
          destroyed = Number(destroyKey.run(at, subject).changes);
        }, true);
      }
      cache.set(subject, 'erased');
      reading.end();
      asked(() => emptyLog(database));
      return destroyed > 0;
    },

    recordAccess: (records) =>
      write(() => {
        for (const { at, actor, subject, stream, purpose } of records)
          insertAccess.run(at, actor, subject, stream, purpose);
      }, true),

    accesses: (subject) => asked(() => selectAccesses.all(subject)) as unknown as AccessRecord[],

    close() {
      if (closed) return;
      closed = true;
      reading.end();
      if (queue.length > 0) flush();
      discardSpares();
      closeLedgerFile(database, false);
    },
  };

  function giveBack(subject: string): void {
    const key = ready.get(subject);
    if (key !== undefined && ready.delete(subject)) spares.push(key);
  }

  function createOne({ subject, identifiers }: Created, fresh: SubjectKey[]): string {
    const known = find(identifiers);
    if (known !== undefined) return known;
    const digests = identifiers.map(digest);
    const prepared = ready.get(subject);
    if (prepared !== undefined && digests.length > 0) updateIdentifiers.run(Buffer.concat(digests), subject);
    for (const one of digests) insertIdentifier.run(one, subject);
    fresh.push(prepared ?? newKey(subject, Buffer.concat(digests)));
    borne.push(subject);
    return subject;
  }

  function newKey(subject: string, identifiers: Uint8Array): SubjectKey {
    const bytes = randomBytes(SUBJECT_KEY_BYTES);
    insertSubject.run(subject, wrapBytes(bytes, wrappingKey, subject, randomBytes(NONCE_BYTES)), identifiers);
    return subjectKey(subject, bytes);
  }

  /** Keys for those to come, along with those that have to be synced to disk anyhow. */
  function makeSpares(): readonly SubjectKey[] {
    const missing = lacking;
    lacking = 0;
    if (ids === undefined || missing === 0) return [];
    const size = nextSpares;
    nextSpares = Math.min(MOST_SPARES, Math.max(2 * size, missing));
    return Array.from({ length: size }, () => newKey(ids.next(), new Uint8Array(0)));
  }

  /** Keys no event was ever written under. */
  function discardSpares(): void {
    const unused = [...spares.map(({ subject }) => subject), ...ready.keys()];
    spares = [];
    ready.clear();
    if (unused.length === 0) return;
    try {
      inTransaction(database, () => {
        for (const subject of unused) deleteSubject.run(subject);
      });
    } catch (error) {
      // They harm nobody where they lie; a file that cannot be written to is for the next writer to report.
      if (storeFailure(path, error) === error) throw error;
    }
  }
}

function openKeyStore(path: string, check: Uint8Array): Database {
  let database: Database | undefined;
  try {
    if (path !== ':memory:' && path !== '' && !path.startsWith('file:')) reserve(path);
    database = openDatabase(path);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    useWriteAheadLog(database);
    database.exec('PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA secure_delete = ON');
    database.exec(`PRAGMA wal_autocheckpoint = ${WAL_CHECKPOINT_PAGES}`);
    prepareSchema(database, path, check);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof CaseError) throw error;
    throw new CaseError(
      { code: 'KEY_STORE_UNREADABLE', detail: `${path}: ${(error as Error).message}` },
      { cause: error },
    );
  }
}

/** Makes the file, readable by its owner only, where there is none; SQLite gives what it puts beside it the same mode. */
function reserve(path: string): void {
  try {
    closeSync(openSync(path, 'wx', OWNER_ONLY));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** SQLite does not wait for the lock that a change of journal mode needs: another process may be laying the file out. */
function useWriteAheadLog(database: Database): void {
  const deadline = BUSY_TIMEOUT_MS / RETRY_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || attempt >= deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

function prepareSchema(database: Database, path: string, check: Uint8Array): void {
  inTransaction(database, () => {
    const application = Number(database.prepare('PRAGMA application_id').get()?.application_id);
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n);
    const refuse = (detail: string): never => {
      throw new CaseError({ code: 'KEY_STORE_UNREADABLE', detail: `${path}: ${detail}` });
    };
    if (application === 0 && tables === 0) {
      database.exec(SCHEMA);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
      database.prepare('INSERT INTO master (check_value) VALUES (?)').run(check);
      return;
    }
    if (application !== APPLICATION_ID) refuse('it is not a key store');
    if (version > SCHEMA_VERSION)
      refuse(`it was written by a newer version (schema ${version}, this version reads up to ${SCHEMA_VERSION})`);
    const known = database.prepare('SELECT check_value FROM master').get()?.check_value as Uint8Array;
    if (!timingSafeEqual(known, check)) refuse('it belongs to another master key');
  });
}

function inTransaction(database: Database, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself after a full disk; the first error is the one that tells.
    }
    throw error;
  }
}

/** A destroyed key still lies in the write-ahead log until that is emptied. @throws CaseError `STORE_UNAVAILABLE` when a reader holds it */
function emptyLog(database: Database): void {
  const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {};
  if (Number(busy) !== 0) {
    throw new CaseError({
      code: 'STORE_UNAVAILABLE',
      detail:
        'the key is destroyed, but the write-ahead log of the key store is in use; forget the subject again to empty it',
    });
  }
}

function subjectKey(subject: string, bytes: Uint8Array): SubjectKey {
  return { subject, encryption: bytes.subarray(0, 32), fingerprint: bytes.subarray(32, 64) };
}

function unwrap(wrapped: Uint8Array, wrappingKey: Uint8Array, subject: string): Uint8Array {
  try {
    return unwrapBytes(wrapped, wrappingKey, subject);
  } catch (cause) {
    throw new CaseError({ code: 'KEY_STORE_UNREADABLE', detail: `the key of ${subject} was altered` }, { cause });
  }
}
