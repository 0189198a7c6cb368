import { decidedCases } from '../../src/engine/decided-cases.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { permitWorkflow } from '../support/permit.js';
import {
  administrator,
  another,
  codeOf,
  granted,
  noted,
  openPermit,
  permitOffice,
  sendPermit,
} from './permit-office.js';

const stream = 'permit-p-1';
const workflows = [permitWorkflow(1), permitWorkflow(2)];

describe('a case known without asking the store', () => {
  const ref = { workflow: 'permit', caseId: 'p-1' };

  it('is the case as this engine met it last', async () => {
    const office = await permitOffice();
    const other = await another(office);
    expect(office.engine.known(ref)).toBeUndefined();
    await office.engine.open(openPermit('open-1', { caseId: 'p-1' }));
    expect(office.engine.known(ref)).toEqual(await office.engine.load(ref));
    expect(other.engine.known(ref)).toBeUndefined();
    await other.engine.send(sendPermit('p-1', 'note-1', noted('one')));
    expect(office.engine.known(ref)!.revision).toBe(0);
    expect(other.engine.known(ref)).toEqual(await office.engine.load(ref));
  });
});

describe('a case kept as it was decided', () => {
  it('is what reading it afresh would give, after any news', async () => {
    const { engine, store, registry } = await permitOffice({ workflows });
    await engine.open(openPermit('open-1', { caseId: 'p-1', version: 1 }));
    const warm = decidedCases(store, registry);
    await warm.load(stream);

    const news = [
      () => engine.send(sendPermit('p-1', 'note-1', noted('one', 'a remark'))),
      () => engine.send({ ...sendPermit('p-1', 'notes', noted('')), events: [noted('two'), noted('three')] }),
      () =>
        engine.migrate({ workflow: 'permit', caseId: 'p-1', commandId: 'move', actor: administrator, toVersion: 2 }),
      () => engine.send(sendPermit('p-1', 'grant', granted)),
    ];
    for (const happen of news) {
      await happen();
      expect(await warm.refresh(stream, warm.known(stream)!)).toBe(true);
      const { state, commands } = warm.known(stream)!;
      const fresh = (await decidedCases(store, registry).load(stream))!;
      expect(commands).toEqual(fresh.commands);
      expect({ ...state, snapshot: state.snapshot.toJSON() }).toEqual({
        ...fresh.state,
        snapshot: fresh.state.snapshot.toJSON(),
      });
      expect(await warm.refresh(stream, warm.known(stream)!)).toBe(false);
    }
  });

  it('knows every command it has seen the state of, also one that came while it was reading', async () => {
    const office = await permitOffice({ workflows });
    const { engine, store, registry } = office;
    await engine.open(openPermit('open-1', { caseId: 'p-1', version: 1 }));
    let meanwhile: (() => Promise<unknown>) | undefined;
    const slow: EventStore = {
      ...store,
      async read(...asked) {
        const page = await store.read(...asked);
        await meanwhile?.();
        meanwhile = undefined;
        return page;
      },
    };
    const warm = decidedCases(slow, registry);
    await warm.load(stream);
    await engine.migrate({ workflow: 'permit', caseId: 'p-1', commandId: 'move', actor: administrator, toVersion: 2 });
    meanwhile = () => engine.send(sendPermit('p-1', 'note-1', noted('meanwhile')));

    await warm.refresh(stream, warm.known(stream)!);

    const { state, commands } = warm.known(stream)!;
    expect([...commands.keys()]).toEqual(['open-1', 'move', 'note-1'].slice(0, state.revision + 1));
  });

  it('that diverges stays as it was', async () => {
    const office = await permitOffice({ workflows: [permitWorkflow(1)] });
    const { engine, store } = office;
    await engine.open(openPermit('open-1', { caseId: 'p-1' }));
    const changed = await another(office, { workflows: [permitWorkflow(1, { maxNotes: 1 })] });
    const warm = decidedCases(store, changed.registry);
    await warm.load(stream);
    await engine.send(sendPermit('p-1', 'note-1', noted('one')));
    await engine.send(sendPermit('p-1', 'note-2', noted('two')));

    expect(await codeOf(warm.refresh(stream, warm.known(stream)!))).toBe('REPLAY_DIVERGED');
    expect(warm.known(stream)!.state.revision).toBe(0);
    expect([...warm.known(stream)!.commands.keys()]).toEqual(['open-1']);
  });

  it('is let go when there are too many, and read again', async () => {
    const { engine, stored } = await permitOffice({ casesCached: 1 });
    for (const caseId of ['p-1', 'p-2', 'p-3']) await engine.open(openPermit(`open-${caseId}`, { caseId }));
    for (const caseId of ['p-1', 'p-2', 'p-3']) {
      expect(await engine.open(openPermit(`open-${caseId}`, { caseId }))).toMatchObject({ repeated: true });
      expect(await engine.send(sendPermit(caseId, 'note', noted('x')))).toMatchObject({ revision: 1 });
      expect(await stored(caseId)).toHaveLength(2);
    }
  });

  it('that is longer than a page of events is read whole', async () => {
    const { engine, store, registry } = await permitOffice({ workflows: [permitWorkflow(1, { maxNotes: 5_000 })] });
    await engine.open(openPermit('open-1', { caseId: 'p-1' }));
    for (const part of [1, 2, 3]) {
      await engine.send({
        ...sendPermit('p-1', `part-${part}`, noted('')),
        events: Array.from({ length: 400 }, (_, n) => noted(`${n}`)),
      });
    }
    const cold = decidedCases(store, registry);
    expect((await cold.load(stream))!.state.revision).toBe(1_200);
    expect((await engine.load({ workflow: 'permit', caseId: 'p-1' })).context).toEqual({ notes: 1_200 });
  });
});
