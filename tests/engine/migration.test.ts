import type { JsonObject } from '../../src/domain/event.js';
import { defineWorkflow, type Workflow } from '../../src/domain/workflow.js';
import { checkLedger } from '../../src/engine/ledger-check.js';
import { openLedger } from '../../src/ledger.js';
import { permitWorkflow } from '../support/permit.js';
import {
  administrator,
  another,
  clerk,
  codeOf,
  countingIds,
  failureOf,
  granted,
  noted,
  type Office,
  openPermit,
  permitOffice,
  quotaOf,
  seededBytes,
  sendPermit,
  testClock,
} from './permit-office.js';

const ref = { workflow: 'permit', caseId: 'p-1' };
const first = permitWorkflow(1, { maxNotes: 3 });
const second = permitWorkflow(2, { maxNotes: 1 });
const third = permitWorkflow(3, { maxNotes: 2 });

const move = (commandId: string, toVersion: number, more: object = {}) => ({
  ...ref,
  commandId,
  actor: administrator,
  toVersion,
  ...more,
});

/** A permit opened when there was only version 1, with this many notes; then version 2 is registered. */
async function released(notes: number, workflows: readonly Workflow[] = [first, second]): Promise<Office> {
  const before = await permitOffice({ workflows: [first] });
  await before.engine.open(openPermit('open-1', { caseId: 'p-1' }));
  for (let n = 1; n <= notes; n += 1) await before.engine.send(sendPermit('p-1', `note-${n}`, noted(`note ${n}`)));
  return another(before, { workflows });
}

describe('a case received under version 1', () => {
  it('goes on under version 1 after version 2 is registered', async () => {
    const { engine, stored } = await released(1);
    expect(await engine.send(sendPermit('p-1', 'note-2', noted('allowed by version 1 only')))).toMatchObject({
      version: 1,
      revision: 2,
    });
    expect((await engine.load(ref)).version).toBe(1);
    expect((await stored('p-1'))[2]!.metadata.workflow).toEqual({ hash: first.hash, name: 'permit', version: 1 });
  });

  it('stands beside new ones that are received under version 2, unless they say otherwise', async () => {
    const { engine } = await released(0);
    expect((await engine.open(openPermit('open-2'))).version).toBe(2);
    expect((await engine.open(openPermit('open-3', { version: 1 }))).version).toBe(1);
  });

  it('moves by a recorded event and goes on under version 2', async () => {
    const office = await released(1);
    const { engine, stored } = office;

    expect(await engine.migrate(move('move-1', 2, { reason: 'the new rules favour the applicant' }))).toMatchObject({
      version: 2,
      revision: 2,
      state: 'reviewing',
    });

    const event = (await stored('p-1'))[2]!;
    expect(event).toMatchObject({
      type: 'case.migrated',
      data: { from: { hash: first.hash, version: 1 }, to: { hash: second.hash, version: 2 } },
      metadata: {
        actor: { id: 'admin-1', role: 'administrator' },
        reason: 'the new rules favour the applicant',
        workflow: { version: 2, hash: second.hash },
      },
    });
    for (const { engine: any } of [office, await another(office, { workflows: [first, second] })]) {
      expect(await any.load(ref)).toMatchObject({ version: 2, state: 'reviewing', context: { notes: 1 }, revision: 2 });
      expect(await codeOf(any.send(sendPermit('p-1', 'note-2', noted('one too many'))))).toBe('GUARD_DENIED');
    }
    expect(await engine.send(sendPermit('p-1', 'grant', granted))).toMatchObject({ version: 2, state: 'granted' });
    expect(await engine.load(ref, { asOf: { revision: 1 } })).toMatchObject({ version: 1, revision: 1 });
  });

  it('moves once, however often the command is sent', async () => {
    const { engine, stored } = await released(1);
    const moved = await engine.migrate(move('move-1', 2));
    expect(await engine.migrate(move('move-1', 2))).toEqual({ ...moved, repeated: true });
    expect(await codeOf(engine.migrate(move('move-1', 1)))).toBe('COMMAND_ID_REUSED');
    expect(await stored('p-1')).toHaveLength(3);
  });

  it('stays where version 2 would not have allowed what happened', async () => {
    const { engine, stored } = await released(2);
    expect(await failureOf(engine.migrate(move('move-1', 2)))).toEqual({
      code: 'MIGRATION_REFUSED',
      stream: 'permit-p-1',
      from: 1,
      to: 2,
      detail: 'revision 2 ("permit.noted") is not allowed in "reviewing" of version 2',
    });
    expect(await stored('p-1')).toHaveLength(3);
    expect((await engine.send(sendPermit('p-1', 'note-3', noted('goes on')))).version).toBe(1);
  });

  it('stays where the target declares no way from its version', async () => {
    const { engine } = await released(1, [first, second, third]);
    expect(await failureOf(engine.migrate(move('move-1', 3)))).toMatchObject({
      code: 'MIGRATION_REFUSED',
      detail: 'version 3 declares no migration from 1',
    });
  });

  it('is not moved to where it is, to a version nobody registered, or by a clerk', async () => {
    const { engine } = await released(1);
    expect(await failureOf(engine.migrate(move('move-1', 1)))).toMatchObject({
      code: 'MIGRATION_REFUSED',
      from: 1,
      to: 1,
    });
    expect(await failureOf(engine.migrate(move('move-1', 7)))).toMatchObject({
      code: 'WORKFLOW_VERSION_UNKNOWN',
      version: 7,
      known: [1, 2],
    });
    expect(await failureOf(engine.migrate(move('move-1', 2, { actor: clerk })))).toEqual({
      code: 'ROLE_NOT_PERMITTED',
      event: 'case.migrated',
      required: ['administrator'],
      held: ['clerk'],
    });
    expect(await codeOf(engine.migrate({ ...move('move-1', 2), caseId: 'p-9' }))).toBe('CASE_NOT_FOUND');
  });

  it('is not moved past the revision the administrator saw', async () => {
    const { engine } = await released(1);
    expect(await failureOf(engine.migrate(move('move-1', 2, { expectedRevision: 0 })))).toMatchObject({
      code: 'REVISION_CONFLICT',
      expected: 0,
      actual: 1,
    });
  });

  it('is known to have moved by an engine that remembers it from before', async () => {
    const office = await released(1);
    const other = await another(office, { workflows: [first, second] });
    expect(await codeOf(other.engine.send(sendPermit('p-1', 'void', granted, { actor: clerk })))).toBe(
      'ROLE_NOT_PERMITTED',
    );
    await office.engine.migrate(move('move-1', 2));

    expect(await codeOf(other.engine.send(sendPermit('p-1', 'note-2', noted('one too many'))))).toBe('GUARD_DENIED');
    expect(await other.engine.migrate(move('move-1', 2))).toMatchObject({ revision: 2, version: 2, repeated: true });
    expect(await other.engine.send(sendPermit('p-1', 'note-1', noted('note 1')))).toMatchObject({
      revision: 1,
      version: 1,
      repeated: true,
    });
    expect(await other.engine.send(sendPermit('p-1', 'grant', granted))).toMatchObject({ revision: 3, version: 2 });
  });
});

describe('the check of a ledger', () => {
  const renamed = (version: number, change: object): Workflow =>
    defineWorkflow({ ...permitWorkflow(version), ...change });

  async function checked(workflows: readonly Workflow[]): ReturnType<typeof checkLedger> {
    const { store } = await released(2);
    const ledger = await openLedger({
      store,
      workflows,
      clock: testClock(),
      ids: countingIds(3),
      randomBytes: seededBytes(),
      lookups: quotaOf(1),
    });
    return ledger.check();
  }

  it('finds nothing where the definitions are those the cases were recorded under', async () => {
    expect(await checked([first, second])).toEqual({ cases: 1, events: 3, diverging: [], changedDefinitions: [] });
  });

  it("names the case that today's definition would not bring where it was, and the definition that changed", async () => {
    const changed = permitWorkflow(1, { maxNotes: 1 });
    expect(await checked([changed])).toEqual({
      cases: 1,
      events: 3,
      diverging: [
        {
          workflow: 'permit',
          caseId: 'p-1',
          failure: {
            code: 'REPLAY_DIVERGED',
            stream: 'permit-p-1',
            revision: 2,
            event: 'permit.noted',
            recorded: 'reviewing',
            replayed: 'refused in reviewing',
          },
        },
      ],
      changedDefinitions: [{ workflow: 'permit', version: 1, recorded: first.hash, registered: changed.hash }],
    });
  });

  it('names a definition that changed though every case still replays', async () => {
    const changed = renamed(1, { policy: { fee: 10 } });
    expect(await checked([changed])).toMatchObject({
      diverging: [],
      changedDefinitions: [{ recorded: first.hash, registered: changed.hash }],
    });
  });

  it('does not mind a corrected title', async () => {
    expect(await checked([renamed(1, { title: { en: 'A permit', zh: '许可' } })])).toMatchObject({
      changedDefinitions: [],
    });
  });

  it('names cases of a workflow nobody registered', async () => {
    const other = renamed(1, { name: 'licence' });
    expect(await checked([other])).toEqual({
      cases: 1,
      events: 3,
      diverging: [
        {
          workflow: 'permit',
          caseId: 'p-1',
          failure: { code: 'WORKFLOW_UNKNOWN', workflow: 'permit', known: ['licence'] },
        },
      ],
      changedDefinitions: [],
    });
  });

  it('names cases of a version nobody registered', async () => {
    expect(await checked([second])).toEqual({
      cases: 1,
      events: 3,
      diverging: [
        {
          workflow: 'permit',
          caseId: 'p-1',
          failure: { code: 'WORKFLOW_VERSION_UNKNOWN', workflow: 'permit', version: 1, known: [2] },
        },
      ],
      changedDefinitions: [],
    });
  });

  it('replays every case and says how far it is', async () => {
    const office = await permitOffice();
    for (let n = 0; n < 30; n += 1)
      await office.engine.open(openPermit(`open-${n}`, { events: [...openPermit('').events, noted('x')] }));
    const steps: number[] = [];
    expect(await checkLedger(office.store, office.registry, (events) => steps.push(events))).toMatchObject({
      cases: 30,
      events: 60,
      diverging: [],
    });
    expect(steps.at(-1)).toBe(60);
  });
});

describe("an event in yesterday's shape", () => {
  const today = (): Workflow => {
    const permit = permitWorkflow(1);
    const noting = permit.events['permit.noted']!;
    const upcast = {
      1: ({ text, ...rest }: JsonObject): JsonObject => ({ ...rest, text: `${String(text)} (as then written)` }),
    };
    return defineWorkflow({
      ...permit,
      events: { ...permit.events, 'permit.noted': { ...noting, schema: 2, upcast } },
    });
  };

  it("is read, replayed and gone on with in today's, and stays as it was stored", async () => {
    const yesterday = await permitOffice({ workflows: [first] });
    await yesterday.engine.open(openPermit('open-1', { caseId: 'p-1' }));
    await yesterday.engine.send(sendPermit('p-1', 'note-1', noted('old', 'a remark')));
    const now = await another(yesterday, { workflows: [today()] });

    expect(await now.engine.send(sendPermit('p-1', 'note-2', noted('new')))).toMatchObject({ revision: 2 });
    expect(await now.engine.send(sendPermit('p-1', 'note-1', noted('old', 'a remark')))).toMatchObject({
      revision: 1,
      repeated: true,
    });

    const history = await now.engine.history(ref, { reveal: { actor: 'a', purpose: 'p' } });
    expect(history.slice(1).map(({ data, metadata }) => [metadata.schema, data])).toEqual([
      [1, { text: 'old (as then written)', remark: 'a remark' }],
      [2, { text: 'new' }],
    ]);
    expect((await now.stored('p-1'))[1]!.data.text).toBe('old');
    expect(await checkLedger(now.store, now.registry)).toMatchObject({ cases: 1, diverging: [] });
  });

  it("and in tomorrow's is refused, and listed by the check", async () => {
    const newer = await permitOffice({ workflows: [today()] });
    await newer.engine.open(openPermit('open-1', { caseId: 'p-1' }));
    await newer.engine.send(sendPermit('p-1', 'note-1', noted('new')));
    const older = await another(newer, { workflows: [first] });

    const failure = {
      code: 'ENVELOPE_UNKNOWN',
      stream: 'permit-p-1',
      revision: 1,
      detail: 'its data has shape 2, this version reads up to 1',
    };
    expect(await failureOf(older.engine.load(ref))).toEqual(failure);
    expect(await checkLedger(older.store, older.registry)).toMatchObject({
      cases: 1,
      events: 2,
      diverging: [{ workflow: 'permit', caseId: 'p-1', failure }],
    });
  });
});

describe('a stored case that no longer replays', () => {
  it('is refused by name instead of being shown as something else', async () => {
    const office = await released(2, [permitWorkflow(1, { maxNotes: 1 })]);
    const failure = { code: 'REPLAY_DIVERGED', stream: 'permit-p-1', revision: 2 };
    expect(await failureOf(office.engine.load(ref))).toMatchObject(failure);
    expect(await failureOf(office.engine.history(ref))).toMatchObject(failure);
    expect(await failureOf(office.engine.send(sendPermit('p-1', 'note-3', noted('x'))))).toMatchObject(failure);
    expect(await office.stored('p-1')).toHaveLength(3);
    expect((await office.engine.load(ref, { asOf: { revision: 1 } })).revision).toBe(1);
  });
});
