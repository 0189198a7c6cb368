import { CaseError } from '../../domain/case-error.js';
import type { EventMetadata, JsonObject, RecordedEvent, SealedEvent } from '../../domain/event.js';
import { assertAppendOffer, headOf, revisionBefore } from '../append-offer.js';
import { type Appended, DEFAULT_PAGE_SIZE, type EventStore } from '../event-store.js';

/** An event as kept: texts, so that what a caller does to a value it was handed never reaches the store. */
type Kept = Pick<SealedEvent, 'id' | 'stream' | 'revision' | 'type' | 'data' | 'metadata'> & {
  readonly position: bigint;
};

/**
 * A store in this process's memory, for simulations and tests: it keeps every promise but that of outliving the
 * process, and follows EventStoreDB's rules for ids and revisions as every adapter does. Positions count from 1.
 */
export function memoryEventStore(): EventStore {
  const log: Kept[] = [];
  const streams = new Map<string, Kept[]>();
  const waiting = new Set<() => void>();
  let closed = false;

  function assertOpen(): void {
    if (closed) throw new CaseError({ code: 'STORE_CLOSED' });
  }

  function wakeAll(): void {
    for (const wake of waiting) wake();
  }

  /** Resolves with the next append, when `signal` aborts, or when the store closes. */
  function more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      function wake(): void {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      }
      waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  function page(after: bigint, limit: number): RecordedEvent[] {
    const from = Number(after);
    return log.slice(from, from + limit).map(recorded);
  }

  return {
    async append(stream, events, expected): Promise<Appended> {
      assertOpen();
      assertAppendOffer(stream, events, expected);
      const kept = streams.get(stream) ?? [];
      const [after, head] = [revisionBefore(expected), kept.length - 1];

      if (after !== head) {
        const there = after < head ? kept.slice(after + 1, after + 1 + events.length) : [];
        const last = there[events.length - 1];
        if (last !== undefined && there.every(({ id }, at) => id === events[at]?.id)) {
          return { revision: last.revision, position: last.position, repeated: true };
        }
        throw new CaseError({ code: 'REVISION_CONFLICT', stream, expected, actual: headOf(head) });
      }

      for (const { id, revision, type, data, metadata } of events) {
        const event = { id, stream, revision, type, data, metadata, position: BigInt(log.length + 1) };
        kept.push(event);
        log.push(event);
      }
      streams.set(stream, kept);
      wakeAll();
      return { revision: kept.length - 1, position: BigInt(log.length), repeated: false };
    },

    async read(stream, { from = 0, limit } = {}) {
      assertOpen();
      const kept = streams.get(stream) ?? [];
      return kept.slice(from, limit === undefined ? undefined : from + limit).map(recorded);
    },

    async readAll({ after = 0n, limit = DEFAULT_PAGE_SIZE } = {}) {
      assertOpen();
      return page(after, limit);
    },

    async *subscribe({ after = 0n, signal }) {
      let position = after;
      while (!signal.aborted) {
        assertOpen();
        const events = page(position, DEFAULT_PAGE_SIZE);
        const last = events.at(-1);
        if (last === undefined) await more(signal);
        else {
          position = last.position;
          yield events;
        }
      }
    },

    async head() {
      assertOpen();
      return log.at(-1)?.position;
    },

    async close() {
      closed = true;
      wakeAll();
    },
  };
}

function recorded({ data, metadata, ...event }: Kept): RecordedEvent {
  return { ...event, data: JSON.parse(data) as JsonObject, metadata: JSON.parse(metadata) as EventMetadata };
}
