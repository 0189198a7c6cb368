import type { JsonValue } from '../domain/event.js';
import { openPart, sealedParts } from '../domain/personal-data.js';
import { caseIdOf } from '../domain/stream-id.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { CaseRef } from '../engine/case-reading.js';
import type { EventStore } from '../event-store/event-store.js';

/**
 * Every case whose events name a data subject or hold its data, from the ledger itself. It reads all of it, which an
 * erasure may take its time for: a case that was missed would be erased before its archive term is over.
 */
export async function casesHolding(
  subject: string,
  { events, registry }: { readonly events: Pick<EventStore, 'readAll'>; readonly registry: WorkflowRegistry },
): Promise<readonly CaseRef[]> {
  const workflows = new Set(registry.names());
  const found = new Map<string, CaseRef>();
  for (let after: bigint | undefined; ; ) {
    const page = await events.readAll(after === undefined ? {} : { after });
    for (const { stream, data, metadata } of page) {
      const workflow = metadata.workflow.name;
      if (!workflows.has(workflow) || found.has(stream)) continue;
      if (sealedParts(data).some((part) => part.subject === subject) || names(openPart(data), subject)) {
        found.set(stream, { workflow, caseId: caseIdOf(stream) });
      }
    }
    const last = page.at(-1);
    if (!last) return [...found.values()];
    after = last.position;
  }
}

function names(value: JsonValue, subject: string): boolean {
  if (value === null || typeof value !== 'object') return false;
  return Object.entries(value).some(
    ([key, member]) => (key === 'subjectRef' && member === subject) || names(member as JsonValue, subject),
  );
}
