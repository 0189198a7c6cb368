import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CaseError, type CaseFailure } from '../../src/domain/case-error.js';
import type { LogTrace } from '../../src/import/log-trace.js';

/** The receipt phase of a Dutch municipality's building permits (CoSeLoG, 4TU), where the data lies beside the checkout. */
export const RECEIPT_LOG = resolve(process.cwd(), '../shared/data/logs/receipt.xes.gz');

/** Describes what holds of the real log; skipped, saying why, where it is not there. */
export const describeReceiptLog = (name: string, body: () => void): void =>
  existsSync(RECEIPT_LOG) ? describe(name, body) : describe.skip(`${name} (no shared data)`, body);

/** A directory that is gone after the tests, and how to put a file there. */
export function logFolder(): {
  readonly path: string;
  readonly write: (name: string, content: string | Uint8Array) => string;
} {
  const path = mkdtempSync(join(tmpdir(), 'caseledger-log-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      writeFileSync(file, content);
      return file;
    },
  };
}

export async function tracesOf(reader: AsyncIterable<LogTrace>): Promise<LogTrace[]> {
  const traces = [];
  for await (const trace of reader) traces.push(trace);
  return traces;
}

/** What the reader failed with; an error nobody planned is thrown on. */
export async function failureOf(reader: AsyncIterable<unknown>): Promise<CaseFailure> {
  try {
    for await (const _ of reader);
  } catch (error) {
    if (error instanceof CaseError) return error.failure;
    throw error;
  }
  throw new Error('nothing failed');
}

/** Text in the pieces given. */
export async function* piecesOf(...pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
}
