import { CaseError } from '../../domain/case-error.js';
import type { RecordedEvent } from '../../domain/event.js';
import type { EventStore } from '../../event-store/event-store.js';
import {
  type Checkpoint,
  type Generation,
  type ReadStore,
  type TableChanges,
  tableName,
} from '../../read-store/read-store.js';
import { type Row, shapeOf, type TableSpec } from '../../read-store/table-spec.js';
import type { CaseRef } from '../case-reading.js';

/** Raised when the rows mean something else than before. */
const BOOK_VERSION = 1;

/** How often laying the book out is tried while other processes do the same. */
const MAX_ATTEMPTS = 50;

/** Where a unit of work stands that could not be done when its turn came: tried again by itself, given up until somebody releases it, or behind one that is. */
export type WaitingStatus = 'retrying' | 'parked' | 'behind';

/** A cause as a whole, before its commands are known: its place among them. */
export const WHOLE_CAUSE = -1;

/** One command (or one whole cause, where its commands could not be worked out) that waits for its turn. */
export type WaitingUnit = {
  /** The command's id, or the cause's. */
  readonly id: string;
  /** The cause's position and the command's place among its commands: the order in which units of one key are done. */
  readonly position: bigint;
  readonly ordinal: number;
  /** What it holds up: whatever else goes to its target, or comes from its cause's case while the target is unknown. */
  readonly key: string;
  readonly cause: Pick<RecordedEvent, 'id' | 'stream' | 'revision' | 'type'> & { readonly workflow: string };
  /** Unknown while the commands of its cause are. */
  readonly target: CaseRef | undefined;
  readonly status: WaitingStatus;
  readonly attempts: number;
  /** When it is tried next, ISO 8601. */
  readonly nextAt: string;
  /** What went wrong last; no personal data. */
  readonly detail: string | undefined;
  /** ISO 8601. */
  readonly since: string;
};

export type BookChanges = {
  readonly added?: readonly WaitingUnit[];
  readonly changed?: readonly { readonly before: WaitingUnit; readonly after: WaitingUnit }[];
  readonly removed?: readonly WaitingUnit[];
  /** Streams whose every event is listened to from now on, with the position that says so. */
  readonly followed?: readonly { readonly stream: string; readonly position: bigint }[];
  readonly unfollowed?: readonly string[];
};

/**
 * How far one reaction has come, what waits, and which cases it follows. Derived, like every read model: what is lost
 * with the read store is worked out again from the ledger, where each command knows its outcome.
 */
export type ReactionBook = {
  checkpoint(): Checkpoint & { readonly position: bigint };
  /** Reads where the reaction stands now; another worker may have moved it, or somebody deleted the read store. */
  reload(): Promise<void>;
  /**
   * Writes changes and checkpoint together, where the checkpoint is still the one last seen. False, with nothing
   * written, where another worker was first: the book has then been read anew.
   */
  commit(to: Checkpoint & { readonly position: bigint }, changes?: BookChanges): Promise<boolean>;
  waiting(): Promise<readonly WaitingUnit[]>;
  follows(stream: string): boolean;
};

/** Opens a reaction's book, laying it out where there is none or where it is another ledger's. */
export async function openReactionBook(deps: {
  readonly store: Pick<EventStore, 'readAll'>;
  readonly readStore: ReadStore;
  readonly reaction: string;
  /** Where it begins. */
  readonly adoption: RecordedEvent;
}): Promise<ReactionBook> {
  const { store, readStore, adoption } = deps;
  const tables = bookTables(deps.reaction);
  const { name } = tables;
  let generation: Generation;
  let at: Checkpoint & { readonly position: bigint };
  const followed = new Set<string>();
  let followedTo = -1n;

  async function load(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const found = (await readStore.generations()).filter((one) => one.name === name);
      const active = found.find(({ role, shape, version }) => role === 'active' && isOwn({ shape, version }));
      if (active?.position !== undefined && (await isOfThisLedger(active))) {
        generation = active;
        at = { position: active.position, event: active.event, events: active.events };
        await loadFollowed();
        return;
      }
      if (attempt === MAX_ATTEMPTS) throw new Error(`the book of reaction "${deps.reaction}" cannot be laid out`);
      if (active !== undefined && active.position === undefined) await begin(active);
      else {
        for (const one of found) if (one.role === 'active') await readStore.drop(one);
        followed.clear();
        followedTo = -1n;
        await readStore.activate(await readStore.build({ name, version: BOOK_VERSION, basis: '', tables: tables.all }));
      }
    }
  }

  function isOwn({ shape, version }: Pick<Generation, 'shape' | 'version'>): boolean {
    return version === BOOK_VERSION && shape === shapeOf(tables.all);
  }

  function begin(active: Generation): Promise<boolean> {
    const from = { position: undefined, event: undefined, events: 0 };
    return readStore.commit(active, from, { position: adoption.position, event: adoption.id, events: 0 }, []);
  }

  async function isOfThisLedger({ position, event }: Generation): Promise<boolean> {
    if (position === undefined) return true;
    if (position < adoption.position) return false;
    const [found] = await store.readAll({ ...(position > 0n && { after: position - 1n }), limit: 1 });
    return found?.position === position && found.id === event;
  }

  async function loadFollowed(): Promise<void> {
    const rows = await readStore.database
      .selectFrom(tableName(tables.followed.name, generation.generation))
      .select(['stream', 'position'])
      .where('position', '>', Number(followedTo))
      .execute();
    for (const { stream, position } of rows) {
      followed.add(String(stream));
      if (BigInt(position as number) > followedTo) followedTo = BigInt(position as number);
    }
  }

  function changesOf(changes: BookChanges): TableChanges[] {
    const { added = [], changed = [], removed = [], followed: begun = [], unfollowed = [] } = changes;
    const written = [
      tableChanges(tables.waiting, {
        inserted: added.map(unitRow),
        updated: changed.map(({ before, after }) => ({ before: unitRow(before), after: unitRow(after) })),
        removed: removed.map(unitRow),
      }),
      tableChanges(tables.followed, {
        inserted: begun.map(({ stream, position }) => ({ stream, position: Number(position) })),
        removed: unfollowed.map((stream) => ({ stream, position: 0 })),
      }),
    ];
    return written.filter(({ inserted, updated, removed: gone }) => inserted.length + updated.length + gone.length > 0);
  }

  async function waiting(): Promise<readonly WaitingUnit[]> {
    const rows = await readStore.database
      .selectFrom(tableName(tables.waiting.name, generation.generation))
      .selectAll()
      .orderBy('position')
      .orderBy('ordinal')
      .execute();
    return (rows as Row[]).map(unitOf);
  }

  async function holdsOneOf(units: readonly WaitingUnit[] = []): Promise<boolean> {
    const there = new Set((await waiting()).map(({ id }) => id));
    return units.some(({ id }) => there.has(id));
  }

  await load();
  return {
    checkpoint: () => at,
    reload: load,

    async commit(to, changes = {}) {
      let written = false;
      try {
        written = await readStore.commit(generation, at, to, changesOf(changes));
      } catch (error) {
        if (error instanceof CaseError) throw error;
        // A row that is there already: another worker came between, and has moved the book on or added what we would.
        const from = at.position;
        await load();
        if (at.position === from && !(await holdsOneOf(changes.added))) throw error;
        return false;
      }
      if (!written) {
        await load();
        return false;
      }
      at = to;
      for (const { stream, position } of changes.followed ?? []) {
        followed.add(stream);
        followedTo = position;
      }
      for (const stream of changes.unfollowed ?? []) followed.delete(stream);
      return true;
    },

    waiting,

    follows: (stream) => followed.has(stream),
  };
}

/** A book's name in the read store, and its tables: each reaction has its own. */
function bookTables(reaction: string) {
  const name = `reaction_${reaction.replaceAll('-', '_')}`;
  const waiting: TableSpec = {
    name: `${name}_waiting`,
    columns: {
      position: 'integer',
      ordinal: 'integer',
      id: 'text',
      key: 'text',
      cause: 'text',
      cause_stream: 'text',
      cause_workflow: 'text',
      cause_revision: 'integer',
      cause_type: 'text',
      target_workflow: 'text?',
      target_case: 'text?',
      status: 'text',
      attempts: 'integer',
      next_at: 'text',
      detail: 'text?',
      since: 'text',
    },
    primaryKey: ['position', 'ordinal'],
    indexes: [],
  };
  const followed: TableSpec = {
    name: `${name}_followed`,
    columns: { stream: 'text', position: 'integer' },
    primaryKey: ['stream'],
    indexes: [],
  };
  return { name, waiting, followed, all: [waiting, followed] };
}

function tableChanges(
  table: TableSpec,
  { inserted = [], updated = [], removed = [] }: Partial<Pick<TableChanges, 'inserted' | 'updated' | 'removed'>>,
): TableChanges {
  return { table, inserted, updated, removed, added: [], rewrites: [] };
}

function unitRow(unit: WaitingUnit): Row {
  return {
    position: Number(unit.position),
    ordinal: unit.ordinal,
    id: unit.id,
    key: unit.key,
    cause: unit.cause.id,
    cause_stream: unit.cause.stream,
    cause_workflow: unit.cause.workflow,
    cause_revision: unit.cause.revision,
    cause_type: unit.cause.type,
    target_workflow: unit.target?.workflow ?? null,
    target_case: unit.target?.caseId ?? null,
    status: unit.status,
    attempts: unit.attempts,
    next_at: unit.nextAt,
    detail: unit.detail ?? null,
    since: unit.since,
  };
}

function unitOf(row: Row): WaitingUnit {
  return {
    id: String(row.id),
    position: BigInt(row.position as number),
    ordinal: Number(row.ordinal),
    key: String(row.key),
    cause: {
      id: String(row.cause),
      stream: String(row.cause_stream),
      workflow: String(row.cause_workflow),
      revision: Number(row.cause_revision),
      type: String(row.cause_type),
    },
    target:
      row.target_workflow === null
        ? undefined
        : { workflow: String(row.target_workflow), caseId: String(row.target_case) },
    status: row.status as WaitingStatus,
    attempts: Number(row.attempts),
    nextAt: String(row.next_at),
    detail: row.detail === null ? undefined : String(row.detail),
    since: String(row.since),
  };
}
