import type { EventFilter } from './event-filter.js';

/** Somebody who is told, as recorded. */
export type Subscription = {
  /** Chosen by whoever added it, or a UUID. Part of every message's id: the same name again makes the same ids. */
  readonly id: string;
  readonly url: string;
  readonly filter: EventFilter;
  readonly addedAt: string;
  readonly addedBy: string;
  /** Events after this position become messages; undefined: from the first event on. */
  readonly start: bigint | undefined;
  /** Up to here they have. */
  readonly checkpoint: Checkpoint | undefined;
  /** Nothing is sent until it is enabled again; messages are kept. */
  readonly disabled: { readonly at: string; readonly reason: string } | undefined;
  /** The receiver asked to be left alone until then, milliseconds since 1970. */
  readonly pausedUntil: number | undefined;
};

/** A position in the log, with the event that lies there. */
export type Checkpoint = { readonly position: bigint; readonly event: string };

/** A secret as it is listed: that it is there, not what it says. */
export type SecretEntry = { readonly id: number; readonly subscription: string; readonly addedAt: string };

/** A message to be sent. */
export type NewMessage = {
  readonly id: string;
  readonly event: string;
  readonly type: string;
  readonly workflow: string;
  readonly caseId: string;
  /** Stream of the case: messages of one stream are sent in its order, one after the other. */
  readonly stream: string;
  readonly position: bigint;
  readonly body: string;
  /** W3C traceparent the event was recorded with. */
  readonly trace: string | undefined;
};

/** One message in the hands of one deliverer until its lease ends. */
export type Claim = Pick<NewMessage, 'id' | 'body' | 'trace'> & {
  readonly subscription: string;
  /** Fencing token: only the latest claim's result counts. */
  readonly fence: number;
  /** This one included. */
  readonly attempts: number;
  readonly firstAttemptAt: number;
};

/** What became of a claim. Times are milliseconds since 1970; `failure` says why, without anything the receiver said. */
export type ClaimResult =
  | { readonly kind: 'delivered' }
  /** To be tried again; `pauseUntil` holds back the whole subscription. */
  | { readonly kind: 'failed'; readonly failure: string; readonly retryAt: number; readonly pauseUntil?: number }
  | { readonly kind: 'dead'; readonly failure: string; readonly pauseUntil?: number }
  /** The receiver wants nothing any more: the subscription is disabled, its messages stay. */
  | { readonly kind: 'gone'; readonly failure: string }
  /** Given back untried. */
  | { readonly kind: 'released' };

/** A message that was given up; it holds back its case's later ones. */
export type DeadLetter = Pick<NewMessage, 'id' | 'event' | 'type' | 'workflow' | 'caseId'> & {
  readonly subscription: string;
  readonly attempts: number;
  readonly failure: string;
  /** When it was given up. */
  readonly deadAt: string;
  /** Later messages of its case that wait for it. */
  readonly holding: number;
};

/** How a subscription's messages stand. */
export type DeliveryStanding = {
  readonly subscription: string;
  /** Messages neither delivered nor skipped; dead letters among them. */
  readonly pending: number;
  readonly dead: number;
  /** When the oldest of them was made, milliseconds since 1970. */
  readonly oldestAt: number | undefined;
};

/** Who did something to the outbox by hand, and why. */
export type Act = { readonly actor: string; readonly reason?: string; readonly at: string };

/** An act as recorded. */
export type RecordedAct = Act & {
  readonly act:
    | 'added'
    | 'removed'
    | 'enabled'
    | 'disabled'
    | 'secret added'
    | 'secret removed'
    | 'resent'
    | 'skipped'
    | 'restarted';
  readonly subscription: string;
  readonly message?: string;
};

/**
 * What is known of deliveries, which no log tells: who is told, what was delivered, what is given up. Several processes
 * work on one record; every method is one transaction.
 *
 * Fails with `CaseError`: `STORE_CLOSED` after {@link OutboxRecord.close}, `STORE_FULL`, `STORE_CORRUPT`, `STORE_UNAVAILABLE`.
 */
export interface OutboxRecord {
  /** By id. */
  subscriptions(): readonly Subscription[];
  subscription(id: string): Subscription | undefined;
  /** @throws CaseError `WEBHOOK_EXISTS` */
  add(
    subscription: Pick<Subscription, 'id' | 'url' | 'filter' | 'start' | 'checkpoint'>,
    secret: string,
    by: Act,
  ): void;
  /** Takes it away with its messages and secrets; the acts stay. @throws CaseError `WEBHOOK_UNKNOWN` */
  remove(id: string, by: Act): void;
  /** @throws CaseError `WEBHOOK_UNKNOWN` */
  enable(id: string, by: Act): void;

  /** Oldest first. */
  secretEntries(): readonly SecretEntry[];
  /** What messages are signed with, oldest first. @throws CaseError `KEY_STORE_UNREADABLE` */
  secrets(subscription: string): readonly string[];
  /** @throws CaseError `WEBHOOK_UNKNOWN` */
  addSecret(subscription: string, secret: string, by: Act): SecretEntry;
  /** @throws CaseError `WEBHOOK_UNKNOWN` · `WEBHOOK_REFUSED` for a secret it does not have, or its last one */
  removeSecret(subscription: string, secret: number, by: Act): void;

  /**
   * Takes what happened after `after` up to `to`, for every subscription that has come as far as `after`: its messages
   * are queued and its checkpoint moves, both or neither. A message that is known already is left as it is.
   *
   * @returns false when some subscription has not come as far as `after`, and must be read for from further back
   */
  take(page: {
    readonly after: bigint | undefined;
    readonly to: Checkpoint;
    readonly messages: (subscription: Subscription) => readonly NewMessage[];
    readonly at: Date;
  }): boolean;
  /**
   * Follows a log that is no longer the one it was, such as one restored from a backup, from `start` again. What was
   * delivered or skipped is not sent again; what was not is made anew from this log.
   */
  restart(subscription: Subscription, start: bigint | undefined, at: string): void;

  /** Takes up to `limit` messages that are due, each the first undelivered one of its case, for `leaseMs`. Nothing of a subscription that is disabled or paused. */
  claim(
    subscription: string,
    options: { readonly now: number; readonly leaseMs: number; readonly limit: number },
  ): readonly Claim[];
  /**
   * Records what became of a claim. After a `delivered` the case's next message is due.
   *
   * @returns false for a result that is late or a second one: the message was settled, claimed again or removed meanwhile,
   *   and nothing was recorded
   */
  settle(claim: Pick<Claim, 'id' | 'fence'>, result: ClaimResult, at: Date): Promise<boolean>;
  /** For each subscription with something to claim, the earliest instant at which it may be, milliseconds since 1970. */
  nextDue(): readonly { readonly subscription: string; readonly dueAt: number }[];

  /** Oldest first. */
  deadLetters(subscription?: string): readonly DeadLetter[];
  /** Makes a dead letter due now, with all its attempts before it. @throws CaseError `DEAD_LETTER_UNKNOWN` */
  resend(message: string, by: Act): void;
  /** Leaves a dead letter out; the case's next message is due. @throws CaseError `DEAD_LETTER_UNKNOWN` */
  skip(message: string, by: Act): void;

  standings(): readonly DeliveryStanding[];
  /** Oldest first. */
  acts(): readonly RecordedAct[];
  close(): void;
}
