import { CommanderError } from 'commander';
import { type Config, ConfigError, readConfig } from '../config.js';
import { CaseError, type CaseFailure } from '../domain/case-error.js';
import type { Clock, Ids } from '../engine/clock.js';
import type { WaitingThread } from '../engine-thread/waiting-thread.js';
import { CliError } from './cli-error.js';
import { EXIT, EXIT_OF, type ExitCode } from './exit-code.js';
import { caseledgerProgram } from './program.js';
import { type Language, languageOf, type Terminal } from './terminal.js';

export type Surroundings = {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly version: string;
  /** A thread for the engine, where the command may serve. */
  readonly engineThread?: WaitingThread;
};

/**
 * Runs one command line and answers its exit code. Whatever goes wrong is one line on stderr, and with `--json` also
 * `{ "error": … }` on stdout; a stack is shown only where `CASELEDGER_DEBUG` is set.
 */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { terminal, ...impure } = surroundings;
  try {
    const config: Config = readConfig(terminal.env);
    const program = caseledgerProgram({ terminal, config, ...impure });
    await program.command.parseAsync([...args], { from: 'user' });
    return program.exitCode();
  } catch (error) {
    return complain(error, args, terminal);
  }
}

function complain(error: unknown, args: readonly string[], terminal: Terminal): ExitCode {
  // Commander has said its line already; help and --version end in one as well.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    if (args.includes('--json')) tellProgram(terminal, error.message.replace(/^error: /, ''), { code: 'USAGE' });
    return EXIT.usage;
  }
  const { exitCode, line, details } = complaint(error, languageFlag(args) ?? languageOf(terminal.env));
  terminal.stderr.write(`caseledger: ${line}\n`);
  if (terminal.env.CASELEDGER_DEBUG && error instanceof Error) terminal.stderr.write(`${error.stack}\n`);
  if (args.includes('--json')) tellProgram(terminal, line, details);
  return exitCode;
}

function tellProgram(terminal: Terminal, message: string, details: object): void {
  terminal.stdout.write(`${JSON.stringify({ error: { message, ...details } })}\n`);
}

type Complaint = { readonly exitCode: ExitCode; readonly line: string; readonly details: object };

function complaint(error: unknown, language: Language): Complaint {
  if (error instanceof CaseError)
    return { exitCode: EXIT_OF[error.failure.code], line: oneLine(refusal(error, language)), details: error.failure };
  if (error instanceof CliError)
    return { exitCode: error.exitCode, line: oneLine(error.message), details: { code: codeName(error.exitCode) } };
  if (error instanceof ConfigError)
    return { exitCode: EXIT.usage, line: oneLine(error.message), details: { code: 'CONFIG_INVALID' } };
  const message = error instanceof Error ? error.message : String(error);
  return {
    exitCode: EXIT.unexpected,
    line: `unexpected: ${oneLine(message)} (CASELEDGER_DEBUG=1 shows where)`,
    details: { code: 'UNEXPECTED' },
  };
}

/** The engine's sentence; a guard's reason in the reader's language, and for whom a role is missing, how to name one. */
function refusal(error: CaseError, language: Language): string {
  const failure: CaseFailure = error.failure;
  switch (failure.code) {
    case 'GUARD_DENIED':
      return language === 'zh'
        ? `"${failure.event}" 不予办理：${failure.reasons.map(({ title }) => title.zh).join('；')}`
        : error.message;
    case 'TOO_EARLY':
      return language === 'zh'
        ? `"${failure.event}" 未满“${failure.title.zh}”：${failure.allowedOn}起方可办理`
        : error.message;
    case 'TOO_LATE':
      return language === 'zh'
        ? `"${failure.event}" 已过“${failure.title.zh}”：最后期限为${failure.dueOn}`
        : error.message;
    case 'EXTENSION_REFUSED':
      return language === 'zh' ? `"${failure.event}" 不予延长“${failure.title.zh}”` : error.message;
    case 'ROLE_NOT_PERMITTED':
      return failure.held.length === 0 ? `${error.message}; name a role with --role` : error.message;
    case 'OUT_OF_SCOPE':
      return `${error.message}; see --region and --department`;
    default:
      return error.message;
  }
}

function codeName(exitCode: ExitCode): string {
  const name = Object.entries(EXIT).find(([, code]) => code === exitCode)?.[0] ?? 'unexpected';
  return name.replace(/[A-Z]/g, '_$&').toUpperCase();
}

function languageFlag(args: readonly string[]): Language | undefined {
  const said = args[args.indexOf('--lang') + 1];
  return args.includes('--lang') && (said === 'en' || said === 'zh') ? said : undefined;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
