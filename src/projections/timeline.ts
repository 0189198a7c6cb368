import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { TableSpec } from '../read-store/table-spec.js';
import { definitionFinder } from './case-rows.js';
import { definitionBasis } from './definition-basis.js';
import { NOTHING_READ, type Projection } from './projection.js';

/** One row per event of a case: who did what when, and the state it led to. Of its data only what the engine itself recorded. */
export const TIMELINE: TableSpec = {
  name: 'timeline',
  columns: {
    stream: 'text',
    revision: 'integer',
    position: 'integer',
    type: 'text',
    actor: 'text',
    role: 'text',
    on_behalf_of: 'text?',
    occurred_at: 'text',
    recorded_at: 'text',
    state: 'text',
    reason: 'text?',
    /** On a `step.deviated`: the event it stands for, and the code with which the rules refused it. */
    deviated_event: 'text?',
    deviated_code: 'text?',
    /** On a `deadline.reached`: its data, as JSON. */
    rung: 'text?',
  },
  primaryKey: ['stream', 'revision'],
  indexes: [],
};

/** What happened to each case, event by event. */
export function timeline(registry: WorkflowRegistry): Projection {
  const definitionOf = definitionFinder(registry);
  return {
    name: 'timeline',
    version: 2,
    basis: definitionBasis(registry),
    tables: [TIMELINE],
    reads: () => NOTHING_READ,

    apply(event, rows) {
      if (definitionOf(event) === undefined) return;
      const { stream, revision, type, data, metadata, position } = event;
      const { actor } = metadata;
      const deviation = type === 'step.deviated' ? data : undefined;
      rows.append('timeline', {
        stream,
        revision,
        position: Number(position),
        type,
        actor: actor.id,
        role: actor.role,
        on_behalf_of: actor.onBehalfOf ?? null,
        occurred_at: metadata.occurredAt,
        recorded_at: metadata.recordedAt,
        state: metadata.state,
        reason: metadata.reason ?? null,
        deviated_event: deviation === undefined ? null : String(deviation.event),
        deviated_code: deviation === undefined ? null : String(deviation.code),
        rung: type === 'deadline.reached' ? JSON.stringify(data) : null,
      });
    },
  };
}
