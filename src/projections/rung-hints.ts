import { sql } from 'kysely';
import { CaseError } from '../domain/case-error.js';
import { type ReadStore, tableName } from '../read-store/read-store.js';
import { DUE_CASES } from './due-cases.js';
import { RUNG_COLUMNS } from './rung-columns.js';

/** A deadline that may have a rung to be raised at `at`, as the case stood at `revision`. */
export type RungHint = {
  readonly stream: string;
  readonly deadline: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly revision: number;
};

/** Where a page ended: after every hint of that instant, or after one of them. */
export type HintMark = Pick<RungHint, 'at'> & Partial<Pick<RungHint, 'stream' | 'deadline'>>;

/** The due cases as the alarm clock asks them. They lag, so they say where to look and nothing more. */
export type RungHints = {
  /** Another text whenever the rows may have changed; undefined while there are none. */
  version(): Promise<string | undefined>;
  /** Why the rows fall ever further behind, `PROJECTION_HALTED`; undefined while they follow. */
  halted(): Promise<CaseError | undefined>;
  /** Hints up to `until`, earliest first, at most `limit`. Costs what it answers, however many cases are open. */
  upTo(until: string, limit: number, after?: HintMark): Promise<readonly RungHint[]>;
};

export function rungHints({ readStore }: { readonly readStore: ReadStore }): RungHints {
  async function inUse() {
    const generations = await readStore.generations();
    return generations.find(({ name, role, shape }) => name === DUE_CASES.name && role === 'active' && hasRungs(shape));
  }

  return {
    async version() {
      const generation = await inUse();
      return generation && `${generation.generation}@${generation.position ?? ''}`;
    },

    async halted() {
      const halt = (await inUse())?.halted;
      if (halt === undefined) return undefined;
      const { position, detail } = halt;
      return new CaseError({
        code: 'PROJECTION_HALTED',
        projection: DUE_CASES.name,
        position: String(position),
        detail,
      });
    },

    async upTo(until, limit, after) {
      const generation = await inUse();
      if (generation === undefined) return [];
      let query = readStore.database
        .selectFrom(tableName(DUE_CASES.name, generation.generation))
        .select(['stream', 'deadline', 'next_rung_at', 'revision'])
        .where('next_rung_at', '<=', until)
        .orderBy('next_rung_at')
        .orderBy('stream')
        .orderBy('deadline')
        .limit(limit);
      if (after?.stream !== undefined)
        query = query.where(
          sql<boolean>`(next_rung_at, stream, deadline) > (${after.at}, ${after.stream}, ${after.deadline ?? ''})`,
        );
      else if (after !== undefined) query = query.where('next_rung_at', '>', after.at);
      const rows = await query.execute();
      return rows.map((row) => ({
        stream: String(row.stream),
        deadline: String(row.deadline),
        at: String(row.next_rung_at),
        revision: Number(row.revision),
      }));
    },
  };
}

/** Tables laid out by older code have no hints. */
function hasRungs(shape: string): boolean {
  return Object.keys(RUNG_COLUMNS).every((column) => shape.includes(`"${column}"`));
}
