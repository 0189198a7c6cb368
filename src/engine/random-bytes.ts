import { randomFillSync } from 'node:crypto';

/** Bytes drawn from the system at once: asking it costs microseconds, whatever the amount. */
const POOL_BYTES = 8_192;

let pool = Buffer.alloc(0);
let used = 0;

/** Bytes from the system's generator, drawn in blocks and each handed out once. */
export function systemRandomBytes(size: number): Uint8Array {
  if (used + size > pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(Math.max(POOL_BYTES, size)));
    used = 0;
  }
  const bytes = Uint8Array.prototype.slice.call(pool, used, used + size);
  pool.fill(0, used, used + size);
  used += size;
  return bytes;
}
