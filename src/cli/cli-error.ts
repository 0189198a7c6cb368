import type { ExitCode } from './exit-code.js';

/** A command that cannot go on, in one line for whoever typed it. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly exitCode: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
