import { createHash } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { demoSteps } from '../../src/cli/demo/demo-cases.js';
import { layOutDemoLedger } from '../../src/cli/demo/demo-ledger.js';
import { officeDays } from '../../src/cli/demo/demo-time.js';
import { type LedgerSetup, openSetup, type Session } from '../../src/cli/session.js';
import { readConfig } from '../../src/config.js';
import { followLedger } from '../../src/read-models.js';
import { catalogueLookup } from '../../src/workflows/catalogue/catalogue-lookup.js';
import { countyItems } from '../../src/workflows/catalogue/county-items.js';
import { shippedWorkflows } from '../../src/workflows/registry.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MORNING = '2026-03-10T02:00:00.000Z';

function sessionAt(now: string): Session {
  let made = 0;
  const ids = { next: () => `00000000-0000-7000-8000-${String(++made).padStart(12, '0')}` };
  const randomBytes = (size: number) => createHash('sha512').update(String(++made)).digest().subarray(0, size);
  const clock = { now: () => new Date(now) };
  return {
    terminal: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {} },
    config: readConfig({}),
    clock,
    ids,
    randomBytes,
    version: '0',
  };
}

function setupOf(path: string): LedgerSetup {
  const lookups = { catalogue: catalogueLookup(countyItems) };
  return {
    location: { kind: 'file', path },
    sources: { shipped: true, modules: [] },
    workflows: shippedWorkflows,
    reactions: [],
    lookups,
    masterKey: new Uint8Array(32).fill(7),
    keys: undefined,
    outbox: undefined,
    views: undefined,
  };
}

describe('the demo', () => {
  const path = temporaryFolder();

  async function statesOf(file: string, now: string): Promise<readonly string[]> {
    const session = sessionAt(now);
    const ledger = await openSetup(session, setupOf(file));
    const events = await ledger.store.readAll({ limit: 1_000 });
    await ledger.close();
    return events
      .slice(1)
      .map(({ stream, revision, metadata }) => `${stream}@${revision} ${metadata.recordedAt} ${metadata.state}`);
  }

  it('has cases that are overdue, paused, and rated badly with a return visit still due', async () => {
    const session = sessionAt(MORNING);
    const setup = setupOf(path('demo.sqlite'));
    await layOutDemoLedger(session, setup, path('demo.sqlite'), () => {});
    const ledger = await openSetup(session, setup);
    const models = await followLedger(ledger, { views: undefined, clock: session.clock });
    const options = { reach: [{ scope: 'ledger' }], now: MORNING } as const;
    const { queries } = models.projections;
    await models.projections.waitFor(await ledger.store.head(), 20_000);

    const standing = async (one: 'overdue' | 'paused') =>
      (await queries.dueCases({ standing: one }, {}, options)).items.length;
    const visiting = await queries.listCases({ state: 'loop.visiting' }, {}, options);

    expect(await standing('overdue')).toBeGreaterThan(3);
    expect(await standing('paused')).toBeGreaterThan(1);
    expect(visiting.items).toHaveLength(1);
    await models.close();
    await ledger.close();
  });

  it('tells the same story at the same instant', async () => {
    await layOutDemoLedger(sessionAt(MORNING), setupOf(path('a.sqlite')), path('a.sqlite'), () => {});
    await layOutDemoLedger(sessionAt(MORNING), setupOf(path('b.sqlite')), path('b.sqlite'), () => {});

    const told = await statesOf(path('a.sqlite'), MORNING);

    expect(told.length).toBeGreaterThan(100);
    expect(await statesOf(path('b.sqlite'), MORNING)).toEqual(told);
  });

  it.each([
    ['early on a working day', '2026-03-09T23:30:00.000Z'],
    ['on a Saturday', '2026-03-14T06:00:00.000Z'],
    ['in the spring festival', '2026-02-18T04:00:00.000Z'],
    ['in a year whose days off are not published yet', '2027-06-15T08:00:00.000Z'],
  ])('can be laid out %s', async (_when, now) => {
    const file = path('demo.sqlite');

    const summary = await layOutDemoLedger(sessionAt(now), setupOf(file), file, () => {});

    expect(summary).toEqual({ cases: 39, events: 150 });
    expect(demoSteps(officeDays(new Date(now))).every(({ at }) => at.toISOString() < now)).toBe(true);
  });

  it('leaves a ledger that is there as it is', async () => {
    const file = path('demo.sqlite');
    writeFileSync(file, 'something of mine');

    expect(await layOutDemoLedger(sessionAt(MORNING), setupOf(file), file, () => {})).toBeUndefined();
    expect(readdirSync(path('.'))).toEqual(['demo.sqlite']);
  });

  it('begins anew where it was cut short', async () => {
    const file = path('demo.sqlite');
    const session = sessionAt(MORNING);
    const cutShort = layOutDemoLedger(session, setupOf(file), file, (events) => {
      if (events === 40) throw new Error('the power went');
    });
    await expect(cutShort).rejects.toThrow('the power went');
    expect(existsSync(`${file}.unfinished`)).toBe(true);

    const summary = await layOutDemoLedger(sessionAt(MORNING), setupOf(file), file, () => {});

    expect(summary).toEqual({ cases: 39, events: 150 });
    expect(existsSync(`${file}.unfinished`)).toBe(false);
  });
});
