import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { temporaryFolder } from '../support/temporary-folder.js';
import { caseledger, cleanEnvironment, PROGRAM } from './caseledger-process.js';

describe('a server started from the command line', () => {
  const path = temporaryFolder();
  let server: ChildProcess;

  afterEach(() => void server?.kill('SIGKILL'));

  /** What it says once it listens. */
  async function started(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly url: string; readonly tokens: Record<string, string> }> {
    server = spawn(process.execPath, [PROGRAM, ...args, '--json'], {
      env: cleanEnvironment(env),
      cwd: path('.'),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    let complained = '';
    server.stderr!.on('data', (chunk) => {
      complained += String(chunk);
    });
    return new Promise((resolve, reject) => {
      server.once('exit', (code) => reject(new Error(`ended with ${code}: ${complained}`)));
      server.stdout!.on('data', (chunk) => {
        said += String(chunk);
        if (said.trimEnd().endsWith('}')) resolve(JSON.parse(said));
      });
    });
  }

  const ended = (): Promise<number | null> => new Promise((resolve) => server.once('exit', (code) => resolve(code)));

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
    expect(check).toMatchObject({ code: 0, json: { cases: 39, diverging: [] } });
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
