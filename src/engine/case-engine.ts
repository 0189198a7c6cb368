import { v5 as uuidv5 } from 'uuid';
import { CaseError, isCaseError } from '../domain/case-error.js';
import { newCase } from '../domain/decide.js';
import type { RecordedEvent, SealedEvent } from '../domain/event.js';
import { streamIdOf } from '../domain/stream-id.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { CalendarDefinition } from '../domain/working-calendar.js';
import type { Appended, EventStore } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';
import { type CaseReading, type CaseRef, type CaseView, caseReading, caseView } from './case-reading.js';
import type { Clock, Ids } from './clock.js';
import { checkCommand, commandInput, type OpenCommand, type Receipt, type SendCommand } from './command.js';
import { type AcceptedCommand, type DecidedCase, decidedCases } from './decided-cases.js';
import { fingerprintOf } from './fingerprint.js';
import { type JudgedEvent, judgeAll, judgeMigration, type NewSubject, type Trial } from './judging.js';
import type { KeyRing, SubjectKey } from './key-ring.js';
import type { Lookups } from './lookups.js';
import { positionToken } from './position-token.js';
import { type RungsRaised, raiseRungs } from './raising-rungs.js';
import { commandSealer } from './sealing.js';

/** How often a command is decided again when another writer got there first. */
const MAX_ATTEMPTS = 20;

/** How often an append of unknown outcome is offered again, unchanged. */
const MAX_OFFERS = 3;

/** Commands after which the key ring is settled, so that little is to be read again after a power failure. */
const SETTLE_EVERY = 2_000;

/** Commands under way at most; one more is refused as `OVERLOADED` and nothing of it is kept. */
export const DEFAULT_MAX_PENDING = 10_000;

/** A step of a recorded log that the rules would have refused. */
export type Deviation = {
  readonly revision: number;
  readonly event: string;
  readonly code: string;
  readonly refusal: string;
};

export type CaseEngine = CaseReading & {
  /** Opens a case. @throws CaseError `CASE_EXISTS`, and whatever {@link CaseEngine.send} throws */
  open(command: OpenCommand): Promise<Receipt>;
  /**
   * Sends events to a case: all are accepted or none. When it resolves they are on disk.
   *
   * Checked in this order: a repeat of an earlier command gets its answer; then the expected revision; then each
   * event's name, role, data, reach, time, facts and the machine.
   *
   * @throws CaseError the refusal, as data
   */
  send(command: SendCommand): Promise<Receipt>;
  /** Records what happened elsewhere: steps the rules refuse are kept as `step.deviated` and listed. The actor needs the role `importer`. */
  record(command: OpenCommand): Promise<Receipt & { readonly deviations: readonly Deviation[] }>;
  /** Moves a case to another version of its definition, after replaying it there. @throws CaseError `MIGRATION_REFUSED` */
  migrate(command: Omit<SendCommand, 'events'> & { readonly toVersion: number }): Promise<Receipt>;
  /** Records the rungs that the case's deadlines have reached, as the alarm clock. See {@link raiseRungs}. */
  raise(stream: string, calendar: CalendarDefinition): Promise<RungsRaised>;
  /** The case as this engine decided or read it last, without asking the store; another process may have gone on since. */
  known(ref: CaseRef): CaseView | undefined;
  /** Commands under way. */
  pending(): number;
  /** Brings to disk what the key ring may still hold back. Before closing; otherwise it happens by itself. */
  settle(): Promise<void>;
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

/** One command on its way through the engine. */
type Task = {
  readonly mode: 'open' | 'send' | 'record';
  readonly command: OpenCommand & Pick<SendCommand, 'expectedRevision'>;
  readonly caseId: string;
  readonly stream: string;
  readonly input: string;
  readonly toVersion?: number;
};

/** The only path by which a case ever changes. See `docs/explanation/how-a-case-changes.md`. */
export function caseEngine(deps: CaseEngineDeps): CaseEngine {
  const { store, registry, keys, ledger, clock, ids, lookups = {}, maxPending = DEFAULT_MAX_PENDING } = deps;
  const cases = decidedCases(store, registry, deps.casesCached);
  const seal = commandSealer(deps);
  const lastTurns = new Map<string, Promise<unknown>>();
  const underWay = new Map<string, { readonly input: string; readonly answer: Promise<Receipt> }>();
  let pending = 0;
  let reached: bigint | undefined;
  let unsettled = 0;

  async function submit(task: Task): Promise<Receipt> {
    const { stream, input } = task;
    const { commandId } = task.command;
    const key = `${stream}\n${commandId}`;
    const twin = underWay.get(key);
    if (twin) {
      if (twin.input !== input) throw new CaseError({ code: 'COMMAND_ID_REUSED', commandId, stream });
      return { ...(await twin.answer), repeated: true };
    }
    if (pending >= maxPending) throw new CaseError({ code: 'OVERLOADED', queue: 'command', limit: maxPending });

    // Commands on one case follow one another, however the one before ended; different cases do not wait for each other.
    const before = lastTurns.get(stream);
    const settle = () => untilSettled(task);
    const answer = before === undefined ? settle() : before.then(settle, settle);
    pending += 1;
    lastTurns.set(stream, answer);
    underWay.set(key, { input, answer });
    try {
      return await answer;
    } finally {
      pending -= 1;
      underWay.delete(key);
      if (lastTurns.get(stream) === answer) lastTurns.delete(stream);
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
        if (isCaseError(error, 'STORE_OUTCOME_UNKNOWN')) return readBack(task, error);
        if (!mayBeOutOfDate(error) || attempt === MAX_ATTEMPTS) throw error;
        // A no from a cached state stands only when the stream has not gone on.
        const wentOn = current ? await cases.refresh(task.stream, current) : isCaseError(error, 'REVISION_CONFLICT');
        if (!wentOn) throw error;
      }
    }
  }

  /** The answer to a command that is found stored after all. Where it is not found it may still arrive, so nothing is decided on what was known before. */
  async function readBack(task: Task, unknown: unknown): Promise<Receipt> {
    cases.forget(task.stream);
    const stored = await cases.load(task.stream).catch(() => {
      throw unknown;
    });
    const arrived = stored?.commands.get(task.command.commandId);
    if (!arrived) {
      cases.forget(task.stream);
      throw unknown;
    }
    return answerAgain(task, arrived);
  }

  async function answerAgain({ command, input, caseId, stream }: Task, accepted: AcceptedCommand): Promise<Receipt> {
    const subjectKeys = accepted.subjects.map((subject) => keys.key(subject));
    const comparable = subjectKeys.every((key): key is SubjectKey => key !== undefined && key !== 'erased');
    const { first, last } = accepted;
    const events = await store.read(stream, { from: first, limit: last - first + 1 });
    const same = comparable ? fingerprintOf(input, subjectKeys) === accepted.fingerprint : looksAlike(command, events);
    if (!same) throw new CaseError({ code: 'COMMAND_ID_REUSED', commandId: command.commandId, stream });
    return receipt(command.workflow, caseId, stream, accepted, events, true);
  }

  function receipt(
    workflow: string,
    caseId: string,
    stream: string,
    { version, state, position, last }: AcceptedCommand,
    events: readonly Pick<SealedEvent, 'id' | 'type' | 'revision'>[],
    repeated: boolean,
  ): Receipt {
    return {
      workflow,
      version,
      caseId,
      stream,
      revision: last,
      state,
      position: positionToken(ledger, position),
      events: events.map(({ id, type, revision }) => ({ id, type, revision })),
      repeated,
    };
  }

  async function decideAndAppend(task: Task, current: DecidedCase | undefined): Promise<Receipt> {
    const { command, caseId, stream } = task;
    checkHead(task, current);
    if (unsettled >= SETTLE_EVERY) await settle();
    const start = current?.state ?? newCase(startingDefinition(command));
    const now = clock.now().toISOString();
    const recordedAt = now < start.recordedAt ? start.recordedAt : now;

    const trial: Trial = { command, caseId, recording: task.mode === 'record', recordedAt, fresh: new Map() };
    const verdict = judgement(task, trial, start);
    const judged = verdict instanceof Promise ? await verdict : verdict;
    if (trial.fresh.size > 0 && !(await makeSubjects(trial.fresh))) return decideAndAppend(task, current);

    const first = start.revision + 1;
    const { events, fingerprint, subjects } = seal(task, judged, first, recordedAt);
    const appended = await append(stream, events, first === 0 ? 'no-stream' : start.revision);
    if (appended.repeated) {
      const stored = (await cases.load(stream))?.commands.get(command.commandId);
      if (stored) return answerAgain(task, stored);
    }

    const { after } = judged[judged.length - 1]!;
    const accepted: AcceptedCommand = {
      fingerprint,
      version: after.workflow.version,
      state: after.state,
      position: appended.position,
      first,
      last: appended.revision,
      subjects,
    };
    const remembered: DecidedCase = { state: { ...after, recordedAt }, commands: current?.commands ?? new Map() };
    remembered.commands.set(command.commandId, accepted);
    cases.remember(stream, remembered);
    return receipt(command.workflow, caseId, stream, accepted, events, false);
  }

  /** What a task's events lead to, or a promise of it where a look-up makes one. Names given to new subjects are given back with a no. */
  function judgement(task: Task, trial: Trial, start: DecidedCase['state']) {
    const giveBack = (error: unknown): never => {
      for (const subject of trial.fresh.keys()) keys.giveBack(subject);
      throw error;
    };
    try {
      const judged =
        task.toVersion === undefined
          ? judgeAll({ keys, lookups, ids }, trial, start)
          : judgeMove(task, trial, task.toVersion, start);
      return judged instanceof Promise ? judged.catch(giveBack) : judged;
    } catch (error) {
      return giveBack(error);
    }
  }

  /** Brings what the key ring holds back to disk. Every event up to `reached` was preceded by the keys it needs, whoever wrote it. */
  async function settle(): Promise<void> {
    const through = reached;
    const counted = unsettled;
    if (through === undefined) return;
    unsettled = 0;
    reached = undefined;
    try {
      await keys.settle(through);
    } catch (error) {
      unsettled += counted;
      reached ??= through;
      throw error;
    }
  }

  function checkHead({ mode, command, caseId, stream }: Task, current: DecidedCase | undefined): void {
    if (mode === 'send' && !current)
      throw new CaseError({ code: 'CASE_NOT_FOUND', workflow: command.workflow, caseId });
    if (mode === 'open' && current) throw new CaseError({ code: 'CASE_EXISTS', workflow: command.workflow, caseId });
    const expected = command.expectedRevision;
    if (expected !== undefined && current && current.state.revision !== expected) {
      throw new CaseError({ code: 'REVISION_CONFLICT', stream, expected, actual: current.state.revision });
    }
  }

  function startingDefinition({ workflow, version }: OpenCommand) {
    return version === undefined ? registry.current(workflow) : registry.get(workflow, version);
  }

  async function judgeMove(
    { command, stream }: Task,
    trial: Trial,
    toVersion: number,
    start: DecidedCase['state'],
  ): Promise<readonly JudgedEvent[]> {
    const target = registry.get(command.workflow, toVersion);
    return [judgeMigration(trial, start, target, await readStream(store, stream), stream)];
  }

  /** Makes the keys of new subjects, durably. False when another process has named one of them meanwhile, so that the command must be decided with that name. */
  async function makeSubjects(fresh: ReadonlyMap<string, NewSubject>): Promise<boolean> {
    const wanted = [...fresh.values()];
    const given = await keys.create(wanted);
    return wanted.every(({ subject }, index) => given[index] === subject);
  }

  /** An append whose outcome is unknown is offered again, byte for byte; a conflict after that is read back by the caller. */
  async function append(
    stream: string,
    events: readonly SealedEvent[],
    expected: number | 'no-stream',
  ): Promise<Appended> {
    for (let offer = 1; ; offer += 1) {
      try {
        const appended = await store.append(stream, events, expected);
        if (reached === undefined || reached < appended.position) reached = appended.position;
        unsettled += 1;
        return appended;
      } catch (error) {
        if (!isCaseError(error, 'STORE_OUTCOME_UNKNOWN') || offer === MAX_OFFERS) throw error;
      }
    }
  }

  function taskOf(mode: Task['mode'], command: Task['command']): Task {
    checkCommand(command);
    registry.current(command.workflow);
    const caseId = command.caseId ?? uuidv5(command.commandId, ledger);
    return { mode, command, caseId, stream: streamIdOf(command.workflow, caseId), input: commandInput(command) };
  }

  return {
    ...caseReading(deps),

    async open(command) {
      return submit(taskOf('open', command));
    },

    async send(command) {
      return submit(taskOf('send', command));
    },

    async record(command) {
      const { roles } = command.actor;
      if (!roles.includes('importer'))
        throw new CaseError({ code: 'ROLE_NOT_PERMITTED', event: 'record', required: ['importer'], held: roles });
      const accepted = await submit(taskOf('record', command));
      const steps = accepted.events.filter(({ type }) => type === 'step.deviated');
      if (steps.length === 0) return { ...accepted, deviations: [] };
      const stored = await readStream(store, accepted.stream, accepted.events[0]!.revision);
      const deviations = steps.map(({ revision }): Deviation => {
        const { event, code, refusal } = stored.find((one) => one.revision === revision)!.data;
        return { revision, event: String(event), code: String(code), refusal: String(refusal) };
      });
      return { ...accepted, deviations };
    },

    async migrate({ toVersion, ...command }) {
      const { roles } = command.actor;
      if (!roles.includes('administrator')) {
        throw new CaseError({
          code: 'ROLE_NOT_PERMITTED',
          event: 'case.migrated',
          required: ['administrator'],
          held: roles,
        });
      }
      registry.get(command.workflow, toVersion);
      const events = [{ type: 'case.migrated', data: { toVersion } }];
      return submit({ ...taskOf('send', { ...command, events }), toVersion });
    },

    async raise(stream, calendar) {
      // After what is under way on the case here: no conflict is provoked, and the case stays known.
      const before = lastTurns.get(stream);
      const raise = () => raiseRungs({ store, registry, ledger, clock, seal, append }, stream, calendar);
      const turn = before === undefined ? raise() : before.then(raise, raise);
      lastTurns.set(stream, turn);
      try {
        const raised = await turn;
        const known = cases.known(stream);
        if (known !== undefined && known.state.revision < raised.revision) await cases.refresh(stream, known);
        return raised;
      } finally {
        if (lastTurns.get(stream) === turn) lastTurns.delete(stream);
      }
    },

    known(ref) {
      const decided = cases.known(streamIdOf(ref.workflow, ref.caseId));
      return decided && caseView(ref, decided.state);
    },

    pending: () => pending,
    settle,
  };
}

/** What can still be compared of a command whose subjects' keys are gone: who sent it, for whom, and its events' names. */
function looksAlike({ actor, events }: OpenCommand, stored: readonly RecordedEvent[]): boolean {
  return (
    events.length === stored.length &&
    stored.every(({ type, data, metadata }, index) => {
      const sent = type === 'step.deviated' ? data.event : type;
      const { id, onBehalfOf } = metadata.actor;
      return sent === events[index]!.type && id === actor.id && onBehalfOf === actor.onBehalfOf;
    })
  );
}

/** Whether a no may come from a state that is out of date. What the store itself could not do is not of that kind. */
function mayBeOutOfDate(error: unknown): boolean {
  return (
    error instanceof CaseError && !(error.failure.code.startsWith('STORE_') || error.failure.code === 'OVERLOADED')
  );
}
