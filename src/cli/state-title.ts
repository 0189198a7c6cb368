import type { Workflow } from '../domain/workflow.js';
import type { Language } from './terminal.js';

/** A recorded state in words: its parallel regions, each by its most exact titled path. */
export function stateTitle(workflow: Workflow, state: string, language: Language): string {
  return state
    .split('+')
    .map((path) => titleOf(workflow, path)?.[language] ?? path)
    .join(' + ');
}

function titleOf(workflow: Workflow, path: string): { readonly en: string; readonly zh: string } | undefined {
  return Object.hasOwn(workflow.states, path) ? workflow.states[path] : undefined;
}
