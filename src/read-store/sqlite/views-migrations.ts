/** "CLDV" in a SQLite header's application id: tells a ledger's read models from any other program's database. */
export const VIEWS_APPLICATION_ID = 0x43_4c_44_56;

/** The book-keeping's history, oldest first; `PRAGMA user_version` counts it. Tables of read models are not in it: they are made anew instead. */
export const VIEWS_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE read_models (
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('active', 'building')),
    version INTEGER NOT NULL,
    basis TEXT NOT NULL,
    shape TEXT NOT NULL,
    tables TEXT NOT NULL,
    position INTEGER,
    event TEXT,
    events INTEGER NOT NULL,
    halted_position INTEGER,
    halted_event TEXT,
    halted_detail TEXT,
    halted_at TEXT,
    PRIMARY KEY (name, generation),
    UNIQUE (name, role)
  ) STRICT;

  CREATE TABLE read_model_skips (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    basis TEXT NOT NULL,
    position INTEGER NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT;
  `,
];

export const VIEWS_SCHEMA_VERSION = VIEWS_MIGRATIONS.length;
