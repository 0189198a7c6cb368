import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { tokenVerifier } from '../../src/api/token.js';
import { CaseError } from '../../src/domain/case-error.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { auditor, clerk, decider, noted, type ServedLedger, serveLedger } from './served-ledger.js';

describe('the server', () => {
  let served: ServedLedger;
  beforeEach(async () => {
    served = await serveLedger();
  });
  afterEach(() => served.close());

  it('lives, and is ready', async () => {
    expect((await served.call('GET', '/health')).body).toEqual({ status: 'alive' });
    const ready = await served.call('GET', '/ready');

    expect([ready.status, ready.body.ready]).toEqual([200, true]);
    expect(ready.body.checks.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['store', 'clock', 'projection:case_list', 'projection:due_cases']),
    );
  });

  it('is not ready when its clock lies behind what is recorded', async () => {
    await served.openPermit('p-1');
    served.pass(-10_000);
    const ready = await served.call('GET', '/ready');

    expect([ready.status, ready.body.ready]).toEqual([503, false]);
    expect(ready.body.checks).toContainEqual({
      name: 'clock',
      ok: false,
      problem: '10000 ms behind the last event recorded',
    });
  });

  it('counts commands by workflow and outcome, and requests by route', async () => {
    await served.openPermit('p-1');
    await served.openPermit('p-1');
    await served.call('POST', '/cases/permit/p-1/events', { as: decider, body: { commandId: 'n', event: noted() } });
    await served.call('POST', '/cases/made-up/p-1/events', { as: decider, body: { commandId: 'n', event: noted() } });
    const metrics = await served.call('GET', '/metrics', { as: auditor });

    expect(metrics.headers.get('content-type')).toContain('text/plain');
    for (const line of [
      'caseledger_commands_total{workflow="permit",outcome="accepted"} 1',
      'caseledger_commands_total{workflow="permit",outcome="repeated"} 1',
      'caseledger_commands_total{workflow="permit",outcome="ROLE_NOT_PERMITTED"} 1',
      'caseledger_commands_total{workflow="unknown",outcome="WORKFLOW_UNKNOWN"} 1',
      'caseledger_commands_pending 0',
      'caseledger_projection_lag_events{projection="case_list"}',
      'caseledger_http_request_duration_seconds_count{method="POST",route="/cases/:workflow",status="201"} 1',
    ]) {
      expect(metrics.text).toContain(line);
    }
    expect(metrics.text).not.toMatch(/made-up|p-1/);
    expect((await served.call('GET', '/metrics', { as: clerk })).status).toBe(403);
  });

  it('sends the headers that keep a browser careful, and does not say what it is made of', async () => {
    const { headers } = await served.call('GET', '/health');

    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
    expect((await served.call('GET', '/cases', { as: clerk })).headers.get('cache-control')).toBe('no-store');
  });

  it('logs a line per request with whose, which route, what came of it and how long it took', async () => {
    await served.call('GET', '/cases/permit/p-404?revision=1', { as: clerk, headers: { 'x-request-id': 'r-7' } });

    expect(served.logged.find(({ request }) => request === 'r-7')).toMatchObject({
      method: 'GET',
      route: '/cases/:workflow/:caseId',
      actor: 'clerk-1',
      status: 404,
      code: 'CASE_NOT_FOUND',
      ms: expect.any(Number),
    });
  });

  it('finishes what is under way when it closes, and takes nothing more', async () => {
    const store = memoryEventStore();
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrive: () => void = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const slow: EventStore = {
      ...store,
      append: async (stream, ...rest) => {
        if (stream.startsWith('permit-')) {
          arrive();
          await held;
        }
        return store.append(stream, ...rest);
      },
    };
    const closing = await serveLedger({ store: slow, readModels: false });
    const underWay = closing.openPermit('p-1');
    await arrived;
    const closed = closing.close();
    const late = await fetch(`${closing.url}/health`).then(
      () => 'answered',
      () => 'refused',
    );
    release();

    expect((await underWay).status).toBe(201);
    expect(late).toBe('refused');
    await closed;
  });
});

it('is not ready when the store cannot be reached', async () => {
  const store = memoryEventStore();
  const state = { down: false };
  const flaky: EventStore = {
    ...store,
    head: async () => {
      if (state.down) throw new CaseError({ code: 'STORE_UNAVAILABLE', detail: 'connection refused by 10.0.0.7' });
      return store.head();
    },
  };
  const served = await serveLedger({ store: flaky, readModels: false });
  try {
    state.down = true;
    const ready = await served.call('GET', '/ready');

    expect(ready.status).toBe(503);
    expect(ready.body.checks).toEqual([{ name: 'store', ok: false, problem: 'STORE_UNAVAILABLE' }]);
  } finally {
    await served.close();
  }
});

describe('a verifier', () => {
  const clock = { now: () => new Date('2026-03-06T01:00:00Z') };
  const now = clock.now().getTime() / 1_000;

  async function signed(privateKey: Parameters<SignJWT['sign']>[0], alg: string, claims: Record<string, unknown> = {}) {
    return new SignJWT({ sub: 'clerk-1', roles: ['clerk'], exp: now + 60, iss: 'a', aud: 'b', ...claims })
      .setProtectedHeader({ alg })
      .sign(privateKey);
  }

  it.each(['EdDSA', 'ES256'])('takes tokens signed with a key pair (%s), and none of another', async (alg) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const other = await generateKeyPair(alg);
    const verifier = await tokenVerifier({
      key: { jwk: { ...(await exportJWK(publicKey)), alg } },
      issuer: 'a',
      audience: 'b',
      clock,
    });

    expect((await verifier.verify(await signed(privateKey, alg))).actor).toEqual({ id: 'clerk-1', roles: ['clerk'] });
    await expect(verifier.verify(await signed(other.privateKey, alg))).rejects.toMatchObject({
      failure: { code: 'TOKEN_INVALID' },
    });
  });

  it.each([
    ['another issuer', { iss: 'c' }],
    ['another audience', { aud: 'c' }],
    ['no subject', { sub: undefined }],
    ['no end', { exp: undefined }],
    ['roles that are no list', { roles: 'administrator' }],
  ])('takes none with %s', async (_, claims) => {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    const verifier = await tokenVerifier({
      key: { jwk: { ...(await exportJWK(publicKey)), alg: 'EdDSA' } },
      issuer: 'a',
      audience: 'b',
      clock,
    });

    await expect(verifier.verify(await signed(privateKey, 'EdDSA', claims))).rejects.toMatchObject({
      failure: { code: 'TOKEN_INVALID' },
    });
  });

  it('asks on every request whether rights were withdrawn, also of a token it remembers', async () => {
    const withdrawn = new Set<string>();
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    const verifier = await tokenVerifier({
      key: { jwk: { ...(await exportJWK(publicKey)), alg: 'EdDSA' } },
      clock,
      stillAccepted: ({ subject }) => !withdrawn.has(subject),
    });
    const token = await signed(privateKey, 'EdDSA');
    await verifier.verify(token);
    withdrawn.add('clerk-1');

    expect(() => verifier.verify(token)).toThrow(expect.objectContaining({ failure: { code: 'TOKEN_INVALID' } }));
  });

  it('takes the keys from their issuer, and tells an issuer that does not answer from a bad token', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const other = await generateKeyPair('ES256');
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] });
    const issuer = createServer((_req, res) => res.setHeader('content-type', 'application/json').end(keys));
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const jwks = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`;
    const verifier = await tokenVerifier({ key: { jwks }, clock });
    const another = await tokenVerifier({ key: { jwks }, clock });

    expect((await verifier.verify(await signed(privateKey, 'ES256'))).actor.id).toBe('clerk-1');
    await expect(verifier.verify(await signed(other.privateKey, 'ES256'))).rejects.toMatchObject({
      failure: { code: 'TOKEN_INVALID' },
    });
    issuer.closeAllConnections();
    await new Promise((resolve) => issuer.close(resolve));
    await expect(another.verify(await signed(privateKey, 'ES256'))).rejects.toMatchObject({
      failure: { code: 'TOKEN_KEYS_UNAVAILABLE' },
    });
  });

  it('never takes a public key for a shared secret', async () => {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), alg: 'ES256' };

    await expect(tokenVerifier({ key: { jwk }, algorithms: ['HS256'], clock })).rejects.toThrow(RangeError);
    await expect(tokenVerifier({ key: { secret: 'short' }, clock })).rejects.toThrow(RangeError);
    await expect(tokenVerifier({ key: { jwk }, algorithms: ['none'], clock })).rejects.toThrow(RangeError);
  });
});
