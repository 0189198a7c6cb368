import { MIGRATIONS } from '#caseledger/event-store/sqlite/migrations.js';
import { type Database, openDatabase } from '#caseledger/event-store/sqlite/sqlite-binding.js';

/** A stored row as the ledger has it, ready to be written again. */
export type FullRow = readonly [
  stream: number,
  revision: number,
  type: string,
  id: Uint8Array,
  data: string,
  metadata: string,
  leaf: Uint8Array,
];

/** Real rows of a ledger, in order. */
export function fullRows(path: string, limit: number): readonly FullRow[] {
  const database = openDatabase(path, { readOnly: true });
  try {
    return database
      .prepare('SELECT stream, revision, type, id, data, metadata, leaf FROM events ORDER BY position DESC LIMIT ?')
      .all(limit)
      .reverse()
      .map(
        (row) => [row.stream, row.revision, row.type, row.id, row.data, row.metadata, row.leaf] as unknown as FullRow,
      );
  } finally {
    database.close();
  }
}

/** The same tables with the same durability and the same binding, without anything around them. */
export type RawWriter = {
  /** Inserts full rows, so many per commit. */
  writeFull(rows: readonly FullRow[], perCommit: number): void;
  /** Inserts the bare 250 bytes of an event in a table of their own. */
  writeBare(count: number, perCommit: number): void;
  close(): void;
};

/** A ledger's rows as they are, without anything around them. */
export type RawReader = {
  /** Reads all columns in order and parses data and metadata. Answers how many rows there were. */
  scan(): number;
  /** Reads and parses one stream. */
  readStream(name: string): number;
  close(): void;
};

const PAGE = 1_000;

/** Lays out a file of its own. */
export function rawWriter(path: string): RawWriter {
  const database = openDatabase(path);
  for (const pragma of [
    'journal_mode = WAL',
    'synchronous = FULL',
    'wal_autocheckpoint = 4000',
    'cache_size = -65536',
  ]) {
    database.exec(`PRAGMA ${pragma}`);
  }
  for (const migration of MIGRATIONS) database.exec(migration);
  database.exec('CREATE TABLE bare (position INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT');
  return { ...writers(database), close: () => database.close() };
}

/** Opens a ledger for reading. */
export function rawReader(path: string): RawReader {
  const database = openDatabase(path, { readOnly: true });
  database.exec('PRAGMA cache_size = -65536');
  return { ...readers(database), close: () => database.close() };
}

function writers(database: Database): Omit<RawWriter, 'close'> {
  const insert = database.prepare(
    'INSERT INTO events (stream, revision, type, id, data, metadata, leaf) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const insertStream = database.prepare('INSERT INTO streams (stream, name) VALUES (?, ?)');
  const insertBare = database.prepare('INSERT INTO bare (data) VALUES (?)');
  const bare = 'x'.repeat(250);
  let streams = Number(database.prepare('SELECT max(stream) AS n FROM streams').get()?.n ?? 0);

  return {
    writeFull(rows, perCommit) {
      const known = new Map<number, number>();
      for (let from = 0; from < rows.length; from += perCommit) {
        database.exec('BEGIN IMMEDIATE');
        for (const [stream, revision, type, id, data, metadata, leaf] of rows.slice(from, from + perCommit)) {
          let own = known.get(stream);
          if (own === undefined) {
            streams += 1;
            own = streams;
            known.set(stream, own);
            insertStream.run(own, `application-${own}-01a20d20-371c-77b9-b306-10e3fc1e67d7`);
          }
          insert.run(own, revision, type, id, data, metadata, leaf);
        }
        database.exec('COMMIT');
      }
    },
    writeBare(count, perCommit) {
      for (let from = 0; from < count; from += perCommit) {
        database.exec('BEGIN IMMEDIATE');
        for (let row = from; row < Math.min(count, from + perCommit); row += 1) insertBare.run(bare);
        database.exec('COMMIT');
      }
    },
  };
}

function readers(database: Database): Omit<RawReader, 'close'> {
  const columns = 'position, name, revision, type, id, data, metadata, leaf';
  const page = database.prepare(
    `SELECT ${columns} FROM events CROSS JOIN streams USING (stream) WHERE position > ? ORDER BY position LIMIT ${PAGE}`,
  );
  const one = database.prepare(
    `SELECT ${columns} FROM streams CROSS JOIN events USING (stream) WHERE name = ? ORDER BY revision`,
  );
  // Rows as arrays are the faster way to read them, where the binding has it.
  const inArrays = page.setReturnArrays !== undefined;
  page.setReturnArrays?.(true);
  one.setReturnArrays?.(true);
  const [positionAt, dataAt, metadataAt] = inArrays
    ? ([0, 5, 6] as const)
    : (['position', 'data', 'metadata'] as const);

  function parse(rows: readonly unknown[]): void {
    for (const row of rows as readonly Record<string | number, string>[]) {
      JSON.parse(row[dataAt]!);
      JSON.parse(row[metadataAt]!);
    }
  }

  return {
    scan() {
      let count = 0;
      let after = 0;
      for (;;) {
        const rows = page.all(after) as unknown as Record<string | number, number>[];
        const last = rows.at(-1);
        if (!last) return count;
        parse(rows);
        after = last[positionAt]!;
        count += rows.length;
      }
    },
    readStream(name) {
      const rows = one.all(name);
      parse(rows);
      return rows.length;
    },
  };
}
