import type { CaseFailure, InputIssue } from '../domain/case-error.js';

/** What can be wrong with a request before any case is asked. Each code is a heading in `docs/errors.md`. */
export type ApiFailure =
  | { readonly code: 'REQUEST_INVALID'; readonly issues: readonly InputIssue[] }
  | { readonly code: 'BODY_MALFORMED' }
  | { readonly code: 'BODY_TOO_LARGE'; readonly limit: number }
  | { readonly code: 'BODY_TOO_DEEP'; readonly limit: number }
  | { readonly code: 'BODY_TYPE_UNSUPPORTED'; readonly supported: readonly string[] }
  | { readonly code: 'TOKEN_MISSING' }
  | { readonly code: 'TOKEN_INVALID' }
  | { readonly code: 'TOKEN_EXPIRED' }
  | { readonly code: 'TOKEN_KEYS_UNAVAILABLE' }
  | { readonly code: 'COMMAND_ID_MISSING' }
  | { readonly code: 'COMMAND_ID_AMBIGUOUS'; readonly header: string; readonly body: string }
  | { readonly code: 'RATE_LIMITED'; readonly limit: number; readonly retryAfterSeconds: number }
  | { readonly code: 'ROUTE_UNKNOWN' }
  | { readonly code: 'METHOD_NOT_ALLOWED'; readonly allowed: readonly string[] }
  | { readonly code: 'NOT_ACCEPTABLE'; readonly offered: readonly string[] }
  | { readonly code: 'INTERNAL' };

/** Whatever a request may be refused with. */
export type Failure = CaseFailure | ApiFailure;

export type ProblemCode = Failure['code'];

/** A request refused at the door. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly failure: ApiFailure,
    options?: ErrorOptions,
  ) {
    super(describeApiFailure(failure), options);
  }
}

/** One plain sentence for a person; holds nothing of what was sent but command ids. */
export function describeApiFailure(failure: ApiFailure): string {
  switch (failure.code) {
    case 'REQUEST_INVALID':
      return `the request is invalid: ${failure.issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')}`;
    case 'BODY_MALFORMED':
      return 'the body is not well-formed JSON';
    case 'BODY_TOO_LARGE':
      return `the body is larger than ${failure.limit} bytes`;
    case 'BODY_TOO_DEEP':
      return `the body is nested deeper than ${failure.limit} levels`;
    case 'BODY_TYPE_UNSUPPORTED':
      return `the body must be ${failure.supported.join(' or ')}`;
    case 'TOKEN_MISSING':
      return 'the request carries no bearer token';
    case 'TOKEN_INVALID':
      return 'the bearer token is not accepted here';
    case 'TOKEN_EXPIRED':
      return 'the bearer token has expired';
    case 'TOKEN_KEYS_UNAVAILABLE':
      return 'the keys that tokens are verified with cannot be had from their issuer';
    case 'COMMAND_ID_MISSING':
      return 'the command has no id: send it as the Idempotency-Key header or as commandId';
    case 'COMMAND_ID_AMBIGUOUS':
      return `the header names command "${failure.header}" and the body "${failure.body}"`;
    case 'RATE_LIMITED':
      return `more than ${failure.limit} requests in the time allowed; go on in ${failure.retryAfterSeconds} s`;
    case 'ROUTE_UNKNOWN':
      return 'there is nothing at this address';
    case 'METHOD_NOT_ALLOWED':
      return `this address takes ${failure.allowed.join(', ')}`;
    case 'NOT_ACCEPTABLE':
      return `this address answers with ${failure.offered.join(' or ')}`;
    case 'INTERNAL':
      return 'something went wrong inside';
  }
}
