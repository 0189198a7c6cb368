import { CaseError } from '../domain/case-error.js';

/** Eighteen digits at most: what any store's 64-bit position holds. */
const TOKEN = /^([0-9a-f]{12})-(\d{1,18})$/;

/** A position as callers carry it: opaque to them, and naming its ledger so that it is not taken by another. */
export function positionToken(ledger: string, position: bigint): string {
  return `${ledgerMark(ledger)}-${position}`;
}

/** @throws CaseError `POSITION_INVALID` · `POSITION_FOREIGN` when it was given by another ledger */
export function readPositionToken(ledger: string, token: string): bigint {
  const [, mark, position] = TOKEN.exec(token) ?? [];
  if (mark === undefined || position === undefined)
    throw new CaseError({ code: 'POSITION_INVALID', token: token.slice(0, 80) });
  if (mark !== ledgerMark(ledger)) throw new CaseError({ code: 'POSITION_FOREIGN', token, ledger });
  return BigInt(position);
}

/** The random tail of the ledger's UUID: its head is a time, which two ledgers may share. */
function ledgerMark(ledger: string): string {
  return ledger.slice(-12);
}
