import { isCaseError } from '../../src/domain/case-error.js';
import { openDatabase } from '../../src/event-store/sqlite/sqlite-binding.js';
import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { aSealedEvent } from '../../src/testing/sealed-events.js';

/** The binding, telling `seen` of every transaction that is committed. */
function telling(seen: () => void): typeof openDatabase {
  return (...parameters) => {
    const database = openDatabase(...parameters);
    return {
      exec: (sql) => database.exec(sql),
      close: () => database.close(),
      prepare(sql) {
        const statement = database.prepare(sql);
        if (sql !== 'COMMIT') return statement;
        return {
          run() {
            seen();
            return statement.run();
          },
          get: (...values) => statement.get(...values),
          all: (...values) => statement.all(...values),
          iterate: (...values) => statement.iterate(...values),
          setReadBigInts: (enabled) => statement.setReadBigInts(enabled),
        };
      },
    };
  };
}

async function large(bytes: number, names: readonly string[], options: Parameters<typeof sqliteEventStore>[0]) {
  const store = await sqliteEventStore(options);
  const offer = (stream: string) =>
    store.append(stream, [aSealedEvent({ stream, data: { text: 'x'.repeat(bytes) } })], 'no-stream');
  return { store, offer, outcomes: await Promise.allSettled(names.map(offer)) };
}

const names = (count: number) => Array.from({ length: count }, (_, at) => `application-${at}`);

describe('appends that wait for a commit', () => {
  it('share a transaction only as far as it stays short', async () => {
    let commits = 0;
    const openTelling = telling(() => {
      commits += 1;
    });
    const options = { path: ':memory:', openDatabase: openTelling };
    const { store, outcomes } = await large(900_000, names(20), options);

    expect(outcomes.every(({ status }) => status === 'fulfilled')).toBe(true);
    // Eight of 900 kB in each of the first two, four in the last.
    expect(commits).toBe(3);
    expect((await store.readAll()).map(({ stream }) => stream)).toEqual(names(20));
    await store.close();
  });

  it('are refused beyond so many bytes, and taken again once those before them are stored', async () => {
    const options = { path: ':memory:', maxQueuedBytes: 100_000 };
    const { store, offer, outcomes } = await large(30_000, names(5), options);

    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    for (const reason of reasons) {
      expect(isCaseError(reason, 'OVERLOADED') && reason.failure).toEqual({
        code: 'OVERLOADED',
        queue: 'append-bytes',
        limit: 100_000,
      });
    }
    expect(await store.readAll()).toHaveLength(3);

    const again = await Promise.allSettled(['application-3', 'application-4'].map(offer));
    expect(again.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    await store.close();
  });
});
