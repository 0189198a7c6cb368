import fc from 'fast-check';
import { DEFAULT_RETRY_POLICY, isGivenUp, retryAfterMs, retryDelay } from '../../../src/engine/outbox/retry-policy.js';

const HOUR_MS = 3_600_000;
const NOW = Date.parse('2026-03-06T01:00:00Z');

describe('the pause after an attempt', () => {
  it('doubles from 5 s to 3 h, half of it by chance', () => {
    const least = [1, 2, 3, 12, 1_000].map((attempt) => retryDelay(DEFAULT_RETRY_POLICY, attempt, 0));
    const most = [1, 2, 3, 12, 1_000].map((attempt) => retryDelay(DEFAULT_RETRY_POLICY, attempt, 1));

    expect(most).toEqual([5_000, 10_000, 20_000, 5_000 * 2 ** 11, 3 * HOUR_MS]);
    expect(least).toEqual(most.map((ms) => ms / 2));
  });

  it('stays within its bounds, whatever the policy', () => {
    const policies = fc.record({
      firstMs: fc.integer({ min: 1, max: HOUR_MS }),
      longestMs: fc.integer({ min: 1, max: 24 * HOUR_MS }),
      attempts: fc.constant(3),
      giveUpAfterMs: fc.constant(HOUR_MS),
    });
    fc.assert(
      fc.property(
        policies,
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (policy, attempt, random) => {
          const delay = retryDelay(policy, attempt, random);
          expect(delay).toBeGreaterThanOrEqual(Math.floor(Math.min(policy.firstMs, policy.longestMs) / 2));
          expect(delay).toBeLessThanOrEqual(policy.longestMs);
        },
      ),
    );
  });

  it('lets a receiver be down over a weekend', () => {
    const pauses = Array.from({ length: DEFAULT_RETRY_POLICY.attempts - 1 }, (_, index) =>
      retryDelay(DEFAULT_RETRY_POLICY, index + 1, 0.5),
    );

    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(60 * HOUR_MS);
  });
});

it.each([
  [{ attempts: 39, firstAttemptAt: NOW }, NOW, false],
  [{ attempts: 40, firstAttemptAt: NOW }, NOW, true],
  [{ attempts: 2, firstAttemptAt: NOW }, NOW + 72 * HOUR_MS - 1, false],
  [{ attempts: 2, firstAttemptAt: NOW }, NOW + 72 * HOUR_MS, true],
])('a message is given up after 40 attempts or three days: %j', (message, now, givenUp) => {
  expect(isGivenUp(DEFAULT_RETRY_POLICY, message, now)).toBe(givenUp);
});

it.each([
  [null, undefined],
  ['120', 120_000],
  ['0', 0],
  ['Fri, 06 Mar 2026 01:00:30 GMT', 30_000],
  ['Fri, 06 Mar 2026 00:00:00 GMT', undefined],
  ['soon', undefined],
  ['-5', undefined],
  ['99999999999999', undefined],
])('Retry-After %s is %s ms', (header, ms) => {
  expect(retryAfterMs(header, NOW)).toBe(ms);
});
