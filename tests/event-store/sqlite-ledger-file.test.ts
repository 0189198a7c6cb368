import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { APPLICATION_ID, SCHEMA_VERSION } from '../../src/event-store/sqlite/migrations.js';
import { type Database, openDatabase } from '../../src/event-store/sqlite/sqlite-binding.js';
import { type SqliteEventStoreOptions, sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { aSealedEvent, sealedEvents } from '../../src/testing/sealed-events.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const file = temporaryFolder();

async function aLedger(path: string, events = 3): Promise<void> {
  const store = await sqliteEventStore({ path });
  await store.append('application-1', sealedEvents(events, { data: { text: 'x'.repeat(500) } }), 'no-stream');
  await store.close();
}

async function refusal(options: SqliteEventStoreOptions): Promise<unknown> {
  const opened = await sqliteEventStore(options).catch((error: { failure?: unknown }) => error.failure ?? error);
  return opened;
}

function sql(path: string, statements: string): void {
  const database = openDatabase(path);
  database.exec(statements);
  database.close();
}

describe('a ledger file', () => {
  it('syncs every commit, on every connection', async () => {
    const path = file('case.ledger');
    const connections: Database[] = [];
    const watched: typeof openDatabase = (...parameters) => {
      const database = openDatabase(...parameters);
      connections.push(database);
      return database;
    };

    const stores = [
      await sqliteEventStore({ path, openDatabase: watched }),
      await sqliteEventStore({ path, openDatabase: watched }),
      await sqliteEventStore({ path, openDatabase: watched, readOnly: true }),
    ];
    const [first] = stores;
    await first?.append('application-1', [aSealedEvent()], 'no-stream');

    expect(connections).toHaveLength(3);
    for (const connection of connections) {
      expect(connection.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: 2 });
      expect(connection.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
      expect(connection.prepare('PRAGMA busy_timeout').get()).toMatchObject({ timeout: 5_000 });
      expect(connection.prepare('PRAGMA mmap_size').get()).toMatchObject({ mmap_size: 0 });
    }
    for (const store of stores) await store.close();
  });

  it('is not opened by a binding that would not sync', async () => {
    const forgetful: typeof openDatabase = (...parameters) => {
      const database = openDatabase(...parameters);
      return {
        prepare: (text) => database.prepare(text),
        close: () => database.close(),
        exec: (text) => database.exec(text.replace('synchronous = FULL', 'synchronous = NORMAL')),
      };
    };
    expect(await refusal({ path: file('case.ledger'), openDatabase: forgetful })).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('says what it is, in strict tables', async () => {
    const path = file('case.ledger');
    await aLedger(path);

    const database = openDatabase(path, { readOnly: true });
    expect(database.prepare('PRAGMA application_id').get()).toMatchObject({ application_id: APPLICATION_ID });
    expect(database.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: SCHEMA_VERSION });
    const tables = database.prepare(
      `SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%'`,
    );
    expect(tables.all().map((row) => ({ ...row }))).toEqual(
      expect.arrayContaining([
        { name: 'events', strict: 1 },
        { name: 'streams', strict: 1 },
      ]),
    );
    database.close();
  });

  it('is read by plain SQL: names, hyphenated ids, texts as they were hashed', async () => {
    const path = file('case.ledger');
    const event = aSealedEvent({ stream: 'application-7', data: { name: '陈宇' } });
    const store = await sqliteEventStore({ path });
    await store.append('application-7', [event], 'no-stream');
    await store.close();

    const database = openDatabase(path, { readOnly: true });
    const rows = database.prepare('SELECT * FROM event_log ORDER BY position').all();
    database.close();

    expect(rows.map((row) => ({ ...row }))).toEqual([
      {
        position: 1,
        stream: 'application-7',
        revision: 0,
        type: event.type,
        id: event.id,
        data: event.data,
        metadata: event.metadata,
        leaf: Buffer.from(event.leaf).toString('hex'),
      },
    ]);
  });

  it('has positions without gaps, from 1, in the order of commits', async () => {
    const path = file('case.ledger');
    const store = await sqliteEventStore({ path });
    const late = aSealedEvent({ stream: 'application-1', command: 'late' });
    await store.append('application-1', sealedEvents(2), 'no-stream');
    await expect(store.append('application-1', [late], 'no-stream')).rejects.toThrow('application-1 is at revision 1');
    await store.append('application-2', sealedEvents(2, { stream: 'application-2' }), 'no-stream');

    expect((await store.readAll()).map(({ position }) => position)).toEqual([1n, 2n, 3n, 4n]);
    await store.close();
  });

  it('tells a resend that stored nothing from an append', async () => {
    const store = await sqliteEventStore({ path: file('case.ledger') });
    const events = sealedEvents(2);
    expect(await store.append('application-1', events, 'no-stream')).toMatchObject({ repeated: false });
    expect(await store.append('application-1', events, 'no-stream')).toMatchObject({ repeated: true });
    await store.close();
  });

  it('is whole in its one file once it is closed', async () => {
    const path = file('case.ledger');
    await aLedger(path, 50);
    copyFileSync(path, file('copy.ledger'));

    const copy = await sqliteEventStore({ path: file('copy.ledger'), readOnly: true });
    expect(await copy.readAll()).toHaveLength(50);
    await copy.close();
  });

  it('is laid out once when several open it at the same time', async () => {
    const path = file('case.ledger');
    const stores = await Promise.all(Array.from({ length: 5 }, () => sqliteEventStore({ path })));
    await Promise.all(
      stores.map((store, at) =>
        store.append(`application-${at}`, [aSealedEvent({ stream: `application-${at}` })], 'no-stream'),
      ),
    );
    expect(await stores[0]?.readAll()).toHaveLength(5);
    for (const store of stores) await store.close();
  });
});

describe('what is no ledger of this version is refused and left as it was', () => {
  it('a ledger written by a newer version', async () => {
    const path = file('newer.ledger');
    await aLedger(path);
    sql(path, `PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    const before = readFileSync(path);

    expect(await refusal({ path })).toEqual({
      code: 'STORE_TOO_NEW',
      path,
      version: SCHEMA_VERSION + 1,
      supported: SCHEMA_VERSION,
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('a database of another program', async () => {
    const path = file('addresses.db');
    sql(path, 'CREATE TABLE addresses (name TEXT); INSERT INTO addresses VALUES (1)');
    const before = readFileSync(path);

    expect(await refusal({ path })).toMatchObject({ code: 'STORE_NOT_A_LEDGER', path });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('an empty database that names another program', async () => {
    const path = file('geo.db');
    sql(path, 'PRAGMA application_id = 1196444487');
    expect(await refusal({ path })).toMatchObject({ code: 'STORE_NOT_A_LEDGER', path });
  });

  it('a file that is no database', async () => {
    const path = file('letter.txt');
    writeFileSync(path, 'Dear applicant, '.repeat(1_000));

    expect(await refusal({ path })).toMatchObject({ code: 'STORE_NOT_A_LEDGER', path });
    expect(readFileSync(path, 'utf8')).toBe('Dear applicant, '.repeat(1_000));
  });

  it('a file that was cut short', async () => {
    const path = file('torn.ledger');
    await aLedger(file('case.ledger'), 200);
    copyFileSync(file('case.ledger'), path);
    truncateSync(path, 4_096 * 3);
    expect(await refusal({ path })).toMatchObject({ code: 'STORE_CORRUPT', path });
  });

  it('a ledger whose tables are gone', async () => {
    const path = file('emptied.ledger');
    await aLedger(path);
    sql(path, 'DROP VIEW event_log; DROP TABLE events');
    expect(await refusal({ path })).toMatchObject({ code: 'STORE_CORRUPT', path });
  });

  it('a folder that is not there', async () => {
    expect(await refusal({ path: file('nowhere/case.ledger') })).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('a text that is no JSON any more', () => {
  it('is named, not served', async () => {
    const path = file('case.ledger');
    await aLedger(path);
    sql(path, `UPDATE events SET data = substr(data, 2) WHERE revision = 1`);

    const store = await sqliteEventStore({ path });
    await expect(store.read('application-1')).rejects.toMatchObject({
      failure: { code: 'STORE_CORRUPT', detail: expect.stringContaining('application-1 revision 1') },
    });
    await expect(store.readAll()).rejects.toMatchObject({ failure: { code: 'STORE_CORRUPT' } });
    expect(await store.readAll({ limit: 1 })).toHaveLength(1);
    await store.close();
  });
});

describe('a ledger opened for reading only', () => {
  it('reads and takes no append', async () => {
    const path = file('case.ledger');
    await aLedger(path);

    const store = await sqliteEventStore({ path, readOnly: true });
    expect(await store.readAll()).toHaveLength(3);
    const append = store.append('application-2', [aSealedEvent({ stream: 'application-2' })], 'no-stream');
    await expect(append).rejects.toMatchObject({ failure: { code: 'STORE_UNAVAILABLE' } });
    await store.close();
  });

  it('must be there', async () => {
    expect(await refusal({ path: file('none.ledger'), readOnly: true })).toMatchObject({ code: 'STORE_NOT_A_LEDGER' });
    writeFileSync(file('empty.ledger'), '');
    expect(await refusal({ path: file('empty.ledger'), readOnly: true })).toMatchObject({ code: 'STORE_NOT_A_LEDGER' });
  });
});
