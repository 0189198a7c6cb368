import { CaseError, type ExpectedRevision } from '../domain/case-error.js';
import type { SealedEvent } from '../domain/event.js';
import { MAX_APPEND_BYTES } from './event-store.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LEAF_BYTES = 32;
/** UTF-8 never takes more bytes for a UTF-16 unit than this. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * What every adapter asks of an append before it looks at what is stored.
 *
 * @throws CaseError `APPEND_TOO_LARGE` over {@link MAX_APPEND_BYTES}
 * @throws TypeError when the events could never be stored: none at all, of another stream, not running on from
 *   `expected`, an id that is no UUID in lower case, a leaf hash that is not 32 bytes
 */
export function assertAppendOffer(stream: string, events: readonly SealedEvent[], expected: ExpectedRevision): void {
  if (events.length === 0) throw new TypeError('an append holds at least one event');

  let revision = revisionBefore(expected);
  if (!Number.isInteger(revision) || revision < -1) throw new TypeError(`${expected} is not an expected revision`);

  let units = 0;
  for (const event of events) {
    revision += 1;
    if (event.stream !== stream) throw new TypeError(`an event of ${event.stream} was offered to ${stream}`);
    if (event.revision !== revision) {
      throw new TypeError(`revision ${event.revision} was offered to ${stream} where ${revision} follows`);
    }
    if (!UUID.test(event.id)) throw new TypeError(`"${event.id}" is not a UUID in lower case`);
    if (event.leaf.byteLength !== LEAF_BYTES) throw new TypeError(`a leaf hash has ${LEAF_BYTES} bytes`);
    units += event.type.length + event.data.length + event.metadata.length;
  }

  if (units * MAX_BYTES_PER_UNIT > MAX_APPEND_BYTES) {
    const bytes = appendBytes(events);
    if (bytes > MAX_APPEND_BYTES) throw new CaseError({ code: 'APPEND_TOO_LARGE', bytes, limit: MAX_APPEND_BYTES });
  }
}

/** The size of an append as {@link MAX_APPEND_BYTES} counts it: UTF-8 bytes of type, data and metadata of all its events. */
export function appendBytes(events: readonly SealedEvent[]): number {
  let bytes = 0;
  for (const { type, data, metadata } of events) {
    bytes += Buffer.byteLength(type) + Buffer.byteLength(data) + Buffer.byteLength(metadata);
  }
  return bytes;
}

/** The revision a first event follows: that of the head, or -1 where there is no stream. */
export function revisionBefore(expected: ExpectedRevision): number {
  return expected === 'no-stream' ? -1 : expected;
}

/** The inverse of {@link revisionBefore}, as a conflict reports it. */
export function headOf(revision: number): ExpectedRevision {
  return revision < 0 ? 'no-stream' : revision;
}
