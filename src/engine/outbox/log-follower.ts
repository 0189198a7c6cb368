import { isCaseError } from '../../domain/case-error.js';
import type { RecordedEvent } from '../../domain/event.js';
import { caseIdOf } from '../../domain/stream-id.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import type { EventStore } from '../../event-store/event-store.js';
import type { Wait } from '../waiting.js';
import { alertMessage, messageId } from './alert-message.js';
import { isWanted } from './event-filter.js';
import type { NewMessage, OutboxRecord, Subscription } from './outbox-record.js';

/** How often the record is asked whether another process has added a subscription, milliseconds. */
const LOOK_MS = 1_000;

/** How long a failing store is left alone at first, and at most, milliseconds. */
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

export type LogFollowerDeps = {
  readonly record: OutboxRecord;
  readonly events: Pick<EventStore, 'readAll' | 'subscribe' | 'head'>;
  readonly ledger: string;
  readonly registry: WorkflowRegistry;
  readonly clock: { now(): Date };
  readonly wait: Wait;
  readonly signal: AbortSignal;
  /** Told when messages may have been queued. */
  readonly onQueued: () => void;
  readonly onFailure: (error: unknown) => void;
};

/**
 * Turns events into messages, from each subscription's checkpoint on, until `signal` aborts. Any number of processes may
 * do so on one record. What fails is told and tried again.
 *
 * @returns a promise that resolves when it has stopped, and how to make it look for new subscriptions at once
 */
export function followLog(deps: LogFollowerDeps): { readonly stopped: Promise<void>; look(): void } {
  const { record, events, clock, wait, signal, onQueued, onFailure } = deps;
  let run: AbortController | undefined;
  let readTo: bigint | undefined;
  let idle = new AbortController();
  let failed = 0;

  async function follow(): Promise<void> {
    const looking = lookNowAndThen();
    while (!signal.aborted) {
      try {
        await followOn();
      } catch (error) {
        if (signal.aborted || isCaseError(error, 'STORE_CLOSED')) break;
        onFailure(error);
        await wait(Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** failed), signal);
        failed += 1;
      }
    }
    await looking;
  }

  /** Reads from the subscription that is farthest behind, until one is found that is farther back still. */
  async function followOn(): Promise<void> {
    await noticeAnotherLog();
    const subscriptions = record.subscriptions();
    if (subscriptions.length === 0) {
      idle = new AbortController();
      await waitFor(idle);
      return;
    }
    const own = new AbortController();
    run = own;
    const stop = (): void => own.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    readTo = lowest(subscriptions);
    try {
      const after = readTo === undefined ? {} : { after: readTo };
      for await (const page of events.subscribe({ ...after, signal: own.signal })) if (!take(page)) return;
    } finally {
      run = undefined;
      signal.removeEventListener('abort', stop);
    }
  }

  function take(page: readonly RecordedEvent[]): boolean {
    const last = page.at(-1);
    if (last === undefined) return true;
    const complete = record.take({
      after: readTo,
      to: { position: last.position, event: last.id },
      messages: ({ id, filter }) =>
        page.filter((event) => isWanted(filter, event)).map((event) => messageOf(event, id)),
      at: clock.now(),
    });
    readTo = last.position;
    failed = 0;
    onQueued();
    return complete;
  }

  function messageOf(event: RecordedEvent, subscription: string): NewMessage {
    const { ledger } = deps;
    return {
      id: messageId(ledger, subscription, event.id),
      event: event.id,
      type: event.type,
      workflow: event.metadata.workflow.name,
      caseId: caseIdOf(event.stream),
      stream: event.stream,
      position: event.position,
      body: alertMessage(event, deps),
      trace: event.metadata.trace,
    };
  }

  /** A ledger restored from a backup lacks events that were followed, and puts others in their places. */
  async function noticeAnotherLog(): Promise<void> {
    for (const one of record.subscriptions()) {
      const { checkpoint, start } = one;
      if (checkpoint === undefined) continue;
      const { position, event } = checkpoint;
      const [found] = await events.readAll({ ...(position > 0n && { after: position - 1n }), limit: 1 });
      if (found?.position === position && found.id === event) continue;
      const head = await events.head();
      const from = start === undefined || head === undefined ? undefined : start < head ? start : head;
      record.restart(one, from, clock.now().toISOString());
    }
  }

  async function lookNowAndThen(): Promise<void> {
    while (!signal.aborted) {
      await wait(LOOK_MS, signal);
      look();
    }
  }

  function look(): void {
    if (signal.aborted) return;
    try {
      const subscriptions = record.subscriptions();
      if (subscriptions.length === 0) return;
      idle.abort();
      const from = lowest(subscriptions);
      if (readTo !== undefined && (from === undefined || from < readTo)) run?.abort();
    } catch (error) {
      if (!isCaseError(error, 'STORE_CLOSED')) onFailure(error);
    }
  }

  async function waitFor(awaited: AbortController): Promise<void> {
    const wake = (): void => awaited.abort();
    signal.addEventListener('abort', wake);
    if (signal.aborted) wake();
    while (!awaited.signal.aborted) await wait(LOOK_MS, awaited.signal);
    signal.removeEventListener('abort', wake);
  }

  return { stopped: follow(), look };
}

/** Where the subscription that is farthest behind has come to; undefined where one begins with the first event. */
function lowest(subscriptions: readonly Subscription[]): bigint | undefined {
  return subscriptions
    .map(({ checkpoint, start }) => checkpoint?.position ?? start)
    .reduce((low, reached) => (low === undefined || reached === undefined ? undefined : reached < low ? reached : low));
}
