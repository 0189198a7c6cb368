import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { type OutputFlags, wholeNumber, withOutput } from '../command-options.js';
import { EXIT } from '../exit-code.js';
import type { Session } from '../session.js';
import { output, table } from '../terminal.js';

type BenchFlags = OutputFlags & { readonly seconds: number; readonly callers: number; readonly folder?: string };

/** `caseledger bench`: how many commands a second this machine takes. */
export function benchCommand(program: Command, session: Session): void {
  withOutput(
    program
      .command('bench')
      .description(
        'measure how many commands a second this machine takes, on its disk, in a ledger of its own that is deleted afterwards',
      ),
  )
    .option('--seconds <number>', 'how long each measurement runs', wholeNumber(1, 600), 5)
    .option('--callers <number>', 'callers at once in the second measurement', wholeNumber(1, 10_000), 64)
    .option('--folder <path>', "where the ledger is put; the system's folder for temporary files unless given")
    .action(async (flags: BenchFlags) => {
      const folder = folderIn(flags.folder ?? tmpdir());
      try {
        const { measure } = await import('../measure.js');
        const found = await measure({ folder, seconds: flags.seconds, callers: flags.callers, session });
        const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism() };
        output(session.terminal, flags).result({ machine, ...found }, () => [
          `Node ${machine.node}, ${machine.cpu}, ${machine.cores} cores`,
          ...table(
            found.sends.map(({ callers, perSecond, p50Ms, p99Ms }) => [
              `${callers} caller${callers === 1 ? '' : 's'}`,
              `${Math.round(perSecond)} commands/s`,
              `p50 ${p50Ms.toFixed(2)} ms`,
              `p99 ${p99Ms.toFixed(2)} ms`,
            ]),
          ),
          `a commit with fsync alone: ${Math.round(found.commitsPerSecond)}/s`,
        ]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
}

function folderIn(parent: string): string {
  try {
    return mkdtempSync(join(parent, 'caseledger-bench-'));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new CliError(EXIT.notFound, `there is no folder ${parent}`, { cause });
    throw new CliError(EXIT.usage, `no ledger can be put in ${parent}: ${message}`, { cause });
  }
}
