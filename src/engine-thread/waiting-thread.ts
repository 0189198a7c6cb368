import { Worker } from 'node:worker_threads';

/** A thread that loads its opener while it waits to be told what to open. Keeps no process alive until it is. */
export type WaitingThread = {
  readonly worker: Worker;
  /** Set once the thread has ended, however it did; `cause` where it broke. */
  readonly ended: { readonly cause: unknown } | undefined;
};

/** What the starting thread hands over. */
export type WaitingThreadData = { readonly opener: string; readonly compiledCode: string | undefined };

/**
 * Megabytes of the thread's heap for values that die young. Node 20 takes as much by itself, Node 24 four times that:
 * a hundred megabytes that stay resident and make nothing faster.
 */
const YOUNG_GENERATION_MB = 48;

/**
 * Starts a thread for an engine before it is known what the engine will open, so that loading code in both threads
 * takes no longer than in one.
 *
 * @param opener URL of a module that exports an `EngineOpener`; that it cannot be loaded is told by whoever opens
 * @param options.compiledCode folder in which the thread keeps what it compiles, see `keepCompiledCode`
 */
export function waitingThread(opener: URL, { compiledCode }: { readonly compiledCode?: URL } = {}): WaitingThread {
  const workerData: WaitingThreadData = { opener: opener.href, compiledCode: compiledCode?.href };
  const worker = new Worker(new URL('./engine-thread-worker.js', import.meta.url), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  worker.unref();
  let cause: unknown;
  let ended: WaitingThread['ended'];
  worker.on('error', (error) => {
    cause = error;
  });
  worker.once('exit', () => {
    ended = { cause };
  });
  return {
    worker,
    get ended() {
      return ended;
    },
  };
}
