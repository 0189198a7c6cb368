import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';

/** Every command is a process of its own, and a busy machine starts them slowly. */
jest.setTimeout(180_000);

export const PROGRAM = resolve('dist/program/main.js');

export type Ran = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What was written with `--json`. */
  // biome-ignore lint/suspicious/noExplicitAny: each command writes its own value
  readonly json: any;
};

export type RunOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
};

/** Runs the built command line as a process of its own, with nothing of ours in its environment. */
export async function caseledger(
  args: readonly string[],
  { cwd = process.cwd(), env = {}, input }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: cleanEnvironment(env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {
    // A command that fails early does not read what it was offered.
  });
  child.stdin.end(input ?? '');
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((done) => child.on('close', done)),
  ]);
  return {
    code,
    stdout,
    stderr,
    get json() {
      return JSON.parse(stdout);
    },
  };
}

export function cleanEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env;
  return { PATH, HOME, ...(TMPDIR !== '' && { TMPDIR }), ...env };
}
