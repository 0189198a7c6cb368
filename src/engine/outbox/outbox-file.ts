import { closeSync, openSync } from 'node:fs';
import { CaseError } from '../../domain/case-error.js';
import { type Database, openDatabase } from '../../event-store/sqlite/sqlite-binding.js';
import { isBusy, isNotADatabase, storeFailure } from '../../event-store/sqlite/sqlite-failure.js';
import { OUTBOX_APPLICATION_ID, OUTBOX_MIGRATIONS, OUTBOX_SCHEMA_VERSION } from './outbox-schema.js';

/** How long a statement waits for another process to let go of the file. */
const BUSY_TIMEOUT_MS = 10_000;

/** Attempts at laying a file out while other processes do the same. */
const MAX_ATTEMPTS = 50;

/** `PRAGMA synchronous`: a commit is on disk, not merely handed to the operating system, when it returns. */
const SYNCHRONOUS_FULL = 2;

const OWNER_ONLY = 0o600;

/**
 * Opens an outbox's file, or lays a new one out for this ledger, readable by its owner only. The connection writes a
 * write-ahead log and syncs every commit.
 *
 * @param path `:memory:` for one that ends with the process
 * @throws CaseError `STORE_NOT_A_LEDGER` for anything but this ledger's outbox or nothing, which is left as it was ·
 *   `STORE_TOO_NEW` · `STORE_CORRUPT` · `STORE_FULL` · `STORE_UNAVAILABLE`
 */
export function openOutboxFile(path: string, ledger: string): Database {
  let database: Database | undefined;
  try {
    if (path !== ':memory:') reserve(path);
    database = openDatabase(path);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    recognise(database, path);
    useWriteAheadLog(database);
    database.exec('PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    const synchronous = pragma(database, 'synchronous');
    if (synchronous !== SYNCHRONOUS_FULL)
      throw new CaseError({
        code: 'STORE_UNAVAILABLE',
        detail: `the file cannot be synced (synchronous ${synchronous})`,
      });
    layOut(database, path, ledger);
    return database;
  } catch (error) {
    database?.close();
    if (isNotADatabase(error)) throw notAnOutbox(path, 'it is no SQLite database');
    throw storeFailure(path, error);
  }
}

/** Makes the file where there is none; SQLite gives what it puts beside it the same mode. */
function reserve(path: string): void {
  try {
    closeSync(openSync(path, 'wx', OWNER_ONLY));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    throw new CaseError({ code: 'STORE_UNAVAILABLE', detail: message }, { cause: error });
  }
}

function recognise(database: Database, path: string): void {
  const applicationId = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  if (applicationId === OUTBOX_APPLICATION_ID) {
    if (version > OUTBOX_SCHEMA_VERSION)
      throw new CaseError({ code: 'STORE_TOO_NEW', path, version, supported: OUTBOX_SCHEMA_VERSION });
    return;
  }
  const objects = database.prepare('SELECT count(*) AS objects FROM sqlite_schema').get()?.objects;
  if (applicationId !== 0 || version !== 0 || objects !== 0)
    throw notAnOutbox(path, 'it is a database of something else than an outbox');
}

// SQLite does not wait for the lock that a change of journal mode needs, as it does for all others.
function useWriteAheadLog(database: Database): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || attempt === MAX_ATTEMPTS) throw error;
      // Waits for whoever holds the lock, which a plain transaction does under the busy timeout.
      database.exec('BEGIN IMMEDIATE; ROLLBACK');
    }
  }
}

function layOut(database: Database, path: string, ledger: string): void {
  database.exec('BEGIN IMMEDIATE');
  // Asked under the lock: another process may have been laying the same file out. Closing the connection rolls back.
  recognise(database, path);
  const version = pragma(database, 'user_version');
  for (const sql of OUTBOX_MIGRATIONS.slice(version)) database.exec(sql);
  if (version === 0) database.prepare('INSERT INTO outbox (ledger) VALUES (?)').run(ledger);
  database.exec(
    `PRAGMA application_id = ${OUTBOX_APPLICATION_ID}; PRAGMA user_version = ${OUTBOX_SCHEMA_VERSION}; COMMIT`,
  );
  const owner = database.prepare('SELECT ledger FROM outbox').get()?.ledger;
  if (owner !== ledger) throw notAnOutbox(path, 'it is the outbox of another ledger');
}

function pragma(database: Database, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function notAnOutbox(path: string, detail: string): CaseError {
  return new CaseError({ code: 'STORE_NOT_A_LEDGER', path, detail });
}
