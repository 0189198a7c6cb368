import type { Response } from 'express';
import { z } from 'zod';
import { CaseError, describeFailure, type InputIssue } from '../domain/case-error.js';
import { inputMessage } from '../domain/input-issues.js';
import { answerJson } from './answer.js';
import { ApiError, type ApiFailure, describeApiFailure, type Failure, type ProblemCode } from './api-failure.js';
import { PROBLEM_TEXTS } from './problem-texts.js';

/** The media type of every refusal (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';

/** The only place a failure code meets an HTTP status. A code without a row here does not compile. */
export const PROBLEM_STATUS: Readonly<Record<ProblemCode, number>> = {
  REQUEST_INVALID: 400,
  BODY_MALFORMED: 400,
  BODY_TOO_LARGE: 413,
  BODY_TOO_DEEP: 400,
  BODY_TYPE_UNSUPPORTED: 415,
  TOKEN_MISSING: 401,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  TOKEN_KEYS_UNAVAILABLE: 503,
  COMMAND_ID_MISSING: 400,
  COMMAND_ID_AMBIGUOUS: 400,
  RATE_LIMITED: 429,
  ROUTE_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  INTERNAL: 500,

  WORKFLOW_UNKNOWN: 404,
  WORKFLOW_VERSION_UNKNOWN: 404,
  CASE_NOT_FOUND: 404,
  CASE_EXISTS: 409,
  CASE_ID_INVALID: 400,
  EVENT_UNKNOWN: 400,
  EVENT_NOT_ALLOWED: 409,
  GUARD_DENIED: 409,
  EVENT_DATA_INVALID: 400,
  ROLE_NOT_PERMITTED: 403,
  OUT_OF_SCOPE: 403,
  SAME_PERSON: 403,
  BACKDATE_REFUSED: 400,
  REASON_REQUIRED: 400,
  TOO_EARLY: 409,
  TOO_LATE: 409,
  EXTENSION_REFUSED: 409,
  FACT_UNAVAILABLE: 503,
  COMMAND_INVALID: 400,
  COMMAND_ID_REUSED: 409,
  REVISION_CONFLICT: 412,
  APPEND_TOO_LARGE: 413,
  OVERLOADED: 503,
  REPLAY_DIVERGED: 500,
  ENVELOPE_UNKNOWN: 500,
  MIGRATION_REFUSED: 409,
  DEFINITION_INVALID: 500,
  SUBJECT_NOT_FOUND: 404,
  SUBJECT_ERASED: 410,
  SUBJECT_MISSING: 409,
  ERASURE_REFUSED: 409,
  KEY_STORE_UNREADABLE: 500,
  STORE_NOT_A_LEDGER: 500,
  STORE_TOO_NEW: 500,
  STORE_CORRUPT: 500,
  STORE_FULL: 507,
  STORE_UNAVAILABLE: 503,
  STORE_OUTCOME_UNKNOWN: 503,
  STORE_CLOSED: 503,
  POSITION_INVALID: 400,
  POSITION_FOREIGN: 400,
  PROJECTION_BEHIND: 503,
  PROJECTION_HALTED: 503,
  PROJECTION_UNKNOWN: 404,
  CURSOR_INVALID: 400,
  CALENDAR_UNKNOWN: 404,
  NOTICE_EXISTS: 409,
  CALENDAR_INVALID: 400,
  TERM_INVALID: 400,
  POLICY_INVALID: 400,
  DEADLINE_UNKNOWN: 404,
  REACTION_INVALID: 500,
  REACTION_NOT_PARKED: 404,
  WEBHOOK_UNKNOWN: 404,
  WEBHOOK_EXISTS: 409,
  WEBHOOK_REFUSED: 400,
  DEAD_LETTER_UNKNOWN: 404,
  LOG_NOT_FOUND: 404,
  LOG_INVALID: 400,
  LOG_UNSAFE: 400,
  LOG_MAP_INVALID: 400,
  LOG_CONFLICT: 409,
};

/** Every code there is. */
export const PROBLEM_CODES = Object.keys(PROBLEM_STATUS) as readonly ProblemCode[];

/** Seconds after which something worth sending again should be sent again. */
const RETRY_AFTER_SECONDS: Partial<Record<ProblemCode, number>> = {
  TOKEN_KEYS_UNAVAILABLE: 5,
  FACT_UNAVAILABLE: 5,
  OVERLOADED: 1,
  STORE_UNAVAILABLE: 5,
  STORE_OUTCOME_UNKNOWN: 1,
  STORE_CLOSED: 5,
  PROJECTION_BEHIND: 1,
  PROJECTION_HALTED: 60,
};

/** A refusal as it is sent (RFC 9457); `code` is what programs branch on. The failure's own details stand beside these. */
export type Problem = {
  readonly type: string;
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  /** The title in Chinese (中文). */
  readonly titleZh: string;
  /** What happened this time, in a sentence. */
  readonly detail?: string;
  readonly [member: string]: unknown;
};

/** Members whose text may come from the machine the server runs on, and are kept from callers where the fault is the server's. */
const INWARD = new Set(['detail', 'path', 'problems', 'source']);

/** What went wrong, as data. An error nobody planned is `INTERNAL`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CaseError || error instanceof ApiError) return error.failure;
  if (error instanceof z.ZodError) return { code: 'REQUEST_INVALID', issues: issuesOf(error) };
  return { code: 'INTERNAL' };
}

/** Without the schema, which of a path's keys were sent is not known. */
function issuesOf({ issues }: z.ZodError): InputIssue[] {
  return issues.map((issue) => ({ path: '', code: issue.code ?? 'custom', message: inputMessage(issue) }));
}

/** The failure as it is sent. Where the fault is the server's (5xx) it carries numbers and names, and no text from inside. */
export function problemOf(failure: Failure): Problem {
  const { code } = failure;
  const status = PROBLEM_STATUS[code];
  const { title } = PROBLEM_TEXTS[code];
  const inward = status >= 500;
  const details = Object.entries(failure).filter(
    ([name]) => name !== 'code' && !(inward && (INWARD.has(name) || status === 500)),
  );
  return {
    ...Object.fromEntries(details.filter(([name]) => name !== 'detail')),
    type: `/problems/${code}`,
    code,
    status,
    title: title.en,
    titleZh: title.zh,
    ...(!inward && { detail: sentence(failure) }),
  };
}

/** Seconds for `Retry-After`, where asking again can help. */
export function retryAfter(failure: Failure): number | undefined {
  return failure.code === 'RATE_LIMITED' ? failure.retryAfterSeconds : RETRY_AFTER_SECONDS[failure.code];
}

/** Answers with a problem, and with the headers that tell a client how to go on. */
export function answerProblem(res: Response, failure: Failure, request: string): void {
  const problem = problemOf(failure);
  const seconds = retryAfter(failure);
  if (seconds !== undefined) res.setHeader('Retry-After', seconds);
  if (problem.status === 401)
    res.setHeader(
      'WWW-Authenticate',
      `Bearer realm="caseledger"${failure.code === 'TOKEN_MISSING' ? '' : ', error="invalid_token"'}`,
    );
  if (failure.code === 'METHOD_NOT_ALLOWED') res.setHeader('Allow', failure.allowed.join(', '));
  res.setHeader('Cache-Control', 'no-store');
  answerJson(res, problem.status, { ...problem, request }, PROBLEM_TYPE);
}

function sentence(failure: Failure): string {
  return isApiFailure(failure) ? describeApiFailure(failure) : describeFailure(failure);
}

const API_CODES: ReadonlySet<string> = new Set<ApiFailure['code']>([
  'REQUEST_INVALID',
  'BODY_MALFORMED',
  'BODY_TOO_LARGE',
  'BODY_TOO_DEEP',
  'BODY_TYPE_UNSUPPORTED',
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'TOKEN_KEYS_UNAVAILABLE',
  'COMMAND_ID_MISSING',
  'COMMAND_ID_AMBIGUOUS',
  'RATE_LIMITED',
  'ROUTE_UNKNOWN',
  'METHOD_NOT_ALLOWED',
  'NOT_ACCEPTABLE',
  'INTERNAL',
]);

function isApiFailure(failure: Failure): failure is ApiFailure {
  return API_CODES.has(failure.code);
}
