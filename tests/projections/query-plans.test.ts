import { type CompiledQuery, sql } from 'kysely';
import type { Reach } from '../../src/domain/access.js';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import { caseQueries, type DueFilter } from '../../src/projections/case-queries.js';
import { RATED_BY } from '../../src/projections/overdue-rate.js';
import { startProjections } from '../../src/projections/start-projections.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import { clock, growingStore, permitLedger, quickPacing } from './permit-read-models.js';

const ALL: Reach = [{ scope: 'ledger' }];
const { events, registry, office } = await permitLedger(4);
const readStore = sqliteReadStore({ path: ':memory:' });
const projections = await startProjections({
  store: growingStore(events, events.length),
  readStore,
  registry,
  calendar: chinaCalendar,
  clock,
  pacing: quickPacing,
});

/** The queries, over a database that writes down what it is asked. */
const asked: CompiledQuery[] = [];
const { database } = readStore;
const recording = {
  ...readStore,
  database: new Proxy(database, {
    get(target, name) {
      if (name !== 'getExecutor') return Reflect.get(target, name, target);
      return () =>
        new Proxy(target.getExecutor(), {
          get(executor, member) {
            const value = Reflect.get(executor, member, executor);
            if (member !== 'executeQuery') return typeof value === 'function' ? value.bind(executor) : value;
            return (query: CompiledQuery, ...rest: unknown[]) => {
              asked.push(query);
              return (value as (...all: unknown[]) => unknown).call(executor, query, ...rest);
            };
          },
        });
    },
  }),
};
const queries = caseQueries({ readStore: recording, projections, calendar: chinaCalendar });

afterAll(async () => {
  await projections.stop();
  await readStore.close();
  await office.close();
});

/** What SQLite says it does for the last thing that is asked, a line a step. */
async function planOf(ask: () => Promise<unknown>): Promise<string> {
  asked.length = 0;
  await ask();
  const { sql: text, parameters } = asked.at(-1)!;
  const parts = text.split('?');
  const query = sql.join(
    parts.flatMap((part, index) => [sql.raw(part), ...(index < parts.length - 1 ? [sql`${parameters[index]}`] : [])]),
    sql``,
  );
  const { rows } = await sql<{ detail: string }>`explain query plan ${query}`.execute(database);
  return rows.map(({ detail }) => detail).join('\n');
}

const options = { reach: ALL, now: '2026-03-20T01:00:00.000Z' };
const SORTS = /TEMP B-TREE/;
/** A table read row by row without any index: not so within a counted index, which is covering. */
const SCANS = /SCAN (?!CONSTANT)(?!.*USING)(?!.*\b(earlier|rated)\b)\w+/;

describe('a list of deadlines is answered from an index, without sorting', () => {
  it.each<[string, DueFilter]>([
    ['all', {}],
    ...(
      ['overdue', 'lapsed', 'today', 'near', 'running', 'paused', 'pausedTooLong', 'met', 'cancelled', 'ended'] as const
    ).map((standing): [string, DueFilter] => [`those ${standing}`, { standing }]),
    ["a department's overdue", { standing: 'overdue', department: 'markets' }],
    ["a department's", { department: 'markets' }],
    ["a workflow's overdue", { standing: 'overdue', workflow: 'permit' }],
    ["a clerk's overdue", { standing: 'overdue', handler: 'clerk-1' }],
    ["a clerk's", { handler: 'clerk-1' }],
    ['those before an instant', { before: '2026-03-20T01:00:00.000Z' }],
  ])('%s', async (_, filter) => {
    const first = await queries.dueCases(filter, { limit: 1 }, options);
    const plan = await planOf(() => queries.dueCases(filter, { limit: 1 }, options));

    expect(plan).not.toMatch(SORTS);
    expect(plan).not.toMatch(SCANS);
    if (first.next !== undefined) {
      const next = await planOf(() => queries.dueCases(filter, { limit: 1, cursor: first.next! }, options));
      expect(next).not.toMatch(SORTS);
      expect(next).not.toMatch(SCANS);
    }
  });

  it.each<[string, DueFilter, Reach]>([
    ["an applicant's account", { owner: 'clerk-1' }, ALL],
    ['a data subject', { applicant: 'subject-1' }, ALL],
    ['whoever reaches their own cases only', {}, [{ scope: 'own', owner: 'clerk-1' }]],
  ])('of %s by its few cases, which are then sorted', async (_, filter, reach) => {
    const plan = await planOf(() => queries.dueCases(filter, {}, { ...options, reach }));

    expect(plan).toMatch(/SEARCH due_cases_\w+ USING PRIMARY KEY \(stream=\?/);
    expect(plan).toMatch(/SEARCH deadline_cases_\w+ USING .*INDEX/);
    expect(plan).not.toMatch(SCANS);
  });

  it('the figures of all limits from an index alone', async () => {
    for (const filter of [{}, { department: 'markets' }, { metFrom: '2026-01-01T00:00:00.000Z' }]) {
      const plan = await planOf(() => queries.lateness(filter, options));
      expect(plan).toMatch(/USING COVERING INDEX/);
      expect(plan).not.toMatch(SORTS);
    }
  });

  it("a period's rate from the rows of the period", async () => {
    const period = { from: '2026-03-01T00:00:00.000Z', to: '2026-04-01T00:00:00.000Z' };
    const plan = await planOf(() => queries.overdueRate({ limit: 'statutory', period, by: RATED_BY }, options));

    expect(plan).not.toMatch(SCANS);
    expect(plan).toMatch(/over_at>\? AND over_at<\?/);
  });
});

describe('a list of cases is answered from an index, without sorting', () => {
  it.each([
    ['all', {}],
    ['the open ones', { status: 'open' as const }],
    ["a department's open ones", { status: 'open' as const, department: 'markets' }],
    ["a workflow's", { workflow: 'permit' }],
    ["a clerk's", { handler: 'clerk-1' }],
    ["an applicant's", { owner: 'clerk-1' }],
  ])('%s, by when they were opened', async (_, filter) => {
    for (const order of ['opened', 'oldest'] as const) {
      const plan = await planOf(() => queries.listCases(filter, { order }, options));
      expect(plan).not.toMatch(SORTS);
      expect(plan).not.toMatch(SCANS);
    }
  });

  it.each([
    ['all', {}],
    ['the open ones', { status: 'open' as const }],
  ])('%s, latest first', async (_, filter) => {
    const plan = await planOf(() => queries.listCases(filter, { order: 'recent' }, options));
    expect(plan).not.toMatch(SORTS);
  });
});
