import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openDatabase } from '../event-store/sqlite/sqlite-binding.js';
import { type Ledger, openLedger } from '../ledger.js';
import { application } from '../workflows/application/index.js';
import { catalogueLookup } from '../workflows/catalogue/catalogue-lookup.js';
import { countyItems } from '../workflows/catalogue/county-items.js';
import type { Session } from './session.js';

export type Sends = {
  readonly callers: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

export type Measurement = {
  /** Commands of one event each, every one on disk before it is answered. */
  readonly sends: readonly Sends[];
  /** What the disk allows to somebody who does nothing but commit one row at a time, in the same folder. */
  readonly commitsPerSecond: number;
};

/** Opens applications, and withdraws each, as fast as they are answered: one caller, then many at once. */
export async function measure(job: {
  readonly folder: string;
  readonly seconds: number;
  readonly callers: number;
  readonly session: Session;
}): Promise<Measurement> {
  const { folder, seconds, callers, session } = job;
  const ledger = await openLedger({
    store: join(folder, 'bench.sqlite'),
    workflows: [application],
    lookups: { catalogue: catalogueLookup(countyItems) },
    masterKey: session.randomBytes(32),
    clock: session.clock,
    ids: session.ids,
    randomBytes: session.randomBytes,
  });
  try {
    // Until the code is compiled the figures are those of the compiler.
    await sendsPerSecond(ledger, 'warm', callers, Math.min(1, seconds));
    const one = await sendsPerSecond(ledger, 'one', 1, seconds);
    const many = await sendsPerSecond(ledger, 'many', callers, seconds);
    return { sends: [one, many], commitsPerSecond: commitsPerSecond(join(folder, 'commits.sqlite'), seconds) };
  } finally {
    await ledger.close();
  }
}

async function sendsPerSecond(ledger: Ledger, run: string, callers: number, seconds: number): Promise<Sends> {
  const took: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(ledger, `${run}-${caller}`, end, took)));
  const elapsed = (performance.now() - start) / 1_000;
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
  return { callers, perSecond: took.length / elapsed, p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function call(ledger: Ledger, caller: string, end: number, took: number[]): Promise<void> {
  const actor = { id: caller, roles: ['intake'], region: '330921' };
  for (let round = 0; performance.now() < end; round += 1) {
    const base = { workflow: 'application', caseId: `${caller}-${round}`, actor };
    const data = {
      item: 'social-security-card',
      region: '330921',
      channel: 'window',
      applicant: { kind: 'person', name: '陈雨', idNumber: `${caller}-${round}` },
      materials: [{ material: 'id-card', form: 'sighted' }],
    };
    await timed(took, () =>
      ledger.open({ ...base, commandId: 'receive', events: [{ type: 'application.received', data }] }),
    );
    await timed(took, () =>
      ledger.send({
        ...base,
        commandId: 'withdraw',
        events: [{ type: 'application.withdrawn', data: {} }],
        reason: 'measured',
      }),
    );
  }
}

async function timed(took: number[], work: () => Promise<unknown>): Promise<void> {
  const from = performance.now();
  await work();
  took.push(performance.now() - from);
}

function commitsPerSecond(path: string, seconds: number): number {
  const database = openDatabase(path);
  try {
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (data TEXT NOT NULL) STRICT',
    );
    const insert = database.prepare('INSERT INTO rows (data) VALUES (?)');
    const row = 'x'.repeat(250);
    const start = performance.now();
    let commits = 0;
    for (; performance.now() - start < seconds * 1_000; commits += 1) insert.run(row);
    return commits / ((performance.now() - start) / 1_000);
  } finally {
    database.close();
  }
}
