import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

const OWNER_ONLY = 0o600;

/**
 * The text in a file that only its owner may read; made where there is none.
 *
 * @param make gives the text, once
 * @throws the file system's own error
 */
export function secretFile(path: string, make: () => string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  let file: number;
  try {
    file = openSync(path, 'wx', OWNER_ONLY);
  } catch (error) {
    // Another process got there first.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return readFileSync(path, 'utf8').trim();
    throw error;
  }
  try {
    const text = make();
    writeSync(file, `${text}\n`);
    fsyncSync(file);
    return text;
  } finally {
    closeSync(file);
  }
}
