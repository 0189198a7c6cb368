import fc from 'fast-check';
import { CaseError } from '../../src/domain/case-error.js';
import type { RecordedEvent } from '../../src/domain/event.js';
import { type Database, openDatabase, type Statement } from '../../src/event-store/sqlite/sqlite-binding.js';
import type { Projection } from '../../src/projections/projection.js';
import { type ProjectionRunner, type RunnerDeps, startRunner } from '../../src/projections/runner.js';
import type { ReadStore } from '../../src/read-store/read-store.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import { codeOf, failureOf } from '../engine/permit-office.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  clock,
  type GrowingStore,
  growingStore,
  LONG_MS,
  permitLedger,
  permitProjections,
  quickPacing,
  rowsSeen,
} from './permit-read-models.js';

const ledger = await permitLedger(40);
const { events, registry } = ledger;
const HEAD = events.at(-1)!.position;

const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});
afterAll(() => ledger.office.close());

async function start(deps: Pick<RunnerDeps, 'store' | 'readStore'> & Partial<RunnerDeps>): Promise<ProjectionRunner> {
  const runner = await startRunner({ projections: permitProjections(registry), clock, pacing: quickPacing, ...deps });
  opened.push(runner);
  return runner;
}

function openReadStore(options: Parameters<typeof sqliteReadStore>[0] = { path: ':memory:' }): ReadStore {
  const readStore = sqliteReadStore(options);
  opened.push({ stop: () => readStore.close() });
  return readStore;
}

/** The rows as one run over the whole history makes them. */
async function straightRun(projections = permitProjections(registry)): Promise<Record<string, unknown[]>> {
  const readStore = openReadStore();
  const runner = await start({ store: growingStore(events, events.length), readStore, projections });
  await runner.waitFor(HEAD, LONG_MS);
  await runner.stop();
  return rowsSeen(readStore, projections);
}

/** A projection that counts events by type, and cannot take one of them while it is told so. */
function typeCounter(poison: { type?: string; at?: number }): Projection {
  const table = {
    name: 'types',
    columns: { type: 'text', events: 'integer' },
    primaryKey: ['type'],
    indexes: [],
  } as const;
  return {
    name: 'types',
    version: 1,
    basis: '',
    tables: [table],
    reads: ({ type }) => [{ table: 'types', key: [type] }],
    apply({ type, position }, rows) {
      if (type === poison.type && (poison.at === undefined || Number(position) === poison.at))
        throw new TypeError('Chen Yuhan cannot be counted');
      rows.put('types', { type, events: Number(rows.get('types', type)?.events ?? 0) + 1 });
    },
  };
}

const statusOf = async (runner: ProjectionRunner, name: string) =>
  (await runner.status()).find((one) => one.name === name)!;

describe('read models that follow the log', () => {
  it('are the same rows however often their runner was stopped, killed or failed between rows and checkpoint', async () => {
    const expected = await straightRun();
    const disaster = fc.oneof(
      fc.record({ kind: fc.constant('grow' as const), by: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ kind: fc.constant('restart' as const), after: fc.integer({ min: 0, max: 12 }) }),
      fc.record({ kind: fc.constant('fail' as const), at: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant('lose' as const), at: fc.integer({ min: 1, max: 6 }) }),
    );

    await fc.assert(
      fc.asyncProperty(fc.array(disaster, { minLength: 3, maxLength: 14 }), async (story) => {
        const faults = faultyBinding();
        const kept = sqliteReadStore({ path: ':memory:', openDatabase: faults.openDatabase });
        const store = growingStore(events);
        const answers = losingAnswers(kept);
        let runner = await startRunner({
          store,
          readStore: answers.readStore,
          projections: permitProjections(registry),
          clock,
          pacing: quickPacing,
        });
        for (const one of story) {
          if (one.kind === 'grow') store.grow(store.shown() + one.by);
          if (one.kind === 'fail') faults.failAt(one.at);
          if (one.kind === 'lose') answers.loseAt(one.at);
          if (one.kind === 'restart') {
            for (let turn = 0; turn < one.after; turn += 1) await quickPacing.turn();
            faults.failAt(Number.POSITIVE_INFINITY);
            await runner.stop();
            runner = await startRunner({
              store,
              readStore: answers.readStore,
              projections: permitProjections(registry),
              clock,
              pacing: quickPacing,
            });
          }
        }
        store.grow(events.length);
        await runner.waitFor(HEAD, LONG_MS);
        const rows = await rowsSeen(kept, permitProjections(registry));
        const taken = (await runner.status()).map((status) => status.events);
        await runner.stop();
        await kept.close();

        expect(rows).toEqual(expected);
        expect(taken).toEqual([events.length, events.length, events.length]);
      }),
      { numRuns: 25 },
    );
  });

  it('count every event once when they are rebuilt while appends go on', async () => {
    const readStore = openReadStore();
    const store = growingStore(events, 30);
    const runner = await start({ store, readStore });
    await runner.waitFor(events[29]!.position, LONG_MS);

    const rebuilt = Promise.all(['case_list', 'timeline', 'due_cases'].map((name) => runner.rebuild(name)));
    while (store.shown() < events.length) {
      store.grow(store.shown() + 5);
      await quickPacing.turn();
    }
    await rebuilt;
    await runner.waitFor(HEAD, LONG_MS);

    expect(await rowsSeen(readStore, permitProjections(registry))).toEqual(await straightRun());
    expect((await runner.status()).map((status) => status.events)).toEqual([
      events.length,
      events.length,
      events.length,
    ]);
    const generations = await readStore.generations();
    expect(generations.map(({ generation, role }) => [generation, role])).toEqual([
      [2, 'active'],
      [2, 'active'],
      [2, 'active'],
    ]);
  });

  it('are rebuilt by themselves when their version is raised, and queries see the old rows until then', async () => {
    const readStore = openReadStore();
    const store = growingStore(events, events.length);
    const first = await start({ store, readStore, projections: [typeCounter({})] });
    await first.waitFor(HEAD, LONG_MS);
    await first.stop();

    const doubled: Projection = {
      ...typeCounter({}),
      version: 2,
      reads: ({ type }) => [{ table: 'types', key: [`${type}!`] }],
      apply: ({ type }, rows) => rows.put('types', { type: `${type}!`, events: 1 }),
    };
    const second = await start({ store, readStore, projections: [doubled] });
    while ((await statusOf(second, 'types')).rebuilding !== undefined || (await statusOf(second, 'types')).superseded)
      await quickPacing.turn();

    const rows = (await rowsSeen(readStore, [doubled])).types!;
    expect(rows.length).toBeGreaterThan(3);
    expect(rows.every((row) => String(row).includes('!"'))).toBe(true);
  });

  it('leave alone what newer code fills', async () => {
    const readStore = openReadStore();
    const store = growingStore(events, events.length);
    const newer = await start({ store, readStore, projections: [{ ...typeCounter({}), version: 2 }] });
    await newer.waitFor(HEAD, LONG_MS);

    const older = await start({ store, readStore, projections: [typeCounter({})] });

    expect(await statusOf(older, 'types')).toMatchObject({ superseded: true, position: HEAD, rebuilding: undefined });
    expect((await readStore.generations()).map(({ version }) => version)).toEqual([2]);
  });

  it('are filled anew when the ledger is not the one they were made from', async () => {
    const readStore = openReadStore();
    const first = await start({
      store: growingStore(events, events.length),
      readStore,
      projections: [typeCounter({})],
    });
    await first.waitFor(HEAD, LONG_MS);
    await first.stop();

    const other = events.slice(0, 50).map(
      (event): RecordedEvent => ({
        ...event,
        type: `other.${event.type}`,
        id: event.id.replace(/^.{8}/, 'ffffffff'),
      }),
    );
    const second = await start({ store: growingStore(other, other.length), readStore, projections: [typeCounter({})] });
    await second.waitFor(other.at(-1)!.position, LONG_MS);

    const rows = (await rowsSeen(readStore, [typeCounter({})])).types!;
    expect(rows.every((row) => String(row).includes('other.'))).toBe(true);
  });
});

describe('an event a read model cannot take', () => {
  it('halts that read model alone, shows where and what, and quotes no data', async () => {
    const readStore = openReadStore();
    const store = growingStore(events, 20);
    const poison: { type?: string; at?: number } = {};
    const failures: (string | undefined)[] = [];
    const projections = [typeCounter(poison), ...permitProjections(registry)];
    const runner = await start({
      store,
      readStore,
      projections,
      onFailure: (_, projection) => failures.push(projection),
    });
    await runner.waitFor(events[19]!.position, LONG_MS);
    const culprit = events[31]!;
    poison.type = culprit.type;
    poison.at = Number(culprit.position);

    store.grow(events.length);
    await runner.waitFor(HEAD, LONG_MS, ['case_list', 'timeline', 'due_cases']);
    const refusal = await failureOf(runner.waitFor(HEAD, LONG_MS, ['types']));

    expect(refusal).toEqual({
      code: 'PROJECTION_HALTED',
      projection: 'types',
      position: String(culprit.position),
      detail: `${culprit.stream} revision ${culprit.revision} ("${culprit.type}"): TypeError`,
    });
    expect(await statusOf(runner, 'types')).toMatchObject({
      position: events[30]!.position,
      events: 31,
      halted: { position: culprit.position, event: culprit.id },
    });
    expect(await statusOf(runner, 'case_list')).toMatchObject({ position: HEAD, lag: 0, halted: undefined });
    expect(failures).toEqual(['types']);
  });

  it('is passed only by a recorded word, which a restart and a rebuild keep to', async () => {
    const readStore = openReadStore();
    const store = growingStore(events, events.length);
    const culprit = events[31]!;
    const projections = [typeCounter({ type: culprit.type, at: Number(culprit.position) })];
    const runner = await start({ store, readStore, projections });
    await codeOf(runner.waitFor(HEAD, LONG_MS));
    expect(await codeOf(runner.skip('types', culprit.position + 1n, { actor: 'admin-1', reason: 'wrong one' }))).toBe(
      'COMMAND_INVALID',
    );
    expect(await codeOf(runner.skip('types', culprit.position, { actor: 'admin-1', reason: ' ' }))).toBe(
      'COMMAND_INVALID',
    );

    await runner.skip('types', culprit.position, { actor: 'admin-1', reason: 'known defect 17' });
    await runner.waitFor(HEAD, LONG_MS);
    const rows = await rowsSeen(readStore, projections);
    await runner.rebuild('types');
    await runner.waitFor(HEAD, LONG_MS);

    expect(await runner.skips('types')).toMatchObject([
      { position: culprit.position, actor: 'admin-1', reason: 'known defect 17', at: clock.now().toISOString() },
    ]);
    expect(await rowsSeen(readStore, projections)).toEqual(rows);
    expect((await statusOf(runner, 'types')).events).toBe(events.length);
  });

  it('is found among its neighbours when only the database refuses its row', async () => {
    const readStore = openReadStore();
    const culprit = events[12]!;
    const narrow: Projection = {
      ...typeCounter({}),
      reads: () => [],
      apply: ({ id, type }, rows) =>
        rows.append('types', { type: id, events: id === culprit.id ? ('many' as never) : type.length }),
    };
    const runner = await start({ store: growingStore(events, 40), readStore, projections: [narrow] });

    expect(await failureOf(runner.waitFor(events[39]!.position, LONG_MS))).toMatchObject({
      code: 'PROJECTION_HALTED',
      position: String(culprit.position),
    });
  });
});

describe('two processes with the same read models', () => {
  const at = temporaryFolder();

  it('write every event once', async () => {
    const path = at('ledger.views');
    const stores: GrowingStore[] = [growingStore(events), growingStore(events)];
    const readStores = stores.map(() => openReadStore({ path }));
    const runners: ProjectionRunner[] = [];
    for (const [index, store] of stores.entries()) runners.push(await start({ store, readStore: readStores[index]! }));

    for (let shown = 0; shown < events.length; shown += 9) {
      for (const store of stores) store.grow(shown + 9);
      await quickPacing.turn();
    }
    for (const store of stores) store.grow(events.length);
    for (const runner of runners) await runner.waitFor(HEAD, LONG_MS);

    expect((await runners[0]!.status()).map((status) => status.events)).toEqual([
      events.length,
      events.length,
      events.length,
    ]);
    expect(await rowsSeen(readStores[1]!, permitProjections(registry))).toEqual(await straightRun());
  });

  it('go on in one when the other ends, and follow a switch the other made', async () => {
    const path = at('ledger.views');
    const [a, b] = [growingStore(events, 40), growingStore(events, 40)];
    const first = await start({ store: a, readStore: openReadStore({ path }) });
    const readStore = openReadStore({ path });
    const second = await start({ store: b, readStore });
    await first.waitFor(events[39]!.position, LONG_MS);
    await first.rebuild('case_list');
    await first.stop();

    b.grow(events.length);
    await second.waitFor(HEAD, LONG_MS);

    expect(await rowsSeen(readStore, permitProjections(registry))).toEqual(await straightRun());
    expect((await readStore.generations()).find(({ name }) => name === 'case_list')).toMatchObject({
      generation: 2,
      events: events.length,
    });
  });
});

describe('waiting for one’s own write', () => {
  it('resolves as soon as it shows, and otherwise says how far behind the read model is', async () => {
    const store = growingStore(events, 10);
    const runner = await start({ store, readStore: openReadStore() });
    await runner.waitFor(events[9]!.position, LONG_MS);

    const early = await failureOf(runner.waitFor(events[12]!.position, 0, ['timeline']));
    const waiting = runner.waitFor(events[12]!.position, LONG_MS);
    store.grow(13);

    expect(early).toEqual({ code: 'PROJECTION_BEHIND', projection: 'timeline', behind: 3 });
    await expect(waiting).resolves.toBeUndefined();
    expect(await codeOf(runner.waitFor(1n, 0, ['nothing']))).toBe('PROJECTION_UNKNOWN');
  });

  it('stops at once with the runner, though nothing has come', async () => {
    const runner = await start({ store: growingStore(events, 10), readStore: openReadStore() });

    const waiting = failureOf(runner.waitFor(events[12]!.position, 600));
    await runner.stop();

    expect((await waiting).code).toBe('PROJECTION_BEHIND');
  });
});

/** A binding whose n-th write fails as on a full disk, whatever that write is: a row, the checkpoint, the commit. */
function faultyBinding() {
  let left = Number.POSITIVE_INFINITY;
  const maybeFail = (): void => {
    left -= 1;
    if (left > 0) return;
    left = Number.POSITIVE_INFINITY;
    throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
  };
  const statement = (real: Statement): Statement => ({
    ...bound(real),
    run(...parameters) {
      maybeFail();
      return real.run(...parameters);
    },
  });
  return {
    failAt(write: number) {
      left = write;
    },
    openDatabase(path: string): Database {
      const real = openDatabase(path);
      return {
        exec(sql) {
          if (sql === 'COMMIT') maybeFail();
          real.exec(sql);
        },
        prepare: (sql) => statement(real.prepare(sql)),
        close: () => real.close(),
      };
    },
  };
}

function bound(real: Statement): Statement {
  return {
    run: real.run.bind(real),
    get: real.get.bind(real),
    all: real.all.bind(real),
    iterate: real.iterate.bind(real),
    setReadBigInts: real.setReadBigInts.bind(real),
  };
}

/** A read store whose n-th commit is done, but whose answer is lost. */
function losingAnswers(kept: ReadStore) {
  let left = Number.POSITIVE_INFINITY;
  return {
    loseAt(commit: number) {
      left = commit;
    },
    readStore: {
      ...kept,
      async commit(...given: Parameters<ReadStore['commit']>) {
        const answer = await kept.commit(...given);
        left -= 1;
        if (left > 0) return answer;
        left = Number.POSITIVE_INFINITY;
        throw new CaseError({ code: 'STORE_UNAVAILABLE', detail: 'the answer was lost' });
      },
    } satisfies ReadStore,
  };
}
