import type { Actor } from '../../src/domain/access.js';
import {
  administrator,
  auditor,
  clerk,
  clerkElsewhere,
  decider,
  deciderElsewhere,
  noted,
  requested,
  type ServedLedger,
  serveLedger,
} from './served-ledger.js';

let served: ServedLedger;
beforeEach(async () => {
  served = await serveLedger();
});
afterEach(() => served.close());

describe('opening a case', () => {
  it('answers 201 with where the case is, its revision and a position', async () => {
    const opened = await served.call('POST', '/cases/permit', {
      as: clerk,
      headers: { 'idempotency-key': 'first' },
      body: { caseId: 'p-1', event: requested() },
    });

    expect(opened.status).toBe(201);
    expect(opened.headers.get('location')).toBe('/cases/permit/p-1');
    expect(opened.headers.get('etag')).toBe('"0"');
    expect(opened.headers.get('caseledger-position')).toBe(opened.body.position);
    expect(opened.body).toMatchObject({ caseId: 'p-1', revision: 0, state: 'reviewing', repeated: false });
  });

  it('gives the first answer to a resend, with 200', async () => {
    const first = await served.openPermit('p-1');
    await served.call('POST', '/cases/permit/p-1/events', { as: clerk, body: { commandId: 'note', event: noted() } });

    const again = await served.openPermit('p-1');

    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...first.body, repeated: true });
  });

  it('derives the id from the command where none is given', async () => {
    const opened = await served.call('POST', '/cases/permit', {
      as: clerk,
      body: { commandId: 'c', event: requested() },
    });

    expect((await served.call('GET', opened.headers.get('location')!, { as: clerk })).status).toBe(200);
  });

  it('takes the command id from a quoted header as from a bare one', async () => {
    const body = { caseId: 'p-1', event: requested() };
    const bare = await served.call('POST', '/cases/permit', { as: clerk, headers: { 'idempotency-key': 'k' }, body });
    const quoted = await served.call('POST', '/cases/permit', {
      as: clerk,
      headers: { 'idempotency-key': '"k"' },
      body,
    });

    expect([bare.status, quoted.status]).toEqual([201, 200]);
  });
});

describe('sending events', () => {
  beforeEach(() => served.openPermit('p-1'));

  it('accepts several events together or none', async () => {
    const accepted = await served.call('POST', '/cases/permit/p-1/events', {
      as: clerk,
      body: { commandId: 'two', events: [noted('one'), noted('two')] },
    });
    const refused = await served.call('POST', '/cases/permit/p-1/events', {
      as: clerk,
      body: { commandId: 'more', events: [noted('three'), noted('four')] },
    });

    expect(accepted.body).toMatchObject({ revision: 2, events: [{ revision: 1 }, { revision: 2 }] });
    expect(refused.body).toMatchObject({
      code: 'GUARD_DENIED',
      reasons: [{ title: { zh: '该许可不再接受补充说明' } }],
    });
    expect((await served.call('GET', '/cases/permit/p-1', { as: clerk })).body.revision).toBe(2);
  });

  it('is refused with 412 when the sender has not seen the latest, and with what it is at', async () => {
    await served.call('POST', '/cases/permit/p-1/events', { as: clerk, body: { commandId: 'a', event: noted() } });

    const late = await served.call('POST', '/cases/permit/p-1/events', {
      as: clerk,
      headers: { 'if-match': '"0"' },
      body: { commandId: 'b', event: noted() },
    });
    const fresh = await served.call('POST', '/cases/permit/p-1/events', {
      as: clerk,
      headers: { 'if-match': '"1"' },
      body: { commandId: 'b', event: noted() },
    });

    expect([late.status, late.body.code, late.body.actual]).toEqual([412, 'REVISION_CONFLICT', 1]);
    expect(fresh.status).toBe(201);
  });

  it('records the trace it came with', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await served.call('POST', '/cases/permit/p-1/events', {
      as: clerk,
      headers: { traceparent },
      body: { commandId: 'traced', event: noted() },
    });

    const { body } = await served.call('GET', '/cases/permit/p-1/history', { as: clerk });
    expect(body.events[1].metadata.trace).toBe(traceparent);
  });
});

describe('reading a case', () => {
  beforeEach(async () => {
    await served.openPermit('p-1');
    served.pass(60_000);
    await served.call('POST', '/cases/permit/p-1/events', { as: clerk, body: { commandId: 'note', event: noted() } });
  });

  it('says nothing new to a client that holds the revision', async () => {
    const read = await served.call('GET', '/cases/permit/p-1', { as: clerk });
    const held = await served.call('GET', '/cases/permit/p-1', {
      as: clerk,
      headers: { 'if-none-match': read.headers.get('etag')! },
    });
    const stale = await served.call('GET', '/cases/permit/p-1', { as: clerk, headers: { 'if-none-match': '"0"' } });

    expect(read.headers.get('etag')).toBe('"1"');
    expect([held.status, held.text]).toEqual([304, '']);
    expect(stale.status).toBe(200);
  });

  it('shows it as it was, after a revision or at an instant', async () => {
    const after = await served.call('GET', '/cases/permit/p-1?revision=0', { as: clerk });
    const at = await served.call('GET', '/cases/permit/p-1?at=2026-03-06T09:00:30%2B08:00&by=occurred', { as: clerk });
    const before = await served.call('GET', '/cases/permit/p-1?at=2026-03-05T00:00:00Z', { as: clerk });

    expect([after.body.revision, after.body.context.notes]).toEqual([0, 0]);
    expect([at.body.revision, at.headers.get('etag')]).toEqual([0, '"0"']);
    expect(before.body.code).toBe('CASE_NOT_FOUND');
  });

  it('offers what is accepted, and says what the asker may not send', async () => {
    const { body } = await served.call('GET', '/cases/permit/p-1/next', { as: clerk });

    const permitted = Object.fromEntries(
      body.events.map((one: { type: string; permitted: boolean }) => [one.type, one.permitted]),
    );
    expect(permitted).toEqual({ 'permit.noted': true, 'permit.granted': false, 'permit.refused': false });
    expect(body.events.find((one: { type: string }) => one.type === 'permit.noted').schema.properties.text.type).toBe(
      'string',
    );
  });

  it('offers what opens one', async () => {
    const { body } = await served.call('GET', '/workflows/permit/next', { as: clerk });

    expect(body.events).toMatchObject([{ type: 'permit.requested', permitted: true, title: { zh: '许可申请' } }]);
  });
});

describe('personal data', () => {
  beforeEach(() => served.openPermit('p-1'));

  it('is withheld, unless it is said what it is read for', async () => {
    const plain = await served.call('GET', '/cases/permit/p-1/history', { as: clerk });
    const revealed = await served.call('GET', '/cases/permit/p-1/history?reveal=checking+the+papers', { as: clerk });

    expect(plain.text).not.toContain('Chen Yu');
    expect(plain.body.events[0].data.applicant.name).toEqual({ withheld: true });
    expect(revealed.body.events[0].data.applicant.name).toBe('Chen Yu');
    const subject = revealed.body.events[0].data.applicant.subjectRef;
    expect(served.ledger.keys.accesses(subject)).toMatchObject([{ actor: 'clerk-1', purpose: 'checking the papers' }]);
  });

  it('is found by an identifying value within reach only, and the find is recorded', async () => {
    const question = { field: 'idNumber', value: '330921199001010017', purpose: 'a call' };
    const found = await served.call('POST', '/subjects/find', { as: administrator, body: question });
    const elsewhere = await served.call('POST', '/subjects/find', {
      as: { ...clerkElsewhere, roles: ['clerk', 'intake'] },
      body: question,
    });
    const unknown = await served.call('POST', '/subjects/find', {
      as: administrator,
      body: { ...question, value: '0' },
    });
    const clerks = await served.call('POST', '/subjects/find', { as: clerk, body: question });

    expect(found.body.subjects).toMatchObject([{ cases: [{ workflow: 'permit', caseId: 'p-1' }] }]);
    expect(elsewhere.body).toEqual({ subjects: [] });
    expect(unknown.body).toEqual({ subjects: [] });
    expect([clerks.status, clerks.body.code]).toEqual([403, 'ROLE_NOT_PERMITTED']);
    expect(served.ledger.keys.accesses(found.body.subjects[0].subject).length).toBeGreaterThan(0);
  });

  it('is erased by the administrator, with a reason', async () => {
    const { body } = await served.call('GET', '/cases/permit/p-1/history', { as: clerk });
    const subject = body.events[0].data.applicant.subjectRef;

    const byClerk = await served.call('DELETE', `/subjects/${subject}`, { as: clerk, body: { reason: 'asked' } });
    const erased = await served.call('DELETE', `/subjects/${subject}`, {
      as: administrator,
      body: { reason: 'asked' },
    });
    const again = await served.call('DELETE', `/subjects/${subject}`, { as: administrator, body: { reason: 'asked' } });
    const unknown = await served.call('DELETE', '/subjects/nobody', { as: administrator, body: { reason: 'asked' } });

    expect(byClerk.status).toBe(403);
    expect(erased.body).toEqual({ subject, erased: true, cases: [{ workflow: 'permit', caseId: 'p-1' }] });
    expect(again.body.erased).toBe(false);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'SUBJECT_NOT_FOUND']);
    const after = await served.call('GET', '/cases/permit/p-1/history?reveal=control', { as: clerk });
    expect(after.body.events[0].data.applicant.name).toEqual({ erased: true });
  });

  it('never reaches the log', async () => {
    await served.call('GET', '/cases/permit/p-1/history?reveal=Chen+Yu', { as: clerk });
    await served.call('POST', '/subjects/find', {
      as: administrator,
      body: { field: 'idNumber', value: '330921199001010017', purpose: 'x' },
    });

    const log = JSON.stringify(served.logged);
    expect(log).toContain('/cases/:workflow/:caseId/history');
    expect(log).not.toMatch(/Chen|330921199001010017|reveal|p-1/);
  });
});

describe('reach', () => {
  beforeEach(() => served.openPermit('p-1'));

  it.each([
    ['', 'GET'],
    ['/history', 'GET'],
    ['/next', 'GET'],
    ['/timeline', 'GET'],
    ['/deadlines', 'GET'],
    ['/deadlines/decision/explanation', 'GET'],
    ['/feed', 'GET'],
  ])('hides a case of another department or region: %s', async (path, method) => {
    for (const as of [deciderElsewhere, clerkElsewhere, { id: 'nobody', roles: [] }]) {
      const answer = await served.call(method, `/cases/permit/p-1${path}`, { as });
      expect([answer.status, answer.body.code]).toEqual([404, 'CASE_NOT_FOUND']);
    }
  });

  it.each<[string, object, Record<string, string>?]>([
    ['a permitted event', { event: noted() }],
    ['a stale revision', { event: noted() }, { 'if-match': '"77"' }],
    ['invalid data', { event: { type: 'permit.noted', data: { text: 7 } } }],
    ['an event not allowed', { event: requested() }],
    ["the command id of somebody else's command", { commandId: 'open p-1', event: noted() }],
  ])('answers %s of whoever does not reach the case as if there were none', async (_, body, headers = {}) => {
    const there = await served.call('POST', '/cases/permit/p-1/events', {
      as: clerkElsewhere,
      headers,
      body: { commandId: 'x', ...body },
    });
    const nowhere = await served.call('POST', '/cases/permit/p-2/events', {
      as: clerkElsewhere,
      headers,
      body: { commandId: 'x', ...body },
    });

    expect([there.status, there.body.code]).toEqual([404, 'CASE_NOT_FOUND']);
    expect(Object.keys(there.body)).toEqual(Object.keys(nowhere.body));
  });

  const nobody: Actor = { id: 'nobody', roles: ['nothing'] };
  const applicant: Actor = { id: 'applicant-1', roles: ['applicant'] };
  const openings: [string, object][] = [
    ['a valid opening', { event: requested() }],
    ['an opening of another region', { event: requested({ region: '330302' }) }],
    ['invalid data', { event: { type: 'permit.requested', data: { region: 7 } } }],
    ['an unknown event', { event: { type: 'permit.lost', data: {} } }],
    ["the ledger's own event", { event: { type: 'case.migrated', data: {} } }],
    ['an event that opens nothing', { event: noted() }],
    ['an unknown version', { version: 99, event: requested() }],
    ['two events', { events: [requested(), noted()] }],
    ["the opening's command id and other data", { commandId: 'open p-1', event: requested({ region: '330302' }) }],
    ["the opening's command id and data", { commandId: 'open p-1', event: requested() }],
  ];

  /** What the door says to an opening under this id, alone and in a batch. */
  async function opening(caseId: string, as: Actor, body: object) {
    const alone = await served.call('POST', '/cases/permit', { as, body: { commandId: 'x', ...body, caseId } });
    const [batched] = (
      await served.call('POST', '/commands', {
        as,
        body: [{ command: 'open', workflow: 'permit', commandId: 'y', ...body, caseId }],
      })
    ).body;
    const { request: _, ...problem } = alone.body;
    return { alone: { status: alone.status, ...problem }, batched };
  }

  it.each(openings)('tells nobody who may not open a case whether there is one: %s', async (_what, body) => {
    for (const as of [nobody, auditor, decider]) {
      const existing = await opening('p-1', as, body);
      expect(existing).toEqual(await opening('p-2', as, body));
      expect(['ROLE_NOT_PERMITTED', 'EVENT_UNKNOWN', 'WORKFLOW_VERSION_UNKNOWN']).toContain(existing.alone.code);
      expect(existing.batched.problem.code).toBe(existing.alone.code);
    }
  });

  it.each(openings.filter(([what]) => /valid opening|region|two|data$/.test(what)))(
    'tells whoever may open a case, of one out of its reach, that the id is taken and nothing else: %s',
    async (_what, body) => {
      for (const as of [applicant, clerkElsewhere]) {
        const { alone, batched } = await opening('p-1', as, body);
        expect(alone).toMatchObject({ status: 409, code: 'CASE_EXISTS', workflow: 'permit', caseId: 'p-1' });
        const { type, status, code, title, titleZh, detail, workflow, caseId, ...more } = alone;
        expect(more).toEqual({});
        expect(batched.problem).toEqual({ type, status, code, title, titleZh, detail, workflow, caseId });
      }
    },
  );

  it('lets whoever may open one do so where the id is free', async () => {
    const open = (caseId: string, as: Actor, region: string) => opening(caseId, as, { event: requested({ region }) });

    expect((await open('p-2', applicant, '330921')).alone.status).toBe(201);
    expect((await open('p-3', clerkElsewhere, '330302')).alone.status).toBe(201);
    expect((await open('p-4', clerkElsewhere, '330921')).alone).toMatchObject({ status: 403, code: 'OUT_OF_SCOPE' });
  });

  it('still tells whoever reaches the case that the command id was used for something else', async () => {
    const body = { commandId: 'open p-1', event: requested({ department: 'traffic' }) };
    const { alone, batched } = await opening('p-1', clerk, body);

    expect([alone.code, batched.problem.code]).toEqual(['COMMAND_ID_REUSED', 'COMMAND_ID_REUSED']);
  });

  it('shows an auditor everything and lets it change nothing', async () => {
    const read = await served.call('GET', '/cases/permit/p-1', { as: auditor });
    const sent = await served.call('POST', '/cases/permit/p-1/events', {
      as: auditor,
      body: { commandId: 'x', event: noted() },
    });

    expect(read.status).toBe(200);
    expect([sent.status, sent.body.code]).toEqual([403, 'ROLE_NOT_PERMITTED']);
  });
});

describe('deadlines', () => {
  beforeEach(() => served.openPermit('p-1'));

  it('stand beside the case, with when each is due', async () => {
    const { body } = await served.call('GET', '/cases/permit/p-1/deadlines', { as: decider });

    expect(body.deadlines).toMatchObject([{ name: 'decision', overdue: false, due: { dueOn: '2026-04-03' } }]);
  });

  it('are explained in the language asked for', async () => {
    const path = '/cases/permit/p-1/deadlines/decision/explanation';
    const zh = await served.call('GET', path, { as: decider, headers: { 'accept-language': 'zh-CN,en;q=0.5' } });
    const en = await served.call('GET', `${path}?language=en`, {
      as: decider,
      headers: { 'accept-language': 'zh-CN' },
    });
    const text = await served.call('GET', path, { as: decider, headers: { accept: 'text/plain' } });
    const none = await served.call('GET', '/cases/permit/p-1/deadlines/other/explanation', { as: decider });

    expect([zh.headers.get('content-language'), zh.body.text]).toEqual(['zh', expect.stringContaining('工作日')]);
    expect([en.headers.get('content-language'), en.body.text]).toEqual(['en', expect.stringContaining('working days')]);
    expect(text.headers.get('content-type')).toContain('text/plain');
    expect(text.text.trim()).toBe(en.body.text);
    expect([none.status, none.body.code, none.body.known]).toEqual([404, 'DEADLINE_UNKNOWN', ['decision']]);
  });
});

describe('moving a case to another version', () => {
  it('is the administrator’s, and recorded', async () => {
    await served.call('POST', '/cases/permit', {
      as: clerk,
      body: { commandId: 'o', caseId: 'p-1', version: 1, event: requested() },
    });
    const body = { commandId: 'm', toVersion: 2, reason: 'new rules' };

    const byClerk = await served.call('POST', '/cases/permit/p-1/migration', { as: clerk, body });
    const moved = await served.call('POST', '/cases/permit/p-1/migration', { as: administrator, body });
    const nowhere = await served.call('POST', '/cases/permit/p-1/migration', {
      as: administrator,
      body: { ...body, commandId: 'n', toVersion: 9 },
    });

    expect(byClerk.status).toBe(403);
    expect([moved.status, moved.body.version]).toEqual([201, 2]);
    expect([nowhere.status, nowhere.body.code]).toEqual([404, 'WORKFLOW_VERSION_UNKNOWN']);
  });
});

describe('workflows', () => {
  it('are listed and described, with the schema of each event', async () => {
    const list = await served.call('GET', '/workflows', { as: clerk });
    const newest = await served.call('GET', '/workflows/permit', { as: clerk });
    const first = await served.call('GET', '/workflows/permit/versions/1', { as: clerk });
    const none = await served.call('GET', '/workflows/permit/versions/7', { as: clerk });

    expect(list.body.workflows).toEqual([
      { name: 'permit', title: { en: 'Permit', zh: '许可' }, version: 2, versions: [1, 2] },
    ]);
    expect(
      newest.body.events.find((one: { type: string }) => one.type === 'permit.requested').schema.properties.applicant
        .properties.name,
    ).toMatchObject({
      'x-personal': true,
    });
    expect(newest.body.deadlines).toMatchObject([{ name: 'decision', within: { unit: 'workingDays', amount: 20 } }]);
    expect(first.body.version).toBe(1);
    expect([none.status, none.body.code]).toEqual([404, 'WORKFLOW_VERSION_UNKNOWN']);
  });
});
