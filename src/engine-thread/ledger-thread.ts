import type { CaseLedger } from '../api/case-ledger.js';
import { calendarStream } from '../domain/calendar-history.js';
import { CaseError } from '../domain/case-error.js';
import { categoryOf } from '../domain/stream-id.js';
import type { AlarmStatus } from '../engine/alarm-clock.js';
import { LEDGER_STREAM } from '../engine/ledger-identity.js';
import type { ReactionDesk } from '../engine/reactions/reaction-runner.js';
import type { ProjectionRunner } from '../projections/runner.js';
import { type EngineThreadOptions, startEngineThread } from './engine-thread.js';
import type { CallableMethods } from './thread-channel.js';

type LedgerMethods = Omit<CaseLedger, 'id'>;

/** What may be asked of the read models from another thread; the questions themselves are put to the read store directly. */
export type FollowedProjections = Pick<ProjectionRunner, 'status' | 'waitFor' | 'skip' | 'rebuild'>;

type ThreadMethods = LedgerMethods & {
  ledgerId(): Promise<string>;
  projectionStatus: FollowedProjections['status'];
  projectionWaitFor: FollowedProjections['waitFor'];
  projectionSkip: FollowedProjections['skip'];
  projectionRebuild: FollowedProjections['rebuild'];
  alarmStatus(): Promise<AlarmStatus | undefined>;
  reactionStatus: ReactionDesk['status'];
  reactionsWaiting: ReactionDesk['waiting'];
  reactionRelease: ReactionDesk['release'];
  reactionSkip: ReactionDesk['skip'];
};

/** Every method, by name: a record, so that a new one cannot be left out. */
const METHODS: Record<keyof ThreadMethods, true> = {
  open: true,
  send: true,
  migrate: true,
  load: true,
  history: true,
  next: true,
  deadlines: true,
  explain: true,
  currentCalendar: true,
  publishNotice: true,
  calendarMoves: true,
  forget: true,
  findSubject: true,
  pending: true,
  ledgerId: true,
  projectionStatus: true,
  projectionWaitFor: true,
  projectionSkip: true,
  projectionRebuild: true,
  alarmStatus: true,
  reactionStatus: true,
  reactionsWaiting: true,
  reactionRelease: true,
  reactionSkip: true,
};

/** The thread's side: what an opener gives to be called from outside. */
export function threadMethods(
  ledger: CaseLedger,
  projections: FollowedProjections,
  reactions: ReactionDesk,
  alarmStatus: () => Promise<AlarmStatus | undefined>,
): CallableMethods {
  const { id, ...methods } = ledger;
  const own: ThreadMethods = {
    ...methods,
    ledgerId: async () => id,
    projectionStatus: () => projections.status(),
    projectionWaitFor: (position, timeoutMs, names) => projections.waitFor(position, timeoutMs, names),
    projectionSkip: (projection, position, by) => projections.skip(projection, position, by),
    projectionRebuild: (projection) => projections.rebuild(projection),
    alarmStatus,
    reactionStatus: () => reactions.status(),
    reactionsWaiting: () => reactions.waiting(),
    reactionRelease: (id, by) => reactions.release(id, by),
    reactionSkip: (id, by) => reactions.skip(id, by),
  };
  return own;
}

export type LedgerThread = {
  readonly ledger: CaseLedger;
  readonly projections: FollowedProjections;
  /** How the thread's alarm clock does; undefined where it has none. */
  readonly alarm: () => Promise<AlarmStatus | undefined>;
  readonly reactions: ReactionDesk;
  /** Lets calls under way end, then closes read models and ledger. Safe to call twice. */
  close(): Promise<void>;
};

/**
 * Starts a ledger and its read models in a thread of their own. See {@link startEngineThread} for the options. Whoever
 * has a command under way when the thread dies is told `STORE_OUTCOME_UNKNOWN`.
 */
export async function startLedgerThread(
  options: Pick<EngineThreadOptions<ThreadMethods>, 'opener' | 'data' | 'onExit'>,
): Promise<LedgerThread> {
  const names = Object.keys(METHODS) as (keyof ThreadMethods)[];
  const thread = await startEngineThread<ThreadMethods>({ ...options, names, lost });
  const {
    ledgerId,
    projectionStatus,
    projectionWaitFor,
    projectionSkip,
    projectionRebuild,
    reactionStatus,
    reactionsWaiting,
    reactionRelease,
    reactionSkip,
    alarmStatus,
    ...ledger
  } = thread.methods;
  return {
    ledger: { ...ledger, id: await ledgerId() },
    projections: {
      status: projectionStatus,
      waitFor: projectionWaitFor,
      skip: projectionSkip,
      rebuild: projectionRebuild,
    },
    alarm: alarmStatus,
    reactions: {
      status: reactionStatus,
      waiting: reactionsWaiting,
      release: reactionRelease,
      skip: reactionSkip,
    },
    close: thread.close,
  };
}

/** Methods that append: one under way may have been stored or not. */
const APPENDING: ReadonlySet<string> = new Set<keyof ThreadMethods>([
  'open',
  'send',
  'migrate',
  'publishNotice',
  'forget',
]);

function lost(method: string, args: readonly unknown[], error: Error): Error {
  if (!APPENDING.has(method)) return error;
  const { workflow, caseId, calendar } = args[0] as Readonly<
    Partial<Record<'workflow' | 'caseId' | 'calendar', string>>
  >;
  const own = calendar === undefined ? LEDGER_STREAM : calendarStream(calendar);
  // The name is not checked here: whoever sent a bad one gets an answer all the same.
  const stream = workflow === undefined ? own : [categoryOf(workflow), caseId ?? []].flat().join('-');
  return new CaseError(
    { code: 'STORE_OUTCOME_UNKNOWN', stream, detail: "the engine's thread has ended" },
    { cause: error },
  );
}
