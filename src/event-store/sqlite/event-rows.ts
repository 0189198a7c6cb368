import { CaseError } from '../../domain/case-error.js';
import type { EventMetadata, JsonObject, RecordedEvent } from '../../domain/event.js';
import { bytesToUuid } from '../../domain/uuid-bytes.js';
import type { SqlValue, Statement } from './sqlite-binding.js';

/** What a statement selects whose rows {@link recordedEvent} reads. */
export const EVENT_COLUMNS =
  'events.position, streams.name, events.revision, events.type, events.id, events.data, events.metadata';

/** A row of {@link EVENT_COLUMNS}. */
export type EventRow = readonly [
  position: number,
  stream: string,
  revision: number,
  type: string,
  id: Uint8Array,
  data: string,
  metadata: string,
];

/** Rows of `statement` as arrays, which cost a quarter less to read than objects where the binding has them. */
export function eventRows(statement: Statement): (...parameters: SqlValue[]) => EventRow[] {
  if (statement.setReturnArrays === undefined) {
    return (...parameters) => statement.all(...parameters).map((row) => Object.values(row) as unknown as EventRow);
  }
  statement.setReturnArrays(true);
  return (...parameters) => statement.all(...parameters) as unknown as EventRow[];
}

/** @throws CaseError `STORE_CORRUPT` when its texts are not JSON any more */
export function recordedEvent(row: EventRow, path: string): RecordedEvent {
  const [position, stream, revision, type, id, data, metadata] = row;
  try {
    return {
      id: bytesToUuid(id),
      stream,
      revision,
      type,
      data: JSON.parse(data) as JsonObject,
      metadata: JSON.parse(metadata) as EventMetadata,
      position: BigInt(position),
    };
  } catch (error) {
    const detail = `${stream} revision ${revision} is not readable as JSON`;
    throw new CaseError({ code: 'STORE_CORRUPT', path, detail }, { cause: error });
  }
}
