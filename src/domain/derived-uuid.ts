import { hash } from 'node:crypto';
import { bytesToUuid } from './uuid-bytes.js';

/** A UTF-16 unit takes three bytes of UTF-8 at most. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * The UUID of version 5 (RFC 9562, 5.5) that `uuid` gives too, with one call into the hash. Once per event written, so
 * written for speed.
 *
 * @param namespace 16 bytes
 */
export function derivedUuid(namespace: Uint8Array, name: string): string {
  const bytes = Buffer.allocUnsafe(namespace.length + name.length * MAX_BYTES_PER_UNIT);
  bytes.set(namespace);
  const length = namespace.length + bytes.write(name, namespace.length);
  const digest: Uint8Array = hash('sha1', bytes.subarray(0, length), 'buffer');
  digest[6] = (digest[6]! & 0x0f) | 0x50;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  return bytesToUuid(digest);
}
