import type { StateValue } from 'xstate';

/** A machine's states as it declares them, such as its root node. */
type StateTree = { readonly states: Readonly<Record<string, StateTree>> };

/**
 * A state value as one line: `received`; `handling.reviewing` when nested; the leaves of parallel regions joined by `+`,
 * in the order in which the machine declares them. XState's own order depends on the way a case came there.
 */
export function stateName(value: StateValue, within: StateTree): string {
  if (typeof value === 'string') return value;
  let name = '';
  for (const region in within.states) {
    const child = value[region];
    if (child === undefined) continue;
    for (const leaf of stateName(child, within.states[region]!).split('+')) {
      const path = leaf === '' ? region : `${region}.${leaf}`;
      name = name === '' ? path : `${name}+${path}`;
    }
  }
  return name;
}

/** Whether a state, as {@link stateName} writes it, lies in `path` or below: `handling.reviewing+loop.idle` lies in `handling` and in `loop.idle`. */
export function stateIn(state: string, path: string): boolean {
  for (const leaf of state.split('+')) {
    if (leaf === path || (leaf.startsWith(path) && leaf[path.length] === '.')) return true;
  }
  return false;
}
