import { createHash } from 'node:crypto';
import { sealEvent } from '../domain/canonical-event.js';
import { ENVELOPE_VERSION, type EventMetadata, type JsonObject, type SealedEvent } from '../domain/event.js';

export type EventExample = {
  readonly stream?: string;
  readonly revision?: number;
  /** UUID; follows from everything else unless given, so the same example is the same event. */
  readonly id?: string;
  readonly type?: string;
  readonly data?: JsonObject;
  /** Tells events apart that are alike otherwise. */
  readonly command?: string;
};

const LEDGER = '0192f5f0-0000-7000-8000-000000000001';
const RECORDED_AT = '2026-03-06T05:00:00.000Z';

/** A valid event, ready to be stored; say only what the test is about. */
export function aSealedEvent(example: EventExample = {}): SealedEvent {
  const {
    stream = 'application-1',
    revision = 0,
    type = 'application.received',
    data = {},
    command = 'command-1',
  } = example;
  const id = example.id ?? exampleUuid(`${stream}/${revision}/${type}/${command}`);
  return sealEvent({ id, stream, revision, type, data, metadata: exampleMetadata(command) });
}

/** `count` valid events of one stream whose revisions run on from `first`, brought by one command. */
export function sealedEvents(count: number, { revision: first = 0, ...example }: EventExample = {}): SealedEvent[] {
  return Array.from({ length: count }, (_, at) => aSealedEvent({ ...example, revision: first + at }));
}

/** A UUID (v5 in shape) that follows from `name` alone. */
export function exampleUuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function exampleMetadata(command: string): EventMetadata {
  return {
    envelope: ENVELOPE_VERSION,
    ledger: LEDGER,
    command: { id: command, index: 0, size: 1, fingerprint: 'none' },
    actor: { id: 'clerk-7', role: 'clerk' },
    occurredAt: RECORDED_AT,
    recordedAt: RECORDED_AT,
    workflow: { name: 'application', version: 1, hash: 'none' },
    state: 'received',
    correlation: command,
    schema: 1,
  };
}
