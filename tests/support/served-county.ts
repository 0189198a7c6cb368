import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createApp } from '../../src/api/app.js';
import { caseLedger } from '../../src/api/case-ledger.js';
import { startServer } from '../../src/api/server.js';
import { mintToken, tokenVerifier } from '../../src/api/token.js';
import type { Actor } from '../../src/domain/access.js';
import { sealEvent } from '../../src/domain/canonical-event.js';
import { streamIdOf } from '../../src/domain/stream-id.js';
import type { CaseRef } from '../../src/engine/case-reading.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import { followLedger, type ReadModels } from '../../src/read-models.js';
import { catalogueLookup, countyItems, shippedReactions, shippedWorkflows } from '../../src/workflows/index.js';

const SECRET = 'a secret of the tests, 32 bytes or more';
const REGION = '330921';
const DEPARTMENT = 'market-regulation';

export const intake: Actor = { id: 'intake-1', roles: ['intake'], region: REGION };
export const reviewer: Actor = { id: 'reviewer-1', roles: ['reviewer'], department: DEPARTMENT };
export const decider: Actor = { id: 'decider-1', roles: ['decider'], department: DEPARTMENT };
export const unitHead: Actor = { id: 'head-1', roles: ['unitHead'], department: DEPARTMENT };
export const supervisor: Actor = { id: 'supervisor-1', roles: ['supervisor'], region: REGION };
export const supervisorElsewhere: Actor = { id: 'supervisor-9', roles: ['supervisor'], region: '330302' };
export const leader: Actor = { id: 'leader-1', roles: ['leader'] };
export const callbackClerk: Actor = { id: 'callback-1', roles: ['callbackClerk'], region: REGION };
export const terminal: Actor = { id: 'terminal-3', roles: ['ratingTerminal'], region: REGION };
export const administrator: Actor = { id: 'admin-1', roles: ['administrator'] };
export const auditor: Actor = { id: 'auditor-1', roles: ['auditor'] };

export type Answer = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came back
  readonly body: any;
  readonly text: string;
};

/** Who sends which event with what data, and why. */
export type Sent = readonly [actor: Actor, type: string, data?: object, reason?: string];

export type ServedCounty = {
  readonly ledger: Ledger;
  readonly models: ReadModels;
  set(instant: string): void;
  get(as: Actor, path: string): Promise<Answer>;
  post(as: Actor, path: string, body: object): Promise<Answer>;
  open(workflow: string, caseId: string, sent: Sent): Promise<Answer>;
  /** Sends one event to a case; the answer is whatever came back. */
  send(ref: CaseRef, sent: Sent): Promise<Answer>;
  /** Sends events one by one, each of which must be accepted. */
  walk(ref: CaseRef, ...steps: readonly Sent[]): Promise<void>;
  /** Files an application that is complete. */
  application(caseId: string): Promise<CaseRef>;
  /** Records a rung on a case, as the alarm clock does. */
  reachRung(ref: CaseRef, deadline: string, rung: string, generation?: number): Promise<void>;
  /** The cases of a workflow, once reactions and read models have dealt with everything stored so far. */
  cases(workflow: string): Promise<readonly (CaseRef & { readonly state: string; readonly status: string })[]>;
  /** Resolves once reactions and read models have dealt with everything stored so far, and with what that led to. */
  quiet(): Promise<void>;
  close(): Promise<void>;
};

/** A county's ledger with everything that ships, its reactions carried out, behind real HTTP. */
export async function serveCounty(
  start = '2026-03-02T01:00:00Z',
  store: string | EventStore = 'memory:',
): Promise<ServedCounty> {
  let now = start;
  let sent = 0;
  const clock = { now: () => new Date(now) };
  const ledger = await openLedger({
    store,
    workflows: shippedWorkflows,
    reactions: shippedReactions,
    lookups: { catalogue: catalogueLookup(countyItems) },
    clock,
    masterKey: new Uint8Array(32).fill(7),
  });
  const models = await followLedger(ledger, { views: undefined, clock, react: true });
  const app = createApp({
    ledger: caseLedger(ledger),
    registry: ledger.registry,
    events: ledger.store,
    readModels: models,
    reactions: models.reactions,
    verifier: await tokenVerifier({ key: { secret: SECRET }, clock }),
    logger: pino({ level: 'silent' }),
    clock,
    metrics: new Registry(),
    limits: { rate: 'off' },
  });
  const server = await startServer({ app, port: 0 });

  async function call(as: Actor, method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await mintToken(as, { secret: SECRET, clock })}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, text, body: json ? JSON.parse(text) : undefined };
  }

  function command([, type, data = {}, reason]: Sent): object {
    sent += 1;
    return { commandId: `sent-${sent}`, event: { type, data }, ...(reason !== undefined && { reason }) };
  }

  const send = (ref: CaseRef, step: Sent): Promise<Answer> =>
    call(step[0], 'POST', `/cases/${ref.workflow}/${ref.caseId}/events`, command(step));

  async function walk(ref: CaseRef, ...steps: readonly Sent[]): Promise<void> {
    for (const step of steps) {
      const answer = await send(ref, step);
      if (answer.status !== 201) throw new Error(`${step[1]} was answered ${answer.status}: ${answer.text}`);
    }
  }

  async function quiet(): Promise<void> {
    for (;;) {
      const head = (await ledger.store.head())!;
      await models.reactions.waitFor(head);
      await models.projections.waitFor(head, 10_000);
      if ((await ledger.store.head()) === head) return;
    }
  }

  return {
    ledger,
    models,
    set(instant) {
      now = instant;
    },
    get: (as, path) => call(as, 'GET', path),
    post: (as, path, body) => call(as, 'POST', path, body),
    open: (workflow, caseId, step) => call(step[0], 'POST', `/cases/${workflow}`, { ...command(step), caseId }),
    send,
    walk,
    async application(caseId) {
      const filing = {
        item: 'food-business-licence',
        region: REGION,
        channel: 'window',
        applicant: { kind: 'enterprise', name: '岱山某某餐饮有限公司', idNumber: `91330921${caseId}` },
        materials: ['application-form', 'premises-layout'].map((material) => ({ material, form: 'electronic' })),
      };
      const opened = await call(intake, 'POST', '/cases/application', {
        ...command([intake, 'application.received', filing]),
        caseId,
      });
      if (opened.status !== 201) throw new Error(opened.text);
      return { workflow: 'application', caseId };
    },
    async reachRung(ref, deadline, rung, generation) {
      const stream = streamIdOf(ref.workflow, ref.caseId);
      const history = await readStream(ledger.store, stream);
      const last = history.at(-1)!;
      const found = (await ledger.deadlines(ref)).find(({ name }) => name === deadline)!;
      const id = `00000000-0000-5000-8000-${String(++sent).padStart(12, '0')}`;
      const at = clock.now().toISOString();
      const { reason: _, facts: __, ...before } = last.metadata;
      const event = sealEvent({
        id,
        stream,
        revision: last.revision + 1,
        type: 'deadline.reached',
        data: {
          deadline,
          generation: generation ?? found.generation,
          rung,
          dueOn: found.due.dueOn,
          dueAt: found.due.dueAt,
          reachedAt: at,
        },
        metadata: {
          ...before,
          actor: { id: 'alarm-clock', role: 'alarmClock' },
          command: { id: `rung-${sent}`, index: 0, size: 1, fingerprint: 'none' },
          correlation: `rung-${sent}`,
          occurredAt: at,
          recordedAt: at,
        },
      });
      await ledger.store.append(stream, [event], last.revision);
    },
    async cases(workflow) {
      await quiet();
      return (await call(auditor, 'GET', `/cases?workflow=${workflow}&order=oldest`)).body.items;
    },
    quiet,
    async close() {
      await server.close();
      await models.close();
      await ledger.close();
    },
  };
}

/** What brings an application from receipt to a delivered licence. */
export const toDelivery: readonly Sent[] = [
  [intake, 'application.accepted', { notice: '受理 1' }],
  [reviewer, 'review.started'],
  [reviewer, 'review.completed', { opinion: 'approve', basis: '食品安全法 33' }],
  [decider, 'application.approved', { decision: '准予 1' }],
  [intake, 'result.delivered', { method: 'window' }],
];
