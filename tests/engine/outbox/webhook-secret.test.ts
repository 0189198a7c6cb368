import { randomBytes } from 'node:crypto';
import { isWebhookSecret, newWebhookSecret } from '../../../src/engine/outbox/webhook-secret.js';

const ofBytes = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

it('a secret that is made is one', () => {
  expect(isWebhookSecret(newWebhookSecret(randomBytes))).toBe(true);
});

it.each([
  [ofBytes(24), true],
  [ofBytes(64), true],
  [ofBytes(23), false],
  [ofBytes(65), false],
  [ofBytes(32).slice('whsec_'.length), false],
  [`${ofBytes(32)}!`, false],
  ['whsec_', false],
])('%s: %s', (text, is) => {
  expect(isWebhookSecret(text)).toBe(is);
});
