import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Reach } from '../src/domain/access.js';
import { openDatabase } from '../src/event-store/sqlite/sqlite-binding.js';
import { type Ledger, openLedger } from '../src/ledger.js';
import { followLedger, type ReadModels } from '../src/read-models.js';
import { granted, MASTER_KEY, noted, openPermit, PERSON, quotaOf, sendPermit } from './engine/permit-office.js';
import { permitWorkflow } from './support/permit.js';
import { temporaryFolder } from './support/temporary-folder.js';

const folder = temporaryFolder();
const REMARK = '联系电话 138-0000-0000';
const SECRETS = [PERSON.name, PERSON.idNumber, REMARK];
const EVERYTHING: Reach = [{ scope: 'ledger' }];
const READ_MODELS = ['case_list', 'timeline', 'due_cases', 'subject_cases'];
const CASES = ['p-1', 'p-2', 'p-3'];

let ledger: Ledger;
let models: ReadModels;

beforeEach(async () => {
  ledger = await openLedger({
    store: folder('county.ledger'),
    workflows: [permitWorkflow()],
    masterKey: MASTER_KEY,
    lookups: quotaOf(9),
  });
  models = await followLedger(ledger, { views: folder('county.ledger.views'), clock: ledger.clock });
  for (const caseId of CASES) {
    await ledger.open(openPermit(`open ${caseId}`, { caseId }));
    await ledger.send(sendPermit(caseId, `note ${caseId}`, noted('plan seen', REMARK)));
  }
  await ledger.send(sendPermit('p-3', 'grant p-3', granted));
  await caughtUp();
});

afterEach(async () => {
  await models.close();
  await ledger.close();
});

async function caughtUp(): Promise<void> {
  await models.projections.waitFor((await ledger.store.head())!, 20_000);
}

async function forget(): Promise<string> {
  const subject = (await ledger.load({ workflow: 'permit', caseId: 'p-1' })).labels.applicant!;
  const casesOf = (one: string) => models.casesOfSubject(one, { minPosition: undefined });
  const erasure = await ledger.forget({ subject, actor: 'admin-1', reason: '本人申请' }, casesOf);
  expect(erasure.cases.map(({ caseId }) => caseId).sort()).toEqual(CASES);
  return subject;
}

/** What an office would hand out: every case with its history, as somebody entitled to see it all reads it. */
async function exported(): Promise<string> {
  const reveal = { actor: 'auditor-1', purpose: 'export' };
  const histories = await Promise.all(
    CASES.map((caseId) => ledger.history({ workflow: 'permit', caseId }, { reveal })),
  );
  const lists = await Promise.all([
    models.projections.queries.listCases({}, {}, { reach: EVERYTHING }),
    models.projections.queries.dueCases({}, {}, { reach: EVERYTHING, now: ledger.clock.now().toISOString() }),
    models.projections.queries.timeline({ workflow: 'permit', caseId: 'p-1' }, {}, { reach: EVERYTHING }),
  ]);
  return JSON.stringify([histories, lists], (_, value) => (typeof value === 'bigint' ? String(value) : value));
}

function filesHolding(text: string): string[] {
  const files = readdirSync(folder(''));
  expect(files).toEqual(expect.arrayContaining(['county.ledger', 'county.ledger.keys', 'county.ledger.views']));
  return files.filter((name) => {
    const bytes = readFileSync(folder(name));
    return bytes.includes(Buffer.from(text, 'utf8')) || bytes.includes(Buffer.from(text, 'utf16le'));
  });
}

function storedLeaves(): unknown {
  const database = openDatabase(folder('county.ledger'), { readOnly: true });
  const rows = database
    .prepare(`SELECT position, hex(leaf) AS leaf FROM events WHERE type LIKE 'permit.%' ORDER BY position`)
    .all();
  database.close();
  return rows.map(({ position, leaf }) => [position, leaf]);
}

describe('a person that is forgotten', () => {
  it('is in an export before, and in none after; in no file of the ledger ever', async () => {
    for (const secret of SECRETS) expect(await exported()).toContain(secret);
    for (const secret of SECRETS) expect(filesHolding(secret)).toEqual([]);

    await forget();
    writeFileSync(folder('export.json'), await exported());

    for (const secret of SECRETS) expect(filesHolding(secret)).toEqual([]);
    expect(filesHolding('plan seen')).toEqual(expect.arrayContaining(['export.json']));
  });

  it('leaves every case to be loaded, replayed, listed and projected anew with the same rows', async () => {
    const rows = async () => [
      await models.projections.queries.listCases({}, {}, { reach: EVERYTHING }),
      await models.projections.queries.timeline({ workflow: 'permit', caseId: 'p-2' }, {}, { reach: EVERYTHING }),
    ];
    const before = await rows();

    await forget();
    await caughtUp();
    for (const name of READ_MODELS) await models.projections.rebuild(name);
    await caughtUp();

    expect(await rows()).toEqual(before);
    expect(await ledger.check()).toMatchObject({ cases: 3, diverging: [], changedDefinitions: [] });
    expect(await ledger.load({ workflow: 'permit', caseId: 'p-3' })).toMatchObject({
      state: 'granted',
      status: 'closed',
    });
  });

  it('leaves every hash as it was, and every old command known', async () => {
    const before = storedLeaves();
    await forget();
    expect(storedLeaves()).toEqual(before);

    for (const caseId of CASES) {
      expect(await ledger.open(openPermit(`open ${caseId}`, { caseId }))).toMatchObject({
        repeated: true,
        revision: 0,
      });
      expect(await ledger.send(sendPermit(caseId, `note ${caseId}`, noted('plan seen', REMARK)))).toMatchObject({
        repeated: true,
        revision: 1,
      });
    }
  });
});
