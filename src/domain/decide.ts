import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { CaseError } from './case-error.js';
import type { JsonObject, RecordedActor } from './event.js';
import { readInput } from './input-issues.js';
import { inertScope } from './machine-parts.js';
import { machineStep } from './machine-step.js';
import { refusal } from './refusal.js';
import { stateName } from './state-name.js';
import type { CaseLabels, Facts, Workflow } from './workflow.js';

/** A case as its events made it: all that deciding the next one needs. */
export type CaseState = {
  readonly workflow: Workflow;
  readonly snapshot: AnyMachineSnapshot;
  /** As {@link stateName} writes it. */
  readonly state: string;
  /** Revision of the last event; −1 before the first. */
  readonly revision: number;
  readonly labels: CaseLabels;
  /** Who sent the events that two-person rules look back at: event type → account ids. */
  readonly senders: Readonly<Record<string, readonly string[]>>;
  /** `occurredAt` of the first event; empty before it. */
  readonly openedAt: string;
  /** `recordedAt` of the last event; empty before the first. */
  readonly recordedAt: string;
};

/** An event with everything its decision rests on. `data` is the public part. */
export type DecidableEvent = {
  readonly type: string;
  readonly data: JsonObject;
  readonly facts: Facts;
  readonly actor: RecordedActor;
  /** `occurredAt`. */
  readonly at: string;
};

/** A case nothing has happened to yet. */
export function newCase(workflow: Workflow): CaseState {
  const snapshot = initialSnapshot(workflow.machine);
  return {
    workflow,
    snapshot,
    state: stateName(snapshot.value, workflow.machine.root),
    revision: -1,
    labels: {},
    senders: {},
    openedAt: '',
    recordedAt: '',
  };
}

const initialSnapshots = new WeakMap<AnyStateMachine, AnyMachineSnapshot>();

function initialSnapshot(machine: AnyStateMachine): AnyMachineSnapshot {
  let snapshot = initialSnapshots.get(machine);
  if (!snapshot) {
    snapshot = machine.getInitialSnapshot(inertScope(machine)) as AnyMachineSnapshot;
    initialSnapshots.set(machine, snapshot);
  }
  return snapshot;
}

/** What the workflow says of an event. @throws CaseError `EVENT_UNKNOWN` */
export function eventDefinition(workflow: Workflow, type: string): Workflow['events'][string] {
  const definition = Object.hasOwn(workflow.events, type) ? workflow.events[type] : undefined;
  if (!definition) {
    throw new CaseError({
      code: 'EVENT_UNKNOWN',
      event: type,
      workflow: workflow.name,
      known: Object.keys(workflow.events),
    });
  }
  return definition;
}

/**
 * Reads an event's data by its schema.
 *
 * @throws CaseError `EVENT_UNKNOWN` · `EVENT_DATA_INVALID` with the paths of what is wrong, never the values
 */
export function parseEventData(workflow: Workflow, type: string, data: unknown): JsonObject {
  const read = readInput(eventDefinition(workflow, type).data, data);
  if (read.issues) throw new CaseError({ code: 'EVENT_DATA_INVALID', event: type, issues: read.issues });
  return read.data as JsonObject;
}

/** The labels a case has after an event. */
export function labelsAfter(workflow: Workflow, labels: CaseLabels, event: Omit<DecidableEvent, 'at'>): CaseLabels {
  const set = workflow.events[event.type]?.labels;
  return set ? { ...labels, ...set({ data: event.data as never, facts: event.facts, actor: event.actor }) } : labels;
}

/**
 * Accepts one event, giving the case after it, or says why not. Pure: the caller stores the result.
 *
 * @throws CaseError `SAME_PERSON` · `EVENT_NOT_ALLOWED` with what is · `GUARD_DENIED` with the guards' own reasons
 */
export function decide(current: CaseState, event: DecidableEvent): CaseState {
  const { workflow, snapshot } = current;
  // An importer tells what others did, and is not the person a two-person rule asks for.
  const separateFrom = event.actor.role === 'importer' ? undefined : workflow.events[event.type]?.separateFrom;
  for (const earlier of separateFrom ?? []) {
    if (current.senders[earlier]?.includes(event.actor.id)) {
      throw new CaseError({ code: 'SAME_PERSON', event: event.type, separateFrom: earlier });
    }
  }
  const after = stepped(current, event);
  if (after === undefined) throw refusal(workflow, snapshot, current.state, event);
  return after;
}

/** The case after an event, whoever sent it; undefined where the machine does not take it. */
export function stepped(current: CaseState, event: DecidableEvent): CaseState | undefined {
  const { workflow } = current;
  const next = machineStep(current.snapshot, event);
  if (next === undefined) return undefined;
  return {
    workflow,
    snapshot: next,
    state: next.value === current.snapshot.value ? current.state : stateNameOf(next),
    revision: current.revision + 1,
    labels: labelsAfter(workflow, current.labels, event),
    senders: sendersAfter(workflow, current.senders, event),
    openedAt: current.revision < 0 ? event.at : current.openedAt,
    recordedAt: current.recordedAt,
  };
}

const stateNames = new WeakMap<object, string>();

/** Snapshots of remembered steps share their state value, so its name is put together once. */
function stateNameOf({ value, machine }: AnyMachineSnapshot): string {
  if (typeof value === 'string') return value;
  let name = stateNames.get(value);
  if (name === undefined) {
    name = stateName(value, machine.root);
    stateNames.set(value, name);
  }
  return name;
}

const lookedBackAt = new WeakMap<Workflow, ReadonlySet<string>>();

function sendersAfter(workflow: Workflow, senders: CaseState['senders'], event: DecidableEvent): CaseState['senders'] {
  let types = lookedBackAt.get(workflow);
  if (!types) {
    types = new Set(Object.values(workflow.events).flatMap(({ separateFrom }) => separateFrom ?? []));
    lookedBackAt.set(workflow, types);
  }
  if (!types.has(event.type)) return senders;
  return { ...senders, [event.type]: [...(senders[event.type] ?? []), event.actor.id] };
}
