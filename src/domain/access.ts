import { CaseError } from './case-error.js';
import type { CaseLabels, RoleDefinition, Workflow } from './workflow.js';

/** Who is asking, as authenticated. */
export type Actor = {
  /** Account id; pseudonymous. */
  readonly id: string;
  readonly roles: readonly string[];
  readonly department?: string;
  /** Administrative division code (GB/T 2260): a county clerk's `330921` reaches `330921` and what lies below it. */
  readonly region?: string;
  /** The party it acts for, where it is an agent (代办). */
  readonly onBehalfOf?: string;
};

/** Roles every ledger knows beside those its workflows define. An auditor changes nothing; an importer only records what happened elsewhere; a calendar officer publishes notices and sees no case. */
export const LEDGER_ROLES = {
  auditor: { title: { en: 'Auditor', zh: '审计人员' }, scope: 'ledger' },
  importer: { title: { en: 'Importer of logs', zh: '日志导入' }, scope: 'ledger' },
  administrator: { title: { en: 'Ledger administrator', zh: '台账管理员' }, scope: 'ledger' },
  calendarOfficer: { title: { en: 'Calendar officer', zh: '工作日历管理员' }, scope: 'none' },
} as const satisfies Record<string, RoleDefinition>;

/** Which cases somebody reaches, as alternatives of which one must hold. Empty reaches nothing. */
export type Reach = readonly ReachClause[];

export type ReachClause =
  | { readonly scope: 'ledger' }
  | { readonly scope: 'region'; readonly region: string }
  | { readonly scope: 'department'; readonly department: string; readonly region: string | undefined }
  | { readonly scope: 'own'; readonly owner: string };

/** What an actor's roles reach. A role nobody defined, or one whose scope the actor does not name, reaches nothing: default deny. */
export function reachOf(actor: Actor, roleOf: (role: string) => RoleDefinition | undefined): Reach {
  return actor.roles.flatMap((role): ReachClause[] => {
    const clause = clauseOf(actor, roleOf(role));
    return clause ? [clause] : [];
  });
}

function clauseOf(actor: Actor, role: RoleDefinition | undefined): ReachClause | undefined {
  switch (role?.scope) {
    case 'ledger':
      return { scope: 'ledger' };
    case 'region':
      return actor.region === undefined ? undefined : { scope: 'region', region: regionPrefix(actor.region) };
    case 'department':
      return actor.department === undefined
        ? undefined
        : {
            scope: 'department',
            department: actor.department,
            region: actor.region === undefined ? undefined : regionPrefix(actor.region),
          };
    case 'own':
      return { scope: 'own', owner: actor.id };
    default:
      return undefined;
  }
}

/** Whether a case with these labels lies within reach. */
export function reaches(reach: Reach, labels: CaseLabels): boolean {
  return reach.some((clause) => clauseReaches(clause, labels));
}

function clauseReaches(clause: ReachClause, labels: CaseLabels): boolean {
  switch (clause.scope) {
    case 'ledger':
      return true;
    case 'region':
      return labels.region?.startsWith(clause.region) ?? false;
    case 'department':
      return (
        labels.department === clause.department &&
        (clause.region === undefined || (labels.region?.startsWith(clause.region) ?? true))
      );
    case 'own':
      return labels.owner === clause.owner;
  }
}

/** `330900` names a city and `330000` a province: the trailing zero pairs of a GB/T 2260 code stand for everything below. */
export function regionPrefix(region: string): string {
  return region.length === 6 ? region.replace(/(00)+$/, '') : region;
}

/**
 * The role in which an actor may send this event to a case with these labels.
 *
 * @param labels the case's labels; for an event that opens a case, those it would set when sent in a role, so that it is
 *   judged by where it would put the case
 * @throws CaseError `ROLE_NOT_PERMITTED` when it holds none of the event's roles · `OUT_OF_SCOPE` when none of those it holds reaches the case
 */
export function actingRole(
  workflow: Workflow,
  type: string,
  actor: Actor,
  labels: CaseLabels | ((role: string) => CaseLabels),
): string {
  const held = heldRoles(workflow, type, actor);
  for (const role of held) {
    const clause = clauseOf(actor, workflow.roles[role]);
    if (clause && clauseReaches(clause, typeof labels === 'function' ? labels(role) : labels)) return role;
  }
  const scopes = held.map((role) => workflow.roles[role]?.scope ?? 'none').join(' or ');
  throw new CaseError({ code: 'OUT_OF_SCOPE', what: 'the case', scope: scopes });
}

/** The event's roles that an actor holds, one or more, in the definition's order. @throws CaseError `ROLE_NOT_PERMITTED` when it holds none */
export function heldRoles(workflow: Workflow, type: string, actor: Actor): readonly string[] {
  const permitted = workflow.events[type]?.roles ?? [];
  const held = permitted.filter((role) => actor.roles.includes(role));
  if (held.length === 0)
    throw new CaseError({ code: 'ROLE_NOT_PERMITTED', event: type, required: permitted, held: actor.roles });
  return held;
}
