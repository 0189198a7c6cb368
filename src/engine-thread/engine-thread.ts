import { setTimeout as pause } from 'node:timers/promises';
import { CaseError } from '../domain/case-error.js';
import { type CallableMethods, callThrough } from './thread-channel.js';
import { type WaitingThread, waitingThread } from './waiting-thread.js';

/** What a module named as `opener` exports: it opens, in the engine's thread, whatever is to be called from outside. */
export type EngineOpener<Data> = {
  open(data: Data): Promise<{ readonly methods: CallableMethods; close(): Promise<void> }>;
};

export type EngineThread<Methods> = {
  /** Refused with `STORE_CLOSED` once closing has begun, with `STORE_UNAVAILABLE` once the thread has died. */
  readonly methods: Methods;
  /** Lets calls under way end, closes what was opened, and ends the thread. Safe to call twice. */
  close(): Promise<void>;
};

export type EngineThreadOptions<Methods> = {
  /** URL of a module that exports {@link EngineOpener}, or a thread that has loaded one already. */
  readonly opener: URL | WaitingThread;
  /** Plain data for the opener. */
  readonly data: unknown;
  readonly names: readonly (keyof Methods & string)[];
  /** Told once when the thread has died, that is ended without having been asked to. */
  readonly onExit: (error: Error) => void;
  /** What a caller is told whose call was under way when the thread died; `STORE_UNAVAILABLE` unless given. */
  readonly lost?: (method: string, args: readonly unknown[], error: Error) => Error;
};

/** How long a thread that has closed everything may take to end by itself, milliseconds: what it printed still has to get out. */
const LINGER_MS = 1_000;

/**
 * Runs the engine in a thread of its own, so that deciding and syncing to disk hold up no request. The methods are those
 * the opener gives; arguments and answers are copied between the threads.
 *
 * @throws whatever the opener threw: a CaseError as such, anything else as an Error with its message
 */
export async function startEngineThread<Methods extends CallableMethods>(
  options: EngineThreadOptions<Methods>,
): Promise<EngineThread<Methods>> {
  const { opener, data, names, onExit, lost = (_method, _args, error) => error } = options;
  const waiting = opener instanceof URL ? waitingThread(opener) : opener;
  const { worker } = waiting;
  worker.ref();
  const { methods, refuse, failAll } = callThrough<
    Methods & { $open(data: unknown): Promise<void>; $close(): Promise<void> }
  >(worker, [...names, '$open', '$close']);
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  let state: 'opening' | 'open' | 'closing' | 'ended' = 'opening';
  let closed: Promise<void> | undefined;

  const onEnded = (): void => {
    const { cause } = waiting.ended!;
    const error = new CaseError({ code: 'STORE_UNAVAILABLE', detail: "the engine's thread has ended" }, { cause });
    const died = state === 'open';
    if (state !== 'closing') refuse(error);
    state = 'ended';
    failAll((method, args) => lost(method, args, error));
    if (died) onExit(error);
  };
  if (waiting.ended) onEnded();
  else worker.once('exit', onEnded);

  async function close(): Promise<void> {
    if (state === 'ended') return;
    state = 'closing';
    const answered = methods.$close();
    refuse(new CaseError({ code: 'STORE_CLOSED' }));
    try {
      await answered;
    } finally {
      await Promise.race([exited, pause(LINGER_MS, undefined, { ref: false })]);
      await worker.terminate();
    }
  }

  try {
    await methods.$open(data);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  state = 'open';
  return {
    methods,
    close() {
      closed ??= close();
      return closed;
    },
  };
}
