import { replay } from '../../src/domain/replay.js';
import type { OpenCommand } from '../../src/engine/command.js';
import { checkLedger } from '../../src/engine/ledger-check.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { ferry } from '../support/ferry.js';
import { permitWorkflow } from '../support/permit.js';
import {
  administrator,
  another,
  clerk,
  codeOf,
  failureOf,
  granted,
  importer,
  noted,
  openPermit,
  PERSON,
  permitOffice,
  quotaOf,
  refused,
  requested,
  sendPermit,
} from './permit-office.js';

const ref = { workflow: 'permit', caseId: 'p-1' };
const at = (day: number) => `2020-05-${String(day).padStart(2, '0')}T08:00:00.000Z`;

/** A step the rules refuse, of an event without personal data. */
const unserialled = { type: 'permit.granted', data: {} };

/** A recorded log: what happened elsewhere, a day apart. */
function recorded(commandId: string, events: OpenCommand['events'], more: Partial<OpenCommand> = {}): OpenCommand {
  return {
    workflow: 'permit',
    caseId: 'p-1',
    commandId,
    actor: importer,
    events: events.map((event, day) => ({ occurredAt: at(day + 1), ...event })),
    ...more,
  };
}

describe('a recorded log', () => {
  it('is taken in under the times and without the roles of its own', async () => {
    const { engine, stored } = await permitOffice();
    const receipt = await engine.record(recorded('log-1', [requested(), noted('one'), granted]));

    expect(receipt).toMatchObject({ revision: 2, state: 'granted', deviations: [], repeated: false });
    const events = await stored('p-1');
    expect(events.map(({ metadata }) => metadata.occurredAt)).toEqual([at(1), at(2), at(3)]);
    expect(events.map(({ metadata }) => metadata.actor)).toEqual(
      [1, 2, 3].map(() => ({ id: 'log-import', role: 'importer' })),
    );
    expect(await engine.load(ref, { asOf: { instant: at(2), by: 'occurred' } })).toMatchObject({
      revision: 1,
      state: 'reviewing',
    });
  });

  it('keeps the steps the rules would have refused, beside the machine', async () => {
    const { engine, stored, registry, store } = await permitOffice({ lookups: quotaOf(0) });
    const steps = [
      { type: 'permit.granted', data: { serial: 'P-1' } },
      requested(),
      { type: 'permit.granted', data: { serial: 'P-2' } },
      { type: 'permit.granted', data: { serial: 7 } },
      refused,
    ];

    const { deviations, state, revision } = await engine.record(recorded('log-1', steps));

    expect({ state, revision }).toEqual({ state: 'reviewing', revision: 4 });
    expect(deviations.map(({ revision, event, code }) => [revision, event, code])).toEqual([
      [0, 'permit.granted', 'EVENT_NOT_ALLOWED'],
      [2, 'permit.granted', 'GUARD_DENIED'],
      [3, 'permit.granted', 'EVENT_DATA_INVALID'],
      [4, 'permit.refused', 'REASON_REQUIRED'],
    ]);
    expect(deviations[1]!.refusal).toBe('"permit.granted" is refused: the department\'s quota is used up');
    const events = await stored('p-1');
    expect(events.map(({ type, metadata }) => [type, metadata.state])).toEqual([
      ['step.deviated', 'draft'],
      ['permit.requested', 'reviewing'],
      ['step.deviated', 'reviewing'],
      ['step.deviated', 'reviewing'],
      ['step.deviated', 'reviewing'],
    ]);
    expect(events[3]!.data).toEqual({
      code: 'EVENT_DATA_INVALID',
      data: { serial: 7 },
      event: 'permit.granted',
      refusal: expect.any(String),
    });
    expect(events[3]!.metadata.occurredAt).toBe(at(4));
    expect(replay(events, registry)).toMatchObject({ state: 'reviewing', revision: 4 });
    expect(await checkLedger(store, registry)).toMatchObject({ cases: 1, diverging: [] });
  });

  it('says why a step was kept so without a word of what was sent', async () => {
    const { engine, stored } = await permitOffice();
    const steps = [requested(), { type: 'permit.granted', data: { serial: 'P-1', '330921199001011234': 'x' } }];

    const { deviations } = await engine.record(recorded('log-1', steps));

    const kept = (await stored('p-1'))[1]!.data;
    expect([kept.code, kept.refusal]).toEqual(['EVENT_DATA_INVALID', deviations[0]!.refusal]);
    expect(kept.refusal).toContain('One key is not known here');
    expect(kept.refusal).not.toContain('330921199001011234');
  });

  it('goes on as a case like any other', async () => {
    const office = await permitOffice();
    await office.engine.record(recorded('log-1', [requested(), unserialled]));
    expect(await office.engine.send(sendPermit('p-1', 'note-1', noted('one')))).toMatchObject({
      revision: 2,
      state: 'reviewing',
    });
    expect(await (await another(office)).engine.send(sendPermit('p-1', 'grant', granted))).toMatchObject({
      revision: 3,
      state: 'granted',
    });
  });

  it('was opened when its first step happened, also after it moved to another version', async () => {
    const workflows = [permitWorkflow(1), permitWorkflow(2)];
    const office = await permitOffice({ workflows });
    await office.engine.record(recorded('log-1', [unserialled], { version: 1 }));
    await office.engine.migrate({ ...ref, commandId: 'move', actor: administrator, toVersion: 2 });
    const cold = await another(office, { workflows });
    expect(office.engine.known(ref)).toEqual(await cold.engine.load(ref));
    expect(await cold.engine.load(ref)).toMatchObject({ version: 2, revision: 1, state: 'draft', openedAt: at(1) });
  });

  it('is taken in once, and lists its deviations again', async () => {
    const office = await permitOffice();
    const command = recorded('log-1', [requested(), unserialled]);
    const first = await office.engine.record(command);
    for (const { engine } of [office, await another(office)])
      expect(await engine.record(command)).toEqual({ ...first, repeated: true });
    expect(await office.stored('p-1')).toHaveLength(2);
  });

  it('goes on where it ended', async () => {
    const { engine, stored } = await permitOffice();
    await engine.record(recorded('log-1', [requested()]));
    expect(await engine.record(recorded('log-2', [noted('one'), granted]))).toMatchObject({
      revision: 2,
      state: 'granted',
    });
    expect(await stored('p-1')).toHaveLength(3);
  });

  it.each([
    ['is not allowed', [requested(), requested({ ...PERSON, idNumber: '2' })], 'EVENT_NOT_ALLOWED'],
    ['cannot be read', [requested({ ...PERSON, idNumber: 7 })], 'EVENT_DATA_INVALID'],
  ])(
    'is refused whole where a step with personal data %s: it is never kept in the clear',
    async (_why, events, code) => {
      const { engine, stored, keys } = await permitOffice();
      expect(await codeOf(engine.record(recorded('log-1', events)))).toBe(code);
      expect(await stored('p-1')).toEqual([]);
      expect(keys.find([{ field: 'idNumber', value: '2' }])).toBeUndefined();
    },
  );

  it('is refused whole where a look-up fails: that is no deviation', async () => {
    const { engine, stored } = await permitOffice({ lookups: {} });
    expect(await failureOf(engine.record(recorded('log-1', [requested(), granted])))).toMatchObject({
      code: 'FACT_UNAVAILABLE',
    });
    expect(await stored('p-1')).toEqual([]);
  });

  it.each([
    ['an event the workflow does not know', 'permit.recieved'],
    ["an event of the engine's own", 'case.migrated'],
  ])('is refused whole where it brings %s: what any event keeps sealed could be in it', async (_which, type) => {
    const { engine, stored } = await permitOffice();
    const steps = [requested(), { type, data: { name: PERSON.name, idNumber: PERSON.idNumber } }];

    expect(await failureOf(engine.record(recorded('log-1', steps)))).toMatchObject({
      code: 'EVENT_UNKNOWN',
      event: type,
    });
    expect(await stored('p-1')).toEqual([]);
  });

  it('keeps events nobody knows as deviations where no event of the workflow has personal data', async () => {
    const { engine, store } = await permitOffice({ workflows: [ferry] });
    const { deviations } = await engine.record({
      ...recorded('log-1', [
        { type: 'ferry.boarded', data: { seats: 1 } },
        { type: 'ferry.sunk', data: { where: 'in the harbour' } },
        { type: 'case.migrated', data: { to: { version: 9 } } },
        { type: 'step.deviated', data: {} },
      ]),
      workflow: 'ferry',
    });

    expect(deviations.map(({ event, code }) => [event, code])).toEqual([
      ['ferry.sunk', 'EVENT_UNKNOWN'],
      ['case.migrated', 'EVENT_UNKNOWN'],
      ['step.deviated', 'EVENT_UNKNOWN'],
    ]);
    const events = await readStream(store, 'ferry-p-1');
    expect(events.slice(1).map(({ type }) => type)).toEqual(['step.deviated', 'step.deviated', 'step.deviated']);
    expect(events[1]!.data).toMatchObject({ event: 'ferry.sunk', data: { where: 'in the harbour' } });
    expect((await engine.load({ workflow: 'ferry', caseId: 'p-1' })).version).toBe(1);
  });

  it('may be recorded by an importer only, who in turn sends nothing', async () => {
    const { engine } = await permitOffice();
    expect(await failureOf(engine.record(recorded('log-1', [requested()], { actor: clerk })))).toEqual({
      code: 'ROLE_NOT_PERMITTED',
      event: 'record',
      required: ['importer'],
      held: ['clerk'],
    });
    expect(await codeOf(engine.open(openPermit('open-1', { actor: importer })))).toBe('ROLE_NOT_PERMITTED');
  });
});
