import fc from 'fast-check';
import type { ProblemCode } from '../../src/api/api-failure.js';
import { problemsOf } from '../../src/api/openapi.js';
import type { Operation } from '../../src/api/operation.js';
import { PROBLEM_STATUS } from '../../src/api/problem.js';
import { administrator, clerk, decider, noted, requested, type ServedLedger, serveLedger } from './served-ledger.js';

type Request = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
};

const CASE = { workflow: 'permit', caseId: 'p-1' };
const PAGE = { limit: '2' };

/** One valid request per route; what is not said is empty. */
const VALID: Readonly<Record<string, Partial<Request>>> = {
  sendEvents: {
    params: CASE,
    headers: { 'if-match': '*', 'idempotency-key': 'k' },
    body: { event: noted(), reason: 'r', correlation: 'c', causation: 'x' },
  },
  openCase: {
    params: { workflow: 'permit' },
    headers: { 'idempotency-key': 'k' },
    body: { caseId: 'n-1', version: 1, events: [requested()], reason: 'r' },
  },
  readCase: {
    params: CASE,
    query: { at: '2026-03-07T00:00:00Z', by: 'recorded' },
    headers: { 'if-none-match': '"9"' },
  },
  readHistory: { params: CASE, query: { revision: '0', reveal: 'a test' } },
  readNext: { params: CASE },
  migrateCase: {
    params: { ...CASE, caseId: 'm-1' },
    headers: { 'idempotency-key': 'k' },
    body: { toVersion: 2, reason: 'r' },
  },
  sendCommands: {
    body: [
      { command: 'open', workflow: 'permit', commandId: 'k', caseId: 'n-2', event: requested() },
      { command: 'send', workflow: 'permit', commandId: 'k', caseId: 'p-1', expectedRevision: 0, event: noted() },
    ],
  },
  readDeadlines: { params: CASE, query: { at: '2026-03-07T00:00:00Z' } },
  explainDeadline: { params: { ...CASE, name: 'decision' }, query: { language: 'zh' } },
  listCases: {
    query: {
      ...PAGE,
      workflow: 'permit',
      state: 'reviewing',
      status: 'open',
      region: '330921',
      openedFrom: '2026-01-01T00:00:00Z',
      order: 'recent',
    },
  },
  readTimeline: { params: CASE, query: PAGE },
  listDue: { query: { ...PAGE, standing: 'running', limitKind: 'statutory', before: '2027-01-01T00:00:00Z' } },
  countCases: { query: { by: 'workflow,state', department: 'housing' } },
  readLateness: { query: { workflow: 'permit', metFrom: '2026-01-01T00:00:00Z' } },
  readOverdueRate: {
    query: { limit: 'statutory', from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z', by: 'department,handler' },
  },
  followCase: { params: CASE, query: { after: 'start' } },
  followAlerts: { query: { after: 'now' } },
  followCases: { query: { after: 'now', workflow: 'permit', type: 'permit.noted' } },
  findSubject: { body: { field: 'idNumber', value: '330921199001010017', purpose: 'a test' } },
  forgetSubject: { params: { subject: 'nobody' }, body: { reason: 'asked' } },
  addWebhook: {
    body: {
      url: 'http://127.0.0.1:1/',
      id: 'press',
      workflows: ['permit'],
      types: ['deadline.reached'],
      secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
      from: 'now',
    },
  },
  removeWebhook: { params: { id: 'leaving' } },
  enableWebhook: { params: { id: 'centre' } },
  testWebhook: { params: { id: 'centre' } },
  addWebhookSecret: { params: { id: 'centre' }, body: {} },
  removeWebhookSecret: { params: { id: 'centre', secret: '1' } },
  listDeadLetters: { query: { webhook: 'centre' } },
  resendDeadLetter: { params: { message: 'm-1' }, body: { reason: 'r' } },
  skipDeadLetter: { params: { message: 'm-1' }, body: { reason: 'r' } },
  releaseReaction: { params: { id: 'none' }, body: { reason: 'r' } },
  skipReaction: { params: { id: 'none' }, body: { reason: 'r' } },
  listRefusedReactions: { query: { outcome: 'refused', limit: '5' } },
  readCalendar: { params: { calendar: 'cn' }, query: { at: '2026-03-02T01:00:00Z' } },
  readCalendarYear: { params: { calendar: 'cn', year: '2026' } },
  publishNotice: {
    params: { calendar: 'cn' },
    body: {
      commandId: 'storm',
      notice: {
        id: 'storm-2026',
        year: 2026,
        title: { en: 'Storm', zh: '台风' },
        source: 'county notice 7',
        published: '2026-03-01',
        amends: 'cn-2026',
        days: [{ name: { en: 'Storm', zh: '台风停工' }, off: ['2026-09-17'] }],
      },
    },
  },
  readWorkflow: { params: { workflow: 'permit' } },
  readWorkflowVersion: { params: { workflow: 'permit', version: '1' } },
  readOpening: { params: { workflow: 'permit' } },
  readProblem: { params: { code: 'INTERNAL' } },
  readDocsAsset: { params: { asset: 'start.js' } },
};

/** Where it is not 200. */
const ONE_STATUS: Readonly<Record<string, number>> = {
  sendEvents: 201,
  openCase: 201,
  migrateCase: 201,
  forgetSubject: 404,
  publishNotice: 201,
  addWebhook: 201,
  addWebhookSecret: 201,
  resendDeadLetter: 404,
  skipDeadLetter: 404,
  releaseReaction: 404,
  skipReaction: 404,
};

const junk = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom(
    '',
    '-1',
    '0',
    '1e9',
    '999999999999999999',
    'null',
    '__proto__',
    'constructor',
    '../..',
    '%E0%A4%A',
    '*',
    '"',
    "' or 1=1 --",
    '\u0000',
    '\ud800',
    'x'.repeat(3_000),
  ),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 4 }),
);

const actors = fc.constantFrom(clerk, decider, administrator, { id: 'nobody', roles: [] });

describe('any request', () => {
  let served: ServedLedger;
  beforeAll(async () => {
    served = await serveLedger({ limits: { feed: { clients: 100, bufferedBytes: 100_000, heartbeatMs: 60_000 } } });
    await served.openPermit('p-1');
    for (const id of ['centre', 'leaving'])
      await served.outbox.add({ id, url: 'http://127.0.0.1:1/' }, { actor: 'admin-1' });
    const body = { commandId: 'old', caseId: 'm-1', version: 1, event: requested() };
    await served.call('POST', '/cases/permit', { as: clerk, body });
  });
  afterAll(() => served.close());

  it('that is valid gets the answer the document describes', async () => {
    for (const one of served.app.operations) {
      const as = one.id === 'openCase' || one.id.startsWith('send') ? clerk : administrator;
      const answer = await ask(
        served,
        one,
        { params: {}, query: {}, headers: {}, body: undefined, ...VALID[one.id] },
        as,
      );
      expect([one.id, answer.status]).toEqual([one.id, ONE_STATUS[one.id] ?? 200]);
      describedBy(one, answer);
    }
  });

  it('with one part of it broken gets an answer the document describes, and never a 5xx', async () => {
    const operations = served.app.operations;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(operations.length - 1),
        fc.nat(30),
        junk,
        actors,
        fc.uuid(),
        async (which, place, value, as, key) => {
          const one = operations[which]!;
          const valid = { params: {}, query: {}, headers: {}, body: undefined, ...VALID[one.id] };
          const fresh =
            'idempotency-key' in valid.headers
              ? { ...valid, headers: { ...valid.headers, 'idempotency-key': key } }
              : valid;
          describedBy(one, await ask(served, one, broken(fresh, place, value), as));
        },
      ),
      { numRuns: 600 },
    );
  });
});

type Answered = { readonly status: number; readonly text: string; readonly type: string };

async function ask(served: ServedLedger, one: Operation, request: Request, as: typeof clerk): Promise<Answered> {
  const path = one.path.replace(/:(\w+)/g, (_, name: string) => segment(request.params[name]));
  const query = Object.entries(request.query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  const abort = new AbortController();
  const response = await fetch(`${served.url}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`, {
    method: one.method.toUpperCase(),
    headers: {
      authorization: `Bearer ${await served.token(as)}`,
      ...(request.body !== undefined && { 'content-type': 'application/json' }),
      ...Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value).replace(/[^\x20-\x7e]/g, '?')]),
      ),
    },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
    signal: abort.signal,
  });
  const type = response.headers.get('content-type') ?? '';
  const text = type.startsWith('text/event-stream') ? '' : await response.text();
  abort.abort();
  return { status: response.status, text, type };
}

/** One part of a path: another route would take an empty one, and a URL drops dots. */
function segment(value: unknown): string {
  const text = encoded(value ?? '');
  return ['', '.', '..'].includes(text) ? 'none' : text;
}

/** Percent-encoded, but for what is meant to be broken there. */
function encoded(value: unknown): string {
  if (value === '%E0%A4%A') return value;
  return encodeURIComponent(String(value).replace(/[\ud800-\udfff]/g, '?'));
}

/** The request with one of its parts replaced, at any depth of the body. */
function broken(request: Request, place: number, value: unknown): Request {
  const parts = (['params', 'query', 'headers'] as const).flatMap((part) =>
    Object.keys(request[part]).map((name) => ({ part, name })),
  );
  const at = place % (parts.length + 3);
  const found = parts[at];
  if (found) return { ...request, [found.part]: { ...request[found.part], [found.name]: value } };
  if (request.body === undefined) return { ...request, query: { ...request.query, extra: String(value) } };
  return { ...request, body: brokenBody(request.body, place, value) };
}

function brokenBody(body: unknown, place: number, value: unknown): unknown {
  if (body === null || typeof body !== 'object') return value;
  const names = [...Object.keys(body), 'extra'];
  const name = names[place % names.length]!;
  const member = (body as Record<string, unknown>)[name];
  const changed = place % 3 === 0 ? value : brokenBody(member, Math.floor(place / 2), value);
  return Array.isArray(body)
    ? body.map((one, index) => (String(index) === name ? changed : one))
    : { ...body, [name]: changed };
}

function describedBy(one: Operation, { status, text, type }: Answered): void {
  if (type.startsWith('application/problem+json')) {
    const problem = JSON.parse(text) as { readonly code: ProblemCode };
    const elsewhere = problem.code === 'ROUTE_UNKNOWN' || problem.code === 'METHOD_NOT_ALLOWED';
    expect([one.id, problem.code, elsewhere || problemsOf(one).has(problem.code)]).toEqual([
      one.id,
      problem.code,
      true,
    ]);
    expect([problem.code, PROBLEM_STATUS[problem.code]]).toEqual([problem.code, status]);
    expect(status).toBeLessThan(500);
    return;
  }
  const described = one.answers[status];
  expect([one.id, status, described !== undefined]).toEqual([one.id, status, true]);
  if (!described?.schema || !type.startsWith('application/json')) return;
  const body = JSON.parse(text) as unknown;
  const parsed = described.schema.safeParse(body);
  expect(parsed.error?.issues).toBeUndefined();
  expect(parsed.data).toEqual(body);
}
