import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import { type AppLimits, type CaseApp, createApp } from '../../src/api/app.js';
import { caseLedger } from '../../src/api/case-ledger.js';
import { startServer } from '../../src/api/server.js';
import { mintToken, tokenVerifier } from '../../src/api/token.js';
import type { Actor } from '../../src/domain/access.js';
import type { Reaction } from '../../src/domain/reaction.js';
import type { Workflow } from '../../src/domain/workflow.js';
import { systemClock } from '../../src/engine/clock.js';
import type { EventFilter } from '../../src/engine/outbox/event-filter.js';
import { type Outbox, openOutbox } from '../../src/engine/outbox/outbox.js';
import type { CommandTaker } from '../../src/engine/reactions/command-dispatch.js';
import { type ReactionRunner, startReactions } from '../../src/engine/reactions/reaction-runner.js';
import { systemWait } from '../../src/engine/waiting.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import { reactionOutcomeList, reactionOutcomeQueries } from '../../src/projections/reaction-outcomes.js';
import { startProjections } from '../../src/projections/start-projections.js';
import { subjectCaseQuery, subjectCases } from '../../src/projections/subject-cases.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import { hurried } from '../support/hurried.js';
import { permitWorkflow } from '../support/permit.js';

export const SECRET = 'a secret of the tests, 32 bytes or more';

export const clerk: Actor = { id: 'clerk-1', roles: ['clerk'], region: '330921' };
export const clerkElsewhere: Actor = { id: 'clerk-9', roles: ['clerk'], region: '330302' };
export const decider: Actor = { id: 'decider-1', roles: ['decider'], department: 'housing' };
export const deciderElsewhere: Actor = { id: 'decider-9', roles: ['decider'], department: 'traffic' };
export const auditor: Actor = { id: 'auditor-1', roles: ['auditor'] };
export const administrator: Actor = { id: 'admin-1', roles: ['administrator'] };

/** An opening event of the permit workflow. */
export function requested(over: Record<string, unknown> = {}) {
  return {
    type: 'permit.requested',
    data: {
      department: 'housing',
      region: '330921',
      applicant: { kind: 'person', name: 'Chen Yu', idNumber: '330921199001010017' },
      ...over,
    },
  };
}

export function noted(text = 'looked at it') {
  return { type: 'permit.noted', data: { text } };
}

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came back
  readonly body: any;
  readonly text: string;
};

export type Call = {
  readonly as?: Actor | undefined;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
};

export type ServedLedger = {
  readonly url: string;
  readonly app: CaseApp;
  readonly ledger: Ledger;
  readonly reactions: ReactionRunner | undefined;
  readonly outbox: Outbox;
  /** Lines the server has logged. */
  readonly logged: Record<string, unknown>[];
  token(actor: Actor, lifetimeSeconds?: number): Promise<string>;
  call(method: string, path: string, call?: Call): Promise<Answer>;
  /** Opens a permit as the clerk. */
  openPermit(caseId: string, over?: Record<string, unknown>): Promise<Answer>;
  /** Moves the server's clock on. */
  pass(ms: number): void;
  close(): Promise<void>;
};

/** The API over a real ledger, on a free port. */
export async function serveLedger(
  options: {
    readonly store?: string | EventStore;
    readonly wrapLedger?: (ledger: Ledger) => Ledger;
    readonly workflows?: readonly Workflow[];
    readonly limits?: Partial<AppLimits>;
    readonly maxPending?: number;
    readonly readModels?: boolean;
    readonly quota?: number;
    /** Which events the feed of alerts has. */
    readonly alerts?: EventFilter;
    readonly reactions?: readonly Reaction[];
    /** Where the commands of reactions go; the ledger unless given. */
    readonly takes?: (ledger: Ledger) => CommandTaker;
  } = {},
): Promise<ServedLedger> {
  let time = Date.parse('2026-03-06T01:00:00Z');
  const clock = { now: () => new Date(time) };
  const ledger = await openLedger({
    store: options.store ?? 'memory:',
    workflows: options.workflows ?? [permitWorkflow(1), permitWorkflow(2)],
    lookups: { quota: () => ({ value: options.quota ?? 5, source: 'quota', revision: 1 }) },
    clock,
    masterKey: new Uint8Array(32).fill(7),
    ...(options.reactions && { reactions: options.reactions }),
    ...(options.maxPending !== undefined && { maxPending: options.maxPending }),
  });
  const following =
    options.readModels === false ? undefined : await readModelsOf(ledger, options.takes?.(ledger) ?? ledger);
  // Receivers check the time of a signature, so messages are sent by the real clock.
  const outbox = openOutbox({
    path: ':memory:',
    ledger: ledger.id,
    events: ledger.store,
    registry: ledger.registry,
    masterKey: new Uint8Array(32).fill(7),
    allowed: [{ protocol: 'http:', host: '127.0.0.1', port: '*' }],
    clock: systemClock,
    ids: { next: () => uuidv7() },
    randomBytes,
    random: Math.random,
    fetch: globalThis.fetch,
    wait: systemWait,
    retry: { firstMs: 5, longestMs: 20, attempts: 2, giveUpAfterMs: 60_000 },
    graceMs: 50,
  });
  const logged: Record<string, unknown>[] = [];
  const logger = pino({ base: null }, { write: (line: string) => logged.push(JSON.parse(line)) });
  const app = createApp({
    ledger: caseLedger(options.wrapLedger?.(ledger) ?? ledger),
    registry: ledger.registry,
    events: ledger.store,
    outbox,
    ...(options.alerts && { alerts: options.alerts }),
    ...(following && { readModels: following.readModels, reactions: following.reactions }),
    verifier: await tokenVerifier({
      key: { secret: SECRET },
      issuer: 'https://issuer.test',
      audience: 'caseledger',
      clock,
    }),
    logger,
    clock,
    metrics: new Registry(),
    limits: { rate: 'off', ...options.limits },
  });
  const server = await startServer({ app, port: 0 });

  const token = (actor: Actor, lifetimeSeconds?: number) =>
    mintToken(actor, {
      secret: SECRET,
      issuer: 'https://issuer.test',
      audience: 'caseledger',
      clock,
      ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
    });

  async function call(method: string, path: string, request: Call = {}): Promise<Answer> {
    const bearer = request.token ?? (request.as && (await token(request.as)));
    const raw = typeof request.body === 'string' || request.body instanceof Uint8Array;
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(request.body !== undefined && { body: raw ? (request.body as string) : JSON.stringify(request.body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  return {
    url: server.url,
    app,
    ledger,
    reactions: following?.reactions,
    outbox,
    logged,
    token,
    call,
    openPermit: (caseId, over) =>
      call('POST', '/cases/permit', {
        as: clerk,
        body: { commandId: `open ${caseId}`, caseId, event: requested(over) },
      }),
    pass(ms) {
      time += ms;
    },
    async close() {
      await server.close();
      await outbox.close();
      await following?.close();
      await ledger.close();
    },
  };
}

async function readModelsOf(ledger: Ledger, engine: CommandTaker) {
  const { store, registry, calendar, clock } = ledger;
  const readStore = sqliteReadStore({ path: ':memory:' });
  const others = [subjectCases, reactionOutcomeList];
  const projections = await startProjections({ store, readStore, registry, calendar, clock, others });
  const reactions = await startReactions({
    store,
    readStore,
    engine,
    registry,
    ledger: ledger.id,
    clock,
    reactions: ledger.reactions,
    wait: hurried,
    follow: true,
  });
  return {
    reactions,
    readModels: {
      projections,
      casesOfSubject: subjectCaseQuery({ readStore, projections }),
      reactionOutcomes: reactionOutcomeQueries({ readStore, projections }),
    },
    async close() {
      await reactions.stop();
      await projections.stop();
      await readStore.close();
    },
  };
}
