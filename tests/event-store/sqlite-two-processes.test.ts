import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openDatabase } from '../../src/event-store/sqlite/sqlite-binding.js';
import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { aSealedEvent, sealedEvents } from '../../src/testing/sealed-events.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const file = temporaryFolder();
const run = promisify(execFile);

type Report = { acknowledged: [stream: string, revision: number, id: string][]; conflicts: number; longestMs: number };

/** A process of its own whose 64 callers append to streams it shares with every other writer. */
async function writer(path: string, name: string, appends: number): Promise<Report> {
  const program = join(process.cwd(), 'tests/support/racing-writer-process.mjs');
  const { stdout } = await run(process.execPath, [program, path, name, String(appends)], { maxBuffer: 1e8 });
  return JSON.parse(stdout) as Report;
}

describe('two processes with 64 callers each on one file', () => {
  it('store exactly what they acknowledged, without gaps, and both get their turn', async () => {
    const path = file('case.ledger');
    const reports = await Promise.all([writer(path, 'north', 2_000), writer(path, 'south', 2_000)]);

    const store = await sqliteEventStore({ path, readOnly: true });
    const stored: string[] = [];
    const heads = new Map<string, number>();
    for (let after = 0n; ; ) {
      const page = await store.readAll({ after });
      if (page.length === 0) break;
      for (const { stream, revision, id, position } of page) {
        expect(revision).toBe((heads.get(stream) ?? -1) + 1);
        expect(position).toBe(after + 1n);
        heads.set(stream, revision);
        stored.push(`${stream}/${revision}/${id}`);
        after = position;
      }
    }
    await store.close();

    const acknowledged = reports.flatMap((report) => report.acknowledged.map((one) => one.join('/')));
    expect(stored.sort()).toEqual(acknowledged.sort());
    expect(acknowledged).toHaveLength(4_000);
    expect(reports.reduce((sum, { conflicts }) => sum + conflicts, 0)).toBeGreaterThan(0);
    // Far above what is usual, far below the starvation it looks for.
    for (const { longestMs } of reports) expect(longestMs).toBeLessThan(2_500);
  });
});

describe('while another process holds the write lock', () => {
  it('an append waits without holding up the event loop, and is stored when the lock is free', async () => {
    const path = file('case.ledger');
    const store = await sqliteEventStore({ path });
    const other = openDatabase(path);
    other.exec('BEGIN IMMEDIATE');

    let settled = false;
    const appending = store.append('application-1', [aSealedEvent()], 'no-stream').finally(() => {
      settled = true;
    });
    let turns = 0;
    for (; turns < 20; turns += 1) await pause(1);
    expect(settled).toBe(false);
    expect(await store.read('application-1')).toEqual([]);

    other.exec('ROLLBACK');
    other.close();
    expect(await appending).toMatchObject({ revision: 0 });
    await store.close();
  });

  it('no reader passes what is not committed yet', async () => {
    const path = file('case.ledger');
    const store = await sqliteEventStore({ path });
    await store.append('application-1', sealedEvents(2), 'no-stream');
    const controller = new AbortController();
    const positions: bigint[] = [];
    const following = (async () => {
      for await (const page of store.subscribe({ signal: controller.signal })) {
        positions.push(...page.map(({ position }) => position));
        if (positions.length === 4) controller.abort();
      }
    })();

    const other = openDatabase(path);
    other.exec(`
      BEGIN IMMEDIATE;
      INSERT INTO events (stream, revision, type, id, data, metadata, leaf)
        SELECT stream, 2, type, id, data, metadata, leaf FROM events WHERE revision = 0;
    `);
    const appending = store.append('application-2', [aSealedEvent({ stream: 'application-2' })], 'no-stream');
    await pause(50);
    expect(positions).toEqual([1n, 2n]);
    expect(await store.head()).toBe(2n);

    other.exec('COMMIT');
    other.close();
    expect(await appending).toMatchObject({ position: 4n });
    await following;
    expect(positions).toEqual([1n, 2n, 3n, 4n]);
    await store.close();
  });
});
