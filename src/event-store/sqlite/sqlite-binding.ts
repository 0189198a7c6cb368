/** What SQLite gives back and takes. Integers arrive as numbers: nothing here counts beyond 2^53. */
export type SqlValue = null | number | bigint | string | Uint8Array;

export type Row = Record<string, SqlValue>;

/** A prepared statement; the subset of `node:sqlite`'s that every supported binding has. */
export interface Statement {
  run(...parameters: SqlValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };
  get(...parameters: SqlValue[]): Row | undefined;
  all(...parameters: SqlValue[]): Row[];
  iterate(...parameters: SqlValue[]): IterableIterator<Row>;
  setReadBigInts(enabled: boolean): void;
  /** Not in every binding: Node has it from 22.16 on. */
  setReturnArrays?(enabled: boolean): void;
}

/** An open connection; the subset of `node:sqlite`'s `DatabaseSync` that every supported binding has. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export type OpenDatabaseOptions = { readonly readOnly?: boolean };

type Binding = { DatabaseSync: new (path: string, options: { readOnly: boolean }) => Database };

let loaded: Binding | undefined;

/**
 * Opens a SQLite database, creating the file unless `readOnly`. Sets no pragma: what a file must survive is its
 * owner's to say.
 *
 * Built into Node from 22.13 on; before that `@photostructure/sqlite`, which has the same interface.
 *
 * @param path file name, `file:` URL or `:memory:`
 * @throws the binding's own error, which {@link sqliteErrorCode} reads
 */
export function openDatabase(path: string, { readOnly = false }: OpenDatabaseOptions = {}): Database {
  loaded ??= loadBinding();
  return new loaded.DatabaseSync(path, { readOnly });
}

// getBuiltinModule rather than import: resolvers of bundlers and test runners do not know `node:sqlite`, and an import
// would be asynchronous. The stand-in is loaded past them too, since a native addon loads once per process.
function loadBinding(): Binding {
  const builtin = process.getBuiltinModule('node:sqlite');
  if (builtin !== undefined) return builtin as Binding;
  const { createRequire } = process.getBuiltinModule('node:module');
  return createRequire(import.meta.url)('@photostructure/sqlite') as Binding;
}

/**
 * What SQLite says where it has nothing more particular to say (`sqlite3_errstr`), with the primary result code it
 * stands for. The stand-in's errors from reading rows carry the text alone.
 */
const CODE_OF_TEXT: ReadonlyMap<string, number> = new Map([
  ['access permission denied', 3],
  ['database is locked', 5],
  ['database table is locked', 6],
  ['out of memory', 7],
  ['attempt to write a readonly database', 8],
  ['disk I/O error', 10],
  ['database disk image is malformed', 11],
  ['database or disk is full', 13],
  ['unable to open database file', 14],
  ['locking protocol', 15],
  ['database schema has changed', 17],
  ['file is not a database', 26],
]);

/**
 * SQLite's extended result code of an error a binding threw, or undefined when it was not SQLite's. It is the primary
 * one where the error carries no more than SQLite's text.
 */
export function sqliteErrorCode(error: unknown): number | undefined {
  const { errcode, code, message } = (error ?? {}) as { errcode?: unknown; code?: unknown; message?: unknown };
  if (typeof errcode === 'number') return errcode;
  return code === 'ERR_SQLITE_ERROR' ? CODE_OF_TEXT.get(String(message)) : undefined;
}
