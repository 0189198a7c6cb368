import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { systemClock } from '../../src/engine/clock.js';
import { type Outbox, openOutbox } from '../../src/engine/outbox/outbox.js';
import { newWebhookSecret } from '../../src/engine/outbox/webhook-secret.js';
import { systemWait } from '../../src/engine/waiting.js';
import { openLedger } from '../../src/ledger.js';
import { alertLog } from '../support/alert-log.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type WebhookReceiver, webhookReceiver } from '../support/webhook-receiver.js';
import { caseledger, cleanEnvironment, PROGRAM } from './caseledger-process.js';

const SECRET = newWebhookSecret(randomBytes);
const MASTER_KEY = Buffer.alloc(32, 7);
const STALL = resolve('tests/cli/stall-permit.mjs');

describe('caseledger webhooks', () => {
  const path = temporaryFolder();
  let receiver: WebhookReceiver;
  const env = {
    CASELEDGER_WEBHOOK_HOSTS: 'http://127.0.0.1:*',
    CASELEDGER_MASTER_KEY: MASTER_KEY.toString('base64'),
    CASELEDGER_ACTOR: 'admin-1',
    LOG_LEVEL: 'warn',
  };

  beforeEach(async () => {
    receiver = await webhookReceiver({ secret: SECRET });
    writeFileSync(path('secret'), `${SECRET}\n`);
  });
  afterEach(() => receiver.goDown());

  const ledger = () => ['--ledger', path('office.sqlite')];
  const webhooks = (...args: string[]) => caseledger(['webhooks', ...args, ...ledger(), '--json'], { env });

  /** Lays the ledger out, with an alert of each of these cases if any. */
  async function laidOut(...alerts: string[]): Promise<void> {
    const { store, close } = await opened();
    const log = alertLog(store);
    for (const one of alerts) await log.raise(one);
    await close();
  }

  const opened = () => openLedger({ store: path('office.sqlite'), workflows: [], masterKey: MASTER_KEY });

  /** Delivers until `done`, giving a message up after its first attempt. */
  async function delivering(done: (outbox: Outbox) => Promise<boolean>): Promise<void> {
    const { id, store, registry, close } = await opened();
    const outbox = openOutbox({
      path: path('office.sqlite.outbox'),
      ledger: id,
      events: store,
      registry,
      masterKey: MASTER_KEY,
      allowed: [{ protocol: 'http:', host: '127.0.0.1', port: '*' }],
      clock: systemClock,
      ids: { next: () => uuidv7() },
      randomBytes,
      random: Math.random,
      fetch: globalThis.fetch,
      wait: systemWait,
      retry: { firstMs: 5, longestMs: 5, attempts: 1, giveUpAfterMs: 60_000 },
    });
    outbox.start();
    while (!(await done(outbox))) await new Promise((next) => setImmediate(next));
    await outbox.close();
    await close();
  }

  it('tells somebody of alerts while a server runs, tests it, and ends it', async () => {
    const serving = [PROGRAM, 'serve', ...ledger(), '--workflows', STALL, '--port', '0', '--dev-tokens', '--json'];
    const server = spawn(process.execPath, serving, {
      env: cleanEnvironment(env),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const { url } = await firstLine(server);
      const added = await webhooks(
        'add',
        receiver.url,
        '--id',
        'centre',
        '--of-workflow',
        'stall-permit',
        '--secret-file',
        path('secret'),
      );
      expect(added).toMatchObject({ code: 0, json: { id: 'centre', url: receiver.url, secret: SECRET } });
      const actor = ['--actor', 'clerk-7', '--role', 'stallClerk', '--region', '330921'];
      const { json } = await caseledger(['token', ...ledger(), ...actor, '--json'], { env });
      const answer = await fetch(`${url}/cases/stall-permit`, {
        method: 'POST',
        headers: { authorization: `Bearer ${json.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          caseId: 'A1',
          commandId: 'request A1',
          event: {
            type: 'permit.requested',
            data: { region: '330921', applicant: { name: '陈雨', idNumber: '330921199001011234' } },
          },
        }),
      });
      expect(answer.status).toBe(201);
      await receiver.accepted(1);

      expect(receiver.arrivals[0]).toMatchObject({ verified: true });
      expect(JSON.parse(receiver.arrivals[0]!.body)).toMatchObject({ subject: 'stall-permit/A1' });
      expect(receiver.arrivals[0]!.body).not.toContain('陈雨');
      expect((await webhooks('test', 'centre')).json).toEqual({ id: 'centre', status: 204 });
    } finally {
      const stopped = new Promise((done) => server.once('close', done));
      server.kill('SIGTERM');
      expect(await stopped).toBe(0);
    }
    expect((await webhooks('remove', 'centre')).code).toBe(0);
    expect((await webhooks('list')).json).toEqual([]);
  });

  it('lists what was given up, and has it sent again or left out', async () => {
    await laidOut('a', 'b');
    await webhooks('add', receiver.url, '--id', 'centre', '--secret-file', path('secret'), '--from', 'start');
    await receiver.goDown();
    await delivering(async (outbox) => (await outbox.deadLetters()).length === 2);
    await receiver.comeBack();

    const letters = (await webhooks('dead-letters')).json;
    expect(letters).toMatchObject([
      { workflow: 'overdue-alert', failure: 'network: ECONNREFUSED', attempts: 1 },
      { workflow: 'overdue-alert' },
    ]);
    const [first, second] = letters.map(({ id }: { id: string }) => id);
    expect((await webhooks('resend', first)).json).toEqual({ resent: [first] });
    expect((await webhooks('skip', second, '--reason', 'told by phone')).json).toEqual({ skipped: [second] });
    await delivering(async (outbox) => (await outbox.standings())[0]?.pending === 0);

    expect(receiver.arrivals.map(({ id }) => id)).toEqual([first]);
    expect((await webhooks('list')).json).toMatchObject([{ id: 'centre', pending: 0, dead: 0, secrets: [{ id: 1 }] }]);
    expect((await webhooks('acts')).json).toMatchObject([
      { act: 'added', actor: 'admin-1' },
      { act: 'resent', message: first },
      { act: 'skipped', message: second, reason: 'told by phone' },
    ]);
    expect(await webhooks('skip', second, '--reason', 'again')).toMatchObject({
      code: 4,
      json: { error: { code: 'DEAD_LETTER_UNKNOWN' } },
    });
  });

  it('changes a secret over', async () => {
    await laidOut();
    await webhooks('add', receiver.url, '--id', 'centre');
    const { json } = await webhooks('add-secret', 'centre');
    expect(json).toMatchObject({ id: 2, webhook: 'centre', secret: expect.stringMatching(/^whsec_/) });

    expect((await webhooks('remove-secret', 'centre', '--secret', '1')).code).toBe(0);
    expect(await webhooks('remove-secret', 'centre', '--secret', '2')).toMatchObject({
      code: 2,
      json: { error: { code: 'WEBHOOK_REFUSED' } },
    });
  });

  it('says what is wrong', async () => {
    await laidOut();
    const refused = await webhooks('add', 'https://elsewhere.test/');
    const unreadable = await caseledger(['webhooks', 'list', ...ledger()], {
      env: { ...env, CASELEDGER_WEBHOOK_HOSTS: 'https://a/b' },
    });
    const unknown = await caseledger(['webhooks', 'enable', 'nobody', ...ledger()], { env });

    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('elsewhere.test is not among the allowed hosts'),
    });
    expect(unreadable).toMatchObject({ code: 2, stderr: expect.stringContaining('"https://a/b" is no host') });
    expect(unknown).toMatchObject({ code: 4, stderr: 'caseledger: there is no webhook "nobody"; known: nothing\n' });
    expect((await webhooks('add', receiver.url, '--secret-file', path('none'))).code).toBe(4);
  });
});

/** What a server says once it listens. */
async function firstLine(server: ChildProcess): Promise<{ readonly url: string }> {
  let said = '';
  for await (const chunk of server.stdout!) {
    said += String(chunk);
    if (said.includes('\n')) break;
  }
  return JSON.parse(said.split('\n')[0]!);
}
