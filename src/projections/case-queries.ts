import { type SqlBool, sql } from 'kysely';
import type { Reach } from '../domain/access.js';
import { CaseError } from '../domain/case-error.js';
import type { ReachedRung } from '../domain/case-rungs.js';
import type { DeadlineKind } from '../domain/deadline.js';
import { isoDate, officeClock, parseInstant } from '../domain/office-time.js';
import { rungTitle } from '../domain/rung-title.js';
import { stateIn } from '../domain/state-name.js';
import { caseIdOf, streamIdOf } from '../domain/stream-id.js';
import type { Title } from '../domain/title.js';
import type { CalendarDefinition } from '../domain/working-calendar.js';
import { type ReadStore, tableName } from '../read-store/read-store.js';
import type { Row, RowValue } from '../read-store/table-spec.js';
import { listMark, type Page, type PageRequest, pageLimit, pageOf, readCursor, writeCursor } from './page-cursor.js';
import { allOf, anyOf, type Condition, equals, inRegion, reachCondition } from './reach-condition.js';
import type { ProjectionRunner } from './runner.js';

/** How a query is asked: by whom, and how fresh the answer must be. */
export type QueryOptions = {
  /** What the asker reaches; nothing else is seen or counted. */
  readonly reach: Reach;
  /** The answer shows the event at this position. */
  readonly minPosition?: bigint;
  /** How long to wait for that. */
  readonly waitMs?: number;
};

export type CaseFilter = {
  readonly workflow?: string;
  /** A state and all below it: `handling` finds `handling.reviewing`. */
  readonly state?: string;
  readonly status?: 'open' | 'closed';
  readonly department?: string;
  /** A division (GB/T 2260) and all below it. */
  readonly region?: string;
  readonly channel?: string;
  readonly item?: string;
  /** A data subject's reference. */
  readonly applicant?: string;
  readonly owner?: string;
  /** When its first event happened, ISO 8601 in UTC: from this instant on. */
  readonly openedFrom?: string;
  /** Before this instant. */
  readonly openedTo?: string;
};

/**
 * `opened`: newest first. `oldest`: longest open first. `recent`: by the last event, latest first; a case that something
 * happens to while pages are turned moves to the front.
 */
export type CaseOrder = 'opened' | 'oldest' | 'recent';

export type CaseItem = {
  readonly workflow: string;
  readonly caseId: string;
  readonly stream: string;
  readonly version: number;
  readonly state: string;
  readonly status: 'open' | 'closed';
  readonly region?: string;
  readonly department?: string;
  readonly channel?: string;
  readonly item?: { readonly id: string; readonly version: number };
  readonly applicant?: string;
  readonly owner?: string;
  readonly openedAt: string;
  readonly lastEventAt: string;
  readonly recordedAt: string;
  readonly revision: number;
  readonly position: bigint;
};

export type TimelineItem = {
  readonly revision: number;
  readonly position: bigint;
  readonly type: string;
  readonly actor: string;
  readonly role: string;
  readonly onBehalfOf?: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly state: string;
  readonly reason?: string;
  /** The event a `step.deviated` stands for, and the code with which the rules refused it. */
  readonly deviation?: { readonly event: string; readonly code: string };
  /** The rung that a `deadline.reached` records, in words too. */
  readonly rung?: ReachedRung & { readonly title: Title };
};

/**
 * Where a deadline stands at an instant, one of: `overdue` (a limit that has passed), `lapsed` (a floor or a window
 * whose day has passed, or a limit counted back that refuses what is late), `today`, `near` (its rule's first warning has come), `running`, `paused` (held by a pause),
 * `met`, `cancelled`, `ended` (the case ended first).
 */
export type Standing = 'overdue' | 'lapsed' | 'today' | 'near' | 'running' | 'paused' | 'met' | 'cancelled' | 'ended';

export type DueFilter = {
  readonly standing?: Standing;
  readonly workflow?: string;
  readonly department?: string;
  readonly region?: string;
  readonly deadline?: string;
  readonly limitKind?: 'statutory' | 'promised' | 'internal';
  /** Due before this instant, ISO 8601 in UTC. */
  readonly before?: string;
};

export type DueItem = Pick<
  CaseItem,
  'workflow' | 'caseId' | 'stream' | 'version' | 'region' | 'department' | 'channel' | 'item' | 'applicant' | 'owner'
> & {
  readonly deadline: string;
  readonly kind: DeadlineKind;
  readonly limitKind: 'statutory' | 'promised' | 'internal';
  readonly standing: Standing;
  readonly dueOn: string;
  readonly dueAt: string;
  /** From when on it counts as near. */
  readonly warnAt?: string;
  /** It runs without an event of its own since a limit passed unmet, at this instant. */
  readonly deemedAt?: string;
  /** Some day it depends on lies beyond what has been published. */
  readonly provisional: boolean;
  readonly generation: number;
  readonly anchoredAt: string;
  readonly metAt?: string;
  /** Whether it was met after its end, and how far after, in its own unit. */
  readonly late?: boolean;
  readonly lateBy?: number;
};

export type CountedBy = 'workflow' | 'state' | 'status' | 'department' | 'region' | 'channel';

export type CaseCount = { readonly [Column in CountedBy]?: string } & { readonly cases: number };

/** How a workflow keeps one of its limits. */
export type Lateness = {
  readonly workflow: string;
  readonly deadline: string;
  readonly limitKind: 'statutory' | 'promised' | 'internal';
  /** Running or paused, those overdue included. */
  readonly open: number;
  readonly overdue: number;
  /** All that were met, in time or late. */
  readonly met: number;
  readonly metLate: number;
  /** Over without being met: cancelled, or the case ended first. */
  readonly dropped: number;
};

export type CaseRef = { readonly workflow: string; readonly caseId: string };

export type CasePage = { readonly case: CaseItem; readonly deadlines: readonly DueItem[] };

/** All methods reject with `PROJECTION_BEHIND` or `PROJECTION_HALTED` when the read model cannot answer as asked, `CURSOR_INVALID` for a cursor of another list. */
export type CaseQueries = {
  listCases(
    filter: CaseFilter,
    page: PageRequest & { readonly order?: CaseOrder },
    options: QueryOptions,
  ): Promise<Page<CaseItem>>;
  /** One case with its deadlines as they stand at `now`, earliest first. @throws CaseError `CASE_NOT_FOUND`, also where it is out of reach */
  casePage(ref: CaseRef, options: QueryOptions & { readonly now: string }): Promise<CasePage>;
  /** What happened to a case, oldest first. @throws CaseError `CASE_NOT_FOUND` */
  timeline(ref: CaseRef, page: PageRequest, options: QueryOptions): Promise<Page<TimelineItem>>;
  /** Deadlines, earliest due first. */
  dueCases(
    filter: DueFilter,
    page: PageRequest,
    options: QueryOptions & { readonly now: string },
  ): Promise<Page<DueItem>>;
  counts(groupBy: readonly CountedBy[], filter: CaseFilter, options: QueryOptions): Promise<readonly CaseCount[]>;
  /** Limits that are overdue once they have passed only; `metFrom` and `metTo` bound when those counted as met were. */
  lateness(
    filter: Omit<DueFilter, 'standing' | 'before'> & { readonly metFrom?: string; readonly metTo?: string },
    options: QueryOptions & { readonly now: string },
  ): Promise<readonly Lateness[]>;
};

export type CaseQueriesDeps = {
  readonly readStore: ReadStore;
  readonly projections: Pick<ProjectionRunner, 'waitFor'>;
  /** Whose office date says what is due today. */
  readonly calendar: Pick<CalendarDefinition, 'timeZone'>;
};

/** Filters of a case list that the counts know too. */
const COUNTED_FILTERS: ReadonlySet<string> = new Set([
  'workflow',
  'state',
  'status',
  'department',
  'region',
  'channel',
]);

const COUNTED_BY: readonly CountedBy[] = ['workflow', 'state', 'status', 'department', 'region', 'channel'];

/** Queries over the read models. Who may see what is part of every query, never of what is done with its answer. */
export function caseQueries({ readStore, projections, calendar }: CaseQueriesDeps): CaseQueries {
  const { database } = readStore;

  async function rowsOf(query: Condition | ReturnType<typeof sql>): Promise<readonly Row[]> {
    return (await query.execute(database)).rows as Row[];
  }

  /** Asks of the tables in use; again when they were switched meanwhile. */
  async function asking<Answer>(
    models: readonly string[],
    { minPosition, waitMs }: QueryOptions,
    ask: (table: (name: string) => ReturnType<typeof sql.table>) => Promise<Answer>,
  ): Promise<Answer> {
    await projections.waitFor(minPosition, waitMs, models);
    for (;;) {
      const generations = await activeOf(models);
      try {
        return await ask((name) => sql.table(tableName(name, generations.get(modelOf(name))!)));
      } catch (error) {
        const now = await activeOf(models);
        if (models.every((model) => now.get(model) === generations.get(model))) throw error;
      }
    }
  }

  async function activeOf(models: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const generations = await readStore.generations();
    return new Map(
      generations
        .filter(({ name, role }) => role === 'active' && models.includes(name))
        .map(({ name, generation }) => [name, generation]),
    );
  }

  /** The states a filter names, as cases have them; a parallel state lies in each of its regions. */
  async function statesIn(
    counts: ReturnType<typeof sql.table>,
    path: string,
    workflow: string | undefined,
  ): Promise<Condition> {
    const known = await rowsOf(
      sql`select distinct state from ${counts} where ${allOf([equals('workflow', workflow)])}`,
    );
    const states = known.map(({ state }) => String(state)).filter((state) => stateIn(state, path));
    return states.length === 0 ? anyOf([]) : sql<SqlBool>`state in (${sql.join(states)})`;
  }

  async function caseConditions(
    counts: ReturnType<typeof sql.table>,
    filter: CaseFilter,
  ): Promise<(Condition | undefined)[]> {
    return [
      equals('workflow', filter.workflow),
      filter.state === undefined ? undefined : await statesIn(counts, filter.state, filter.workflow),
      statusIs(filter.status),
      equals('department', filter.department),
      filter.region === undefined ? undefined : inRegion(filter.region),
      equals('channel', filter.channel),
      equals('item_id', filter.item),
      equals('applicant', filter.applicant),
      equals('owner', filter.owner),
      filter.openedFrom === undefined ? undefined : sql<SqlBool>`opened_at >= ${filter.openedFrom}`,
      filter.openedTo === undefined ? undefined : sql<SqlBool>`opened_at < ${filter.openedTo}`,
    ];
  }

  async function caseRow(cases: ReturnType<typeof sql.table>, ref: CaseRef, reach: Reach): Promise<Row> {
    const stream = streamIdOf(ref.workflow, ref.caseId);
    const [row] = await rowsOf(sql`select * from ${cases} where stream = ${stream} and ${reachCondition(reach)}`);
    if (row === undefined) throw new CaseError({ code: 'CASE_NOT_FOUND', workflow: ref.workflow, caseId: ref.caseId });
    return row;
  }

  const officeDate = (now: string): string => isoDate(officeClock(calendar.timeZone).dayAt(parseInstant(now)));

  return {
    async listCases(filter, page, options) {
      const { order = 'opened' } = page;
      const limit = pageLimit(page);
      const mark = listMark(['cases', order, filter]);
      const by = order === 'recent' ? 'position' : 'opened_at';
      const after = readCursor(mark, [by === 'position' ? 'number' : 'string', 'string'], page.cursor);
      return asking(['case_list'], options, async (table) => {
        const conditions = await caseConditions(table('case_counts'), filter);
        const key = sql`(${sql.ref(by)}, stream)`;
        const beyond = order === 'oldest' ? sql`>` : sql`<`;
        const direction = order === 'oldest' ? sql`asc` : sql`desc`;
        const from = after && sql<SqlBool>`${key} ${beyond} (${sql.join([...after])})`;
        const rows = await rowsOf(sql`
          select * from ${table('case_list')} where ${allOf([...conditions, reachCondition(options.reach), from])}
          order by ${sql.ref(by)} ${direction}, stream ${direction} limit ${limit + 1}`);
        return pageOf(rows, limit, caseItem, (last) =>
          writeCursor(mark, [last[by] as string | number, String(last.stream)]),
        );
      });
    },

    async casePage(ref, options) {
      return asking(['case_list', 'due_cases'], options, async (table) => {
        const row = await caseRow(table('case_list'), ref, options.reach);
        const due = await rowsOf(
          sql`select * from ${table('due_cases')} where stream = ${row.stream} and ${hasBegunBy(options.now)} order by due_at, deadline`,
        );
        const today = officeDate(options.now);
        return { case: caseItem(row), deadlines: due.map((one) => dueItem(one, options.now, today)) };
      });
    },

    async timeline(ref, page, options) {
      const limit = pageLimit(page);
      const mark = listMark(['timeline', ref]);
      const after = readCursor(mark, ['number'], page.cursor);
      return asking(['case_list', 'timeline'], options, async (table) => {
        const { stream } = await caseRow(table('case_list'), ref, options.reach);
        const rows = await rowsOf(sql`
          select * from ${table('timeline')} where stream = ${stream} and revision > ${after?.[0] ?? -1} order by revision limit ${limit + 1}`);
        return pageOf(rows, limit, timelineItem, (last) => writeCursor(mark, [Number(last.revision)]));
      });
    },

    async dueCases(filter, page, options) {
      const limit = pageLimit(page);
      const mark = listMark(['due', filter]);
      const after = readCursor(mark, ['string', 'string', 'string'], page.cursor);
      const today = officeDate(options.now);
      return asking(['due_cases'], options, async (table) => {
        const conditions = [
          ...dueConditions(filter),
          hasBegunBy(options.now),
          filter.standing && standsAs(filter.standing, options.now, today),
          filter.before === undefined ? undefined : sql<SqlBool>`due_at < ${filter.before}`,
          reachCondition(options.reach),
          after && sql<SqlBool>`(due_at, stream, deadline) > (${sql.join([...after])})`,
        ];
        const rows = await rowsOf(
          sql`select * from ${table('due_cases')} where ${allOf(conditions)} order by due_at, stream, deadline limit ${limit + 1}`,
        );
        const cursor = (last: Row) =>
          writeCursor(mark, [String(last.due_at), String(last.stream), String(last.deadline)]);
        return pageOf(rows, limit, (row) => dueItem(row, options.now, today), cursor);
      });
    },

    async counts(groupBy, filter, options) {
      const by = COUNTED_BY.filter((column) => groupBy.includes(column));
      const counted =
        Object.entries(filter).every(([name, value]) => value === undefined || COUNTED_FILTERS.has(name)) &&
        options.reach.every(({ scope }) => scope !== 'own');
      return asking(['case_list'], options, async (table) => {
        const conditions = await caseConditions(table('case_counts'), filter);
        const columns = by.map((column) => sql`${sql.ref(column)}`);
        const selected = counted ? [...columns, sql`sum(cases) as cases`] : [...columns, sql`count(*) as cases`];
        const rows = await rowsOf(sql`
          select ${sql.join(selected)} from ${table(counted ? 'case_counts' : 'case_list')}
          where ${allOf([...conditions, reachCondition(options.reach, counted ? 'empty' : 'null')])}
          ${by.length === 0 ? sql`` : sql`group by ${sql.join(columns)} order by ${sql.join(columns)}`}`);
        return rows.filter(({ cases }) => Number(cases ?? 0) > 0).map((row) => countOf(row, by));
      });
    },

    async lateness(filter, { now, ...options }) {
      return asking(['due_cases'], options, async (table) => {
        const met = allOf([
          sql<SqlBool>`status = 'met'`,
          filter.metFrom === undefined ? undefined : sql<SqlBool>`met_at >= ${filter.metFrom}`,
          filter.metTo === undefined ? undefined : sql<SqlBool>`met_at < ${filter.metTo}`,
        ]);
        const number = (condition: Condition) => sql`sum(case when ${condition} then 1 else 0 end)`;
        const rows = await rowsOf(sql`
          select workflow, deadline, limit_kind,
            ${number(sql<SqlBool>`status in ('running', 'paused')`)} as open,
            ${number(sql<SqlBool>`ticking = 1 and due_at < ${now}`)} as overdue,
            ${number(met)} as met,
            ${number(allOf([met, sql<SqlBool>`late = 1`]))} as met_late,
            ${number(sql<SqlBool>`status in ('cancelled', 'ended')`)} as dropped
          from ${table('due_cases')}
          where ${allOf([sql<SqlBool>`passing = 'overdue'`, hasBegunBy(now), ...dueConditions(filter), reachCondition(options.reach)])}
          group by workflow, deadline, limit_kind order by workflow, deadline, limit_kind`);
        return rows.map((row) => ({
          workflow: String(row.workflow),
          deadline: String(row.deadline),
          limitKind: row.limit_kind as Lateness['limitKind'],
          open: Number(row.open),
          overdue: Number(row.overdue),
          met: Number(row.met),
          metLate: Number(row.met_late),
          dropped: Number(row.dropped),
        }));
      });
    },
  };
}

/** The read model a table belongs to. */
function modelOf(table: string): string {
  return table === 'case_counts' ? 'case_list' : table;
}

// Written out, so that an index over open cases alone can be used.
function statusIs(status: CaseFilter['status']): Condition | undefined {
  if (status === undefined) return undefined;
  return status === 'open' ? sql<SqlBool>`status = 'open'` : sql<SqlBool>`status = 'closed'`;
}

function dueConditions(filter: DueFilter): (Condition | undefined)[] {
  return [
    equals('workflow', filter.workflow),
    equals('department', filter.department),
    filter.region === undefined ? undefined : inRegion(filter.region),
    equals('deadline', filter.deadline),
    equals('limit_kind', filter.limitKind),
  ];
}

/** Leaves out what runs only if a limit passes unmet, and that has not come. */
function hasBegunBy(now: string): Condition {
  return sql<SqlBool>`(deemed_at is null or deemed_at < ${now})`;
}

function standsAs(standing: Standing, now: string, today: string): Condition {
  const ahead = sql<SqlBool>`ticking = 1 and due_at >= ${now}`;
  switch (standing) {
    case 'overdue':
      return sql<SqlBool>`ticking = 1 and due_at < ${now} and passing = 'overdue'`;
    case 'lapsed':
      return sql<SqlBool>`ticking = 1 and due_at < ${now} and passing <> 'overdue'`;
    case 'today':
      return sql<SqlBool>`${ahead} and due_on <= ${today}`;
    case 'near':
      return sql<SqlBool>`${ahead} and due_on > ${today} and warn_at <= ${now}`;
    case 'running':
      return sql<SqlBool>`${ahead} and due_on > ${today} and (warn_at is null or warn_at > ${now})`;
    case 'paused':
      return sql<SqlBool>`held = 1 and status in ('running', 'paused')`;
    case 'met':
      return sql<SqlBool>`status = 'met'`;
    case 'cancelled':
      return sql<SqlBool>`status = 'cancelled'`;
    case 'ended':
      return sql<SqlBool>`status = 'ended'`;
  }
}

/** {@link standsAs} for one row. */
function standingOf(row: Row, now: string, today: string): Standing {
  if (row.held === 1) return 'paused';
  if (row.ticking !== 1) return row.status as Standing;
  if (row.due_at! < now) return row.passing === 'overdue' ? 'overdue' : 'lapsed';
  if (row.due_on! <= today) return 'today';
  return row.warn_at !== null && row.warn_at! <= now ? 'near' : 'running';
}

function labelled(row: Row) {
  return {
    ...present('region', row.region),
    ...present('department', row.department),
    ...present('channel', row.channel),
    ...(row.item_id !== null && { item: { id: String(row.item_id), version: Number(row.item_version) } }),
    ...present('applicant', row.applicant),
    ...present('owner', row.owner),
  };
}

function present<Name extends string>(name: Name, value: RowValue | undefined): { readonly [Key in Name]?: string } {
  return value === null || value === undefined || value === ''
    ? {}
    : ({ [name]: String(value) } as { [Key in Name]: string });
}

function caseItem(row: Row): CaseItem {
  return {
    workflow: String(row.workflow),
    caseId: caseIdOf(String(row.stream)),
    stream: String(row.stream),
    version: Number(row.version),
    state: String(row.state),
    status: row.status as CaseItem['status'],
    ...labelled(row),
    openedAt: String(row.opened_at),
    lastEventAt: String(row.last_event_at),
    recordedAt: String(row.recorded_at),
    revision: Number(row.revision),
    position: BigInt(row.position!),
  };
}

function timelineItem(row: Row): TimelineItem {
  return {
    revision: Number(row.revision),
    position: BigInt(row.position!),
    type: String(row.type),
    actor: String(row.actor),
    role: String(row.role),
    ...present('onBehalfOf', row.on_behalf_of),
    occurredAt: String(row.occurred_at),
    recordedAt: String(row.recorded_at),
    state: String(row.state),
    ...present('reason', row.reason),
    ...(row.deviated_event !== null && {
      deviation: { event: String(row.deviated_event), code: String(row.deviated_code) },
    }),
    ...(row.rung !== null && { rung: rungItem(String(row.rung)) }),
  };
}

function rungItem(text: string): NonNullable<TimelineItem['rung']> {
  const rung = JSON.parse(text) as ReachedRung;
  return { ...rung, title: rungTitle(rung) };
}

function dueItem(row: Row, now: string, today: string): DueItem {
  return {
    workflow: String(row.workflow),
    caseId: caseIdOf(String(row.stream)),
    stream: String(row.stream),
    version: Number(row.version),
    ...labelled(row),
    deadline: String(row.deadline),
    kind: row.kind as DueItem['kind'],
    limitKind: row.limit_kind as DueItem['limitKind'],
    standing: standingOf(row, now, today),
    dueOn: String(row.due_on),
    dueAt: String(row.due_at),
    ...present('warnAt', row.warn_at),
    ...present('deemedAt', row.deemed_at),
    provisional: row.provisional === 1,
    generation: Number(row.generation),
    anchoredAt: String(row.anchored_at),
    ...present('metAt', row.met_at),
    ...(row.late !== null && { late: row.late === 1 }),
    ...(row.late_by !== null && { lateBy: Number(row.late_by) }),
  };
}

function countOf(row: Row, by: readonly CountedBy[]): CaseCount {
  return { ...Object.assign({}, ...by.map((column) => present(column, row[column]))), cases: Number(row.cases) };
}
