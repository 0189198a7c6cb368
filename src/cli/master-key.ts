import { existsSync, statSync } from 'node:fs';
import { CaseError } from '../domain/case-error.js';
import { secretFile } from './secret-file.js';

const MASTER_KEY_BYTES = 32;

export type MasterKeySource = {
  /** The key itself, base64, as from `CASELEDGER_MASTER_KEY`. */
  readonly key: string | undefined;
  /** A file that holds it; `<ledger>.master-key` unless given. */
  readonly file: string | undefined;
  readonly ledgerPath: string;
  /** The key store's file; `<ledger>.keys` unless given. */
  readonly keysPath: string | undefined;
  readonly randomBytes: (size: number) => Uint8Array;
};

/**
 * The key that wraps every subject's key. It is made, readable by its owner only, where the ledger is new; a ledger
 * that exists already is never given another one, since nothing under its subjects' keys could be read again.
 *
 * @throws CaseError `KEY_STORE_UNREADABLE`
 */
export function masterKey({ key, file, ledgerPath, keysPath, randomBytes }: MasterKeySource): Uint8Array {
  if (key !== undefined) return decode(key, 'CASELEDGER_MASTER_KEY');
  const path = file ?? `${ledgerPath}.master-key`;
  if (!existsSync(path) && (isLaidOut(ledgerPath) || isLaidOut(keysPath ?? `${ledgerPath}.keys`))) {
    throw unreadable(
      `${ledgerPath} exists but its master key does not: put ${path} back, or set CASELEDGER_MASTER_KEY`,
    );
  }
  try {
    return decode(
      secretFile(path, () => Buffer.from(randomBytes(MASTER_KEY_BYTES)).toString('base64')),
      path,
    );
  } catch (error) {
    throw error instanceof CaseError ? error : unreadable(`${path}: ${(error as Error).message}`, error);
  }
}

function isLaidOut(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function decode(text: string, where: string): Uint8Array {
  const key = Buffer.from(text, 'base64');
  if (key.length !== MASTER_KEY_BYTES)
    throw unreadable(`${where} must hold ${MASTER_KEY_BYTES} bytes in base64, it holds ${key.length}`);
  return key;
}

function unreadable(detail: string, cause?: unknown): CaseError {
  return new CaseError({ code: 'KEY_STORE_UNREADABLE', detail }, cause === undefined ? undefined : { cause });
}
