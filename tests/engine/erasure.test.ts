import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { canonicalEvent } from '../../src/domain/canonical-event.js';
import { defineWorkflow } from '../../src/domain/workflow.js';
import { LEDGER_STREAM } from '../../src/engine/ledger-identity.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { openDatabase } from '../../src/event-store/sqlite/sqlite-binding.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import { permitWorkflow } from '../support/permit.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  codeOf,
  countingIds,
  failureOf,
  granted,
  MASTER_KEY,
  MORNING,
  noted,
  openPermit,
  PERSON,
  quotaOf,
  requested,
  seededBytes,
  sendPermit,
  type TestClock,
  testClock,
} from './permit-office.js';

const folder = temporaryFolder();
const REMARK = '备注：住所已变更 moved to Daishan';
const SECRETS = [PERSON.name, PERSON.idNumber, REMARK];
const ref = { workflow: 'permit', caseId: 'p-1' };
const request = { actor: 'admin-1', reason: 'asked for by the person' };

let ledger: Ledger;
let clock: TestClock;
let subject: string;

async function open(options: { readonly archiveYears?: number } = {}): Promise<Ledger> {
  const { archiveYears } = options;
  const workflow =
    archiveYears === undefined ? permitWorkflow() : defineWorkflow({ ...permitWorkflow(), archiveYears });
  return openLedger({
    store: folder('a.ledger'),
    workflows: [workflow],
    masterKey: MASTER_KEY,
    clock,
    ids: countingIds(),
    randomBytes: seededBytes(),
    lookups: quotaOf(1),
  });
}

/** One permit with personal data in two of its events. */
async function file(): Promise<void> {
  await ledger.open(openPermit('open-1', { caseId: 'p-1' }));
  await ledger.send(sendPermit('p-1', 'note-1', noted('plan seen', REMARK)));
  await ledger.send(sendPermit('p-1', 'note-2', noted('nothing personal')));
  subject = (await ledger.load(ref)).labels.applicant!;
}

const forget = (whom = subject) => ledger.forget({ subject: whom, ...request }, async () => [ref]);

beforeEach(() => {
  clock = testClock();
});
afterEach(() => ledger.close());

/** Everything on disk beside the ledger, each file as it lies. */
function files(): [string, Buffer][] {
  const where = folder('');
  return readdirSync(where).map((name) => [name, readFileSync(`${where}/${name}`)]);
}

function holding(secret: string): string[] {
  return files()
    .filter(
      ([, bytes]) => bytes.includes(Buffer.from(secret, 'utf8')) || bytes.includes(Buffer.from(secret, 'utf16le')),
    )
    .map(([name]) => name);
}

/** The leaf hashes as stored. */
function leaves(): string[] {
  const database = openDatabase(folder('a.ledger'), { readOnly: true });
  const rows = database.prepare('SELECT lower(hex(leaf)) AS leaf FROM events ORDER BY position').all();
  database.close();
  return rows.map(({ leaf }) => String(leaf));
}

describe('personal data', () => {
  it('lies in no file, before and after it is forgotten', async () => {
    ledger = await open();
    await file();
    expect(files().map(([name]) => name)).toEqual(expect.arrayContaining(['a.ledger', 'a.ledger.keys']));
    for (const secret of SECRETS) expect(holding(secret)).toEqual([]);
    expect(holding('nothing personal')).not.toEqual([]);

    await forget();
    for (const secret of SECRETS) expect(holding(secret)).toEqual([]);
    await ledger.close();
    for (const secret of SECRETS) expect(holding(secret)).toEqual([]);
  });

  it('lies in no file after a command that was refused', async () => {
    ledger = await open();
    const guarded = openPermit('open-1', {
      caseId: 'p-1',
      events: [requested(), noted('1'), noted('2'), noted('3'), noted('4', REMARK)],
    });
    expect(await codeOf(ledger.open(guarded))).toBe('GUARD_DENIED');
    for (const secret of SECRETS) expect(holding(secret)).toEqual([]);
  });

  it('is never part of a refusal', async () => {
    ledger = await open();
    await file();
    const wrong = openPermit('open-2', { events: [requested({ ...PERSON, extra: PERSON.name })] });
    const failures = [
      await failureOf(ledger.open(wrong)),
      await failureOf(ledger.send(sendPermit('p-1', 'note-1', noted('other', REMARK)))),
    ];
    for (const secret of SECRETS) expect(JSON.stringify(failures)).not.toContain(secret);
  });
});

describe('a subject that is forgotten', () => {
  it('reads as erased, by every way to read, while the case stays whole', async () => {
    ledger = await open();
    await file();
    const before = await ledger.load(ref);

    expect(await forget()).toEqual({ subject, erased: true, cases: [ref] });

    expect(await ledger.load(ref)).toEqual(before);
    const erased = { erased: true };
    for (const reveal of [undefined, { actor: 'clerk-1', purpose: 'to see' }]) {
      const history = await ledger.history(ref, reveal === undefined ? {} : { reveal });
      expect(history.map(({ data }) => data)).toEqual([
        {
          applicant: { kind: 'person', name: erased, idNumber: erased, subjectRef: subject },
          department: 'planning',
          region: '330921',
        },
        { text: 'plan seen', remark: erased },
        { text: 'nothing personal' },
      ]);
    }
    expect(await ledger.history(ref, { asOf: { revision: 0 } })).toHaveLength(1);
    expect(await ledger.check()).toMatchObject({ cases: 1, events: 3, diverging: [], changedDefinitions: [] });
    expect(await ledger.deadlines(ref)).toMatchObject([{ name: 'decision', status: 'running' }]);
  });

  it('reads as erased after the ledger is opened again', async () => {
    ledger = await open();
    await file();
    await forget();
    await ledger.close();
    ledger = await open();
    expect((await ledger.history(ref, { reveal: { actor: 'x', purpose: 'y' } }))[1]!.data).toEqual({
      text: 'plan seen',
      remark: { erased: true },
    });
  });

  it('leaves every stored event and its hash as they were', async () => {
    ledger = await open();
    await file();
    const stored = await readStream(ledger.store, 'permit-p-1');
    const hashes = leaves();

    await forget();

    expect(await readStream(ledger.store, 'permit-p-1')).toEqual(stored);
    expect(leaves().slice(0, hashes.length)).toEqual(hashes);
    expect(
      stored
        .map(
          ({ data, metadata, ...event }) =>
            canonicalEvent({ ...event, data: JSON.stringify(data), metadata: JSON.stringify(metadata) }).length,
        )
        .every((size) => size > 0),
    ).toBe(true);
  });

  it('does not keep its case from going on', async () => {
    ledger = await open();
    await file();
    await forget();
    expect(await ledger.send(sendPermit('p-1', 'grant', granted))).toMatchObject({ revision: 3, state: 'granted' });
    expect(
      await codeOf(ledger.open(openPermit('open-2', { events: [requested({ ...PERSON, subjectRef: subject })] }))),
    ).toBe('SUBJECT_ERASED');
  });

  it('does not keep its old commands from being known again', async () => {
    ledger = await open();
    await file();
    await forget();
    expect(await ledger.send(sendPermit('p-1', 'note-1', noted('plan seen', REMARK)))).toMatchObject({
      revision: 1,
      repeated: true,
    });
    await ledger.close();
    ledger = await open();
    expect(await ledger.open(openPermit('open-1', { caseId: 'p-1' }))).toMatchObject({ revision: 0, repeated: true });
    expect(await ledger.send(sendPermit('p-1', 'note-2', noted('nothing personal')))).toMatchObject({
      revision: 2,
      repeated: true,
    });
    expect(await codeOf(ledger.send(sendPermit('p-1', 'note-2', noted('something else'))))).toBe('COMMAND_ID_REUSED');
  });

  it('comes again as somebody new, and the old fields stay erased', async () => {
    ledger = await open();
    await file();
    await forget();
    await ledger.open(openPermit('open-2', { caseId: 'p-2' }));
    expect((await ledger.load({ workflow: 'permit', caseId: 'p-2' })).labels.applicant).not.toBe(subject);
    expect((await ledger.history(ref, { reveal: { actor: 'x', purpose: 'y' } }))[0]!.data.applicant).toMatchObject({
      name: { erased: true },
    });
  });

  it("is recorded on the ledger's own stream once, however often it is asked for", async () => {
    ledger = await open();
    await file();
    clock.advance(60_000);
    const both = await Promise.all([forget(), forget()]);
    expect(both.map(({ erased }) => erased).sort()).toEqual([false, true]);
    expect(await forget()).toEqual({ subject, erased: false, cases: [ref] });

    const recorded = (await readStream(ledger.store, LEDGER_STREAM)).filter(({ type }) => type === 'subject.erased');
    expect(recorded).toHaveLength(1);
    expect(recorded[0]).toMatchObject({
      data: { subject },
      metadata: { actor: { id: 'admin-1' }, reason: request.reason, recordedAt: clock.now().toISOString() },
    });
  });

  it('is recorded by asking again where a crash came between', async () => {
    ledger = await open();
    await file();
    await ledger.keys.forget(subject, MORNING);
    expect(await forget()).toMatchObject({ erased: false });
    expect((await readStream(ledger.store, LEDGER_STREAM)).map(({ type }) => type)).toEqual([
      'ledger.opened',
      'subject.erased',
    ]);
  });

  it('must be somebody known', async () => {
    ledger = await open();
    await file();
    expect(await failureOf(forget('nobody'))).toEqual({ code: 'SUBJECT_NOT_FOUND', subject: 'nobody' });
  });

  it('stays erased when an older copy of the key store is put back', async () => {
    ledger = await open();
    await file();
    await ledger.close();
    const backup = files().filter(([name]) => name.startsWith('a.ledger.keys'));
    ledger = await open();
    await forget();
    await ledger.close();
    for (const [name] of files()) if (name.startsWith('a.ledger.keys')) rmSync(folder(name));
    for (const [name, bytes] of backup) writeFileSync(folder(name), bytes);

    ledger = await open();
    expect(ledger.keys.key(subject)).toBe('erased');
    expect((await ledger.history(ref, { reveal: { actor: 'x', purpose: 'y' } }))[1]!.data).toEqual({
      text: 'plan seen',
      remark: { erased: true },
    });
  });
});

describe('a case with an archive term', () => {
  it('keeps its subject while it is open', async () => {
    ledger = await open({ archiveYears: 10 });
    await file();
    expect(await failureOf(forget())).toMatchObject({ code: 'ERASURE_REFUSED', subject });
    expect(ledger.keys.key(subject)).toMatchObject({ subject });
    expect(await readStream(ledger.store, LEDGER_STREAM)).toHaveLength(1);
  });

  it('keeps its subject until the term after its end is over', async () => {
    ledger = await open({ archiveYears: 10 });
    await file();
    clock.set('2026-03-05T08:00:00.000Z');
    await ledger.send(sendPermit('p-1', 'grant', granted));

    clock.set('2036-03-05T07:59:59.999Z');
    expect(await failureOf(forget())).toMatchObject({
      code: 'ERASURE_REFUSED',
      subject,
      until: '2036-03-05T08:00:00.000Z',
    });
    clock.set('2036-03-05T08:00:00.000Z');
    expect(await forget()).toMatchObject({ erased: true });
  });

  it('is no obstacle to asking again once it was done', async () => {
    ledger = await open({ archiveYears: 10 });
    await file();
    await ledger.keys.forget(subject, MORNING);
    expect(await forget()).toMatchObject({ erased: false });
  });
});
