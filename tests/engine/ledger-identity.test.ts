import { CaseError } from '../../src/domain/case-error.js';
import { LEDGER_STREAM, ledgerIdentity } from '../../src/engine/ledger-identity.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { openLedger } from '../../src/ledger.js';
import { permitWorkflow } from '../support/permit.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  codeOf,
  countingIds,
  MASTER_KEY,
  MORNING,
  noted,
  openPermit,
  quotaOf,
  seededBytes,
  sendPermit,
  testClock,
} from './permit-office.js';

const folder = temporaryFolder();
const clock = testClock();
const open = (node: number, more: object = {}) =>
  openLedger({
    store: folder('a.ledger'),
    workflows: [permitWorkflow()],
    masterKey: MASTER_KEY,
    clock,
    ids: countingIds(node),
    randomBytes: seededBytes(`${node}`),
    lookups: quotaOf(1),
    ...more,
  });

describe('the id of a ledger', () => {
  it('is given when the store is empty, and recorded as its first event', async () => {
    const store = memoryEventStore();
    const id = await ledgerIdentity(store, { clock, ids: countingIds() });
    expect(await store.readAll()).toMatchObject([
      {
        stream: LEDGER_STREAM,
        revision: 0,
        type: 'ledger.opened',
        data: { ledger: id },
        metadata: { ledger: id, recordedAt: MORNING, workflow: { name: 'ledger', version: 1 } },
      },
    ]);
  });

  it('is read ever after', async () => {
    const store = memoryEventStore();
    const id = await ledgerIdentity(store, { clock, ids: countingIds(1) });
    expect(await ledgerIdentity(store, { clock, ids: countingIds(2) })).toBe(id);
    expect(await readStream(store, LEDGER_STREAM)).toHaveLength(1);
  });

  it('is one, though two open the empty store at once', async () => {
    const store = memoryEventStore();
    const ids = await Promise.all([1, 2, 3].map((node) => ledgerIdentity(store, { clock, ids: countingIds(node) })));
    expect(new Set(ids).size).toBe(1);
    expect(await readStream(store, LEDGER_STREAM)).toHaveLength(1);
  });

  it('is one, though two open an empty file at once', async () => {
    const [here, there] = await Promise.all([open(1), open(2)]);
    expect(here.id).toBe(there.id);
    const { caseId, position } = await here.open(openPermit('open-1'));
    expect((await there.send(sendPermit(caseId, 'note-1', noted('x')))).revision).toBe(1);
    expect(position.startsWith(here.id.slice(-12))).toBe(true);
    await here.close();
    await there.close();
  });

  it('is another one in another file', async () => {
    const here = await open(1);
    const there = await open(2, { store: folder('b.ledger') });
    expect(here.id).not.toBe(there.id);
    await here.close();
    await there.close();
  });

  it('is not made up when the store does not answer', async () => {
    const store: EventStore = {
      ...memoryEventStore(),
      append: (stream) => Promise.reject(new CaseError({ code: 'STORE_OUTCOME_UNKNOWN', stream, detail: 'no answer' })),
    };
    expect(await codeOf(ledgerIdentity(store, { clock, ids: countingIds() }))).toBe('STORE_OUTCOME_UNKNOWN');
  });
});

describe('opening a ledger', () => {
  it('on disk wants a master key', async () => {
    expect(await codeOf(openLedger({ store: folder('a.ledger'), workflows: [permitWorkflow()] }))).toBe(
      'KEY_STORE_UNREADABLE',
    );
  });

  it('with another master key is refused, and lets go of the file', async () => {
    await (await open(1)).close();
    expect(await codeOf(open(1, { masterKey: new Uint8Array(32).fill(9) }))).toBe('KEY_STORE_UNREADABLE');
    const again = await open(1);
    expect((await again.open(openPermit('open-1'))).revision).toBe(0);
    await again.close();
  });

  it('in memory needs nothing but its workflows', async () => {
    const ledger = await openLedger({ store: 'memory:', workflows: [permitWorkflow()] });
    expect((await ledger.open(openPermit('open-1'))).state).toBe('reviewing');
    await ledger.close();
    expect(await codeOf(ledger.open(openPermit('open-2')))).toBe('STORE_CLOSED');
  });

  it("under a workflow that takes the ledger's own name is refused", async () => {
    const { defineWorkflow } = await import('../../src/domain/workflow.js');
    const workflow = defineWorkflow({ ...permitWorkflow(), name: 'ledger' });
    expect(await codeOf(openLedger({ store: 'memory:', workflows: [workflow] }))).toBe('DEFINITION_INVALID');
  });

  it('finds the case, its history and its deadlines where they were', async () => {
    const first = await open(1);
    const { caseId } = await first.open(openPermit('open-1'));
    await first.send(sendPermit(caseId, 'note-1', noted('x', 'a remark')));
    const ref = { workflow: 'permit', caseId };
    const reveal = { actor: 'clerk-1', purpose: 'to compare' };
    const before = [
      await first.load(ref),
      await first.history(ref, { reveal }),
      await first.deadlines(ref),
      await first.explain(ref, 'decision'),
    ];
    await first.close();

    const again = await open(2);
    expect([
      await again.load(ref),
      await again.history(ref, { reveal }),
      await again.deadlines(ref),
      await again.explain(ref, 'decision'),
    ]).toEqual(before);
    await again.close();
  });

  it("a store of one's own is used as it is", async () => {
    const store = await sqliteEventStore({ path: folder('own.ledger') });
    const ledger = await openLedger({ store, workflows: [permitWorkflow()], clock, ids: countingIds() });
    const { stream } = await ledger.open(openPermit('open-1'));
    expect(await readStream(store, stream)).toHaveLength(1);
    await ledger.close();
  });
});
