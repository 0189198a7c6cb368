import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { describeEventStore } from '../../src/testing/event-store-conformance.js';

describeEventStore('memoryEventStore', { open: async () => memoryEventStore() });
