import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

/** Length of the nonce that {@link wrapBytes} wants. */
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key of 32 bytes for one purpose, from the master key (HKDF-SHA-256). */
export function deriveKey(masterKey: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, new Uint8Array(0), purpose, 32));
}

/**
 * Bytes under a key of ours (AES-256-GCM): nonce ‖ ciphertext ‖ tag.
 *
 * @param name what the bytes belong to; they can be unwrapped under no other
 * @param nonce {@link NONCE_BYTES} random bytes, never used before
 */
export function wrapBytes(bytes: Uint8Array, key: Uint8Array, name: string, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** @throws Error when they were altered, or wrapped under another key or name */
export function unwrapBytes(wrapped: Uint8Array, key: Uint8Array, name: string): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(name));
  decipher.setAuthTag(wrapped.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}
