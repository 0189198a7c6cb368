import type { RecordedEvent } from '../domain/event.js';
import { DEFAULT_PAGE_SIZE, type EventStore } from './event-store.js';

/** A whole stream, from revision `from` on, page by page. */
export async function readStream(
  store: Pick<EventStore, 'read'>,
  stream: string,
  from = 0,
): Promise<readonly RecordedEvent[]> {
  const first = await store.read(stream, { from, limit: DEFAULT_PAGE_SIZE });
  if (first.length < DEFAULT_PAGE_SIZE) return first;
  const events = [...first];
  for (;;) {
    const page = await store.read(stream, { from: from + events.length, limit: DEFAULT_PAGE_SIZE });
    events.push(...page);
    if (page.length < DEFAULT_PAGE_SIZE) return events;
  }
}
