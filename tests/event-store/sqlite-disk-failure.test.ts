import { type Database, openDatabase, type Statement } from '../../src/event-store/sqlite/sqlite-binding.js';
import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { aSealedEvent, sealedEvents } from '../../src/testing/sealed-events.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SQLITE_IOERR_FSYNC = 1_034;
const SQLITE_FULL = 13;
const SQLITE_CORRUPT = 11;
const SQLITE_CONSTRAINT_CHECK = 275;

const file = temporaryFolder();

type Failure = (sql: string, parameters: readonly unknown[]) => number | undefined;

/** A binding whose statements fail with the SQLite code that `fails` names, before they do anything. */
function failing(fails: Failure): typeof openDatabase {
  return (...parameters) => {
    const database = openDatabase(...parameters);
    const prepare = (sql: string): Statement => {
      const statement = database.prepare(sql);
      return {
        run(...values) {
          const errcode = fails(sql, values);
          if (errcode !== undefined) throw Object.assign(new Error('injected'), { errcode });
          return statement.run(...values);
        },
        get: (...values) => statement.get(...values),
        all(...values) {
          const errcode = fails(sql, values);
          if (errcode !== undefined) throw Object.assign(new Error('injected'), { errcode });
          return statement.all(...values);
        },
        iterate: (...values) => statement.iterate(...values),
        setReadBigInts: (enabled) => statement.setReadBigInts(enabled),
        ...(statement.setReturnArrays && {
          setReturnArrays: (enabled: boolean) => statement.setReturnArrays?.(enabled),
        }),
      };
    };
    return { prepare, exec: (sql) => database.exec(sql), close: () => database.close() };
  };
}

const names = Array.from({ length: 10 }, (_, at) => `application-${at}`);

describe('a full disk', () => {
  it('refuses an append that finds no room, stores nothing of it, and takes appends again once there is room', async () => {
    let connection: Database | undefined;
    const store = await sqliteEventStore({
      path: file('case.ledger'),
      openDatabase: (...parameters) => {
        connection = openDatabase(...parameters);
        return connection;
      },
    });
    await store.append('application-0', [aSealedEvent({ stream: 'application-0' })], 'no-stream');
    const pages = connection?.prepare('PRAGMA page_count').get()?.page_count as number;
    connection?.exec(`PRAGMA max_page_count = ${pages}`);

    const large = sealedEvents(5, { stream: 'application-1', data: { text: 'x'.repeat(10_000) } });
    await expect(store.append('application-1', large, 'no-stream')).rejects.toMatchObject({
      failure: { code: 'STORE_FULL' },
    });
    expect(await store.read('application-1')).toEqual([]);
    expect(await store.read('application-0')).toHaveLength(1);

    connection?.exec('PRAGMA max_page_count = 1000000');
    expect(await store.append('application-1', large, 'no-stream')).toMatchObject({ revision: 4, position: 6n });
    await store.close();
  });

  it('refuses all appends of a commit that failed, and stores none', async () => {
    let full = true;
    const store = await sqliteEventStore({
      path: file('case.ledger'),
      openDatabase: failing((sql) => (sql === 'COMMIT' && full ? SQLITE_FULL : undefined)),
    });

    const attempts = await Promise.allSettled(
      names.map((stream) => store.append(stream, [aSealedEvent({ stream })], 'no-stream')),
    );
    for (const attempt of attempts) expect(attempt).toMatchObject({ reason: { failure: { code: 'STORE_FULL' } } });
    expect(await store.readAll()).toEqual([]);

    full = false;
    await Promise.all(names.map((stream) => store.append(stream, [aSealedEvent({ stream })], 'no-stream')));
    expect(await store.readAll()).toHaveLength(10);
    await store.close();
  });
});

describe('a disk that fails', () => {
  it('while events are written: nothing is stored, and the store says it is unavailable', async () => {
    let broken = true;
    const store = await sqliteEventStore({
      path: file('case.ledger'),
      openDatabase: failing((sql) => (sql.startsWith('INSERT INTO events') && broken ? SQLITE_IOERR_FSYNC : undefined)),
    });
    await expect(store.append('application-1', [aSealedEvent()], 'no-stream')).rejects.toMatchObject({
      failure: { code: 'STORE_UNAVAILABLE' },
    });
    broken = false;
    expect(await store.append('application-1', [aSealedEvent()], 'no-stream')).toMatchObject({
      revision: 0,
      position: 1n,
    });
    await store.close();
  });

  it('while a commit is synced: the outcome is unknown, and offering the same events again settles it', async () => {
    let broken = true;
    const store = await sqliteEventStore({
      path: file('case.ledger'),
      openDatabase: failing((sql) => (sql === 'COMMIT' && broken ? SQLITE_IOERR_FSYNC : undefined)),
    });
    await expect(store.append('application-1', [aSealedEvent()], 'no-stream')).rejects.toMatchObject({
      failure: { code: 'STORE_OUTCOME_UNKNOWN', stream: 'application-1' },
    });
    broken = false;
    await store.append('application-1', [aSealedEvent()], 'no-stream');
    expect(await store.read('application-1')).toHaveLength(1);
    await store.close();
  });

  it('and left a damaged page: reads say so', async () => {
    let damaged = false;
    const store = await sqliteEventStore({
      path: file('case.ledger'),
      openDatabase: failing((sql) =>
        sql.startsWith('SELECT events.position') && damaged ? SQLITE_CORRUPT : undefined,
      ),
    });
    await store.append('application-1', [aSealedEvent()], 'no-stream');
    damaged = true;
    await expect(store.read('application-1')).rejects.toMatchObject({ failure: { code: 'STORE_CORRUPT' } });
    await expect(store.readAll()).rejects.toMatchObject({ failure: { code: 'STORE_CORRUPT' } });
    const following = store.subscribe({ signal: new AbortController().signal })[Symbol.asyncIterator]();
    await expect(following.next()).rejects.toMatchObject({ failure: { code: 'STORE_CORRUPT' } });
    await store.close();
  });
});

describe('a row the database will not take', () => {
  it('fails its own append; its neighbours in the same commit are stored', async () => {
    const store = await sqliteEventStore({
      path: file('case.ledger'),
      openDatabase: failing((sql, [, , type]) =>
        sql.startsWith('INSERT INTO events') && type === 'application.unwanted' ? SQLITE_CONSTRAINT_CHECK : undefined,
      ),
    });

    const outcomes = await Promise.allSettled(
      names.map((stream, at) => {
        const type = at === 4 ? 'application.unwanted' : 'application.received';
        return store.append(
          stream,
          [aSealedEvent({ stream }), aSealedEvent({ stream, type, revision: 1 })],
          'no-stream',
        );
      }),
    );

    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(names.map((_, at) => at !== 4));
    for (const [at, stream] of names.entries()) expect(await store.read(stream)).toHaveLength(at === 4 ? 0 : 2);
    expect((await store.readAll()).map(({ position }) => Number(position))).toEqual(
      [...Array(18).keys()].map((at) => at + 1),
    );
    await store.close();
  });
});
