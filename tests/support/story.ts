import { type CaseState, type DecidableEvent, decide, newCase } from '../../src/domain/decide.js';
import { ENVELOPE_VERSION, type JsonObject, type RecordedEvent } from '../../src/domain/event.js';
import type { Workflow } from '../../src/domain/workflow.js';

const START = Date.parse('2026-03-02T01:00:00.000Z');

/** An event by whoever tests tell of, with nothing looked up. */
export function aStep(type: string, data: JsonObject = {}, more: Partial<DecidableEvent> = {}): DecidableEvent {
  return { type, data, facts: {}, actor: { id: 'clerk-1', role: 'clerk' }, at: new Date(START).toISOString(), ...more };
}

/** The case after these events, and its stream as a store would give it back. */
export function story(
  workflow: Workflow,
  steps: readonly DecidableEvent[],
): { readonly state: CaseState; readonly history: readonly RecordedEvent[] } {
  let state = newCase(workflow);
  const history = steps.map((step) => {
    state = decide(state, step);
    return aRecordedStep(state, step);
  });
  return { state, history };
}

/** The event that led to `state`, as recorded. */
export function aRecordedStep(state: CaseState, step: DecidableEvent): RecordedEvent {
  const { workflow, revision } = state;
  const recordedAt = new Date(START + revision * 60_000).toISOString();
  const facts = Object.entries(step.facts).map(([name, value]) => [name, { value, source: 'test' }] as const);
  return {
    id: `00000000-0000-5000-8000-${String(revision).padStart(12, '0')}`,
    stream: `${workflow.name}-1`,
    revision,
    type: step.type,
    data: step.data,
    position: BigInt(revision),
    metadata: {
      envelope: ENVELOPE_VERSION,
      ledger: '00000000-0000-7000-8000-000000000000',
      command: { id: `command-${revision}`, index: 0, size: 1, fingerprint: '' },
      actor: step.actor,
      occurredAt: step.at,
      recordedAt,
      workflow: { name: workflow.name, version: workflow.version, hash: workflow.hash },
      ...(facts.length > 0 && { facts: Object.fromEntries(facts) }),
      state: state.state,
      correlation: 'command-0',
      schema: workflow.events[step.type]?.schema ?? 1,
    },
  };
}
