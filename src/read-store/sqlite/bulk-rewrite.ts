import type { Database, SqlValue, Statement } from '../../event-store/sqlite/sqlite-binding.js';
import { RewriteFailed, type TableChanges, tableName } from '../read-store.js';
import { isWithin, type Row, type RowRange, type TableSpec } from '../table-spec.js';

/** Rows looked at, or written, between two turns: some milliseconds of work. */
const PAGE = 1_000;

/**
 * Changes any number of rows of one table in two parts, each a run of short steps between which others get their turn.
 * `stage` reads and computes, and keeps what changes in a temporary table of this connection; `apply` writes that, and
 * is run inside a transaction. Rows are never all in memory.
 */
export type BulkRewrite = {
  /** @throws RewriteFailed when a row cannot be changed */
  stage(): Generator<void>;
  apply(): Generator<void>;
  /** Lets go of what was staged. */
  clear(): void;
};

export function bulkRewrite(
  database: Database,
  generation: number,
  { table, rewrites }: Pick<TableChanges, 'table' | 'rewrites'>,
): BulkRewrite {
  const name = tableName(table.name, generation);
  const staged = `temp.staged_${name}`;
  // Kept until all is done: a statement that is collected while its rows are still being read ends the process.
  const reading: Statement[] = [];
  const columns = Object.keys(table.columns).filter((column) => rewrites.some((one) => one.columns.includes(column)));

  function changed(row: Row): Row {
    try {
      return rewrites.reduce(
        (now, { among, change }) => (among.some((range) => isWithin(range, now)) ? change(now) : now),
        row,
      );
    } catch (cause) {
      throw new RewriteFailed(cause);
    }
  }

  return {
    *stage() {
      database.exec(`DROP TABLE IF EXISTS ${staged}`);
      database.exec(`CREATE TABLE ${staged} (${[...table.primaryKey, ...columns].join(', ')})`);
      const places = [...table.primaryKey, ...columns].map(() => '?').join(', ');
      const keep = database.prepare(`INSERT INTO ${staged} VALUES (${places})`);
      let looked = 0;
      const seen: RowRange[] = [];
      for (const range of rewrites.flatMap(({ among }) => among)) {
        const { sql, values } = rowsWithin(table, name, range, seen);
        const select = database.prepare(sql);
        reading.push(select);
        for (const row of select.iterate(...values) as IterableIterator<Row>) {
          const after = changed(row);
          if (columns.some((column) => after[column] !== row[column])) {
            keep.run(...([...table.primaryKey, ...columns].map((column) => after[column] ?? null) as SqlValue[]));
          }
          looked += 1;
          if (looked % PAGE === 0) yield;
        }
        seen.push(range);
      }
    },

    *apply() {
      const assigned = columns.map((column) => `${column} = s.${column}`).join(', ');
      const same = table.primaryKey.map((column) => `t.${column} = s.${column}`).join(' AND ');
      const update = database.prepare(
        `UPDATE ${name} AS t SET ${assigned} FROM ${staged} AS s WHERE s.rowid > ? AND s.rowid <= ? AND ${same}`,
      );
      const last = Number(database.prepare(`SELECT max(rowid) AS last FROM ${staged}`).get()?.last ?? 0);
      for (let done = 0; done < last; done += PAGE) {
        update.run(done, done + PAGE);
        yield;
      }
    },

    clear() {
      reading.length = 0;
      database.exec(`DROP TABLE IF EXISTS ${staged}`);
    },
  };
}

/** The rows of one range that are in none of those before it. */
function rowsWithin(
  table: TableSpec,
  name: string,
  range: RowRange,
  before: readonly RowRange[],
): { readonly sql: string; readonly values: readonly SqlValue[] } {
  const parts = [range, ...before].map((one) => conditionOf(one));
  const [within, ...others] = parts.map(({ sql }) => sql);
  const conditions = [within, ...others.map((sql) => `(${sql}) IS NOT TRUE`)].join(' AND ');
  return {
    sql: `SELECT ${Object.keys(table.columns).join(', ')} FROM ${name} WHERE ${conditions}`,
    values: parts.flatMap(({ values }) => values),
  };
}

function conditionOf(range: RowRange): { readonly sql: string; readonly values: readonly SqlValue[] } {
  const parts = Object.entries(range).map(([column, bound]) =>
    'from' in bound
      ? { sql: `${column} >= ?`, values: [bound.from] }
      : { sql: `${column} IN (${bound.oneOf.map(() => '?').join(', ')})`, values: bound.oneOf },
  );
  return { sql: parts.map(({ sql }) => sql).join(' AND '), values: parts.flatMap(({ values }) => values) };
}
