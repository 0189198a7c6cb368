import { CaseError } from '../../../src/domain/case-error.js';
import type { Reaction } from '../../../src/domain/reaction.js';
import type { CommandTaker } from '../../../src/engine/reactions/command-dispatch.js';
import { MAX_ATTEMPTS } from '../../../src/engine/reactions/reaction-follower.js';
import type { ReactionRunner } from '../../../src/engine/reactions/reaction-runner.js';
import { sqliteReadStore } from '../../../src/read-store/sqlite/sqlite-read-store.js';
import { hurried } from '../../support/hurried.js';
import { ordersInspections } from '../../support/inspection.js';
import { codeOf, importer, noted } from '../permit-office.js';
import { failingOn, type InspectingOffice, inspectingOffice } from './inspecting-office.js';

let office: InspectingOffice;
beforeEach(async () => {
  office = await inspectingOffice();
});
afterEach(() => office.close());

const by = { actor: 'admin-1', reason: 'the register is back' };

/** The worker once it has dealt with everything stored so far. */
async function quiet(worker: ReactionRunner): Promise<void> {
  await worker.waitFor(await office.head());
}

/** Lets time pass until everything that is tried again has been parked. */
async function untilParked(worker: ReactionRunner): Promise<void> {
  for (;;) {
    const waiting = await worker.waiting();
    if (waiting.length > 0 && waiting.every(({ status }) => status !== 'retrying')) return;
    office.clock.advance(60_000);
    await hurried(1, new AbortController().signal);
  }
}

/** The engine, but for commands that a test lets fail. */
function failingEngine(fails: (text: string) => boolean, failure: () => Error): CommandTaker {
  const { engine } = office;
  const check = (command: Parameters<CommandTaker['open']>[0]): void => {
    if (fails((command.events[0]!.data as { readonly text: string }).text)) throw failure();
  };
  return {
    async open(command) {
      check(command);
      return engine.open(command);
    },
    async send(command) {
      check(command);
      return engine.send(command);
    },
  };
}

const down = () => new CaseError({ code: 'STORE_UNAVAILABLE', detail: 'down' });

describe('a reaction', () => {
  it('opens a case, and sends to it from then on', async () => {
    const worker = await office.worker();
    await office.permit('p-1');
    await office.permit('p-2');
    await office.note('p-1', 'one');
    await office.note('p-2', 'two');
    await quiet(worker);

    expect(await office.orders('planning')).toEqual(['one', 'two']);
    expect(await office.outcomes()).toEqual([]);
  });

  it('carries correlation, causation and its own account and role', async () => {
    const worker = await office.worker();
    await office.permit('p-1');
    await office.note('p-1', 'one');
    await quiet(worker);

    const [cause] = (await office.stored('p-1')).slice(-1);
    const [order] = await office.store.read(`inspection-${office.inspectionOf('planning')}`);
    expect(order!.metadata).toMatchObject({
      actor: { id: 'reaction:orders-inspections', role: 'inspectionDesk' },
      correlation: cause!.metadata.correlation,
      causation: cause!.id,
    });
  });

  it('goes on where it was when it is started again', async () => {
    const first = await office.worker();
    await office.permit('p-1');
    await office.note('p-1', 'one');
    await quiet(first);
    await first.stop();
    await office.note('p-1', 'two');

    await quiet(await office.worker());

    expect(await office.orders('planning')).toEqual(['one', 'two']);
  });

  it('works everything out again where its read store is lost, and does nothing twice', async () => {
    const first = await office.worker();
    await office.permit('p-1');
    await office.note('p-1', 'one');
    await quiet(first);
    await first.stop();
    const readStore = sqliteReadStore({ path: ':memory:' });

    const second = await office.worker({ readStore });
    await quiet(second);
    await second.stop();
    await readStore.close();

    expect(await office.orders('planning')).toEqual(['one']);
  });

  it('leaves alone what happened before the ledger had it', async () => {
    await office.permit('p-1');
    await office.note('p-1', 'long ago');
    const worker = await office.worker();
    await office.note('p-1', 'now');
    await quiet(worker);

    expect(await office.orders('planning')).toEqual(['now']);
  });

  it('leaves alone what was taken over from a log', async () => {
    const worker = await office.worker();
    await office.permit('p-1');
    await office.engine.record({
      workflow: 'permit',
      caseId: 'p-1',
      commandId: 'log',
      actor: importer,
      events: [noted('elsewhere')],
    });
    await quiet(worker);

    expect(await office.orders('planning')).toEqual([]);
  });

  it('done by two workers at once is done once', async () => {
    const workers = [await office.worker(), await office.worker()];
    for (const department of ['planning', 'traffic', 'housing']) await office.permit(department, department);
    for (let round = 0; round < 4; round += 1)
      for (const department of ['planning', 'traffic', 'housing']) await office.note(department, `note ${round}`);
    for (const worker of workers) await quiet(worker);

    for (const department of ['planning', 'traffic', 'housing'])
      expect(await office.orders(department)).toEqual(['note 0', 'note 1', 'note 2', 'note 3']);
    expect(await office.outcomes()).toEqual([]);
  });

  it('says how far it is', async () => {
    const worker = await office.worker();
    await office.permit('p-1');
    await office.note('p-1', 'one');
    await quiet(worker);

    expect(await worker.status()).toEqual([
      expect.objectContaining({ name: 'orders-inspections', version: 1, parked: 0, retrying: 0, behind: 0 }),
    ]);
  });
});

describe('a refusal', () => {
  async function refusedOrder(): Promise<ReactionRunner> {
    const worker = await office.worker();
    await office.permit('p-1');
    await office.note('p-1', 'one');
    await quiet(worker);
    await office.inspect('planning', 'held');
    await office.note('p-1', 'two');
    await quiet(worker);
    return worker;
  }

  it('is recorded, with what was refused, why, and what had caused it', async () => {
    await refusedOrder();

    const cause = (await office.stored('p-1')).at(-1)!;
    const caseId = office.inspectionOf('planning');
    expect(await office.outcomes()).toEqual([
      expect.objectContaining({
        type: 'reaction.refused',
        data: expect.objectContaining({
          reaction: { name: 'orders-inspections', version: 1 },
          cause: { id: cause.id, stream: 'permit-p-1', revision: 2, type: 'permit.noted', workflow: 'permit' },
          target: { workflow: 'inspection', caseId, stream: `inspection-${caseId}` },
          events: ['inspection.ordered'],
          code: 'EVENT_NOT_ALLOWED',
        }),
      }),
    ]);
  });

  it('holds up nothing', async () => {
    const worker = await refusedOrder();
    await office.inspect('planning', 'reopened');
    await office.note('p-1', 'three');
    await quiet(worker);

    expect(await office.orders('planning')).toEqual(['one', 'three']);
    expect(await worker.waiting()).toEqual([]);
  });

  it('stays one when the target would take it by now, even where the read store is lost', async () => {
    const worker = await refusedOrder();
    await worker.stop();
    await office.inspect('planning', 'reopened');
    const readStore = sqliteReadStore({ path: ':memory:' });
    const second = await office.worker({ readStore });
    await quiet(second);
    await second.stop();
    await readStore.close();

    expect(await office.orders('planning')).toEqual(['one']);
    expect(await office.outcomes()).toHaveLength(1);
  });

  it('by a guard keeps the reasons in both languages', async () => {
    const worker = await office.worker();
    await office.permit('p-1');
    for (let round = 1; round <= 6; round += 1) await office.note('p-1', `note ${round}`);
    await quiet(worker);

    expect((await office.outcomes())[0]!.data).toMatchObject({
      code: 'GUARD_DENIED',
      reasons: [{ guard: 'mayOrder', title: { en: 'five orders are enough', zh: '已达五次' } }],
    });
  });
});

describe('a fault', () => {
  it('that passes is tried again, in order', async () => {
    let failures = 2;
    const engine = failingEngine((text) => text === 'two' && failures-- > 0, down);
    const worker = await office.worker({ engine });
    await office.permit('p-1');
    for (const text of ['one', 'two', 'three']) await office.note('p-1', text);
    while ((await worker.waiting()).length > 0 || (await office.orders('planning')).length < 3) {
      office.clock.advance(1_000);
      await hurried(1, new AbortController().signal);
    }

    expect(await office.orders('planning')).toEqual(['one', 'two', 'three']);
  });

  it('that lasts parks its own target only; what is for the same target waits behind it', async () => {
    const worker = await office.worker({ engine: failingEngine((text) => text === 'two', down) });
    await office.permit('p-1');
    await office.permit('p-2', 'traffic');
    for (const text of ['one', 'two', 'three']) await office.note('p-1', text);
    await office.note('p-2', 'elsewhere');
    await untilParked(worker);

    expect(await office.orders('planning')).toEqual(['one']);
    expect(await office.orders('traffic')).toEqual(['elsewhere']);
    expect(await worker.waiting()).toMatchObject([
      {
        reaction: 'orders-inspections',
        status: 'parked',
        attempts: MAX_ATTEMPTS,
        target: { workflow: 'inspection', caseId: office.inspectionOf('planning') },
        cause: { stream: 'permit-p-1', type: 'permit.noted' },
        detail: expect.stringContaining('STORE_UNAVAILABLE'),
      },
      { status: 'behind' },
    ]);
    expect(await worker.status()).toMatchObject([{ parked: 1, behind: 1, retrying: 0 }]);
  });

  it('stays parked over a restart, and goes on in order once released', async () => {
    const first = await office.worker({ engine: failingEngine((text) => text === 'two', down) });
    await office.permit('p-1');
    for (const text of ['one', 'two', 'three']) await office.note('p-1', text);
    await untilParked(first);
    await first.stop();

    const second = await office.worker();
    await second.waitFor(await office.head());
    expect(await office.orders('planning')).toEqual(['one']);
    const [parked] = await second.waiting();
    await second.release(parked!.id, by);
    await quiet(second);

    expect(await office.orders('planning')).toEqual(['one', 'two', 'three']);
    expect(await second.waiting()).toEqual([]);
    expect(await office.outcomes()).toMatchObject([
      { type: 'reaction.released', metadata: { actor: { id: 'admin-1' }, reason: by.reason } },
    ]);
  });

  it('may be skipped, for good: what was behind it goes on, and no lost read store brings it back', async () => {
    const first = await office.worker({ engine: failingEngine((text) => text === 'two', down) });
    await office.permit('p-1');
    for (const text of ['one', 'two', 'three']) await office.note('p-1', text);
    await untilParked(first);
    const [parked] = await first.waiting();
    await first.skip(parked!.id, by);
    await quiet(first);
    await first.stop();
    const readStore = sqliteReadStore({ path: ':memory:' });
    const second = await office.worker({ readStore });
    await quiet(second);
    await second.stop();
    await readStore.close();

    expect(await office.orders('planning')).toEqual(['one', 'three']);
    expect(await office.outcomes()).toMatchObject([{ type: 'reaction.skipped', metadata: { reason: by.reason } }]);
  });

  it('of the function holds up the case it came from, and is taken up where it was', async () => {
    let healed = false;
    const reactions = [failingOn('two', () => healed)] as readonly Reaction[];
    const worker = await office.worker({ reactions });
    await office.permit('p-1');
    await office.permit('p-2', 'traffic');
    for (const text of ['one', 'two', 'three']) await office.note('p-1', text);
    await office.note('p-2', 'elsewhere');
    await untilParked(worker);
    expect(await office.orders('planning')).toEqual(['one']);
    expect(await office.orders('traffic')).toEqual(['elsewhere']);

    healed = true;
    const [parked] = await worker.waiting();
    expect(parked).toMatchObject({ status: 'parked', target: undefined, detail: 'Error: the function is at fault' });
    await worker.release(parked!.id, by);
    await quiet(worker);

    expect(await office.orders('planning')).toEqual(['one', 'two', 'three']);
  });

  it('released from another process is taken up by the one that follows the log', async () => {
    let broken = true;
    const worker = await office.worker({ engine: failingEngine((text) => broken && text === 'one', down) });
    await office.permit('p-1');
    await office.note('p-1', 'one');
    await untilParked(worker);
    broken = false;

    const desk = await office.worker({ follow: false });
    const [parked] = await desk.waiting();
    await desk.release(parked!.id, by);
    while ((await worker.waiting()).length > 0) await worker.waitFor(await office.head());

    expect(await office.orders('planning')).toEqual(['one']);
  });

  it('that is not parked cannot be released or skipped', async () => {
    const worker = await office.worker();

    expect(await codeOf(worker.release('nothing', by))).toBe('REACTION_NOT_PARKED');
    expect(await codeOf(worker.skip('nothing', by))).toBe('REACTION_NOT_PARKED');
  });

  it('of the read store is outlasted', async () => {
    let failures = 3;
    const readStore: typeof office.readStore = {
      ...office.readStore,
      commit: (...args) => {
        if (args[2].events > 0 && failures-- > 0) return Promise.reject(down());
        return office.readStore.commit(...args);
      },
    };
    const told: unknown[] = [];
    const worker = await office.worker({ readStore, onFailure: (error) => told.push(error) });
    await office.permit('p-1');
    await office.note('p-1', 'one');
    await quiet(worker);

    expect(await office.orders('planning')).toEqual(['one']);
    expect(told.length).toBeGreaterThan(0);
  });
});

describe('a reaction that follows cases', () => {
  const follower: Reaction = {
    ...ordersInspections,
    name: 'follows-permits',
    follows: true,
    react: ({ event, caseId, history }) => [
      {
        workflow: 'inspection',
        caseId: { derivedFrom: ['planning'] },
        mode: 'openOrSend',
        events: [{ type: 'inspection.ordered', data: { permit: caseId, text: `${history.length} ${event.type}` } }],
      },
    ],
  };

  it('is given every later event of a case it has met, over restarts, until the case closes', async () => {
    const first = await office.worker({ reactions: [follower] });
    await office.permit('p-1');
    await office.permit('p-2');
    await office.note('p-1', 'from here on');
    await quiet(first);
    await first.stop();
    const second = await office.worker({ reactions: [follower] });
    for (const caseId of ['p-1', 'p-2'])
      await office.engine.send({
        workflow: 'permit',
        caseId,
        commandId: `grant ${caseId}`,
        actor: { id: 'decider-1', roles: ['decider'], department: 'planning' },
        events: [{ type: 'permit.granted', data: { serial: caseId } }],
      });
    await quiet(second);

    expect(await office.orders('planning')).toEqual(['2 permit.noted', '3 permit.granted']);
  });
});
