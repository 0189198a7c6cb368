import { handlesCases, LEDGER_ROLES } from '../domain/access.js';
import { isBuiltInEvent } from '../domain/built-in-events.js';
import { labelsAfter } from '../domain/decide.js';
import type { RecordedEvent } from '../domain/event.js';
import { openPart } from '../domain/personal-data.js';
import { factValues, retell } from '../domain/replay.js';
import type { CaseLabels, Workflow } from '../domain/workflow.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { Row, RowValue } from '../read-store/table-spec.js';

/** The columns that hold a case's labels. */
export const LABEL_COLUMNS = {
  region: 'text?',
  department: 'text?',
  channel: 'text?',
  item_id: 'text?',
  item_version: 'integer?',
  applicant: 'text?',
  owner: 'text?',
} as const;

type LabelColumns = { readonly [Column in keyof typeof LABEL_COLUMNS]: RowValue };

/** Finds the definition an event was recorded under; events of what is no case, such as the ledger's own, have none. */
export type DefinitionFinder = (event: RecordedEvent) => Workflow | undefined;

/** @throws CaseError `WORKFLOW_VERSION_UNKNOWN` from the finder, for a version of a known workflow that is not registered */
export function definitionFinder(registry: Pick<WorkflowRegistry, 'names' | 'get'>): DefinitionFinder {
  const names = new Set(registry.names());
  return ({ metadata: { workflow } }) =>
    names.has(workflow.name) ? registry.get(workflow.name, workflow.version) : undefined;
}

export function labelColumns({ region, department, channel, item, applicant, owner }: CaseLabels): LabelColumns {
  return {
    region: region ?? null,
    department: department ?? null,
    channel: channel ?? null,
    item_id: item?.id ?? null,
    item_version: item?.version ?? null,
    applicant: applicant ?? null,
    owner: owner ?? null,
  };
}

/** The labels of a case that has none yet. */
export const NO_LABELS: Row = labelColumns({});

export function labelsOf(row: Row | undefined): CaseLabels {
  if (row === undefined) return {};
  const text = (column: keyof LabelColumns): string | undefined =>
    row[column] === null ? undefined : String(row[column]);
  const labels: Record<string, unknown> = {};
  for (const name of ['region', 'department', 'channel', 'applicant', 'owner'] as const) {
    const value = text(name);
    if (value !== undefined) labels[name] = value;
  }
  const item = text('item_id');
  if (item !== undefined) labels.item = { id: item, version: Number(row.item_version) };
  return labels;
}

/**
 * The labels a case has after an event, or undefined when the event sets none. A case moved to another version has
 * those that its history gives it there.
 *
 * @param history of the stream up to the event; only `case.migrated` looks at it
 */
export function labelsSet(
  workflow: Workflow,
  row: Row | undefined,
  event: RecordedEvent,
  history: readonly RecordedEvent[],
): CaseLabels | undefined {
  if (event.type === 'case.migrated')
    return retell(
      workflow,
      history.filter(({ revision }) => revision < event.revision),
    ).labels;
  if (isBuiltInEvent(event.type) || workflow.events[event.type]?.labels === undefined) return undefined;
  const { type, metadata } = event;
  return labelsAfter(workflow, labelsOf(row), {
    type,
    data: openPart(event.data),
    facts: factValues(event),
    actor: metadata.actor,
  });
}

/**
 * Who handles a case after an event: the account that last sent it one of its workflow's own events in a role that
 * handles cases, null before anybody has. Neither the applicant nor a system, a reaction or an importer is that.
 */
export function handlerAfter(
  workflow: Workflow,
  before: RowValue | undefined,
  { type, metadata }: RecordedEvent,
): RowValue {
  const named = metadata.actor.role;
  const role = isBuiltInEvent(type) || Object.hasOwn(LEDGER_ROLES, named) ? undefined : workflow.roles[named];
  return role !== undefined && handlesCases(role) ? metadata.actor.id : (before ?? null);
}

/** Whether a read model of cases needs an event's history. */
export function isMigration({ type }: RecordedEvent): boolean {
  return type === 'case.migrated';
}
