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

/** Rows by what stands in some of their columns: in each at least so much, or one of these. */
export type RowRange = Readonly<
  Record<string, { readonly from: string | number } | { readonly oneOf: readonly (string | number)[] }>
>;

/** Whether a row is one of a range. Texts are compared as a database does, which for what read models hold is code unit by code unit. */
export function isWithin(range: RowRange, row: Row): boolean {
  return Object.entries(range).every(([column, bound]) => {
    const value = row[column] ?? null;
    if (value === null) return false;
    return 'from' in bound ? value >= bound.from : bound.oneOf.includes(value);
  });
}

/** A change to all rows of a table that are in one of some ranges, however many. Those outside are not looked at. */
export type Rewrite = {
  /** The columns that `change` may change; no key is among them. */
  readonly columns: readonly string[];
  readonly among: readonly RowRange[];
  readonly change: (row: Row) => Row;
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
