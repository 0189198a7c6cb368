import type { Title } from './title.js';

/** A promise about a stream's head: the revision the writer last saw, or that the stream does not exist yet. */
export type ExpectedRevision = number | 'no-stream';

/** One thing wrong with some input: where, and what. Never carries the offending value, which may be personal. */
export type InputIssue = { readonly path: string; readonly code: string; readonly message: string };

/** Why a guard said no, in the guard's own words. */
export type GuardReason = { readonly guard: string; readonly title: Title };

/**
 * Everything that can go wrong on purpose, as data. `code` is stable: programs branch on it.
 * Each code is a heading in `docs/errors.md` that says what to do, and one row in `src/api/problem.ts`.
 */
export type CaseFailure =
  // What was asked for does not exist, or exists already
  | { readonly code: 'WORKFLOW_UNKNOWN'; readonly workflow: string; readonly known: readonly string[] }
  | {
      readonly code: 'WORKFLOW_VERSION_UNKNOWN';
      readonly workflow: string;
      readonly version: number;
      readonly known: readonly number[];
    }
  | { readonly code: 'CASE_NOT_FOUND'; readonly workflow: string; readonly caseId: string }
  | { readonly code: 'CASE_EXISTS'; readonly workflow: string; readonly caseId: string }
  | { readonly code: 'CASE_ID_INVALID'; readonly caseId: string }
  // The event is refused
  | {
      readonly code: 'EVENT_UNKNOWN';
      readonly event: string;
      readonly workflow: string;
      readonly known: readonly string[];
    }
  | {
      readonly code: 'EVENT_NOT_ALLOWED';
      readonly event: string;
      readonly state: string;
      readonly allowed: readonly string[];
    }
  | {
      readonly code: 'GUARD_DENIED';
      readonly event: string;
      readonly state: string;
      readonly reasons: readonly GuardReason[];
    }
  | { readonly code: 'EVENT_DATA_INVALID'; readonly event: string; readonly issues: readonly InputIssue[] }
  | {
      readonly code: 'ROLE_NOT_PERMITTED';
      readonly event: string;
      readonly required: readonly string[];
      readonly held: readonly string[];
    }
  | { readonly code: 'OUT_OF_SCOPE'; readonly what: string; readonly scope: string }
  | { readonly code: 'SAME_PERSON'; readonly event: string; readonly separateFrom: string }
  | {
      readonly code: 'BACKDATE_REFUSED';
      readonly event: string;
      readonly occurredAt: string;
      readonly earliest: string;
    }
  | { readonly code: 'REASON_REQUIRED'; readonly event: string }
  | {
      readonly code: 'TOO_EARLY';
      readonly event: string;
      readonly deadline: string;
      readonly title: Title;
      /** The first day (the office's) and instant on which it is allowed; the earliest there can be where a pause holds the deadline. */
      readonly allowedOn: string;
      readonly allowedFrom: string;
      readonly held: boolean;
    }
  | {
      readonly code: 'TOO_LATE';
      readonly event: string;
      readonly deadline: string;
      readonly title: Title;
      /** The last day and instant on which it was allowed. */
      readonly dueOn: string;
      readonly dueAt: string;
    }
  | {
      readonly code: 'EXTENSION_REFUSED';
      readonly event: string;
      readonly deadline: string;
      readonly title: Title;
      readonly why: 'expired' | 'overLimit' | 'notRunning';
      /** How often it may be extended. */
      readonly max: number;
      readonly dueOn?: string;
      readonly dueAt?: string;
    }
  | { readonly code: 'FACT_UNAVAILABLE'; readonly fact: string; readonly source: string; readonly detail: string }
  // The command is refused
  | { readonly code: 'COMMAND_INVALID'; readonly issues: readonly InputIssue[] }
  | { readonly code: 'COMMAND_ID_REUSED'; readonly commandId: string; readonly stream: string }
  | {
      readonly code: 'REVISION_CONFLICT';
      readonly stream: string;
      readonly expected: ExpectedRevision;
      readonly actual: ExpectedRevision;
    }
  | { readonly code: 'APPEND_TOO_LARGE'; readonly bytes: number; readonly limit: number }
  | { readonly code: 'OVERLOADED'; readonly queue: string; readonly limit: number }
  // The past cannot be read as it was written
  | {
      readonly code: 'REPLAY_DIVERGED';
      readonly stream: string;
      readonly revision: number;
      readonly event: string;
      readonly recorded: string;
      readonly replayed: string;
    }
  | { readonly code: 'ENVELOPE_UNKNOWN'; readonly stream: string; readonly revision: number; readonly detail: string }
  | {
      readonly code: 'MIGRATION_REFUSED';
      readonly stream: string;
      readonly from: number;
      readonly to: number;
      readonly detail: string;
    }
  // Definitions
  | { readonly code: 'DEFINITION_INVALID'; readonly workflow: string; readonly problems: readonly string[] }
  // Personal data
  | { readonly code: 'SUBJECT_NOT_FOUND'; readonly subject: string }
  | { readonly code: 'SUBJECT_ERASED'; readonly subject: string }
  | { readonly code: 'SUBJECT_MISSING'; readonly event: string; readonly path: string }
  | { readonly code: 'ERASURE_REFUSED'; readonly subject: string; readonly detail: string; readonly until?: string }
  | { readonly code: 'KEY_STORE_UNREADABLE'; readonly detail: string }
  // The store
  | { readonly code: 'STORE_NOT_A_LEDGER'; readonly path: string; readonly detail: string }
  | { readonly code: 'STORE_TOO_NEW'; readonly path: string; readonly version: number; readonly supported: number }
  | { readonly code: 'STORE_CORRUPT'; readonly path: string; readonly detail: string }
  | { readonly code: 'STORE_FULL'; readonly detail: string }
  | { readonly code: 'STORE_UNAVAILABLE'; readonly detail: string }
  | { readonly code: 'STORE_OUTCOME_UNKNOWN'; readonly stream: string; readonly detail: string }
  | { readonly code: 'STORE_CLOSED' }
  // Read models
  | { readonly code: 'POSITION_INVALID'; readonly token: string }
  | { readonly code: 'POSITION_FOREIGN'; readonly token: string; readonly ledger: string }
  | { readonly code: 'PROJECTION_BEHIND'; readonly projection: string; readonly behind: number }
  | {
      readonly code: 'PROJECTION_HALTED';
      readonly projection: string;
      readonly position: string;
      readonly detail: string;
    }
  | { readonly code: 'PROJECTION_UNKNOWN'; readonly projection: string; readonly known: readonly string[] }
  | { readonly code: 'CURSOR_INVALID'; readonly cursor: string }
  // Deadlines and calendars
  | { readonly code: 'CALENDAR_UNKNOWN'; readonly calendar: string; readonly known: readonly string[] }
  | { readonly code: 'NOTICE_EXISTS'; readonly calendar: string; readonly notice: string }
  | { readonly code: 'CALENDAR_INVALID'; readonly problems: readonly string[] }
  | { readonly code: 'TERM_INVALID'; readonly detail: string }
  | { readonly code: 'POLICY_INVALID'; readonly policy: string; readonly issues: readonly InputIssue[] }
  | { readonly code: 'DEADLINE_UNKNOWN'; readonly deadline: string; readonly known: readonly string[] }
  // Reactions
  | { readonly code: 'REACTION_INVALID'; readonly reaction: string; readonly problems: readonly string[] }
  | { readonly code: 'REACTION_NOT_PARKED'; readonly id: string }
  // Alerts sent out
  | { readonly code: 'WEBHOOK_UNKNOWN'; readonly subscription: string; readonly known: readonly string[] }
  | { readonly code: 'WEBHOOK_EXISTS'; readonly subscription: string }
  | { readonly code: 'WEBHOOK_REFUSED'; readonly issues: readonly InputIssue[] }
  | { readonly code: 'DEAD_LETTER_UNKNOWN'; readonly message: string }
  // Logs from elsewhere
  | { readonly code: 'LOG_NOT_FOUND'; readonly path: string }
  | { readonly code: 'LOG_INVALID'; readonly path: string; readonly detail: string; readonly line?: number }
  | { readonly code: 'LOG_UNSAFE'; readonly path: string; readonly detail: string }
  | { readonly code: 'LOG_MAP_INVALID'; readonly path: string; readonly problems: readonly string[] }
  | { readonly code: 'LOG_CONFLICT'; readonly stream: string; readonly detail: string };

export type FailureCode = CaseFailure['code'];

/** Shared by every copy of this module in the process. */
const CASE_ERROR: unique symbol = Symbol.for('caseledger.CaseError') as never;

/**
 * The one error this project throws on purpose; anything else that escapes is a bug.
 *
 * Only `REVISION_CONFLICT`, `OVERLOADED`, `PROJECTION_BEHIND`, `STORE_UNAVAILABLE` and `STORE_OUTCOME_UNKNOWN` are
 * worth sending again, always under the same command id.
 *
 * One of another copy of this package is one too: the command line is bundled, and the workflows and look-ups it is given
 * import the package they were written against.
 */
export class CaseError extends Error {
  static override [Symbol.hasInstance](value: unknown): value is CaseError {
    return typeof value === 'object' && value !== null && CASE_ERROR in value;
  }

  override readonly name = 'CaseError';

  /** @internal */
  get [CASE_ERROR](): true {
    return true;
  }

  constructor(
    readonly failure: CaseFailure,
    options?: ErrorOptions,
  ) {
    super(describeFailure(failure), options);
  }
}

/** Narrows by code, so a catch block reads as a sentence. */
export function isCaseError<Code extends FailureCode>(
  error: unknown,
  code: Code,
): error is CaseError & { failure: Extract<CaseFailure, { code: Code }> } {
  return error instanceof CaseError && error.failure.code === code;
}

/** One plain sentence for a person; holds no personal data. */
export function describeFailure(failure: CaseFailure): string {
  switch (failure.code) {
    case 'WORKFLOW_UNKNOWN':
      return `there is no workflow "${failure.workflow}"; known: ${list(failure.known)}`;
    case 'WORKFLOW_VERSION_UNKNOWN':
      return `workflow "${failure.workflow}" has no version ${failure.version}; known: ${list(failure.known)}`;
    case 'CASE_NOT_FOUND':
      return `there is no ${failure.workflow} case "${failure.caseId}"`;
    case 'CASE_EXISTS':
      return `${failure.workflow} case "${failure.caseId}" is already open`;
    case 'CASE_ID_INVALID':
      return `"${failure.caseId}" cannot be a case id: use 1 to 100 letters, digits, ".", "_", "~" or "-"`;
    case 'EVENT_UNKNOWN':
      return `"${failure.event}" is not an event of ${failure.workflow}; known: ${list(failure.known)}`;
    case 'EVENT_NOT_ALLOWED':
      return `"${failure.event}" is not allowed while the case is in "${failure.state}"; allowed: ${list(failure.allowed)}`;
    case 'GUARD_DENIED':
      return `"${failure.event}" is refused: ${failure.reasons.map((reason) => reason.title.en).join('; ')}`;
    case 'EVENT_DATA_INVALID':
      return `"${failure.event}" has invalid data: ${issueList(failure.issues)}`;
    case 'ROLE_NOT_PERMITTED':
      return `"${failure.event}" may be sent by ${list(failure.required)}; the sender is ${list(failure.held)}`;
    case 'OUT_OF_SCOPE':
      return `${failure.what} lies outside the sender's ${failure.scope}`;
    case 'SAME_PERSON':
      return `"${failure.event}" must be sent by someone other than whoever sent "${failure.separateFrom}"`;
    case 'BACKDATE_REFUSED':
      return `"${failure.event}" cannot have happened at ${failure.occurredAt}; the earliest instant accepted is ${failure.earliest}`;
    case 'REASON_REQUIRED':
      return `"${failure.event}" wants a reason`;
    case 'TOO_EARLY':
      return `"${failure.event}" is too early for "${failure.title.en}": allowed from ${failure.allowedOn}${failure.held ? ', were the clock to go on at once' : ''}`;
    case 'TOO_LATE':
      return `"${failure.event}" is too late for "${failure.title.en}": the last day was ${failure.dueOn}`;
    case 'EXTENSION_REFUSED':
      return `"${failure.event}" cannot extend "${failure.title.en}": ${extensionRefusal(failure)}`;
    case 'FACT_UNAVAILABLE':
      return `the fact "${failure.fact}" could not be had from ${failure.source}: ${failure.detail}`;
    case 'COMMAND_INVALID':
      return `the command is invalid: ${issueList(failure.issues)}`;
    case 'COMMAND_ID_REUSED':
      return `command id "${failure.commandId}" was used on ${failure.stream} before, with other content`;
    case 'REVISION_CONFLICT':
      return `${failure.stream} is at revision ${failure.actual}, expected ${failure.expected}`;
    case 'APPEND_TOO_LARGE':
      return `the append has ${failure.bytes} bytes; at most ${failure.limit} are accepted`;
    case 'OVERLOADED':
      return `the ${failure.queue} queue is full (${failure.limit}); nothing was stored, send the same command again later`;
    case 'REPLAY_DIVERGED':
      return `${failure.stream} revision ${failure.revision} ("${failure.event}") was recorded as "${failure.recorded}" but replays to "${failure.replayed}"`;
    case 'ENVELOPE_UNKNOWN':
      return `${failure.stream} revision ${failure.revision} cannot be read: ${failure.detail}`;
    case 'MIGRATION_REFUSED':
      return `${failure.stream} cannot move from version ${failure.from} to ${failure.to}: ${failure.detail}`;
    case 'DEFINITION_INVALID':
      return `workflow "${failure.workflow}" is not valid: ${failure.problems.join('; ')}`;
    case 'SUBJECT_NOT_FOUND':
      return `there is no data subject "${failure.subject}"`;
    case 'SUBJECT_ERASED':
      return `the personal data of "${failure.subject}" has been erased`;
    case 'SUBJECT_MISSING':
      return `"${failure.event}" has personal data at "${failure.path}" but the case names no data subject for it`;
    case 'ERASURE_REFUSED':
      return `"${failure.subject}" cannot be erased: ${failure.detail}`;
    case 'KEY_STORE_UNREADABLE':
      return `the key store cannot be read: ${failure.detail}`;
    case 'STORE_NOT_A_LEDGER':
      return `${failure.path} is not a ledger: ${failure.detail}`;
    case 'STORE_TOO_NEW':
      return `${failure.path} was written by a newer version (schema ${failure.version}, this version reads up to ${failure.supported})`;
    case 'STORE_CORRUPT':
      return `${failure.path} is damaged: ${failure.detail}`;
    case 'STORE_FULL':
      return `the store has no room left: ${failure.detail}`;
    case 'STORE_UNAVAILABLE':
      return `the store is unavailable: ${failure.detail}`;
    case 'STORE_OUTCOME_UNKNOWN':
      return `whether the append to ${failure.stream} was stored is unknown: ${failure.detail}; send the same command again`;
    case 'STORE_CLOSED':
      return 'the store is closed';
    case 'POSITION_INVALID':
      return `"${failure.token}" is not a position token`;
    case 'POSITION_FOREIGN':
      return `the position token belongs to another ledger than ${failure.ledger}`;
    case 'PROJECTION_BEHIND':
      return `read model "${failure.projection}" is ${failure.behind} event(s) behind the position asked for`;
    case 'PROJECTION_HALTED':
      return `read model "${failure.projection}" stopped at position ${failure.position}: ${failure.detail}`;
    case 'PROJECTION_UNKNOWN':
      return `there is no read model "${failure.projection}"; known: ${list(failure.known)}`;
    case 'CURSOR_INVALID':
      return 'the page cursor was not made by this list';
    case 'CALENDAR_UNKNOWN':
      return `there is no calendar "${failure.calendar}"; known: ${list(failure.known)}`;
    case 'NOTICE_EXISTS':
      return `calendar "${failure.calendar}" has a notice "${failure.notice}" already; a change to it is a notice of its own that amends it`;
    case 'CALENDAR_INVALID':
      return `the calendar is not valid: ${failure.problems.join('; ')}`;
    case 'TERM_INVALID':
      return failure.detail;
    case 'POLICY_INVALID':
      return `the policy ${failure.policy} is not valid: ${issueList(failure.issues)}`;
    case 'DEADLINE_UNKNOWN':
      return `there is no deadline "${failure.deadline}"; known: ${list(failure.known)}`;
    case 'REACTION_INVALID':
      return `reaction "${failure.reaction}" is not valid: ${failure.problems.join('; ')}`;
    case 'REACTION_NOT_PARKED':
      return `no reaction is parked under "${failure.id}"`;
    case 'WEBHOOK_UNKNOWN':
      return `there is no webhook "${failure.subscription}"; known: ${list(failure.known)}`;
    case 'WEBHOOK_EXISTS':
      return `the webhook "${failure.subscription}" exists already`;
    case 'WEBHOOK_REFUSED':
      return `the webhook is refused: ${issueList(failure.issues)}`;
    case 'DEAD_LETTER_UNKNOWN':
      return `there is no dead letter "${failure.message}"`;
    case 'LOG_NOT_FOUND':
      return `there is no file ${failure.path}`;
    case 'LOG_INVALID':
      return `${failure.path}${failure.line === undefined ? '' : ` line ${failure.line}`} cannot be read as a log: ${failure.detail}`;
    case 'LOG_UNSAFE':
      return `${failure.path} is refused: ${failure.detail}`;
    case 'LOG_MAP_INVALID':
      return `the map ${failure.path} is not valid: ${failure.problems.join('; ')}`;
    case 'LOG_CONFLICT':
      return `${failure.stream} differs from what was imported before: ${failure.detail}`;
  }
}

function extensionRefusal({ why, max, dueOn }: Extract<CaseFailure, { readonly code: 'EXTENSION_REFUSED' }>): string {
  switch (why) {
    case 'expired':
      return `it expired on ${dueOn}, and is extended before expiry only`;
    case 'overLimit':
      return `it may be extended ${max === 1 ? 'once' : `${max} times`}, and was`;
    case 'notRunning':
      return 'it is not running';
  }
}

function list(values: readonly (string | number)[]): string {
  return values.length === 0 ? 'nothing' : values.join(', ');
}

function issueList(issues: readonly InputIssue[]): string {
  return issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}
