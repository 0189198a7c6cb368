import fc from 'fast-check';
import { type AnyMachineSnapshot, type AnyStateMachine, assign, createMachine, raise, setup } from 'xstate';
import { inertScope } from '../../src/domain/machine-parts.js';
import { machineStep } from '../../src/domain/machine-step.js';

type Counted = { readonly n: number };
type Sent = { readonly type: string; readonly amount: number };

const EVENTS = ['a', 'b', 'c'] as const;

/** A state of a random machine: its kind, its children, and where its events lead among its siblings. */
type Node = {
  readonly kind: 'leaf' | 'final' | 'compound' | 'parallel';
  readonly children: readonly Node[];
  readonly moves: readonly {
    readonly on: number;
    readonly to: number;
    readonly guard: number;
    readonly add: boolean;
  }[];
  readonly eventless: { readonly guard: number } | undefined;
};

const moves = fc.array(fc.record({ on: fc.nat(2), to: fc.nat(5), guard: fc.nat(3), add: fc.boolean() }), {
  maxLength: 4,
});
const eventless = fc.option(fc.record({ guard: fc.integer({ min: 1, max: 3 }) }), { nil: undefined, freq: 3 });
const node: fc.Arbitrary<Node> = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      kind: fc.constantFrom('leaf' as const, 'leaf' as const, 'final' as const),
      children: fc.constant([]),
      moves,
      eventless,
    }),
    fc.record({
      kind: fc.constantFrom('compound' as const, 'parallel' as const),
      children: fc.array(tie('node'), { minLength: 2, maxLength: 4 }),
      moves,
      eventless,
    }),
  ),
})).node;

const root = fc.record({
  kind: fc.constantFrom('compound' as const, 'parallel' as const),
  children: fc.array(node, { minLength: 2, maxLength: 4 }),
  moves: fc.constant([]),
  eventless: fc.constant(undefined),
});

/** Guards by number; 0 is none. The n-th looks at context and event. */
const guards = {
  g1: ({ context }: { context: Counted }) => context.n % 2 === 0,
  g2: ({ context, event }: { context: Counted; event: Sent }) => (context.n + event.amount) % 3 === 0,
  g3: ({ event }: { event: Sent }) => event.amount > 2,
};

function configOf(state: Node, siblings: number, place: number): object {
  const guarded = (guard: number) => (guard === 0 ? {} : { guard: `g${guard}` });
  const on: Record<string, object[]> = {};
  for (const { on: event, to, guard, add } of state.kind === 'final' ? [] : state.moves) {
    const target = siblings === 0 ? undefined : `s${to % siblings}`;
    const type = EVENTS[event]!;
    on[type] = [
      ...(on[type] ?? []),
      { ...(target !== undefined && { target }), ...guarded(guard), ...(add && { actions: 'add' }) },
    ];
  }
  // Only onwards, so that it ends.
  const onwards = state.kind !== 'final' && state.eventless !== undefined && place + 1 < siblings;
  return {
    ...(state.kind === 'final' ? { type: 'final' } : { on }),
    ...(onwards && { always: [{ target: `s${place + 1}`, ...guarded(state.eventless!.guard), actions: 'add' }] }),
    ...inside(state),
  };
}

function inside(state: Node): object {
  if (state.children.length === 0) return {};
  const parallel = state.kind === 'parallel';
  const states = Object.fromEntries(
    state.children.map((child, index) => [`s${index}`, configOf(child, parallel ? 0 : state.children.length, index)]),
  );
  return parallel ? { type: 'parallel', states } : { initial: 's0', states };
}

function machineOf(tree: Node): AnyStateMachine {
  return setup({
    types: { context: {} as Counted, events: {} as Sent },
    guards,
    actions: { add: assign(({ context, event }) => ({ n: context.n + (event as Sent).amount })) },
  }).createMachine({ id: 'random', context: { n: 0 }, ...inside(tree) } as never) as unknown as AnyStateMachine;
}

/** What XState itself answers. */
function byXState(snapshot: AnyMachineSnapshot, event: Sent): AnyMachineSnapshot | undefined {
  if (snapshot.status !== 'active' || !snapshot.can(event as never)) return undefined;
  const machine = snapshot.machine as AnyStateMachine;
  return machine.transition(snapshot, event as never, inertScope(machine)) as AnyMachineSnapshot;
}

function seen(snapshot: AnyMachineSnapshot | undefined) {
  return (
    snapshot && {
      value: JSON.stringify(snapshot.value),
      context: snapshot.context,
      status: snapshot.status,
      output: snapshot.output,
      tags: [...snapshot.tags],
      nodes: snapshot._nodes.map(({ id }) => id),
    }
  );
}

function initial(machine: AnyStateMachine): AnyMachineSnapshot {
  return machine.getInitialSnapshot(inertScope(machine)) as AnyMachineSnapshot;
}

describe('a remembered step', () => {
  it('given any machine of nested and parallel states, guards and eventless transitions, is the step XState takes', () => {
    let taken = 0;
    const walk = fc.array(fc.record({ type: fc.constantFrom(...EVENTS), amount: fc.nat(4) }), { maxLength: 12 });
    fc.assert(
      fc.property(root, fc.array(walk, { minLength: 2, maxLength: 6 }), (tree, walks) => {
        const machine = machineOf(tree);
        // Several walks over one machine, so that later ones meet what earlier ones left in memory.
        for (const events of walks) {
          let snapshot = initial(machine);
          for (const event of events) {
            const expected = byXState(snapshot, event);
            const next = machineStep(snapshot, event);
            expect(seen(next)).toEqual(seen(expected));
            if (next === undefined) continue;
            taken += 1;
            snapshot = next;
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(taken).toBeGreaterThan(1_000);
  });

  it('is worked out once, also where XState has to say each time', () => {
    const leaf = (moves: Node['moves'], guard?: number): Node => ({
      kind: 'leaf',
      children: [],
      moves,
      eventless: guard === undefined ? undefined : { guard },
    });
    // Both the inner state and the one around it move on by themselves: of the two transitions XState drops one.
    const inner: Node = {
      kind: 'parallel',
      moves: [],
      eventless: { guard: 2 },
      children: [
        { kind: 'compound', moves: [], eventless: undefined, children: [leaf([], 2), leaf([])] },
        leaf([{ on: 1, to: 0, guard: 0, add: false }]),
      ],
    };
    const machine = machineOf({
      kind: 'compound',
      moves: [],
      eventless: undefined,
      children: [leaf([{ on: 0, to: 1, guard: 0, add: false }]), inner, leaf([])],
    });
    let learned = 0;
    const { microstep } = machine;
    machine.microstep = (...args) => {
      learned += 1;
      return microstep.apply(machine, args);
    };
    const start = initial(machine);
    const event = { type: 'a', amount: 3 } as never;
    const first = seen(machineStep(start, event));
    const once = learned;
    for (let again = 0; again < 5; again += 1) expect(seen(machineStep(start, event))).toEqual(first);
    expect(seen(byXState(start, event))).toEqual(first);
    expect(learned).toBe(once);
  });

  it('asks the guards anew each time', () => {
    const machine = machineOf({
      kind: 'compound',
      moves: [],
      eventless: undefined,
      children: [
        { kind: 'leaf', children: [], moves: [{ on: 0, to: 1, guard: 3, add: true }], eventless: undefined },
        { kind: 'leaf', children: [], moves: [{ on: 0, to: 0, guard: 0, add: true }], eventless: undefined },
      ],
    });
    const start = initial(machine);
    expect(machineStep(start, { type: 'a', amount: 3 } as never)?.context).toEqual({ n: 3 });
    expect(machineStep(start, { type: 'a', amount: 4 } as never)?.context).toEqual({ n: 4 });
    expect(machineStep(start, { type: 'a', amount: 1 } as never)).toBeUndefined();
  });

  it('leaves a machine with entry actions, raised events or history to XState', () => {
    const machine = createMachine({
      context: { entered: 0 },
      initial: 'one',
      states: {
        one: { on: { a: { target: 'two', actions: raise({ type: 'b' }) } } },
        two: { entry: assign({ entered: ({ context }) => context.entered + 1 }), on: { b: 'three' } },
        three: { on: { a: 'one' } },
      },
    } as never) as unknown as AnyStateMachine;
    let snapshot = initial(machine);
    for (const entered of [1, 2, 3]) {
      snapshot = machineStep(snapshot, { type: 'a' })!;
      expect([snapshot.value, snapshot.context]).toEqual(['three', { entered }]);
      snapshot = machineStep(snapshot, { type: 'a' })!;
    }
  });
});
