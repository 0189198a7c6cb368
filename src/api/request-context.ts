import { context, type Span, SpanKind, SpanStatusCode, TraceFlags, type Tracer, trace } from '@opentelemetry/api';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { Actor } from '../domain/access.js';
import type { ApiError, ProblemCode } from './api-failure.js';
import type { ApiMetrics } from './metrics.js';

/** What is known of a request while it is answered. */
export type RequestContext = {
  /** The caller's `X-Request-Id`, or one of ours. */
  readonly id: string;
  /** Path as declared, such as `/cases/:workflow/:caseId`; undefined until a route has taken the request. */
  route?: string;
  /** Nobody until a token has been taken. */
  actor?: Actor;
  /** When the token ends, milliseconds since 1970. */
  expiresAt?: number;
  /** Why the token was not taken; a public route does not mind. */
  refusal?: ApiError;
  /** The problem it was answered with. */
  code?: ProblemCode;
  /** W3C traceparent of this request's span, to be recorded with what it leads to. */
  readonly trace: string | undefined;
};

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

const contexts = new WeakMap<Response, RequestContext>();

/** The context of the request that `res` answers. */
export function contextOf(res: Response): RequestContext {
  const found = contexts.get(res);
  if (!found) throw new Error('the response was not opened by requestContext');
  return found;
}

/**
 * Opens the context of each request: its id, its span (continuing the caller's trace), and, once it is answered, one log
 * line and the HTTP metrics. Neither paths, queries nor bodies are logged: a line names the declared route, the actor's
 * account, the code and the time taken.
 */
export function requestContext(deps: {
  readonly logger: Logger;
  readonly metrics: ApiMetrics;
  readonly newId: () => string;
}): RequestHandler {
  const { logger, metrics, newId } = deps;
  const tracer = trace.getTracer('caseledger');

  return (req, res, next) => {
    const startedAt = performance.now();
    const sent = req.headers['x-request-id'];
    const id = typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : newId();
    const span = serverSpan(tracer, req);
    const current: RequestContext = { id, trace: traceparentOf(span) };
    contexts.set(res, current);
    res.setHeader('X-Request-Id', id);

    res.on('close', () => {
      const ms = performance.now() - startedAt;
      const status = res.writableFinished || res.headersSent ? res.statusCode : 499;
      const route = current.route ?? 'none';
      metrics.request(req.method, route, status, ms);
      span.updateName(`${req.method} ${route}`);
      span.setAttributes({
        'http.request.method': req.method,
        'http.route': route,
        'http.response.status_code': status,
      });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      logger.info({
        request: id,
        trace: current.trace,
        method: req.method,
        route,
        status,
        ms: Math.round(ms * 10) / 10,
        ...(current.actor && { actor: current.actor.id }),
        ...(current.code && { code: current.code }),
      });
    });
    context.with(trace.setSpan(context.active(), span), next);
  };
}

function serverSpan(tracer: Tracer, req: Request): Span {
  const header = req.headers.traceparent;
  const [, traceId, spanId, flags] = (typeof header === 'string' && TRACEPARENT.exec(header)) || [];
  const active = context.active();
  const parent =
    traceId === undefined || spanId === undefined || flags === undefined
      ? active
      : trace.setSpanContext(active, {
          traceId,
          spanId,
          traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
          isRemote: true,
        });
  return tracer.startSpan(req.method, { kind: SpanKind.SERVER }, parent);
}

function traceparentOf(span: Span): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const text = `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
  return TRACEPARENT.test(text) ? text : undefined;
}
