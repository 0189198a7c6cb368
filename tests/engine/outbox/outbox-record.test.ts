import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import fc from 'fast-check';
import type { ClaimResult, NewMessage, OutboxRecord } from '../../../src/engine/outbox/outbox-record.js';
import { OUTBOX_SCHEMA_VERSION } from '../../../src/engine/outbox/outbox-schema.js';
import { sqliteOutboxRecord } from '../../../src/engine/outbox/sqlite-outbox-record.js';
import { openDatabase } from '../../../src/event-store/sqlite/sqlite-binding.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const LEDGER = '0195a0c2-4f1e-7d3a-8b52-0f6f6d1c2a11';
const MASTER_KEY = new Uint8Array(32).fill(7);
const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const AT = new Date('2026-03-06T01:00:00Z');
const by = { actor: 'admin-1', at: AT.toISOString(), reason: 'a test' };

function open(
  path = ':memory:',
  over: { readonly ledger?: string; readonly masterKey?: Uint8Array } = {},
): OutboxRecord {
  return sqliteOutboxRecord({ path, ledger: LEDGER, masterKey: MASTER_KEY, randomBytes, ...over });
}

function added(record: OutboxRecord, id = 'centre'): OutboxRecord {
  const filter = { workflows: ['overdue-alert'], types: [] };
  record.add({ id, url: 'https://hooks.test/', filter, start: undefined, checkpoint: undefined }, SECRET, by);
  return record;
}

function message(position: number, stream = 'overdueAlert-1', subscription = 'centre'): NewMessage {
  return {
    id: `${subscription}/${position}`,
    event: `event-${position}`,
    type: 'alert.raised',
    workflow: 'overdue-alert',
    caseId: stream.split('-')[1]!,
    stream,
    position: BigInt(position),
    body: `{"position":${position}}`,
    trace: undefined,
  };
}

/** Queues messages as read in one page after `after`. */
function take(record: OutboxRecord, messages: readonly NewMessage[], after?: bigint): boolean {
  const { position, event } = messages.at(-1)!;
  const page = { after, to: { position, event }, at: AT };
  return record.take({ ...page, messages: () => messages });
}

const claim = (record: OutboxRecord, now = AT.getTime(), limit = 10) =>
  record.claim('centre', { now, leaseMs: 1_000, limit });

describe('the delivery record', () => {
  it("gives out each case's first undelivered message, and its next once that is delivered", async () => {
    const record = added(open());
    take(record, [message(1), message(2), message(3, 'overdueAlert-2')]);

    const [first, other, ...rest] = claim(record);
    expect([first?.id, other?.id, rest]).toEqual(['centre/1', 'centre/3', []]);
    expect(await record.settle(first!, { kind: 'delivered' }, AT)).toBe(true);
    expect(claim(record).map(({ id }) => id)).toEqual(['centre/2']);
  });

  it('gives a message to one deliverer until its lease ends, and refuses what a late one says', async () => {
    const record = added(open());
    take(record, [message(1)]);
    const [zombie] = claim(record);
    expect(claim(record, AT.getTime() + 999)).toEqual([]);

    const [next] = claim(record, AT.getTime() + 1_000);
    expect(next).toMatchObject({ id: 'centre/1', attempts: 2 });
    expect(await record.settle(zombie!, { kind: 'delivered' }, AT)).toBe(false);
    expect(record.standings()).toMatchObject([{ pending: 1 }]);
    expect(await record.settle(next!, { kind: 'delivered' }, AT)).toBe(true);
    expect(record.standings()).toMatchObject([{ pending: 0, dead: 0, oldestAt: undefined }]);
  });

  it('lets a dead letter hold back its case alone, until it is skipped by somebody with a reason', async () => {
    const record = added(open());
    take(record, [message(1), message(2), message(3, 'overdueAlert-2')]);
    const [first] = claim(record);
    await record.settle(first!, { kind: 'dead', failure: 'HTTP 500' }, AT);

    expect(record.deadLetters()).toMatchObject([{ id: 'centre/1', failure: 'HTTP 500', attempts: 1, holding: 1 }]);
    expect(claim(record, AT.getTime() + 10_000).map(({ id }) => id)).toEqual(['centre/3']);
    record.skip('centre/1', by);
    expect(claim(record, AT.getTime() + 10_000).map(({ id }) => id)).toEqual(['centre/2']);
    expect(record.deadLetters()).toEqual([]);
    expect(record.acts().at(-1)).toEqual({ ...by, act: 'skipped', subscription: 'centre', message: 'centre/1' });
  });

  it('sends a dead letter again before what it held back, with its attempts counted anew', async () => {
    const record = added(open());
    take(record, [message(1), message(2)]);
    await record.settle(claim(record)[0]!, { kind: 'dead', failure: 'HTTP 500' }, AT);

    record.resend('centre/1', by);

    expect(claim(record)).toMatchObject([{ id: 'centre/1', attempts: 1 }]);
    expect(() => record.resend('centre/1', by)).toThrow(
      expect.objectContaining({ failure: { code: 'DEAD_LETTER_UNKNOWN', message: 'centre/1' } }),
    );
  });

  it('keeps the messages of a subscription that its receiver has ended, for when it is enabled again', async () => {
    const record = added(open());
    take(record, [message(1)]);
    await record.settle(claim(record)[0]!, { kind: 'gone', failure: 'HTTP 410' }, AT);

    expect(record.subscription('centre')?.disabled).toEqual({ at: AT.toISOString(), reason: 'HTTP 410' });
    expect([claim(record), record.nextDue()]).toEqual([[], []]);
    record.enable('centre', by);
    expect(claim(record)).toMatchObject([{ id: 'centre/1' }]);
    expect(record.acts().map(({ act }) => act)).toEqual(['added', 'disabled', 'enabled']);
  });

  it('holds back a whole subscription while its receiver wants to be left alone', async () => {
    const record = added(open());
    take(record, [message(1), message(2, 'overdueAlert-2')]);
    const [first] = claim(record, AT.getTime(), 1);
    const until = AT.getTime() + 5_000;
    await record.settle(first!, { kind: 'failed', failure: 'HTTP 429', retryAt: AT.getTime(), pauseUntil: until }, AT);

    expect(claim(record, until - 1)).toEqual([]);
    expect(record.nextDue()).toEqual([{ subscription: 'centre', dueAt: until }]);
    expect(claim(record, until)).toHaveLength(2);
  });

  it('queues a message once, however often its event is read', async () => {
    const record = added(open());
    expect(take(record, [message(1), message(2)])).toBe(true);
    await record.settle(claim(record)[0]!, { kind: 'delivered' }, AT);
    record.restart(record.subscription('centre')!, undefined, AT.toISOString());

    expect(take(record, [message(1), message(2)])).toBe(true);

    expect(claim(record).map(({ id }) => id)).toEqual(['centre/2']);
  });

  it('does not take the result of a claim from before a restart for that of one since', async () => {
    const record = added(open());
    take(record, [message(1)]);
    const [before] = claim(record);
    record.restart(record.subscription('centre')!, undefined, AT.toISOString());
    take(record, [message(1)]);
    const [since] = claim(record);

    expect(await record.settle(before!, { kind: 'delivered' }, AT)).toBe(false);
    expect(await record.settle(since!, { kind: 'delivered' }, AT)).toBe(true);
  });

  it('refuses a page that leaves out what somebody has not come to, and takes what others had not', () => {
    const record = added(added(open()), 'press');
    expect(take(record, [message(1)])).toBe(true);
    added(record, 'newcomer');

    expect(take(record, [message(2)], 1n)).toBe(false);

    const reached = record.subscriptions().map(({ id, checkpoint }) => [id, checkpoint?.position]);
    expect(reached).toEqual([
      ['centre', 2n],
      ['newcomer', undefined],
      ['press', 2n],
    ]);
  });

  it('forgets a removed subscription but for what was done', () => {
    const record = added(open());
    take(record, [message(1)]);
    const [claimed] = claim(record);
    record.remove('centre', by);

    expect([record.subscriptions(), record.secretEntries(), record.standings()]).toEqual([[], [], []]);
    expect(record.acts().map(({ act }) => act)).toEqual(['added', 'removed']);
    expect(() => record.remove('centre', by)).toThrow('there is no webhook "centre"');
    return expect(record.settle(claimed!, { kind: 'delivered' }, AT)).resolves.toBe(false);
  });

  it('has several secrets while they are changed over, and never none', () => {
    const record = added(open());
    const second = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
    const { id } = record.addSecret('centre', second, by);
    expect(record.secrets('centre')).toEqual([SECRET, second]);

    record.removeSecret('centre', record.secretEntries()[0]!.id, by);

    expect(record.secrets('centre')).toEqual([second]);
    expect(() => record.removeSecret('centre', id, by)).toThrow('is the last one');
    expect(() => record.removeSecret('centre', 99, by)).toThrow('has no secret 99');
  });
});

describe('the file of the delivery record', () => {
  const folder = temporaryFolder();

  it('is readable by its owner only, and holds no secret in the clear', () => {
    const path = folder('office.outbox');
    added(open(path)).close();

    expect(statSync(path).mode & 0o777).toBe(0o600);
    const database = openDatabase(path, { readOnly: true });
    const wrapped = database.prepare('SELECT wrapped FROM secrets').get()?.wrapped as Uint8Array;
    database.close();
    expect(Buffer.from(wrapped).includes(SECRET)).toBe(false);
    expect(open(path).secrets('centre')).toEqual([SECRET]);
  });

  it('is refused with another master key, for another ledger, and where it is something else', () => {
    const path = folder('office.outbox');
    added(open(path)).close();

    expect(() => open(path, { masterKey: new Uint8Array(32) })).toThrow(/a secret of the webhook centre/);
    expect(() => open(path, { ledger: '0195a0c2-4f1e-7d3a-8b52-0f6f6d1c2a12' })).toThrow(/outbox of another ledger/);
    const other = openDatabase(folder('other'));
    other.exec('CREATE TABLE things (thing)');
    other.close();
    expect(() => open(folder('other'))).toThrow(/something else than an outbox/);
    expect(() => open(folder('nowhere/office.outbox'))).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'STORE_UNAVAILABLE' }) }),
    );
  });

  it('is refused where a newer version has written it', () => {
    const path = folder('office.outbox');
    open(path).close();
    const database = openDatabase(path);
    database.exec(`PRAGMA user_version = ${OUTBOX_SCHEMA_VERSION + 1}`);
    database.close();

    expect(() => open(path)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'STORE_TOO_NEW' }) }),
    );
  });
});

type Naive = {
  position: number;
  state: 'pending' | 'dead' | 'delivered' | 'skipped';
  dueAt: number;
  fence: number | undefined;
  attempts: number;
};

/** What the record promises, told the slow way: lists that are looked through. */
class NaiveOutbox {
  readonly cases = new Map<string, Naive[]>();
  disabled = false;
  pausedUntil = 0;

  first(stream: string): Naive | undefined {
    return this.cases.get(stream)?.find(({ state }) => state === 'pending' || state === 'dead');
  }

  claimable(now: number): string[] {
    if (this.disabled || this.pausedUntil > now) return [];
    return [...this.cases.keys()].filter((stream) => {
      const first = this.first(stream);
      return first?.state === 'pending' && first.dueAt <= now;
    });
  }

  all(): Naive[] {
    return [...this.cases.values()].flat();
  }

  find(id: string): Naive | undefined {
    return this.all().find(({ position }) => `centre/${position}` === id);
  }
}

type Held = { readonly id: string; readonly fence: number };

const results: readonly ClaimResult['kind'][] = ['delivered', 'failed', 'dead', 'gone', 'released'];

/** One step: a choice of action, and numbers it takes what it needs from. */
const steps = fc.array(
  fc.record({
    action: fc.constantFrom(
      'queue',
      'claim',
      'claim',
      'settle',
      'settle',
      'settle',
      'wait',
      'resend',
      'skip',
      'enable',
    ),
    pick: fc.nat(50),
    result: fc.constantFrom(...results),
    pause: fc.boolean(),
  }),
  { maxLength: 80 },
);

describe('the delivery record, whatever is done to it in whatever order,', () => {
  it('does as a naive one does: order, leases, fences, dead letters', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const record = added(open());
        const model = new NaiveOutbox();
        const held: Held[] = [];
        let now = AT.getTime();
        let position = 0;
        for (const { action, pick, result, pause } of taken) {
          if (action === 'queue') {
            const after = position === 0 ? undefined : BigInt(position);
            const made = Array.from({ length: 1 + (pick % 4) }, (_, index) => {
              position += 1;
              const stream = `overdueAlert-${(pick + index * 7) % 3}`;
              const one: Naive = { position, state: 'pending', dueAt: now, fence: undefined, attempts: 0 };
              model.cases.set(stream, [...(model.cases.get(stream) ?? []), one]);
              return message(position, stream);
            });
            record.take({
              after,
              to: { position: BigInt(position), event: `event-${position}` },
              messages: () => made,
              at: new Date(now),
            });
          } else if (action === 'claim') {
            const limit = 1 + (pick % 3);
            const expected = model.claimable(now);
            const claims = record.claim('centre', { now, leaseMs: 1_000, limit });
            expect(claims).toHaveLength(Math.min(limit, expected.length));
            for (const one of claims) {
              const stream = [...model.cases].find(([, some]) =>
                some.some(({ position }) => `centre/${position}` === one.id),
              )![0];
              const first = model.first(stream)!;
              expect(expected).toContain(stream);
              expect(one.id).toBe(`centre/${first.position}`);
              expect(held.every(({ fence }) => fence < one.fence)).toBe(true);
              first.fence = one.fence;
              first.attempts += 1;
              first.dueAt = now + 1_000;
              expect(one.attempts).toBe(first.attempts);
              held.push(one);
            }
          } else if (action === 'settle' && held.length > 0) {
            // A result may be offered again: the claim stays among those held, and counts once.
            const one = held[pick % held.length]!;
            const found = model.find(one.id)!;
            const valid = found.state === 'pending' && found.fence === one.fence;
            const pauseUntil = now + 700;
            const outcome: ClaimResult =
              result === 'failed'
                ? { kind: 'failed', failure: 'HTTP 500', retryAt: now + 500, ...(pause && { pauseUntil }) }
                : result === 'dead' || result === 'gone'
                  ? { kind: result, failure: 'HTTP 500' }
                  : { kind: result };
            expect(await record.settle(one, outcome, new Date(now))).toBe(valid);
            if (!valid) continue;
            found.fence = undefined;
            if (result === 'delivered') found.state = 'delivered';
            if (result === 'dead') found.state = 'dead';
            if (result === 'failed') found.dueAt = now + 500;
            if (result === 'failed' && pause) model.pausedUntil = Math.max(model.pausedUntil, pauseUntil);
            if (result === 'gone') model.disabled = true;
            if (result === 'gone' || result === 'released') found.dueAt = now;
            if (result === 'released') found.attempts -= 1;
            const next = [...model.cases.values()]
              .find((some) => some.includes(found))!
              .find(({ state }) => state === 'pending');
            if (result === 'delivered' && next) next.dueAt = now;
          } else if (action === 'wait') now += pick * 50;
          else if (action === 'resend' || action === 'skip') {
            const dead = model.all().filter(({ state }) => state === 'dead');
            const at = { ...by, at: new Date(now).toISOString() };
            if (dead.length === 0) {
              expect(() => record[action]('centre/1', at)).toThrow('there is no dead letter');
              continue;
            }
            const one = dead[pick % dead.length]!;
            record[action](`centre/${one.position}`, at);
            if (action === 'resend')
              Object.assign(one, { state: 'pending', dueAt: now, fence: undefined, attempts: 0 });
            else {
              one.state = 'skipped';
              const next = [...model.cases.values()]
                .find((some) => some.includes(one))!
                .find(({ state }) => state === 'pending');
              if (next) next.dueAt = now;
            }
          } else if (action === 'enable') {
            record.enable('centre', by);
            model.disabled = false;
            model.pausedUntil = 0;
          }
          const undelivered = model.all().filter(({ state }) => state === 'pending' || state === 'dead').length;
          const dead = model
            .all()
            .filter(({ state }) => state === 'dead')
            .map(({ position }) => `centre/${position}`);
          expect(record.standings()).toMatchObject([{ pending: undelivered, dead: dead.length }]);
          expect(
            record
              .deadLetters()
              .map(({ id }) => id)
              .sort(),
          ).toEqual(dead.sort());
        }
        record.close();
      }),
      { numRuns: 200 },
    );
  });
});
