import { sealEvent } from '../../src/domain/canonical-event.js';
import { ENVELOPE_VERSION } from '../../src/domain/event.js';
import { categoryOf } from '../../src/domain/stream-id.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { exampleUuid } from '../../src/testing/sealed-events.js';

export const LEDGER = '0195a0c2-4f1e-7d3a-8b52-0f6f6d1c2a11';

export type AlertLog = {
  /** Stores one event of a case, `alert.raised` of `overdue-alert` unless said, and answers its id. */
  raise(
    caseId: string,
    over?: { readonly workflow?: string; readonly type?: string; readonly data?: object },
  ): Promise<string>;
};

/** Writes events of alerts to a store. */
export function alertLog(store: EventStore): AlertLog {
  const revisions = new Map<string, number>();
  return {
    async raise(caseId, { workflow = 'overdue-alert', type = 'alert.raised', data = {} } = {}) {
      const stream = `${categoryOf(workflow)}-${caseId}`;
      const revision = revisions.get(stream) ?? 0;
      revisions.set(stream, revision + 1);
      const id = exampleUuid(`${stream}/${revision}`);
      const at = '2026-03-06T01:00:00.000Z';
      const event = sealEvent({
        id,
        stream,
        revision,
        type,
        data: { deadline: 'decision', rung: 'overdue', dueOn: '2026-03-05', ...data },
        metadata: {
          envelope: ENVELOPE_VERSION,
          ledger: LEDGER,
          command: { id, index: 0, size: 1, fingerprint: 'none' },
          actor: { id: 'caseledger', role: 'administrator' },
          occurredAt: at,
          recordedAt: at,
          workflow: { name: workflow, version: 1, hash: 'none' },
          state: 'raised',
          correlation: id,
          schema: 1,
        },
      });
      await store.append(stream, [event], revision === 0 ? 'no-stream' : revision - 1);
      return id;
    },
  };
}
