import { readFileSync } from 'node:fs';
import type { Config } from '../config.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import type { LedgerLocation } from './ledger-location.js';
import { secretFile } from './secret-file.js';

const SECRET_BYTES = 48;

/** The secret that development tokens are signed with, from the environment; undefined where it says nothing. */
export function givenTokenSecret({ tokenSecret, tokenSecretFile }: Config): string | undefined {
  if (tokenSecret !== undefined || tokenSecretFile === undefined) return tokenSecret;
  try {
    return readFileSync(tokenSecretFile, 'utf8').trim();
  } catch (cause) {
    throw new CliError(EXIT.notFound, `CASELEDGER_TOKEN_SECRET_FILE: ${(cause as Error).message}`, { cause });
  }
}

/** A secret of this ledger's own, kept beside it in `<ledger>.token-secret` and made there where there is none. */
export function ledgerTokenSecret(location: LedgerLocation, randomBytes: (size: number) => Uint8Array): string {
  const make = (): string => Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');
  return location.kind === 'memory' ? make() : secretFile(`${location.path}.token-secret`, make);
}
