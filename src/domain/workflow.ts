import { CaseError } from './case-error.js';
import { type DeadlineRules, linkDeadlineRules } from './deadline.js';
import { definitionProblems } from './definition-check.js';
import { definitionHash } from './definition-hash.js';
import { type PersonalPlan, personalPlan } from './personal-data.js';
import type { GuardDefinition, WorkflowSource } from './workflow-source.js';

export type {
  CaseLabels,
  EventDefinition,
  EventDefinitions,
  FactInput,
  FactRequest,
  Facts,
  GuardDefinition,
  MachineEvent,
  RoleDefinition,
  RoleScope,
  WorkflowMigration,
  WorkflowSource,
} from './workflow-source.js';
export { defineEvent } from './workflow-source.js';

/** A definition that has been checked and may be registered. */
export type Workflow = WorkflowSource & {
  /** SHA-256 over machine structure, schemas, policy, deadlines and guards, base64url. */
  readonly hash: string;
  readonly deadlines: DeadlineRules;
  readonly guards: Readonly<Record<string, GuardDefinition>>;
  readonly personal: ReadonlyMap<string, PersonalPlan | undefined>;
};

/**
 * Checks a definition and makes it ready to be registered.
 *
 * @throws CaseError `DEFINITION_INVALID` with every problem found: effects or clocks in the machine, events without
 *   schema, roles nobody has, states, guards or events without a title, deadlines that name what does not exist
 */
export function defineWorkflow(source: WorkflowSource): Workflow {
  const complete = { ...source, deadlines: source.deadlines ?? {}, guards: source.guards ?? {} };
  // A pinned definition was checked when it was released and has not changed since.
  const problems = source.pinnedHash === undefined ? definitionProblems(complete) : [];
  if (problems.length > 0) throw new CaseError({ code: 'DEFINITION_INVALID', workflow: source.name, problems });
  const personal = new Map(Object.entries(source.events).map(([type, event]) => [type, personalPlan(event.data)]));
  const hash = source.pinnedHash ?? definitionHash(complete);
  return { ...complete, deadlines: linkDeadlineRules(complete.deadlines), personal, hash };
}
