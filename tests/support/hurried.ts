import { systemWait } from '../../src/engine/waiting.js';

/** Real timers, but for pauses, which a test does not sit out. Limits of patience (ten seconds and more) stay. */
export function hurried(ms: number, signal: AbortSignal): Promise<void> {
  return systemWait(ms < 10_000 ? Math.min(ms, 2) : ms, signal);
}
