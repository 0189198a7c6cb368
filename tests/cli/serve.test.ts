import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { caseledger, cleanEnvironment, PROGRAM } from './caseledger-process.js';

type Started = { readonly url: string; readonly ledger: string; readonly tokens: Record<string, string> };

const STALL = resolve('tests/cli/stall-permit.mjs');
const request = { region: '330921', applicant: { name: '陈雨', idNumber: '330921199001011234' } };

describe('a server started from the command line', () => {
  const path = temporaryFolder();
  let server: ChildProcess;
  /** What the server wrote to stderr. */
  let complained: string;

  afterEach(() => void server?.kill('SIGKILL'));

  /** What it says once it listens. */
  async function started(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Started> {
    server = spawn(process.execPath, [PROGRAM, ...args, '--json'], {
      env: cleanEnvironment(env),
      cwd: path('.'),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    complained = '';
    server.stderr!.on('data', (chunk) => {
      complained += String(chunk);
    });
    return new Promise((resolve, reject) => {
      server.once('exit', (code) => reject(new Error(`ended with ${code}: ${complained}`)));
      server.stdout!.on('data', (chunk) => {
        said += String(chunk);
        const listening = /^\{.*\}$/m.exec(said);
        if (listening) resolve(JSON.parse(listening[0]));
      });
    });
  }

  const ended = (): Promise<number | null> => new Promise((resolve) => server.once('close', (code) => resolve(code)));

  it('answers with the demo, documented, and closes its stores when told to stop', async () => {
    const { url, tokens } = await started(['demo', '--serve', '--port', '0']);
    const headers = { authorization: `Bearer ${tokens.AUDITOR}` };

    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    expect((await fetch(`${url}/due?standing=overdue`)).status).toBe(401);
    const due = await fetch(`${url}/due?standing=overdue`, { headers });
    expect(((await due.json()) as { items: unknown[] }).items.length).toBeGreaterThan(3);

    const stopped = ended();
    server.kill('SIGTERM');
    expect(await stopped).toBe(0);
    const check = await caseledger(['check', '--ledger', path('.caseledger/demo.sqlite'), '--json']);
    expect(check).toMatchObject({ code: 0, json: { diverging: [] } });
    // On a working day the day's screenings are among them.
    expect(check.json.cases).toBeGreaterThanOrEqual(39);
  });

  it("takes the tokens that `token` mints with the ledger's own secret", async () => {
    const ledger = ['--ledger', path('office.sqlite')];
    const { url } = await started(['serve', ...ledger, '--port', '0', '--dev-tokens']);
    const { json } = await caseledger(['token', ...ledger, '--actor', 'auditor-1', '--role', 'auditor', '--json']);

    const answer = await fetch(`${url}/cases`, { headers: { authorization: `Bearer ${json.token}` } });

    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ items: [] });
    const stopped = ended();
    server.kill('SIGINT');
    expect(await stopped).toBe(0);
  });

  it('carries out what one case leads to in another, and tells how that stands', async () => {
    const ledger = ['--ledger', path('office.sqlite')];
    const { url } = await started(['serve', ...ledger, '--port', '0', '--dev-tokens']);
    const callerAs = async (actor: string, roles: readonly string[], more: readonly string[]) => {
      const args = ['--actor', actor, ...roles.flatMap((role) => ['--role', role]), ...more];
      const { json } = await caseledger(['token', ...ledger, ...args, '--json']);
      const headers = { authorization: `Bearer ${json.token}`, 'content-type': 'application/json' };
      return async (address: string, body?: object) => {
        const post = body && { method: 'POST', body: JSON.stringify(body) };
        const answer = await fetch(`${url}${address}`, { headers, ...post });
        if (!answer.ok) throw new Error(await answer.text());
        // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came back
        return (await answer.json()) as any;
      };
    };
    const region = ['--region', '330921'];
    const department = ['--department', 'market-regulation'];
    const [window, reviewer, decider, office] = await Promise.all([
      callerAs('window-1', ['intake', 'ratingTerminal'], region),
      callerAs('reviewer-1', ['reviewer'], department),
      callerAs('decider-1', ['decider'], department),
      callerAs('admin-1', ['administrator'], []),
    ]);
    const filing = {
      item: 'food-business-licence',
      region: '330921',
      channel: 'window',
      applicant: { kind: 'enterprise', name: '某某', idNumber: '91330921MA2A0000X0' },
      materials: ['application-form', 'premises-layout'].map((material) => ({ material, form: 'electronic' })),
    };
    let sent = 0;
    const command = (type: string, data: object = {}) => ({ commandId: `sent-${++sent}`, event: { type, data } });
    const events = '/cases/application/rated/events';
    await window('/cases/application', { ...command('application.received', filing), caseId: 'rated' });
    await window(events, command('application.accepted', { notice: '受理 1' }));
    await reviewer(events, command('review.started'));
    await reviewer(events, command('review.completed', { opinion: 'approve', basis: '食品安全法 33' }));
    await decider(events, command('application.approved', { decision: '准予 1' }));
    await window(events, command('result.delivered', { method: 'window' }));
    await window(events, command('evaluation.given', { level: 1 }));

    for (let orders: unknown[] = []; orders.length === 0; )
      orders = (await office('/cases?workflow=supervision-order')).items;
    const { reactions } = await office('/reactions');
    expect(reactions.map(({ name, parked, refused }: Record<string, unknown>) => [name, parked, refused])).toEqual([
      ['overdue-watch', 0, 0],
      ['supervision-orders', 0, 0],
    ]);
    expect((await office('/reactions/parked')).items).toEqual([]);
    const stopped = ended();
    server.kill('SIGTERM');
    expect(await stopped).toBe(0);
  });

  /** A client that acts in a role of the stall permit's, or another one. */
  async function client(ledger: readonly string[], url: string, role = 'stallClerk', env = {}) {
    const actor = ['--actor', 'clerk-7', '--role', role, '--region', '330921'];
    const { json } = await caseledger(['token', ...ledger, ...actor, '--json'], { env });
    const headers = { authorization: `Bearer ${json.token}`, 'content-type': 'application/json' };
    async function call(address: string, init: RequestInit) {
      const answer = await fetch(`${url}${address}`, { ...init, headers });
      // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came back
      return { status: answer.status, body: (await answer.json()) as any };
    }
    return {
      get: (address: string) => call(address, {}),
      post: (address: string, body: unknown) => call(address, { method: 'POST', body: JSON.stringify(body) }),
    };
  }

  const requestOf = (caseId: string) => ({
    caseId,
    commandId: `request ${caseId}`,
    event: { type: 'permit.requested', data: request },
  });

  it.each([
    ['in a file', ['--ledger', 'office.sqlite']],
    ['in memory', ['--ledger', 'memory:']],
  ])('takes commands and shows in every list what was just written, with a ledger %s', async (_, ledger) => {
    const env = { CASELEDGER_TOKEN_SECRET: 'a secret of the tests, 32 bytes or more' };
    const { url } = await started(['serve', ...ledger, '--workflows', STALL, '--port', '0'], env);
    const clerk = await client(ledger, url, 'stallClerk', env);
    const casesOf = async (address: string): Promise<readonly string[]> =>
      (await clerk.get(address)).body.items.map(({ caseId }: { caseId: string }) => caseId);

    for (const caseId of ['A1', 'A2', 'A3']) {
      const { status, body } = await clerk.post('/cases/stall-permit', requestOf(caseId));
      const after = `min-position=${body.position}`;

      expect(status).toBe(201);
      expect(await casesOf(`/cases?${after}`)).toContain(caseId);
      expect(await casesOf(`/due?${after}`)).toContain(caseId);
      expect((await clerk.get(`/cases/stall-permit/${caseId}/timeline?${after}`)).body.items).toHaveLength(1);
    }
    const grant = { commandId: 'grant A1', event: { type: 'permit.granted', data: { metres: 5 } } };
    const refused = await clerk.post('/cases/stall-permit/A1/events', grant);
    expect(refused).toMatchObject({ status: 409, body: { code: 'GUARD_DENIED' } });
    expect((await clerk.get('/cases/stall-permit/A1')).body).toMatchObject({ state: 'review', revision: 0 });
    expect((await clerk.get('/cases/stall-permit/A1/history')).body.events).toHaveLength(1);
    expect((await clerk.get('/ready')).body).toMatchObject({ ready: true });
  });

  it('loses no command it has accepted when it is told to stop under load', async () => {
    const ledger = ['--ledger', path('office.sqlite')];
    const workflows = ['--workflows', STALL];
    const { url } = await started(['serve', ...ledger, ...workflows, '--port', '0', '--dev-tokens']);
    const clerk = await client(ledger, url);
    const accepted: string[] = [];
    const stopped = ended();

    async function sender(name: number): Promise<void> {
      for (let at = 0; ; at += 1) {
        const caseId = `S${name}-${at}`;
        const answer = await clerk.post('/cases/stall-permit', requestOf(caseId)).catch(() => undefined);
        // Once it stops, connections are refused; what was answered counts.
        if (answer === undefined) return;
        expect(answer.status).toBe(201);
        accepted.push(caseId);
        if (accepted.length === 200) server.kill('SIGTERM');
      }
    }
    const senders = Array.from({ length: 20 }, (_, name) => sender(name));
    expect(await stopped).toBe(0);
    await Promise.all(senders);

    expect(accepted.length).toBeGreaterThanOrEqual(200);
    const { json } = await caseledger(['check', ...ledger, ...workflows, '--json']);
    expect(json).toMatchObject({ diverging: [] });
    const store = await sqliteEventStore({ path: path('office.sqlite'), readOnly: true });
    const streams = new Set((await store.readAll({ limit: 100_000 })).map(({ stream }) => stream));
    await store.close();
    expect(accepted.filter((caseId) => !streams.has(`stallPermit-${caseId}`))).toEqual([]);
  });

  it("ends, and says why, when the engine's thread dies", async () => {
    const ledger = ['--ledger', path('office.sqlite')];
    const module = resolve('tests/cli/breaking-lookup.mjs');
    const { url } = await started(['serve', ...ledger, '--workflows', module, '--port', '0', '--dev-tokens']);
    const clerk = await client(ledger, url, 'clerk');
    const stopped = ended();

    const command = { caseId: 'W1', commandId: 'W1', event: { type: 'permit.requested', data: {} } };
    const answer = await clerk.post('/cases/weather-permit', command);

    expect(answer).toMatchObject({ status: 503, body: { code: 'STORE_OUTCOME_UNKNOWN' } });
    expect(await stopped).toBe(5);
    expect(complained).toContain('the weather office is gone');
    expect(complained).toContain("caseledger: the store is unavailable: the engine's thread has ended");
  });

  it('wants to be told how tokens are verified', async () => {
    const ran = await caseledger(['serve', '--ledger', path('office.sqlite')]);

    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("how are callers' tokens verified?");
  });

  it('says which port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;

    const ran = await caseledger(['serve', '--ledger', path('office.sqlite'), '--dev-tokens', '--port', String(port)]);
    const { url } = await started(['demo', '--serve', '--port', String(port)]);

    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(`127.0.0.1:${port} is taken by another program`);
    expect(Number(new URL(url).port)).toBeGreaterThan(port);
    other.close();
  });

  it('mints no token without a role', async () => {
    const ran = await caseledger(['token', '--ledger', 'memory:']);

    expect(ran.code).toBe(2);
    expect(ran.stderr).toBe('caseledger: name the roles the token carries with --role\n');
  });
});
