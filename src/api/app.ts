import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { AlarmStatus } from '../engine/alarm-clock.js';
import type { Clock } from '../engine/clock.js';
import { ALERTS, type EventFilter } from '../engine/outbox/event-filter.js';
import type { Outbox } from '../engine/outbox/outbox.js';
import type { ReactionDesk } from '../engine/reactions/reaction-runner.js';
import type { EventStore } from '../event-store/event-store.js';
import { ApiError } from './api-failure.js';
import { identify } from './auth.js';
import type { CaseLedger } from './case-ledger.js';
import { commandDesk } from './command-desk.js';
import { DOCS_POLICY, docsAssets } from './docs-assets.js';
import { caseFeed, DEFAULT_FEED_LIMITS, type FeedLimits } from './feed.js';
import { bodyFailures } from './json-body.js';
import { apiMetrics } from './metrics.js';
import { openapiDocument } from './openapi.js';
import { mount, type Operation } from './operation.js';
import { answerProblem, failureOf, PROBLEM_STATUS } from './problem.js';
import type { ReadModels } from './read-models.js';
import { contextOf, requestContext } from './request-context.js';
import { calendarRoutes } from './routes/calendars.js';
import { caseRoutes } from './routes/cases.js';
import { commandRoutes } from './routes/commands.js';
import { deadlineRoutes } from './routes/deadlines.js';
import { docsRoutes } from './routes/docs.js';
import { feedRoutes } from './routes/feeds.js';
import { listRoutes } from './routes/lists.js';
import { reactionRoutes } from './routes/reactions.js';
import { DEFAULT_READY_LAG, serviceRoutes } from './routes/service.js';
import { subjectRoutes } from './routes/subjects.js';
import { webhookRoutes } from './routes/webhooks.js';
import { workflowRoutes } from './routes/workflows.js';
import type { TokenVerifier } from './token.js';

export type AppLimits = {
  /** Bytes of a body, after decompression. */
  readonly bodyBytes: number;
  /** Bytes of the body of `POST /commands`. */
  readonly batchBytes: number;
  /** Requests per account (or address, without a token), or `off`. */
  readonly rate: { readonly windowMs: number; readonly requests: number } | 'off';
  readonly feed: FeedLimits;
  /** Events a read model may be behind while the server is called ready. */
  readonly readyLag: number;
};

export const DEFAULT_LIMITS: AppLimits = {
  bodyBytes: 1_000_000,
  batchBytes: 8_000_000,
  rate: { windowMs: 60_000, requests: 6_000 },
  feed: DEFAULT_FEED_LIMITS,
  readyLag: DEFAULT_READY_LAG,
};

/** Who may look for a person by an identifying value: whoever takes applications in, and the administrator. */
export const DEFAULT_SUBJECT_FINDERS: readonly string[] = ['administrator', 'intake'];

export type AppDeps = {
  readonly ledger: CaseLedger;
  readonly registry: WorkflowRegistry;
  /** The ledger's events, for feeds and readiness. A reader of its own where the engine runs elsewhere. */
  readonly events: Pick<EventStore, 'readAll' | 'subscribe' | 'head'>;
  /** Without them there are no questions across cases, and nobody is found or forgotten. */
  readonly readModels?: ReadModels;
  /** How the alarm clock does, for the metrics; undefined where none runs. */
  readonly alarm?: () => Promise<AlarmStatus | undefined>;
  /** What events of one case lead to in others, wherever it is carried out. */
  readonly reactions?: ReactionDesk;
  /** Without it there are no webhooks. */
  readonly outbox?: Omit<Outbox, 'start' | 'close'>;
  /** Which events the feed of alerts has; {@link ALERTS} unless given. */
  readonly alerts?: EventFilter;
  readonly verifier: TokenVerifier;
  readonly logger: Logger;
  readonly clock: Clock;
  /** A registry of this app's own. */
  readonly metrics: Registry;
  readonly limits?: Partial<AppLimits>;
  /** Roles that may look for a person by an identifying value; {@link DEFAULT_SUBJECT_FINDERS} unless given. */
  readonly subjectFinders?: readonly string[];
  /** Reverse proxies before the server (Express's `trust proxy`). */
  readonly trustProxy?: number;
  /** The version the document carries. */
  readonly version?: string;
  /** Routes of one's own beside the ledger's; they appear in the document. */
  readonly operations?: readonly Operation[];
  /** Names requests that bring no id. */
  readonly newRequestId?: () => string;
};

export type CaseApp = Express & {
  /** Ends every feed, so that a closing server need not wait for them. */
  endFeeds(): Promise<void>;
  /** Every route there is. */
  readonly operations: readonly Operation[];
};

/** The HTTP API over one ledger. Keeps nothing outside what it is given. */
export function createApp(deps: AppDeps): CaseApp {
  const { ledger, registry, events, readModels, reactions, verifier, logger, clock } = deps;
  const outcomes = readModels?.reactionOutcomes;
  const { newRequestId = randomUUID, version = '0.0.0', subjectFinders = DEFAULT_SUBJECT_FINDERS } = deps;
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const feed = caseFeed({ events, ledger, registry, clock, logger, limits: limits.feed });
  const metrics = apiMetrics(deps.metrics, {
    pending: () => ledger.pending(),
    lag: async () => (await readModels?.projections.status()) ?? [],
    feedClients: feed.clients,
    alarm: async () => deps.alarm?.(),
    reactions: async () => (await reactions?.status()) ?? [],
    // A read model that cannot answer yet shows under its own metric, and must not take the others away.
    refusedReactions: async () => (await outcomes?.refused().catch(() => ({}))) ?? {},
    outbox: deps.outbox,
  });
  const desk = commandDesk({ ledger, registry, metrics });
  const onInternal = (error: unknown): void => logger.error({ err: error }, 'a request met an error nobody planned');

  let document: string | undefined;
  const operations: readonly Operation[] = [
    ...caseRoutes({ desk, ledger }),
    ...commandRoutes({ desk, bodyLimit: limits.batchBytes, onInternal }),
    ...deadlineRoutes({ ledger }),
    ...calendarRoutes({ ledger, clock }),
    ...(readModels
      ? listRoutes({ queries: readModels.projections.queries, outcomes, ledger, events, registry, clock })
      : []),
    ...(reactions && outcomes ? reactionRoutes({ reactions, outcomes, ledger, registry }) : []),
    ...feedRoutes({ feed, ledger, events, alerts: deps.alerts ?? ALERTS }),
    ...(readModels
      ? subjectRoutes({ ledger, registry, events, casesOfSubject: readModels.casesOfSubject, finders: subjectFinders })
      : []),
    ...workflowRoutes({ registry, ledger }),
    ...(deps.outbox ? webhookRoutes({ outbox: deps.outbox, ledger }) : []),
    ...(deps.operations ?? []),
    ...serviceRoutes({ events, readModels, clock, metrics, readyLag: limits.readyLag }),
    ...docsRoutes({
      document: () => (document ??= JSON.stringify(openapiDocument(operations, registry.all(), version))),
      assets: docsAssets(),
    }),
  ];

  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.set('trust proxy', deps.trustProxy ?? false);
  app.use(requestContext({ logger, metrics, newId: newRequestId }));
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: DOCS_POLICY },
      referrerPolicy: { policy: 'no-referrer' },
    }),
  );
  app.use(identify(verifier));
  if (limits.rate !== 'off') app.use(rateLimited(limits.rate));
  for (const one of operations) mount(app, one, limits.bodyBytes);
  app.use(elsewhere(operations));
  app.use(bodyFailures((path) => (path === '/commands' ? limits.batchBytes : limits.bodyBytes)));
  app.use(problems(onInternal));
  return Object.assign(app, { endFeeds: () => feed.close(), operations });
}

function rateLimited({ windowMs, requests }: Exclude<AppLimits['rate'], 'off'>): RequestHandler {
  return rateLimit({
    windowMs,
    limit: requests,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (req, res) => {
      const actor = contextOf(res as Parameters<typeof contextOf>[0]).actor;
      return actor ? `account ${actor.id}` : `address ${ipKeyGenerator(req.ip ?? '')}`;
    },
    handler: (_req, _res, next) => {
      next(new ApiError({ code: 'RATE_LIMITED', limit: requests, retryAfterSeconds: Math.ceil(windowMs / 1_000) }));
    },
  });
}

/** Where no route has answered: the address takes other methods, or there is nothing at it. */
function elsewhere(operations: readonly Operation[]): RequestHandler {
  const taken = operations.map(({ path, method }) => ({
    at: new RegExp(`^${path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}/?$`),
    methods: method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
  }));
  return (req, res) => {
    const methods = taken.filter(({ at }) => at.test(req.path)).flatMap((one) => one.methods);
    if (methods.length === 0) throw new ApiError({ code: 'ROUTE_UNKNOWN' });
    const allowed = [...new Set([...methods, 'OPTIONS'])];
    if (req.method !== 'OPTIONS') throw new ApiError({ code: 'METHOD_NOT_ALLOWED', allowed });
    res.setHeader('Allow', allowed.join(', '));
    res.status(204).end();
  };
}

/** Answers with `application/problem+json`. What nobody planned is logged whole and answered without a word of it. */
function problems(onInternal: (error: unknown) => void): ErrorRequestHandler {
  return (error, _req, res, next) => {
    const failure = failureOf(error);
    const context = contextOf(res);
    context.code = failure.code;
    if (failure.code === 'INTERNAL' || PROBLEM_STATUS[failure.code] === 500) onInternal(error);
    if (res.headersSent) return next(error);
    answerProblem(res, failure, context.id);
  };
}
