import { CaseError } from '../../src/domain/case-error.js';
import { MAX_EVENTS_PER_COMMAND } from '../../src/engine/command.js';
import { type EventStore, MAX_APPEND_BYTES } from '../../src/event-store/event-store.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { permitWorkflow } from '../support/permit.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  administrator,
  another,
  clerk,
  codeOf,
  decider,
  failureOf,
  gate,
  granted,
  MORNING,
  noted,
  type Office,
  officeOnFile,
  openPermit,
  PERSON,
  permitOffice,
  quotaOf,
  refused,
  requested,
  sendPermit,
} from './permit-office.js';

const folder = temporaryFolder();

const OPEN_EVENTS = ['permit.requested', 'permit.noted', 'permit.granted', 'permit.refused'];

/** An office with one permit under review. */
async function reviewing(
  options: Parameters<typeof permitOffice>[0] = {},
): Promise<Office & { readonly caseId: string; readonly stream: string }> {
  const office = await permitOffice(options);
  const { caseId, stream } = await office.engine.open(openPermit('open-1'));
  return { ...office, caseId, stream };
}

describe('an accepted command', () => {
  it('says where the case stands and what was stored', async () => {
    const { engine, stored, ledger } = await permitOffice();

    const receipt = await engine.open(
      openPermit('open-1', {
        caseId: 'p-1',
        reason: 'at the window',
        correlation: 'story-1',
        causation: 'cause-1',
        trace: '00-aa-bb-01',
      }),
    );

    const [event] = await stored('p-1');
    expect(receipt).toEqual({
      workflow: 'permit',
      version: 1,
      caseId: 'p-1',
      stream: 'permit-p-1',
      revision: 0,
      state: 'reviewing',
      position: `${ledger.slice(-12)}-2`,
      events: [{ id: event!.id, type: 'permit.requested', revision: 0 }],
      repeated: false,
    });
    expect(event!.metadata).toEqual({
      actor: { id: 'clerk-1', region: '330921', role: 'clerk' },
      causation: 'cause-1',
      command: { fingerprint: expect.stringMatching(/^hmac-sha256:/), id: 'open-1', index: 0, size: 1 },
      correlation: 'story-1',
      envelope: 1,
      ledger,
      occurredAt: MORNING,
      reason: 'at the window',
      recordedAt: MORNING,
      schema: 1,
      state: 'reviewing',
      trace: '00-aa-bb-01',
      workflow: { hash: permitWorkflow().hash, name: 'permit', version: 1 },
    });
  });

  it('names itself as the story it belongs to unless told otherwise', async () => {
    const { engine, stored } = await permitOffice();
    await engine.open(openPermit('open-1', { caseId: 'p-1' }));
    expect((await stored('p-1'))[0]!.metadata.correlation).toBe('open-1');
  });

  it('keeps the order in which commands on one case came', async () => {
    const { engine, stored, caseId } = await reviewing();
    const texts = ['a', 'b', 'c'];
    await Promise.all(texts.map((text) => engine.send(sendPermit(caseId, text, noted(text)))));
    expect((await stored(caseId)).slice(1).map(({ data }) => data.text)).toEqual(texts);
  });

  it('is accepted although the one before it was refused while it waited', async () => {
    const { engine, stored, caseId } = await reviewing();
    const outcomes = await Promise.allSettled([
      engine.send(sendPermit(caseId, 'bad', noted('x'), { expectedRevision: 9 })),
      engine.send(sendPermit(caseId, 'good-1', noted('y'))),
      engine.send(sendPermit(caseId, 'good-2', noted('z'))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await stored(caseId)).toHaveLength(3);
  });

  it('does not wait for a command on another case', async () => {
    const store = memoryEventStore();
    const held = gate();
    const reached = gate();
    const { engine } = await permitOffice({
      store: {
        ...store,
        async append(stream, events, expected) {
          if (stream === 'permit-slow') {
            reached.open();
            await held.passed;
          }
          return store.append(stream, events, expected);
        },
      },
    });
    const slow = engine.open(openPermit('open-slow', { caseId: 'slow' }));
    await reached.passed;

    expect((await engine.open(openPermit('open-quick', { caseId: 'quick' }))).revision).toBe(0);

    held.open();
    expect((await slow).revision).toBe(0);
  });
});

describe('a command of several events', () => {
  it('is stored as one, each event on the case the one before leaves', async () => {
    const { engine, stored, clock } = await permitOffice();
    const { caseId, revision } = await engine.open(
      openPermit('open-1', { events: [requested(), noted('one'), noted('two', 'a remark')] }),
    );

    expect(revision).toBe(2);
    const events = await stored(caseId);
    expect(events.map(({ metadata }) => metadata.command)).toEqual(
      [0, 1, 2].map((index) => ({
        fingerprint: events[0]!.metadata.command.fingerprint,
        id: 'open-1',
        index,
        size: 3,
      })),
    );
    expect(new Set(events.map(({ metadata }) => metadata.recordedAt))).toEqual(new Set([clock.now().toISOString()]));
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  });

  it('is stored not at all when its last event is refused', async () => {
    const { engine, stored, caseId } = await reviewing();
    const events = [noted('1'), noted('2'), noted('3'), noted('4')];

    expect(await failureOf(engine.send({ ...sendPermit(caseId, 'notes', noted('')), events }))).toEqual({
      code: 'GUARD_DENIED',
      event: 'permit.noted',
      state: 'reviewing',
      reasons: [
        { guard: 'mayNote', title: { en: 'no more notes are taken on this permit', zh: '该许可不再接受补充说明' } },
      ],
    });

    expect(await stored(caseId)).toHaveLength(1);
    expect((await engine.load({ workflow: 'permit', caseId })).context).toEqual({ notes: 0 });
    expect(
      (await engine.send({ ...sendPermit(caseId, 'notes', noted('')), events: events.slice(0, 3) })).revision,
    ).toBe(3);
  });
});

describe('a refusal', () => {
  it('WORKFLOW_UNKNOWN names the workflows there are', async () => {
    const { engine } = await permitOffice();
    const failure = { code: 'WORKFLOW_UNKNOWN', workflow: 'licence', known: ['permit'] };
    expect(await failureOf(engine.open(openPermit('open-1', { workflow: 'licence' })))).toEqual(failure);
    expect(await failureOf(engine.load({ workflow: 'licence', caseId: 'p-1' }))).toEqual(failure);
    expect(await failureOf(engine.next({ workflow: 'licence' }, clerk))).toEqual(failure);
  });

  it('WORKFLOW_VERSION_UNKNOWN names the versions there are', async () => {
    const { engine } = await permitOffice();
    expect(await failureOf(engine.open(openPermit('open-1', { version: 3 })))).toEqual({
      code: 'WORKFLOW_VERSION_UNKNOWN',
      workflow: 'permit',
      version: 3,
      known: [1],
    });
  });

  it('CASE_NOT_FOUND names the case', async () => {
    const { engine } = await permitOffice();
    const failure = { code: 'CASE_NOT_FOUND', workflow: 'permit', caseId: 'p-9' };
    expect(await failureOf(engine.send(sendPermit('p-9', 'note-1', noted('x'))))).toEqual(failure);
    expect(await failureOf(engine.load({ workflow: 'permit', caseId: 'p-9' }))).toEqual(failure);
    expect(await failureOf(engine.history({ workflow: 'permit', caseId: 'p-9' }))).toEqual(failure);
    expect(await failureOf(engine.next({ workflow: 'permit', caseId: 'p-9' }, clerk))).toEqual(failure);
  });

  it('CASE_EXISTS names the case that is open already', async () => {
    const office = await reviewing();
    const failure = { code: 'CASE_EXISTS', workflow: 'permit', caseId: office.caseId };
    const command = openPermit('open-2', { caseId: office.caseId });
    expect(await failureOf(office.engine.open(command))).toEqual(failure);
    expect(await failureOf((await another(office)).engine.open(command))).toEqual(failure);
  });

  it.each(['', 'a b', 'ä', 'a/b', 'x'.repeat(101)])('CASE_ID_INVALID for %p', async (caseId) => {
    const { engine } = await permitOffice();
    expect(await codeOf(engine.open(openPermit('open-1', { caseId })))).toBe('CASE_ID_INVALID');
    expect(await codeOf(engine.load({ workflow: 'permit', caseId }))).toBe('CASE_ID_INVALID');
  });

  it("EVENT_UNKNOWN names the events there are, for the engine's own as well", async () => {
    const { engine, caseId } = await reviewing();
    for (const event of ['permit.lost', 'case.migrated', 'step.deviated', 'toString', '__proto__']) {
      expect(await failureOf(engine.send(sendPermit(caseId, `send-${event}`, { type: event, data: {} })))).toEqual({
        code: 'EVENT_UNKNOWN',
        event,
        workflow: 'permit',
        known: OPEN_EVENTS,
      });
    }
  });

  it('EVENT_NOT_ALLOWED names the state and what is allowed in it', async () => {
    const { engine, caseId } = await reviewing();
    expect(
      await failureOf(
        engine.open(openPermit('open-2', { events: [noted('early')], actor: { ...clerk, roles: ['clerk'] } })),
      ),
    ).toMatchObject({ code: 'OUT_OF_SCOPE' });
    expect(await failureOf(engine.send(sendPermit(caseId, 'again', requested())))).toEqual({
      code: 'EVENT_NOT_ALLOWED',
      event: 'permit.requested',
      state: 'reviewing',
      allowed: ['permit.noted', 'permit.granted', 'permit.refused'],
    });
  });

  it('EVENT_NOT_ALLOWED allows nothing once the case has ended', async () => {
    const { engine, caseId } = await reviewing();
    await engine.send(sendPermit(caseId, 'grant', granted));
    expect(await failureOf(engine.send(sendPermit(caseId, 'note', noted('late'))))).toEqual({
      code: 'EVENT_NOT_ALLOWED',
      event: 'permit.noted',
      state: 'granted',
      allowed: [],
    });
  });

  it('EVENT_DATA_INVALID names the paths and never the values', async () => {
    const { engine } = await permitOffice();
    const failure = await failureOf(
      engine.open(openPermit('open-1', { events: [requested({ kind: 'ghost', name: 'Chen Yuhan', idNumber: '' })] })),
    );
    expect(failure).toMatchObject({
      code: 'EVENT_DATA_INVALID',
      event: 'permit.requested',
      issues: [{ path: 'applicant.kind' }, { path: 'applicant.idNumber' }],
    });
    expect(JSON.stringify(failure)).not.toContain('Chen');
  });

  it('ROLE_NOT_PERMITTED names the roles wanted and held', async () => {
    const { engine, caseId } = await reviewing();
    expect(await failureOf(engine.send(sendPermit(caseId, 'grant', granted, { actor: clerk })))).toEqual({
      code: 'ROLE_NOT_PERMITTED',
      event: 'permit.granted',
      required: ['decider'],
      held: ['clerk'],
    });
    expect(await codeOf(engine.open(openPermit('open-2', { actor: { id: 'nobody', roles: [] } })))).toBe(
      'ROLE_NOT_PERMITTED',
    );
  });

  it('ROLE_NOT_PERMITTED comes before the data is read: whom an event is not for learns nothing of it', async () => {
    const { engine, caseId } = await reviewing();
    const nobody = { id: 'nobody', roles: [] };
    const invalid = { type: 'permit.requested', data: { colour: 'red' } };
    expect(await codeOf(engine.open(openPermit('open-2', { actor: nobody, events: [invalid] })))).toBe(
      'ROLE_NOT_PERMITTED',
    );
    const misread = { type: 'permit.granted', data: { colour: 'red' } };
    expect(await codeOf(engine.send(sendPermit(caseId, 'grant', misread, { actor: clerk })))).toBe(
      'ROLE_NOT_PERMITTED',
    );
  });

  it.each([
    ['a clerk of another county', { id: 'clerk-9', roles: ['clerk'], region: '330922' }, 'region'],
    ['a clerk of no region', { id: 'clerk-9', roles: ['clerk'] }, 'region'],
    ['a decider of another department', { id: 'decider-9', roles: ['decider'], department: 'forestry' }, 'department'],
  ])('OUT_OF_SCOPE for %s', async (_who, actor, scope) => {
    const { engine, caseId } = await reviewing();
    const event = actor.roles.includes('clerk') ? noted('x') : refused;
    expect(await failureOf(engine.send(sendPermit(caseId, 'send', event, { actor, reason: 'incomplete' })))).toEqual({
      code: 'OUT_OF_SCOPE',
      what: 'the case',
      scope,
    });
  });

  it('OUT_OF_SCOPE for an opening event that would put the case beyond its sender', async () => {
    const { engine } = await permitOffice();
    const elsewhere = openPermit('open-1', { events: [requested(PERSON, { region: '330922' })] });
    expect(await codeOf(engine.open(elsewhere))).toBe('OUT_OF_SCOPE');
    expect((await engine.open({ ...elsewhere, actor: { ...clerk, region: '330900' } })).revision).toBe(0);
  });

  it('SAME_PERSON names the event whose sender may not send this one', async () => {
    const both = { id: 'both-1', roles: ['clerk', 'decider'], region: '330921', department: 'planning' };
    const { engine } = await permitOffice();
    const { caseId } = await engine.open(openPermit('open-1', { actor: both }));
    expect(await failureOf(engine.send(sendPermit(caseId, 'grant', granted, { actor: both })))).toEqual({
      code: 'SAME_PERSON',
      event: 'permit.granted',
      separateFrom: 'permit.requested',
    });
    expect((await engine.send(sendPermit(caseId, 'grant', granted))).state).toBe('granted');
  });

  it('SAME_PERSON holds for events of one command', async () => {
    const both = { id: 'both-1', roles: ['clerk', 'decider'], region: '330921', department: 'planning' };
    const { engine } = await permitOffice();
    expect(await codeOf(engine.open(openPermit('open-1', { actor: both, events: [requested(), granted] })))).toBe(
      'SAME_PERSON',
    );
  });

  it('REASON_REQUIRED names the event', async () => {
    const { engine, caseId } = await reviewing();
    expect(await failureOf(engine.send(sendPermit(caseId, 'refuse', refused)))).toEqual({
      code: 'REASON_REQUIRED',
      event: 'permit.refused',
    });
    expect((await engine.send(sendPermit(caseId, 'refuse', refused, { reason: 'incomplete' }))).state).toBe('refused');
  });

  it('REVISION_CONFLICT names both revisions', async () => {
    const { engine, caseId, stream } = await reviewing();
    expect(await failureOf(engine.send(sendPermit(caseId, 'note', noted('x'), { expectedRevision: 4 })))).toEqual({
      code: 'REVISION_CONFLICT',
      stream,
      expected: 4,
      actual: 0,
    });
  });

  it.each([
    ['no events', { events: [] }, 'events'],
    ['too many events', { events: Array.from({ length: MAX_EVENTS_PER_COMMAND + 1 }, () => noted('x')) }, 'events'],
    ['no command id', { commandId: '' }, 'commandId'],
    ['an endless command id', { commandId: 'x'.repeat(201) }, 'commandId'],
    ['no sender', { actor: { id: '', roles: [] } }, 'actor.id'],
    [
      'an instant without a zone',
      { events: [{ ...noted('x'), occurredAt: '2026-03-02T01:00:00' }] },
      'events.0.occurredAt',
    ],
    ['an empty reason', { reason: '' }, 'reason'],
    ['a revision below 0', { expectedRevision: -1 }, 'expectedRevision'],
  ])('COMMAND_INVALID for %s', async (_what, change, path) => {
    const { engine, caseId } = await reviewing();
    expect(await failureOf(engine.send(sendPermit(caseId, 'note', noted('x'), change)))).toMatchObject({
      code: 'COMMAND_INVALID',
      issues: [{ path }],
    });
  });

  it.each([
    ['half a surrogate pair', { text: '\ud800' }],
    ['not a number', { text: Number.NaN }],
    ['a cycle', cyclic()],
  ])('COMMAND_INVALID for data that has no JSON form: %s', async (_what, data) => {
    const { engine, caseId } = await reviewing();
    expect(await failureOf(engine.send(sendPermit(caseId, 'note', { type: 'permit.noted', data })))).toMatchObject({
      code: 'COMMAND_INVALID',
      issues: [{ path: 'events', code: 'not_json' }],
    });
  });

  it('APPEND_TOO_LARGE names the size and the limit, and nothing is stored', async () => {
    const { engine, stored, caseId } = await reviewing();
    const failure = await failureOf(engine.send(sendPermit(caseId, 'note', noted('长'.repeat(400_000)))));
    expect(failure).toMatchObject({ code: 'APPEND_TOO_LARGE', limit: MAX_APPEND_BYTES });
    expect((failure as { bytes: number }).bytes).toBeGreaterThan(1_200_000);
    expect(await stored(caseId)).toHaveLength(1);
    expect((await engine.send(sendPermit(caseId, 'note', noted('short')))).revision).toBe(1);
  });

  it('SUBJECT_NOT_FOUND and SUBJECT_ERASED name the subject', async () => {
    const office = await reviewing();
    const { subjectRef } = (await office.stored(office.caseId))[0]!.data.applicant as { subjectRef: string };
    expect(
      await failureOf(
        office.engine.open(openPermit('open-2', { events: [requested({ ...PERSON, subjectRef: 'nobody' })] })),
      ),
    ).toEqual({ code: 'SUBJECT_NOT_FOUND', subject: 'nobody' });

    await office.keys.forget(subjectRef, MORNING);

    const failure = { code: 'SUBJECT_ERASED', subject: subjectRef };
    expect(
      await failureOf(office.engine.open(openPermit('open-3', { events: [requested({ ...PERSON, subjectRef })] }))),
    ).toEqual(failure);
    expect(await failureOf(office.engine.send(sendPermit(office.caseId, 'note', noted('x', 'a remark'))))).toEqual(
      failure,
    );
    expect((await office.engine.send(sendPermit(office.caseId, 'note', noted('nothing personal')))).revision).toBe(1);
  });

  it('tells a sender without the role nothing of persons or look-ups', async () => {
    let asked = 0;
    const { engine, caseId } = await reviewing({
      lookups: {
        quota: () => {
          asked += 1;
          return { value: 1, source: 'register' };
        },
      },
    });
    const nobody = { id: 'nobody', roles: ['decider'] };
    expect(
      await codeOf(
        engine.open(openPermit('open-2', { actor: nobody, events: [requested({ ...PERSON, subjectRef: 'guess' })] })),
      ),
    ).toBe('ROLE_NOT_PERMITTED');
    expect(await codeOf(engine.send(sendPermit(caseId, 'grant', granted, { actor: nobody })))).toBe('OUT_OF_SCOPE');
    expect(asked).toBe(0);
  });
});

describe('facts a decision rests on', () => {
  it('are recorded with their source and its revision', async () => {
    const { engine, stored, caseId } = await reviewing({ lookups: quotaOf(2) });
    await engine.send(sendPermit(caseId, 'grant', granted));
    expect((await stored(caseId))[1]!.metadata.facts).toEqual({
      quota: { revision: 12, source: 'quota-register', value: 2 },
    });
  });

  it('are asked for with the key the definition names and the instant the event happened', async () => {
    const asked: unknown[] = [];
    const { engine, caseId } = await reviewing({
      lookups: {
        quota: async (key, at) => {
          asked.push([key, at]);
          return { value: 1, source: 'register' };
        },
      },
    });
    await engine.send(sendPermit(caseId, 'grant', granted));
    expect(asked).toEqual([['planning', MORNING]]);
  });

  it('are replayed as recorded, whatever the source says today', async () => {
    const office = await reviewing({ lookups: quotaOf(1) });
    await office.engine.send(sendPermit(office.caseId, 'grant', granted));

    const today = await another(office, { lookups: quotaOf(0) });
    const bare = await another(office, { lookups: {} });
    for (const { engine } of [today, bare]) {
      expect((await engine.load({ workflow: 'permit', caseId: office.caseId })).state).toBe('granted');
    }
  });

  it('the guard sees what will be recorded, not what the look-up holds', async () => {
    class Quota {
      valueOf(): number {
        return 5;
      }
      toJSON(): number {
        return 0;
      }
    }
    const { engine, caseId } = await reviewing({
      lookups: { quota: () => ({ value: new Quota() as never, source: 'register' }) },
    });
    expect(await codeOf(engine.send(sendPermit(caseId, 'grant', granted)))).toBe('GUARD_DENIED');
  });

  it.each([
    ['is not set up', {}, 'no such look-up is set up'],
    ['fails', { quota: () => Promise.reject(new Error('timeout')) }, 'the look-up failed'],
    [
      'fails at once',
      {
        quota: () => {
          throw new Error('timeout');
        },
      },
      'the look-up failed',
    ],
    ['gives no JSON', { quota: () => ({ value: Number.NaN, source: 'register' }) }, 'the answer has no JSON form'],
  ])('FACT_UNAVAILABLE when the look-up %s: nothing is decided on a guess', async (_how, lookups, detail) => {
    const { engine, caseId, stored } = await reviewing({ lookups: lookups as never });
    expect(await failureOf(engine.send(sendPermit(caseId, 'grant', granted)))).toMatchObject({
      code: 'FACT_UNAVAILABLE',
      fact: 'quota',
      detail,
    });
    expect(await stored(caseId)).toHaveLength(1);
  });

  it("a look-up's own refusal is passed on as it is", async () => {
    const own = new CaseError({ code: 'DEADLINE_UNKNOWN', deadline: 'moon', known: ['decision'] });
    const { engine, caseId } = await reviewing({ lookups: { quota: () => Promise.reject(own) } });
    expect(await failureOf(engine.send(sendPermit(caseId, 'grant', granted)))).toBe(own.failure);
  });
});

describe('when it happened', () => {
  const filed = (occurredAt: string, more = {}) =>
    openPermit(`open-${occurredAt}`, { events: [{ ...requested(), occurredAt }], reason: 'paper form found', ...more });

  it('is when it was taken unless the sender says otherwise', async () => {
    const { stored, caseId } = await reviewing();
    expect((await stored(caseId))[0]!.metadata).toMatchObject({ occurredAt: MORNING, recordedAt: MORNING });
  });

  it('may lie as many days back as the definition says, and is kept in UTC', async () => {
    const { engine, stored } = await permitOffice();
    const { caseId } = await engine.open(filed('2026-02-27T09:00:00+08:00'));
    expect((await stored(caseId))[0]!.metadata).toMatchObject({
      occurredAt: '2026-02-27T01:00:00.000Z',
      recordedAt: MORNING,
    });
  });

  it('BACKDATE_REFUSED names the earliest instant', async () => {
    const { engine } = await permitOffice();
    expect(await failureOf(engine.open(filed('2026-02-27T00:59:59.999Z')))).toEqual({
      code: 'BACKDATE_REFUSED',
      event: 'permit.requested',
      occurredAt: '2026-02-27T00:59:59.999Z',
      earliest: '2026-02-27T01:00:00.000Z',
    });
  });

  it('may lie back only for the roles the definition names', async () => {
    const { engine } = await permitOffice();
    const applicant = { id: 'a-1', roles: ['applicant'] };
    expect(await codeOf(engine.open(filed('2026-03-01T01:00:00Z', { actor: applicant })))).toBe('BACKDATE_REFUSED');
    expect((await engine.open(openPermit('open-now', { actor: applicant }))).revision).toBe(0);
  });

  it('may lie back only for the events the definition names', async () => {
    const { engine, caseId } = await reviewing();
    expect(
      await codeOf(engine.send(sendPermit(caseId, 'note', { ...noted('x'), occurredAt: '2026-03-02T00:59:00Z' }))),
    ).toBe('BACKDATE_REFUSED');
  });

  it('lies back only with a reason', async () => {
    const { engine } = await permitOffice();
    const { reason: _none, ...silent } = filed('2026-03-01T01:00:00Z');
    expect(await failureOf(engine.open(silent))).toEqual({ code: 'REASON_REQUIRED', event: 'permit.requested' });
  });

  it('never lies in the future, but for a second by which clocks differ', async () => {
    const { engine } = await permitOffice();
    expect(await codeOf(engine.open(filed('2026-03-02T01:00:01.001Z')))).toBe('BACKDATE_REFUSED');
    expect((await engine.open(filed('2026-03-02T01:00:01Z'))).revision).toBe(0);
  });
});

describe('when it was recorded', () => {
  it('never runs backwards within a case, though the clock does', async () => {
    const { engine, stored, caseId, clock } = await reviewing();
    clock.set('2026-03-02T00:00:00Z');
    await engine.send(sendPermit(caseId, 'note-1', noted('an hour back')));
    clock.set('2026-03-02T03:00:00Z');
    await engine.send(sendPermit(caseId, 'note-2', noted('on again')));

    expect((await stored(caseId)).map(({ metadata }) => metadata.recordedAt)).toEqual([
      MORNING,
      MORNING,
      '2026-03-02T03:00:00.000Z',
    ]);
  });

  it('never runs backwards for an engine that has just read the case', async () => {
    const office = await reviewing();
    office.clock.set('2020-01-01T00:00:00Z');
    const cold = await another(office);
    await cold.engine.send(sendPermit(office.caseId, 'note-1', noted('years back')));
    expect((await office.stored(office.caseId))[1]!.metadata).toMatchObject({
      recordedAt: MORNING,
      occurredAt: MORNING,
    });
  });
});

describe.each([
  ['one memory store', async (): Promise<[Office, Office]> => pair(await permitOffice())],
  [
    'one SQLite file',
    async (): Promise<[Office, Office]> => {
      const first = await officeOnFile(folder('b.ledger'), { lookups: quotaOf(1) });
      return [first, await officeOnFile(folder('b.ledger'), { clock: first.clock, node: 1 })];
    },
  ],
])('what an engine remembers never changes an answer: two over %s', (_place, open) => {
  let here: Office;
  let there: Office;
  let caseId: string;
  beforeEach(async () => {
    [here, there] = await open();
    ({ caseId } = await here.engine.open(openPermit('open-1')));
    await there.engine.send(sendPermit(caseId, 'warm', noted('both have met the case')));
  });
  afterEach(async () => {
    await here.close();
    await there.close();
  });

  it('a revision newer than it remembers is accepted', async () => {
    await there.engine.send(sendPermit(caseId, 'note-2', noted('two')));
    expect(
      (await here.engine.send(sendPermit(caseId, 'note-3', noted('three'), { expectedRevision: 2 }))).revision,
    ).toBe(3);
  });

  it('a revision it remembers but the case has left is refused with the actual one', async () => {
    await there.engine.send(sendPermit(caseId, 'note-2', noted('two')));
    expect(
      await failureOf(here.engine.send(sendPermit(caseId, 'note-3', noted('three'), { expectedRevision: 0 }))),
    ).toMatchObject({ code: 'REVISION_CONFLICT', expected: 0, actual: 2 });
    expect(await here.stored(caseId)).toHaveLength(3);
  });

  it('an event no longer allowed is refused as the case is now', async () => {
    await there.engine.send(sendPermit(caseId, 'grant', granted));
    expect(await failureOf(here.engine.send(sendPermit(caseId, 'note-2', noted('two'))))).toEqual({
      code: 'EVENT_NOT_ALLOWED',
      event: 'permit.noted',
      state: 'granted',
      allowed: [],
    });
  });

  it('a limit is counted over what both have stored', async () => {
    await here.engine.send(sendPermit(caseId, 'note-2', noted('two')));
    await there.engine.send(sendPermit(caseId, 'note-3', noted('three')));
    expect(await codeOf(here.engine.send(sendPermit(caseId, 'note-4', noted('four'))))).toBe('GUARD_DENIED');
    expect(await codeOf(there.engine.send(sendPermit(caseId, 'note-5', noted('five'))))).toBe('GUARD_DENIED');
  });

  it('a conflict is decided again where the sender named no revision', async () => {
    const outcomes = await Promise.all([
      here.engine.send(sendPermit(caseId, 'note-2', noted('two'))),
      there.engine.send(sendPermit(caseId, 'note-3', noted('three'))),
    ]);
    expect(outcomes.map(({ revision }) => revision).sort()).toEqual([2, 3]);
    expect((await here.stored(caseId)).map(({ revision }) => revision)).toEqual([0, 1, 2, 3]);
  });

  it('of two that name the same revision one is accepted', async () => {
    const outcomes = await Promise.allSettled([
      here.engine.send(sendPermit(caseId, 'note-2', noted('two'), { expectedRevision: 1 })),
      there.engine.send(sendPermit(caseId, 'note-3', noted('three'), { expectedRevision: 1 })),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await here.stored(caseId)).toHaveLength(3);
  });

  it('a case opened by the other is known, and not opened twice', async () => {
    await there.engine.open(openPermit('open-2', { caseId: 'q-1' }));
    expect(await codeOf(here.engine.open(openPermit('open-3', { caseId: 'q-1' })))).toBe('CASE_EXISTS');
    expect((await here.engine.send(sendPermit('q-1', 'note', noted('x')))).revision).toBe(1);
  });
});

describe('a no from what an engine remembers', () => {
  const workflows = [permitWorkflow(1, { maxNotes: 1 }), permitWorkflow(2, { maxNotes: 3 })];

  /** Two engines that have met a case under version 1, which takes no more notes; one of them has moved it to version 2, which does. */
  async function moved(): Promise<[Office, Office]> {
    const here = await permitOffice({ workflows });
    const there = await another(here, { workflows });
    await here.engine.open(openPermit('open-1', { caseId: 'p-1', version: 1, events: [requested(), noted('one')] }));
    for (const { engine } of [here, there]) {
      expect(await codeOf(engine.send(sendPermit('p-1', 'note-2', noted('two'))))).toBe('GUARD_DENIED');
    }
    await there.engine.migrate({
      workflow: 'permit',
      caseId: 'p-1',
      commandId: 'move',
      actor: administrator,
      toVersion: 2,
    });
    return [here, there];
  }

  it('does not stand when the case has gone on to where it is a yes', async () => {
    const [here] = await moved();
    expect(await here.engine.send(sendPermit('p-1', 'note-2', noted('two')))).toMatchObject({
      revision: 3,
      version: 2,
    });
  });

  it('does not stand against a command the other engine has accepted meanwhile', async () => {
    const [here, there] = await moved();
    const first = await there.engine.send(sendPermit('p-1', 'note-2', noted('two')));
    expect(await here.engine.send(sendPermit('p-1', 'note-2', noted('two')))).toEqual({ ...first, repeated: true });
    expect(await here.stored('p-1')).toHaveLength(4);
  });
});

describe('an append whose outcome is unknown', () => {
  type Fault = 'before' | 'after';

  /** A store that reports every one of these appends as unknown, having stored it or not. */
  function unsure(faults: Fault[]): { store: EventStore; offered: () => string[] } {
    const store = memoryEventStore();
    const offered: string[] = [];
    return {
      offered: () => offered,
      store: {
        ...store,
        async append(stream, events, expected) {
          if (!stream.startsWith('permit-')) return store.append(stream, events, expected);
          offered.push(JSON.stringify(events));
          const fault = faults.shift();
          if (fault === undefined) return store.append(stream, events, expected);
          if (fault === 'after') await store.append(stream, events, expected);
          throw new CaseError({ code: 'STORE_OUTCOME_UNKNOWN', stream, detail: 'no answer in time' });
        },
      },
    };
  }

  const courses: Fault[][] = [
    ['before'],
    ['after'],
    ['before', 'after'],
    ['after', 'before'],
    ['after', 'after', 'before'],
    ['before', 'before', 'after'],
    ['after', 'after', 'after'],
  ];

  it.each(courses)('is offered again unchanged and stored once: %s %s %s', async (...faults) => {
    const { store, offered } = unsure(faults.filter(Boolean));
    const { engine, stored } = await permitOffice({ store });

    const receipt = await engine.open(openPermit('open-1'));

    expect(receipt).toMatchObject({ revision: 0, state: 'reviewing' });
    expect(new Set(offered()).size).toBe(1);
    expect(await stored(receipt.caseId)).toHaveLength(1);
    expect(await engine.open(openPermit('open-1'))).toEqual({ ...receipt, repeated: true });
    expect((await engine.send(sendPermit(receipt.caseId, 'note', noted('x')))).revision).toBe(1);
  });

  it.each(courses)('is the same for a case that is open: %s %s %s', async (...faults) => {
    const plan: Fault[] = [];
    const { store } = unsure(plan);
    const { engine, stored } = await permitOffice({ store });
    const { caseId } = await engine.open(openPermit('open-1'));
    plan.push(...faults.filter(Boolean));

    const receipt = await engine.send(sendPermit(caseId, 'note', noted('x')));

    expect(receipt).toMatchObject({ revision: 1, state: 'reviewing' });
    expect(await stored(caseId)).toHaveLength(2);
    expect(await engine.send(sendPermit(caseId, 'note', noted('x')))).toEqual({ ...receipt, repeated: true });
  });

  it('stays unknown when it is nowhere to be found, and a resend settles it', async () => {
    const { store } = unsure(['before', 'before', 'before']);
    const { engine, stored } = await permitOffice({ store });
    const command = openPermit('open-1', { caseId: 'p-1' });

    expect(await failureOf(engine.open(command))).toMatchObject({
      code: 'STORE_OUTCOME_UNKNOWN',
      stream: 'permit-p-1',
    });
    expect(await stored('p-1')).toHaveLength(0);
    expect((await engine.open(command)).revision).toBe(0);
    expect(await stored('p-1')).toHaveLength(1);
  });

  it('that arrives after it was given up is found by the resend', async () => {
    const store = memoryEventStore();
    let late: (() => Promise<unknown>) | undefined;
    let unanswered = false;
    const { engine, stored, clock } = await permitOffice({
      store: {
        ...store,
        async append(stream, events, expected) {
          if (!unanswered) return store.append(stream, events, expected);
          late = () => store.append(stream, events, expected);
          throw new CaseError({ code: 'STORE_OUTCOME_UNKNOWN', stream, detail: 'no answer in time' });
        },
      },
    });
    const { caseId } = await engine.open(openPermit('open-1'));
    unanswered = true;
    expect(await codeOf(engine.send(sendPermit(caseId, 'note', noted('x'))))).toBe('STORE_OUTCOME_UNKNOWN');
    unanswered = false;
    await late?.();
    clock.advance(60_000);

    expect(await engine.send(sendPermit(caseId, 'note', noted('x')))).toMatchObject({ revision: 1, repeated: true });
    expect(await stored(caseId)).toHaveLength(2);
    expect((await stored(caseId))[1]!.metadata.recordedAt).toBe(MORNING);
  });
});

describe('a store that cannot take an append', () => {
  it.each([
    { code: 'STORE_FULL', detail: 'disk full' } as const,
    { code: 'STORE_UNAVAILABLE', detail: 'no connection' } as const,
    { code: 'OVERLOADED', queue: 'append', limit: 1 } as const,
  ])('says so ($code), and the engine remembers nothing of it', async (failure) => {
    const store = memoryEventStore();
    let broken = false;
    const office = await permitOffice({
      store: {
        ...store,
        async append(stream, events, expected) {
          if (broken) throw new CaseError(failure);
          return store.append(stream, events, expected);
        },
      },
    });
    const { caseId } = await office.engine.open(openPermit('open-1'));
    broken = true;
    expect(await failureOf(office.engine.send(sendPermit(caseId, 'note', noted('x'))))).toEqual(failure);
    expect(await failureOf(office.engine.open(openPermit('open-2', { caseId: 'q-1' })))).toEqual(failure);
    expect((await office.engine.load({ workflow: 'permit', caseId })).revision).toBe(0);
    broken = false;

    expect(await office.engine.send(sendPermit(caseId, 'note', noted('x')))).toMatchObject({
      revision: 1,
      repeated: false,
    });
    expect(await office.engine.open(openPermit('open-2', { caseId: 'q-1' }))).toMatchObject({
      revision: 0,
      repeated: false,
    });
  });
});

describe('more commands than may be under way', () => {
  it('are answered OVERLOADED, none of those taken is forgotten, and a resend works', async () => {
    const store = memoryEventStore();
    const held = gate();
    const { engine, stored } = await permitOffice({
      maxPending: 3,
      store: {
        ...store,
        async append(stream, events, expected) {
          if (stream.startsWith('permit-')) await held.passed;
          return store.append(stream, events, expected);
        },
      },
    });
    const commands = [1, 2, 3, 4, 5].map((n) =>
      openPermit(`open-${n}`, { caseId: `p-${n}`, events: [requested({ ...PERSON, idNumber: String(n) })] }),
    );

    const answers = commands.map((command) =>
      engine.open(command).catch((error: unknown) => (error as CaseError).failure),
    );
    expect(engine.pending()).toBe(3);
    const joined = engine.open(commands[0]!);
    held.open();

    expect((await Promise.all(answers)).slice(3)).toEqual([
      { code: 'OVERLOADED', queue: 'command', limit: 3 },
      { code: 'OVERLOADED', queue: 'command', limit: 3 },
    ]);
    expect(await joined).toMatchObject({ caseId: 'p-1', repeated: true });
    expect(engine.pending()).toBe(0);
    for (const n of [1, 2, 3]) expect(await stored(`p-${n}`)).toHaveLength(1);
    for (const n of [4, 5]) expect(await stored(`p-${n}`)).toHaveLength(0);
    expect(await engine.open(commands[3]!)).toMatchObject({ revision: 0, repeated: false });
  });
});

describe('who may look', () => {
  it('a case beyond the reader is not found', async () => {
    const { engine, caseId } = await reviewing();
    const ref = { workflow: 'permit', caseId };
    for (const reader of [clerk, decider, { id: 'clerk-1', roles: ['applicant'] }, { id: 'x', roles: ['auditor'] }]) {
      expect((await engine.load(ref, { reader })).revision).toBe(0);
    }
    for (const reader of [
      { ...clerk, region: '330922' },
      { id: 'x', roles: ['clerk'] },
      { id: 'x', roles: ['applicant'] },
      { id: 'x', roles: ['ghost'] },
      { id: 'x', roles: [] },
    ]) {
      expect(await codeOf(engine.load(ref, { reader }))).toBe('CASE_NOT_FOUND');
      expect(await codeOf(engine.history(ref, { reader }))).toBe('CASE_NOT_FOUND');
      expect(await codeOf(engine.next(ref, reader))).toBe('CASE_NOT_FOUND');
    }
  });

  it('personal fields are withheld, and shown only with a purpose, which is recorded', async () => {
    const { engine, keys, caseId, stream, stored } = await reviewing();
    const ref = { workflow: 'permit', caseId };
    const { subjectRef } = (await stored(caseId))[0]!.data.applicant as { subjectRef: string };

    expect((await engine.history(ref))[0]!.data.applicant).toEqual({
      kind: 'person',
      subjectRef,
      name: { withheld: true },
      idNumber: { withheld: true },
    });
    expect(keys.accesses(subjectRef)).toEqual([]);

    const [event] = await engine.history(ref, { reveal: { actor: 'clerk-1', purpose: 'to write the permit' } });
    expect(event!.data.applicant).toEqual({ ...PERSON, subjectRef });
    expect(keys.accesses(subjectRef)).toEqual([
      { at: MORNING, actor: 'clerk-1', subject: subjectRef, stream, purpose: 'to write the permit' },
    ]);
  });
});

describe('what may follow', () => {
  it('is what is accepted', async () => {
    const { engine, caseId } = await reviewing();
    expect((await engine.next({ workflow: 'permit' }, clerk)).map(({ type, permitted }) => [type, permitted])).toEqual([
      ['permit.requested', true],
    ]);
    const offered = await engine.next({ workflow: 'permit', caseId }, clerk);
    expect(offered.map(({ type, permitted }) => [type, permitted])).toEqual([
      ['permit.noted', true],
      ['permit.granted', false],
      ['permit.refused', false],
    ]);
    for (const n of [1, 2, 3]) await engine.send(sendPermit(caseId, `note-${n}`, noted('x')));
    expect((await engine.next({ workflow: 'permit', caseId }, clerk))[0]).toMatchObject({
      type: 'permit.noted',
      permitted: false,
      blockedBy: [{ guard: 'mayNote' }],
    });
  });
});

function cyclic(): object {
  const data: { text: string; self?: unknown } = { text: 'x' };
  data.self = data;
  return data;
}

async function pair(first: Office): Promise<[Office, Office]> {
  return [first, await another(first)];
}
