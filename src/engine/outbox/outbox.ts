import { setMaxListeners } from 'node:events';
import { CaseError, type InputIssue } from '../../domain/case-error.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import type { EventStore } from '../../event-store/event-store.js';
import type { Clock, Ids } from '../clock.js';
import type { Wait } from '../waiting.js';
import { testMessage } from './alert-message.js';
import { DEFAULT_DELIVERY_LIMITS, type DeliveryLimits, deliver } from './deliverer.js';
import { ALERTS, type EventFilter } from './event-filter.js';
import { followLog } from './log-follower.js';
import type {
  Checkpoint,
  DeadLetter,
  DeliveryStanding,
  RecordedAct,
  SecretEntry,
  Subscription,
} from './outbox-record.js';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry-policy.js';
import { sqliteOutboxRecord } from './sqlite-outbox-record.js';
import { isWebhookSecret, newWebhookSecret } from './webhook-secret.js';
import { type Attempted, DEFAULT_TIMEOUT_MS, webhookSender } from './webhook-sender.js';
import { type AllowedHost, targetRefusal } from './webhook-target.js';

/** How long what is under way may take once the outbox stops, milliseconds; then it is broken off and given back. */
const DEFAULT_GRACE_MS = 5_000;

const SUBSCRIPTION_ID = /^[a-z0-9][a-z0-9._-]{0,59}$/;

export type OutboxOptions = {
  /** `<ledger>.outbox` by convention; `:memory:` for one that ends with the process. */
  readonly path: string;
  /** UUID of the ledger. */
  readonly ledger: string;
  readonly events: Pick<EventStore, 'readAll' | 'subscribe' | 'head'>;
  readonly registry: WorkflowRegistry;
  /** 32 bytes that wrap the secrets. */
  readonly masterKey: Uint8Array;
  /** Hosts messages may be sent to; without any, nothing is sent. */
  readonly allowed: readonly AllowedHost[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly randomBytes: (size: number) => Uint8Array;
  /** A number in [0, 1), for the pauses between attempts. */
  readonly random: () => number;
  readonly fetch: typeof globalThis.fetch;
  readonly wait: Wait;
  readonly retry?: RetryPolicy;
  readonly limits?: Partial<DeliveryLimits>;
  /** How long a receiver may take to answer, milliseconds; shorter than the lease. */
  readonly timeoutMs?: number;
  readonly graceMs?: number;
  /** Told of what fails in the background, which is tried again. */
  readonly onFailure?: (error: unknown) => void;
};

export type NewSubscription = {
  /** Lower-case letters, digits, `.`, `_` and `-`, 60 at most; a UUID unless given. Part of each message's id. */
  readonly id?: string;
  readonly url: string;
  /** {@link ALERTS} unless given. */
  readonly filter?: EventFilter;
  /** `whsec_…`; made unless given. */
  readonly secret?: string;
  /** Whether it is told only of what comes next, or of everything from the first event on. */
  readonly from?: 'now' | 'start';
};

/** How a subscription's messages stand now. */
export type Standing = DeliveryStanding & {
  /** Age of the oldest one that is pending; 0 without any. */
  readonly oldestSeconds: number;
};

export type AttemptCount = {
  readonly subscription: string;
  readonly outcome: Attempted['kind'];
  readonly count: number;
};

export type By = { readonly actor: string; readonly reason?: string };

/** Alerts on their way out: who is told, what was delivered, what is given up. */
export type Outbox = {
  /** @returns the secret too: it is told this once @throws CaseError `WEBHOOK_REFUSED` · `WEBHOOK_EXISTS` */
  add(subscription: NewSubscription, by: By): Promise<{ readonly subscription: Subscription; readonly secret: string }>;
  /** Its messages go with it. @throws CaseError `WEBHOOK_UNKNOWN` */
  remove(id: string, by: By): Promise<void>;
  /** Lets a subscription go on that its receiver has ended (410), or that asked for a pause. @throws CaseError `WEBHOOK_UNKNOWN` */
  enable(id: string, by: By): Promise<void>;
  subscriptions(): Promise<readonly Subscription[]>;
  /** Which secrets there are; never what they are. */
  secrets(): Promise<readonly SecretEntry[]>;
  /** From now on messages carry a signature by it too. @throws CaseError `WEBHOOK_UNKNOWN` · `WEBHOOK_REFUSED` */
  addSecret(id: string, secret: string | undefined, by: By): Promise<SecretEntry & { readonly secret: string }>;
  /** @throws CaseError `WEBHOOK_UNKNOWN` · `WEBHOOK_REFUSED` for the last one */
  removeSecret(id: string, secret: number, by: By): Promise<void>;
  /** Sends one message that only says that messages arrive, once, past the queue. @throws CaseError `WEBHOOK_UNKNOWN` */
  test(id: string): Promise<Attempted>;
  deadLetters(subscription?: string): Promise<readonly DeadLetter[]>;
  /** @throws CaseError `DEAD_LETTER_UNKNOWN` */
  resend(message: string, by: By): Promise<void>;
  /** @throws CaseError `DEAD_LETTER_UNKNOWN` · `REASON_REQUIRED` */
  skip(message: string, by: By): Promise<void>;
  standings(): Promise<readonly Standing[]>;
  /** Attempts of this process since it began. */
  attempts(): readonly AttemptCount[];
  /** What was done by hand, oldest first. */
  acts(): Promise<readonly RecordedAct[]>;
  /** Follows the log and delivers, from now until {@link close}. Safe to call twice. */
  start(): void;
  /** Takes nothing more, lets what is under way end, lets go of the file. Safe to call twice. */
  close(): Promise<void>;
};

/** @throws CaseError `STORE_NOT_A_LEDGER` · `STORE_TOO_NEW` · `STORE_CORRUPT` · `STORE_UNAVAILABLE` · `KEY_STORE_UNREADABLE` */
export function openOutbox(options: OutboxOptions): Outbox {
  const { path, ledger, events, registry, masterKey, allowed, clock, ids, randomBytes, random, wait } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, graceMs = DEFAULT_GRACE_MS, retry = DEFAULT_RETRY_POLICY } = options;
  const { onFailure = () => {} } = options;
  const limits = { ...DEFAULT_DELIVERY_LIMITS, ...options.limits };
  if (limits.leaseMs <= timeoutMs) throw new RangeError('a claim must outlast the longest attempt');
  const record = sqliteOutboxRecord({ path, ledger, masterKey, randomBytes });
  const send = webhookSender({ fetch: options.fetch, allowed, clock, timeoutMs });
  const stopping = new AbortController();
  const breakingOff = new AbortController();
  // One listener for each request under way, whose number has its own limit.
  setMaxListeners(0, breakingOff.signal);
  const attempts = new Map<string, AttemptCount>();
  let running: { readonly stopped: Promise<unknown>; look(): void } | undefined;
  let closed: Promise<void> | undefined;

  const act = ({ actor, reason }: By) => ({
    actor,
    at: clock.now().toISOString(),
    ...(reason !== undefined && { reason }),
  });

  function onAttempt(subscription: string, outcome: Attempted['kind']): void {
    const key = `${subscription} ${outcome}`;
    attempts.set(key, { subscription, outcome, count: (attempts.get(key)?.count ?? 0) + 1 });
  }

  async function headOfLog(): Promise<Checkpoint | undefined> {
    const head = await events.head();
    if (head === undefined) return undefined;
    const [last] = await events.readAll({ ...(head > 0n && { after: head - 1n }), limit: 1 });
    return last && { position: last.position, event: last.id };
  }

  /** @throws CaseError `WEBHOOK_UNKNOWN` */
  function known(id: string): Subscription {
    const found = record.subscription(id);
    if (found) return found;
    throw new CaseError({
      code: 'WEBHOOK_UNKNOWN',
      subscription: id,
      known: record.subscriptions().map((one) => one.id),
    });
  }

  function start(): void {
    if (running !== undefined || stopping.signal.aborted) return;
    const common = { record, clock, wait, signal: stopping.signal, onFailure };
    const delivery = deliver({ ...common, send, random, retry, limits, breakOff: breakingOff.signal, onAttempt });
    const following = followLog({ ...common, events, ledger, registry, onQueued: delivery.look });
    running = {
      stopped: Promise.all([delivery.stopped, following.stopped]),
      look() {
        following.look();
        delivery.look();
      },
    };
  }

  async function shut(): Promise<void> {
    stopping.abort();
    const grace = setTimeout(() => breakingOff.abort(), graceMs);
    try {
      await running?.stopped;
    } finally {
      clearTimeout(grace);
      record.close();
    }
  }

  return {
    async add({ id = ids.next(), url, filter = ALERTS, secret = newWebhookSecret(randomBytes), from = 'now' }, by) {
      const issues = issuesOf({ id, url, filter, secret }, allowed);
      if (issues.length > 0) throw new CaseError({ code: 'WEBHOOK_REFUSED', issues });
      const checkpoint = from === 'now' ? await headOfLog() : undefined;
      record.add({ id, url, filter, start: checkpoint?.position, checkpoint }, secret, act(by));
      running?.look();
      return { subscription: known(id), secret };
    },
    async remove(id, by) {
      record.remove(id, act(by));
    },
    async enable(id, by) {
      record.enable(id, act(by));
      running?.look();
    },
    subscriptions: async () => record.subscriptions(),
    secrets: async () => record.secretEntries(),
    async addSecret(id, secret = newWebhookSecret(randomBytes), by) {
      if (!isWebhookSecret(secret)) throw new CaseError({ code: 'WEBHOOK_REFUSED', issues: [SECRET_ISSUE] });
      return { ...record.addSecret(id, secret, act(by)), secret };
    },
    async removeSecret(id, secret, by) {
      record.removeSecret(id, secret, act(by));
    },
    async test(id) {
      const { url } = known(id);
      const secrets = record.secrets(id);
      const message = ids.next();
      const body = testMessage({ id: message, ledger, subscription: id, at: clock.now() });
      const attempted = await send({ id: message, body, trace: undefined, url, secrets }, breakingOff.signal);
      onAttempt(id, attempted.kind);
      return attempted;
    },
    deadLetters: async (subscription) =>
      record.deadLetters(subscription === undefined ? undefined : known(subscription).id),
    async resend(message, by) {
      record.resend(message, act(by));
      running?.look();
    },
    async skip(message, by) {
      if (by.reason === undefined || by.reason.trim() === '')
        throw new CaseError({ code: 'REASON_REQUIRED', event: 'skip' });
      record.skip(message, act(by));
      running?.look();
    },
    async standings() {
      const now = clock.now().getTime();
      return record.standings().map((one) => ({
        ...one,
        oldestSeconds: one.oldestAt === undefined ? 0 : Math.max(0, (now - one.oldestAt) / 1_000),
      }));
    },
    attempts: () => [...attempts.values()],
    acts: async () => record.acts(),
    start,
    close() {
      closed ??= shut();
      return closed;
    },
  };
}

const SECRET_ISSUE: InputIssue = {
  path: 'secret',
  code: 'custom',
  message: 'must be whsec_ and 24 to 64 bytes in base64',
};

function issuesOf(
  { id, url, filter, secret }: Required<Pick<NewSubscription, 'id' | 'url' | 'filter' | 'secret'>>,
  allowed: readonly AllowedHost[],
): readonly InputIssue[] {
  const issues: InputIssue[] = [];
  if (!SUBSCRIPTION_ID.test(id))
    issues.push({ path: 'id', code: 'custom', message: 'must be 1 to 60 lower-case letters, digits, ".", "_" or "-"' });
  const refusal = targetRefusal(url, allowed);
  if (refusal !== undefined) issues.push({ path: 'url', code: 'custom', message: refusal });
  if (filter.workflows.length + filter.types.length === 0)
    issues.push({ path: 'filter', code: 'custom', message: 'must name a workflow or an event type' });
  if (!isWebhookSecret(secret)) issues.push(SECRET_ISSUE);
  return issues;
}
