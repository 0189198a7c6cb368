/** What a column of a read model holds. */
export type RowValue = null | number | string;

/** A row of a read model by column; every column of its table is there. */
export type Row = Readonly<Record<string, RowValue>>;

export type ColumnSpec = 'text' | 'text?' | 'integer' | 'integer?';

export type IndexSpec = {
  readonly columns: readonly string[];
  /** Only rows of which this holds are in the index: a condition every dialect reads, such as `status = 'open'`. */
  readonly where?: string;
};

/** A table of a read model, in terms every dialect can lay out. */
export type TableSpec = {
  /** Unique over all read models; lower case and underscores. */
  readonly name: string;
  /** A `?` marks a column that may be null. */
  readonly columns: Readonly<Record<string, ColumnSpec>>;
  readonly primaryKey: readonly string[];
  readonly indexes: readonly IndexSpec[];
  /** Columns that count: changed by differences only. A row whose counters have all come to zero is gone. */
  readonly counters?: readonly string[];
};

/** A key as one text, for maps. */
export function keyText(key: readonly RowValue[]): string {
  return key.length === 1 ? String(key[0]) : key.join('\u0000');
}

/** The key of a row, in the order of its table's primary key. */
export function keyOf({ primaryKey }: TableSpec, row: Row): readonly RowValue[] {
  return primaryKey.map((column) => row[column] ?? null);
}

/** Tells table layouts apart: equal texts mean that a query written for one runs on the other. */
export function shapeOf(tables: readonly TableSpec[]): string {
  return JSON.stringify(tables.map(({ name, columns, primaryKey }) => [name, columns, primaryKey]));
}
