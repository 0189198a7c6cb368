import cliProgress from 'cli-progress';
import type { Terminal } from './terminal.js';

export type Progress = { update(done: number): void; stop(): void };

/**
 * A progress bar on stderr, at a terminal only: what is piped or logged stays clean.
 *
 * @param total how much there is to do, or undefined when nobody knows
 */
export function progress(terminal: Terminal, label: string, total: number | undefined): Progress {
  if (terminal.stderr.isTTY !== true) return { update() {}, stop() {} };
  const known = total !== undefined && total > 0;
  const format = known ? `${label} [{bar}] {percentage}% | {value}/{total}` : `${label} {value}`;
  const bar = new cliProgress.SingleBar(
    { format, stream: terminal.stderr as NodeJS.WriteStream, hideCursor: true, clearOnComplete: true },
    cliProgress.Presets.shades_classic,
  );
  bar.start(known ? total : 0, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}
