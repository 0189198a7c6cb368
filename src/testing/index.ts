export {
  type CaseOutcome,
  type CaseSpecOptions,
  type CaseStory,
  caseSpec,
  type SpecActor,
  type SpecEvent,
} from './case-spec.js';
export { describeEventStore, type EventStoreElsewhere, type EventStoreSubject } from './event-store-conformance.js';
export { aSealedEvent, type EventExample, exampleUuid, sealedEvents } from './sealed-events.js';
