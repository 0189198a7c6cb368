import { writeFileSync } from 'node:fs';
import { openDatabase } from '../../src/event-store/sqlite/sqlite-binding.js';
import type { Checkpoint, ReadStore, TableChanges } from '../../src/read-store/read-store.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import type { Row, TableSpec } from '../../src/read-store/table-spec.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const desks: TableSpec = {
  name: 'desks',
  columns: { office: 'text', desk: 'integer', clerk: 'text?' },
  primaryKey: ['office', 'desk'],
  indexes: [{ columns: ['clerk'], where: 'clerk IS NOT NULL' }],
};
const tally: TableSpec = {
  name: 'desk_counts',
  columns: { office: 'text', desks: 'integer' },
  primaryKey: ['office'],
  indexes: [],
  counters: ['desks'],
};
const model = { name: 'desks', version: 1, basis: 'b', tables: [desks, tally] };

const START: Checkpoint = { position: undefined, event: undefined, events: 0 };
const reached = (position: bigint): Checkpoint => ({ position, event: `event-${position}`, events: Number(position) });
const desk = (office: string, number: number, clerk: string | null = null): Row => ({ office, desk: number, clerk });
const changes = (part: Partial<TableChanges>): TableChanges => ({
  table: desks,
  inserted: [],
  updated: [],
  removed: [],
  added: [],
  rewrites: [],
  ...part,
});

let store: ReadStore;
beforeEach(() => {
  store = sqliteReadStore({ path: ':memory:' });
});
afterEach(() => store.close());

const allDesks = (generation: number) =>
  store.database.selectFrom(`desks_g${generation}`).selectAll().orderBy('office').orderBy('desk').execute();

describe('sqliteReadStore', () => {
  it('writes rows and checkpoint together, and nothing for whoever comes second', async () => {
    const generation = await store.build(model);

    expect(
      await store.commit(generation, START, reached(3n), [
        changes({ inserted: [desk('north', 1), desk('north', 2, 'li')] }),
      ]),
    ).toBe(true);
    expect(await store.commit(generation, START, reached(2n), [changes({ inserted: [desk('south', 1)] })])).toBe(false);

    expect(await allDesks(1)).toEqual([desk('north', 1), desk('north', 2, 'li')]);
    expect(await store.generations()).toMatchObject([{ role: 'building', position: 3n, event: 'event-3', events: 3 }]);
  });

  it('leaves the checkpoint where it was when a row is refused', async () => {
    const generation = await store.build(model);
    const twice = changes({ inserted: [desk('north', 1), desk('north', 1)] });

    await expect(store.commit(generation, START, reached(1n), [twice])).rejects.toThrow(/UNIQUE/);

    expect(await store.generations()).toMatchObject([{ position: undefined }]);
    expect(await allDesks(1)).toEqual([]);
  });

  it('finds rows by key, updates, removes, rewrites, and counts down to nothing', async () => {
    const generation = await store.build(model);
    const many = Array.from({ length: 150 }, (_, index) => desk('north', index));
    await store.commit(generation, START, reached(1n), [
      changes({ inserted: many }),
      changes({
        table: tally,
        added: [
          { key: { office: 'north' }, deltas: { desks: 150 } },
          { key: { office: 'south' }, deltas: { desks: 1 } },
        ],
      }),
    ]);

    const found = await store.rows(generation, desks, [
      ...many.map(({ desk: number }) => ['north', number!]),
      ['south', 1],
    ]);
    await store.commit(generation, reached(1n), reached(2n), [
      changes({
        rewrites: [
          {
            columns: ['clerk'],
            among: [{ desk: { from: 0 } }],
            change: (row) => ({ ...row, clerk: `clerk ${row.desk}` }),
          },
        ],
        removed: [desk('north', 0, 'clerk 0')],
        updated: [{ before: desk('north', 1, 'clerk 1'), after: desk('north', 1, 'wu') }],
      }),
      changes({
        table: tally,
        added: [
          { key: { office: 'north' }, deltas: { desks: -1 } },
          { key: { office: 'south' }, deltas: { desks: -1 } },
        ],
      }),
    ]);

    expect(found).toHaveLength(150);
    const rows = await allDesks(1);
    expect(rows).toHaveLength(149);
    expect(rows.slice(0, 2)).toEqual([desk('north', 1, 'wu'), desk('north', 2, 'clerk 2')]);
    expect(await store.database.selectFrom('desk_counts_g1').selectAll().execute()).toEqual([
      { office: 'north', desks: 149 },
    ]);
  });

  it('switches in one step to what was built, unless that lies behind', async () => {
    const first = await store.build(model);
    await store.commit(first, START, reached(5n), []);
    expect(await store.activate(first)).toBe(true);

    const second = await store.build(model);
    await store.commit(second, START, reached(4n), [changes({ inserted: [desk('north', 1)] })]);
    expect(await store.activate(second)).toBe(false);
    await store.commit(second, reached(4n), reached(5n), []);
    await store.index(second, model.tables);
    await store.index(second, model.tables);
    expect(await store.activate(second)).toBe(true);

    expect(await store.generations()).toMatchObject([{ generation: 2, role: 'active' }]);
    await expect(allDesks(1)).rejects.toThrow(/no such table/);
    expect(await store.commit(first, reached(5n), reached(6n), [])).toBe(false);
  });

  it('joins a build of the same code, and never gives a number twice', async () => {
    const first = await store.build(model);
    expect((await store.build(model)).generation).toBe(first.generation);

    const other = await store.build({ ...model, version: 2 });

    expect(other.generation).toBe(first.generation + 1);
    expect(await store.commit(first, START, reached(1n), [])).toBe(false);
  });

  it('takes nothing while it is halted, and goes on past what a person skipped', async () => {
    const generation = await store.build(model);
    const halt = { position: 1n, event: 'event-1', detail: 'TypeError', at: '2026-03-02T01:00:00.000Z' };
    const skip = {
      ...halt,
      name: 'desks',
      version: 1,
      basis: 'b',
      actor: 'admin-1',
      reason: 'known',
      at: '2026-03-02T02:00:00.000Z',
    };

    expect(await store.halt(generation, START, halt)).toBe(true);
    expect(await store.commit(generation, START, reached(1n), [])).toBe(false);
    expect(await store.skip(generation, reached(1n), { ...skip, position: 9n })).toBe(false);
    expect(await store.skip(generation, reached(1n), skip)).toBe(true);

    expect(await store.commit(generation, reached(1n), reached(2n), [])).toBe(true);
    expect(await store.skips('desks')).toEqual([skip]);
  });

  it('is not read after it was closed', async () => {
    await store.close();

    await expect(store.generations()).rejects.toMatchObject({ failure: { code: 'STORE_CLOSED' } });
  });
});

describe('a read models’ file', () => {
  const at = temporaryFolder();

  it('is left alone when it is something else', () => {
    writeFileSync(at('notes.txt'), 'these are notes, and long enough not to be an empty database '.repeat(20));
    const other = openDatabase(at('other.db'));
    other.exec('CREATE TABLE things (thing TEXT)');
    other.close();
    const newer = openDatabase(at('newer.views'));
    newer.exec(`PRAGMA application_id = ${0x43_4c_44_56}; PRAGMA user_version = 99`);
    newer.close();

    expect(() => sqliteReadStore({ path: at('notes.txt') })).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'STORE_NOT_A_LEDGER' }) }),
    );
    expect(() => sqliteReadStore({ path: at('other.db') })).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'STORE_NOT_A_LEDGER' }) }),
    );
    expect(() => sqliteReadStore({ path: at('newer.views') })).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'STORE_TOO_NEW' }) }),
    );
  });

  it('is found again with everything in it', async () => {
    const path = at('ledger.views');
    const first = sqliteReadStore({ path });
    const generation = await first.build(model);
    await first.commit(generation, START, reached(2n), [changes({ inserted: [desk('north', 1)] })]);
    await first.close();

    const second = sqliteReadStore({ path });

    expect(await second.generations()).toMatchObject([{ name: 'desks', position: 2n, events: 2 }]);
    expect(await second.rows(generation, desks, [['north', 1]])).toEqual([desk('north', 1)]);
    await second.close();
  });
});

describe('rows rewritten in a file', () => {
  const path = temporaryFolder();
  const many = Array.from({ length: 2_500 }, (_, index) =>
    desk('north', index, index % 5 === 0 ? null : `clerk ${index}`),
  );

  async function filled(turn?: () => Promise<void>) {
    const file = sqliteReadStore({ path: path('views'), ...(turn && { turn }) });
    const generation = await file.build(model);
    await file.commit(generation, START, reached(1n), [changes({ inserted: many })]);
    const rows = () =>
      file.database.selectFrom('desks_g1').selectAll().orderBy('desk').execute() as Promise<readonly Row[]>;
    return { file, generation, rows };
  }

  const rewrite = (change: (row: Row) => Row) =>
    changes({
      rewrites: [
        // The ranges overlap, and a clerk that is not there is in neither.
        { columns: ['clerk'], among: [{ clerk: { from: 'clerk 2' } }, { desk: { oneOf: [1, 2, 3] } }], change },
      ],
    });

  it('are those of the ranges, each once, with the checkpoint', async () => {
    const { file, generation, rows } = await filled();
    const renamed = (row: Row): Row => ({ ...row, clerk: `${row.clerk}+` });

    expect(await file.commit(generation, reached(1n), reached(2n), [rewrite(renamed)])).toBe(true);
    expect(await file.commit(generation, reached(1n), reached(2n), [rewrite(renamed)])).toBe(false);

    const within = ({ desk: number, clerk }: Row) => (clerk ?? '')! >= 'clerk 2' || [1, 2, 3].includes(Number(number));
    expect(await rows()).toEqual(many.map((row) => (within(row) ? renamed(row) : row)));
    await file.close();
  });

  it('stay as they are when one of them cannot be changed, or the work is given up', async () => {
    const stopping = new AbortController();
    const { file, generation, rows } = await filled();
    const failing = (row: Row): Row => {
      if (row.desk === 2_001) throw new RangeError('no such clerk');
      return { ...row, clerk: 'x' };
    };

    const failed = file.commit(generation, reached(1n), reached(2n), [rewrite(failing)]);
    await expect(failed).rejects.toMatchObject({ name: 'RewriteFailed', cause: expect.any(RangeError) });
    stopping.abort();
    const givenUp = file.commit(
      generation,
      reached(1n),
      reached(2n),
      [rewrite((row) => ({ ...row, clerk: 'x' }))],
      stopping.signal,
    );
    await expect(givenUp).rejects.toMatchObject({ failure: { code: 'STORE_CLOSED' } });

    expect(await rows()).toEqual(many);
    expect(await file.generations()).toMatchObject([{ position: 1n }]);
    await file.close();
  });

  it('let other commits of the process wait only while they are written', async () => {
    let asked: Promise<unknown> | undefined;
    const { file, generation, rows } = await filled(async () => {
      asked ??= file.build({ ...model, name: 'other', tables: [{ ...tally, name: 'others' }] });
      await asked;
    });

    await file.commit(generation, reached(1n), reached(2n), [rewrite((row) => ({ ...row, clerk: 'x' }))]);

    expect(await file.generations()).toMatchObject([{ name: 'desks', position: 2n }, { name: 'other' }]);
    expect((await rows()).filter(({ clerk }) => clerk === 'x').length).toBeGreaterThan(1_000);
    await file.close();
  });
});
