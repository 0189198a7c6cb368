import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isCaseError } from '../domain/case-error.js';
import type { Workflow } from '../domain/workflow.js';
import type { Lookups } from '../engine/lookups.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';

/** What an ES module brings: its workflows, exported by any name, alone or in lists, and look-ups exported as `lookups`. */
export type WorkflowModule = { readonly workflows: readonly Workflow[]; readonly lookups: Lookups };

/**
 * Loads a workflow module. It is run as code.
 *
 * @param module path of a file, seen from the working directory
 */
export async function workflowModule(module: string): Promise<WorkflowModule> {
  const file = resolve(module);
  if (!existsSync(file)) throw new CliError(EXIT.notFound, `there is no file ${module}`);
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof Error && isCaseError(cause, 'DEFINITION_INVALID')) throw cause;
    throw new CliError(EXIT.input, `${module} cannot be loaded: ${firstLine(cause)}`, { cause });
  }
  const workflows = [...new Set(Object.values(exported).flat().filter(isWorkflow))];
  const { lookups = {} } = exported as { readonly lookups?: Lookups };
  if (workflows.length === 0 && Object.keys(lookups).length === 0)
    throw new CliError(EXIT.input, `${module} exports no workflow: export what defineWorkflow(…) returns`);
  return { workflows, lookups };
}

/** By its shape: the module may have been written against another copy of this package. */
function isWorkflow(value: unknown): value is Workflow {
  if (typeof value !== 'object' || value === null) return false;
  const { hash, machine, name, personal } = value as Partial<Workflow>;
  return typeof hash === 'string' && typeof name === 'string' && machine !== undefined && personal instanceof Map;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
