import { closeSync, existsSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { CaseError } from '../domain/case-error.js';

const MASTER_KEY_BYTES = 32;
const OWNER_ONLY = 0o600;

export type MasterKeySource = {
  /** The key itself, base64, as from `CASELEDGER_MASTER_KEY`. */
  readonly key?: string | undefined;
  /** A file that holds it; `<ledger>.master-key` unless given. */
  readonly file?: string | undefined;
  readonly ledgerPath: string;
  readonly randomBytes: (size: number) => Uint8Array;
};

/** Where a ledger's master key lies unless somebody says otherwise: beside it, which is for trying things out. */
export function defaultMasterKeyFile(ledgerPath: string): string {
  return `${ledgerPath}.master-key`;
}

/**
 * The key that wraps every subject's key. It is made, readable by its owner only, where the ledger is new; a ledger
 * that exists already is never given another one, since nothing under its subjects' keys could be read again.
 *
 * @throws CaseError `KEY_STORE_UNREADABLE`
 */
export function masterKey({ key, file, ledgerPath, randomBytes }: MasterKeySource): Uint8Array {
  if (key !== undefined) return decode(key, 'CASELEDGER_MASTER_KEY');
  const path = file ?? defaultMasterKeyFile(ledgerPath);
  if (existsSync(path)) return decode(readText(path), path);
  if (isLaidOut(ledgerPath) || isLaidOut(`${ledgerPath}.keys`)) {
    throw unreadable(`${ledgerPath} exists but its master key does not: put ${path} back, or set CASELEDGER_MASTER_KEY`);
  }
  return create(path, randomBytes(MASTER_KEY_BYTES));
}

function isLaidOut(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function create(path: string, key: Uint8Array): Uint8Array {
  let file: number;
  try {
    file = openSync(path, 'wx', OWNER_ONLY);
  } catch (cause) {
    // Another process that opens the same new ledger got there first.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return decode(readText(path), path);
    throw unreadable(`${path} cannot be written: ${(cause as Error).message}`, cause);
  }
  try {
    writeSync(file, `${Buffer.from(key).toString('base64')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return key;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(`${path} cannot be read: ${(cause as Error).message}`, cause);
  }
}

function decode(text: string, where: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== MASTER_KEY_BYTES) throw unreadable(`${where} must hold ${MASTER_KEY_BYTES} bytes in base64, it holds ${key.length}`);
  return key;
}

function unreadable(detail: string, cause?: unknown): CaseError {
  return new CaseError({ code: 'KEY_STORE_UNREADABLE', detail }, cause === undefined ? undefined : { cause });
}
