import { setTimeout as pause } from 'node:timers/promises';
import { CaseError } from '../../domain/case-error.js';
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from './migrations.js';
import { type Database, type openDatabase, sqliteErrorCode } from './sqlite-binding.js';
import { isBusy, isNotADatabase, storeFailure } from './sqlite-failure.js';

/** How long a statement waits for another process to let go of the file. */
export const BUSY_TIMEOUT_MS = 5_000;

/** `PRAGMA synchronous`: a commit is on disk, not merely handed to the operating system, when it returns. */
const SYNCHRONOUS_FULL = 2;

/** Page cache of a connection: holds the inner pages of the indexes of some million events. */
const CACHE_KIB = 16_384;

/** What a write-ahead log that grew under a long read is cut back to after its checkpoint. */
const WAL_KEPT_BYTES = 64 * 1024 * 1024;

/** A pause between attempts at what SQLite refuses to wait for itself. */
const RETRY_MS = 10;

const TABLES = ['events', 'streams'];

export type LedgerFileOptions = {
  readonly path: string;
  readonly readOnly: boolean;
  readonly walCheckpointPages: number;
  readonly openDatabase: typeof openDatabase;
};

/**
 * Opens a ledger's file, or lays a new one out where there is none. The connection that comes back writes a
 * write-ahead log and syncs every commit; both are read back, since bindings are built with different defaults.
 *
 * @throws CaseError `STORE_NOT_A_LEDGER` for anything but a ledger or nothing, which is left as it was ·
 *   `STORE_TOO_NEW` · `STORE_CORRUPT` · `STORE_FULL` · `STORE_UNAVAILABLE`
 */
export async function openLedgerFile({
  path,
  readOnly,
  walCheckpointPages,
  openDatabase,
}: LedgerFileOptions): Promise<Database> {
  let database: Database | undefined;
  try {
    database = openDatabase(path, { readOnly });
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    // One look: another process may be laying the file out meanwhile.
    database.exec('BEGIN');
    const isNew = recognise(database, path);
    database.exec('COMMIT');
    if (isNew && readOnly) throw notALedger(path, 'it is empty');
    if (!readOnly) await useWriteAheadLog(database, path);
    // Mapped pages are left off: a disk error would then end the process instead of failing a read.
    database.exec(`
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = OFF;
      PRAGMA mmap_size = 0;
      PRAGMA cache_size = -${CACHE_KIB};
      PRAGMA journal_size_limit = ${WAL_KEPT_BYTES};
      PRAGMA wal_autocheckpoint = ${walCheckpointPages};
    `);
    const synchronous = pragma(database, 'synchronous');
    if (synchronous !== SYNCHRONOUS_FULL) {
      throw new CaseError({
        code: 'STORE_UNAVAILABLE',
        detail: `the file cannot be synced (synchronous ${synchronous})`,
      });
    }
    if (!readOnly) migrate(database, path);
    assertTables(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw openingFailure(path, readOnly, error);
  }
}

/** Whether the file is still to be laid out. Reads, never writes. */
function recognise(database: Database, path: string): boolean {
  const applicationId = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  if (applicationId === APPLICATION_ID) {
    if (version > SCHEMA_VERSION) {
      throw new CaseError({ code: 'STORE_TOO_NEW', path, version, supported: SCHEMA_VERSION });
    }
    return false;
  }
  const objects = database.prepare('SELECT count(*) AS objects FROM sqlite_schema').get()?.objects;
  if (applicationId === 0 && version === 0 && objects === 0) return true;
  throw notALedger(path, 'it is a database of another program');
}

// SQLite does not wait for the lock that a change of journal mode needs, as it does for all others.
async function useWriteAheadLog(database: Database, path: string): Promise<void> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
      if (mode === 'wal' || mode === 'memory') return;
      throw new CaseError({ code: 'STORE_UNAVAILABLE', detail: `${path} stays in journal mode ${mode}` });
    } catch (error) {
      if (!isBusy(error) || attempts * RETRY_MS >= BUSY_TIMEOUT_MS) throw error;
      await pause(RETRY_MS);
    }
  }
}

function migrate(database: Database, path: string): void {
  if (pragma(database, 'application_id') === APPLICATION_ID && pragma(database, 'user_version') === SCHEMA_VERSION)
    return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Asked again under the lock: another process may have been laying the same file out.
    recognise(database, path);
    for (const sql of MIGRATIONS.slice(pragma(database, 'user_version'))) database.exec(sql);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
  } catch (error) {
    // Closing the connection, which follows, rolls back.
    throw storeFailure(path, error);
  }
}

/**
 * Lets go of the file. The log is written back first, so that a copy of the one file is the whole ledger.
 */
export function closeLedgerFile(database: Database, readOnly: boolean): void {
  try {
    if (!readOnly) database.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // Everything acknowledged is safe in the log; whoever opens the file next writes it back.
  } finally {
    database.close();
  }
}

function assertTables(database: Database, path: string): void {
  const found = database
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
    .all()
    .map(({ name }) => name);
  const missing = TABLES.filter((table) => !found.includes(table));
  if (missing.length > 0)
    throw new CaseError({ code: 'STORE_CORRUPT', path, detail: `no table ${missing.join(', ')}` });
}

function pragma(database: Database, name: string): number {
  return database.prepare(`PRAGMA ${name}`).get()?.[name] as number;
}

function notALedger(path: string, detail: string): CaseError {
  return new CaseError({ code: 'STORE_NOT_A_LEDGER', path, detail });
}

const SQLITE_CANTOPEN = 14;

function openingFailure(path: string, readOnly: boolean, error: unknown): unknown {
  if (isNotADatabase(error)) return notALedger(path, 'it is not a database');
  if (readOnly && sqliteErrorCode(error) === SQLITE_CANTOPEN) return notALedger(path, 'there is no such file');
  return storeFailure(path, error);
}
