import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaseError } from '../domain/case-error.js';
import { assertLedgerHeader } from '../event-store/sqlite/ledger-header.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';

export type LedgerLocation = { readonly kind: 'memory' } | { readonly kind: 'file'; readonly path: string };

const SERVER_SCHEME = /^(esdb|esdb\+discover|kurrentdb|kurrentdb\+discover):\/\//i;
const SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;

/** Where a ledger is, from what `--ledger` or `CASELEDGER_LEDGER` says: `memory:`, a path, or a `file://` URL. */
export function ledgerLocation(said: string | undefined): LedgerLocation {
  if (said === undefined)
    throw new CliError(EXIT.usage, 'which ledger? name it with --ledger FILE or CASELEDGER_LEDGER');
  if (said === 'memory:') return { kind: 'memory' };
  if (SERVER_SCHEME.test(said))
    throw new CliError(
      EXIT.unavailable,
      `${said.split('//')[0]}// ledgers are not available in this version; use a SQLite file`,
    );
  if (said.startsWith('file://')) return { kind: 'file', path: pathOf(said) };
  if (SCHEME.test(said))
    throw new CliError(
      EXIT.usage,
      `"${said.split('//')[0]}//" names no kind of ledger: give a file, file://… or memory:`,
    );
  return { kind: 'file', path: said };
}

/**
 * Complains where a ledger file should be and is not, or is something else, or where none could be laid out.
 *
 * @throws CliError · CaseError `STORE_NOT_A_LEDGER`
 */
export function assertLedgerFile(path: string, mayCreate: boolean): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw new CliError(EXIT.store, `${path} is a folder, not a ledger`);
  if (found) {
    readHeader(path);
    return;
  }
  if (!mayCreate) throw new CliError(EXIT.notFound, `there is no ledger ${path}`);
  if (!existsSync(dirname(resolve(path))))
    throw new CliError(EXIT.notFound, `there is no folder ${dirname(path)} to put the ledger in`);
}

function readHeader(path: string): void {
  try {
    assertLedgerHeader(path);
  } catch (cause) {
    if (cause instanceof CaseError) throw cause;
    throw new CliError(EXIT.store, `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new CliError(EXIT.usage, `${url} is no file URL: ${(cause as Error).message}`, { cause });
  }
}
