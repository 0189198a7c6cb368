import type { AnyStateMachine, AnyStateNode } from 'xstate';

const answers = new WeakMap<AnyStateMachine, Map<string, boolean>>();

/**
 * Whether a case in this state has reached its machine's end. Told from the name alone, as `stateName` writes it, so
 * that what reads events need not replay them.
 */
export function isClosedState({ machine }: { readonly machine: AnyStateMachine }, state: string): boolean {
  let known = answers.get(machine);
  if (known === undefined) {
    known = new Map();
    answers.set(machine, known);
  }
  let closed = known.get(state);
  if (closed === undefined) {
    closed = isFinished(machine.root, state.split('+'));
    known.set(state, closed);
  }
  return closed;
}

/** SCXML's isInFinalState, over the paths of the leaves a state is made of. */
function isFinished(node: AnyStateNode, leaves: readonly string[]): boolean {
  const children = Object.values(node.states) as AnyStateNode[];
  if (node.type === 'compound')
    return children.some((child) => child.type === 'final' && leaves.includes(child.path.join('.')));
  if (node.type === 'parallel') return children.every((child) => isFinished(child, leaves));
  return node.type === 'final';
}
