import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Webhook } from 'standardwebhooks';
import { v7 as uuidv7 } from 'uuid';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { systemClock } from '../../src/engine/clock.js';
import { openOutbox } from '../../src/engine/outbox/outbox.js';
import { newWebhookSecret } from '../../src/engine/outbox/webhook-secret.js';
import { systemWait } from '../../src/engine/waiting.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { alertLog, LEDGER } from '../support/alert-log.js';

describe('the receiver that the documentation shows', () => {
  const secret = newWebhookSecret(randomBytes);
  let program: ChildProcess;
  let lines: AsyncIterator<string>;
  let url: string;

  beforeEach(async () => {
    program = spawn(process.execPath, ['examples/alerts/receiver.mjs'], {
      env: { ...process.env, WEBHOOK_SECRET: secret, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    lines = createInterface({ input: program.stdout! })[Symbol.asyncIterator]();
    url = `http://127.0.0.1:${/\d+/.exec(await nextLine())}/`;
  });
  afterEach(() => void program.kill('SIGKILL'));

  const nextLine = async (): Promise<string> => String((await lines.next()).value);

  it('takes each alert in the order of its case', async () => {
    const store = memoryEventStore();
    const outbox = openOutbox({
      path: ':memory:',
      ledger: LEDGER,
      events: store,
      registry: workflowRegistry([]),
      masterKey: randomBytes(32),
      allowed: [{ protocol: 'http:', host: '127.0.0.1', port: '*' }],
      clock: systemClock,
      ids: { next: () => uuidv7() },
      randomBytes,
      random: Math.random,
      fetch: globalThis.fetch,
      wait: systemWait,
    });
    await outbox.add({ url, secret }, { actor: 'admin-1' });
    outbox.start();
    const log = alertLog(store);
    await log.raise('1');
    await log.raise('1', { type: 'alert.resolved' });

    expect(await nextLine()).toBe('alert.raised overdue-alert/1 2026-03-05');
    expect(await nextLine()).toBe('alert.resolved overdue-alert/1 2026-03-05');
    await outbox.close();
    await store.close();
  });

  it('takes a repeat once, and nothing that is not signed', async () => {
    const send = (id: string, type: string, signedBy = secret): Promise<Response> => {
      const body = JSON.stringify({ type, subject: 'overdue-alert/1', data: {} });
      const at = new Date();
      return fetch(url, {
        method: 'POST',
        body,
        headers: {
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
          'webhook-signature': new Webhook(signedBy).sign(id, at, body),
        },
      });
    };
    const statuses = [
      await send('m-1', 'alert.raised'),
      await send('m-1', 'alert.raised'),
      await send('m-2', 'alert.forged', newWebhookSecret(randomBytes)),
      await send('m-3', 'alert.resolved'),
    ].map(({ status }) => status);

    expect(statuses).toEqual([204, 204, 400, 204]);
    expect([await nextLine(), await nextLine()]).toEqual([
      'alert.raised overdue-alert/1',
      'alert.resolved overdue-alert/1',
    ]);
  });
});
