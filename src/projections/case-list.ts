import { isClosedState } from '../domain/closed-state.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { Row, TableSpec } from '../read-store/table-spec.js';
import { definitionFinder, isMigration, LABEL_COLUMNS, labelColumns, labelsSet, NO_LABELS } from './case-rows.js';
import { definitionBasis } from './definition-basis.js';
import { NOTHING_READ, type Projection } from './projection.js';

/** One row per case. The case's id is its stream's, after the first dash. */
export const CASE_LIST: TableSpec = {
  name: 'case_list',
  columns: {
    stream: 'text',
    workflow: 'text',
    version: 'integer',
    state: 'text',
    /** `open`, or `closed` once the machine has reached its end. */
    status: 'text',
    ...LABEL_COLUMNS,
    /** When its first event happened. */
    opened_at: 'text',
    /** When its last event happened. */
    last_event_at: 'text',
    /** When its last event was recorded. */
    recorded_at: 'text',
    revision: 'integer',
    /** Of its last event. */
    position: 'integer',
  },
  primaryKey: ['stream'],
  indexes: [
    { columns: ['opened_at', 'stream'] },
    { columns: ['position', 'stream'] },
    { columns: ['department', 'opened_at', 'stream'] },
    { columns: ['workflow', 'opened_at', 'stream'] },
    { columns: ['workflow', 'state', 'opened_at', 'stream'] },
    { columns: ['item_id', 'opened_at', 'stream'], where: 'item_id IS NOT NULL' },
    { columns: ['applicant', 'opened_at', 'stream'], where: 'applicant IS NOT NULL' },
    { columns: ['owner', 'opened_at', 'stream'], where: 'owner IS NOT NULL' },
    { columns: ['status', 'department', 'opened_at', 'stream'], where: `status = 'open'` },
  ],
};

/** How many cases there are of each kind. A label a case has not is an empty text. */
export const CASE_COUNTS: TableSpec = {
  name: 'case_counts',
  columns: {
    workflow: 'text',
    state: 'text',
    status: 'text',
    department: 'text',
    region: 'text',
    channel: 'text',
    cases: 'integer',
  },
  primaryKey: ['workflow', 'state', 'status', 'department', 'region', 'channel'],
  indexes: [],
  counters: ['cases'],
};

/** Every case as it stands, and how many there are of each kind. */
export function caseList(registry: WorkflowRegistry): Projection {
  const definitionOf = definitionFinder(registry);
  return {
    name: 'case_list',
    version: 1,
    basis: definitionBasis(registry),
    tables: [CASE_LIST],
    tallies: [{ table: CASE_COUNTS, of: 'case_list', key: counted }],

    reads: (event) =>
      definitionOf(event) === undefined
        ? NOTHING_READ
        : [{ table: 'case_list', key: [event.stream], fresh: event.revision === 0 }],

    needsHistory: (event) => isMigration(event) && definitionOf(event) !== undefined,

    apply(event, rows, history) {
      const workflow = definitionOf(event);
      if (workflow === undefined) return;
      const { metadata, stream, revision } = event;
      const before = rows.get('case_list', stream);
      const labels = labelsSet(workflow, before, event, history);
      const state = metadata.state;
      const columns = labels === undefined ? (before ?? NO_LABELS) : labelColumns(labels);
      // Written out, since this is done for every event there is: the same shape each time, and no copying.
      const row: Row = {
        stream,
        workflow: metadata.workflow.name,
        version: metadata.workflow.version,
        state,
        status: isClosedState(workflow, state) ? 'closed' : 'open',
        region: columns.region!,
        department: columns.department!,
        channel: columns.channel!,
        item_id: columns.item_id!,
        item_version: columns.item_version!,
        applicant: columns.applicant!,
        owner: columns.owner!,
        opened_at: before === undefined ? metadata.occurredAt : before.opened_at!,
        // That a deadline has come near is nothing that happened to the case.
        last_event_at:
          event.type === 'deadline.reached' ? (before?.last_event_at ?? metadata.occurredAt) : metadata.occurredAt,
        recorded_at: metadata.recordedAt,
        revision,
        position: Number(event.position),
      };
      rows.put('case_list', row);
    },
  };
}

function counted(row: Row): Row {
  return {
    workflow: row.workflow!,
    state: row.state!,
    status: row.status!,
    department: row.department ?? '',
    region: row.region ?? '',
    channel: row.channel ?? '',
  };
}
