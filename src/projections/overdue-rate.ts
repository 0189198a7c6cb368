import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Title } from '../domain/title.js';
import type { Row } from '../read-store/table-spec.js';
import { allOf, type Condition } from './reach-condition.js';

/** What a rate may be told apart by; `handler` is who handles the case, or did when the deadline was over. */
export type RatedBy = 'department' | 'workflow' | 'deadline' | 'handler';

export const RATED_BY: readonly RatedBy[] = ['department', 'workflow', 'deadline', 'handler'];

/** From this instant on and before that one, ISO 8601 in UTC. */
export type Period = { readonly from: string; readonly to: string };

/** How a kind of limit was kept in a period. */
export type RateFigures = {
  /** The denominator: deadlines met in the period, and those whose last instant lay in it and had passed unmet. Each once. */
  readonly due: number;
  /** The numerator: of `due`, those that had passed unmet when they were met, or at the period's end. */
  readonly late: number;
  /** `late` by `due`; absent where nothing was due. */
  readonly rate?: number;
  /** Of `late`, those met by the period's end. */
  readonly metLate: number;
  /** Of `late`, those not met by then; one dropped after it had passed among them: a withdrawal undoes no delay. */
  readonly unmet: number;
  /** Of `due`, those whose end depends on days not published yet, so that whether they are late may still change. */
  readonly provisional: number;
  /** Not in `due`: cancelled, ended with the case or begun anew in the period without having passed in it. */
  readonly dropped: number;
  /** Not in `due`: held by a pause now. */
  readonly paused: number;
  /** Not in `due`: passed before the period and still unmet at its end. */
  readonly overdueBefore: number;
};

export type RateGroup = { readonly [Column in RatedBy]?: string } & RateFigures;

export type OverdueRate = {
  /** The one kind of limit that is counted. */
  readonly limit: 'statutory' | 'promised' | 'internal';
  readonly period: Period;
  /** The instant of asking: of a period that is not over, what has come to pass by then is counted. */
  readonly asOf: string;
  /** What `due` counts, in words. */
  readonly denominator: Title;
  readonly total: RateFigures;
  /** One per kind that has anything to tell, in the order of what they are told apart by; none where they are not. */
  readonly groups: readonly RateGroup[];
};

export const RATE_DENOMINATOR: Title = {
  en: 'limits met in the period, and limits whose last instant lay in the period and passed unmet',
  zh: '期间内办结的时限，以及期间内届满而未办结的时限',
};

type Table = ReturnType<typeof sql.table>;

export type RateQuestion = {
  readonly limit: OverdueRate['limit'];
  readonly period: Period;
  readonly now: string;
  readonly by: readonly RatedBy[];
  /** On workflow, deadline, handler and the case's labels, what the asker reaches among them. */
  readonly condition: Condition;
};

/** Until when a period has come at an instant. */
function periodEnd({ to }: Period, now: string): string {
  return now < to ? now : to;
}

/** Of each group the figures, from the rows in question and no others: each is found by an index. */
export function rateQuery(
  { limit, period, now, by, condition }: RateQuestion,
  tables: { readonly due: Table; readonly past: Table; readonly cases: Table },
): RawBuilder<Row> {
  const { from } = period;
  const end = periodEnd(period, now);
  const begun = sql<SqlBool>`(deemed_at is null or deemed_at < ${end})`;
  const asked = allOf([sql<SqlBool>`limit_kind = ${limit}`, begun, condition]);
  const columns = sql`workflow, deadline, department, handler, status, over_at, passed_at, held, provisional`;
  const due = (rows: Condition) =>
    sql`select ${columns} from ${tables.due} where ${rows} and passing = 'overdue' and ${asked}`;
  const past = (rows: Condition) =>
    sql`select ${columns} from (
      select p.stream, p.workflow, p.deadline, p.handler, p.limit_kind, p.status, p.deemed_at, p.over_at, p.passed_at,
        0 as held, p.provisional, c.department, c.region, c.owner, c.applicant
      from ${tables.past} as p join ${tables.cases} as c on c.stream = p.stream where ${rows}) as earlier
      where ${asked}`;
  const overWithin = sql<SqlBool>`over_at >= ${from} and over_at < ${end}`;
  const overAfter = sql<SqlBool>`over_at is not null and passed_at is not null and passed_at < ${end} and over_at >= ${end}`;

  const passed = sql<SqlBool>`passed_at >= ${from} and passed_at < ${end}`;
  const over = sql<SqlBool>`(over_at is not null and over_at < ${end})`;
  const met = sql<SqlBool>`status = 'met' and ${over}`;
  const counted = sql<SqlBool>`(${met} or coalesce(${passed}, 0))`;
  const late = sql<SqlBool>`${counted} and passed_at is not null`;
  const number = (of: Condition) => sql`coalesce(sum(case when ${of} then 1 else 0 end), 0)`;
  const grouped = by.map((column) => sql`coalesce(${sql.ref(column)}, '') as ${sql.ref(column)}`);
  const groups = by.map((_, index) => sql`${sql.lit(index + 1)}`);
  return sql<Row>`
    select ${sql.join([
      ...grouped,
      sql`${number(counted)} as due`,
      sql`${number(late)} as late`,
      sql`${number(sql<SqlBool>`${late} and ${met}`)} as met_late`,
      sql`${number(sql<SqlBool>`${counted} and provisional = 1`)} as provisional`,
      sql`${number(sql<SqlBool>`${over} and status <> 'met' and not ${counted}`)} as dropped`,
      sql`${number(sql<SqlBool>`held = 1`)} as paused`,
      sql`${number(sql<SqlBool>`held = 0 and passed_at < ${from} and not ${over}`)} as overdue_before`,
    ])}
    from (
      ${due(overWithin)}
      union all ${due(overAfter)}
      union all ${due(sql<SqlBool>`ticking = 1 and due_at < ${end} and passed_at < ${end}`)}
      union all ${due(sql<SqlBool>`status = 'paused' and held = 1 and anchored_at < ${end}`)}
      union all ${past(overWithin)}
      union all ${past(overAfter)}
    ) as rated
    ${by.length === 0 ? sql`` : sql`group by ${sql.join(groups)} order by ${sql.join(groups)}`}`;
}

/** The answer from the rows of {@link rateQuery}. */
export function rateAnswer({ limit, period, now, by }: RateQuestion, rows: readonly Row[]): OverdueRate {
  const figures = rows.map((row) => ({ row, counts: countsOf(row) })).filter(({ counts }) => counts.some((n) => n > 0));
  const sums = figures.reduce(
    (sum, { counts }) => sum.map((n, index) => n + counts[index]!),
    COUNTS.map(() => 0),
  );
  return {
    limit,
    period,
    asOf: now,
    denominator: RATE_DENOMINATOR,
    total: figuresOf(sums),
    groups:
      by.length === 0
        ? []
        : figures.map(({ row, counts }) => ({
            ...Object.fromEntries(by.flatMap((column) => (row[column] === '' ? [] : [[column, String(row[column])]]))),
            ...figuresOf(counts),
          })),
  };
}

const COUNTS = ['due', 'late', 'met_late', 'provisional', 'dropped', 'paused', 'overdue_before'] as const;

function countsOf(row: Row): readonly number[] {
  return COUNTS.map((column) => Number(row[column]));
}

function figuresOf(counts: readonly number[]): RateFigures {
  const [due, late, metLate, provisional, dropped, paused, overdueBefore] = counts as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    due,
    late,
    ...(due > 0 && { rate: late / due }),
    metLate,
    unmet: late - metLate,
    provisional,
    dropped,
    paused,
    overdueBefore,
  };
}
