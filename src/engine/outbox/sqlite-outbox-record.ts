import { CaseError } from '../../domain/case-error.js';
import { closeLedgerFile } from '../../event-store/sqlite/ledger-file.js';
import type { Row } from '../../event-store/sqlite/sqlite-binding.js';
import { storeFailure } from '../../event-store/sqlite/sqlite-failure.js';
import { deriveKey, NONCE_BYTES, unwrapBytes, wrapBytes } from '../wrapped-bytes.js';
import { openOutboxFile } from './outbox-file.js';
import type {
  Act,
  Claim,
  ClaimResult,
  DeadLetter,
  DeliveryStanding,
  OutboxRecord,
  RecordedAct,
  SecretEntry,
  Subscription,
} from './outbox-record.js';

/** The actor of what nobody did by hand. */
const ITSELF = 'caseledger';

type Settling = {
  readonly run: () => boolean;
  readonly done: (counted: boolean) => void;
  readonly failed: (error: unknown) => void;
};

export type SqliteOutboxOptions = {
  /** `<ledger>.outbox` by convention, made where there is none; `:memory:` for one that ends with the process. */
  readonly path: string;
  /** The ledger whose outbox it is. */
  readonly ledger: string;
  /** 32 bytes that wrap the secrets in it. */
  readonly masterKey: Uint8Array;
  readonly randomBytes: (size: number) => Uint8Array;
};

/**
 * The delivery record in a SQLite file of its own beside the ledger, for any number of processes.
 *
 * @throws CaseError as {@link openOutboxFile} · `KEY_STORE_UNREADABLE` when its secrets belong to another master key
 */
export function sqliteOutboxRecord({ path, ledger, masterKey, randomBytes }: SqliteOutboxOptions): OutboxRecord {
  const wrappingKey = deriveKey(masterKey, 'caseledger webhook secrets');
  const database = openOutboxFile(path, ledger);
  let closed = false;
  let settling: Settling[] = [];

  const selectSubscriptions = database.prepare('SELECT * FROM subscriptions ORDER BY subscription');
  const selectSubscription = database.prepare('SELECT * FROM subscriptions WHERE subscription = ?');
  const moveCheckpoint = database.prepare('UPDATE subscriptions SET position = ?, event = ? WHERE subscription = ?');
  const selectSecrets = database.prepare('SELECT * FROM secrets WHERE subscription = ? ORDER BY secret');
  const insertSecret = database.prepare('INSERT INTO secrets (subscription, wrapped, added_at) VALUES (?, ?, ?)');
  const insertMessage = database.prepare(`
    INSERT INTO messages
      (id, subscription, stream, position, event, type, workflow, case_id, trace, body, state, queued_at, due_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, iif(EXISTS (
      SELECT 1 FROM messages WHERE subscription = ? AND stream = ? AND state IN ('pending', 'dead')), NULL, ?)) ON CONFLICT (id) DO NOTHING`);
  const selectMessage = database.prepare('SELECT * FROM messages WHERE id = ?');
  const selectDue = database.prepare(
    'SELECT * FROM messages WHERE subscription = ? AND due_at <= ? ORDER BY due_at, message LIMIT ?',
  );
  const claimMessage = database.prepare(`
    UPDATE messages SET fence = ?, attempts = attempts + 1, due_at = ?,
      first_attempt_at = coalesce(first_attempt_at, ?) WHERE message = ? RETURNING attempts, first_attempt_at`);
  const countClaim = database.prepare('UPDATE outbox SET claims = claims + 1 RETURNING claims');
  const releaseMessage = database.prepare(`
    UPDATE messages SET due_at = ?, fence = NULL, attempts = attempts - 1, first_attempt_at = iif(attempts = 1, NULL, first_attempt_at)
    WHERE id = ?`);
  const retryMessage = database.prepare('UPDATE messages SET due_at = ?, fence = NULL, failure = ? WHERE id = ?');
  const buryMessage = database.prepare(
    `UPDATE messages SET state = 'dead', due_at = NULL, failure = ?, settled_at = ? WHERE id = ?`,
  );
  const finishMessage = database.prepare(
    'UPDATE messages SET state = ?, due_at = NULL, body = NULL, settled_at = ? WHERE id = ?',
  );
  const reviveMessage = database.prepare(`
    UPDATE messages SET state = 'pending', due_at = ?, settled_at = NULL, fence = NULL, attempts = 0,
      first_attempt_at = NULL WHERE id = ?`);
  const promoteNext = database.prepare(`
    UPDATE messages SET due_at = ? WHERE message = (
      SELECT message FROM messages WHERE subscription = ? AND stream = ? AND state IN ('pending', 'dead')
      ORDER BY position LIMIT 1) AND state = 'pending' AND due_at IS NULL`);
  const pauseSubscription = database.prepare(
    'UPDATE subscriptions SET paused_until = max(coalesce(paused_until, 0), ?) WHERE subscription = ?',
  );
  const disableSubscription = database.prepare(
    'UPDATE subscriptions SET disabled_at = ?, disabled_reason = ? WHERE subscription = ? AND disabled_at IS NULL',
  );
  const selectNextDue = database.prepare(`
    SELECT subscription, max(due_at, coalesce(paused_until, due_at)) AS due_at FROM (
      SELECT subscription, paused_until, (SELECT min(due_at) FROM messages
        WHERE messages.subscription = subscriptions.subscription AND due_at IS NOT NULL) AS due_at
      FROM subscriptions WHERE disabled_at IS NULL) WHERE due_at IS NOT NULL`);
  const selectDead = database.prepare(`
    SELECT dead.*, (SELECT count(*) FROM messages AS held WHERE held.subscription = dead.subscription
      AND held.stream = dead.stream AND held.position > dead.position AND held.state IN ('pending', 'dead')) AS holding
    FROM messages AS dead WHERE state = 'dead' AND (?1 IS NULL OR subscription = ?1) ORDER BY message`);
  const selectStandings = database.prepare(`
    SELECT subscription,
      (SELECT count(*) FROM messages WHERE messages.subscription = subscriptions.subscription
        AND state IN ('pending', 'dead')) AS pending,
      (SELECT count(*) FROM messages WHERE messages.subscription = subscriptions.subscription AND state = 'dead') AS dead,
      (SELECT min(queued_at) FROM messages WHERE messages.subscription = subscriptions.subscription
        AND state IN ('pending', 'dead')) AS oldest_at
    FROM subscriptions ORDER BY subscription`);
  const insertAct = database.prepare(
    'INSERT INTO acts (at, actor, act, subscription, message, reason) VALUES (?, ?, ?, ?, ?, ?)',
  );

  /** What the file answers, or why it does not, in the project's own terms. */
  function asked<Answer>(question: () => Answer): Answer {
    if (closed) throw new CaseError({ code: 'STORE_CLOSED' });
    try {
      return question();
    } catch (error) {
      throw storeFailure(path, error);
    }
  }

  function inTransaction<Result>(work: () => Result): Result {
    return asked(() => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        try {
          database.exec('ROLLBACK');
        } catch {
          // SQLite has rolled back by itself after a full disk; the first error is the one that tells.
        }
        throw error;
      }
    });
  }

  /**
   * A transaction that a power cut may take away, though nothing less: the log is then read again, the message claimed
   * again. It goes to disk with the next one that is synced.
   */
  function inUnsyncedTransaction<Result>(work: () => Result): Result {
    asked(() => database.exec('PRAGMA synchronous = NORMAL'));
    try {
      return inTransaction(work);
    } finally {
      if (!closed) asked(() => database.exec('PRAGMA synchronous = FULL'));
    }
  }

  function record(act: RecordedAct['act'], subscription: string, { at, actor, reason }: Act, message?: string): void {
    insertAct.run(at, actor, act, subscription, message ?? null, reason ?? null);
  }

  function known(id: string): Subscription {
    const row = selectSubscription.get(id);
    if (row) return subscriptionOf(row);
    const all = selectSubscriptions.all().map(({ subscription }) => String(subscription));
    throw new CaseError({ code: 'WEBHOOK_UNKNOWN', subscription: id, known: all });
  }

  function deadLetter(id: string): Row {
    const row = selectMessage.get(id);
    if (row?.state === 'dead') return row;
    throw new CaseError({ code: 'DEAD_LETTER_UNKNOWN', message: id });
  }

  function keepSecret(subscription: string, secret: string, at: string): SecretEntry {
    const wrapped = wrapBytes(Buffer.from(secret), wrappingKey, secretName(subscription), randomBytes(NONCE_BYTES));
    const { lastInsertRowid } = insertSecret.run(subscription, wrapped, at);
    return { id: Number(lastInsertRowid), subscription, addedAt: at };
  }

  function secrets(subscription: string): readonly string[] {
    return asked(() => selectSecrets.all(subscription)).map(({ wrapped }) => {
      try {
        return Buffer.from(unwrapBytes(wrapped as Uint8Array, wrappingKey, secretName(subscription))).toString();
      } catch (cause) {
        const detail = `a secret of the webhook ${subscription} was altered or belongs to another master key`;
        throw new CaseError({ code: 'KEY_STORE_UNREADABLE', detail }, { cause });
      }
    });
  }

  function settleOne(claim: Pick<Claim, 'id' | 'fence'>, result: ClaimResult, at: Date): boolean {
    const row = selectMessage.get(claim.id);
    if (row === undefined || row.state !== 'pending' || row.fence !== claim.fence) return false;
    const subscription = String(row.subscription);
    const now = at.getTime();
    switch (result.kind) {
      case 'delivered':
        finishMessage.run('delivered', at.toISOString(), claim.id);
        promoteNext.run(now, subscription, row.stream!);
        break;
      case 'failed':
        retryMessage.run(result.retryAt, result.failure, claim.id);
        break;
      case 'dead':
        buryMessage.run(result.failure, at.toISOString(), claim.id);
        break;
      case 'gone': {
        retryMessage.run(now, result.failure, claim.id);
        const { changes } = disableSubscription.run(at.toISOString(), result.failure, subscription);
        if (Number(changes) > 0)
          record('disabled', subscription, { at: at.toISOString(), actor: ITSELF, reason: result.failure });
        break;
      }
      case 'released':
        releaseMessage.run(now, claim.id);
    }
    if ('pauseUntil' in result && result.pauseUntil !== undefined)
      pauseSubscription.run(result.pauseUntil, subscription);
    return true;
  }

  function flush(): void {
    const batch = settling;
    settling = [];
    let counted: readonly boolean[];
    try {
      counted = inTransaction(() => batch.map(({ run }) => run()));
    } catch (error) {
      for (const { failed } of batch) failed(error);
      return;
    }
    batch.forEach(({ done }, index) => {
      done(counted[index]!);
    });
  }

  const own: OutboxRecord = {
    subscriptions: () => asked(() => selectSubscriptions.all()).map(subscriptionOf),

    subscription(id) {
      const row = asked(() => selectSubscription.get(id));
      return row && subscriptionOf(row);
    },

    add({ id, url, filter, start, checkpoint }, secret, by) {
      inTransaction(() => {
        if (selectSubscription.get(id)) throw new CaseError({ code: 'WEBHOOK_EXISTS', subscription: id });
        database
          .prepare(
            `INSERT INTO subscriptions (subscription, url, workflows, types, added_at, added_by, start, position, event)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            id,
            url,
            JSON.stringify(filter.workflows),
            JSON.stringify(filter.types),
            by.at,
            by.actor,
            start ?? null,
            checkpoint?.position ?? null,
            checkpoint?.event ?? null,
          );
        keepSecret(id, secret, by.at);
        record('added', id, by);
      });
    },

    remove(id, by) {
      inTransaction(() => {
        known(id);
        for (const table of ['messages', 'secrets', 'subscriptions'])
          database.prepare(`DELETE FROM ${table} WHERE subscription = ?`).run(id);
        record('removed', id, by);
      });
    },

    enable(id, by) {
      inTransaction(() => {
        known(id);
        database
          .prepare(
            'UPDATE subscriptions SET disabled_at = NULL, disabled_reason = NULL, paused_until = NULL WHERE subscription = ?',
          )
          .run(id);
        record('enabled', id, by);
      });
    },

    secretEntries: () =>
      asked(() => database.prepare('SELECT secret, subscription, added_at FROM secrets ORDER BY secret').all()).map(
        ({ secret, subscription, added_at }) => ({
          id: Number(secret),
          subscription: String(subscription),
          addedAt: String(added_at),
        }),
      ),

    secrets,

    addSecret: (subscription, secret, by) =>
      inTransaction(() => {
        known(subscription);
        const entry = keepSecret(subscription, secret, by.at);
        record('secret added', subscription, by);
        return entry;
      }),

    removeSecret(subscription, secret, by) {
      inTransaction(() => {
        known(subscription);
        const all = selectSecrets.all(subscription).map((row) => row.secret);
        const refuse = (message: string): never => {
          throw new CaseError({ code: 'WEBHOOK_REFUSED', issues: [{ path: 'secret', code: 'custom', message }] });
        };
        if (!all.includes(secret)) refuse(`has no secret ${secret}; it has ${all.join(', ')}`);
        if (all.length === 1) refuse('is the last one: add another first');
        database.prepare('DELETE FROM secrets WHERE secret = ?').run(secret);
        record('secret removed', subscription, by);
      });
    },

    take({ after, to, messages, at }) {
      const now = at.getTime();
      const all = own.subscriptions();
      const made = new Map(all.filter((one) => !hasReached(one, to.position)).map((one) => [one.id, messages(one)]));
      const queues = [...made.values()].some((some) => some.length > 0);
      return (queues ? inTransaction : inUnsyncedTransaction)(() => {
        let complete = true;
        for (const one of own.subscriptions()) {
          if (hasReached(one, to.position)) continue;
          const known = all.find(({ id, addedAt }) => id === one.id && addedAt === one.addedAt);
          if (known === undefined || (after !== undefined && !hasReached(one, after))) {
            complete = false;
            continue;
          }
          for (const message of made.get(one.id) ?? []) {
            if (hasReached(one, message.position)) continue;
            const { id, stream, position, event, type, workflow, caseId, trace, body } = message;
            const key = [id, one.id, stream, position, event, type, workflow, caseId] as const;
            insertMessage.run(...key, trace ?? null, body, now, one.id, stream, now);
          }
          moveCheckpoint.run(to.position, to.event, one.id);
        }
        return complete;
      });
    },

    restart({ id, checkpoint }, start, at) {
      inTransaction(() => {
        const now = selectSubscription.get(id);
        if (now === undefined || subscriptionOf(now).checkpoint?.event !== checkpoint?.event) return;
        database.prepare(`DELETE FROM messages WHERE subscription = ? AND state IN ('pending', 'dead')`).run(id);
        database
          .prepare('UPDATE subscriptions SET start = ?1, position = NULL, event = NULL WHERE subscription = ?2')
          .run(start ?? null, id);
        record('restarted', id, { at, actor: ITSELF, reason: 'the log is not the one that was followed' });
      });
    },

    claim: (subscription, { now, leaseMs, limit }) => {
      const rows = asked(() => selectDue.all(subscription, now, limit));
      // The usual answer is nothing, and takes no lock.
      if (rows.length === 0) return [];
      return inUnsyncedTransaction(() => {
        const row = selectSubscription.get(subscription);
        if (row === undefined || row.disabled_at !== null || Number(row.paused_until ?? 0) > now) return [];
        return selectDue.all(subscription, now, limit).map(({ message, id, body, trace }): Claim => {
          const fence = Number(countClaim.all()[0]!.claims);
          const claimed = claimMessage.all(fence, now + leaseMs, now, message!)[0]!;
          return {
            id: String(id),
            subscription,
            body: String(body),
            trace: trace === null ? undefined : String(trace),
            fence,
            attempts: Number(claimed.attempts),
            firstAttemptAt: Number(claimed.first_attempt_at),
          };
        });
      });
    },

    settle(claim, result, at) {
      if (closed) return Promise.reject(new CaseError({ code: 'STORE_CLOSED' }));
      return new Promise((done, failed) => {
        // Results that arrive in one turn of the event loop share a commit.
        if (settling.push({ run: () => settleOne(claim, result, at), done, failed }) === 1) setImmediate(flush);
      });
    },

    nextDue: () =>
      asked(() => selectNextDue.all()).map((row) => ({
        subscription: String(row.subscription),
        dueAt: Number(row.due_at),
      })),

    deadLetters: (subscription) =>
      asked(() => selectDead.all(subscription ?? null)).map(
        (row): DeadLetter => ({
          id: String(row.id),
          subscription: String(row.subscription),
          event: String(row.event),
          type: String(row.type),
          workflow: String(row.workflow),
          caseId: String(row.case_id),
          attempts: Number(row.attempts),
          failure: String(row.failure),
          deadAt: String(row.settled_at),
          holding: Number(row.holding),
        }),
      ),

    resend(message, by) {
      inTransaction(() => {
        const row = deadLetter(message);
        reviveMessage.run(Date.parse(by.at), message);
        record('resent', String(row.subscription), by, message);
      });
    },

    skip(message, by) {
      inTransaction(() => {
        const row = deadLetter(message);
        finishMessage.run('skipped', by.at, message);
        promoteNext.run(Date.parse(by.at), row.subscription!, row.stream!);
        record('skipped', String(row.subscription), by, message);
      });
    },

    standings: () =>
      asked(() => selectStandings.all()).map(
        (row): DeliveryStanding => ({
          subscription: String(row.subscription),
          pending: Number(row.pending),
          dead: Number(row.dead),
          oldestAt: row.oldest_at === null ? undefined : Number(row.oldest_at),
        }),
      ),

    acts: () =>
      asked(() => database.prepare('SELECT * FROM acts ORDER BY number').all()).map(
        ({ at, actor, act, subscription, message, reason }) => ({
          at: String(at),
          actor: String(actor),
          act: act as RecordedAct['act'],
          subscription: String(subscription),
          ...(message !== null && { message: String(message) }),
          ...(reason !== null && { reason: String(reason) }),
        }),
      ),

    close() {
      if (closed) return;
      if (settling.length > 0) flush();
      closed = true;
      closeLedgerFile(database, false);
    },
  };

  try {
    for (const { id } of own.subscriptions()) secrets(id);
    return own;
  } catch (error) {
    own.close();
    throw error;
  }
}

const secretName = (subscription: string): string => `webhook secret of ${subscription}`;

/** How far a subscription has come: its checkpoint, or where it starts. */
function hasReached({ checkpoint, start }: Subscription, position: bigint): boolean {
  const reached = checkpoint?.position ?? start;
  return reached !== undefined && reached >= position;
}

function subscriptionOf(row: Row): Subscription {
  return {
    id: String(row.subscription),
    url: String(row.url),
    filter: {
      workflows: JSON.parse(String(row.workflows)) as readonly string[],
      types: JSON.parse(String(row.types)) as readonly string[],
    },
    addedAt: String(row.added_at),
    addedBy: String(row.added_by),
    start: row.start === null ? undefined : BigInt(row.start as number),
    checkpoint:
      row.position === null ? undefined : { position: BigInt(row.position as number), event: String(row.event) },
    disabled:
      row.disabled_at === null ? undefined : { at: String(row.disabled_at), reason: String(row.disabled_reason) },
    pausedUntil: row.paused_until === null ? undefined : Number(row.paused_until),
  };
}
