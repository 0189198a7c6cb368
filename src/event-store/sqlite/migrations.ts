/** "CLDG" in a SQLite header's application id: tells a ledger from any other program's database. */
export const APPLICATION_ID = 0x43_4c_44_47;

/**
 * The schema's history, oldest first. `PRAGMA user_version` counts how many of them a file has seen; a released one is
 * never edited.
 */
export const MIGRATIONS: readonly string[] = [
  // Stream names are interned: the index over (stream, revision) then grows at its end for new cases, however random their ids.
  `
  CREATE TABLE streams (
    stream INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES streams (stream),
    revision INTEGER NOT NULL CHECK (revision >= 0),
    type TEXT NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    leaf BLOB NOT NULL CHECK (length(leaf) = 32),
    UNIQUE (stream, revision)
  ) STRICT;

  CREATE VIEW event_log AS
    SELECT
      events.position,
      streams.name AS stream,
      events.revision,
      events.type,
      lower(
        substr(hex(events.id), 1, 8) || '-' || substr(hex(events.id), 9, 4) || '-' || substr(hex(events.id), 13, 4) || '-' ||
        substr(hex(events.id), 17, 4) || '-' || substr(hex(events.id), 21, 12)
      ) AS id,
      events.data,
      events.metadata,
      lower(hex(events.leaf)) AS leaf
    FROM events JOIN streams USING (stream);
  `,
];

/** The newest schema this version can read and write. */
export const SCHEMA_VERSION = MIGRATIONS.length;
