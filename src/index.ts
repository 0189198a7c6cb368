export { type Actor, LEDGER_ROLES, type Reach, reaches, reachOf } from './domain/access.js';
export type { CalendarNotice } from './domain/calendar-notice.js';
export { chinaCalendar } from './domain/calendars/cn.js';
export { canonicalEvent, canonicalText, leafHash, sealEvent } from './domain/canonical-event.js';
export {
  CaseError,
  type CaseFailure,
  describeFailure,
  type ExpectedRevision,
  type FailureCode,
  type GuardReason,
  type InputIssue,
  isCaseError,
} from './domain/case-error.js';
export type { CaseRung, ReachedRung } from './domain/case-rungs.js';
export type { DeadlineEnd, DeadlineInput, DeadlineRule, DeadlineRules, TermSource } from './domain/deadline.js';
export {
  type DeadlinePolicy,
  deadlineRulesOf,
  parseDeadlinePolicy,
  readDeadlinePolicy,
} from './domain/deadline-policy.js';
export type { DeadlineStanding } from './domain/deadline-standing.js';
export type { Due } from './domain/due-date.js';
export {
  ENVELOPE_VERSION,
  type EventMetadata,
  type JsonObject,
  type JsonValue,
  type RecordedActor,
  type RecordedEvent,
  type RecordedFact,
  type SealedEvent,
} from './domain/event.js';
export type { Explanation, ExplanationStep } from './domain/explain-deadline.js';
export { explanationText } from './domain/explanation-text.js';
export type { Rung, RungName } from './domain/ladder.js';
export type { NextEvent } from './domain/next-events.js';
export { ERASED, LOST, type PublicData, personal, subject, WITHHELD } from './domain/personal-data.js';
export { hotlinePolicy } from './domain/policies/hotline-12345.js';
export {
  defineReaction,
  EVERY_WORKFLOW,
  type PublicEvent,
  type Reaction,
  type ReactionCause,
  type ReactionCommand,
  type ReactionTrigger,
} from './domain/reaction.js';
export { calendarDays, months, type Term, type TermUnit, workingDays, workingHours } from './domain/term.js';
export type { Title } from './domain/title.js';
export {
  type CaseLabels,
  defineEvent,
  defineWorkflow,
  type EventDefinition,
  type EventDefinitions,
  type FactInput,
  type FactRequest,
  type Facts,
  type GuardDefinition,
  type MachineEvent,
  type RoleDefinition,
  type RoleScope,
  type Workflow,
  type WorkflowMigration,
  type WorkflowSource,
} from './domain/workflow.js';
export type { WorkflowRegistry } from './domain/workflow-registry.js';
export { type CalendarDay, type CalendarDefinition, calendarInForce } from './domain/working-calendar.js';
export {
  type AlarmClock,
  type AlarmClockDeps,
  type AlarmStatus,
  type AlarmTick,
  alarmClock,
  type RunningAlarmClock,
  startAlarmClock,
} from './engine/alarm-clock.js';
export type { CalendarMove } from './engine/calendar-moves.js';
export type { CaseDeadline } from './engine/case-deadlines.js';
export type { Deviation } from './engine/case-engine.js';
export type { AsOf, CaseRef, CaseView, HistoryEvent } from './engine/case-reading.js';
export { type Clock, type Ids, systemClock } from './engine/clock.js';
export {
  type CommandEvent,
  MAX_EVENTS_PER_COMMAND,
  type OpenCommand,
  type Receipt,
  type SendCommand,
} from './engine/command.js';
export type { Erasure } from './engine/erasure.js';
export type { AccessRecord, KeyRing, SubjectIdentifier, SubjectKey } from './engine/key-ring.js';
export type { LedgerCheck } from './engine/ledger-check.js';
export type { Lookup, Lookups } from './engine/lookups.js';
export type { NoticeReceipt, PublishNotice } from './engine/notice-publishing.js';
export { ALERTS, type EventFilter } from './engine/outbox/event-filter.js';
export { type NewSubscription, type Outbox, type OutboxOptions, openOutbox } from './engine/outbox/outbox.js';
export { type AllowedHost, readAllowedHost } from './engine/outbox/webhook-target.js';
export type { RungsRaised } from './engine/raising-rungs.js';
export { sqliteKeyRing } from './engine/sqlite-key-ring.js';
export { systemWait, type Wait } from './engine/waiting.js';
export { type Appended, type EventStore, MAX_APPEND_BYTES } from './event-store/event-store.js';
export { memoryEventStore } from './event-store/memory/memory-event-store.js';
export { sqliteEventStore } from './event-store/sqlite/sqlite-event-store.js';
export { importLog, type LogSummary } from './import/import-log.js';
export { type LogMap, loadLogMap } from './import/log-map.js';
export { readLog } from './import/log-reader.js';
export { type Ledger, type LedgerOptions, openLedger } from './ledger.js';
export type { CaseItem, CaseQueries, DueItem, Standing, TimelineItem } from './projections/case-queries.js';
export type { Projection } from './projections/projection.js';
