import { setTimeout as pause } from 'node:timers/promises';

/** Lets time pass: resolves after `ms` milliseconds, or as soon as `signal` aborts. Handed in, so that it can be simulated. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** The machine's own timers. */
export const systemWait: Wait = async (ms, signal) => {
  try {
    await pause(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};
