import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { sqliteErrorCode } from '../../src/event-store/sqlite/sqlite-binding.js';
import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { startRunner } from '../../src/projections/runner.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import { sealedEvents } from '../../src/testing/sealed-events.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const file = temporaryFolder();
const PAGE = 4_096;

/** A ledger of which all but the first pages were written over, as by a failing disk. */
async function damagedLedger(): Promise<string> {
  const path = file('case.ledger');
  const store = await sqliteEventStore({ path });
  for (let at = 0; at < 40; at += 1) {
    const stream = `application-${at}`;
    await store.append(stream, sealedEvents(20, { stream, data: { text: 'x'.repeat(400) } }), 'no-stream');
  }
  await store.close();
  overwrite(path, 0.25);
  return path;
}

function overwrite(path: string, from: number): void {
  const pages = statSync(path).size / PAGE;
  const first = Math.floor(pages * from);
  const opened = openSync(path, 'r+');
  writeSync(opened, Buffer.alloc(Math.floor(pages / 2) * PAGE, 0xab), 0, undefined, first * PAGE);
  closeSync(opened);
}

describe('a ledger with pages written over', () => {
  it('is damaged to every way of reading it', async () => {
    const path = await damagedLedger();
    const store = await sqliteEventStore({ path });
    const readAll = async (): Promise<void> => {
      let after: bigint | undefined;
      for (;;) {
        const page = await store.readAll({ ...(after !== undefined && { after }) });
        if (page.length === 0) return;
        after = page.at(-1)?.position;
      }
    };
    const readStreams = async (): Promise<void> => {
      for (let at = 0; at < 40; at += 1) await store.read(`application-${at}`);
    };

    await expect(readAll()).rejects.toMatchObject({ failure: { code: 'STORE_CORRUPT', path } });
    await expect(readStreams()).rejects.toMatchObject({ failure: { code: 'STORE_CORRUPT', path } });
    await store.close();
  });

  it('ends the wait of whoever asks a read model of it, and a rebuild; the status says why', async () => {
    const store = await sqliteEventStore({ path: await damagedLedger() });
    const readStore = sqliteReadStore({ path: ':memory:' });
    const table = { name: 'seen', columns: { id: 'text' }, primaryKey: ['id'], indexes: [] } as const;
    const runner = await startRunner({
      store,
      readStore,
      clock: { now: () => new Date(0) },
      projections: [
        {
          name: 'seen',
          version: 1,
          tables: [table],
          basis: 'none',
          reads: () => [],
          apply: ({ id }, rows) => rows.append('seen', { id }),
        },
      ],
    });

    await expect(runner.waitFor(await store.head(), 60_000)).rejects.toMatchObject({
      failure: { code: 'STORE_CORRUPT' },
    });
    expect(await runner.status()).toMatchObject([{ name: 'seen', failed: 'STORE_CORRUPT' }]);
    await expect(runner.rebuild('seen')).rejects.toMatchObject({ failure: { code: 'STORE_CORRUPT' } });
    await runner.stop();
    await readStore.close();
    await store.close();
  });
});

describe('an error that carries only SQLite’s text', () => {
  const said = (message: string) => sqliteErrorCode(Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR' }));

  it('has the code the text stands for', () => {
    expect(said('database disk image is malformed')).toBe(11);
    expect(said('database or disk is full')).toBe(13);
    expect(said('disk I/O error')).toBe(10);
    expect(said('no such column: x')).toBeUndefined();
  });

  it('is not SQLite’s without SQLite’s mark', () => {
    expect(sqliteErrorCode(new Error('database disk image is malformed'))).toBeUndefined();
    expect(sqliteErrorCode(undefined)).toBeUndefined();
  });
});
