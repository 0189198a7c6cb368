import { newWebhookSecret } from '../../src/engine/outbox/webhook-secret.js';
import { systemRandomBytes } from '../../src/engine/random-bytes.js';
import { ACCEPT, type Reaction, type WebhookReceiver, webhookReceiver } from '../support/webhook-receiver.js';
import { administrator, auditor, clerk, type ServedLedger, serveLedger } from './served-ledger.js';

const SECRET = newWebhookSecret(systemRandomBytes);

describe('webhooks over HTTP', () => {
  let served: ServedLedger;
  let receiver: WebhookReceiver;
  let reaction: Reaction;
  beforeEach(async () => {
    reaction = ACCEPT;
    served = await serveLedger({ readModels: false });
    receiver = await webhookReceiver({ secret: SECRET, react: () => reaction });
  });
  afterEach(async () => {
    await served.close();
    await receiver.goDown();
  });

  const ask = (method: string, path: string, body?: unknown) =>
    served.call(method, path, { as: administrator, ...(body !== undefined && { body }) });
  const add = (over: object = {}) =>
    ask('POST', '/webhooks', { id: 'centre', url: receiver.url, workflows: ['permit'], secret: SECRET, ...over });

  it('are the administrator’s alone; an auditor may read what was done', async () => {
    for (const { path, method, id } of served.app.operations.filter(({ tag }) => tag === 'Webhooks')) {
      const address = path.replace(/:\w+/g, '1');
      expect([id, (await served.call(method.toUpperCase(), address)).status]).toEqual([id, 401]);
      expect([id, (await served.call(method.toUpperCase(), address, { as: clerk })).status]).toEqual([id, 403]);
    }
    expect((await served.call('GET', '/webhooks', { as: auditor })).body.code).toBe('ROLE_NOT_PERMITTED');
    expect((await served.call('GET', '/webhooks/acts', { as: auditor })).body).toEqual({ acts: [] });
  });

  it('are told of what happens, and show how that stands', async () => {
    const added = await add();
    expect([added.status, added.body.secret]).toEqual([201, SECRET]);
    served.outbox.start();
    await served.openPermit('p-1');
    await receiver.accepted(1);

    expect(JSON.parse(receiver.arrivals[0]!.body)).toMatchObject({ type: 'permit.requested', subject: 'permit/p-1' });
    expect(receiver.arrivals[0]!.verified).toBe(true);
    const { body } = await ask('GET', '/webhooks');
    expect(body.webhooks).toMatchObject([
      { id: 'centre', url: receiver.url, filter: { workflows: ['permit'], types: [] }, addedBy: 'admin-1', dead: 0 },
    ]);
  });

  it('never show or log a secret again', async () => {
    const made = (await add({ secret: undefined })).body.secret as string;
    const second = (await ask('POST', '/webhooks/centre/secrets', {})).body;
    const listed = await ask('GET', '/webhooks');

    expect(made).toMatch(/^whsec_/);
    expect(listed.body.webhooks[0].secrets).toEqual([
      { id: 1, addedAt: expect.any(String) },
      { id: 2, addedAt: second.addedAt },
    ]);
    for (const secret of [made, second.secret].map((text) => text.slice('whsec_'.length)))
      expect(listed.text + JSON.stringify(served.logged)).not.toContain(secret);
    expect((await ask('DELETE', '/webhooks/centre/secrets/1')).body.webhook.secrets).toHaveLength(1);
    expect((await ask('DELETE', '/webhooks/centre/secrets/2')).body).toMatchObject({
      status: 400,
      code: 'WEBHOOK_REFUSED',
    });
  });

  it('tell whether a test message arrives', async () => {
    await add();
    expect((await ask('POST', '/webhooks/centre/test')).body).toEqual({ outcome: 'accepted', status: 204 });
    reaction = { status: 500 };

    expect((await ask('POST', '/webhooks/centre/test')).body).toEqual({
      outcome: 'failed',
      status: 500,
      failure: 'HTTP 500',
    });
  });

  it('leave what is given up to a person, who says why', async () => {
    reaction = { status: 500 };
    await add();
    served.outbox.start();
    await served.openPermit('p-1');
    await served.openPermit('p-2');
    const letters = async () => (await ask('GET', '/webhooks/dead-letters?webhook=centre')).body.deadLetters;
    while ((await letters()).length < 2);
    const [first, second] = await letters();
    expect(first).toMatchObject({ type: 'permit.requested', attempts: 2, failure: 'HTTP 500', holding: 0 });
    const metrics = (await served.call('GET', '/metrics', { as: auditor })).text;
    expect(metrics).toContain('caseledger_webhook_dead_letters{subscription="centre"} 2');
    expect(metrics).toContain('caseledger_webhook_messages_pending{subscription="centre"} 2');
    expect(metrics).toContain('caseledger_webhook_attempts_total{subscription="centre",outcome="failed"} 4');

    reaction = ACCEPT;
    expect((await ask('POST', `/webhooks/dead-letters/${first.id}/skip`, {})).body.code).toBe('REQUEST_INVALID');
    expect((await ask('POST', `/webhooks/dead-letters/${first.id}/skip`, { reason: 'told by phone' })).status).toBe(
      200,
    );
    expect((await ask('POST', `/webhooks/dead-letters/${second.id}/resend`, {})).status).toBe(200);
    await receiver.accepted(1);

    expect((await ask('POST', `/webhooks/dead-letters/${first.id}/skip`, { reason: 'again' })).body.code).toBe(
      'DEAD_LETTER_UNKNOWN',
    );
    expect((await served.call('GET', '/webhooks/acts', { as: auditor })).body.acts).toMatchObject([
      { act: 'added', actor: 'admin-1' },
      { act: 'skipped', actor: 'admin-1', message: first.id, reason: 'told by phone' },
      { act: 'resent', actor: 'admin-1', message: second.id },
    ]);
  });

  it('go on after 410 once they are enabled, and end when they are removed', async () => {
    reaction = { status: 410 };
    await add();
    served.outbox.start();
    await served.openPermit('p-1');
    while ((await ask('GET', '/webhooks')).body.webhooks[0].disabled === undefined);
    reaction = ACCEPT;
    await ask('POST', '/webhooks/centre/enable');
    await receiver.accepted(1);

    expect((await ask('DELETE', '/webhooks/centre')).body).toEqual({ removed: 'centre' });
    expect((await ask('GET', '/webhooks')).body).toEqual({ webhooks: [] });
    expect((await ask('DELETE', '/webhooks/centre')).body.code).toBe('WEBHOOK_UNKNOWN');
  });

  it.each([
    [{ url: 'https://elsewhere.test/' }, 400, 'WEBHOOK_REFUSED'],
    [{ url: 'http://169.254.169.254/' }, 400, 'WEBHOOK_REFUSED'],
    [{ secret: 'whsec_short' }, 400, 'WEBHOOK_REFUSED'],
    [{ workflows: [], types: [] }, 400, 'WEBHOOK_REFUSED'],
    [{ id: 'twice' }, 409, 'WEBHOOK_EXISTS'],
    [{ more: true }, 400, 'REQUEST_INVALID'],
  ])('are refused as %j', async (over, status, code) => {
    await add({ id: 'twice' });

    expect((await add(over)).body).toMatchObject({ status, code });
  });
});
