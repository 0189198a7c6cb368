import { setup } from 'xstate';
import { z } from 'zod';
import type { RecordedEvent } from '../../src/domain/event.js';
import { personal, subject } from '../../src/domain/personal-data.js';
import { defineEvent, defineWorkflow, type MachineEvent } from '../../src/domain/workflow.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  another,
  clerk,
  codeOf,
  failureOf,
  gate,
  granted,
  noted,
  type Office,
  officeOnFile,
  openPermit,
  otherClerk,
  PERSON,
  permitOffice,
  quotaOf,
  requested,
  sendPermit,
} from './permit-office.js';

const folder = temporaryFolder();

/** Two engines over one ledger: in one process over one store, or each with connections of its own to one file. */
const places: [string, () => Promise<[Office, Office]>][] = [
  [
    'one memory store',
    async () => {
      const first = await permitOffice();
      return [first, await another(first)];
    },
  ],
  [
    'one SQLite file',
    async () => {
      const first = await officeOnFile(folder('a.ledger'));
      return [first, await officeOnFile(folder('a.ledger'), { clock: first.clock, node: 1 })];
    },
  ],
];

describe.each(places)('a resent command, two engines over %s', (_place, open) => {
  let here: Office;
  let there: Office;
  beforeEach(async () => {
    [here, there] = await open();
  });
  afterEach(async () => {
    await here.close();
    await there.close();
  });

  it('gets the first answer while the case is as it was', async () => {
    const first = await here.engine.open(openPermit('open-1'));
    expect(first.repeated).toBe(false);
    expect(await here.engine.open(openPermit('open-1'))).toEqual({ ...first, repeated: true });
  });

  it('gets the first answer though the case has gone on to where it would be refused', async () => {
    const { caseId } = await here.engine.open(openPermit('open-1'));
    const first = await here.engine.send(sendPermit(caseId, 'note-1', noted('site plan seen')));
    await here.engine.send(sendPermit(caseId, 'grant-1', granted));

    expect(await here.engine.send(sendPermit(caseId, 'note-1', noted('site plan seen')))).toEqual({
      ...first,
      repeated: true,
    });
    expect(await codeOf(here.engine.send(sendPermit(caseId, 'note-2', noted('too late'))))).toBe('EVENT_NOT_ALLOWED');
  });

  it('gets the first answer from an engine that has never met the case', async () => {
    const opened = await here.engine.open(openPermit('open-1'));
    const first = await here.engine.send(sendPermit(opened.caseId, 'note-1', noted('seen', 'asked by telephone')));

    expect(await there.engine.open(openPermit('open-1'))).toEqual({ ...opened, repeated: true });
    expect(await there.engine.send(sendPermit(opened.caseId, 'note-1', noted('seen', 'asked by telephone')))).toEqual({
      ...first,
      repeated: true,
    });
    expect(await there.stored(opened.caseId)).toHaveLength(2);
  });

  it('gets the first answer from an engine whose memory of the case is older than the command', async () => {
    const { caseId } = await here.engine.open(openPermit('open-1'));
    await there.engine.send(sendPermit(caseId, 'note-1', noted('one')));
    const second = await here.engine.send(sendPermit(caseId, 'note-2', noted('two')));
    await here.engine.send(sendPermit(caseId, 'grant-1', granted));

    expect(await there.engine.send(sendPermit(caseId, 'note-2', noted('two')))).toEqual({ ...second, repeated: true });
    expect(await here.stored(caseId)).toHaveLength(4);
  });

  it('is looked for before the revision it was sent with is compared', async () => {
    const { caseId } = await here.engine.open(openPermit('open-1'));
    const command = sendPermit(caseId, 'note-1', noted('one'), { expectedRevision: 0 });
    const first = await here.engine.send(command);
    await here.engine.send(sendPermit(caseId, 'note-2', noted('two')));

    expect(await here.engine.send(command)).toEqual({ ...first, repeated: true });
    expect(await there.engine.send(command)).toEqual({ ...first, repeated: true });
  });

  it('is stored once when both engines take it at the same time', async () => {
    const { caseId } = await here.engine.open(openPermit('open-1'));
    await there.engine.send(sendPermit(caseId, 'note-0', noted('warm')));
    const command = sendPermit(caseId, 'note-1', noted('one'));

    const [a, b] = await Promise.all([here.engine.send(command), there.engine.send(command)]);

    expect({ ...a, repeated: false }).toEqual({ ...b, repeated: false });
    expect([a.repeated, b.repeated].sort()).toEqual([false, true]);
    expect((await here.stored(caseId)).map(({ type }) => type)).toEqual([
      'permit.requested',
      'permit.noted',
      'permit.noted',
    ]);
  });

  it('opens one case when both engines take it at the same time', async () => {
    const [a, b] = await Promise.all([here.engine.open(openPermit('open-1')), there.engine.open(openPermit('open-1'))]);

    expect({ ...a, repeated: false }).toEqual({ ...b, repeated: false });
    expect(await here.stored(a.caseId)).toHaveLength(1);
    expect(here.keys.find([{ field: 'idNumber', value: PERSON.idNumber }])).toBe(
      subjectIn(await here.stored(a.caseId)),
    );
  });

  it('with other data is told that its id is taken, by a warm and by a cold engine', async () => {
    const { caseId, stream } = await here.engine.open(openPermit('open-1'));
    await here.engine.send(sendPermit(caseId, 'note-1', noted('one')));
    const other = sendPermit(caseId, 'note-1', noted('another'));

    for (const { engine } of [here, there]) {
      expect(await failureOf(engine.send(other))).toEqual({ code: 'COMMAND_ID_REUSED', commandId: 'note-1', stream });
    }
  });

  it.each([
    ['by somebody else', { actor: otherClerk }],
    ['for another party', { actor: { ...clerk, onBehalfOf: 'agency-7' } }],
    ['with another reason', { reason: 'heard by telephone' }],
    ['with other personal data', { events: [noted('one', 'a remark')] }],
    ['with one event more', { events: [noted('one'), noted('two')] }],
  ])('sent again %s is another command under the same id', async (_what, change) => {
    const { caseId } = await here.engine.open(openPermit('open-1'));
    await here.engine.send(sendPermit(caseId, 'note-1', noted('one')));

    expect(await codeOf(there.engine.send(sendPermit(caseId, 'note-1', noted('one'), change)))).toBe(
      'COMMAND_ID_REUSED',
    );
  });

  it('is the same command whatever revision, trace or roles come with it', async () => {
    const { caseId } = await here.engine.open(openPermit('open-1'));
    const first = await here.engine.send(sendPermit(caseId, 'note-1', noted('one')));
    const again = sendPermit(caseId, 'note-1', noted('one'), {
      expectedRevision: 7,
      trace: '00-aa-bb-01',
      actor: { ...clerk, roles: [] },
    });

    expect(await there.engine.send(again)).toEqual({ ...first, repeated: true });
  });

  it('is answered without comparing its data once the person it speaks of was erased', async () => {
    const opened = await here.engine.open(openPermit('open-1'));
    await here.keys.forget(subjectIn(await here.stored(opened.caseId)), '2026-03-02T02:00:00.000Z');

    for (const { engine } of [here, there]) {
      expect(await engine.open(openPermit('open-1'))).toEqual({ ...opened, repeated: true });
      expect(await engine.open(openPermit('open-1', { events: [requested({ ...PERSON, name: 'another' })] }))).toEqual({
        ...opened,
        repeated: true,
      });
    }
  });

  it.each([
    ['by somebody else', { actor: otherClerk }],
    ['for another party', { actor: { ...clerk, onBehalfOf: 'agency-7' } }],
    ['with another event', { events: [noted('one')] }],
    ['with one event more', { events: [requested(), noted('one')] }],
  ])('of a person who was erased is another command when sent %s', async (_what, change) => {
    const { caseId, stream } = await here.engine.open(openPermit('open-1'));
    await here.keys.forget(subjectIn(await here.stored(caseId)), '2026-03-02T02:00:00.000Z');

    for (const { engine } of [here, there]) {
      expect(await failureOf(engine.open(openPermit('open-1', change)))).toEqual({
        code: 'COMMAND_ID_REUSED',
        commandId: 'open-1',
        stream,
      });
    }
  });

  it('with personal data is compared as long as the person is known', async () => {
    await here.engine.open(openPermit('open-1'));
    const other = openPermit('open-1', { events: [requested({ ...PERSON, name: 'another' })] });

    expect(await codeOf(here.engine.open(other))).toBe('COMMAND_ID_REUSED');
    expect(await codeOf(there.engine.open(other))).toBe('COMMAND_ID_REUSED');
  });

  it('that was refused is judged again', async () => {
    const { caseId } = await here.engine.open(openPermit('open-1'));
    const command = sendPermit(caseId, 'note-1', noted('one'), { expectedRevision: 1 });
    expect(await codeOf(here.engine.send(command))).toBe('REVISION_CONFLICT');

    await there.engine.send(sendPermit(caseId, 'note-2', noted('two')));

    expect(await here.engine.send(command)).toMatchObject({ revision: 2, repeated: false });
  });

  it('brings back every event it once brought', async () => {
    const { caseId } = await here.engine.open(openPermit('open-1'));
    const command = {
      ...sendPermit(caseId, 'note-1', noted('one')),
      events: [noted('one'), noted('two', 'remark'), noted('three')],
    };
    const first = await here.engine.send(command);

    expect(first.events.map(({ revision }) => revision)).toEqual([1, 2, 3]);
    expect(await there.engine.send(command)).toEqual({ ...first, repeated: true });
  });
});

describe('a command sent again while it is under way', () => {
  function held(): { store: EventStore; reached: Promise<void>; release: () => void; appends: () => number } {
    const store = memoryEventStore();
    const [reached, released] = [gate(), gate()];
    let appends = 0;
    let hold = false;
    return {
      store: {
        ...store,
        async append(stream, events, expected) {
          if (stream.startsWith('permit-') && hold) {
            appends += 1;
            reached.open();
            await released.passed;
          }
          if (stream.startsWith('permit-')) hold = true;
          return store.append(stream, events, expected);
        },
      },
      reached: reached.passed,
      release: released.open,
      appends: () => appends,
    };
  }

  it('joins the first one and is stored once', async () => {
    const { store, reached, release, appends } = held();
    const { engine, stored } = await permitOffice({ store });
    const { caseId } = await engine.open(openPermit('open-1'));
    const command = sendPermit(caseId, 'note-1', noted('one'));

    const first = engine.send(command);
    await reached;
    const others = [engine.send(command), engine.send(command)];
    expect(engine.pending()).toBe(1);
    release();

    const answer = await first;
    expect(answer.repeated).toBe(false);
    expect(await Promise.all(others)).toEqual([
      { ...answer, repeated: true },
      { ...answer, repeated: true },
    ]);
    expect(appends()).toBe(1);
    expect(await stored(caseId)).toHaveLength(2);
    expect(engine.pending()).toBe(0);
  });

  it('with other data is told at once that the id is taken', async () => {
    const { store, reached, release } = held();
    const { engine } = await permitOffice({ store });
    const { caseId, stream } = await engine.open(openPermit('open-1'));

    const first = engine.send(sendPermit(caseId, 'note-1', noted('one')));
    await reached;
    expect(await failureOf(engine.send(sendPermit(caseId, 'note-1', noted('another'))))).toEqual({
      code: 'COMMAND_ID_REUSED',
      commandId: 'note-1',
      stream,
    });
    release();
    expect((await first).revision).toBe(1);
  });

  it('shares the refusal of the first one', async () => {
    const { engine } = await permitOffice({ lookups: quotaOf(0) });
    const { caseId } = await engine.open(openPermit('open-1'));
    const command = sendPermit(caseId, 'grant-1', granted);

    const both = await Promise.all([codeOf(engine.send(command)), codeOf(engine.send(command))]);
    expect(both).toEqual(['GUARD_DENIED', 'GUARD_DENIED']);
  });
});

describe('the case a command opens', () => {
  it('is named by the command where the sender names none', async () => {
    const office = await permitOffice();
    const first = await office.engine.open(openPermit('open-1'));
    const second = await office.engine.open(openPermit('open-2'));

    expect(first.caseId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-/);
    expect(second.caseId).not.toBe(first.caseId);
    expect((await (await another(office)).engine.open(openPermit('open-1'))).caseId).toBe(first.caseId);
  });

  it('is another one in another ledger', async () => {
    const [one, other] = [await permitOffice(), await permitOffice({ node: 2 })];
    expect((await one.engine.open(openPermit('open-1'))).caseId).not.toBe(
      (await other.engine.open(openPermit('open-1'))).caseId,
    );
  });

  it('opened under a version by name is not the same as under another', async () => {
    const { permitWorkflow } = await import('../support/permit.js');
    const { engine } = await permitOffice({ workflows: [permitWorkflow(1), permitWorkflow(2)] });
    expect((await engine.open(openPermit('open-1', { version: 1 }))).version).toBe(1);
    expect(await codeOf(engine.open(openPermit('open-1', { version: 2 })))).toBe('COMMAND_ID_REUSED');
  });
});

describe('a command that names a person without saying anything of them', () => {
  const title = { en: 'x', zh: 'x' };
  const events = {
    'visit.made': defineEvent({
      title,
      data: z.strictObject({
        whom: subject({ kind: z.string(), name: personal(z.string()).optional() }),
        plot: subject({ at: z.string() }).optional(),
      }),
      roles: ['clerk'],
      labels: ({ data }) => ({ region: '330921', applicant: data.whom.subjectRef }),
    }),
  };
  const visit = defineWorkflow({
    name: 'visit',
    version: 1,
    title,
    machine: setup({ types: { events: {} as MachineEvent<typeof events> } }).createMachine({
      initial: 'open',
      states: { open: { on: { 'visit.made': { target: 'open' } } } },
    }),
    events,
    states: { open: title },
    roles: { clerk: { title, scope: 'region' } },
  });

  it.each([
    ['nothing', { kind: 'person' }],
    ['their name', { kind: 'person', name: 'Chen Yuhan' }],
  ])('is known again by a cold engine: %s', async (_what, whom) => {
    const office = await permitOffice({ workflows: [visit] });
    const command = {
      workflow: 'visit',
      caseId: 'v-1',
      commandId: 'visit-1',
      actor: clerk,
      events: [{ type: 'visit.made', data: { whom, plot: { at: 'north' } } }],
    };
    const first = await office.engine.open(command);

    const cold = await another(office, { workflows: [visit] });
    expect(await cold.engine.open(command)).toEqual({ ...first, repeated: true });
    const other = { ...command, events: [{ type: 'visit.made', data: { whom: { ...whom, kind: 'enterprise' } } }] };
    expect(await codeOf(cold.engine.open(other))).toBe('COMMAND_ID_REUSED');
    const [{ data }] = (await readStream(office.store, 'visit-v-1')) as [RecordedEvent];
    expect('$personal' in data).toBe('name' in whom);
  });
});

function subjectIn(events: Awaited<ReturnType<Office['stored']>>): string {
  return (events[0]!.data.applicant as { subjectRef: string }).subjectRef;
}
