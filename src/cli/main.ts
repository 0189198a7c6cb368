#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { v7 as uuidv7 } from 'uuid';
import { systemClock } from '../engine/clock.js';
import { run } from './run.js';
import { processTerminal } from './terminal.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

// Whoever reads our output may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exitCode = 0;
});

process.exitCode = await run(process.argv.slice(2), {
  terminal: processTerminal(),
  clock: systemClock,
  ids: { next: () => uuidv7() },
  randomBytes,
  version,
});
