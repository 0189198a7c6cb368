import { sql } from 'kysely';
import { rungHints } from '../../src/projections/rung-hints.js';
import { type WatchedOffice, watchedOffice } from '../engine/watched-office.js';
import { rulesOf } from '../support/deadline-histories.js';
import { watchedWorkflow } from '../support/watched-cases.js';

const at = (wall: string) => new Date(`${wall.replace(' ', 'T')}+08:00`).toISOString();
const END = '9999-12-31T23:59:59.999Z';
const calendar = {
  id: 'weekdays',
  title: { en: 'Weekdays', zh: '工作日' },
  timeZone: 'Asia/Shanghai',
  weekend: [6, 7],
  hours: [{ opens: '08:00', closes: '18:00' }],
  notices: [],
  horizon: 'unbounded',
} as const;
const rules = rulesOf({ days: 10, warn: [2], over: [], extension: { max: 1, days: 5 }, onResume: 'remainder' });

let office: WatchedOffice;
beforeEach(async () => {
  office = await watchedOffice([watchedWorkflow(rules)], calendar);
});
afterEach(() => office.close());

async function nextOf(caseId: string): Promise<string | undefined> {
  await office.caughtUp();
  const hints = await rungHints(office).upTo(END, 100);
  return hints.find(({ stream }) => stream === `watched-${caseId}`)?.at;
}

describe('the hint of a deadline', () => {
  it('is when its next rung is to be raised, and moves on as rungs are recorded', async () => {
    const { happens, tickAll, alarm } = office;
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    expect(await nextOf('C1')).toBe(at('2026-03-12 00:00'));

    await tickAll(alarm(), at('2026-03-12 08:00'));
    expect(await nextOf('C1')).toBe(at('2026-03-16 00:00'));

    await tickAll(alarm(), at('2026-03-17 08:00'));
    expect(await nextOf('C1')).toBeUndefined();
  });

  it('is gone while a pause holds it, and back when the clock goes on', async () => {
    const { happens } = office;
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await happens('C1', 'paused', at('2026-03-05 10:00'));
    expect(await nextOf('C1')).toBeUndefined();

    await happens('C1', 'resumed', at('2026-03-12 10:00'));
    expect(await nextOf('C1')).toBe(at('2026-03-19 00:00'));
  });

  it('is gone once the deadline is met in time or the case is closed', async () => {
    const { happens } = office;
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await happens('C1', 'met', at('2026-03-05 10:00'));
    await happens('C2', 'anchored', at('2026-03-02 09:30'));
    await happens('C2', 'closed', at('2026-03-20 10:00'));
    await happens('C3', 'anchored', at('2026-03-02 09:30'));
    await happens('C3', 'met', at('2026-03-20 10:00'));
    expect([await nextOf('C1'), await nextOf('C2')]).toEqual([undefined, undefined]);

    // Met late in a case that is still open: what was missed is still to be recorded, until the case is closed too.
    expect(await nextOf('C3')).toBe(at('2026-03-12 00:00'));
    await happens('C3', 'closed', at('2026-03-23 10:00'));
    expect(await nextOf('C3')).toBeUndefined();
  });

  it('remembers what was missed under an earlier anchor until it is recorded', async () => {
    const { happens, tickAll, alarm, recorded } = office;
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await happens('C1', 'anchored', at('2026-03-13 09:30'));
    expect(await nextOf('C1')).toBe(at('2026-03-12 00:00'));

    await tickAll(alarm(), at('2026-03-13 10:00'));
    expect(await nextOf('C1')).toBe(at('2026-03-25 00:00'));
    expect((await recorded('C1')).map(({ key }) => key)).toEqual(['1/nearDue/2 workingDays']);
  });
});

describe('the cost of looking', () => {
  it('is that of an index over the next rungs alone: what is not due is not read', async () => {
    const { happens, caughtUp, readStore } = office;
    for (const [caseId, on] of [
      ['C1', '2026-03-02 09:30'],
      ['C2', '2026-03-03 09:30'],
      ['C3', '2026-03-04 09:30'],
    ])
      await happens(caseId!, 'anchored', at(on!));
    await happens('C3', 'paused', at('2026-03-05 09:30'));
    await caughtUp();
    const statements: string[] = [];
    const database = readStore.database.withPlugin({
      transformQuery: ({ node }) => {
        statements.push(
          readStore.database.getExecutor().compileQuery(node as never, { queryId: 'explained' } as never).sql,
        );
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    const hints = rungHints({ readStore: { ...readStore, generations: () => readStore.generations(), database } });

    const page = await hints.upTo(at('2026-03-13 01:00'), 1);
    const rest = await hints.upTo(at('2026-03-13 01:00'), 5, page[0]);
    const later = await hints.upTo(at('2026-03-13 01:00'), 5, { at: at('2026-03-12 12:00') });

    const streams = (found: typeof page) => found.map(({ stream }) => stream);
    expect([page, rest, later].map(streams)).toEqual([['watched-C1'], ['watched-C2'], ['watched-C2']]);
    expect(statements).toHaveLength(3);
    for (const statement of statements) {
      const plan = await sql<{ detail: string }>`${sql.raw(`EXPLAIN QUERY PLAN ${bound(statement)}`)}`.execute(
        readStore.database,
      );
      const details = plan.rows.map(({ detail }) => detail).join('; ');
      expect(details).toMatch(/^SEARCH due_cases_g1 USING COVERING INDEX \S+ \(.*next_rung_at.*\)$/);
      expect(details).not.toMatch(/SCAN|TEMP B-TREE/);
    }
    const [index] = (
      await sql<{
        sql: string;
      }>`SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%next_rung_at%'`.execute(readStore.database)
    ).rows;
    expect(index!.sql).toContain('WHERE next_rung_at IS NOT NULL');
  });
});

/** The statement with some value for each of its parameters; which one, a plan does not ask. */
function bound(statement: string): string {
  return statement.replaceAll('?', "'5'");
}
