import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { v7 as uuidv7 } from 'uuid';
import { systemClock } from '../engine/clock.js';
import type { WaitingThread } from '../engine-thread/waiting-thread.js';
import type { ExitCode } from './exit-code.js';
import { run } from './run.js';
import { processTerminal } from './terminal.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Runs one command line with this process's terminal, clock and randomness. */
export function runInProcess(args: readonly string[], engineThread: WaitingThread | undefined): Promise<ExitCode> {
  // Whoever reads our output may stop reading, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exitCode = 0;
  });
  return run(args, {
    terminal: processTerminal(),
    clock: systemClock,
    ids: { next: () => uuidv7() },
    randomBytes,
    version,
    ...(engineThread && { engineThread }),
  });
}
