import { CaseError } from '../../src/domain/case-error.js';
import { hurried } from '../support/hurried.js';
import { inspection, ordersInspections } from '../support/inspection.js';
import { permitWorkflow } from '../support/permit.js';
import { administrator, auditor, clerk, noted, type ServedLedger, serveLedger } from './served-ledger.js';

let served: ServedLedger;
let down: boolean;
beforeEach(async () => {
  down = true;
  served = await serveLedger({
    workflows: [permitWorkflow(), inspection],
    reactions: [ordersInspections],
    takes: (ledger) => ({
      ...ledger,
      open: (command) =>
        down ? Promise.reject(new CaseError({ code: 'STORE_UNAVAILABLE', detail: 'down' })) : ledger.open(command),
    }),
  });
});
afterEach(() => served.close());

/** A note on a permit whose inspection cannot be ordered, once that has been given up. */
async function parked() {
  await served.openPermit('p-1');
  await served.call('POST', '/cases/permit/p-1/events', {
    as: clerk,
    body: { commandId: 'note', event: noted('look at it') },
  });
  for (;;) {
    const { body } = await served.call('GET', '/reactions/parked', { as: administrator });
    if (body.items[0]?.status === 'parked') return body.items[0];
    served.pass(60_000);
    await hurried(1, new AbortController().signal);
  }
}

const reason = { reason: 'the register is back' };

describe('what is parked between cases', () => {
  it('is listed with what caused it, what it is for, and what went wrong', async () => {
    expect(await parked()).toMatchObject({
      reaction: 'orders-inspections',
      cause: { workflow: 'permit', caseId: 'p-1', revision: 1, type: 'permit.noted' },
      target: { workflow: 'inspection' },
      detail: expect.stringContaining('STORE_UNAVAILABLE'),
    });
    const { body } = await served.call('GET', '/reactions', { as: auditor });
    expect(body.reactions).toMatchObject([{ name: 'orders-inspections', parked: 1, behind: 0, refused: 0 }]);
    const { text } = await served.call('GET', '/metrics', { as: administrator });
    expect(text).toContain('caseledger_reaction_commands_waiting{reaction="orders-inspections",status="parked"} 1');
  });

  it('is tried again once released', async () => {
    const { id, target } = await parked();
    down = false;
    const released = await served.call('POST', `/reactions/parked/${id}/release`, { as: administrator, body: reason });
    await served.reactions!.waitFor((await served.ledger.store.head())!);

    expect([released.status, released.body]).toEqual([200, { id }]);
    expect((await served.call('GET', `/cases/inspection/${target.caseId}`, { as: auditor })).body.state).toBe('open');
    expect((await served.call('GET', '/reactions/parked', { as: auditor })).body.items).toEqual([]);
  });

  it('is left out once skipped, which both the worklist and the case tell', async () => {
    const { id } = await parked();
    await served.call('POST', `/reactions/parked/${id}/skip`, { as: administrator, body: reason });

    const left = { id, outcome: 'skipped', actor: administrator.id, reason: reason.reason };
    const token = `${served.ledger.id.slice(-12)}-${await served.ledger.store.head()}`;
    const timeline = await served.call('GET', `/cases/permit/p-1/timeline?min-position=${token}`, { as: auditor });
    expect(timeline.body.reactions).toMatchObject([left]);
    const list = await served.call('GET', '/reactions/refused?outcome=skipped', { as: auditor });
    expect(list.body.items).toMatchObject([left]);
  });

  it('is not released without a reason, nor by an auditor, nor shown to a clerk', async () => {
    const { id } = await parked();
    const path = `/reactions/parked/${id}/release`;

    expect((await served.call('POST', path, { as: administrator, body: {} })).status).toBe(400);
    expect((await served.call('POST', path, { as: auditor, body: reason })).status).toBe(403);
    expect((await served.call('GET', '/reactions/parked', { as: clerk })).status).toBe(403);
  });
});
