import type { JsonValue, RecordedEvent } from '../domain/event.js';
import { openPart, sealedParts } from '../domain/personal-data.js';
import { caseIdOf } from '../domain/stream-id.js';
import type { TableSpec } from '../read-store/table-spec.js';
import type { Projection } from './projection.js';

/** Which cases name a data subject, or hold its personal data: what an erasure must look at. */
export const subjectCasesTable = {
  name: 'subject_cases',
  columns: { subject: 'text', workflow: 'text', case_id: 'text', first_revision: 'integer' },
  primaryKey: ['subject', 'workflow', 'case_id'],
  indexes: [],
} as const satisfies TableSpec;

const TABLE = subjectCasesTable.name;

/** The stream of the ledger itself, whose events name subjects but are no case's. */
const LEDGER_WORKFLOW = 'ledger';

export const subjectCases: Projection = {
  name: 'subject_cases',
  version: 1,
  basis: '',
  tables: [subjectCasesTable],
  reads: (event) => keysOf(event).map((key) => ({ table: TABLE, key })),
  apply(event, rows) {
    for (const [subject, workflow, caseId] of keysOf(event)) {
      if (rows.get(TABLE, subject, workflow, caseId)) continue;
      rows.put(TABLE, { subject, workflow, case_id: caseId, first_revision: event.revision });
    }
  },
};

function keysOf({ stream, data, metadata }: RecordedEvent): (readonly [string, string, string])[] {
  const workflow = metadata.workflow.name;
  if (workflow === LEDGER_WORKFLOW) return [];
  const subjects = new Set(sealedParts(data).map(({ subject }) => subject));
  addReferences(openPart(data), subjects);
  return [...subjects].map((subject) => [subject, workflow, caseIdOf(stream)] as const);
}

/** Every `subjectRef`, however deep. */
function addReferences(value: JsonValue, subjects: Set<string>): void {
  if (value === null || typeof value !== 'object') return;
  for (const [key, member] of Object.entries(value)) {
    if (key === 'subjectRef' && typeof member === 'string') subjects.add(member);
    else addReferences(member as JsonValue, subjects);
  }
}
