import type { RecordedEvent } from '../domain/event.js';
import { upcast } from '../domain/upcast.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { EventStore } from './event-store.js';

/** A store whose events are read in today's shape: the one place where upcasts are applied. */
export function upcastingEventStore(store: EventStore, registry: WorkflowRegistry): EventStore {
  const today = (events: readonly RecordedEvent[]): readonly RecordedEvent[] =>
    events.map((event) => upcast(event, registry));
  return {
    append: (stream, events, expected) => store.append(stream, events, expected),
    read: async (stream, options) => today(await store.read(stream, options)),
    readAll: async (options) => today(await store.readAll(options)),
    async *subscribe(options) {
      for await (const page of store.subscribe(options)) yield today(page);
    },
    head: () => store.head(),
    close: () => store.close(),
  };
}
