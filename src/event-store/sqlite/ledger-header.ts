import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { CaseError } from '../../domain/case-error.js';
import { APPLICATION_ID } from './migrations.js';

/** Where a SQLite file says what it is, https://www.sqlite.org/fileformat.html. */
const MAGIC = 'SQLite format 3\0';
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;
const HEADER_BYTES = 100;
const FIRST_PAGE_CELLS_AT = HEADER_BYTES + 3;
const READ_BYTES = HEADER_BYTES + 8;

/**
 * Says no to a file that plainly is no ledger, from its first bytes alone: nothing is written, not even beside it. What
 * is missing, empty or may still be laid out passes; opening it tells the rest.
 *
 * @throws CaseError `STORE_NOT_A_LEDGER` · the file system's own error
 */
export function assertLedgerHeader(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  const header = Buffer.alloc(READ_BYTES);
  const file = openSync(path, 'r');
  try {
    const read = readSync(file, header, 0, READ_BYTES, 0);
    if (read < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC)
      throw notALedger(path, 'it is not a database');
  } finally {
    closeSync(file);
  }
  const applicationId = header.readUInt32BE(APPLICATION_ID_AT);
  if (applicationId === APPLICATION_ID) return;
  // A ledger's tables and its id are one commit; until that is written back the first page has neither.
  const isUnused =
    applicationId === 0 &&
    header.readUInt32BE(USER_VERSION_AT) === 0 &&
    header.readUInt16BE(FIRST_PAGE_CELLS_AT) === 0 &&
    header[HEADER_BYTES] === LEAF_PAGE;
  if (!isUnused) throw notALedger(path, 'it is a database of another program');
}

/** A first page of this kind lists all there is in the file. */
const LEAF_PAGE = 0x0d;

function notALedger(path: string, detail: string): CaseError {
  return new CaseError({ code: 'STORE_NOT_A_LEDGER', path, detail });
}
