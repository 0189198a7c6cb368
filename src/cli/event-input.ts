import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';

/**
 * Reads a JSON argument: the JSON itself, `@file`, or `-` for standard input.
 *
 * @param name what it is called in a complaint, such as `--data`
 */
export async function jsonArgument(name: string, value: string, stdin: Readable): Promise<unknown> {
  const source = value === '-' ? await text(stdin) : value.startsWith('@') ? await fileText(value.slice(1)) : value;
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new CliError(EXIT.usage, `${name} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new CliError(
      EXIT.notFound,
      code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read: ${message}`,
      { cause },
    );
  }
}
