/** What a secret begins with (Standard Webhooks, symmetric signatures). */
const PREFIX = 'whsec_';

const MADE_BYTES = 32;

/** Bounds of a secret's length in bytes, by the specification. */
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

/** A secret that messages are signed with: `whsec_` and 32 bytes in base64. */
export function newWebhookSecret(randomBytes: (size: number) => Uint8Array): string {
  return `${PREFIX}${Buffer.from(randomBytes(MADE_BYTES)).toString('base64')}`;
}

/** Whether a text is such a secret: `whsec_` and 24 to 64 bytes in base64. */
export function isWebhookSecret(text: string): boolean {
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64');
  return (
    text.startsWith(PREFIX) &&
    bytes.toString('base64') === encoded &&
    bytes.length >= LEAST_BYTES &&
    bytes.length <= MOST_BYTES
  );
}
