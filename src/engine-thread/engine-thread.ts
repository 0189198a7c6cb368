import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type CallableMethods, callThrough } from './thread-channel.js';

/** What a module named as `opener` exports: it opens, in the engine's thread, whatever is to be called from outside. */
export type EngineOpener<Data> = {
  open(data: Data): Promise<{ readonly methods: CallableMethods; close(): Promise<void> }>;
};

/** What the starting thread hands over. */
export type EngineThreadData = { readonly opener: string; readonly data: unknown };

export type EngineThread<Methods> = {
  readonly methods: Methods;
  /** Lets calls under way end, closes what was opened, and ends the thread. */
  close(): Promise<void>;
};

/**
 * Runs the engine in a thread of its own, so that deciding and syncing to disk hold up no request. The methods are those
 * the opener gives; arguments and answers are copied between the threads.
 *
 * @param options.opener URL of a module that exports {@link EngineOpener}
 * @param options.data plain data for the opener
 * @param options.onExit told when the thread ends without having been asked to; calls then fail with its error
 * @throws Error when the opener fails, with its message
 */
export async function startEngineThread<Methods extends CallableMethods>(options: {
  readonly opener: URL;
  readonly data: unknown;
  readonly names: readonly (keyof Methods & string)[];
  readonly onExit: (error: Error) => void;
}): Promise<EngineThread<Methods>> {
  const { opener, data, names, onExit } = options;
  const workerData: EngineThreadData = { opener: opener.href, data };
  const worker = new Worker(new URL('./engine-thread-worker.js', import.meta.url), { workerData });
  const { methods, failAll } = callThrough<Methods & { $open(): Promise<void>; $close(): Promise<void> }>(worker, [...names, '$open', '$close']);

  let closing = false;
  let cause: Error | undefined;
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', () => {
    const error = cause ?? new Error('the engine thread has ended');
    failAll(error);
    if (!closing) onExit(error);
  });

  try {
    await methods.$open();
  } catch (error) {
    closing = true;
    await worker.terminate();
    throw error;
  }
  return {
    methods,
    async close() {
      if (closing) return;
      closing = true;
      const exited = once(worker, 'exit');
      await methods.$close();
      await exited;
    },
  };
}
