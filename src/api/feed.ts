import type { Response } from 'express';
import type { Logger } from 'pino';
import { type Actor, type Reach, reaches, reachOf } from '../domain/access.js';
import { CaseError } from '../domain/case-error.js';
import type { EventMetadata, JsonObject, RecordedEvent } from '../domain/event.js';
import { revealPersonal, WITHHELD } from '../domain/personal-data.js';
import { caseIdOf, streamIdOf } from '../domain/stream-id.js';
import type { CaseLabels } from '../domain/workflow.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { CaseRef } from '../engine/case-reading.js';
import type { Clock } from '../engine/clock.js';
import { type EventFilter, isWanted } from '../engine/outbox/event-filter.js';
import { positionToken, readPositionToken } from '../engine/position-token.js';
import type { EventStore } from '../event-store/event-store.js';
import type { CaseLedger } from './case-ledger.js';

export type FeedLimits = {
  /** Clients listening at once. */
  readonly clients: number;
  /** Bytes waiting for one client before it is dropped to resume later. */
  readonly bufferedBytes: number;
  readonly heartbeatMs: number;
};

export const DEFAULT_FEED_LIMITS: FeedLimits = { clients: 1_000, bufferedBytes: 256 * 1_024, heartbeatMs: 15_000 };

/** Where a feed begins: after a position, with the first event, or with what comes next. */
export type FeedStart = bigint | 'start' | 'now';

export type FeedRequest = {
  readonly res: Response;
  readonly actor: Actor;
  /** When the caller's token ends, milliseconds since 1970. */
  readonly expiresAt: number;
  readonly start: FeedStart;
  readonly only: {
    readonly case?: CaseRef;
    readonly workflow?: string;
    readonly types?: ReadonlySet<string>;
    readonly alerts?: EventFilter;
  };
};

export type FeedDeps = {
  readonly events: Pick<EventStore, 'readAll' | 'subscribe' | 'head'>;
  readonly ledger: Pick<CaseLedger, 'id' | 'load' | 'history'>;
  readonly registry: WorkflowRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: FeedLimits;
};

/** Server-sent events (WHATWG HTML, 9.2) about cases, each a CloudEvent 1.0. One subscription to the store feeds every client. */
export type Feed = {
  /**
   * Streams to a client from now until it goes, its token ends, or it falls too far behind. Each event's id is its
   * position token: sent back as `Last-Event-ID`, the stream goes on without gap or repeat.
   *
   * @throws CaseError `OVERLOADED` when too many listen · `CASE_NOT_FOUND` for a case out of reach
   */
  open(request: FeedRequest): Promise<void>;
  clients(): number;
  /** Ends every stream. */
  close(): Promise<void>;
};

/** How long a dropped client may take to read what it was sent, milliseconds. */
const LINGER_MS = 10_000;

const CATCH_UP_PAGE = 500;

/** Heartbeats that pass while a client that catches up reads nothing, before it is dropped. */
const STALLED_BEATS = 2;

const TOO_SLOW = 'too slow; resume with Last-Event-ID';

const INTERRUPTED = 'the feed was interrupted; resume with Last-Event-ID';

/** An event on its way to clients. */
type Frame = { readonly position: bigint; readonly text: string };

/** One subscription, from the first client that listens to the last. */
type Run = {
  readonly abort: AbortController;
  /** Resolves once `position` says after which event this run delivers. */
  readonly ready: Promise<void>;
  position: bigint | undefined;
  done: Promise<void>;
};

export function caseFeed(deps: FeedDeps): Feed {
  const { events, ledger, registry, clock, logger, limits } = deps;
  const clients = new Set<FeedClient>();
  let run: Run | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  let closing = false;

  function start(): Run {
    const abort = new AbortController();
    let begun: () => void = () => {};
    let failed: (error: unknown) => void = () => {};
    const ready = new Promise<void>((resolve, reject) => {
      begun = resolve;
      failed = reject;
    });
    ready.catch(() => {});
    const started: Run = { abort, ready, position: undefined, done: Promise.resolve() };
    started.done = follow(started, begun).catch((error: unknown) => {
      failed(error);
      logger.error({ err: error }, 'the feed lost its subscription');
      if (run === started) run = undefined;
      for (const client of clients) client.end(INTERRUPTED);
    });
    heartbeat ??= setInterval(beat, limits.heartbeatMs).unref();
    return started;
  }

  async function follow(current: Run, begun: () => void): Promise<void> {
    current.position = await events.head();
    begun();
    const after = current.position === undefined ? {} : { after: current.position };
    for await (const page of events.subscribe({ ...after, signal: current.abort.signal })) {
      await deliver(page);
      current.position = page.at(-1)?.position ?? current.position;
    }
  }

  async function deliver(page: readonly RecordedEvent[]): Promise<void> {
    const labels = labelsOnce();
    for (const event of page) {
      let frame: Frame | undefined;
      for (const client of clients) {
        if (!client.wants(event) || !(client.unlimited || reaches(client.reach, await labels(event)))) continue;
        frame ??= frameOf(event);
        client.take(frame);
      }
    }
    const last = page.at(-1);
    if (last) for (const client of clients) client.passed(last.position);
  }

  /** Each case's labels as they are now, read once per page at most. A case that cannot be read is out of everybody's reach. */
  function labelsOnce(): (event: RecordedEvent) => Promise<CaseLabels> {
    const known = new Map<string, Promise<CaseLabels>>();
    return (event) => {
      let labels = known.get(event.stream);
      if (!labels) {
        const ref = { workflow: event.metadata.workflow.name, caseId: caseIdOf(event.stream) };
        labels = ledger.load(ref).then(
          (view) => view.labels,
          (error: unknown) => {
            logger.error({ err: error, stream: event.stream }, 'the feed cannot tell who may see a case');
            return {};
          },
        );
        known.set(event.stream, labels);
      }
      return labels;
    };
  }

  function frameOf(event: RecordedEvent): Frame {
    const position = positionToken(ledger.id, event.position);
    const data = revealPersonal(event.data, () => WITHHELD);
    return { position: event.position, text: frameText({ ...event, data, position }, ledger.id) };
  }

  function beat(): void {
    const now = clock.now().getTime();
    for (const client of clients) {
      if (now >= client.expiresAt) client.end('the token has expired; resume with a new one');
      else client.beat(ledger.id);
    }
  }

  function left(client: FeedClient): void {
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(heartbeat);
    heartbeat = undefined;
    run?.abort.abort();
    run = undefined;
  }

  async function catchUp(client: FeedClient, first: readonly Frame[] | undefined, current: Run): Promise<void> {
    if (first) await client.replay(first);
    else await readOn(client);
    while (client.overflowed && !client.gone) {
      client.overflowed = false;
      if (client.only.case) await client.replay(await caseFrames(client));
      else await readOn(client);
    }
    if (run === current) client.goLive();
    else client.end(INTERRUPTED);
  }

  async function readOn(client: FeedClient): Promise<void> {
    while (!client.gone) {
      const page = await events.readAll({
        ...(client.cursor !== undefined && { after: client.cursor }),
        limit: CATCH_UP_PAGE,
      });
      const last = page.at(-1);
      if (!last) return;
      const labels = labelsOnce();
      const frames: Frame[] = [];
      for (const event of page) {
        if (client.wants(event) && (client.unlimited || reaches(client.reach, await labels(event))))
          frames.push(frameOf(event));
      }
      await client.replay(frames);
      client.cursor = last.position;
    }
  }

  async function caseFrames({ only, actor }: FeedClient): Promise<readonly Frame[]> {
    const history = await ledger.history(only.case!, { reader: actor });
    return history.map((event) => ({
      position: readPositionToken(ledger.id, event.position),
      text: frameText(event, ledger.id),
    }));
  }

  return {
    async open(request) {
      if (closing) throw new CaseError({ code: 'STORE_CLOSED' });
      if (clients.size >= limits.clients)
        throw new CaseError({ code: 'OVERLOADED', queue: 'feed', limit: limits.clients });
      const client = new FeedClient(
        request,
        reachOf(request.actor, registry.role),
        new Set(registry.names()),
        limits,
        left,
      );
      clients.add(client);
      try {
        run ??= start();
        const current = run;
        await current.ready;
        if (request.start === 'now') client.cursor = current.position;
        const first = request.only.case && (await caseFrames(client));
        client.begin();
        await catchUp(client, first, current);
      } catch (error) {
        if (!client.begun) {
          left(client);
          throw error;
        }
        logger.error({ err: error }, 'a feed could not catch up');
        client.end(INTERRUPTED);
      }
    },
    clients: () => clients.size,
    async close() {
      closing = true;
      const { done } = run ?? {};
      for (const client of clients) client.end('the server is going down; resume with Last-Event-ID');
      for (const client of [...clients]) left(client);
      await done;
    },
  };
}

/** One client. Until it has caught up, what happens meanwhile waits, so that both ends meet without gap or repeat. */
class FeedClient {
  readonly only: FeedRequest['only'];
  readonly actor: Actor;
  readonly expiresAt: number;
  /** Reaches every case, so no labels are asked. */
  readonly unlimited: boolean;
  /** The last position this client has been taken past. */
  cursor: bigint | undefined;
  begun = false;
  gone = false;
  /** More happened while it caught up than was kept: it must read on. */
  overflowed = false;
  #live = false;
  #waiting: Frame[] = [];
  #waitingBytes = 0;
  /** It does not read what was stored before. */
  #stalled = false;
  #stalledBeats = 0;
  readonly #stream: string | undefined;
  readonly #res: Response;

  constructor(
    request: FeedRequest,
    readonly reach: Reach,
    readonly workflows: ReadonlySet<string>,
    readonly limits: FeedLimits,
    readonly left: (client: FeedClient) => void,
  ) {
    this.only = request.only;
    this.actor = request.actor;
    this.expiresAt = request.expiresAt;
    this.unlimited = reach.some(({ scope }) => scope === 'ledger');
    this.cursor = typeof request.start === 'bigint' ? request.start : undefined;
    this.#stream = request.only.case && streamIdOf(request.only.case.workflow, request.only.case.caseId);
    this.#res = request.res;
    this.#res.on('close', () => {
      this.gone = true;
      left(this);
    });
  }

  begin(): void {
    this.begun = true;
    this.#res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    this.#res.write(': connected\n\n');
  }

  wants(event: RecordedEvent): boolean {
    const { stream, type, metadata, position } = event;
    if (this.gone || (this.cursor !== undefined && position <= this.cursor)) return false;
    if (this.#stream !== undefined) return stream === this.#stream;
    const { name } = metadata.workflow;
    if (!this.workflows.has(name) || (this.only.workflow !== undefined && name !== this.only.workflow)) return false;
    if (this.only.alerts !== undefined && !isWanted(this.only.alerts, event)) return false;
    return this.only.types === undefined || this.only.types.has(type);
  }

  take(frame: Frame): void {
    if (this.#live) {
      this.#send(frame);
      return;
    }
    this.#waiting.push(frame);
    this.#waitingBytes += frame.text.length;
    if (this.#waitingBytes <= this.limits.bufferedBytes) return;
    this.overflowed = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Sends what was stored before, at the pace the client reads. */
  async replay(frames: readonly Frame[]): Promise<void> {
    for (const { position, text } of frames) {
      if (this.gone) return;
      if (this.cursor !== undefined && position <= this.cursor) continue;
      const flowing = this.#res.write(text);
      this.cursor = position;
      if (!flowing) await this.#drained();
    }
  }

  goLive(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#live = true;
    for (const frame of waiting) if (this.cursor === undefined || frame.position > this.cursor) this.#send(frame);
  }

  passed(position: bigint): void {
    if (this.#live && (this.cursor === undefined || position > this.cursor)) this.cursor = position;
  }

  /** Keeps the connection open, and lets a client that filters much out resume from here. */
  beat(ledger: string): void {
    if (this.gone) return;
    if (!this.#live) {
      if (this.#stalled && ++this.#stalledBeats > STALLED_BEATS) this.end(TOO_SLOW);
      return;
    }
    this.#write(
      this.cursor === undefined ? ': still here\n\n' : `: still here\nid: ${positionToken(ledger, this.cursor)}\n\n`,
    );
  }

  end(why: string): void {
    if (this.gone || !this.begun) return;
    this.gone = true;
    this.left(this);
    this.#res.end(`: ${why}\n\n`);
    const linger = setTimeout(() => this.#res.destroy(), LINGER_MS).unref();
    this.#res.on('close', () => clearTimeout(linger));
  }

  #send({ position, text }: Frame): void {
    if (this.gone) return;
    this.#write(text);
    this.cursor = position;
  }

  #write(text: string): void {
    this.#res.write(text);
    if (this.#res.writableLength > this.limits.bufferedBytes) this.end(TOO_SLOW);
  }

  #drained(): Promise<void> {
    this.#stalled = true;
    this.#stalledBeats = 0;
    return new Promise((resolve) => {
      const go = (): void => {
        this.#stalled = false;
        this.#res.off('drain', go).off('close', go);
        resolve();
      };
      this.#res.on('drain', go).on('close', go);
    });
  }
}

function frameText(
  event: {
    readonly id: string;
    readonly type: string;
    readonly stream: string;
    readonly revision: number;
    readonly data: JsonObject;
    readonly metadata: EventMetadata;
    readonly position: string;
  },
  ledger: string,
): string {
  const { id, type, stream, revision, data, metadata, position } = event;
  const cloudEvent = {
    specversion: '1.0',
    id,
    source: `urn:uuid:${ledger}`,
    type,
    subject: `${metadata.workflow.name}/${caseIdOf(stream)}`,
    time: metadata.occurredAt,
    datacontenttype: 'application/json',
    recordedat: metadata.recordedAt,
    revision,
    state: metadata.state,
    actorrole: metadata.actor.role,
    ...(metadata.trace !== undefined && { traceparent: metadata.trace }),
    data,
  };
  return `id: ${position}\ndata: ${JSON.stringify(cloudEvent)}\n\n`;
}
