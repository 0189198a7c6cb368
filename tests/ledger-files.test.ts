import { copyFileSync } from 'node:fs';
import { sqliteEventStore } from '../src/event-store/sqlite/sqlite-event-store.js';
import { type Ledger, openLedger } from '../src/ledger.js';
import { followLedger, type ReadModels } from '../src/read-models.js';
import { sqliteReadStore } from '../src/read-store/sqlite/sqlite-read-store.js';
import { MASTER_KEY, noted, openPermit, PERSON, quotaOf, sendPermit } from './engine/permit-office.js';
import { permitWorkflow } from './support/permit.js';
import { temporaryFolder } from './support/temporary-folder.js';

const folder = temporaryFolder();
const ref = { workflow: 'permit', caseId: 'p-1' };

async function opened(path: string): Promise<{ readonly ledger: Ledger; readonly models: ReadModels }> {
  const ledger = await openLedger({
    store: path,
    workflows: [permitWorkflow()],
    masterKey: MASTER_KEY,
    lookups: quotaOf(9),
  });
  const models = await followLedger(ledger, { views: `${path}.views`, clock: ledger.clock });
  return { ledger, models };
}

/** Copies ledger, keys and read models: one file each, and nothing beside them. */
function copyFiles(from: string, to: string): void {
  for (const file of ['', '.keys', '.views']) copyFileSync(`${from}${file}`, `${to}${file}`);
}

describe('the files of a ledger', () => {
  async function aClosedLedger(path: string): Promise<void> {
    const { ledger, models } = await opened(path);
    await ledger.open(openPermit('open p-1', { caseId: 'p-1' }));
    await ledger.send(sendPermit('p-1', 'note p-1', noted('plan seen', 'by the door')));
    await models.projections.waitFor(await ledger.store.head(), 20_000);
    await models.close();
    await ledger.close();
  }

  it('are each whole as soon as it is closed: events, keys and read models', async () => {
    await aClosedLedger(folder('office.sqlite'));
    copyFiles(folder('office.sqlite'), folder('copy.sqlite'));

    const { ledger, models } = await opened(folder('copy.sqlite'));
    const history = await ledger.history(ref, { reveal: { actor: 'auditor-1', purpose: 'a test' } });
    const list = await models.projections.queries.listCases({}, {}, { reach: [{ scope: 'ledger' }] });

    expect(history.map(({ type }) => type)).toEqual(['permit.requested', 'permit.noted']);
    expect(JSON.stringify(history)).toContain(PERSON.name);
    expect(list.items).toMatchObject([{ caseId: 'p-1', revision: 1 }]);
    await models.close();
    await ledger.close();
  });

  it('keep their read models as they were filled, which are not filled again', async () => {
    await aClosedLedger(folder('office.sqlite'));
    copyFiles(folder('office.sqlite'), folder('copy.sqlite'));

    const readStore = sqliteReadStore({ path: folder('copy.sqlite.views') });
    const generations = await readStore.generations();
    await readStore.close();

    expect(generations.map(({ role, events }) => [role, events])).toEqual(Array(5).fill(['active', 3]));
  });

  it('are whole also where others were reading them meanwhile', async () => {
    const path = folder('office.sqlite');
    const { ledger, models } = await opened(path);
    const readers = [
      await sqliteEventStore({ path, readOnly: true }),
      sqliteReadStore({ path: `${path}.views` }),
    ] as const;
    await ledger.open(openPermit('open p-1', { caseId: 'p-1' }));
    await models.projections.waitFor(await ledger.store.head(), 20_000);
    expect(await readers[0].head()).toBe(2n);
    expect(await readers[1].generations()).toHaveLength(5);

    await models.close();
    await ledger.close();
    copyFiles(path, folder('copy.sqlite'));
    for (const reader of readers) await reader.close();

    const copy = await opened(folder('copy.sqlite'));
    expect(await copy.ledger.load(ref)).toMatchObject({ state: 'reviewing' });
    await copy.models.close();
    await copy.ledger.close();
  });
});
