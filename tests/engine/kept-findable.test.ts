import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { keepFindable } from '../../src/engine/kept-findable.js';
import { sqliteKeyRing } from '../../src/engine/sqlite-key-ring.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { openDatabase } from '../../src/event-store/sqlite/sqlite-binding.js';
import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import { permitWorkflow } from '../support/permit.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { MASTER_KEY, openPermit, PERSON, quotaOf, requested, seededBytes } from './permit-office.js';

const folder = temporaryFolder();
const OTHER = { kind: 'person', name: '李娜-Li-Na', idNumber: '330921198502027654' } as const;
const byNumber = ({ idNumber }: { idNumber: string }) => [{ field: 'idNumber', value: idNumber }];

function opened(path: string): Promise<Ledger> {
  return openLedger({ store: path, workflows: [permitWorkflow()], masterKey: MASTER_KEY, lookups: quotaOf(9) });
}

/** What the power took: of what was noted after the last sync, nothing is there; the keys are. */
function losePower(path: string): void {
  const database = openDatabase(`${path}.keys`);
  database.exec(`DELETE FROM identifiers; UPDATE subjects SET identifiers = x'' WHERE erased_at IS NULL;
    UPDATE master SET settled_through = NULL`);
  database.close();
}

describe('a person whose number was not on disk yet when the power failed', () => {
  it('is found again, and is the same person in the next case', async () => {
    const path = folder('office.ledger');
    const before = await opened(path);
    const first = await before.open(openPermit('open-1'));
    const subject = before.keys.find(byNumber(PERSON))!;
    await before.close();
    losePower(path);

    const after = await opened(path);
    expect(after.keys.find(byNumber(PERSON))).toBe(subject);
    const second = await after.open(openPermit('open-2'));
    const labels = await Promise.all(
      [first, second].map(async ({ caseId }) => (await after.load({ workflow: 'permit', caseId })).labels.applicant),
    );
    expect(labels).toEqual([subject, subject]);
    await after.close();
  });

  it('can be forgotten like anybody, and is then found no more', async () => {
    const path = folder('office.ledger');
    const before = await opened(path);
    await before.open(openPermit('open-1'));
    const subject = before.keys.find(byNumber(PERSON))!;
    await before.close();
    losePower(path);

    const after = await opened(path);
    await after.forget({ subject, actor: 'admin-1', reason: 'asked for it' }, async () => []);
    await after.close();
    losePower(path);

    const last = await opened(path);
    expect(last.keys.find(byNumber(PERSON))).toBeUndefined();
    expect(last.keys.key(subject)).toBe('erased');
    await last.close();
  });
});

describe('a ledger that was restored from a backup', () => {
  it('has its persons found again though the key ring was settled beyond its end', async () => {
    const path = folder('office.ledger');
    const before = await opened(path);
    await before.open(openPermit('open-1'));
    const subject = before.keys.find(byNumber(PERSON))!;
    await before.close();
    losePower(path);
    const database = openDatabase(`${path}.keys`);
    database.exec(`UPDATE master SET settled_through = '5000'`);
    database.close();

    const after = await opened(path);
    expect(after.keys.find(byNumber(PERSON))).toBe(subject);
    expect(after.keys.settledThrough()).toBe(await after.store.head());
    await after.close();
  });
});

describe('a ledger that is opened', () => {
  it('is not read again where the key ring was settled', async () => {
    const path = folder('office.ledger');
    const ledger = await opened(path);
    await ledger.open(openPermit('open-1'));
    await ledger.open(openPermit('open-2', { events: [requested(OTHER)] }));
    await ledger.close();

    const store = await sqliteEventStore({ path });
    const keys = sqliteKeyRing({ path: `${path}.keys`, masterKey: MASTER_KEY, randomBytes: seededBytes() });
    const read: number[] = [];
    const counting: EventStore = {
      ...store,
      async readAll(options) {
        const events = await store.readAll(options);
        read.push(events.length);
        return events;
      },
    };
    await keepFindable(counting, keys, workflowRegistry([permitWorkflow()]));
    expect(read).toEqual([0]);
    expect(keys.settledThrough()).toBe(await store.head());
    keys.close();
    await store.close();
  });
});
