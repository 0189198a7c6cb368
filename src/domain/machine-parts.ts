import { type AnyStateMachine, type AnyStateNode, createActor } from 'xstate';

/** A transition as XState keeps it, as far as it is looked at here. */
export type MachineTransition = {
  readonly eventType: string;
  readonly source: AnyStateNode;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
};

/** Every state node of a machine but its root, outermost first. */
export function stateNodes(machine: AnyStateMachine): AnyStateNode[] {
  const nodes: AnyStateNode[] = [];
  const visit = (node: AnyStateNode): void => {
    for (const child of Object.values(node.states)) {
      nodes.push(child);
      visit(child);
    }
  };
  visit(machine.root);
  return nodes;
}

/** `handling.reviewing`: a node's path as state names write it. */
export function nodePath(node: AnyStateNode): string {
  return node.path.join('.');
}

/** Every transition of one node, eventless ones included. */
export function nodeTransitions(node: AnyStateNode): MachineTransition[] {
  const list = [...node.transitions.values()].flat() as unknown as MachineTransition[];
  return [...list, ...((node.always ?? []) as unknown as MachineTransition[])];
}

/** What `and`, `or` or `not` is made of; nothing for any other guard. */
export function guardMembers(
  guard: unknown,
): { readonly kind: 'and' | 'or' | 'not'; readonly members: readonly unknown[] } | undefined {
  if (typeof guard !== 'function' || !('guards' in guard)) return undefined;
  return { kind: guard.name as 'and' | 'or' | 'not', members: guard.guards as readonly unknown[] };
}

/** Names of the guards a guard is made of: itself, or the members of `and`, `or` and `not`. A function written in place has no name and is given as undefined. */
export function guardNames(guard: unknown): (string | undefined)[] {
  if (guard === undefined) return [];
  if (typeof guard === 'string') return [guard];
  if (typeof guard === 'function') {
    const members = (guard as { guards?: readonly unknown[] }).guards;
    return members ? members.flatMap(guardNames) : [undefined];
  }
  if (typeof guard === 'object' && guard !== null && 'type' in guard) return [String(guard.type)];
  return [undefined];
}

type InertScope = Parameters<AnyStateMachine['transition']>[2];

const scopes = new WeakMap<AnyStateMachine, InertScope>();

/**
 * An actor scope in which nothing happens: no effect is executed, no child is started. XState's own `transition()`
 * builds an actor for every step to get one; a pure machine needs only one for ever.
 */
export function inertScope(machine: AnyStateMachine): InertScope {
  let scope = scopes.get(machine);
  if (!scope) {
    const nothing = (): void => {};
    const self = createActor(machine);
    scope = {
      self,
      system: self.system,
      id: '',
      sessionId: '',
      logger: nothing,
      defer: nothing,
      stopChild: nothing,
      emit: nothing,
      actionExecutor: nothing,
    } as unknown as InertScope;
    scopes.set(machine, scope);
  }
  return scope;
}
