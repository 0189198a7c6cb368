import { createHash, createHmac, hash } from 'node:crypto';
import type { SubjectKey } from './key-ring.js';

/**
 * What tells one command's content from another's under the same id, without telling what it was.
 *
 * Where the command carries personal data it is an HMAC under the subjects' own keys: a plain hash of a name and a
 * number can be guessed, and would outlive their erasure.
 *
 * @param input canonical text of what was asked
 */
export function fingerprintOf(input: string, keys: readonly SubjectKey[]): string {
  const [first] = keys;
  if (!first) return `sha256:${hash('sha256', input, 'base64url')}`;
  return `hmac-sha256:${createHmac('sha256', combined(keys, first)).update(input).digest('base64url')}`;
}

function combined(keys: readonly SubjectKey[], first: SubjectKey): Uint8Array {
  if (keys.length === 1) return first.fingerprint;
  const hash = createHash('sha256');
  for (const { fingerprint } of [...keys].sort((a, b) => (a.subject < b.subject ? -1 : 1))) hash.update(fingerprint);
  return hash.digest();
}
