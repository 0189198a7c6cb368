import type { RecordedEvent } from '../domain/event.js';
import type { Checkpoint, TableChanges } from '../read-store/read-store.js';
import {
  isWithin,
  keyOf,
  keyText,
  type Rewrite,
  type Row,
  type RowValue,
  type TableSpec,
} from '../read-store/table-spec.js';
import type { Projection, Rows, Tally } from './projection.js';

/** Rows kept in memory between pages, per table: those of the cases that are being worked on. More of them live long enough to cost more in garbage collection than they spare in look-ups. */
export const ROWS_KEPT = 2_000;

/** Rows by table and key; undefined says that there is none. */
type RowMap = Map<string, Row | undefined>;

/** What a generation's rows were when last read or written; valid while nobody else writes them. */
export type RowMemory = { readonly tables: Map<string, RowMap>; forget(): void };

export function rowMemory({ tables }: Projection): RowMemory {
  const memory = new Map(tables.map(({ name }) => [name, new Map() as RowMap]));
  return {
    tables: memory,
    forget() {
      for (const rows of memory.values()) rows.clear();
    },
  };
}

/** Events folded into the rows they touch, page after page, until the rows are written. */
export type Fold = {
  /**
   * Applies a page of events in memory.
   *
   * @param events whose rows the memory holds
   * @param histories by event id, for those that need one
   * @param skipped ids of events to leave out
   * @throws UntakenEvent after which nothing of this fold may be written
   */
  apply(
    events: readonly RecordedEvent[],
    histories: ReadonlyMap<string, readonly RecordedEvent[]>,
    skipped: ReadonlySet<string>,
  ): void;
  changes(): readonly TableChanges[];
  /** Lets the memory know that the changes were written. */
  written(): void;
};

/** An event that `apply` does not take: the one at `index` of the page. */
export class UntakenEvent extends Error {
  override readonly name = 'UntakenEvent';

  constructor(
    readonly index: number,
    override readonly cause: unknown,
  ) {
    super('the event cannot be taken');
  }
}

/** Where a generation stands after a page. */
export function checkpointAfter(from: Checkpoint, events: readonly RecordedEvent[]): Checkpoint {
  const last = events.at(-1);
  return last === undefined ? from : { position: last.position, event: last.id, events: from.events + events.length };
}

/** The keys of a page's rows that memory does not hold, by table. */
export function rowsToRead(
  projection: Projection,
  memory: RowMemory,
  events: readonly RecordedEvent[],
): ReadonlyMap<TableSpec, readonly (readonly RowValue[])[]> {
  const missing = new Map<TableSpec, Map<string, readonly RowValue[]>>();
  for (const event of events) {
    let named: ReturnType<Projection['reads']>;
    try {
      named = projection.reads(event);
    } catch {
      // The same happens when it is applied, and is reported there.
      break;
    }
    for (const { table, key, fresh } of named) {
      const rows = memory.tables.get(table);
      if (rows === undefined) throw new TypeError(`${projection.name} has no table "${table}"`);
      const text = keyText(key);
      if (rows.has(text)) continue;
      rows.set(text, undefined);
      if (fresh) continue;
      const spec = projection.tables.find(({ name }) => name === table)!;
      const keys = missing.get(spec);
      if (keys === undefined) missing.set(spec, new Map([[text, key]]));
      else keys.set(text, key);
    }
  }
  return new Map([...missing].map(([spec, keys]) => [spec, [...keys.values()]]));
}

export function openFold(projection: Projection, memory: RowMemory): Fold {
  const tables = new Map(
    projection.tables.map((spec) => [spec.name, new TableFold(spec, memory.tables.get(spec.name)!)]),
  );
  const tableOf = (name: string): TableFold => {
    const table = tables.get(name);
    if (table === undefined) throw new TypeError(`${projection.name} has no table "${name}"`);
    return table;
  };
  const rows: Rows = {
    get: (table, ...key) => tableOf(table).get(key),
    put: (table, row) => tableOf(table).put(row),
    remove: (table, ...key) => tableOf(table).remove(key),
    append: (table, row) => tableOf(table).append(row),
    rewrite: (table, rewrite) => tableOf(table).rewrite(rewrite),
  };

  return {
    apply(events, histories, skipped) {
      for (let index = 0; index < events.length; index += 1) {
        const event = events[index]!;
        if (skipped.size > 0 && skipped.has(event.id)) continue;
        try {
          projection.apply(event, rows, histories.get(event.id) ?? NO_HISTORY);
        } catch (cause) {
          throw new UntakenEvent(index, cause);
        }
      }
    },
    changes() {
      const changes = [...tables.values()].filter((table) => table.changed).map((table) => table.changes());
      for (const tally of projection.tallies ?? []) {
        const of = changes.find(({ table }) => table.name === tally.of);
        if (of !== undefined) changes.push(tallied(tally, of));
      }
      return changes;
    },
    written() {
      for (const table of tables.values()) table.remember();
    },
  };
}

/** How a tally changes with the rows it counts. */
function tallied({ table, key }: Tally, { inserted, updated, removed }: RowChanges): TableChanges {
  const [counter] = table.counters ?? [];
  if (counter === undefined) throw new TypeError(`the tally ${table.name} names no counter`);
  const sums = new Map<string, { readonly key: Row; readonly deltas: Record<string, number> }>();
  const add = (row: Row, delta: number): void => {
    const counted = key(row);
    const text = keyText(keyOf(table, counted));
    const sum = sums.get(text);
    if (sum === undefined) sums.set(text, { key: counted, deltas: { [counter]: delta } });
    else sum.deltas[counter] = sum.deltas[counter]! + delta;
  };
  for (const row of inserted) add(row, 1);
  for (const row of removed) add(row, -1);
  for (const { before, after } of updated) {
    add(before, -1);
    add(after, 1);
  }
  const added = [...sums.values()].filter(({ deltas }) => deltas[counter] !== 0);
  return { table, inserted: [], updated: [], removed: [], added, rewrites: [] };
}

const NO_HISTORY: readonly RecordedEvent[] = [];

type RowChanges = Pick<TableChanges, 'inserted' | 'updated' | 'removed'>;

class TableFold {
  readonly #appended: Row[] = [];
  readonly #current: Map<string, Row | undefined> = new Map();
  readonly #rewrites: Rewrite[] = [];
  /** Rows of the memory as they are stored once the rewrites are done. */
  #stored: RowMap;

  constructor(
    readonly spec: TableSpec,
    readonly memory: RowMap,
  ) {
    this.#stored = memory;
  }

  get changed(): boolean {
    return this.#current.size > 0 || this.#appended.length > 0 || this.#rewrites.length > 0;
  }

  get(key: readonly RowValue[]): Row | undefined {
    return this.#getText(keyText(key));
  }

  #getText(text: string): Row | undefined {
    const current = this.#current.get(text);
    if (current !== undefined || this.#current.has(text)) return current;
    const stored = this.#stored.get(text);
    if (stored === undefined && !this.#stored.has(text))
      throw new TypeError(`a row of ${this.spec.name} was not named by reads`);
    return stored;
  }

  put(row: Row): void {
    const { primaryKey } = this.spec;
    const text = primaryKey.length === 1 ? String(row[primaryKey[0]!]) : keyText(keyOf(this.spec, row));
    if (!this.#stored.has(text)) throw new TypeError(`a row of ${this.spec.name} was not named by reads`);
    this.#current.set(text, row);
  }

  remove(key: readonly RowValue[]): void {
    const text = keyText(key);
    if (this.#getText(text) !== undefined) this.#current.set(text, undefined);
  }

  append(row: Row): void {
    this.#appended.push(row);
  }

  rewrite(rewrite: Rewrite): void {
    const changed = (row: Row): Row =>
      rewrite.among.some((range) => isWithin(range, row)) ? rewrite.change(row) : row;
    this.#rewrites.push(rewrite);
    this.#stored = new Map([...this.#stored].map(([text, row]) => [text, row && changed(row)]));
    for (const [text, row] of this.#current) if (row !== undefined) this.#current.set(text, changed(row));
  }

  changes(): TableChanges {
    const inserted: Row[] = [...this.#appended];
    const updated: { before: Row; after: Row }[] = [];
    const removed: Row[] = [];
    for (const [text, after] of this.#current) {
      const before = this.#stored.get(text);
      if (before === undefined) {
        if (after !== undefined) inserted.push(after);
      } else if (after === undefined) removed.push(before);
      else if (after !== before) updated.push({ before, after });
    }
    return { table: this.spec, inserted, updated, removed, added: [], rewrites: this.#rewrites };
  }

  remember(): void {
    if (this.#stored !== this.memory) {
      this.memory.clear();
      for (const [text, row] of this.#stored) this.memory.set(text, row);
    }
    for (const [text, row] of this.#current) {
      // Put at the end: what was touched last is dropped last.
      this.memory.delete(text);
      this.memory.set(text, row);
    }
    for (const text of this.memory.keys()) {
      if (this.memory.size <= ROWS_KEPT) break;
      this.memory.delete(text);
    }
  }
}
