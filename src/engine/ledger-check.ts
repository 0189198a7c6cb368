import { CaseError, type CaseFailure } from '../domain/case-error.js';
import { isOwnWorkflow } from '../domain/own-streams.js';
import { replay } from '../domain/replay.js';
import { caseIdOf, categoryOf } from '../domain/stream-id.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { EventStore } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';
import { upcastingEventStore } from '../event-store/upcasting-event-store.js';

/** A stored case that today's definitions would not bring where it was recorded. */
export type DivergingCase = { readonly workflow: string; readonly caseId: string; readonly failure: CaseFailure };

/** A definition under which cases were recorded and which means something else now, under the same version. */
export type ChangedDefinition = {
  readonly workflow: string;
  readonly version: number;
  readonly recorded: string;
  readonly registered: string;
};

export type LedgerCheck = {
  readonly cases: number;
  readonly events: number;
  readonly diverging: readonly DivergingCase[];
  readonly changedDefinitions: readonly ChangedDefinition[];
};

/**
 * Replays every stored case against the registered definitions and lists those that would diverge, so that a release
 * strands none of them silently.
 *
 * @param stored the events as they were written: what cannot be brought into today's shape is listed too
 */
export async function checkLedger(
  stored: EventStore,
  registry: WorkflowRegistry,
  onProgress: (events: number) => void = () => {},
): Promise<LedgerCheck> {
  const today = upcastingEventStore(stored, registry);
  const diverging: DivergingCase[] = [];
  const changed = new Map<string, ChangedDefinition>();
  const categories = new Set(registry.names().map(categoryOf));
  let cases = 0;
  let events = 0;
  let after: bigint | undefined;

  for (;;) {
    const page = await stored.readAll(after === undefined ? {} : { after });
    const last = page.at(-1);
    if (!last) break;
    after = last.position;
    for (const event of page) {
      const { workflow } = event.metadata;
      if (isOwnWorkflow(workflow.name)) continue;
      events += 1;
      if (registry.names().includes(workflow.name)) noteChange(workflow, registry, changed);
      if (event.revision !== 0) continue;
      cases += 1;
      const failure = categories.has(categoryOf(workflow.name))
        ? await divergence(today, event.stream, registry)
        : ({ code: 'WORKFLOW_UNKNOWN', workflow: workflow.name, known: registry.names() } as const);
      if (failure) diverging.push({ workflow: workflow.name, caseId: caseIdOf(event.stream), failure });
    }
    onProgress(events);
  }
  return { cases, events, diverging, changedDefinitions: [...changed.values()] };
}

async function divergence(
  store: EventStore,
  stream: string,
  registry: WorkflowRegistry,
): Promise<CaseFailure | undefined> {
  try {
    replay(await readStream(store, stream), registry);
    return undefined;
  } catch (error) {
    if (error instanceof CaseError) return error.failure;
    throw error;
  }
}

function noteChange(
  recorded: { readonly name: string; readonly version: number; readonly hash: string },
  registry: WorkflowRegistry,
  changed: Map<string, ChangedDefinition>,
): void {
  const registered = registry.all().find(({ name, version }) => name === recorded.name && version === recorded.version);
  if (!registered || registered.hash === recorded.hash) return;
  const key = `${recorded.name}@${recorded.version}:${recorded.hash}`;
  changed.set(key, {
    workflow: recorded.name,
    version: recorded.version,
    recorded: recorded.hash,
    registered: registered.hash,
  });
}
