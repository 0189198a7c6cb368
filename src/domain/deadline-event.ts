import type { DeadlineEvent } from './deadline-ledger.js';
import type { RecordedEvent } from './event.js';
import { openPart } from './personal-data.js';
import { factValues } from './replay.js';

/** A recorded event as deadlines see it. */
export function deadlineEvent(event: Omit<RecordedEvent, 'position'>): DeadlineEvent {
  const { type, revision, metadata } = event;
  const { occurredAt, recordedAt, state, reason } = metadata;
  return {
    type,
    data: openPart(event.data),
    occurredAt,
    recordedAt,
    facts: factValues(event),
    state,
    revision,
    ...(reason !== undefined && { reason }),
  };
}
