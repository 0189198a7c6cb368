import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { mintToken } from '#caseledger/api/token.js';
import type { Actor } from '#caseledger/domain/access.js';
import { systemClock } from '#caseledger/engine/clock.js';
import { BENCH_MASTER_KEY } from './setting.js';

const PROGRAM = fileURLToPath(import.meta.resolve('#caseledger/program/main.js'));
const SECRET = 'a secret of a ledger that holds nothing true';

export type ServedProgram = {
  readonly url: string;
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>;
};

/** `caseledger serve` as it is shipped, in a process of its own, once it listens. */
export async function servedProgram(path: string): Promise<ServedProgram> {
  const program = spawn(process.execPath, [PROGRAM, 'serve', '--ledger', path, '--port', '0', '--json'], {
    env: {
      ...process.env,
      LOG_LEVEL: 'silent',
      CASELEDGER_TOKEN_SECRET: SECRET,
      CASELEDGER_MASTER_KEY: Buffer.from(BENCH_MASTER_KEY).toString('base64'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(program, 'exit');
  const said = await Promise.race([once(createInterface({ input: program.stdout }), 'line'), exited]);
  if (program.exitCode !== null) throw new Error(`the server ended with ${program.exitCode}`);
  const { url } = JSON.parse(String(said[0])) as { url: string };
  return {
    url,
    async stop() {
      program.kill('SIGTERM');
      await exited;
    },
  };
}

/** A token the served program takes. */
export function servedToken(actor: Actor): Promise<string> {
  return mintToken(actor, { secret: SECRET, clock: systemClock });
}
