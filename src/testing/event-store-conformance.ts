/// <reference types="jest" />
import { randomUUID } from 'node:crypto';
import { type ExpectedRevision, isCaseError } from '../domain/case-error.js';
import type { RecordedEvent, SealedEvent } from '../domain/event.js';
import { type EventStore, MAX_APPEND_BYTES } from '../event-store/event-store.js';
import { aSealedEvent, exampleUuid, sealedEvents } from './sealed-events.js';

/** What the suite does in a second process. */
export type EventStoreElsewhere = Pick<EventStore, 'append' | 'read' | 'readAll' | 'close'>;

/** One adapter, as the suite gets hold of it. What is left out is reported as skipped. */
export type EventStoreSubject = {
  /** Opens a store to be tried; it may hold events already, of other streams than the suite's. */
  readonly open: () => Promise<EventStore>;
  /** Opens again what the store opened last kept; that one has been closed. Left out by a store that forgets. */
  readonly reopen?: () => Promise<EventStore>;
  /** Opens the data of the store opened last from another process. Left out by a store that belongs to one. */
  readonly secondProcess?: () => Promise<EventStoreElsewhere>;
  /** Opens a store in which at most `maxQueued` appends may wait. Left out by a store in which none waits. */
  readonly openBounded?: (maxQueued: number) => Promise<EventStore>;
};

/**
 * Every promise in `event-store.ts`, tried against one adapter; an adapter is done when this is green. Uses jest's
 * globals. Stream names are fresh in each run, so a server that lives on may be tried again and again.
 */
export function describeEventStore(name: string, subject: EventStoreSubject): void {
  const run = randomUUID();
  let streams = 0;
  const newStream = (): string => `conformance-${run}-${++streams}`;

  const itOutlivesItsProcess = subject.reopen === undefined ? it.skip : it;
  const itIsShared = subject.secondProcess === undefined ? it.skip : it;
  const itQueues = subject.openBounded === undefined ? it.skip : it;

  describe(`${name} keeps the EventStore promises`, () => {
    let store: EventStore;
    let opened: { close(): Promise<void> }[];
    let start: bigint | undefined;
    let stream: string;

    async function keep<Store extends { close(): Promise<void> }>(opening: Promise<Store>): Promise<Store> {
      const one = await opening;
      opened.push(one);
      return one;
    }

    beforeEach(async () => {
      opened = [];
      store = await keep(subject.open());
      start = await store.head();
      stream = newStream();
    });

    afterEach(async () => {
      for (const one of opened) await one.close();
    });

    /** Everything stored since the test began. */
    async function stored(from: Pick<EventStore, 'readAll'> = store): Promise<RecordedEvent[]> {
      const all: RecordedEvent[] = [];
      for (let after = start; ; after = all.at(-1)?.position) {
        const page = await from.readAll(afterPosition(after));
        if (page.length === 0) return all;
        all.push(...page);
      }
    }

    describe('an append', () => {
      it('numbers a stream from 0 and answers its last revision', async () => {
        const first = await store.append(stream, sealedEvents(2, { stream }), 'no-stream');
        const second = await store.append(stream, [aSealedEvent({ stream, revision: 2 })], 1);

        expect([first.revision, second.revision]).toEqual([1, 2]);
        expect((await store.read(stream)).map(({ revision }) => revision)).toEqual([0, 1, 2]);
      });

      it('answers the position of its last event', async () => {
        const first = await store.append(stream, sealedEvents(3, { stream }), 'no-stream');
        const second = await store.append(stream, [aSealedEvent({ stream, revision: 3 })], 2);

        const events = await store.read(stream);
        expect(first.position).toBe(events[2]?.position);
        expect(second.position).toBe(events[3]?.position);
        expect(await store.head()).toBe(second.position);
      });

      it('keeps id, type, data and metadata as they were offered', async () => {
        const data = { name: '陈宇 "\\ \u2028', amount: 0.1, nested: { list: [1, null, true], empty: {} } };
        const event = aSealedEvent({ stream, type: 'application.received', data });
        await store.append(stream, [event], 'no-stream');

        const [found] = await store.read(stream);
        expect(found).toEqual({
          id: event.id,
          stream,
          revision: 0,
          type: 'application.received',
          data,
          metadata: JSON.parse(event.metadata),
          position: expect.anything(),
        });
        expect(typeof found?.position).toBe('bigint');
      });

      it('is not changed by what a reader does to the events it got', async () => {
        await store.append(stream, [aSealedEvent({ stream, data: { list: [1] } })], 'no-stream');

        const [seen] = await store.read(stream);
        (seen?.data.list as unknown as number[] | undefined)?.push(2);

        expect((await store.read(stream))[0]?.data).toEqual({ list: [1] });
        expect((await stored())[0]?.data).toEqual({ list: [1] });
      });

      it('stores all of its events or none', async () => {
        await store.append(stream, sealedEvents(2, { stream }), 'no-stream');

        const late = sealedEvents(3, { stream, revision: 1, command: 'late' });
        expect(await conflict(store.append(stream, late, 0))).toBe(1);

        expect(await store.read(stream)).toHaveLength(2);
      });

      it('lies together in the ledger while others append', async () => {
        const names = Array.from({ length: 20 }, newStream);
        await Promise.all(names.map((one) => store.append(one, sealedEvents(5, { stream: one }), 'no-stream')));

        const order = (await stored()).map((event) => event.stream);
        expect(order).toHaveLength(100);
        for (let at = 0; at < order.length; at += 5) expect(new Set(order.slice(at, at + 5)).size).toBe(1);
      });

      it('refuses events that are none, of another stream, or do not run on from the expected revision', async () => {
        const other = newStream();
        const attempts: [SealedEvent[], ExpectedRevision][] = [
          [[], 'no-stream'],
          [[aSealedEvent({ stream: other })], 'no-stream'],
          [[aSealedEvent({ stream, revision: 1 })], 'no-stream'],
          [[aSealedEvent({ stream, revision: 0 }), aSealedEvent({ stream, revision: 2 })], 'no-stream'],
          [[aSealedEvent({ stream, id: 'not-a-uuid' })], 'no-stream'],
        ];
        for (const [events, expected] of attempts) {
          await expect(store.append(stream, events, expected)).rejects.toThrow(TypeError);
        }
        expect(await stored()).toEqual([]);
      });
    });

    describe('the expected revision', () => {
      it('refuses a stream that is there already, and says where it is', async () => {
        await store.append(stream, sealedEvents(2, { stream }), 'no-stream');
        expect(await conflict(store.append(stream, [aSealedEvent({ stream, command: 'late' })], 'no-stream'))).toBe(1);
      });

      it('refuses a stream that is not there yet', async () => {
        expect(await conflict(store.append(stream, [aSealedEvent({ stream, revision: 1 })], 0))).toBe('no-stream');
        expect(await store.read(stream)).toEqual([]);
      });

      it('refuses a writer who has seen less, and one who claims to have seen more', async () => {
        await store.append(stream, sealedEvents(3, { stream }), 'no-stream');

        const less = [aSealedEvent({ stream, revision: 1, command: 'less' })];
        const more = [aSealedEvent({ stream, revision: 8, command: 'more' })];
        expect(await conflict(store.append(stream, less, 0))).toBe(2);
        expect(await conflict(store.append(stream, more, 7))).toBe(2);
        expect(await store.read(stream)).toHaveLength(3);
      });

      it('lets exactly one of many racing writers win', async () => {
        const race = await Promise.allSettled(
          Array.from({ length: 10 }, (_, at) =>
            store.append(stream, [aSealedEvent({ stream, command: `racer-${at}` })], 'no-stream'),
          ),
        );
        expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        expect(await store.read(stream)).toHaveLength(1);
      });

      it('may be that of an append still under way', async () => {
        const appends = [
          store.append(stream, [aSealedEvent({ stream })], 'no-stream'),
          store.append(stream, sealedEvents(2, { stream, revision: 1 }), 0),
        ];
        expect((await Promise.all(appends)).map(({ revision }) => revision)).toEqual([0, 2]);
      });
    });

    describe('a resend after an unknown outcome', () => {
      it('succeeds, stores nothing and answers where the events lie', async () => {
        const events = sealedEvents(2, { stream });
        const first = await store.append(stream, events, 'no-stream');

        const again = await store.append(stream, events, 'no-stream');

        expect([again.revision, again.position]).toEqual([first.revision, first.position]);
        expect(await store.read(stream)).toHaveLength(2);
      });

      it('succeeds although the stream has gone on', async () => {
        const events = sealedEvents(2, { stream, revision: 1 });
        await store.append(stream, [aSealedEvent({ stream })], 'no-stream');
        const first = await store.append(stream, events, 0);
        await store.append(stream, sealedEvents(3, { stream, revision: 3 }), 2);

        const again = await store.append(stream, events, 0);

        expect([again.revision, again.position]).toEqual([first.revision, first.position]);
        expect(await store.read(stream)).toHaveLength(6);
      });

      it('succeeds while the first one is still under way', async () => {
        const events = sealedEvents(2, { stream });
        const [first, again] = await Promise.all([
          store.append(stream, events, 'no-stream'),
          store.append(stream, events, 'no-stream'),
        ]);
        expect(again.position).toBe(first.position);
        expect(await store.read(stream)).toHaveLength(2);
      });

      it('compares ids, not data', async () => {
        const id = exampleUuid(stream);
        await store.append(stream, [aSealedEvent({ stream, id, data: { said: 'first' } })], 'no-stream');

        await store.append(stream, [aSealedEvent({ stream, id, data: { said: 'otherwise' } })], 'no-stream');

        expect((await store.read(stream)).map(({ data }) => data)).toEqual([{ said: 'first' }]);
      });

      it('is a conflict where an id differs, or one of its events is not there', async () => {
        const [one, two] = sealedEvents(2, { stream }) as [SealedEvent, SealedEvent];
        await store.append(stream, [one, two], 'no-stream');

        const other = aSealedEvent({ stream, revision: 1, command: 'other' });
        const third = aSealedEvent({ stream, revision: 2 });
        expect(await conflict(store.append(stream, [one, other], 'no-stream'))).toBe(1);
        expect(await conflict(store.append(stream, [one, two, third], 'no-stream'))).toBe(1);
        expect(await store.read(stream)).toHaveLength(2);
      });

      it('at the head is stored without a look at its id: the engine knows its commands', async () => {
        const id = exampleUuid(stream);
        await store.append(stream, [aSealedEvent({ stream, id })], 'no-stream');
        await store.append(stream, [aSealedEvent({ stream, id, revision: 1 })], 0);

        expect((await store.read(stream)).map((event) => event.id)).toEqual([id, id]);
      });
    });

    describe('many appends at once', () => {
      it('are all stored, each once, in the order of their revisions', async () => {
        const names = Array.from({ length: 50 }, newStream);
        await Promise.all(
          names.flatMap((one) =>
            Array.from({ length: 10 }, (_, at) =>
              store.append(one, [aSealedEvent({ stream: one, revision: at })], at === 0 ? 'no-stream' : at - 1),
            ),
          ),
        );

        const all = await stored();
        expect(all).toHaveLength(500);
        expect(new Set(all.map(({ id }) => id)).size).toBe(500);
        for (const one of names) {
          expect(all.filter((event) => event.stream === one).map(({ revision }) => revision)).toEqual([
            ...Array(10).keys(),
          ]);
        }
      });

      it('do not suffer from one among them that is refused', async () => {
        const names = Array.from({ length: 20 }, newStream);
        await store.append(stream, [aSealedEvent({ stream })], 'no-stream');

        const outcomes = await Promise.allSettled([
          ...names.slice(0, 10).map((one) => store.append(one, [aSealedEvent({ stream: one })], 'no-stream')),
          store.append(stream, sealedEvents(2, { stream, command: 'late' }), 'no-stream'),
          ...names.slice(10).map((one) => store.append(one, [aSealedEvent({ stream: one })], 'no-stream')),
        ]);

        expect(outcomes.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
        expect(outcomes[10]?.status).toBe('rejected');
        for (const one of names) expect(await store.read(one)).toHaveLength(1);
        expect(await store.read(stream)).toHaveLength(1);
      });
    });

    describe('limits', () => {
      it('accepts an append of the greatest size and refuses one byte more', async () => {
        const [largest, tooLarge] = [
          eventOfBytes(stream, MAX_APPEND_BYTES),
          eventOfBytes(stream, MAX_APPEND_BYTES + 1),
        ];

        const refused = await failure(store.append(stream, [tooLarge], 'no-stream'));
        expect(refused).toMatchObject({
          code: 'APPEND_TOO_LARGE',
          bytes: MAX_APPEND_BYTES + 1,
          limit: MAX_APPEND_BYTES,
        });
        expect(await store.read(stream)).toEqual([]);

        await store.append(stream, [largest], 'no-stream');
        expect((await store.read(stream))[0]?.data).toEqual(JSON.parse(largest.data));
      });

      it('measures bytes, not characters, over all events of the append', async () => {
        const half = Math.ceil(MAX_APPEND_BYTES / 2 / '中'.length / 3);
        const events = sealedEvents(2, { stream, data: { text: '中'.repeat(half) } });
        expect(await failure(store.append(stream, events, 'no-stream'))).toMatchObject({ code: 'APPEND_TOO_LARGE' });
      });

      itQueues('refuses what its queue cannot hold and forgets nothing it took', async () => {
        const bounded = await keep((subject.openBounded as (maxQueued: number) => Promise<EventStore>)(10));
        const names = Array.from({ length: 50 }, newStream);

        const outcomes = await Promise.allSettled(
          names.map((one) => bounded.append(one, [aSealedEvent({ stream: one })], 'no-stream')),
        );

        const refused = outcomes.filter((one) => one.status === 'rejected');
        expect(refused.length).toBeGreaterThan(0);
        for (const { reason } of refused) expect(isCaseError(reason, 'OVERLOADED')).toBe(true);
        for (const [at, one] of names.entries()) {
          expect(await bounded.read(one)).toHaveLength(outcomes[at]?.status === 'fulfilled' ? 1 : 0);
        }
      });
    });

    describe('reading', () => {
      it('finds nothing in a stream nobody wrote to', async () => {
        expect(await store.read(stream)).toEqual([]);
      });

      it('reads a stream from a revision on, at most so many', async () => {
        await store.append(stream, sealedEvents(10, { stream }), 'no-stream');

        const revisions = async (options: { from?: number; limit?: number }): Promise<number[]> =>
          (await store.read(stream, options)).map(({ revision }) => revision);

        expect(await revisions({ from: 7 })).toEqual([7, 8, 9]);
        expect(await revisions({ limit: 2 })).toEqual([0, 1]);
        expect(await revisions({ from: 4, limit: 3 })).toEqual([4, 5, 6]);
        expect(await revisions({ from: 10 })).toEqual([]);
      });

      it('reads all streams in the order in which they were acknowledged', async () => {
        const names = [newStream(), newStream(), newStream()];
        const positions: bigint[] = [];
        for (let revision = 0; revision < 3; revision += 1) {
          for (const one of names) {
            const expected = revision === 0 ? 'no-stream' : revision - 1;
            positions.push((await store.append(one, [aSealedEvent({ stream: one, revision })], expected)).position);
          }
        }

        const all = await stored();
        expect(all.map((event) => event.stream)).toEqual([...names, ...names, ...names]);
        expect(all.map(({ position }) => position)).toEqual(positions);
        expect(ascending(positions)).toBe(true);
      });

      it('pages through everything without gap or repeat', async () => {
        await store.append(stream, sealedEvents(25, { stream }), 'no-stream');

        const seen: number[] = [];
        let after = start;
        for (let pages = 0; pages < 100; pages += 1) {
          const page = await store.readAll({ ...afterPosition(after), limit: 7 });
          if (page.length === 0) break;
          expect(page.length).toBeLessThanOrEqual(7);
          seen.push(...page.map(({ revision }) => revision));
          after = page.at(-1)?.position;
        }
        expect(seen).toEqual([...Array(25).keys()]);
      });
    });

    describe('a subscription', () => {
      it('yields what readAll reads, from the position given', async () => {
        await store.append(stream, sealedEvents(20, { stream }), 'no-stream');
        const all = await stored();

        expect(await followed(store, start, 20)).toEqual(all);
        expect(await followed(store, all[4]?.position, 15)).toEqual(all.slice(5));
      });

      it('goes on with what is appended while it waits', async () => {
        const following = followed(store, start, 3);
        for (let revision = 0; revision < 3; revision += 1) {
          await store.append(stream, [aSealedEvent({ stream, revision })], revision === 0 ? 'no-stream' : revision - 1);
        }
        expect((await following).map(({ revision }) => revision)).toEqual([0, 1, 2]);
      });

      it('goes from the past to the present without gap or repeat while appends go on', async () => {
        const history = newStream();
        await store.append(history, sealedEvents(1_500, { stream: history }), 'no-stream');

        const following = followed(store, start, 1_500 + 400);
        const names = Array.from({ length: 8 }, newStream);
        await Promise.all(
          names.map(async (one) => {
            for (let at = 0; at < 50; at += 1) {
              await store.append(one, [aSealedEvent({ stream: one, revision: at })], at === 0 ? 'no-stream' : at - 1);
            }
          }),
        );

        const seen = await following;
        expect(seen.map(({ position }) => position)).toEqual((await stored()).map(({ position }) => position));
        expect(ascending(seen.map(({ position }) => position))).toBe(true);
      });

      it('shows every subscriber the same order', async () => {
        const following = [followed(store, start, 60), followed(store, start, 60)];
        const names = Array.from({ length: 60 }, newStream);
        await Promise.all(names.map((one) => store.append(one, [aSealedEvent({ stream: one })], 'no-stream')));

        const [one, other] = await Promise.all(following);
        expect(one).toEqual(other);
      });

      it('ends without an error when its signal aborts while it waits', async () => {
        const controller = new AbortController();
        const ended = followed(store, start, Number.POSITIVE_INFINITY, controller);
        await store.append(stream, [aSealedEvent({ stream })], 'no-stream');
        await followed(store, start, 1);
        controller.abort();

        expect((await ended).length).toBeLessThanOrEqual(1);
      });

      it('yields nothing when its signal has aborted already', async () => {
        await store.append(stream, [aSealedEvent({ stream })], 'no-stream');
        const controller = new AbortController();
        controller.abort();

        expect(await followed(store, start, 1, controller)).toEqual([]);
      });
    });

    describe('closing', () => {
      it('waits for appends under way', async () => {
        const appending = store.append(stream, [aSealedEvent({ stream })], 'no-stream');
        await store.close();
        expect((await appending).revision).toBe(0);
      });

      it('may be done twice, and refuses everything afterwards', async () => {
        await store.close();
        await store.close();

        const attempts = [
          () => store.append(stream, [aSealedEvent({ stream })], 'no-stream'),
          () => store.read(stream),
          () => store.readAll(),
          () => store.head(),
          () => followed(store, undefined, 1),
        ];
        for (const attempt of attempts) expect(await failure(attempt())).toEqual({ code: 'STORE_CLOSED' });
      });

      it('ends a subscription that waits', async () => {
        const following = followed(store, start, Number.POSITIVE_INFINITY);
        const ended = failure(following);
        await store.append(stream, [aSealedEvent({ stream })], 'no-stream');
        await store.close();
        expect(await ended).toEqual({ code: 'STORE_CLOSED' });
      });

      itOutlivesItsProcess('loses nothing: what was acknowledged is there when it is opened again', async () => {
        const names = Array.from({ length: 30 }, newStream);
        await Promise.all(names.map((one) => store.append(one, sealedEvents(2, { stream: one }), 'no-stream')));
        const before = await stored();
        await store.close();

        const again = await keep((subject.reopen as () => Promise<EventStore>)());

        expect(await stored(again)).toEqual(before);
        expect(await again.head()).toBe(before.at(-1)?.position);
        await again.append(names[0] as string, [aSealedEvent({ stream: names[0] as string, revision: 2 })], 1);
        expect(await again.read(names[0] as string)).toHaveLength(3);
      });
    });

    describe('two processes', () => {
      const secondProcess = subject.secondProcess as () => Promise<EventStoreElsewhere>;

      itIsShared('see what the other has stored, and the true head of its streams', async () => {
        const other = await keep(secondProcess());
        await store.append(stream, [aSealedEvent({ stream })], 'no-stream');
        await other.append(stream, [aSealedEvent({ stream, revision: 1, command: 'other' })], 0);

        expect(await conflict(store.append(stream, [aSealedEvent({ stream, revision: 1, command: 'own' })], 0))).toBe(
          1,
        );
        await store.append(stream, [aSealedEvent({ stream, revision: 2, command: 'own' })], 1);

        expect((await other.read(stream)).map(({ revision }) => revision)).toEqual([0, 1, 2]);
        expect(await stored(other)).toEqual(await stored());
      });

      itIsShared('never both win a revision', async () => {
        const other = await keep(secondProcess());
        const rounds = Array.from({ length: 40 }, newStream);

        const outcomes = await Promise.all(
          rounds.map((one) =>
            Promise.allSettled([
              store.append(one, [aSealedEvent({ stream: one, command: 'own' })], 'no-stream'),
              other.append(one, [aSealedEvent({ stream: one, command: 'other' })], 'no-stream'),
            ]),
          ),
        );

        for (const race of outcomes) {
          expect(race.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        }
        expect(await stored()).toHaveLength(40);
      });

      itIsShared('store a command sent to both once', async () => {
        const other = await keep(secondProcess());
        const events = sealedEvents(2, { stream });

        const [one, same] = await Promise.all([
          store.append(stream, events, 'no-stream'),
          other.append(stream, events, 'no-stream'),
        ]);

        expect(same.position).toBe(one.position);
        expect(await store.read(stream)).toHaveLength(2);
      });

      itIsShared('are both seen by a subscription, without gap or repeat', async () => {
        const other = await keep(secondProcess());
        const following = followed(store, start, 100);
        await Promise.all(
          [store, other].map(async (writer) => {
            const own = newStream();
            for (let at = 0; at < 50; at += 1) {
              await writer.append(own, [aSealedEvent({ stream: own, revision: at })], at === 0 ? 'no-stream' : at - 1);
            }
          }),
        );
        expect(await following).toEqual(await stored());
      });
    });
  });
}

function afterPosition(position: bigint | undefined): { after?: bigint } {
  return position === undefined ? {} : { after: position };
}

/** What a subscription yields until it has brought `count` events, or was aborted. */
async function followed(
  store: EventStore,
  after: bigint | undefined,
  count: number,
  controller = new AbortController(),
): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const page of store.subscribe({ ...afterPosition(after), signal: controller.signal })) {
    events.push(...page);
    if (events.length >= count) controller.abort();
  }
  return events;
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return (error as { failure?: unknown } | undefined)?.failure ?? error;
}

/** Where the stream is, as the conflict `promise` must end in says. */
async function conflict(promise: Promise<unknown>): Promise<ExpectedRevision> {
  const found = (await failure(promise)) as { code?: string; actual?: ExpectedRevision } | undefined;
  expect(found?.code).toBe('REVISION_CONFLICT');
  return found?.actual as ExpectedRevision;
}

function eventOfBytes(stream: string, bytes: number): SealedEvent {
  const without = aSealedEvent({ stream, data: { text: '' } });
  const rest = bytes - without.type.length - without.data.length - without.metadata.length;
  return aSealedEvent({ stream, data: { text: 'x'.repeat(rest) } });
}

function ascending(positions: readonly bigint[]): boolean {
  return positions.every((position, at) => at === 0 || position > (positions[at - 1] as bigint));
}
