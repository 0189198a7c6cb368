import { type SqlBool, sql } from 'kysely';
import type { Reach } from '../domain/access.js';
import type { GuardReason } from '../domain/case-error.js';
import { CaseError } from '../domain/case-error.js';
import type { JsonObject, RecordedEvent } from '../domain/event.js';
import { caseIdOf, streamIdOf } from '../domain/stream-id.js';
import { type ReadStore, tableName } from '../read-store/read-store.js';
import type { Row, TableSpec } from '../read-store/table-spec.js';
import type { CaseRef, QueryOptions } from './case-queries.js';
import { listMark, type Page, type PageRequest, pageLimit, pageOf, readCursor, writeCursor } from './page-cursor.js';
import { NOTHING_READ, type Projection } from './projection.js';
import { allOf, equals, reachCondition } from './reach-condition.js';
import type { ProjectionRunner } from './runner.js';

/**
 * One row per command of a reaction, with the one outcome it had. A command found stored is `accepted`, whatever else was
 * recorded about it: of two workers that bring the same command at once, one may record a no that the other's yes has
 * overtaken.
 */
const REACTION_OUTCOMES: TableSpec = {
  name: 'reaction_outcomes',
  columns: {
    id: 'text',
    reaction: 'text',
    /** `accepted`, `refused` or `skipped`. */
    outcome: 'text',
    cause_stream: 'text?',
    cause_workflow: 'text?',
    cause_revision: 'integer?',
    cause_type: 'text?',
    target_stream: 'text?',
    target_workflow: 'text?',
    code: 'text?',
    refusal: 'text?',
    /** The guards' reasons in both languages, as JSON. */
    reasons: 'text?',
    /** Who left it out, and why. */
    actor: 'text?',
    reason: 'text?',
    at: 'text',
    position: 'integer',
  },
  primaryKey: ['id'],
  indexes: [
    { columns: ['cause_stream', 'position'], where: `outcome <> 'accepted'` },
    { columns: ['target_stream', 'position'], where: `outcome <> 'accepted'` },
    { columns: ['outcome', 'position'], where: `outcome <> 'accepted'` },
  ],
};

const TABLE = REACTION_OUTCOMES.name;

/** How the commands of reactions ended. */
export const reactionOutcomeList: Projection = {
  name: TABLE,
  version: 1,
  basis: '',
  tables: [REACTION_OUTCOMES],
  reads(event) {
    const id = commandOf(event);
    return id === undefined ? NOTHING_READ : [{ table: TABLE, key: [id] }];
  },
  apply(event, rows) {
    const id = commandOf(event);
    if (id === undefined) return;
    const before = rows.get(TABLE, id);
    const outcome = OUTCOMES[event.type];
    if (outcome === undefined) {
      // Whoever names a command so on another case says nothing about this one.
      if (before !== undefined && before.target_stream !== event.stream) return;
      rows.put(TABLE, { ...(before ?? acceptedRow(id, event)), outcome: 'accepted' });
      return;
    }
    const after = finalRow(id, outcome, event);
    const overtaken = before?.outcome === 'accepted' && before.target_stream === after.target_stream;
    rows.put(TABLE, overtaken ? { ...after, outcome: 'accepted' } : after);
  },
};

const OUTCOMES: Readonly<Record<string, 'refused' | 'skipped' | undefined>> = {
  'reaction.refused': 'refused',
  'reaction.skipped': 'skipped',
};

const REACTION_ACCOUNT = 'reaction:';

/** The command of a reaction that an event is the first of, or tells the end of. */
function commandOf({ type, data, metadata }: RecordedEvent): string | undefined {
  if (metadata.workflow.name === 'reaction') return OUTCOMES[type] === undefined ? undefined : String(data.command);
  const { command, actor } = metadata;
  return command.index === 0 && actor.id.startsWith(REACTION_ACCOUNT) ? command.id : undefined;
}

const NOTHING_KNOWN = {
  cause_stream: null,
  cause_workflow: null,
  cause_revision: null,
  cause_type: null,
  target_stream: null,
  target_workflow: null,
  code: null,
  refusal: null,
  reasons: null,
  actor: null,
  reason: null,
} as const;

function acceptedRow(id: string, { stream, metadata, position }: RecordedEvent): Row {
  return {
    ...NOTHING_KNOWN,
    id,
    reaction: metadata.actor.id.slice(REACTION_ACCOUNT.length),
    outcome: 'accepted',
    target_stream: stream,
    target_workflow: metadata.workflow.name,
    at: metadata.recordedAt,
    position: Number(position),
  };
}

function finalRow(id: string, outcome: 'refused' | 'skipped', { data, metadata, position }: RecordedEvent): Row {
  const cause = data.cause as JsonObject;
  const target = data.target as JsonObject | undefined;
  return {
    ...NOTHING_KNOWN,
    id,
    reaction: String((data.reaction as JsonObject).name),
    outcome,
    cause_stream: String(cause.stream),
    cause_workflow: String(cause.workflow),
    cause_revision: Number(cause.revision),
    cause_type: String(cause.type),
    ...(target && { target_stream: String(target.stream), target_workflow: String(target.workflow) }),
    ...(data.code !== undefined && { code: String(data.code), refusal: String(data.refusal) }),
    ...(data.reasons !== undefined && { reasons: JSON.stringify(data.reasons) }),
    ...(outcome === 'skipped' && { actor: metadata.actor.id, reason: metadata.reason ?? null }),
    at: metadata.recordedAt,
    position: Number(position),
  };
}

/** A command of a reaction that did not become an event of its target. What lies beyond the asker's reach is left out. */
export type ReactionOutcomeItem = {
  /** The command's id. */
  readonly id: string;
  readonly reaction: string;
  readonly outcome: 'refused' | 'skipped';
  /** The event that caused it. */
  readonly cause?: CaseRef & { readonly revision: number; readonly type: string };
  /** The case it was for; absent where the reaction itself could not say. */
  readonly target?: CaseRef;
  /** Code and sentence of the target's no, and its guards' reasons. */
  readonly code?: string;
  readonly refusal?: string;
  readonly reasons?: readonly GuardReason[];
  /** Who left it out, and why. */
  readonly actor?: string;
  readonly reason?: string;
  readonly at: string;
  readonly position: bigint;
};

export type ReactionOutcomeFilter = { readonly reaction?: string; readonly outcome?: 'refused' | 'skipped' };

/** Rejects as `CaseQueries` does. */
export type ReactionOutcomeQueries = {
  /** Those that a case caused or was the target of, oldest first. Whether the asker reaches the case itself is the caller's to know. */
  ofCase(ref: CaseRef, options: QueryOptions): Promise<readonly ReactionOutcomeItem[]>;
  /** Those whose cause lies within reach, newest first: the worklist. */
  list(filter: ReactionOutcomeFilter, page: PageRequest, options: QueryOptions): Promise<Page<ReactionOutcomeItem>>;
  /** How many were refused, by reaction. */
  refused(): Promise<Readonly<Record<string, number>>>;
};

/** The most outcomes shown with one case. */
const MOST_OF_A_CASE = 500;

export function reactionOutcomeQueries(deps: {
  readonly readStore: ReadStore;
  readonly projections: Pick<ProjectionRunner, 'waitFor'>;
}): ReactionOutcomeQueries {
  const { readStore, projections } = deps;
  const MODELS = [TABLE, 'case_list'];

  async function asking(
    { minPosition, waitMs }: Omit<QueryOptions, 'reach'>,
    query: (outcomes: Table, cases: Table) => ReturnType<typeof sql>,
  ): Promise<readonly Row[]> {
    await projections.waitFor(minPosition, waitMs, MODELS);
    for (;;) {
      const [outcomes, cases] = await active();
      try {
        return (await query(sql.table(outcomes), sql.table(cases)).execute(readStore.database)).rows as Row[];
      } catch (error) {
        // A rebuild may have switched the tables meanwhile; then they are asked again.
        const [now, then] = await active();
        if (now === outcomes && then === cases) throw error;
      }
    }
  }

  async function active(): Promise<readonly [string, string]> {
    const generations = await readStore.generations();
    const [outcomes, cases] = MODELS.map((model) => {
      const found = generations.find(({ name, role }) => name === model && role === 'active');
      if (!found) throw new CaseError({ code: 'PROJECTION_BEHIND', projection: model, behind: 0 });
      return tableName(model, found.generation);
    });
    return [outcomes!, cases!];
  }

  /** Whether the case of a stream lies within reach; whoever reaches the whole ledger reaches what does not exist, too. */
  const within = (cases: Table, stream: string, reach: Reach) =>
    reach.some(({ scope }) => scope === 'ledger')
      ? sql<SqlBool>`1 = 1`
      : sql<SqlBool>`exists (select 1 from ${cases} c where c.stream = o.${sql.ref(stream)} and ${reachCondition(reach)})`;

  const shown = (cases: Table, reach: Reach) => sql`o.*,
    case when ${within(cases, 'cause_stream', reach)} then 1 else 0 end as cause_shown,
    case when ${within(cases, 'target_stream', reach)} then 1 else 0 end as target_shown`;

  return {
    async ofCase(ref, options) {
      const stream = streamIdOf(ref.workflow, ref.caseId);
      const rows = await asking(
        options,
        (outcomes, cases) => sql`select ${shown(cases, options.reach)} from ${outcomes} o
          where outcome <> 'accepted' and (cause_stream = ${stream} or target_stream = ${stream})
          order by position limit ${MOST_OF_A_CASE}`,
      );
      return rows.map(outcomeItem);
    },

    async list(filter, page, options) {
      const limit = pageLimit(page);
      const mark = listMark(['reaction outcomes', filter]);
      const after = readCursor(mark, ['number'], page.cursor);
      const rows = await asking(options, (outcomes, cases) => {
        const conditions = [
          sql<SqlBool>`outcome <> 'accepted'`,
          equals('reaction', filter.reaction),
          equals('outcome', filter.outcome),
          within(cases, 'cause_stream', options.reach),
          after && sql<SqlBool>`position < ${after[0]}`,
        ];
        return sql`select ${shown(cases, options.reach)} from ${outcomes} o
          where ${allOf(conditions)} order by position desc limit ${limit + 1}`;
      });
      return pageOf(rows, limit, outcomeItem, (last) => writeCursor(mark, [Number(last.position)]));
    },

    async refused() {
      const rows = await asking(
        {},
        (outcomes) =>
          sql`select reaction, count(*) as refused from ${outcomes} where outcome = 'refused' group by reaction`,
      );
      return Object.fromEntries(rows.map(({ reaction, refused }) => [String(reaction), Number(refused)]));
    },
  };
}

type Table = ReturnType<typeof sql.table>;

function outcomeItem(row: Row): ReactionOutcomeItem {
  const text = (column: string): string | undefined => (row[column] === null ? undefined : String(row[column]));
  const [code, refusal, reasons, actor, reason] = ['code', 'refusal', 'reasons', 'actor', 'reason'].map(text);
  const causeStream = text('cause_stream');
  const targetStream = text('target_stream');
  return {
    id: String(row.id),
    reaction: String(row.reaction),
    outcome: row.outcome as ReactionOutcomeItem['outcome'],
    ...(row.cause_shown === 1 &&
      causeStream !== undefined && {
        cause: {
          workflow: String(row.cause_workflow),
          caseId: caseIdOf(causeStream),
          revision: Number(row.cause_revision),
          type: String(row.cause_type),
        },
      }),
    ...(row.target_shown === 1 && {
      ...(targetStream !== undefined && {
        target: { workflow: String(row.target_workflow), caseId: caseIdOf(targetStream) },
      }),
      ...(refusal !== undefined && { refusal }),
      ...(reasons !== undefined && { reasons: JSON.parse(reasons) as readonly GuardReason[] }),
    }),
    ...(code !== undefined && { code }),
    ...(actor !== undefined && { actor }),
    ...(reason !== undefined && { reason }),
    at: String(row.at),
    position: BigInt(row.position as number),
  };
}
