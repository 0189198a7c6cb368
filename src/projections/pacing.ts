import { setImmediate as nextTurn } from 'node:timers/promises';

/** How a runner lets time pass; handed in so that it can be simulated. */
export type Pacing = {
  /** Resolves after `ms` milliseconds, or as soon as `signal` aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Lets everything else that is ready go first. */
  readonly turn: () => Promise<void>;
};

/** The machine's own timers. */
export const systemPacing: Pacing = {
  wait: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    }),
  turn: () => nextTurn(),
};
