import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, EventObject } from 'xstate';
import { evaluateGuard } from 'xstate/guards';
import { inertScope, nodeTransitions, stateNodes } from './machine-parts.js';

/**
 * The snapshot after an event, or undefined where the machine does not take it: what XState's own `can` and
 * `transition` answer.
 *
 * Which transitions an event takes is asked of XState each time, guards and all. Where they lead from one configuration
 * of active states is always the same, so XState works it out once and it is remembered; only the `assign` actions are
 * run again. A machine that does more than that (entry and exit actions, `raise`, history, output) is stepped by XState
 * every time.
 */
export function machineStep(snapshot: AnyMachineSnapshot, event: EventObject): AnyMachineSnapshot | undefined {
  const machine = snapshot.machine as AnyStateMachine;
  if (snapshot.status !== 'active') return undefined;
  const taken = machine.getTransitionData(snapshot, event) as unknown as Taken;
  if (!taken.some(({ target, actions }) => target !== undefined || actions.length > 0)) return undefined;
  const steps = rememberedSteps(machine);
  return steps === undefined ? byXState(snapshot, event) : steps(snapshot, event, taken);
}

/** A transition as XState selects it; one object for as long as its machine lives. */
type TakenTransition = {
  readonly source: AnyStateNode;
  readonly target: readonly AnyStateNode[] | undefined;
  readonly actions: readonly unknown[];
};

type Taken = readonly TakenTransition[];

/** The active states in XState's own order, and where it is known to go from there. */
type Configuration = {
  readonly steps: Map<TakenTransition, RememberedStep[]>;
  /** For each innermost active state, its eventless transitions and those of the states around it, innermost first. */
  readonly eventless: readonly (readonly EventlessTransition[])[];
};

type EventlessTransition = TakenTransition & { readonly guard?: unknown };

type RememberedStep = {
  readonly taken: Taken;
  /** A snapshot XState gave for this step, without its context: what holds for every case. Undefined where it is XState's to say each time. */
  readonly example: AnyMachineSnapshot | undefined;
  /** Whether it leaves the case as it was, on which XState looks for no further eventless transitions. */
  readonly still: boolean;
  readonly assignments: readonly Assignment[];
};

type AssignArguments = { readonly context: object; readonly event: EventObject };
type Assignment = ((args: AssignArguments) => object) | Readonly<Record<string, unknown>>;

type Steps = (snapshot: AnyMachineSnapshot, event: EventObject, taken: Taken) => AnyMachineSnapshot;

const stepsOf = new WeakMap<AnyStateMachine, Steps | 'none'>();

function rememberedSteps(machine: AnyStateMachine): Steps | undefined {
  let steps = stepsOf.get(machine);
  if (steps === undefined) {
    steps = onlyAssigns(machine) ? stepMemory(machine) : 'none';
    stepsOf.set(machine, steps);
  }
  return steps === 'none' ? undefined : steps;
}

function byXState(snapshot: AnyMachineSnapshot, event: EventObject): AnyMachineSnapshot {
  const machine = snapshot.machine as AnyStateMachine;
  return machine.transition(snapshot, event, inertScope(machine)) as AnyMachineSnapshot;
}

function stepMemory(machine: AnyStateMachine): Steps {
  const configurations = new Map<string, Configuration>();
  const known = new WeakMap<object, Configuration>();
  const { self, system } = inertScope(machine);

  function configurationOf({ _nodes: nodes }: AnyMachineSnapshot): Configuration {
    let configuration = known.get(nodes);
    if (configuration === undefined) {
      const key = nodes.map(({ order }) => order).join();
      configuration = configurations.get(key);
      if (configuration === undefined) {
        configuration = { steps: new Map(), eventless: eventlessOf(nodes) };
        configurations.set(key, configuration);
      }
      known.set(nodes, configuration);
    }
    return configuration;
  }

  function recall(snapshot: AnyMachineSnapshot, taken: Taken): RememberedStep | undefined {
    return configurationOf(snapshot)
      .steps.get(taken[0]!)
      ?.find((step) => sameTransitions(step.taken, taken));
  }

  function learn(snapshot: AnyMachineSnapshot, event: EventObject, taken: Taken): AnyMachineSnapshot {
    let before = snapshot;
    let next: Taken = taken;
    for (const after of machine.microstep(snapshot, event, inertScope(machine)) as AnyMachineSnapshot[]) {
      // Final states are announced by microsteps of their own, in which nothing moves.
      if (next.length === 0) continue;
      if (recall(before, next) === undefined) {
        const { steps } = configurationOf(before);
        const example = independent(next) ? ({ ...after, context: undefined } as AnyMachineSnapshot) : undefined;
        const step = { taken: next, example, still: after === before, assignments: assignmentsOf(machine, next) };
        steps.set(next[0]!, [...(steps.get(next[0]!) ?? []), step]);
      }
      next = after.status === 'active' ? eventlessTaken(configurationOf(after), after, event) : NONE;
      before = after;
    }
    return before;
  }

  function assigned(context: object, event: EventObject, assignment: Assignment): object {
    const args = { context, event, self, system };
    if (typeof assignment === 'function') return { ...context, ...assignment(args) };
    const update: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(assignment)) {
      update[key] = typeof value === 'function' ? value(args) : value;
    }
    return { ...context, ...update };
  }

  return (snapshot, event, taken) => {
    let current = snapshot;
    let next = taken;
    do {
      const step = recall(current, next);
      if (step === undefined) return learn(snapshot, event, taken);
      if (step.example === undefined) return byXState(snapshot, event);
      if (!step.still) {
        let context = current.context as object;
        for (const assignment of step.assignments) context = assigned(context, event, assignment);
        current = { ...step.example, context } as AnyMachineSnapshot;
      } else if (next !== taken) break;
      next = current.status === 'active' ? eventlessTaken(configurationOf(current), current, event) : NONE;
    } while (next.length > 0);
    return current;
  };
}

/** The eventless transitions XState would take next: of each innermost state the first, from within outwards, whose guard holds. */
function eventlessTaken({ eventless }: Configuration, snapshot: AnyMachineSnapshot, event: EventObject): Taken {
  if (eventless.length === 0) return NONE;
  const enabled = new Set<EventlessTransition>();
  for (const candidates of eventless) {
    const first = candidates.find(
      ({ guard }) => guard === undefined || evaluateGuard(guard as never, snapshot.context, event, snapshot),
    );
    if (first !== undefined) enabled.add(first);
  }
  return enabled.size === 0 ? NONE : [...enabled];
}

const NONE: Taken = [];

function eventlessOf(nodes: readonly AnyStateNode[]): readonly (readonly EventlessTransition[])[] {
  return nodes
    .filter(({ type }) => type === 'atomic' || type === 'final')
    .map((innermost) => {
      const candidates: EventlessTransition[] = [];
      for (let node: AnyStateNode | undefined = innermost; node !== undefined; node = node.parent) {
        candidates.push(...((node.always ?? []) as unknown as EventlessTransition[]));
      }
      return candidates;
    })
    .filter((candidates) => candidates.length > 0);
}

function sameTransitions(one: Taken, other: Taken): boolean {
  return one.length === other.length && one.every((transition, index) => transition === other[index]);
}

/** Whether transitions taken together lie in regions of their own, so that XState drops none of them for another's sake. */
function independent(taken: Taken): boolean {
  return taken.every((one, index) => taken.slice(index + 1).every((other) => apart(one, other)));
}

function apart(one: TakenTransition, other: TakenTransition): boolean {
  const [ones, others] = [lineOf(one.source), lineOf(other.source)];
  const fork = ones.findIndex((node, depth) => node !== others[depth]);
  if (fork < 1 || others[fork] === undefined || ones[fork - 1]!.type !== 'parallel') return false;
  return staysWithin(one, ones[fork]!) && staysWithin(other, others[fork]!);
}

function staysWithin({ target }: TakenTransition, region: AnyStateNode): boolean {
  return target === undefined || target.every((node) => node !== region && lineOf(node).includes(region));
}

/** A node and everything around it, outermost first. */
function lineOf(node: AnyStateNode): AnyStateNode[] {
  return node.parent === undefined ? [node] : [...lineOf(node.parent), node];
}

function assignmentsOf(machine: AnyStateMachine, taken: Taken): readonly Assignment[] {
  return taken.flatMap(({ actions }) => actions.map((action) => assignmentOf(machine, action)!));
}

/** What an action assigns; undefined for one that is not a plain `assign`. */
function assignmentOf(machine: AnyStateMachine, action: unknown): Assignment | undefined {
  const implementation = typeof action === 'string' ? machine.implementations.actions[action] : action;
  if (typeof implementation !== 'function') return undefined;
  const { type, assignment } = implementation as { readonly type?: unknown; readonly assignment?: Assignment };
  return type === 'xstate.assign' ? assignment : undefined;
}

/** Whether a step of this machine is no more than its transitions' `assign` actions and the states they lead to. */
function onlyAssigns(machine: AnyStateMachine): boolean {
  return [machine.root, ...stateNodes(machine)].every((node) => {
    const transitions = nodeTransitions(node);
    const initial = (node.config.initial === undefined ? [] : node.initial.actions) as readonly unknown[];
    return (
      node.type !== 'history' &&
      node.entry.length === 0 &&
      node.exit.length === 0 &&
      node.invoke.length === 0 &&
      initial.length === 0 &&
      node.output === undefined &&
      transitions.every(
        ({ eventType, actions }) =>
          !eventType.startsWith('xstate.') && actions.every((action) => assignmentOf(machine, action) !== undefined),
      )
    );
  });
}
