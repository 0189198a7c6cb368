/** How often, how far apart and how long a message is tried. */
export type RetryPolicy = {
  /** Pause after the first failure, milliseconds; each further one is twice as long. */
  readonly firstMs: number;
  /** The longest pause, milliseconds. */
  readonly longestMs: number;
  /** Attempts after which a message is a dead letter. */
  readonly attempts: number;
  /** Milliseconds since the first attempt after which it is one, however few they were. */
  readonly giveUpAfterMs: number;
};

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;

/** 5 s, 10 s, 20 s … up to 3 h apart, for three days: a receiver that is down over a weekend misses nothing. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  firstMs: 5 * SECOND_MS,
  longestMs: 3 * HOUR_MS,
  attempts: 40,
  giveUpAfterMs: 72 * HOUR_MS,
};

/**
 * The pause after an attempt that failed, milliseconds: half of it certain, half by chance, so that what failed together
 * does not come back together.
 *
 * @param attempt counted from 1
 * @param random a number in [0, 1)
 */
export function retryDelay({ firstMs, longestMs }: RetryPolicy, attempt: number, random: number): number {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 52));
  return Math.round(whole / 2 + (whole / 2) * random);
}

/** Whether a message is given up after its latest attempt failed at `now`. */
export function isGivenUp(
  { attempts, giveUpAfterMs }: RetryPolicy,
  message: { readonly attempts: number; readonly firstAttemptAt: number },
  now: number,
): boolean {
  return message.attempts >= attempts || now - message.firstAttemptAt >= giveUpAfterMs;
}

/**
 * What `Retry-After` says (RFC 9110, 10.2.3), in milliseconds from `now`; undefined where it says nothing that can be
 * read, or an instant that has passed.
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * SECOND_MS;
  const at = Date.parse(header);
  return Number.isNaN(at) || at <= now ? undefined : at - now;
}
