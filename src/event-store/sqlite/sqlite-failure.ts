import { CaseError } from '../../domain/case-error.js';
import { sqliteErrorCode } from './sqlite-binding.js';

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;

function primaryCode(error: unknown): number | undefined {
  const code = sqliteErrorCode(error);
  return code === undefined ? undefined : code & 0xff;
}

/** Another connection holds the lock asked for. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === SQLITE_BUSY;
}

/** The disk failed while it was asked to keep something, so whether it did cannot be told. */
export function isInputOutputError(error: unknown): boolean {
  return primaryCode(error) === SQLITE_IOERR;
}

/** The row itself was refused, so a transaction without it may succeed. */
export function isConstraintViolation(error: unknown): boolean {
  return primaryCode(error) === SQLITE_CONSTRAINT;
}

export function isNotADatabase(error: unknown): boolean {
  return primaryCode(error) === SQLITE_NOTADB;
}

/** What SQLite said in the project's own terms. An error that is not SQLite's comes back as it is. */
export function storeFailure(path: string, error: unknown): unknown {
  const detail = error instanceof Error ? error.message : String(error);
  switch (primaryCode(error)) {
    case undefined:
      return error;
    case SQLITE_FULL:
      return new CaseError({ code: 'STORE_FULL', detail }, { cause: error });
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new CaseError({ code: 'STORE_CORRUPT', path, detail }, { cause: error });
    default:
      return new CaseError({ code: 'STORE_UNAVAILABLE', detail }, { cause: error });
  }
}
