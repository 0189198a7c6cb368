import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { ApiError, type ApiFailure } from './api-failure.js';

/** Objects and arrays inside one another at most. No event of any workflow comes near it. */
export const MAX_JSON_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Reads a JSON body of at most `limit` bytes after decompression, nested at most {@link MAX_JSON_DEPTH} levels. */
export function jsonBody(limit: number): RequestHandler {
  return express.json({
    limit,
    strict: false,
    verify(_req, _res, bytes) {
      if (deeperThan(bytes, MAX_JSON_DEPTH)) throw new ApiError({ code: 'BODY_TOO_DEEP', limit: MAX_JSON_DEPTH });
    },
  });
}

/** Turns what Express and its body parser say of a request into the API's own failures; everything else goes on. */
export function bodyFailures(limitOf: (path: string) => number): ErrorRequestHandler {
  return (error, req, _res, next) => {
    const failure = error instanceof ApiError ? undefined : requestFailure(error, limitOf(req.path));
    next(failure ? new ApiError(failure, { cause: error }) : error);
  };
}

function requestFailure(error: unknown, limit: number): ApiFailure | undefined {
  const { type, status } = (error ?? {}) as { readonly type?: unknown; readonly status?: unknown };
  if (type === 'entity.too.large') return { code: 'BODY_TOO_LARGE', limit };
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') {
    return { code: 'BODY_TYPE_UNSUPPORTED', supported: ['application/json'] };
  }
  if (error instanceof URIError) {
    return {
      code: 'REQUEST_INVALID',
      issues: [{ path: 'path', code: 'invalid_encoding', message: 'is not percent-encoded UTF-8' }],
    };
  }
  // What is left of the parser's own: text that is not JSON, packed data that cannot be unpacked, a client that went away.
  return typeof status === 'number' && status >= 400 && status < 500 ? { code: 'BODY_MALFORMED' } : undefined;
}

/** Counts brackets outside strings, before anything is built from the text. */
function deeperThan(json: Buffer, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at]!;
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}
