import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isCaseError } from '../domain/case-error.js';
import type { Reaction } from '../domain/reaction.js';
import type { Workflow } from '../domain/workflow.js';
import type { Lookups } from '../engine/lookups.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';

/** What an ES module brings: its workflows and reactions, exported by any name, alone or in lists, and look-ups exported as `lookups`. */
export type WorkflowModule = {
  readonly workflows: readonly Workflow[];
  readonly reactions: readonly Reaction[];
  readonly lookups: Lookups;
};

/** Where workflows and look-ups come from. Neither can be sent to another thread; this can, and is loaded there again. */
export type WorkflowSources = {
  /** Whether those that come with the package are among them. */
  readonly shipped: boolean;
  /** Paths of modules, seen from the working directory. */
  readonly modules: readonly string[];
};

/** Loads all of them; a later look-up of the same name takes the place of an earlier one. */
export async function loadWorkflows({ shipped, modules }: WorkflowSources): Promise<WorkflowModule> {
  const { catalogueLookup, countyItems, shippedReactions, shippedWorkflows } = await import('../workflows/index.js');
  const loaded = await Promise.all(modules.map(workflowModule));
  return {
    workflows: [...(shipped ? shippedWorkflows : []), ...loaded.flatMap(({ workflows }) => workflows)],
    reactions: [...(shipped ? shippedReactions : []), ...loaded.flatMap(({ reactions }) => reactions)],
    lookups: Object.assign({ catalogue: catalogueLookup(countyItems) }, ...loaded.map(({ lookups }) => lookups)),
  };
}

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
  const values = Object.values(exported).flat();
  const workflows = [...new Set(values.filter(isWorkflow))];
  const reactions = [...new Set(values.filter(isReaction))];
  const { lookups = {} } = exported as { readonly lookups?: Lookups };
  if (workflows.length + reactions.length === 0 && Object.keys(lookups).length === 0)
    throw new CliError(EXIT.input, `${module} exports no workflow: export what defineWorkflow(…) returns`);
  return { workflows, reactions, lookups };
}

/** By its shape: the module may have been written against another copy of this package. */
function isWorkflow(value: unknown): value is Workflow {
  if (typeof value !== 'object' || value === null) return false;
  const { hash, machine, name, personal } = value as Partial<Workflow>;
  return typeof hash === 'string' && typeof name === 'string' && machine !== undefined && personal instanceof Map;
}

function isReaction(value: unknown): value is Reaction {
  if (typeof value !== 'object' || value === null) return false;
  const { name, on, sends, react } = value as Partial<Reaction>;
  return typeof name === 'string' && Array.isArray(on) && typeof sends === 'object' && typeof react === 'function';
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
