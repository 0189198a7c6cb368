import { copyFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LedgerOpening } from '#caseledger/cli/ledger-opener.js';
import { loadWorkflows } from '#caseledger/cli/workflow-modules.js';
import type { Actor, Reach } from '#caseledger/domain/access.js';
import { chinaCalendar } from '#caseledger/domain/calendars/cn.js';
import { workflowRegistry } from '#caseledger/domain/workflow-registry.js';
import { readPositionToken } from '#caseledger/engine/position-token.js';
import { type LedgerReaders, ledgerReaders } from '#caseledger/engine-thread/ledger-readers.js';
import { type LedgerThread, startLedgerThread } from '#caseledger/engine-thread/ledger-thread.js';
import { sqliteEventStore } from '#caseledger/event-store/sqlite/sqlite-event-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const clerk: Actor = { id: 'clerk-1', roles: ['stallClerk'], region: '330921' };
const everything: Reach = [{ scope: 'ledger' }];
const sources = { shipped: false, modules: [resolve('tests/cli/stall-permit.mjs')] };

const requested = (caseId: string) => ({
  workflow: 'stall-permit',
  caseId,
  commandId: `${caseId}-request`,
  actor: clerk,
  events: [
    {
      type: 'permit.requested',
      data: { region: '330921', applicant: { name: 'Chen Yu', idNumber: '330921199001010017' } },
    },
  ],
});
const granted = (caseId: string, metres: unknown) => ({
  workflow: 'stall-permit',
  caseId,
  commandId: `${caseId}-grant`,
  actor: clerk,
  events: [{ type: 'permit.granted', data: { metres } }],
});

describe('a ledger in a thread of its own', () => {
  const path = temporaryFolder();
  const died: Error[] = [];
  let thread: LedgerThread;
  let readers: LedgerReaders;

  beforeEach(async () => {
    const file = path('office.sqlite');
    const views = path('office.sqlite.views');
    const data: LedgerOpening = {
      location: { kind: 'file', path: file },
      sources,
      masterKey: new Uint8Array(32).fill(7),
      keys: undefined,
      views,
      logLevel: 'silent',
      alarmInterval: 0,
    };
    thread = await startLedgerThread({
      opener: pathToFileURL(resolve('dist/cli/ledger-opener.js')),
      data,
      onExit: (error) => void died.push(error),
    });
    const registry = workflowRegistry((await loadWorkflows(sources)).workflows);
    const { projections } = thread;
    readers = await ledgerReaders({ path: file, views, registry, calendar: chinaCalendar, projections });
  });
  afterEach(async () => {
    await readers.close();
    await thread.close();
    expect(died.splice(0)).toEqual([]);
  });

  const positionOf = (token: string): bigint => readPositionToken(thread.ledger.id, token);

  it('answers every question a ledger in the same thread does', async () => {
    const ref = { workflow: 'stall-permit', caseId: 'S1' };
    const opened = await thread.ledger.open(requested('S1'));
    const moved = await thread.ledger.send(granted('S1', 3));

    expect(opened).toMatchObject({ state: 'review', repeated: false });
    expect(moved).toMatchObject({ state: 'granted', revision: 1 });
    expect(await thread.ledger.load(ref, { asOf: { revision: 0 } })).toMatchObject({ state: 'review' });
    expect((await thread.ledger.history(ref)).map(({ type }) => type)).toEqual(['permit.requested', 'permit.granted']);
    expect(await thread.ledger.next({ workflow: 'stall-permit' }, clerk)).toMatchObject([{ type: 'permit.requested' }]);
    expect(await thread.ledger.deadlines(ref)).toMatchObject([{ name: 'decision' }]);
    expect(await thread.ledger.explain(ref, 'decision')).toMatchObject({ deadline: 'decision' });
    expect(await thread.ledger.pending()).toBe(0);
    const question = { field: 'idNumber', value: '330921199001010017', actor: clerk, purpose: 'a test' };
    const subject = await thread.ledger.findSubject(question);
    const held = await readers.readModels.casesOfSubject(subject!, { minPosition: positionOf(moved.position) });
    expect(held).toEqual([ref]);
    const erasure = { subject: subject!, actor: 'admin-1', reason: 'a test' };
    await expect(thread.ledger.forget(erasure, held)).resolves.toMatchObject({ subject, erased: true });
  });

  it('refuses with the same failure', async () => {
    await thread.ledger.open(requested('S2'));

    await expect(thread.ledger.send(granted('S2', 5))).rejects.toMatchObject({
      failure: { code: 'GUARD_DENIED', reasons: [{ title: { en: 'a stall is at most 3 metres wide' } }] },
    });
    await expect(thread.ledger.send(granted('S2', () => 3))).rejects.toThrow('could not be cloned');
    expect(await thread.ledger.load({ workflow: 'stall-permit', caseId: 'S2' })).toMatchObject({ revision: 0 });
  });

  it('is seen by readers in this thread as soon as they ask for what was written', async () => {
    const { queries } = readers.readModels.projections;
    for (const caseId of ['A', 'B', 'C']) {
      const { position } = await thread.ledger.open(requested(caseId));
      const page = await queries.listCases({}, {}, { reach: everything, minPosition: positionOf(position) });
      expect(page.items.map((one) => one.caseId)).toContain(caseId);
    }
    expect(await readers.events.head()).toBe(4n);
    expect((await readers.events.readAll()).map(({ type }) => type)).toContain('permit.requested');
    await expect(readers.events.append('x-1', [], 'no-stream')).rejects.toMatchObject({
      failure: { code: 'STORE_UNAVAILABLE' },
    });
  });

  it('answers questions while its read models are built anew and switched', async () => {
    const { queries } = readers.readModels.projections;
    const { position } = await thread.ledger.open(requested('R1'));
    const ask = () => queries.listCases({}, {}, { reach: everything, minPosition: positionOf(position) });
    const before = (await ask()).items;

    let rebuilding = true;
    const rebuilt = (async () => {
      for (let times = 0; times < 5; times += 1) await thread.projections.rebuild('case_list');
      rebuilding = false;
    })();
    let asked = 0;
    while (rebuilding) {
      expect((await ask()).items).toEqual(before);
      asked += 1;
    }
    await rebuilt;

    expect(asked).toBeGreaterThan(0);
    expect((await ask()).items).toEqual(before);
  });

  it('closes once the commands under way are stored, and leaves them in the one file', async () => {
    const commands = Array.from({ length: 50 }, (_, at) => thread.ledger.open(requested(`U${at}`)));

    await readers.close();
    const [settled] = await Promise.all([Promise.allSettled(commands), thread.close()]);

    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
    await expect(thread.ledger.open(requested('late'))).rejects.toMatchObject({ failure: { code: 'STORE_CLOSED' } });
    copyFileSync(path('office.sqlite'), path('copy.sqlite'));
    const copy = await sqliteEventStore({ path: path('copy.sqlite') });
    expect(await copy.head()).toBe(51n);
    await copy.close();
  });
});
