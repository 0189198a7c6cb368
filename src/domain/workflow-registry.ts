import { LEDGER_ROLES } from './access.js';
import { CaseError } from './case-error.js';
import { OWN_STREAMS } from './own-streams.js';
import { categoryOf } from './stream-id.js';
import type { RoleDefinition, Workflow } from './workflow.js';

/** The definitions a ledger runs under, by name and version. Released versions stay registered beside the current one. */
export type WorkflowRegistry = {
  /** @throws CaseError `WORKFLOW_UNKNOWN` · `WORKFLOW_VERSION_UNKNOWN` */
  get(name: string, version: number): Workflow;
  /** The same, or undefined where it is not registered. */
  find(name: string, version: number): Workflow | undefined;
  /** The newest version. @throws CaseError `WORKFLOW_UNKNOWN` */
  current(name: string): Workflow;
  /** Every version of every workflow, by name, then version. */
  all(): readonly Workflow[];
  names(): readonly string[];
  /** A role by its name, over all workflows. */
  role(name: string): RoleDefinition | undefined;
};

/**
 * @throws CaseError `DEFINITION_INVALID` when two definitions claim one name and version or one stream category, or
 *   give one role two scopes
 */
export function workflowRegistry(workflows: readonly Workflow[]): WorkflowRegistry {
  const byName = new Map<string, Workflow[]>();
  const categories = new Map<string, string>(Object.entries(OWN_STREAMS));
  const roles = new Map<string, RoleDefinition>(Object.entries(LEDGER_ROLES));

  for (const workflow of workflows) {
    const refuse = (problem: string): never => {
      throw new CaseError({ code: 'DEFINITION_INVALID', workflow: workflow.name, problems: [problem] });
    };
    const versions = byName.get(workflow.name) ?? [];
    if (versions.some(({ version }) => version === workflow.version))
      refuse(`version ${workflow.version} is registered twice`);
    byName.set(
      workflow.name,
      [...versions, workflow].sort((a, b) => a.version - b.version),
    );

    const category = categoryOf(workflow.name);
    const owner = categories.get(category) ?? workflow.name;
    if (owner !== workflow.name) refuse(`its streams would be filed with those of "${owner}"`);
    categories.set(category, workflow.name);

    for (const [name, role] of Object.entries(workflow.roles)) {
      const known = roles.get(name);
      if (known && known.scope !== role.scope) refuse(`the role "${name}" has the scope "${known.scope}" elsewhere`);
      roles.set(name, known ?? role);
    }
  }

  const versionsOf = (name: string): Workflow[] => {
    const versions = byName.get(name);
    if (!versions) throw new CaseError({ code: 'WORKFLOW_UNKNOWN', workflow: name, known: [...byName.keys()].sort() });
    return versions;
  };

  return {
    get(name, version) {
      const versions = versionsOf(name);
      const found = versions.find((one) => one.version === version);
      if (found) return found;
      throw new CaseError({
        code: 'WORKFLOW_VERSION_UNKNOWN',
        workflow: name,
        version,
        known: versions.map((one) => one.version),
      });
    },
    find: (name, version) => byName.get(name)?.find((one) => one.version === version),
    current: (name) => versionsOf(name).at(-1)!,
    all: () => [...byName.values()].flat(),
    names: () => [...byName.keys()].sort(),
    role: (name) => roles.get(name),
  };
}
