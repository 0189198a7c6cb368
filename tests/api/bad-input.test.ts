import { gzipSync } from 'node:zlib';
import { CaseError } from '../../src/domain/case-error.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { auditor, clerk, decider, noted, requested, type ServedLedger, serveLedger } from './served-ledger.js';

describe('bad input', () => {
  let served: ServedLedger;
  beforeAll(async () => {
    served = await serveLedger({ readModels: false });
    await served.openPermit('p-1');
  });
  afterAll(() => served.close());

  const send = (body: unknown, headers: Record<string, string> = {}, caseId = 'p-1') =>
    served.call('POST', `/cases/permit/${caseId}/events`, { as: clerk, headers, body });

  it('of malformed JSON is 400 BODY_MALFORMED', async () => {
    expect(await refusal(send('{"commandId": "a", '))).toEqual([400, 'BODY_MALFORMED']);
  });

  it('of another type is 415 BODY_TYPE_UNSUPPORTED', async () => {
    expect(await refusal(send('commandId=a', { 'content-type': 'application/x-www-form-urlencoded' }))).toEqual([
      415,
      'BODY_TYPE_UNSUPPORTED',
    ]);
    expect(await refusal(send('{}', { 'content-type': 'application/json; charset=latin1' }))).toEqual([
      415,
      'BODY_TYPE_UNSUPPORTED',
    ]);
  });

  it('over the limit is 413 BODY_TOO_LARGE, also when it only becomes so unpacked', async () => {
    const large = JSON.stringify({ commandId: 'large', event: noted('x'.repeat(1_100_000)) });

    expect(await refusal(send(large))).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await refusal(send(gzipSync(large), { 'content-encoding': 'gzip' }))).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('packed so that it cannot be unpacked is 400 BODY_MALFORMED', async () => {
    const packed = gzipSync('{"commandId": "a"}').fill(7, 12);

    expect(await refusal(send(packed, { 'content-encoding': 'gzip' }))).toEqual([400, 'BODY_MALFORMED']);
  });

  it('at an address that is not percent-encoded UTF-8 is 400 REQUEST_INVALID', async () => {
    expect(await refusal(served.call('GET', '/cases/permit/%E0%A4%A', { as: clerk }))).toEqual([
      400,
      'REQUEST_INVALID',
    ]);
  });

  it('nested too deeply is 400 BODY_TOO_DEEP, whatever brackets its strings hold', async () => {
    const deep = `{"commandId":"deep","event":{"type":"permit.noted","data":{"text":${'['.repeat(400_000)}${']'.repeat(400_000)}}}}`;

    expect(await refusal(send(deep))).toEqual([400, 'BODY_TOO_DEEP']);
    expect((await send({ commandId: 'brackets', event: noted('[{"'.repeat(500)) })).status).toBe(201);
  });

  it('of an unknown workflow is 404 WORKFLOW_UNKNOWN, with those known', async () => {
    const answer = await served.call('POST', '/cases/passport', {
      as: clerk,
      body: { commandId: 'a', event: requested() },
    });

    expect([answer.status, answer.body.code, answer.body.known]).toEqual([404, 'WORKFLOW_UNKNOWN', ['permit']]);
  });

  it('of an unknown event is 400 EVENT_UNKNOWN, with those known', async () => {
    const answer = await send({ commandId: 'a', event: { type: 'permit.stamped', data: {} } });

    expect([answer.status, answer.body.code]).toEqual([400, 'EVENT_UNKNOWN']);
    expect(answer.body.known).toContain('permit.granted');
  });

  it('of a case that does not exist is 404 CASE_NOT_FOUND', async () => {
    expect(await refusal(send({ commandId: 'a', event: noted() }, {}, 'p-404'))).toEqual([404, 'CASE_NOT_FOUND']);
  });

  it('of a case id that cannot be one is 400 CASE_ID_INVALID', async () => {
    expect(await refusal(send({ commandId: 'a', event: noted() }, {}, encodeURIComponent('陈 宇')))).toEqual([
      400,
      'CASE_ID_INVALID',
    ]);
  });

  it('by a wrong role is 403 ROLE_NOT_PERMITTED, with who may', async () => {
    const answer = await send({ commandId: 'a', event: { type: 'permit.granted', data: { serial: '1' } } });

    expect([answer.status, answer.body.code, answer.body.required]).toEqual([403, 'ROLE_NOT_PERMITTED', ['decider']]);
  });

  it('of invalid data is 400 EVENT_DATA_INVALID, with where and never with what', async () => {
    const answer = await send({
      commandId: 'a',
      event: { type: 'permit.noted', data: { text: 'x', remark: 4_711_471_147 } },
    });

    expect([answer.status, answer.body.code]).toEqual([400, 'EVENT_DATA_INVALID']);
    expect(answer.body.issues).toMatchObject([{ path: 'remark' }]);
    expect(answer.text).not.toContain('4711471147');
  });

  it('of a step the state does not take is 409 EVENT_NOT_ALLOWED, with what it takes', async () => {
    const answer = await send({ commandId: 'a', event: requested() });

    expect([answer.status, answer.body.code, answer.body.state]).toEqual([409, 'EVENT_NOT_ALLOWED', 'reviewing']);
    expect(answer.body.allowed).toContain('permit.noted');
  });

  it('without a reason where one is needed is 400 REASON_REQUIRED', async () => {
    const answer = served.call('POST', '/cases/permit/p-1/events', {
      as: decider,
      body: { commandId: 'a', event: { type: 'permit.refused' } },
    });

    expect(await refusal(answer)).toEqual([400, 'REASON_REQUIRED']);
  });

  it('about an earlier time than is taken is 400 BACKDATE_REFUSED', async () => {
    const event = { ...noted(), occurredAt: '2020-01-01T00:00:00Z' };

    expect(await refusal(send({ commandId: 'a', event }))).toEqual([400, 'BACKDATE_REFUSED']);
  });

  it('of an id used for other data is 409 COMMAND_ID_REUSED', async () => {
    await send({ commandId: 'once', event: noted('this') });

    expect(await refusal(send({ commandId: 'once', event: noted('that') }))).toEqual([409, 'COMMAND_ID_REUSED']);
  });

  it('of header and body naming different commands is 400 COMMAND_ID_AMBIGUOUS', async () => {
    const different = await send({ commandId: 'b', event: noted() }, { 'idempotency-key': 'a' });

    expect([different.status, different.body.code]).toEqual([400, 'COMMAND_ID_AMBIGUOUS']);
    expect(different.body).toMatchObject({ header: 'a', body: 'b' });
  });

  it('without a command id is 400 COMMAND_ID_MISSING', async () => {
    expect(await refusal(send({ event: noted() }))).toEqual([400, 'COMMAND_ID_MISSING']);
  });

  it.each(['7', 'W/"7"', '"seven"', '"1", "2"', ''])(
    'of an If-Match that is no ETag of a case (%s) is 400 REQUEST_INVALID',
    async (tag) => {
      const answer = await send({ commandId: 'a', event: noted() }, { 'if-match': tag });

      expect([answer.status, answer.body.code, answer.body.issues?.[0].path]).toEqual([
        400,
        'REQUEST_INVALID',
        'header.if-match',
      ]);
    },
  );

  it.each<[string, unknown]>([
    ['both event and events', { commandId: 'a', event: noted(), events: [noted()] }],
    ['neither', { commandId: 'a' }],
    ['no events', { commandId: 'a', events: [] }],
    ['something unknown', { commandId: 'a', event: noted(), colour: 'red' }],
    ['a list', [noted()]],
    ['nothing', undefined],
    ['null', 'null'],
    ['data that is no object', { commandId: 'a', event: { type: 'permit.noted', data: 'text' } }],
  ])('of a body with %s is 400 REQUEST_INVALID', async (_, body) => {
    expect(await refusal(send(body))).toEqual([400, 'REQUEST_INVALID']);
  });

  it.each(['?revision=-1', '?revision=x', '?at=yesterday', '?colour=red', '?revision=1&revision=2'])(
    'of a query like %s is 400 REQUEST_INVALID',
    async (query) => {
      expect(await refusal(served.call('GET', `/cases/permit/p-1${query}`, { as: clerk }))).toEqual([
        400,
        'REQUEST_INVALID',
      ]);
    },
  );

  it('of more than one append may carry is 413 APPEND_TOO_LARGE', async () => {
    const roomy = await serveLedger({ readModels: false, limits: { bodyBytes: 4_000_000 } });
    try {
      await roomy.openPermit('p-1');
      const answer = roomy.call('POST', '/cases/permit/p-1/events', {
        as: clerk,
        body: { commandId: 'big', event: noted('x'.repeat(1_200_000)) },
      });

      expect(await refusal(answer)).toEqual([413, 'APPEND_TOO_LARGE']);
    } finally {
      await roomy.close();
    }
  });

  it('at an address where nothing is, is 404; by a method it does not take, 405 with those it takes', async () => {
    const nowhere = await served.call('GET', '/nowhere', { as: clerk });
    const put = await served.call('PUT', '/cases/permit/p-1', { as: clerk, body: {} });

    expect([nowhere.status, nowhere.body.code]).toEqual([404, 'ROUTE_UNKNOWN']);
    expect([put.status, put.body.code, put.headers.get('allow')]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'GET, HEAD, OPTIONS',
    ]);
  });

  it('of an answer nobody can give is 406 NOT_ACCEPTABLE', async () => {
    const answer = served.call('GET', '/cases/permit/p-1', { as: clerk, headers: { accept: 'application/xml' } });

    expect(await refusal(answer)).toEqual([406, 'NOT_ACCEPTABLE']);
  });

  it('is a problem with its type, both titles and the id under which the log has it', async () => {
    const answer = await send({ event: noted() }, { 'x-request-id': 'r-1' });

    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: '/problems/COMMAND_ID_MISSING',
      status: 400,
      titleZh: '命令缺少编号',
      request: 'r-1',
    });
    expect(served.logged.find(({ request }) => request === 'r-1')).toMatchObject({
      code: 'COMMAND_ID_MISSING',
      actor: 'clerk-1',
      status: 400,
    });
    expect((await served.call('GET', answer.body.type)).body).toMatchObject({
      code: 'COMMAND_ID_MISSING',
      action: { zh: expect.any(String) },
    });
  });
});

describe('tokens', () => {
  let served: ServedLedger;
  beforeEach(async () => {
    served = await serveLedger({ readModels: false });
    await served.openPermit('p-1');
  });
  afterEach(() => served.close());

  it('are needed everywhere but where the document says so', async () => {
    for (const { method, path, access } of served.app.operations) {
      const answer = await served.call(method.toUpperCase(), path.replace(/:\w+/g, 'x'));

      if (access === 'public') expect(answer.status).not.toBe(401);
      else expect([path, answer.status, answer.body.code]).toEqual([path, 401, 'TOKEN_MISSING']);
    }
  });

  it('expire, also those seen before', async () => {
    const token = await served.token(clerk, 60);
    const before = await served.call('GET', '/cases/permit/p-1', { token });
    served.pass(66_000);
    const after = await served.call('GET', '/cases/permit/p-1', { token });

    expect(before.status).toBe(200);
    expect([after.status, after.body.code]).toEqual([401, 'TOKEN_EXPIRED']);
    expect(after.headers.get('www-authenticate')).toContain('invalid_token');
  });

  it('are refused before the body is looked at', async () => {
    expect(await refusal(served.call('POST', '/cases/permit', { body: '{' }))).toEqual([401, 'TOKEN_MISSING']);
  });

  it.each(['Bearer x.y.z', 'Bearer', 'Basic dTpw', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.'])(
    'that are none (%s) are refused',
    async (authorization) => {
      const answer = served.call('GET', '/cases/permit/p-1', { headers: { authorization } });

      expect(await refusal(answer)).toEqual([401, 'TOKEN_INVALID']);
    },
  );
});

describe('a store in trouble', () => {
  /** A real store whose appends fail once `trouble` is set. */
  function troubled() {
    const store = memoryEventStore();
    const state: { trouble?: Error } = {};
    const append: EventStore['append'] = async (...args) => {
      if (state.trouble) throw state.trouble;
      return store.append(...args);
    };
    return { state, store: { ...store, append } as EventStore };
  }

  it('that is full is 507 STORE_FULL, and the command is taken once there is room', async () => {
    const { state, store } = troubled();
    const served = await serveLedger({ store, readModels: false });
    try {
      state.trouble = new CaseError({ code: 'STORE_FULL', detail: '/var/lib/ledger.db: database or disk is full' });
      const full = await served.openPermit('p-1');
      delete state.trouble;
      const later = await served.openPermit('p-1');

      expect([full.status, full.body.code]).toEqual([507, 'STORE_FULL']);
      expect(full.text).not.toContain('/var/lib');
      expect([later.status, later.body.repeated]).toEqual([201, false]);
    } finally {
      await served.close();
    }
  });

  it('that breaks in a way nobody planned is 500 INTERNAL without a word of it, and logged', async () => {
    const { state, store } = troubled();
    const served = await serveLedger({ store, readModels: false });
    try {
      state.trouble = new TypeError('cannot read the secret of undefined');
      const broken = await served.openPermit('p-1');

      expect([broken.status, broken.body.code]).toEqual([500, 'INTERNAL']);
      expect(broken.text).not.toMatch(/secret|TypeError|at /);
      expect(JSON.stringify(served.logged)).toContain('cannot read the secret');
    } finally {
      await served.close();
    }
  });

  it('whose queue is full is 503 OVERLOADED for one more, and forgets none it took', async () => {
    const store = memoryEventStore();
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let waiting = 0;
    let arrived: () => void = () => {};
    const full = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const slow: EventStore = {
      ...store,
      append: async (stream, ...rest) => {
        if (stream.startsWith('permit-')) {
          waiting += 1;
          if (waiting === 2) arrived();
          await held;
        }
        return store.append(stream, ...rest);
      },
    };
    const served = await serveLedger({ store: slow, maxPending: 2, readModels: false });
    try {
      const taken = [served.openPermit('p-1'), served.openPermit('p-2')];
      await full;
      const refused = await served.openPermit('p-3');
      release();

      expect([refused.status, refused.body.code, refused.body.limit]).toEqual([503, 'OVERLOADED', 2]);
      expect(refused.headers.get('retry-after')).toBe('1');
      expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([201, 201]);
      expect((await served.openPermit('p-3')).status).toBe(201);
      for (const id of ['p-1', 'p-2', 'p-3'])
        expect((await served.call('GET', `/cases/permit/${id}`, { as: auditor })).status).toBe(200);
    } finally {
      await served.close();
    }
  });
});

describe('too many requests', () => {
  it('are 429 RATE_LIMITED for whoever sends them, and for nobody else', async () => {
    const served = await serveLedger({ readModels: false, limits: { rate: { windowMs: 60_000, requests: 3 } } });
    try {
      const answers = [];
      for (let sent = 0; sent < 4; sent += 1) answers.push(await served.call('GET', '/workflows', { as: clerk }));
      const other = await served.call('GET', '/workflows', { as: decider });

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
      expect(answers[3]!.body.code).toBe('RATE_LIMITED');
      expect(answers[3]!.headers.get('retry-after')).toBe('60');
      expect(other.status).toBe(200);
    } finally {
      await served.close();
    }
  });
});

async function refusal(
  answer: Promise<{ readonly status: number; readonly body: { readonly code: string } }>,
): Promise<[number, string]> {
  const { status, body } = await answer;
  return [status, body.code];
}
