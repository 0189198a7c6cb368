import type { CaseLedger } from '../api/case-ledger.js';
import type { ProjectionRunner } from '../projections/runner.js';
import { type EngineThread, startEngineThread } from './engine-thread.js';
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
  forget: true,
  findSubject: true,
  pending: true,
  ledgerId: true,
  projectionStatus: true,
  projectionWaitFor: true,
  projectionSkip: true,
  projectionRebuild: true,
};

/** The thread's side: what an opener gives to be called from outside. */
export function threadMethods(ledger: CaseLedger, projections: FollowedProjections): CallableMethods {
  const { id, ...methods } = ledger;
  const own: ThreadMethods = {
    ...methods,
    ledgerId: async () => id,
    projectionStatus: () => projections.status(),
    projectionWaitFor: (position, timeoutMs, names) => projections.waitFor(position, timeoutMs, names),
    projectionSkip: (projection, position, by) => projections.skip(projection, position, by),
    projectionRebuild: (projection) => projections.rebuild(projection),
  };
  return own;
}

export type LedgerThread = {
  readonly ledger: CaseLedger;
  readonly projections: FollowedProjections;
  close(): Promise<void>;
};

/** Starts a ledger and its read models in a thread of their own. See {@link startEngineThread} for the options. */
export async function startLedgerThread(options: {
  readonly opener: URL;
  readonly data: unknown;
  readonly onExit: (error: Error) => void;
}): Promise<LedgerThread> {
  const names = Object.keys(METHODS) as (keyof ThreadMethods)[];
  const thread: EngineThread<ThreadMethods> = await startEngineThread<ThreadMethods>({ ...options, names });
  const { ledgerId, projectionStatus, projectionWaitFor, projectionSkip, projectionRebuild, ...ledger } = thread.methods;
  return {
    ledger: { ...ledger, id: await ledgerId() },
    projections: {
      status: projectionStatus,
      waitFor: projectionWaitFor,
      skip: projectionSkip,
      rebuild: projectionRebuild,
    },
    close: thread.close,
  };
}
