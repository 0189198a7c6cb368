import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { workflowRegistry } from '../../../src/domain/workflow-registry.js';
import { systemClock } from '../../../src/engine/clock.js';
import { messageId } from '../../../src/engine/outbox/alert-message.js';
import { type Outbox, type OutboxOptions, openOutbox } from '../../../src/engine/outbox/outbox.js';
import { newWebhookSecret } from '../../../src/engine/outbox/webhook-secret.js';
import { systemWait } from '../../../src/engine/waiting.js';
import type { EventStore } from '../../../src/event-store/event-store.js';
import { memoryEventStore } from '../../../src/event-store/memory/memory-event-store.js';
import { openDatabase } from '../../../src/event-store/sqlite/sqlite-binding.js';
import { type AlertLog, alertLog, LEDGER } from '../../support/alert-log.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import {
  ACCEPT,
  type Arrival,
  type Reaction,
  type WebhookReceiver,
  webhookReceiver,
} from '../../support/webhook-receiver.js';

const SECRET = newWebhookSecret(randomBytes);
const by = { actor: 'admin-1', reason: 'a test' };
const LOOPBACK = [{ protocol: 'http:', host: '127.0.0.1', port: '*' } as const];

/** Fast enough for a test; otherwise as in an office. */
const QUICK = { firstMs: 2, longestMs: 20, attempts: 1_000, giveUpAfterMs: 60_000 };

describe('an outbox', () => {
  let store: EventStore;
  let log: AlertLog;
  let outbox: Outbox;
  let receiver: WebhookReceiver;
  let react: (arrival: Omit<Arrival, 'accepted'>, nth: number) => Reaction;
  let failures: unknown[];
  const folder = temporaryFolder();

  beforeEach(async () => {
    store = memoryEventStore();
    log = alertLog(store);
    react = () => ACCEPT;
    failures = [];
    receiver = await webhookReceiver({ secret: SECRET, react: (arrival, nth) => react(arrival, nth) });
    outbox = opened();
  });
  afterEach(async () => {
    await outbox.close();
    await receiver.goDown();
    await store.close();
    expect(failures).toEqual([]);
  });

  function opened(over: Partial<OutboxOptions> = {}): Outbox {
    return openOutbox({
      path: ':memory:',
      ledger: LEDGER,
      events: store,
      registry: workflowRegistry([]),
      masterKey: new Uint8Array(32).fill(7),
      allowed: LOOPBACK,
      clock: systemClock,
      ids: { next: () => uuidv7() },
      randomBytes,
      random: Math.random,
      fetch: globalThis.fetch,
      wait: systemWait,
      retry: QUICK,
      timeoutMs: 10_000,
      limits: { leaseMs: 20_000 },
      graceMs: 50,
      onFailure: (error) => failures.push(error),
      ...over,
    });
  }

  /** Opens another outbox in the place of the one there is. */
  async function reopened(over: Partial<OutboxOptions>): Promise<void> {
    await outbox.close();
    outbox = opened(over);
  }

  const subscribed = (id = 'centre', from: 'now' | 'start' = 'start') =>
    outbox.add({ id, url: receiver.url, secret: SECRET, from }, by);

  /** Ids of events in the order in which they were first accepted. */
  const acceptedEvents = (): string[] => [
    ...new Set(receiver.arrivals.filter(({ accepted }) => accepted).map(({ body }) => JSON.parse(body).id as string)),
  ];

  it('tells a receiver of what comes after it was added, signed, under an id that follows from the event', async () => {
    await log.raise('1');
    await subscribed('centre', 'now');
    outbox.start();
    const event = await log.raise('2');
    await receiver.accepted(1);

    const [arrival] = receiver.arrivals;
    expect(arrival).toMatchObject({ verified: true, id: messageId(LEDGER, 'centre', event) });
    expect(arrival?.headers['content-type']).toMatch(/^application\/cloudevents\+json/);
    expect(JSON.parse(arrival!.body)).toMatchObject({
      id: event,
      data: { case: { workflow: 'overdue-alert', caseId: '2' } },
    });
  });

  it('sends what the filter wants and nothing else', async () => {
    await subscribed();
    await outbox.add(
      {
        id: 'press',
        url: receiver.url,
        secret: SECRET,
        filter: { workflows: [], types: ['matter.heard'] },
        from: 'start',
      },
      by,
    );
    await log.raise('1', { workflow: 'application', type: 'application.received' });
    await log.raise('2', { workflow: 'application', type: 'deadline.reached' });
    await log.raise('3', { workflow: 'supervision-order', type: 'order.issued' });
    await log.raise('4', { workflow: 'application', type: 'matter.heard' });
    outbox.start();
    await receiver.accepted(3);
    await outbox.close();

    const told = receiver.arrivals.map(({ body }) => JSON.parse(body).type as string);
    expect(told.sort()).toEqual(['deadline.reached', 'matter.heard', 'order.issued']);
  });

  it('gets every alert through a receiver that refuses, hangs, cuts off, is down and comes back: in order per case, repeats under their id', async () => {
    const reactions: Reaction[] = [
      { status: 500 },
      'cut',
      { status: 302, headers: { location: receiver.url } },
      ACCEPT,
      { status: 429, headers: { 'retry-after': '0' } },
      ACCEPT,
    ];
    await reopened({ timeoutMs: 150, limits: { leaseMs: 2_000 } });
    react = (_, nth) => (nth % 23 === 11 ? 'hang' : reactions[nth % reactions.length]!);
    await subscribed();
    outbox.start();
    const raised: Record<string, string[]> = { a: [], b: [], c: [] };
    for (let number = 0; number < 30; number += 1) {
      const caseId = 'abc'[number % 3]!;
      raised[caseId]!.push(await log.raise(caseId));
      if (number === 10) {
        await receiver.accepted(3);
        await receiver.goDown();
      }
      if (number === 20) await receiver.comeBack();
    }
    await receiver.accepted(30);

    for (const events of Object.values(raised))
      expect(acceptedEvents().filter((event) => events.includes(event))).toEqual(events);
    expect(receiver.arrivals.every(({ verified }) => verified)).toBe(true);
    const bodies = new Map(receiver.arrivals.map(({ id, body }) => [id, body]));
    expect(bodies.size).toBe(30);
    expect(receiver.arrivals.every(({ id, body }) => bodies.get(id) === body)).toBe(true);
    expect(receiver.arrivals.length).toBeGreaterThan(40);
  });

  it('sends different cases side by side, bounded, and one case one by one', async () => {
    let open = 0;
    let most = 0;
    const streams = new Map<string, number>();
    const fetching: typeof fetch = async (...args) => {
      const { subject } = JSON.parse(String((args[1] as RequestInit).body)) as { subject: string };
      open += 1;
      most = Math.max(most, open);
      streams.set(subject, (streams.get(subject) ?? 0) + 1);
      expect(streams.get(subject)).toBe(1);
      try {
        return await fetch(...args);
      } finally {
        open -= 1;
        streams.set(subject, 0);
      }
    };
    await reopened({ fetch: fetching, limits: { leaseMs: 20_000, perSubscription: 4 } });
    await subscribed();
    for (let number = 0; number < 40; number += 1) await log.raise(String(number % 10));
    outbox.start();
    await receiver.accepted(40);

    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('does not let a receiver that hangs hold up another', async () => {
    const slow = await webhookReceiver({ secret: SECRET, react: () => 'hang' });
    await outbox.add({ id: 'a-slow-one', url: slow.url, secret: SECRET, from: 'start' }, by);
    await subscribed();
    for (let number = 0; number < 50; number += 1) await log.raise(String(number));
    outbox.start();
    await receiver.accepted(50);
    await outbox.close();
    await slow.goDown();
  });

  it('gives up after its attempts; the dead letter holds its case until it is resent, in order', async () => {
    await reopened({ retry: { ...QUICK, attempts: 3 } });
    let broken = true;
    react = ({ body }) => (broken && body.includes('overdue-alert/a') ? { status: 500 } : ACCEPT);
    await subscribed();
    const [first, second] = [await log.raise('a'), await log.raise('a')];
    outbox.start();
    await receiver.arrived(3);
    const other = await log.raise('b');
    await receiver.accepted(1);

    const [dead] = await eventually(
      () => outbox.deadLetters(),
      (letters) => letters.length === 1,
    );
    expect(dead).toMatchObject({ event: first, failure: 'HTTP 500', attempts: 3, holding: 1, subscription: 'centre' });
    expect(acceptedEvents()).toEqual([other]);
    await eventually(
      () => outbox.standings(),
      ([one]) => one?.pending === 2 && one.dead === 1,
    );
    broken = false;
    await outbox.resend(dead!.id, by);
    await receiver.accepted(3);
    expect(acceptedEvents()).toEqual([other, first, second]);
    expect((await outbox.acts()).at(-1)).toMatchObject({ act: 'resent', actor: 'admin-1', message: dead!.id });
  });

  it('leaves a dead letter out only for a reason, and goes on with the next', async () => {
    await reopened({ retry: { ...QUICK, attempts: 1 } });
    react = (_, nth) => (nth === 0 ? { status: 500 } : ACCEPT);
    await subscribed();
    await log.raise('a');
    const second = await log.raise('a');
    outbox.start();
    const [dead] = await eventually(
      () => outbox.deadLetters(),
      (letters) => letters.length === 1,
    );

    await expect(outbox.skip(dead!.id, { actor: 'admin-1', reason: ' ' })).rejects.toMatchObject({
      failure: { code: 'REASON_REQUIRED' },
    });
    await outbox.skip(dead!.id, by);
    await receiver.accepted(1);

    expect(acceptedEvents()).toEqual([second]);
  });

  it('is not asked again after 410 until somebody enables it, and then misses nothing', async () => {
    react = (_, nth) => (nth === 0 ? { status: 410 } : ACCEPT);
    await subscribed();
    outbox.start();
    const first = await log.raise('a');
    await eventually(
      () => outbox.subscriptions(),
      ([one]) => one?.disabled !== undefined,
    );
    const second = await log.raise('b');
    await eventually(
      () => outbox.standings(),
      ([one]) => one?.pending === 2,
    );
    expect(receiver.arrivals).toHaveLength(1);

    await outbox.enable('centre', by);
    await receiver.accepted(2);

    expect(acceptedEvents().sort()).toEqual([first, second].sort());
  });

  it('waits as long as the receiver asks', async () => {
    react = (_, nth) => (nth === 0 ? { status: 429, headers: { 'retry-after': '1' } } : ACCEPT);
    await subscribed();
    await log.raise('a');
    outbox.start();
    const startedAt = performance.now();
    await receiver.accepted(1);

    expect(performance.now() - startedAt).toBeGreaterThan(990);
    expect(receiver.arrivals).toHaveLength(2);
  });

  it('signs with every secret there is, so that a receiver may change over', async () => {
    await outbox.add({ id: 'centre', url: receiver.url, from: 'start' }, by);
    await outbox.addSecret('centre', SECRET, by);
    await log.raise('a');
    outbox.start();
    await receiver.accepted(1);

    expect(receiver.arrivals[0]?.verified).toBe(true);
    expect(receiver.arrivals[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(2);
  });

  it('sends a test message past the queue, and says what came of it', async () => {
    await subscribed();
    expect(await outbox.test('centre')).toEqual({ kind: 'accepted', status: 204 });
    expect(JSON.parse(receiver.arrivals[0]!.body)).toMatchObject({ type: 'webhook.tested', subject: 'centre' });
    await receiver.goDown();

    expect(await outbox.test('centre')).toEqual({ kind: 'failed', failure: 'network: ECONNREFUSED' });
    await expect(outbox.test('nobody')).rejects.toMatchObject({ failure: { code: 'WEBHOOK_UNKNOWN' } });
    await receiver.comeBack();
  });

  it.each([
    [{ url: 'http://169.254.169.254/latest/meta-data' }, /it is not https/],
    [{ url: 'https://elsewhere.test/' }, /elsewhere.test is not among the allowed hosts/],
    [{ url: 'http://user:word@127.0.0.1:4000/' }, /user name or password/],
    [{ id: 'Not An Id' }, /1 to 60 lower-case letters/],
    [{ secret: 'short' }, /whsec_/],
    [{ filter: { workflows: [], types: [] } }, /must name a workflow or an event type/],
  ])('refuses %j', async (over, why) => {
    await expect(outbox.add({ url: receiver.url, ...over }, by)).rejects.toThrow(why);
    expect(await outbox.subscriptions()).toEqual([]);
  });

  it('sends nothing to a host that is no longer allowed', async () => {
    await subscribed();
    const path = folder('office.outbox');
    await reopened({ path });
    await subscribed();
    await reopened({ path, allowed: [], retry: { ...QUICK, attempts: 1 } });
    await log.raise('a');
    outbox.start();

    const [dead] = await eventually(
      () => outbox.deadLetters(),
      (letters) => letters.length === 1,
    );

    expect(dead?.failure).toBe('not sent: it is not https');
    expect(receiver.arrivals).toEqual([]);
  });

  it('lets go within its grace, and gives back what was under way', async () => {
    const path = folder('office.outbox');
    await reopened({ path });
    react = (_, nth) => (nth === 0 ? 'hang' : ACCEPT);
    await subscribed();
    await log.raise('a');
    outbox.start();
    await receiver.arrived(1);
    await reopened({ path });
    outbox.start();
    await receiver.accepted(1);

    const [again] = receiver.arrivals.slice(-1);
    expect(again?.id).toBe(receiver.arrivals[0]?.id);
  });

  it('notices a subscription that another process adds, and tells it from the start what others were told before', async () => {
    const path = folder('office.outbox');
    await reopened({ path });
    await subscribed();
    outbox.start();
    const raised = [await log.raise('a'), await log.raise('b')];
    await receiver.accepted(2);
    const elsewhere = opened({ path });
    await elsewhere.add({ id: 'press', url: receiver.url, secret: SECRET, from: 'start' }, by);
    await elsewhere.close();
    await receiver.accepted(4);

    const told = receiver.arrivals.slice(2).map(({ id }) => id);
    expect(told.sort()).toEqual(raised.map((event) => messageId(LEDGER, 'press', event)).sort());
  });

  it('repeats only under the same ids after its file was restored from an older backup', async () => {
    const path = folder('office.outbox');
    const backup = folder('backup.outbox');
    await reopened({ path });
    await subscribed();
    outbox.start();
    const before = [await log.raise('a'), await log.raise('b')];
    await receiver.accepted(2);
    await eventually(
      () => outbox.standings(),
      ([one]) => one?.pending === 0,
    );
    const database = openDatabase(path);
    database.prepare('VACUUM INTO ?').run(backup);
    database.close();
    const since = [await log.raise('a'), await log.raise('c')];
    await receiver.accepted(4);

    await reopened({ path: backup });
    outbox.start();
    const last = await log.raise('a');
    await receiver.accepted(5);

    expect(acceptedEvents().sort()).toEqual([...before, ...since, last].sort());
    expect(new Set(receiver.arrivals.map(({ id }) => id)).size).toBe(5);
    const again = receiver.arrivals.slice(4).map(({ body }) => JSON.parse(body).id as string);
    expect(again.sort()).toEqual([...since, last].sort());
  });

  it('follows a ledger that was restored from an older backup, without sending again what it sent', async () => {
    const path = folder('office.outbox');
    await reopened({ path });
    await log.raise('a');
    await subscribed();
    outbox.start();
    await log.raise('b');
    await receiver.accepted(2);
    await outbox.close();

    const restored = memoryEventStore();
    const again = alertLog(restored);
    const kept = await again.raise('a');
    const fresh = await again.raise('other');
    outbox = opened({ path, events: restored });
    outbox.start();
    await receiver.accepted(3);

    expect(receiver.arrivals).toHaveLength(3);
    expect(receiver.arrivals.map(({ body }) => JSON.parse(body).id)).toEqual([kept, expect.anything(), fresh]);
    expect((await outbox.acts()).map(({ act }) => act)).toEqual(['added', 'restarted']);
    await outbox.close();
    await restored.close();
  });

  it('shares its work with another process on the same file: each message once, each case in order', async () => {
    const path = folder('office.outbox');
    await reopened({ path });
    await subscribed();
    const other = opened({ path });
    outbox.start();
    other.start();
    const raised: string[] = [];
    for (let number = 0; number < 60; number += 1) raised.push(await log.raise(String(number % 6)));
    await receiver.accepted(60);
    await other.close();

    expect(receiver.arrivals).toHaveLength(60);
    for (let one = 0; one < 6; one += 1) {
      const events = raised.filter((_, number) => number % 6 === one);
      expect(acceptedEvents().filter((event) => events.includes(event))).toEqual(events);
    }
  });
});

/** Asks until the answer fits; the test's own time limit ends it. */
async function eventually<Answer>(ask: () => Promise<Answer>, fits: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
