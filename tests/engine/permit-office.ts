import { createHash } from 'node:crypto';
import type { Actor } from '../../src/domain/access.js';
import { CaseError, type CaseFailure, type FailureCode } from '../../src/domain/case-error.js';
import type { RecordedEvent } from '../../src/domain/event.js';
import type { Workflow } from '../../src/domain/workflow.js';
import { type WorkflowRegistry, workflowRegistry } from '../../src/domain/workflow-registry.js';
import { type CaseEngine, caseEngine } from '../../src/engine/case-engine.js';
import type { Clock, Ids } from '../../src/engine/clock.js';
import type { CommandEvent, OpenCommand, SendCommand } from '../../src/engine/command.js';
import type { KeyRing } from '../../src/engine/key-ring.js';
import { ledgerIdentity } from '../../src/engine/ledger-identity.js';
import type { Lookups } from '../../src/engine/lookups.js';
import { sqliteKeyRing } from '../../src/engine/sqlite-key-ring.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { upcastingEventStore } from '../../src/event-store/upcasting-event-store.js';
import { permitWorkflow } from '../support/permit.js';

export const MORNING = '2026-03-02T01:00:00.000Z';
export const MASTER_KEY = new Uint8Array(32).fill(7);

/** A clock that stands still until it is set. */
export type TestClock = Clock & { set(instant: string): void; advance(ms: number): void };

export function testClock(start = MORNING): TestClock {
  let at = Date.parse(start);
  return {
    now: () => new Date(at),
    set(instant) {
      at = Date.parse(instant);
    },
    advance(ms) {
      at += ms;
    },
  };
}

/** UUIDs that count, told apart by `node`. */
export function countingIds(node = 0): Ids {
  let made = 0;
  return {
    next() {
      made += 1;
      return `00000000-0000-7000-8${String(node).padStart(3, '0')}-${String(made).padStart(12, '0')}`;
    },
  };
}

/** Bytes that look random and repeat from run to run, never within one. */
export function seededBytes(seed = 'bytes'): (size: number) => Uint8Array {
  let drawn = 0;
  return (size) => {
    drawn += 1;
    const bytes = createHash('shake256', { outputLength: size }).update(`${seed} ${drawn}`).digest();
    return new Uint8Array(bytes);
  };
}

export const clerk: Actor = { id: 'clerk-1', roles: ['clerk'], region: '330921' };
export const otherClerk: Actor = { id: 'clerk-2', roles: ['clerk'], region: '330921' };
export const decider: Actor = { id: 'decider-1', roles: ['decider'], department: 'planning' };
export const importer: Actor = { id: 'log-import', roles: ['importer'] };
export const administrator: Actor = { id: 'admin-1', roles: ['administrator'] };

export const PERSON = { kind: 'person', name: '陈雨涵-Chen-Yuhan', idNumber: '330921199001011234' } as const;

export function requested(applicant: object = PERSON, place: object = {}): CommandEvent {
  return { type: 'permit.requested', data: { department: 'planning', region: '330921', applicant, ...place } };
}

export function noted(text: string, remark?: string): CommandEvent {
  return { type: 'permit.noted', data: remark === undefined ? { text } : { text, remark } };
}

export const granted: CommandEvent = { type: 'permit.granted', data: { serial: 'P-1' } };
export const refused: CommandEvent = { type: 'permit.refused', data: {} };

export function openPermit(commandId: string, more: Partial<OpenCommand> = {}): OpenCommand {
  return { workflow: 'permit', commandId, actor: clerk, events: [requested()], ...more };
}

export function sendPermit(
  caseId: string,
  commandId: string,
  event: CommandEvent,
  more: Partial<SendCommand> = {},
): SendCommand {
  const actor = event.type === 'permit.granted' || event.type === 'permit.refused' ? decider : clerk;
  return { workflow: 'permit', caseId, commandId, actor, events: [event], ...more };
}

/** What an engine is given, each part of which a test may bring itself. */
export type OfficeOptions = {
  readonly store?: EventStore;
  readonly keys?: KeyRing;
  readonly workflows?: readonly Workflow[];
  readonly clock?: TestClock;
  readonly ids?: Ids;
  readonly lookups?: Lookups;
  readonly maxPending?: number;
  readonly casesCached?: number;
  readonly node?: number;
};

/** An engine for permits, and what it stands on. */
export type Office = {
  readonly engine: CaseEngine;
  readonly store: EventStore;
  readonly keys: KeyRing;
  readonly clock: TestClock;
  readonly registry: WorkflowRegistry;
  readonly ledger: string;
  /** The events of a case as stored. */
  stored(caseId: string): Promise<readonly RecordedEvent[]>;
  close(): Promise<void>;
};

export const quotaOf = (left: number): Lookups => ({
  quota: () => ({ value: left, source: 'quota-register', revision: 12 }),
});

export async function permitOffice(options: OfficeOptions = {}): Promise<Office> {
  const { workflows = [permitWorkflow()], clock = testClock(), node = 0, lookups = quotaOf(1) } = options;
  const { ids = countingIds(node), maxPending, casesCached } = options;
  const randomBytes = seededBytes(`node ${node}`);
  const registry = workflowRegistry(workflows);
  const kept = options.store ?? memoryEventStore();
  const store = upcastingEventStore(kept, registry);
  const keys = options.keys ?? sqliteKeyRing({ path: ':memory:', masterKey: MASTER_KEY, randomBytes });
  const ledger = await ledgerIdentity(store, { clock, ids });
  const engine = caseEngine({
    store,
    registry,
    keys,
    ledger,
    clock,
    ids,
    randomBytes,
    lookups,
    ...(maxPending !== undefined && { maxPending }),
    ...(casesCached !== undefined && { casesCached }),
  });
  return {
    engine,
    store: kept,
    keys,
    clock,
    registry,
    ledger,
    stored: (caseId) => readStream(kept, `permit-${caseId}`),
    async close() {
      await kept.close();
      keys.close();
    },
  };
}

/** Another engine over the same ledger, with nothing in its cache. */
export function another(office: Office, options: OfficeOptions = {}): Promise<Office> {
  const { store, keys, clock } = office;
  return permitOffice({ store, keys, clock, node: 1, ...options });
}

/** An engine over files, as a process of its own would open them. */
export async function officeOnFile(path: string, options: OfficeOptions = {}): Promise<Office> {
  const randomBytes = seededBytes(`file ${options.node ?? 0}`);
  const store = await sqliteEventStore({ path });
  const keys = sqliteKeyRing({ path: `${path}.keys`, masterKey: MASTER_KEY, randomBytes });
  return permitOffice({ store, keys, ...options });
}

/** The failure a promise ends in. @throws Error when it does not, or ends in something else */
export async function failureOf(promise: Promise<unknown>): Promise<CaseFailure> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome))
    throw new Error(`nothing was refused; the answer was ${JSON.stringify(outcome.value, bigintsAsText)}`);
  if (outcome.error instanceof CaseError) return outcome.error.failure;
  throw outcome.error;
}

/** The code a promise is refused with. */
export async function codeOf(promise: Promise<unknown>): Promise<FailureCode> {
  return (await failureOf(promise)).code;
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** A promise settled by hand, to hold something open. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open: () => void = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
