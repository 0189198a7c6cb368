import { v5 as uuidv5 } from 'uuid';
import { type Actor, actingRole, reaches, reachOf } from '../domain/access.js';
import { isBuiltInEvent } from '../domain/built-in-events.js';
import { sealEvent } from '../domain/canonical-event.js';
import { CaseError, isCaseError } from '../domain/case-error.js';
import { type CaseState, decide, labelsAfter, newCase, parseEventData } from '../domain/decide.js';
import { ENVELOPE_VERSION, type EventMetadata, type JsonObject, type RecordedActor, type RecordedEvent, type SealedEvent } from '../domain/event.js';
import { type NextEvent, nextEvents } from '../domain/next-events.js';
import { PERSONAL_KEY, type PersonalPart, type SplitData, splitPersonal, withSubjects } from '../domain/personal-data.js';
import { replay, retell } from '../domain/replay.js';
import { streamIdOf } from '../domain/stream-id.js';
import type { CaseLabels, Workflow } from '../domain/workflow.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import { type Appended, type EventStore, MAX_APPEND_BYTES } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';
import type { Clock, Ids } from './clock.js';
import { type CommandEvent, checkCommand, commandInput, type OpenCommand, type Receipt, type SendCommand } from './command.js';
import { type AcceptedCommand, canonicalValue, type DecidedCase, decidedCases } from './decided-cases.js';
import { fingerprintOf } from './fingerprint.js';
import type { KeyRing, SubjectKey } from './key-ring.js';
import { gatherFacts, type Lookups } from './lookups.js';
import { positionToken } from './position-token.js';
import { readableData, sealPart } from './sealed-parts.js';

/** How often a command is decided again when another writer got there first. */
const MAX_ATTEMPTS = 20;

/** How often an append of unknown outcome is offered again, unchanged. */
const MAX_OFFERS = 3;

/** How far a sender's clock may run ahead of the engine's, milliseconds. */
const CLOCK_TOLERANCE_MS = 1_000;

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Commands under way at most; one more is refused as `OVERLOADED` and nothing of it is kept. */
export const DEFAULT_MAX_PENDING = 10_000;

/** The moment a case is looked at: after a revision, or as an instant knew it (`recorded`) or saw it happen (`occurred`). */
export type AsOf = { readonly revision: number } | { readonly instant: string; readonly by?: 'recorded' | 'occurred' };

/** A case as it is or was. Holds no personal data. */
export type CaseView = {
  readonly workflow: string;
  readonly version: number;
  readonly caseId: string;
  readonly stream: string;
  readonly revision: number;
  readonly state: string;
  /** `closed` once the machine has reached its end. */
  readonly status: 'open' | 'closed';
  readonly labels: CaseLabels;
  /** The machine's context. */
  readonly context: unknown;
  readonly openedAt: string;
  readonly recordedAt: string;
};

/** An event as a reader sees it, personal fields revealed, `withheld` or `erased`. */
export type HistoryEvent = Omit<RecordedEvent, 'position'> & { readonly position: string };

export type CaseRef = { readonly workflow: string; readonly caseId: string };

/** A step of a recorded log that the rules would have refused. */
export type Deviation = { readonly revision: number; readonly event: string; readonly code: string; readonly refusal: string };

export type CaseEngine = {
  /** Opens a case. @throws CaseError `CASE_EXISTS`, and whatever {@link CaseEngine.send} throws */
  open(command: OpenCommand): Promise<Receipt>;
  /**
   * Sends events to a case: all are accepted or none. When it resolves they are on disk.
   *
   * Checked in this order: a repeat of an earlier command gets its answer; then the expected revision; then each
   * event's name, data, role, reach, time, facts and the machine.
   *
   * @throws CaseError the refusal, as data
   */
  send(command: SendCommand): Promise<Receipt>;
  /** Records what happened elsewhere: steps the rules refuse are kept as `step.deviated` and listed. The actor needs the role `importer`. */
  record(command: OpenCommand): Promise<Receipt & { readonly deviations: readonly Deviation[] }>;
  /** Moves a case to another version of its definition, after replaying it there. @throws CaseError `MIGRATION_REFUSED` */
  migrate(command: Omit<SendCommand, 'events'> & { readonly toVersion: number }): Promise<Receipt>;
  /** The case, or as it was. @throws CaseError `CASE_NOT_FOUND`, also where `reader` does not reach it */
  load(ref: CaseRef, options?: { readonly asOf?: AsOf; readonly reader?: Actor }): Promise<CaseView>;
  /** Its events, oldest first. Personal fields are withheld unless `reveal` says for what they are read, which is recorded. */
  history(ref: CaseRef, options?: { readonly asOf?: AsOf; readonly reader?: Actor; readonly reveal?: { readonly actor: string; readonly purpose: string } }): Promise<readonly HistoryEvent[]>;
  /** What may follow now, and what of it this actor may send. Without a case: what opens one. */
  next(ref: { readonly workflow: string; readonly caseId?: string }, actor: Actor): Promise<readonly NextEvent[]>;
  /** Commands under way. */
  pending(): number;
};

export type CaseEngineDeps = {
  readonly store: EventStore;
  readonly registry: WorkflowRegistry;
  readonly keys: KeyRing;
  readonly ledger: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly lookups?: Lookups;
  readonly maxPending?: number;
  readonly casesCached?: number;
};

type Mode = 'open' | 'send' | 'record';

/** One command on its way through the engine. */
type Task = {
  readonly mode: Mode;
  readonly command: OpenCommand & Pick<SendCommand, 'expectedRevision'>;
  readonly caseId: string;
  readonly stream: string;
  readonly input: string;
  readonly toVersion?: number;
};

/** An event decided but not yet sealed. */
type Decided = {
  readonly type: string;
  readonly open: JsonObject;
  readonly parts: readonly (PersonalPart & { readonly subjectRef: string })[];
  readonly schema: number;
  readonly role: string;
  readonly facts: EventMetadata['facts'];
  readonly occurredAt: string;
  readonly after: CaseState;
};

type NewSubject = { readonly subject: string; readonly identifiers: PersonalPart['identifiers'] };

/** The only path by which a case ever changes. See `docs/explanation/how-a-case-changes.md`. */
export function caseEngine(deps: CaseEngineDeps): CaseEngine {
  const { store, registry, keys, ledger, clock, ids, randomBytes, lookups = {}, maxPending = DEFAULT_MAX_PENDING } = deps;
  const cases = decidedCases(store, registry, deps.casesCached);
  const turns = new Map<string, Promise<void>>();
  const underWay = new Map<string, { readonly input: string; readonly answer: Promise<Receipt> }>();
  let pending = 0;

  async function submit(task: Task): Promise<Receipt> {
    const key = `${task.stream}\n${task.command.commandId}`;
    const twin = underWay.get(key);
    if (twin) {
      if (twin.input !== task.input) throw new CaseError({ code: 'COMMAND_ID_REUSED', commandId: task.command.commandId, stream: task.stream });
      return { ...(await twin.answer), repeated: true };
    }
    if (pending >= maxPending) throw new CaseError({ code: 'OVERLOADED', queue: 'command', limit: maxPending });
    pending += 1;
    const answer = inTurn(task);
    underWay.set(key, { input: task.input, answer });
    try {
      return await answer;
    } finally {
      underWay.delete(key);
      pending -= 1;
    }
  }

  /** Commands on one case follow one another; different cases do not wait for each other. */
  async function inTurn(task: Task): Promise<Receipt> {
    const before = turns.get(task.stream);
    let release: () => void = () => {};
    const turn = new Promise<void>((resolve) => {
      release = resolve;
    });
    turns.set(task.stream, turn);
    if (before) await before;
    try {
      return await untilSettled(task);
    } finally {
      if (turns.get(task.stream) === turn) turns.delete(task.stream);
      release();
    }
  }

  async function untilSettled(task: Task): Promise<Receipt> {
    for (let attempt = 1; ; attempt += 1) {
      const current = cases.known(task.stream) ?? (await cases.load(task.stream));
      const repeat = current?.commands.get(task.command.commandId);
      if (repeat) return answerAgain(task, repeat);
      try {
        return await decideAndAppend(task, current);
      } catch (error) {
        // A no from a cached state may be out of date: it stands only when the stream has not gone on.
        const wentOn = current ? await cases.refresh(task.stream, current) : isCaseError(error, 'REVISION_CONFLICT');
        if (!wentOn || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  function answerAgain({ command, input, caseId, stream }: Task, accepted: AcceptedCommand): Receipt {
    const subjectKeys = accepted.subjects.map((subject) => keys.key(subject));
    const comparable = subjectKeys.every((key): key is SubjectKey => key !== undefined && key !== 'erased');
    if (comparable && fingerprintOf(input, subjectKeys) !== accepted.fingerprint) {
      throw new CaseError({ code: 'COMMAND_ID_REUSED', commandId: command.commandId, stream });
    }
    return receipt(command.workflow, caseId, stream, accepted, true);
  }

  function receipt(workflow: string, caseId: string, stream: string, accepted: AcceptedCommand, repeated: boolean): Receipt {
    const { version, state, events, position } = accepted;
    return { workflow, version, caseId, stream, revision: events.at(-1)!.revision, state, position: positionToken(ledger, position), events, repeated };
  }

  async function decideAndAppend(task: Task, current: DecidedCase | undefined): Promise<Receipt> {
    const { command, caseId, stream } = task;
    checkHead(task, current);
    const start = current?.state ?? newCase(startingDefinition(command));
    const now = clock.now();
    const recordedAt = laterOf(now.toISOString(), start.recordedAt);

    const fresh = new Map<string, NewSubject>();
    const decided: Decided[] = [];
    let state = start;
    for (const event of command.events) {
      const one = task.toVersion === undefined ? await decideOne(task, state, event, recordedAt, fresh) : await migration(task, state, recordedAt);
      decided.push(one);
      state = one.after;
    }
    if (!(await makeSubjects(fresh))) return decideAndAppend(task, current);

    const sealed = sealAll(task, decided, start, recordedAt);
    const appended = await append(stream, sealed, start.revision < 0 ? 'no-stream' : start.revision);
    if (appended.repeated) {
      cases.forget(stream);
      const stored = (await cases.load(stream))?.commands.get(command.commandId);
      if (stored) return answerAgain(task, stored);
    }

    const subjects = [...new Set(decided.flatMap(({ parts }) => parts.map(({ subjectRef }) => subjectRef)))];
    const accepted: AcceptedCommand = {
      fingerprint: fingerprintOf(task.input, subjectKeysOf(subjects)),
      version: state.workflow.version,
      state: state.state,
      position: appended.position,
      events: sealed.map(({ id, type, revision }) => ({ id, type, revision })),
      subjects,
    };
    const remembered: DecidedCase = { state: { ...state, recordedAt }, commands: current?.commands ?? new Map() };
    remembered.commands.set(command.commandId, accepted);
    cases.remember(stream, remembered);
    return receipt(command.workflow, caseId, stream, accepted, false);
  }

  function checkHead({ mode, command, caseId, stream }: Task, current: DecidedCase | undefined): void {
    if (mode === 'send' && !current) throw new CaseError({ code: 'CASE_NOT_FOUND', workflow: command.workflow, caseId });
    if (mode === 'open' && current) throw new CaseError({ code: 'CASE_EXISTS', workflow: command.workflow, caseId });
    const expected = command.expectedRevision;
    if (expected !== undefined && current && current.state.revision !== expected) {
      throw new CaseError({ code: 'REVISION_CONFLICT', stream, expected, actual: current.state.revision });
    }
  }

  function startingDefinition({ workflow, version }: OpenCommand): Workflow {
    return version === undefined ? registry.current(workflow) : registry.get(workflow, version);
  }

  async function decideOne(task: Task, current: CaseState, event: CommandEvent, recordedAt: string, fresh: Map<string, NewSubject>): Promise<Decided> {
    const { command, mode } = task;
    const { workflow } = current;
    if (isBuiltInEvent(event.type)) {
      throw new CaseError({ code: 'EVENT_UNKNOWN', event: event.type, workflow: workflow.name, known: Object.keys(workflow.events) });
    }
    try {
      return await judge(task, current, event, recordedAt, fresh);
    } catch (error) {
      if (mode !== 'record' || !(error instanceof CaseError)) throw error;
      return deviation(current, event, error, recordedAt, command.actor);
    }
  }

  async function judge(task: Task, current: CaseState, event: CommandEvent, recordedAt: string, fresh: Map<string, NewSubject>): Promise<Decided> {
    const { command, caseId, mode } = task;
    const { workflow } = current;
    const { type } = event;
    const data = parseEventData(workflow, type, event.data);
    const definition = workflow.events[type]!;
    const { open, parts } = namedSubjects(type, splitPersonal(workflow.personal.get(type), data), current.labels, fresh);

    const occurredAt = event.occurredAt === undefined ? recordedAt : new Date(event.occurredAt).toISOString();
    const gathering = gatherFacts(definition, { data: open, labels: current.labels, caseId, at: occurredAt }, lookups);
    const gathered = gathering instanceof Promise ? await gathering : gathering;

    const provisional: RecordedActor = { id: command.actor.id, role: '' };
    const labels = labelsAfter(workflow, current.labels, { type, data: open, facts: gathered.values, actor: provisional });
    const role = mode === 'record' ? 'importer' : actingRole(workflow, type, command.actor, current.revision < 0 ? labels : current.labels);
    if (mode !== 'record') checkTime(workflow, event, command, recordedAt);
    if (definition.reasonRequired && command.reason === undefined) throw new CaseError({ code: 'REASON_REQUIRED', event: type });

    const decidable = { type, data: open, facts: gathered.values, actor: recordedActor(command.actor, role), at: occurredAt };
    const after = decide(current, decidable);
    return { type, open, parts, schema: definition.schema ?? 1, role, facts: gathered.recorded, occurredAt, after };
  }

  /** A step that happened although the rules refuse it: kept, beside the machine. */
  function deviation(current: CaseState, event: CommandEvent, error: CaseError, recordedAt: string, actor: Actor): Decided {
    if (current.workflow.personal.get(event.type)) throw error;
    const open = canonicalValue({
      event: event.type,
      code: error.failure.code,
      refusal: error.message,
      data: (event.data ?? {}) as JsonObject,
    });
    const occurredAt = event.occurredAt === undefined ? recordedAt : new Date(event.occurredAt).toISOString();
    const after = { ...current, revision: current.revision + 1 };
    return { type: 'step.deviated', open, parts: [], schema: 1, role: actor.roles.includes('importer') ? 'importer' : '', facts: undefined, occurredAt, after };
  }

  async function migration({ command, stream, toVersion }: Task, current: CaseState, recordedAt: string): Promise<Decided> {
    const target = registry.get(command.workflow, toVersion!);
    if (target.version === current.workflow.version) {
      throw new CaseError({ code: 'MIGRATION_REFUSED', stream, from: current.workflow.version, to: target.version, detail: 'the case is under that version already' });
    }
    const retold = retell(target, await readStream(store, stream));
    const open: JsonObject = {
      from: { hash: current.workflow.hash, version: current.workflow.version },
      to: { hash: target.hash, version: target.version },
    };
    const after = { ...retold, revision: current.revision + 1 };
    return { type: 'case.migrated', open, parts: [], schema: 1, role: 'administrator', facts: undefined, occurredAt: recordedAt, after };
  }

  /** Finds or names the subject of each personal part. New ones are only named: their keys are made when the command is accepted. */
  function namedSubjects(type: string, split: SplitData, labels: CaseLabels, fresh: Map<string, NewSubject>): Pick<Decided, 'open' | 'parts'> {
    if (split.parts.length === 0) return { open: split.open, parts: [] };
    const parts = split.parts.map((part) => ({ ...part, subjectRef: subjectOf(type, part, labels, fresh) }));
    return { open: withSubjects(split.open, parts.filter(({ ownSubject }) => ownSubject)), parts };
  }

  function subjectOf(type: string, part: PersonalPart, labels: CaseLabels, fresh: Map<string, NewSubject>): string {
    const named = part.ownSubject ? part.subjectRef : labels.applicant;
    if (named !== undefined) {
      const key = keys.key(named);
      if (key === 'erased') throw new CaseError({ code: 'SUBJECT_ERASED', subject: named });
      if (key === undefined && !fresh.has(named)) throw new CaseError({ code: 'SUBJECT_NOT_FOUND', subject: named });
      return named;
    }
    if (!part.ownSubject) throw new CaseError({ code: 'SUBJECT_MISSING', event: type, path: part.path });
    const known = keys.find(part.identifiers);
    if (known !== undefined) return known;
    const same = [...fresh.values()].find(({ identifiers }) =>
      identifiers.some(({ field, value }) => part.identifiers.some((other) => other.field === field && other.value === value)),
    );
    if (same) return same.subject;
    const subject = ids.next();
    fresh.set(subject, { subject, identifiers: part.identifiers });
    return subject;
  }

  /** Makes the keys of new subjects, durably. Answers false when another process has named one of them meanwhile, so that the command must be decided with that name. */
  async function makeSubjects(fresh: ReadonlyMap<string, NewSubject>): Promise<boolean> {
    if (fresh.size === 0) return true;
    const wanted = [...fresh.values()];
    const given = await keys.create(wanted);
    return wanted.every(({ subject }, index) => given[index] === subject);
  }

  function subjectKeysOf(subjects: readonly string[]): SubjectKey[] {
    return subjects.map((subject) => {
      const key = keys.key(subject);
      if (key === undefined) throw new CaseError({ code: 'SUBJECT_NOT_FOUND', subject });
      if (key === 'erased') throw new CaseError({ code: 'SUBJECT_ERASED', subject });
      return key;
    });
  }

  function sealAll(task: Task, decided: readonly Decided[], start: CaseState, recordedAt: string): SealedEvent[] {
    const { command, stream, input } = task;
    const subjects = [...new Set(decided.flatMap(({ parts }) => parts.map(({ subjectRef }) => subjectRef)))];
    const fingerprint = fingerprintOf(input, subjectKeysOf(subjects));
    let bytes = 0;
    const sealed = decided.map((one, index) => {
      const id = uuidv5(`${stream}\n${command.commandId}\n${index}`, ledger);
      const { workflow, labels } = one.after;
      const metadata: EventMetadata = {
        actor: recordedActor(command.actor, one.role),
        ...(command.causation !== undefined && { causation: command.causation }),
        command: { fingerprint, id: command.commandId, index, size: decided.length },
        correlation: command.correlation ?? command.commandId,
        envelope: ENVELOPE_VERSION,
        ...(one.facts !== undefined && { facts: canonicalValue(one.facts) }),
        ...(labels.item !== undefined && { item: { id: labels.item.id, version: labels.item.version } }),
        ledger,
        occurredAt: one.occurredAt,
        ...(command.reason !== undefined && { reason: command.reason }),
        recordedAt,
        schema: one.schema,
        state: one.after.state,
        ...(command.trace !== undefined && { trace: command.trace }),
        workflow: { hash: workflow.hash, name: workflow.name, version: workflow.version },
      };
      const data = one.parts.length === 0 ? one.open : { [PERSONAL_KEY]: sealParts(one.parts, { ledger, stream, eventId: id }), ...one.open };
      const event = sealEvent({ id, stream, revision: start.revision + 1 + index, type: one.type, data, metadata });
      bytes += event.type.length + Buffer.byteLength(event.data) + Buffer.byteLength(event.metadata);
      return event;
    });
    if (bytes > MAX_APPEND_BYTES) throw new CaseError({ code: 'APPEND_TOO_LARGE', bytes, limit: MAX_APPEND_BYTES });
    return sealed;
  }

  function sealParts(parts: Decided['parts'], place: Parameters<typeof sealPart>[2]) {
    return parts.flatMap((part) => {
      if (Object.keys(part.fields).length === 0) return [];
      return [sealPart(part, subjectKeysOf([part.subjectRef])[0]!, place, randomBytes)];
    });
  }

  /** An append whose outcome is unknown is offered again, byte for byte; a conflict after that is read back by the caller. */
  async function append(stream: string, events: readonly SealedEvent[], expected: number | 'no-stream'): Promise<Appended> {
    for (let offer = 1; ; offer += 1) {
      try {
        return await store.append(stream, events, expected);
      } catch (error) {
        if (!isCaseError(error, 'STORE_OUTCOME_UNKNOWN') || offer === MAX_OFFERS) throw error;
      }
    }
  }

  async function historyOf(ref: CaseRef, asOf: AsOf | undefined, reader: Actor | undefined): Promise<{ events: readonly RecordedEvent[]; state: CaseState }> {
    registry.current(ref.workflow);
    const whole = await readStream(store, streamIdOf(ref.workflow, ref.caseId));
    const events = asOf ? cut(whole, asOf) : whole;
    const state = replay(events, registry);
    const visible = state && (!reader || reaches(reachOf(reader, registry.role), (replayedLabels(whole, events, state))));
    if (!visible) throw new CaseError({ code: 'CASE_NOT_FOUND', workflow: ref.workflow, caseId: ref.caseId });
    return { events, state };
  }

  /** Whether somebody may look is asked of the case as it is now, not as it was. */
  function replayedLabels(whole: readonly RecordedEvent[], events: readonly RecordedEvent[], state: CaseState): CaseLabels {
    return whole.length === events.length ? state.labels : (replay(whole, registry)?.labels ?? {});
  }

  return {
    async open(command) {
      return submit(taskOf('open', command));
    },
    async send(command) {
      return submit(taskOf('send', command));
    },

    async record(command) {
      if (!command.actor.roles.includes('importer')) {
        throw new CaseError({ code: 'ROLE_NOT_PERMITTED', event: 'record', required: ['importer'], held: command.actor.roles });
      }
      const accepted = await submit(taskOf('record', command));
      const steps = accepted.events.filter(({ type }) => type === 'step.deviated');
      if (steps.length === 0) return { ...accepted, deviations: [] };
      const stored = await readStream(store, accepted.stream, accepted.events[0]!.revision);
      const deviations = steps.map(({ revision }) => {
        const { event, code, refusal } = stored.find((one) => one.revision === revision)!.data as Record<string, string>;
        return { revision, event: String(event), code: String(code), refusal: String(refusal) };
      });
      return { ...accepted, deviations };
    },

    async migrate({ toVersion, ...command }) {
      if (!command.actor.roles.includes('administrator')) {
        throw new CaseError({ code: 'ROLE_NOT_PERMITTED', event: 'case.migrated', required: ['administrator'], held: command.actor.roles });
      }
      registry.get(command.workflow, toVersion);
      const events = [{ type: 'case.migrated', data: { toVersion } }];
      return submit({ ...taskOf('send', { ...command, events }), toVersion });
    },

    async load(ref, { asOf, reader } = {}) {
      const { events, state } = await historyOf(ref, asOf, reader);
      return {
        workflow: ref.workflow,
        version: state.workflow.version,
        caseId: ref.caseId,
        stream: streamIdOf(ref.workflow, ref.caseId),
        revision: state.revision,
        state: state.state,
        status: state.snapshot.status === 'active' ? 'open' : 'closed',
        labels: state.labels,
        context: state.snapshot.context,
        openedAt: events[0]!.metadata.occurredAt,
        recordedAt: state.recordedAt,
      };
    },

    async history(ref, { asOf, reader, reveal } = {}) {
      const { events } = await historyOf(ref, asOf, reader);
      if (reveal) {
        const subjects = new Set(events.flatMap((event) => ((event.data[PERSONAL_KEY] ?? []) as { subject: string }[]).map(({ subject }) => subject)));
        const stream = streamIdOf(ref.workflow, ref.caseId);
        const at = clock.now().toISOString();
        if (subjects.size > 0) await keys.recordAccess([...subjects].map((subject) => ({ at, actor: reveal.actor, subject, stream, purpose: reveal.purpose })));
      }
      return events.map((event) => ({ ...event, data: readableData(event, keys, reveal !== undefined), position: positionToken(ledger, event.position) }));
    },

    async next({ workflow, caseId }, actor) {
      if (caseId === undefined) return nextEvents(newCase(registry.current(workflow)), actor);
      const { state } = await historyOf({ workflow, caseId }, undefined, actor);
      return nextEvents(state, actor);
    },

    pending: () => pending,
  };

  function taskOf(mode: Mode, command: OpenCommand & Pick<SendCommand, 'expectedRevision'>): Task {
    checkCommand(command);
    registry.current(command.workflow);
    const caseId = command.caseId ?? uuidv5(command.commandId, ledger);
    return { mode, command, caseId, stream: streamIdOf(command.workflow, caseId), input: commandInput(command) };
  }
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
    throw new CaseError({ code: 'BACKDATE_REFUSED', event: event.type, occurredAt: event.occurredAt, earliest: new Date(earliest).toISOString() });
  }
  if (said < now - CLOCK_TOLERANCE_MS && command.reason === undefined) throw new CaseError({ code: 'REASON_REQUIRED', event: event.type });
}

function cut(events: readonly RecordedEvent[], asOf: AsOf): readonly RecordedEvent[] {
  if ('revision' in asOf) return events.filter(({ revision }) => revision <= asOf.revision);
  const instant = new Date(asOf.instant).toISOString();
  if (asOf.by !== 'occurred') return events.filter(({ metadata }) => metadata.recordedAt <= instant);
  // A late entry may lie behind a later one: what was known to have happened is a prefix only by revision.
  const after = events.findIndex(({ metadata }) => metadata.occurredAt > instant);
  return after === -1 ? events : events.slice(0, after);
}

function recordedActor(actor: Actor, role: string): RecordedActor {
  return {
    ...(actor.department !== undefined && { department: actor.department }),
    id: actor.id,
    ...(actor.onBehalfOf !== undefined && { onBehalfOf: actor.onBehalfOf }),
    ...(actor.region !== undefined && { region: actor.region }),
    role,
  };
}

function laterOf(now: string, before: string): string {
  return now < before ? before : now;
}
