import type { StateValue } from 'xstate';

/** A state value as one line: `received`; `handling.reviewing` when nested; the leaves of parallel regions joined by `+`, in the machine's own order. */
export function stateName(value: StateValue): string {
  if (typeof value === 'string') return value;
  let name = '';
  for (const region of Object.keys(value)) {
    const child = value[region];
    for (const leaf of child === undefined ? [''] : stateName(child).split('+')) {
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
