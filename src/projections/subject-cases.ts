import { CaseError } from '../domain/case-error.js';
import type { JsonValue, RecordedEvent } from '../domain/event.js';
import { isOwnWorkflow } from '../domain/own-streams.js';
import { openPart, sealedParts } from '../domain/personal-data.js';
import { caseIdOf } from '../domain/stream-id.js';
import { type ReadStore, tableName } from '../read-store/read-store.js';
import type { TableSpec } from '../read-store/table-spec.js';
import type { Projection } from './projection.js';
import type { ProjectionRunner } from './runner.js';

/** Which cases name a data subject, or hold its personal data: what an erasure must look at. */
export const subjectCasesTable = {
  name: 'subject_cases',
  columns: { subject: 'text', workflow: 'text', case_id: 'text', first_revision: 'integer' },
  primaryKey: ['subject', 'workflow', 'case_id'],
  indexes: [],
} as const satisfies TableSpec;

const TABLE = subjectCasesTable.name;

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

export type SubjectCase = { readonly workflow: string; readonly caseId: string };

/**
 * The cases that name a subject or hold its data.
 *
 * @throws CaseError `PROJECTION_BEHIND` · `PROJECTION_HALTED` when `minPosition` is not in the rows
 */
export type SubjectCaseQuery = (
  subject: string,
  options: { readonly minPosition?: bigint | undefined; readonly waitMs?: number },
) => Promise<readonly SubjectCase[]>;

/** @param deps.projections the runner that {@link subjectCases} was given to */
export function subjectCaseQuery(deps: {
  readonly readStore: ReadStore;
  readonly projections: Pick<ProjectionRunner, 'waitFor'>;
}): SubjectCaseQuery {
  const { readStore, projections } = deps;

  const active = async (): Promise<number> => {
    const generation = (await readStore.generations()).find(
      ({ name, role }) => name === subjectCases.name && role === 'active',
    );
    if (!generation) throw new CaseError({ code: 'PROJECTION_BEHIND', projection: subjectCases.name, behind: 0 });
    return generation.generation;
  };

  return async (subject, { minPosition, waitMs }) => {
    await projections.waitFor(minPosition, waitMs, [subjectCases.name]);
    for (let generation = await active(); ; ) {
      try {
        const rows = await readStore.database
          .selectFrom(tableName(TABLE, generation))
          .select(['workflow', 'case_id'])
          .where('subject', '=', subject)
          .orderBy('workflow')
          .orderBy('case_id')
          .execute();
        return rows.map(({ workflow, case_id }) => ({ workflow: String(workflow), caseId: String(case_id) }));
      } catch (error) {
        // A rebuild may have switched the tables meanwhile; then they are asked again.
        const now = await active();
        if (now === generation) throw error;
        generation = now;
      }
    }
  };
}

function keysOf({ stream, data, metadata }: RecordedEvent): (readonly [string, string, string])[] {
  const workflow = metadata.workflow.name;
  if (isOwnWorkflow(workflow)) return [];
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
