import { isCaseError } from '../../domain/case-error.js';
import type { Wait } from '../waiting.js';
import type { Claim, ClaimResult, OutboxRecord, Subscription } from './outbox-record.js';
import { isGivenUp, type RetryPolicy, retryDelay } from './retry-policy.js';
import type { Attempted, WebhookSender } from './webhook-sender.js';

/** How often the record is asked for what another process has queued, milliseconds. */
const LOOK_MS = 500;

/** Shortest time between two looks, milliseconds: what is due at once was claimed by another process a moment ago. */
const SHORTEST_REST_MS = 5;

/** How long a failing record is left alone at first, and at most, milliseconds. */
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

/** Longest time a receiver is left alone because it asked to be, milliseconds: a day. */
const LONGEST_PAUSE_MS = 24 * 3_600_000;

export type DeliveryLimits = {
  /** Requests under way at once. */
  readonly atOnce: number;
  /** Of them to one subscription, so that one that hangs does not hold up the others. */
  readonly perSubscription: number;
  /** How long a claim holds, milliseconds: longer than any attempt, so that two never try at once. */
  readonly leaseMs: number;
};

export const DEFAULT_DELIVERY_LIMITS: DeliveryLimits = { atOnce: 32, perSubscription: 8, leaseMs: 60_000 };

export type DelivererDeps = {
  readonly record: OutboxRecord;
  readonly send: WebhookSender;
  readonly clock: { now(): Date };
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly wait: Wait;
  readonly retry: RetryPolicy;
  readonly limits: DeliveryLimits;
  /** Takes no more once it aborts; what is under way goes on. */
  readonly signal: AbortSignal;
  /** Breaks off what is under way. */
  readonly breakOff: AbortSignal;
  readonly onAttempt: (subscription: string, outcome: Attempted['kind']) => void;
  readonly onFailure: (error: unknown) => void;
};

/**
 * Delivers what is due, cases side by side and each case in its order, until `signal` aborts.
 *
 * @returns a promise that resolves when nothing is under way any more, and how to make it look at once
 */
export function deliver(deps: DelivererDeps): { readonly stopped: Promise<void>; look(): void } {
  const { record, send, clock, random, wait, retry, limits, signal, breakOff, onAttempt, onFailure } = deps;
  const underWay = new Map<string, Set<Promise<void>>>();
  let pause = new AbortController();
  let looks = 0;

  async function work(): Promise<void> {
    let failed = 0;
    while (!signal.aborted) {
      pause = new AbortController();
      try {
        claimAll();
        await rest(pause);
        failed = 0;
      } catch (error) {
        if (isCaseError(error, 'STORE_CLOSED')) break;
        onFailure(error);
        await wait(Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** failed), signal);
        failed += 1;
      }
    }
    await Promise.all([...underWay.values()].flatMap((some) => [...some]));
  }

  function claimAll(): void {
    const subscriptions = record.subscriptions().filter(({ disabled }) => disabled === undefined);
    // Not always the same first, where not all find room.
    const first = looks++ % Math.max(1, subscriptions.length);
    for (const one of [...subscriptions.slice(first), ...subscriptions.slice(0, first)]) {
      const limit = roomOf(one.id);
      if (limit <= 0) continue;
      const now = clock.now().getTime();
      for (const claim of record.claim(one.id, { now, leaseMs: limits.leaseMs, limit })) keepTrack(one, claim);
    }
  }

  function keepTrack(subscription: Subscription, claim: Claim): void {
    const some = underWay.get(subscription.id) ?? new Set();
    underWay.set(subscription.id, some);
    const done = attempt(subscription, claim)
      // The lease ends by itself; the message comes back.
      .catch(onFailure)
      .finally(() => {
        some.delete(done);
        if (some.size === 0) underWay.delete(subscription.id);
        look();
      });
    some.add(done);
  }

  async function attempt({ id, url }: Subscription, claim: Claim): Promise<void> {
    const secrets = record.secrets(id);
    // Another process has removed the subscription, and the message with it.
    if (secrets.length === 0) return;
    const attempted = await send({ ...claim, url, secrets }, breakOff);
    onAttempt(id, attempted.kind);
    const at = clock.now();
    await record.settle(claim, resultOf(attempted, claim, at.getTime()), at);
  }

  function resultOf(attempted: Attempted, claim: Claim, now: number): ClaimResult {
    switch (attempted.kind) {
      case 'accepted':
        return { kind: 'delivered' };
      case 'gone':
        return { kind: 'gone', failure: attempted.failure };
      case 'aborted':
        return { kind: 'released' };
      case 'failed': {
        const { failure, retryAfterMs } = attempted;
        const pauseMs = retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, LONGEST_PAUSE_MS);
        const pausing = pauseMs === undefined ? {} : { pauseUntil: now + pauseMs };
        if (isGivenUp(retry, claim, now)) return { kind: 'dead', failure, ...pausing };
        const delay = Math.max(retryDelay(retry, claim.attempts, random()), pauseMs ?? 0);
        return { kind: 'failed', failure, retryAt: now + delay, ...pausing };
      }
    }
  }

  /** Until something is due for which there is room, or something has changed. */
  async function rest(until: AbortController): Promise<void> {
    const due = record
      .nextDue()
      .filter(({ subscription }) => roomOf(subscription) > 0)
      .map(({ dueAt }) => dueAt - clock.now().getTime());
    const stop = (): void => until.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    await wait(Math.max(SHORTEST_REST_MS, Math.min(LOOK_MS, ...due)), until.signal);
    signal.removeEventListener('abort', stop);
  }

  function roomOf(subscription: string): number {
    return Math.min(limits.perSubscription - countOf(subscription), limits.atOnce - countOf());
  }

  function countOf(subscription?: string): number {
    if (subscription !== undefined) return underWay.get(subscription)?.size ?? 0;
    return [...underWay.values()].reduce((sum, some) => sum + some.size, 0);
  }

  function look(): void {
    pause.abort();
  }

  return { stopped: work(), look };
}
