import { type Actor, actingRole, heldRoles } from '../domain/access.js';
import { isBuiltInEvent } from '../domain/built-in-events.js';
import { canonicalText } from '../domain/canonical-event.js';
import { CaseError, type FailureCode } from '../domain/case-error.js';
import { assertTermsCountable, type DeadlineEvent, deadlineFact } from '../domain/deadline-ledger.js';
import { deadlineRefusal, judgedDeadlines } from '../domain/deadline-standing.js';
import { type CaseState, decide, eventDefinition, labelsAfter, parseEventData } from '../domain/decide.js';
import type { EventMetadata, JsonObject, RecordedActor, RecordedEvent } from '../domain/event.js';
import {
  PERSONAL_KEY,
  type PersonalPart,
  type SplitData,
  splitPersonal,
  withSubjects,
} from '../domain/personal-data.js';
import { retell } from '../domain/replay.js';
import type { CaseLabels, EventDefinition, Workflow } from '../domain/workflow.js';
import type { Ids } from './clock.js';
import type { CommandEvent, OpenCommand } from './command.js';
import { DEADLINE_LOOKUP, type DeadlineQuestion } from './deadline-lookup.js';
import type { KeyRing } from './key-ring.js';
import { type GatheredFacts, gatherFacts, type Lookups } from './lookups.js';

/** How far a sender's clock may run ahead of the engine's, milliseconds. */
const CLOCK_TOLERANCE_MS = 1_000;

const DAY_MS = 24 * 60 * 60 * 1_000;

/** The failures by which the rules refuse a step; a recorded log keeps such a step as a deviation. */
const REFUSALS: ReadonlySet<FailureCode> = new Set([
  'EVENT_UNKNOWN',
  'EVENT_NOT_ALLOWED',
  'EVENT_DATA_INVALID',
  'GUARD_DENIED',
  'REASON_REQUIRED',
  'TOO_EARLY',
  'TOO_LATE',
  'EXTENSION_REFUSED',
  'TERM_INVALID',
]);

/** What the events of one command are judged under. */
export type Trial = {
  readonly command: OpenCommand;
  readonly caseId: string;
  /** A recorded log: nobody is asked for a role, and what the rules refuse is kept. */
  readonly recording: boolean;
  readonly recordedAt: string;
  /** Subjects the command names for the first time. */
  readonly fresh: Map<string, NewSubject>;
};

export type NewSubject = { readonly subject: string; readonly identifiers: PersonalPart['identifiers'] };

/** An event accepted but not yet sealed. */
export type JudgedEvent = {
  readonly type: string;
  readonly open: JsonObject;
  readonly parts: readonly (PersonalPart & { readonly subjectRef: string })[];
  readonly schema: number;
  readonly actor: RecordedActor;
  readonly facts: EventMetadata['facts'];
  readonly occurredAt: string;
  readonly after: CaseState;
};

export type JudgeDeps = { readonly keys: KeyRing; readonly lookups: Lookups; readonly ids: Ids };

/**
 * Judges events one after the other, each on the case the one before leaves. A promise only where a look-up makes one:
 * most commands need none, and are answered without a turn of the event loop.
 *
 * @throws CaseError the first refusal
 */
export function judgeAll(
  deps: JudgeDeps,
  trial: Trial,
  start: CaseState,
): readonly JudgedEvent[] | Promise<readonly JudgedEvent[]> {
  const judged: JudgedEvent[] = [];
  for (const event of trial.command.events) {
    const one = judgeOrRecord(deps, trial, judged.at(-1)?.after ?? start, event, judged);
    if (one instanceof Promise) return judgeRest(deps, trial, one, judged);
    judged.push(one);
  }
  return judged;
}

async function judgeRest(
  deps: JudgeDeps,
  trial: Trial,
  waiting: Promise<JudgedEvent>,
  judged: JudgedEvent[],
): Promise<readonly JudgedEvent[]> {
  judged.push(await waiting);
  for (const event of trial.command.events.slice(judged.length)) {
    judged.push(await judgeOrRecord(deps, trial, judged.at(-1)!.after, event, judged));
  }
  return judged;
}

function judgeOrRecord(
  deps: JudgeDeps,
  trial: Trial,
  current: CaseState,
  event: CommandEvent,
  before: readonly JudgedEvent[],
): JudgedEvent | Promise<JudgedEvent> {
  if (!trial.recording) return judge(deps, trial, current, event, before);
  try {
    const judged = judge(deps, trial, current, event, before);
    return judged instanceof Promise ? judged.catch((error) => deviation(trial, current, event, error)) : judged;
  } catch (error) {
    return deviation(trial, current, event, error);
  }
}

function judge(
  deps: JudgeDeps,
  trial: Trial,
  current: CaseState,
  event: CommandEvent,
  before: readonly JudgedEvent[],
): JudgedEvent | Promise<JudgedEvent> {
  const { workflow } = current;
  const { type } = event;
  if (isBuiltInEvent(type)) {
    throw new CaseError({
      code: 'EVENT_UNKNOWN',
      event: type,
      workflow: workflow.name,
      known: Object.keys(workflow.events),
    });
  }
  eventDefinition(workflow, type);
  // Before the data is read: whom the event is not for is told nothing of it.
  if (!trial.recording) heldRoles(workflow, type, trial.command.actor);
  const data = parseEventData(workflow, type, event.data);
  if (PERSONAL_KEY in data) {
    throw new CaseError({
      code: 'EVENT_DATA_INVALID',
      event: type,
      issues: [{ path: PERSONAL_KEY, code: 'reserved', message: "the name is the ledger's own" }],
    });
  }
  if (!trial.recording) checkSender(trial, current, event);
  if (workflow.events[type]!.reasonRequired && trial.command.reason === undefined)
    throw new CaseError({ code: 'REASON_REQUIRED', event: type });
  const named = namedSubjects(deps, trial, type, splitPersonal(workflow.personal.get(type), data), current.labels);
  const at = instantOf(event, trial.recordedAt);
  const facts = gatherFacts(
    withStandings(workflow.events[type]!, trial, current, type, before),
    { data: named.open, labels: current.labels, caseId: trial.caseId, at },
    deps.lookups,
  );
  return facts instanceof Promise
    ? facts.then((gathered) => judgeOnFacts(trial, current, event, named, at, gathered))
    : judgeOnFacts(trial, current, event, named, at, facts);
}

/** The event's own look-ups, and the standing of each deadline it may be refused for; most events have none. */
function withStandings(
  definition: EventDefinition,
  { command, caseId, recordedAt }: Trial,
  { workflow, revision }: CaseState,
  type: string,
  before: readonly JudgedEvent[],
): EventDefinition {
  const deadlines = judgedDeadlines(workflow.deadlines, type);
  if (deadlines.length === 0) return definition;
  const { name, version } = workflow;
  const stored = revision - before.length;
  const underWay = before.map((one, index): DeadlineEvent => {
    const facts = Object.entries(one.facts ?? {}).map(([fact, { value }]) => [fact, value]);
    const { reason } = command;
    return {
      type: one.type,
      data: one.open,
      occurredAt: one.occurredAt,
      recordedAt,
      facts: Object.fromEntries(facts),
      state: one.after.state,
      revision: stored + 1 + index,
      ...(reason !== undefined && { reason }),
    };
  });
  const asked = deadlines.map((deadline) => {
    const key = { workflow: name, caseId, deadline, calendarAsOf: recordedAt, version, revision: stored, underWay };
    return [deadlineFact(deadline), () => ({ lookup: DEADLINE_LOOKUP, key: key satisfies DeadlineQuestion })];
  });
  return { ...definition, facts: { ...definition.facts, ...Object.fromEntries(asked) } };
}

type NamedData = Pick<JudgedEvent, 'open' | 'parts'>;

function judgeOnFacts(
  trial: Trial,
  current: CaseState,
  event: CommandEvent,
  { open, parts }: NamedData,
  at: string,
  gathered: GatheredFacts,
): JudgedEvent {
  const { command, recording } = trial;
  const { workflow, labels } = current;
  const { type } = event;
  const { values: facts } = gathered;
  const definition = workflow.events[type]!;

  const opened = (role: string) =>
    labelsAfter(workflow, labels, { type, data: open, facts, actor: recordedActor(command.actor, role) });
  const role = recording
    ? 'importer'
    : actingRole(workflow, type, command.actor, current.revision < 0 ? opened : labels);

  const actor = recordedActor(command.actor, role);
  const after = decide(current, { type, data: open, facts, actor, at });
  const before = current.revision < 0 ? '' : current.state;
  assertTermsCountable(workflow.deadlines, { type, data: open, facts, before, after: after.state });
  const refusal = deadlineRefusal(workflow.deadlines, { event: type, at, facts, data: open });
  if (refusal !== undefined) throw new CaseError(refusal);
  return { type, open, parts, schema: definition.schema ?? 1, actor, facts: gathered.recorded, occurredAt: at, after };
}

/**
 * Whether the sender, who holds one of the event's roles, may send it then, as far as that can be said before look-ups
 * are made and persons are looked for: whom an event is not for learns nothing by trying it. Where an opening event
 * would put its case is asked afterwards.
 */
function checkSender(
  { command, recordedAt }: Trial,
  { workflow, labels, revision }: CaseState,
  event: CommandEvent,
): void {
  if (revision >= 0) actingRole(workflow, event.type, command.actor, labels);
  checkTime(workflow, event, command, recordedAt);
}

/**
 * A step that happened although the rules refuse it: kept, beside the machine. One that may hold personal data is
 * refused instead, since without a reading by its schema nobody can say which of it is personal: one whose event has
 * personal fields, and one whose event the workflow does not know where any other has.
 */
function deviation(
  { command, recordedAt }: Trial,
  current: CaseState,
  event: CommandEvent,
  error: unknown,
): JudgedEvent {
  const { workflow } = current;
  const mayBePersonal = Object.hasOwn(workflow.events, event.type)
    ? workflow.personal.get(event.type) !== undefined
    : [...workflow.personal.values()].some((plan) => plan !== undefined);
  const kept = error instanceof CaseError && REFUSALS.has(error.failure.code) && !mayBePersonal;
  if (!kept) throw error;
  const occurredAt = instantOf(event, recordedAt);
  return {
    type: 'step.deviated',
    open: jsonForm({
      code: error.failure.code,
      data: (event.data ?? {}) as JsonObject,
      event: event.type,
      refusal: error.message,
    }),
    parts: [],
    schema: 1,
    actor: recordedActor(command.actor, 'importer'),
    facts: undefined,
    occurredAt,
    after: { ...current, revision: current.revision + 1, openedAt: current.openedAt || occurredAt },
  };
}

/** The one event by which a case moves to another version of its definition, where its own events are allowed. @throws CaseError `MIGRATION_REFUSED` */
export function judgeMigration(
  trial: Trial,
  current: CaseState,
  target: Workflow,
  history: readonly RecordedEvent[],
  stream: string,
): JudgedEvent {
  const from = current.workflow;
  if (target.version === from.version) {
    throw new CaseError({
      code: 'MIGRATION_REFUSED',
      stream,
      from: from.version,
      to: target.version,
      detail: 'the case is under that version already',
    });
  }
  return {
    type: 'case.migrated',
    open: { from: { hash: from.hash, version: from.version }, to: { hash: target.hash, version: target.version } },
    parts: [],
    schema: 1,
    actor: recordedActor(trial.command.actor, 'administrator'),
    facts: undefined,
    occurredAt: trial.recordedAt,
    after: { ...retell(target, history), revision: current.revision + 1, openedAt: current.openedAt },
  };
}

/** Finds or names the subject of each personal part. New ones are only named: their keys are made once the command is accepted. */
function namedSubjects(deps: JudgeDeps, trial: Trial, type: string, split: SplitData, labels: CaseLabels): NamedData {
  if (split.parts.length === 0) return { open: split.open, parts: [] };
  const parts = split.parts.map((part) => ({ ...part, subjectRef: subjectOf(deps, trial, type, part, labels) }));
  return {
    open: withSubjects(
      split.open,
      parts.filter(({ ownSubject }) => ownSubject),
    ),
    parts,
  };
}

function subjectOf(
  { keys, ids }: JudgeDeps,
  { fresh }: Trial,
  type: string,
  part: PersonalPart,
  labels: CaseLabels,
): string {
  const named = part.ownSubject ? part.subjectRef : labels.applicant;
  if (named !== undefined) {
    if (fresh.has(named)) return named;
    const key = keys.key(named);
    if (key === 'erased') throw new CaseError({ code: 'SUBJECT_ERASED', subject: named });
    if (key === undefined) throw new CaseError({ code: 'SUBJECT_NOT_FOUND', subject: named });
    return named;
  }
  if (!part.ownSubject) throw new CaseError({ code: 'SUBJECT_MISSING', event: type, path: part.path });
  const known = keys.find(part.identifiers);
  if (known !== undefined) return known;
  for (const { subject, identifiers } of fresh.values()) {
    if (
      identifiers.some((one) => part.identifiers.some(({ field, value }) => field === one.field && value === one.value))
    )
      return subject;
  }
  const subject = keys.spare() ?? ids.next();
  fresh.set(subject, { subject, identifiers: part.identifiers });
  return subject;
}

/**
 * When something may be said to have happened: now, or earlier where the definition lets this sender look back that far
 * and a reason is given. Never in the future.
 */
function checkTime(workflow: Workflow, event: CommandEvent, command: OpenCommand, recordedAt: string): void {
  if (event.occurredAt === undefined) return;
  const said = Date.parse(event.occurredAt);
  const now = Date.parse(recordedAt);
  const backdate = workflow.events[event.type]?.backdate;
  const days = backdate?.roles.some((role) => command.actor.roles.includes(role)) ? backdate.days : 0;
  const earliest = now - Math.max(days * DAY_MS, CLOCK_TOLERANCE_MS);
  if (said < earliest || said > now + CLOCK_TOLERANCE_MS) {
    throw new CaseError({
      code: 'BACKDATE_REFUSED',
      event: event.type,
      occurredAt: event.occurredAt,
      earliest: new Date(earliest).toISOString(),
    });
  }
  if (said < now - CLOCK_TOLERANCE_MS && command.reason === undefined)
    throw new CaseError({ code: 'REASON_REQUIRED', event: event.type });
}

function instantOf(event: CommandEvent, recordedAt: string): string {
  return event.occurredAt === undefined ? recordedAt : new Date(event.occurredAt).toISOString();
}

/** Members in canonical order, so that writing them down needs no sorting. */
function recordedActor(actor: Actor, role: string): RecordedActor {
  const recorded: { -readonly [Member in keyof RecordedActor]?: string } = {};
  if (actor.department !== undefined) recorded.department = actor.department;
  recorded.id = actor.id;
  if (actor.onBehalfOf !== undefined) recorded.onBehalfOf = actor.onBehalfOf;
  if (actor.region !== undefined) recorded.region = actor.region;
  recorded.role = role;
  return recorded as RecordedActor;
}

/** What a sender gave, as a store will read it. @throws Error for what has no JSON form */
function jsonForm(value: JsonObject): JsonObject {
  return JSON.parse(canonicalText(value)) as JsonObject;
}
