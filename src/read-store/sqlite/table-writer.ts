import type { Database, SqlValue, Statement } from '../../event-store/sqlite/sqlite-binding.js';
import { type TableChanges, tableName } from '../read-store.js';
import { keyOf, type Row, type RowValue, type TableSpec } from '../table-spec.js';

/** Keys one statement looks up. */
const KEYS_AT_ONCE = 64;

/** `CREATE TABLE` of one generation. Clustered by its primary key, as rows are asked for. */
export function createTableSql(table: TableSpec, generation: number): string {
  const columns = Object.entries(table.columns).map(
    ([name, type]) => `${name} ${type.startsWith('text') ? 'TEXT' : 'INTEGER'}${type.endsWith('?') ? '' : ' NOT NULL'}`,
  );
  return `CREATE TABLE ${tableName(table.name, generation)} (${columns.join(', ')}, PRIMARY KEY (${table.primaryKey.join(', ')})) STRICT, WITHOUT ROWID`;
}

export function createIndexesSql(table: TableSpec, generation: number): readonly string[] {
  const name = tableName(table.name, generation);
  return table.indexes.map(
    ({ columns, where }, index) =>
      `CREATE INDEX IF NOT EXISTS ${name}_i${index + 1} ON ${name} (${columns.join(', ')})${where === undefined ? '' : ` WHERE ${where}`}`,
  );
}

export type TableWriter = {
  rows(table: TableSpec, keys: readonly (readonly RowValue[])[]): Row[];
  /** Inside the caller's transaction, after the rewrites. */
  write(changes: Omit<TableChanges, 'rewrites'>): void;
};

/**
 * Writes rows of one generation through statements prepared once. An update names only the columns that changed, so
 * that indexes over the others are left alone.
 */
export function tableWriter(database: Database, generation: number): TableWriter {
  const statements = new Map<string, Statement>();

  function prepared(sql: string): Statement {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  }

  function rows(table: TableSpec, keys: readonly (readonly RowValue[])[]): Row[] {
    const found: Row[] = [];
    const { primaryKey } = table;
    const match = primaryKey.length === 1 ? '?' : `(${primaryKey.map(() => '?').join(', ')})`;
    const columns = primaryKey.length === 1 ? primaryKey[0] : `(${primaryKey.join(', ')})`;
    for (let at = 0; at < keys.length; ) {
      const size = keys.length - at >= KEYS_AT_ONCE ? KEYS_AT_ONCE : 1;
      const chunk = keys.slice(at, at + size);
      const list = Array(size).fill(match).join(', ');
      const condition = primaryKey.length === 1 ? `${columns} IN (${list})` : `${columns} IN (VALUES ${list})`;
      found.push(
        ...(prepared(`SELECT * FROM ${tableName(table.name, generation)} WHERE ${condition}`).all(
          ...(chunk.flat() as SqlValue[]),
        ) as Row[]),
      );
      at += size;
    }
    return found;
  }

  function insert(table: TableSpec, inserted: readonly Row[]): void {
    if (inserted.length === 0) return;
    const columns = Object.keys(table.columns);
    const statement = prepared(
      `INSERT INTO ${tableName(table.name, generation)} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    const values: SqlValue[] = new Array(columns.length);
    for (const row of inserted) {
      for (let index = 0; index < columns.length; index += 1) values[index] = row[columns[index]!] ?? null;
      statement.run(...values);
    }
  }

  function update(table: TableSpec, before: Row, after: Row): void {
    const values: SqlValue[] = [];
    let assignments = '';
    for (const column in table.columns) {
      const value = after[column] ?? null;
      if (value === (before[column] ?? null)) continue;
      assignments += assignments === '' ? `${column} = ?` : `, ${column} = ?`;
      values.push(value);
    }
    if (assignments === '') return;
    prepared(`UPDATE ${tableName(table.name, generation)} SET ${assignments} WHERE ${keyCondition(table)}`).run(
      ...values,
      ...(keyOf(table, after) as SqlValue[]),
    );
  }

  function remove(table: TableSpec, key: readonly RowValue[]): void {
    prepared(`DELETE FROM ${tableName(table.name, generation)} WHERE ${keyCondition(table)}`).run(
      ...(key as SqlValue[]),
    );
  }

  function add(table: TableSpec, key: Row, deltas: Readonly<Record<string, number>>): void {
    const counters = table.counters ?? [];
    const columns = [...table.primaryKey, ...counters];
    const name = tableName(table.name, generation);
    const sums = counters.map((column) => `${column} = ${name}.${column} + excluded.${column}`).join(', ');
    prepared(
      `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT (${table.primaryKey.join(', ')}) DO UPDATE SET ${sums}`,
    ).run(...(keyOf(table, key) as SqlValue[]), ...counters.map((column) => deltas[column] ?? 0));
    const zero = counters.map((column) => `${column} = 0`).join(' AND ');
    prepared(`DELETE FROM ${name} WHERE ${keyCondition(table)} AND ${zero}`).run(...(keyOf(table, key) as SqlValue[]));
  }

  return {
    rows,
    write({ table, inserted, updated, removed, added }) {
      for (const row of removed) remove(table, keyOf(table, row));
      for (const { before, after } of updated) update(table, before, after);
      insert(table, inserted);
      for (const { key, deltas } of added) add(table, key, deltas);
    },
  };
}

function keyCondition({ primaryKey }: TableSpec): string {
  return primaryKey.map((column) => `${column} = ?`).join(' AND ');
}
