import { setTimeout as pause } from 'node:timers/promises';
import { CaseError } from '../../domain/case-error.js';
import { closeLedgerFile } from '../../event-store/sqlite/ledger-file.js';
import {
  type Database,
  openDatabase,
  type Row as SqlRow,
  type Statement,
  sqliteErrorCode,
} from '../../event-store/sqlite/sqlite-binding.js';
import { isBusy, isNotADatabase, storeFailure } from '../../event-store/sqlite/sqlite-failure.js';
import {
  type Checkpoint,
  type Generation,
  type GenerationRef,
  type ReadStore,
  type Skip,
  type TableChanges,
  tableName,
} from '../read-store.js';
import { shapeOf } from '../table-spec.js';
import { bulkRewrite } from './bulk-rewrite.js';
import { kyselyOver } from './kysely-sqlite.js';
import { createIndexesSql, createTableSql, type TableWriter, tableWriter } from './table-writer.js';
import { VIEWS_APPLICATION_ID, VIEWS_MIGRATIONS, VIEWS_SCHEMA_VERSION } from './views-migrations.js';
import { writeBackAside } from './write-back.js';

/** How long anything waits for another process to let go of the file. */
const BUSY_TIMEOUT_MS = 5_000;

/** How long a thread stands still for the lock at a time, and how long it goes on before it asks again. */
const LOCK_WAIT_MS = 5;
const LOCK_PAUSE_MS = 20;

/** How long a commit that took its time to compute waits for another process to let go of the file. */
const LONG_COMMIT_PATIENCE_MS = 600_000;

/** Page cache of the connection: the inner pages of the tables and indexes written to. */
const CACHE_KIB = 32_768;

/** Pages of write-ahead log after which it is written back into the file. */
const WAL_CHECKPOINT_PAGES = 4_000;

/** What a write-ahead log that grew with a long commit is cut back to after its checkpoint. */
const WAL_KEPT_BYTES = 64 * 1024 * 1024;

/** Attempts at laying a file out while other processes do the same. */
const MAX_ATTEMPTS = 50;

export type SqliteReadStoreOptions = {
  /** `<ledger>.views` by convention, made where there is none; `:memory:` for one that ends with the process. */
  readonly path: string;
  /** The binding; tests hand in one that fails. */
  readonly openDatabase?: typeof openDatabase;
  /** Lets others have their turn between two steps of a long commit. */
  readonly turn?: () => Promise<void>;
  /** Writes the write-ahead log back after a long commit. */
  readonly writeBack?: (path: string) => Promise<void>;
};

const IN_MEMORY = ':memory:';

/**
 * Read models in one SQLite file beside the ledger, for any number of processes. Not synced at every commit: what a
 * power cut takes away is rows and checkpoint together, and is filled again from the ledger.
 *
 * @throws CaseError `STORE_NOT_A_LEDGER` for another program's database · `STORE_TOO_NEW` · `STORE_CORRUPT` (delete the file) · `STORE_UNAVAILABLE`
 */
export function sqliteReadStore(options: SqliteReadStoreOptions): ReadStore {
  const { path, turn = nextTurn, writeBack = writeBackAside } = options;
  const openBinding = options.openDatabase ?? openDatabase;
  const database = openViews(path, openBinding);
  const writers = new Map<string, TableWriter>();
  const selectAll = database.prepare('SELECT * FROM read_models ORDER BY name, generation');
  const select = database.prepare('SELECT * FROM read_models WHERE name = ? AND generation = ?');
  const selectRole = database.prepare('SELECT * FROM read_models WHERE name = ? AND role = ?');
  const moveOn = database.prepare(MOVE_ON);
  let open = true;
  /** The transaction of a long commit, on a connection of its own: until it ends nothing else of this process writes. */
  let applying: Promise<void> | undefined;
  const longCommits = new Set<Promise<unknown>>();

  /** Runs synchronously, so that nothing of this process comes between; other processes wait or are waited for. */
  async function inTransaction<Result>(work: () => Result): Promise<Result> {
    return untilUnlocked(BUSY_TIMEOUT_MS, async () => {
      while (applying !== undefined) await applying;
      return transact(work);
    });
  }

  /** Another process may hold the lock for a long commit: this thread goes on while it is waited for. */
  async function untilUnlocked<Result>(patienceMs: number, work: () => Promise<Result>): Promise<Result> {
    for (let waitedMs = 0; ; waitedMs += LOCK_WAIT_MS + LOCK_PAUSE_MS) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof CaseError) || !isBusy(error.cause) || waitedMs >= patienceMs || !open) throw error;
        await pause(LOCK_PAUSE_MS);
      }
    }
  }

  function begin(connection: Database): void {
    connection.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
    try {
      connection.exec('BEGIN IMMEDIATE');
    } finally {
      connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  function transact<Result>(work: () => Result): Result {
    if (!open) throw new CaseError({ code: 'STORE_CLOSED' });
    try {
      begin(database);
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        rollBack();
        throw error;
      }
    } catch (error) {
      throw isRowsFault(error) ? error : storeFailure(path, error);
    }
  }

  function rollBack(connection: Database = database): void {
    try {
      connection.exec('ROLLBACK');
    } catch {
      // A full disk ends the transaction by itself; what failed is reported by whoever calls.
    }
  }

  /** In memory there is no other connection: it is all one step. */
  function commitAtOnce(
    of: GenerationRef,
    from: Checkpoint,
    to: Checkpoint,
    changes: readonly TableChanges[],
  ): boolean {
    return transact(() => {
      if (!movesOn(moveOn, of, from, to)) return false;
      for (const change of changes) {
        if (change.rewrites.length > 0) {
          const rewrite = bulkRewrite(database, of.generation, change);
          for (const _ of rewrite.stage());
          for (const _ of rewrite.apply());
          rewrite.clear();
        }
        writerOf(of).write(change);
      }
      return true;
    });
  }

  /**
   * Computes first, with the file open to everyone, and then writes in one transaction, step by step, so that this
   * thread answers meanwhile. That the rows are still those computed from is what the checkpoint says.
   */
  async function commitStepByStep(
    of: GenerationRef,
    from: Checkpoint,
    to: Checkpoint,
    changes: readonly TableChanges[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const connection = openBinding(path);
    let done = (): void => {};
    const stepping = async (steps: Generator<void>): Promise<void> => {
      for (const _ of steps) {
        await turn();
        if (!open || signal?.aborted) throw new CaseError({ code: 'STORE_CLOSED' });
      }
    };
    try {
      setUp(connection);
      connection.exec('PRAGMA wal_autocheckpoint = 0');
      const rewrites = changes.map((change) => bulkRewrite(connection, of.generation, change));
      for (const [index, rewrite] of rewrites.entries())
        if (changes[index]!.rewrites.length > 0) await stepping(rewrite.stage());
      await untilUnlocked(LONG_COMMIT_PATIENCE_MS, async () => {
        while (applying !== undefined) await applying;
        try {
          begin(connection);
        } catch (error) {
          throw storeFailure(path, error);
        }
        applying = new Promise((resolve) => {
          done = () => {
            applying = undefined;
            resolve();
          };
        });
      });
      try {
        const moved = movesOn(connection.prepare(MOVE_ON), of, from, to);
        const writer = tableWriter(connection, of.generation);
        for (const [index, change] of moved ? changes.entries() : []) {
          if (change.rewrites.length > 0) await stepping(rewrites[index]!.apply());
          writer.write(change);
        }
        connection.exec('COMMIT');
        for (const rewrite of rewrites) rewrite.clear();
        if (moved) writeBackMeanwhile();
        return moved;
      } catch (error) {
        rollBack(connection);
        throw error;
      }
    } catch (error) {
      throw isRowsFault(error) ? error : storeFailure(path, error);
    } finally {
      connection.close();
      done();
    }
  }

  /** Until that is done no commit of this process does it, in this thread. */
  function writeBackMeanwhile(): void {
    database.exec('PRAGMA wal_autocheckpoint = 0');
    const done = writeBack(path).finally(() => {
      longCommits.delete(done);
      if (open) database.exec(`PRAGMA wal_autocheckpoint = ${WAL_CHECKPOINT_PAGES}`);
    });
    longCommits.add(done);
  }

  function reading<Result>(work: () => Result): Result {
    if (!open) throw new CaseError({ code: 'STORE_CLOSED' });
    try {
      return work();
    } catch (error) {
      throw storeFailure(path, error);
    }
  }

  function writerOf({ name, generation }: GenerationRef): TableWriter {
    const key = `${name} ${generation}`;
    let writer = writers.get(key);
    if (writer === undefined) {
      writer = tableWriter(database, generation);
      writers.set(key, writer);
    }
    return writer;
  }

  function stands(of: GenerationRef, at: Checkpoint, halted: bigint | undefined): boolean {
    const row = select.get(of.name, of.generation);
    if (row === undefined) return false;
    const found = generationOf(row);
    return found.position === at.position && found.halted?.position === halted;
  }

  function drop(row: SqlRow): void {
    const { name, generation } = generationOf(row);
    for (const table of JSON.parse(String(row.tables)) as string[])
      database.exec(`DROP TABLE IF EXISTS ${tableName(table, generation)}`);
    database.prepare('DELETE FROM read_models WHERE name = ? AND generation = ?').run(name, generation);
    writers.delete(`${name} ${generation}`);
  }

  return {
    database: kyselyOver(database),

    async generations() {
      return reading(() => selectAll.all().map(generationOf));
    },

    async build({ name, version, basis, tables }) {
      return inTransaction(() => {
        const building = selectRole.get(name, 'building');
        if (building !== undefined) {
          const found = generationOf(building);
          if (found.version === version && found.basis === basis && found.shape === shapeOf(tables)) return found;
          drop(building);
        }
        const last = database
          .prepare('SELECT max(generation) AS generation FROM read_models WHERE name = ?')
          .get(name)?.generation;
        // A number is not given twice: whoever still fills the dropped tables must not find others under it.
        const generation = Math.max(Number(last ?? 0), Number(building?.generation ?? 0)) + 1;
        for (const table of tables) database.exec(createTableSql(table, generation));
        const names = JSON.stringify(tables.map((table) => table.name));
        database
          .prepare(
            `INSERT INTO read_models (name, generation, role, version, basis, shape, tables, events) VALUES (?, ?, 'building', ?, ?, ?, ?, 0)`,
          )
          .run(name, generation, version, basis, shapeOf(tables), names);
        return generationOf(select.get(name, generation)!);
      });
    },

    async rows(of, table, keys) {
      return reading(() => writerOf(of).rows(table, keys));
    },

    async commit(of, from, to, changes, signal) {
      if (changes.some(({ rewrites }) => rewrites.length > 0)) {
        if (!open) throw new CaseError({ code: 'STORE_CLOSED' });
        if (path === IN_MEMORY) return commitAtOnce(of, from, to, changes);
        const long = commitStepByStep(of, from, to, changes, signal).finally(() => longCommits.delete(long));
        longCommits.add(long);
        return long;
      }
      return inTransaction(() => {
        if (!movesOn(moveOn, of, from, to)) return false;
        const writer = writerOf(of);
        for (const change of changes) writer.write(change);
        return true;
      });
    },

    async halt(of, at, { position, event, detail, at: instant }) {
      return inTransaction(() => {
        if (!stands(of, at, undefined)) return false;
        database
          .prepare(
            'UPDATE read_models SET halted_position = ?, halted_event = ?, halted_detail = ?, halted_at = ? WHERE name = ? AND generation = ?',
          )
          .run(position, event, detail, instant, of.name, of.generation);
        return true;
      });
    },

    async skip(of, to, skip) {
      return inTransaction(() => {
        const row = select.get(of.name, of.generation);
        if (row === undefined || generationOf(row).halted?.position !== skip.position) return false;
        database
          .prepare(
            `UPDATE read_models SET position = ?, event = ?, events = ?, halted_position = NULL, halted_event = NULL,
               halted_detail = NULL, halted_at = NULL WHERE name = ? AND generation = ?`,
          )
          .run(to.position ?? null, to.event ?? null, to.events, of.name, of.generation);
        const { name, version, basis, position, event, detail, actor, reason, at } = skip;
        database
          .prepare(
            'INSERT INTO read_model_skips (name, version, basis, position, event, detail, actor, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
          )
          .run(name, version, basis, position, event, detail, actor, reason, at);
        return true;
      });
    },

    async skips(name) {
      return reading(() => {
        const rows = database.prepare('SELECT * FROM read_model_skips WHERE name = ? ORDER BY at, position').all(name);
        return rows.map((row) => ({ ...row, position: BigInt(row.position as number) }) as unknown as Skip);
      });
    },

    async index(of, tables) {
      for (const table of tables) {
        // Each its own transaction: appends to other read models and queries get their turn between them.
        for (const sql of createIndexesSql(table, of.generation)) {
          await inTransaction(() => {
            if (select.get(of.name, of.generation) !== undefined) database.exec(sql);
          });
        }
      }
    },

    async activate(of) {
      return inTransaction(() => {
        const row = select.get(of.name, of.generation);
        const old = selectRole.get(of.name, 'active');
        if (row === undefined || row.role !== 'building' || row.halted_position !== null) return false;
        if (old !== undefined) {
          if (Number(row.position ?? -1) < Number(old.position ?? -1)) return false;
          drop(old);
        }
        database
          .prepare(`UPDATE read_models SET role = 'active' WHERE name = ? AND generation = ?`)
          .run(of.name, of.generation);
        return true;
      });
    },

    async drop(of) {
      await inTransaction(() => {
        const row = select.get(of.name, of.generation);
        if (row !== undefined) drop(row);
      });
    },

    async close() {
      if (!open) return;
      open = false;
      while (longCommits.size > 0) await Promise.allSettled(longCommits);
      closeLedgerFile(database, false);
    },
  };
}

const MOVE_ON =
  'UPDATE read_models SET position = ?, event = ?, events = ? WHERE name = ? AND generation = ? AND position IS ? AND halted_position IS NULL';

/** Moves the checkpoint, where it is still the one the writer saw. */
function movesOn(statement: Statement, of: GenerationRef, from: Checkpoint, to: Checkpoint): boolean {
  const { name, generation } = of;
  const { position = null, event = null, events } = to;
  return Number(statement.run(position, event, events, name, generation, from.position ?? null).changes) > 0;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Primary result codes that say that what was to be written is at fault, not the database: https://www.sqlite.org/rescode.html. */
const ROWS_FAULTS = new Set([1, 18, 19, 20, 25]);

function isRowsFault(error: unknown): boolean {
  const code = sqliteErrorCode(error);
  return code !== undefined && ROWS_FAULTS.has(code & 0xff);
}

function generationOf(row: SqlRow): Generation {
  const position = row.halted_position;
  return {
    name: String(row.name),
    generation: Number(row.generation),
    role: row.role as Generation['role'],
    version: Number(row.version),
    basis: String(row.basis),
    shape: String(row.shape),
    position: row.position === null ? undefined : BigInt(row.position as number),
    event: row.event === null ? undefined : String(row.event),
    events: Number(row.events),
    halted:
      position === null
        ? undefined
        : {
            position: BigInt(position as number),
            event: String(row.halted_event),
            detail: String(row.halted_detail),
            at: String(row.halted_at),
          },
  };
}

function openViews(path: string, open: typeof openDatabase): Database {
  let database: Database | undefined;
  try {
    database = open(path);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    recognise(database, path);
    useWriteAheadLog(database);
    setUp(database);
    migrate(database, path);
    return database;
  } catch (error) {
    database?.close();
    if (isNotADatabase(error)) throw notReadModels(path, 'it is no SQLite database');
    throw storeFailure(path, error);
  }
}

/** What every connection to the file is set to. */
function setUp(database: Database): void {
  database.exec(`
    PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS};
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -${CACHE_KIB};
    PRAGMA wal_autocheckpoint = ${WAL_CHECKPOINT_PAGES};
    PRAGMA journal_size_limit = ${WAL_KEPT_BYTES};
  `);
}

function recognise(database: Database, path: string): void {
  const applicationId = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  if (applicationId === VIEWS_APPLICATION_ID) {
    if (version > VIEWS_SCHEMA_VERSION)
      throw new CaseError({ code: 'STORE_TOO_NEW', path, version, supported: VIEWS_SCHEMA_VERSION });
    return;
  }
  const objects = database.prepare('SELECT count(*) AS objects FROM sqlite_schema').get()?.objects;
  if (applicationId !== 0 || version !== 0 || objects !== 0)
    throw notReadModels(path, 'it is a database of something else than read models');
}

// SQLite does not wait for the lock that a change of journal mode needs, as it does for all others.
function useWriteAheadLog(database: Database): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || attempt === MAX_ATTEMPTS) throw error;
      // Waits for whoever holds the lock, which a plain read does under the busy timeout.
      database.exec('BEGIN IMMEDIATE; ROLLBACK');
    }
  }
}

function migrate(database: Database, path: string): void {
  if (pragma(database, 'user_version') === VIEWS_SCHEMA_VERSION) return;
  database.exec('BEGIN IMMEDIATE');
  // Asked again under the lock: another process may have been laying the same file out.
  recognise(database, path);
  for (const sql of VIEWS_MIGRATIONS.slice(pragma(database, 'user_version'))) database.exec(sql);
  database.exec(
    `PRAGMA application_id = ${VIEWS_APPLICATION_ID}; PRAGMA user_version = ${VIEWS_SCHEMA_VERSION}; COMMIT`,
  );
}

function pragma(database: Database, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function notReadModels(path: string, detail: string): CaseError {
  return new CaseError({ code: 'STORE_NOT_A_LEDGER', path, detail });
}
