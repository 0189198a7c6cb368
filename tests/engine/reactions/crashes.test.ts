import type { RecordedEvent } from '../../../src/domain/event.js';
import type { ReactionsDeps } from '../../../src/engine/reactions/reaction-runner.js';
import { sqliteReadStore } from '../../../src/read-store/sqlite/sqlite-read-store.js';
import { hurried } from '../../support/hurried.js';
import { type InspectingOffice, inspectingOffice } from './inspecting-office.js';

type Ports = Pick<ReactionsDeps, 'store' | 'engine' | 'readStore' | 'wait'>;

/** Where a process stops: at the n-th call of any of its ports, before the call has had its effect or after. */
type Stop = { readonly call: number; readonly when: 'before' | 'after' };

/**
 * The ports of a process that stops at one call. From then on nothing it calls has an effect or answers: as for a process
 * that is gone, whose memory is lost and whose stores are not.
 */
function stoppingPorts(ports: Ports, stop: Stop) {
  let calls = 0;
  let gone = false;
  const dead = new AbortController();
  let tell: () => void = () => {};
  const stopped = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const never = new Promise<never>(() => {});

  async function through<Answer>(effect: () => Promise<Answer>): Promise<Answer> {
    if (gone) return never;
    calls += 1;
    const here = calls === stop.call;
    if (here && stop.when === 'before') return end();
    // A refusal is an effect as well.
    const ended = await Promise.allSettled([effect()]);
    if (here) return end();
    if (gone) return never;
    if (ended[0].status === 'rejected') throw ended[0].reason;
    return ended[0].value;
  }

  function end(): Promise<never> {
    gone = true;
    dead.abort();
    tell();
    return never;
  }

  const wrapped = <Port extends object>(port: Port, names: readonly (keyof Port)[]): Port => {
    const through_ = Object.fromEntries(
      names.map((name) => {
        const method = port[name] as (...args: unknown[]) => Promise<unknown>;
        return [name, (...args: unknown[]) => through(() => method(...args))];
      }),
    );
    return { ...port, ...through_ };
  };

  const store = wrapped(ports.store, ['append', 'read', 'readAll', 'head']);
  return {
    stopped,
    /** Ends the process now, unless it has ended by itself; answers whether it had. */
    kill(): boolean {
      const before = gone;
      gone = true;
      dead.abort();
      return before;
    },
    ports: {
      store: {
        ...store,
        async *subscribe(options) {
          for await (const page of ports.store.subscribe(options)) yield await through(async () => page);
        },
      },
      engine: wrapped(ports.engine, ['open', 'send']),
      readStore: wrapped(ports.readStore, ['generations', 'build', 'commit', 'activate', 'drop']),
      async wait(ms, signal) {
        await ports.wait(ms, AbortSignal.any([signal, dead.signal]));
        return gone ? never : undefined;
      },
    } satisfies Ports,
  };
}

/** What a ledger holds in the end about what a reaction did: which notes were ordered for, and which refused. */
async function told(office: InspectingOffice) {
  const outcomes = await office.outcomes();
  const causes = await office.stored('p-1');
  const textOf = (outcome: RecordedEvent): string => {
    const { id } = outcome.data.cause as { id: string };
    return String(causes.find((cause) => cause.id === id)!.data.text);
  };
  return {
    ordered: await office.orders('planning'),
    outcomes: outcomes.map((outcome) => `${outcome.type} ${textOf(outcome)}`),
  };
}

/** Runs a worker that stops at that call; answers false when it was done before. */
async function stopsIn(office: InspectingOffice, stop: Stop): Promise<boolean> {
  const { store, engine, readStore } = office;
  const dying = stoppingPorts({ store, engine, readStore, wait: hurried }, stop);
  const head = await office.head();
  // One that stops while it is being opened never answers.
  const done = office.mortal(dying.ports).then((worker) => worker.waitFor(head));
  await Promise.race([dying.stopped, done]);
  return dying.kill();
}

/** A permit noted twice while its inspection takes orders, and twice while it does not. */
async function aStory(office: InspectingOffice): Promise<void> {
  const first = await office.worker();
  await office.permit('p-1');
  await office.note('p-1', 'one');
  await first.waitFor(await office.head());
  await first.stop();
  await office.inspect('planning', 'held');
  await office.note('p-1', 'two');
  await office.note('p-1', 'three');
}

describe.each(['before', 'after'] as const)('a process that stops %s the effect of any of its calls', (when) => {
  it('leaves each refusal recorded once and never turned into success', async () => {
    let stops = 0;
    for (let call = 1; ; call += 1) {
      const office = await inspectingOffice();
      await aStory(office);
      const stopped = await stopsIn(office, { call, when });
      const recorded = (await told(office)).outcomes;

      // The target would take what it refused by now. What was recorded stays; what nobody recorded is decided anew.
      await office.inspect('planning', 'reopened');
      const survivor = await office.worker();
      await survivor.waitFor(await office.head());
      await survivor.stop();
      const readStore = sqliteReadStore({ path: ':memory:' });
      const again = await office.worker({ readStore });
      await again.waitFor(await office.head());
      await again.stop();
      await readStore.close();

      const { ordered, outcomes } = await told(office);
      expect(outcomes).toEqual(recorded);
      expect([...ordered, ...outcomes.map((text) => text.replace('reaction.refused ', ''))].sort()).toEqual([
        'one',
        'three',
        'two',
      ]);
      await office.close();
      if (!stopped) {
        expect(outcomes).toEqual(['reaction.refused two', 'reaction.refused three']);
        break;
      }
      stops += 1;
    }
    // So many steps there are: fewer would mean that some are not tried.
    expect(stops).toBeGreaterThan(15);
  });

  it('leaves each command carried out once, in order', async () => {
    for (let call = 1; ; call += 1) {
      const office = await inspectingOffice();
      const first = await office.worker();
      await first.stop();
      await office.permit('p-1');
      for (const text of ['one', 'two', 'three']) await office.note('p-1', text);
      const stopped = await stopsIn(office, { call, when });
      const survivor = await office.worker();
      await survivor.waitFor(await office.head());
      await survivor.stop();

      expect(await told(office)).toEqual({ ordered: ['one', 'two', 'three'], outcomes: [] });
      await office.close();
      if (!stopped) break;
    }
  });
});
