import { isBuiltInEvent } from './built-in-events.js';
import { CaseError } from './case-error.js';
import { type CaseState, type DecidableEvent, newCase, stepped } from './decide.js';
import type { RecordedEvent } from './event.js';
import { openPart } from './personal-data.js';
import type { Facts, Workflow, WorkflowMigration } from './workflow.js';
import type { WorkflowRegistry } from './workflow-registry.js';

type Definitions = Pick<WorkflowRegistry, 'get'>;

/**
 * Folds a case's events into its state. Same events, same state: today, tomorrow, on any machine. Uses the facts that
 * were recorded and looks nothing up.
 *
 * @throws CaseError `REPLAY_DIVERGED` where the definition does not allow a recorded event or leads elsewhere than was
 *   recorded; nothing is ever skipped
 */
export function replay(history: readonly RecordedEvent[], definitions: Definitions): CaseState | undefined {
  const first = history[0];
  if (!first) return undefined;
  let state = newCase(definitionOf(first, definitions));
  for (const event of history) state = replayNext(state, event, history, definitions);
  return state;
}

/**
 * One more recorded event.
 *
 * @param history the case's events from the first on, which `case.migrated` tells again under the new version
 */
export function replayNext(
  state: CaseState,
  event: RecordedEvent,
  history: readonly RecordedEvent[],
  definitions: Definitions,
): CaseState {
  const next = isBuiltInEvent(event.type) ? builtIn(state, event, history, definitions) : recordedStep(state, event);
  if (next.state !== event.metadata.state) throw diverged(event, next.state);
  const { occurredAt, recordedAt } = event.metadata;
  return { ...next, revision: event.revision, openedAt: next.openedAt || occurredAt, recordedAt };
}

function recordedStep(state: CaseState, event: RecordedEvent): CaseState {
  const next = stepped(state, decidableOf(event));
  if (next === undefined) throw diverged(event, `refused in ${state.state}`);
  return next;
}

function builtIn(
  state: CaseState,
  event: RecordedEvent,
  history: readonly RecordedEvent[],
  definitions: Definitions,
): CaseState {
  if (event.type !== 'case.migrated') return state;
  const { to } = event.data as unknown as { to: { version: number } };
  const target = definitions.get(state.workflow.name, to.version);
  const before = history.filter(({ revision }) => revision < event.revision);
  return { ...retell(target, before), openedAt: state.openedAt };
}

/**
 * The case's own events told again under another version of its definition.
 *
 * @throws CaseError `MIGRATION_REFUSED` naming the first event that version does not allow
 */
export function retell(target: Workflow, history: readonly RecordedEvent[]): CaseState {
  let state = newCase(target);
  for (const { after } of told(target, history)) state = after;
  return state;
}

/** An event as another version tells it, the recorded one it stands for, and the case after it under that version. */
export type ToldEvent = {
  readonly event: DecidableEvent;
  readonly recorded: Omit<RecordedEvent, 'position'>;
  readonly after: CaseState;
};

/**
 * The events by which a version of its definition tells what happened to a case, one by one. What the engine itself
 * recorded is not among them.
 *
 * @throws CaseError `MIGRATION_REFUSED` on reaching the first event that version does not allow
 */
export function* told(
  target: Workflow,
  history: readonly Omit<RecordedEvent, 'position'>[],
): Generator<ToldEvent, void, undefined> {
  let after = newCase(target);
  for (const recorded of history) {
    if (isBuiltInEvent(recorded.type)) continue;
    const from = recorded.metadata.workflow.version;
    const refuse = (detail: string): never => {
      throw new CaseError({ code: 'MIGRATION_REFUSED', stream: recorded.stream, from, to: target.version, detail });
    };
    const migration =
      translationFor(target, from) ?? refuse(`version ${target.version} declares no migration from ${from}`);
    const same = { type: recorded.type, data: openPart(recorded.data) };
    for (const one of migration.translate?.(same) ?? [same]) {
      const event = { ...decidableOf(recorded), ...one };
      after =
        stepped(after, event) ??
        refuse(
          `revision ${recorded.revision} ("${one.type}") is not allowed in "${after.state}" of version ${target.version}`,
        );
      yield { event, recorded, after };
    }
  }
}

/** How this version tells an event recorded under another one; nothing where it declares no migration from there. */
function translationFor(target: Workflow, version: number): WorkflowMigration | undefined {
  if (version === target.version) return { from: version };
  return target.migrations?.find(({ from }) => from === version);
}

/** A recorded event as a machine takes it. */
export function decidableOf(event: Omit<RecordedEvent, 'position'>): DecidableEvent {
  return {
    type: event.type,
    data: openPart(event.data),
    facts: factValues(event),
    actor: event.metadata.actor,
    at: event.metadata.occurredAt,
  };
}

const NO_FACTS: Facts = {};

/** The facts an event was decided on, by name. */
export function factValues(event: Pick<RecordedEvent, 'metadata'>): Facts {
  const recorded = event.metadata.facts;
  return recorded ? Object.fromEntries(Object.entries(recorded).map(([name, { value }]) => [name, value])) : NO_FACTS;
}

function definitionOf(event: RecordedEvent, definitions: Definitions): Workflow {
  return definitions.get(event.metadata.workflow.name, event.metadata.workflow.version);
}

function diverged(event: RecordedEvent, replayed: string): CaseError {
  const { stream, revision, type, metadata } = event;
  return new CaseError({ code: 'REPLAY_DIVERGED', stream, revision, event: type, recorded: metadata.state, replayed });
}
