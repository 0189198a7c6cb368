import type { FailureCode } from '../domain/case-error.js';

/** What a command's exit code says. Documented in `docs/reference/cli.md`; scripts branch on it. */
export const EXIT = {
  ok: 0,
  /** A bug: nothing here was planned for. */
  unexpected: 1,
  /** The command line or the configuration is wrong; nothing was tried. */
  usage: 2,
  /** The rules said no; nothing was stored. */
  refused: 3,
  /** The case, workflow, subject, deadline, calendar or file does not exist. */
  notFound: 4,
  /** The ledger, its key store or its read models cannot be used. */
  store: 5,
  /** `check` found cases or definitions that diverge. */
  diverging: 6,
  /** Not available in this version. */
  unavailable: 7,
  /** A file or module handed in cannot be read as what it should be. */
  input: 8,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of each failure. A new code without a row here does not compile. */
export const EXIT_OF: Record<FailureCode, ExitCode> = {
  WORKFLOW_UNKNOWN: EXIT.notFound,
  WORKFLOW_VERSION_UNKNOWN: EXIT.notFound,
  CASE_NOT_FOUND: EXIT.notFound,
  CASE_EXISTS: EXIT.refused,
  CASE_ID_INVALID: EXIT.usage,
  EVENT_UNKNOWN: EXIT.refused,
  EVENT_NOT_ALLOWED: EXIT.refused,
  GUARD_DENIED: EXIT.refused,
  EVENT_DATA_INVALID: EXIT.refused,
  ROLE_NOT_PERMITTED: EXIT.refused,
  OUT_OF_SCOPE: EXIT.refused,
  SAME_PERSON: EXIT.refused,
  BACKDATE_REFUSED: EXIT.refused,
  REASON_REQUIRED: EXIT.refused,
  TOO_EARLY: EXIT.refused,
  TOO_LATE: EXIT.refused,
  EXTENSION_REFUSED: EXIT.refused,
  FACT_UNAVAILABLE: EXIT.refused,
  COMMAND_INVALID: EXIT.usage,
  COMMAND_ID_REUSED: EXIT.refused,
  REVISION_CONFLICT: EXIT.refused,
  APPEND_TOO_LARGE: EXIT.refused,
  OVERLOADED: EXIT.store,
  REPLAY_DIVERGED: EXIT.diverging,
  ENVELOPE_UNKNOWN: EXIT.store,
  MIGRATION_REFUSED: EXIT.refused,
  DEFINITION_INVALID: EXIT.input,
  SUBJECT_NOT_FOUND: EXIT.notFound,
  SUBJECT_ERASED: EXIT.refused,
  SUBJECT_MISSING: EXIT.refused,
  ERASURE_REFUSED: EXIT.refused,
  KEY_STORE_UNREADABLE: EXIT.store,
  STORE_NOT_A_LEDGER: EXIT.store,
  STORE_TOO_NEW: EXIT.store,
  STORE_CORRUPT: EXIT.store,
  STORE_FULL: EXIT.store,
  STORE_UNAVAILABLE: EXIT.store,
  STORE_OUTCOME_UNKNOWN: EXIT.store,
  STORE_CLOSED: EXIT.store,
  POSITION_INVALID: EXIT.usage,
  POSITION_FOREIGN: EXIT.usage,
  PROJECTION_BEHIND: EXIT.store,
  PROJECTION_HALTED: EXIT.store,
  PROJECTION_UNKNOWN: EXIT.notFound,
  CURSOR_INVALID: EXIT.usage,
  CALENDAR_UNKNOWN: EXIT.notFound,
  NOTICE_EXISTS: EXIT.refused,
  CALENDAR_INVALID: EXIT.input,
  TERM_INVALID: EXIT.input,
  POLICY_INVALID: EXIT.input,
  DEADLINE_UNKNOWN: EXIT.notFound,
  REACTION_INVALID: EXIT.input,
  REACTION_NOT_PARKED: EXIT.notFound,
  WEBHOOK_UNKNOWN: EXIT.notFound,
  WEBHOOK_EXISTS: EXIT.refused,
  WEBHOOK_REFUSED: EXIT.usage,
  DEAD_LETTER_UNKNOWN: EXIT.notFound,
  LOG_NOT_FOUND: EXIT.notFound,
  LOG_INVALID: EXIT.input,
  LOG_UNSAFE: EXIT.input,
  LOG_MAP_INVALID: EXIT.input,
  LOG_CONFLICT: EXIT.refused,
};
