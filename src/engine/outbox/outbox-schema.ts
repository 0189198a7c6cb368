/** `PRAGMA application_id` of an outbox ("CLOB"), so that it is never taken for a ledger. */
export const OUTBOX_APPLICATION_ID = 0x434c4f42;

/**
 * The statements that bring an outbox from each schema version to the next. A released one never changes.
 *
 * A message is `pending` with an instant at which it may be claimed (`due_at`) when it is the first undelivered one of
 * its stream, `pending` without one when it waits for an earlier one, or settled. A claim moves the instant to the end of
 * its lease, so that what a dead process held comes back by itself. `fence` is the number of the claim that holds it,
 * counted over the whole outbox: a message that is queued anew is never taken for the one it replaces.
 */
export const OUTBOX_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE outbox (ledger TEXT NOT NULL, claims INTEGER NOT NULL DEFAULT 0) STRICT;

  CREATE TABLE subscriptions (
    subscription TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    workflows TEXT NOT NULL CHECK (json_valid(workflows)),
    types TEXT NOT NULL CHECK (json_valid(types)),
    added_at TEXT NOT NULL,
    added_by TEXT NOT NULL,
    start INTEGER,
    position INTEGER,
    event TEXT,
    disabled_at TEXT,
    disabled_reason TEXT,
    paused_until INTEGER,
    CHECK ((position IS NULL) = (event IS NULL)),
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
  ) STRICT;

  CREATE TABLE secrets (
    secret INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    added_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX secrets_by_subscription ON secrets (subscription);

  CREATE TABLE messages (
    message INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    subscription TEXT NOT NULL,
    stream TEXT NOT NULL,
    position INTEGER NOT NULL,
    event TEXT NOT NULL,
    type TEXT NOT NULL,
    workflow TEXT NOT NULL,
    case_id TEXT NOT NULL,
    trace TEXT,
    body TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'dead', 'delivered', 'skipped')),
    queued_at INTEGER NOT NULL,
    due_at INTEGER,
    fence INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER,
    failure TEXT,
    settled_at TEXT,
    CHECK ((state IN ('pending', 'dead')) = (body IS NOT NULL)),
    CHECK (state = 'pending' OR due_at IS NULL),
    CHECK ((state = 'pending') = (settled_at IS NULL))
  ) STRICT;
  CREATE INDEX messages_undelivered ON messages (subscription, stream, position) WHERE state IN ('pending', 'dead');
  CREATE INDEX messages_due ON messages (subscription, due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX messages_queued ON messages (subscription, queued_at) WHERE state IN ('pending', 'dead');
  CREATE INDEX messages_dead ON messages (subscription, message) WHERE state = 'dead';

  CREATE TABLE acts (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    subscription TEXT NOT NULL,
    message TEXT,
    reason TEXT
  ) STRICT;
  `,
];

export const OUTBOX_SCHEMA_VERSION = OUTBOX_MIGRATIONS.length;
