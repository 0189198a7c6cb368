import { connect } from 'node:net';
import { type EventStream, listen } from './event-stream.js';
import {
  auditor,
  clerk,
  clerkElsewhere,
  decider,
  noted,
  requested,
  type ServedLedger,
  serveLedger,
} from './served-ledger.js';

const open: EventStream[] = [];
let served: ServedLedger;
afterEach(async () => {
  for (const stream of open.splice(0)) stream.close();
  await served.close();
});

async function follow(path: string, as = auditor, headers: Record<string, string> = {}): Promise<EventStream> {
  const stream = await listen(`${served.url}${path}`, {
    authorization: `Bearer ${await served.token(as)}`,
    ...headers,
  });
  open.push(stream);
  return stream;
}

async function note(caseId: string, text: string): Promise<void> {
  const body = { commandId: `note ${text.slice(0, 20)}`, event: noted(text) };
  const { status } = await served.call('POST', `/cases/permit/${caseId}/events`, { as: clerk, body });
  expect(status).toBe(201);
}

describe('the feed of alerts', () => {
  it('has what webhooks are told of, within reach, and resumes after Last-Event-ID', async () => {
    served = await serveLedger({ readModels: false, alerts: { workflows: [], types: ['permit.noted'] } });
    await served.openPermit('p-1');
    await note('p-1', 'one');
    const stream = await follow('/alerts/feed?after=start');
    const [first] = await stream.take(1);
    stream.close();
    await served.openPermit('p-2');
    await note('p-2', 'two');
    const resumed = await follow('/alerts/feed', auditor, { 'last-event-id': first!.id });
    const elsewhere = await follow('/alerts/feed?after=start', clerkElsewhere);
    await note('p-1', 'three');

    expect(first!.data).toMatchObject({ type: 'permit.noted', data: { text: 'one' } });
    expect((await resumed.take(2)).map(({ data }) => data.data.text)).toEqual(['two', 'three']);
    await served.call('POST', '/cases/permit', {
      as: clerkElsewhere,
      body: { commandId: 'open p-9', caseId: 'p-9', event: requested({ region: '330302' }) },
    });
    await served.call('POST', '/cases/permit/p-9/events', {
      as: clerkElsewhere,
      body: { commandId: 'note p-9', event: noted('theirs') },
    });
    expect((await elsewhere.take(1)).map(({ data }) => data.data.text)).toEqual(['theirs']);
  });
});

describe('a feed', () => {
  beforeEach(async () => {
    served = await serveLedger({ readModels: false });
    await served.openPermit('p-1');
  });

  it('of one case begins with its first event and goes on as it happens, personal data withheld', async () => {
    const stream = await follow('/cases/permit/p-1/feed', clerk);
    const [first] = await stream.take(1);
    await note('p-1', 'one');
    await served.openPermit('p-2');
    await note('p-1', 'two');
    const later = await stream.take(2);

    expect(first!.data).toMatchObject({
      specversion: '1.0',
      type: 'permit.requested',
      subject: 'permit/p-1',
      revision: 0,
      state: 'reviewing',
      data: { applicant: { name: { withheld: true } } },
    });
    expect(later.map(({ data }) => data.data.text)).toEqual(['one', 'two']);
  });

  it('resumes after Last-Event-ID without gap or repeat', async () => {
    const first = await follow('/feed?after=start');
    await note('p-1', 'one');
    const seen = await first.take(2);
    first.close();
    await note('p-1', 'two');
    await served.openPermit('p-2');

    const second = await follow('/feed', auditor, { 'last-event-id': seen[1]!.id });
    const missed = await second.take(2);
    await note('p-2', 'three');
    const live = await second.take(1);

    expect(seen.map(({ data }) => data.type)).toEqual(['permit.requested', 'permit.noted']);
    expect([...missed, ...live].map(({ data }) => data.data.text ?? data.subject)).toEqual([
      'two',
      'permit/p-2',
      'three',
    ]);
  });

  it('misses and repeats nothing while much is written as it catches up', async () => {
    const cases = Array.from({ length: 300 }, (_, index) => `q-${index}`);
    const writing = Promise.all(cases.map((id) => served.openPermit(id)));
    const streams = await Promise.all(Array.from({ length: 8 }, () => follow('/feed?after=start')));
    await writing;

    for (const stream of streams) {
      const subjects = (await stream.take(301)).map(({ data }) => data.subject);
      expect(new Set(subjects).size).toBe(301);
    }
  });

  it('shows each listener only what it reaches', async () => {
    const streams = await Promise.all([clerk, clerkElsewhere, decider].map((as) => follow('/feed', as)));
    await served.openPermit('h', { department: 'housing' });
    await served.openPermit('t', { department: 'traffic' });
    await served.call('POST', '/cases/permit', {
      as: clerkElsewhere,
      body: {
        commandId: 'e',
        caseId: 'e',
        event: {
          type: 'permit.requested',
          data: { department: 'housing', region: '330302', applicant: { kind: 'person', name: 'Li', idNumber: '9' } },
        },
      },
    });

    const [mine, elsewhere, housing] = streams;
    expect((await mine!.take(2)).map(({ data }) => data.subject)).toEqual(['permit/h', 'permit/t']);
    expect((await elsewhere!.take(1)).map(({ data }) => data.subject)).toEqual(['permit/e']);
    expect((await housing!.take(2)).map(({ data }) => data.subject)).toEqual(['permit/h', 'permit/e']);
  });

  it('filters by workflow and type', async () => {
    const stream = await follow('/feed?workflow=permit&type=permit.noted');
    await served.openPermit('p-2');
    await note('p-2', 'only this');

    expect((await stream.take(1))[0]!.data.data.text).toBe('only this');
  });

  it('refuses a position of another ledger before it begins', async () => {
    const answer = await served.call('GET', '/feed', { as: auditor, headers: { 'last-event-id': '0123456789ab-1' } });

    expect([answer.status, answer.body.code]).toEqual([400, 'POSITION_FOREIGN']);
  });

  it.each(['/feed', '/cases/permit/p-1/feed'])('refuses a position the ledger never gave: %s', async (path) => {
    const opened = await served.openPermit('p-2');
    const [mark, head] = opened.body.position.split('-');

    for (const position of ['9'.repeat(19), '9'.repeat(18), String(Number(head) + 1)]) {
      for (const start of [
        { path: `${path}?after=${mark}-${position}` },
        { path, headers: { 'last-event-id': `${mark}-${position}` } },
      ]) {
        const answer = await served.call('GET', start.path, { as: auditor, headers: start.headers ?? {} });
        expect([answer.status, answer.body.code]).toEqual([400, 'POSITION_INVALID']);
      }
    }
    expect(served.logged.filter(({ err }) => err !== undefined)).toEqual([]);
    await follow(`${path}?after=${mark}-${head}`);
  });

  it('ends with a word when the server goes down', async () => {
    const stream = await follow('/feed');
    const closing = served.app.endFeeds();

    expect((await stream.ended()).at(-1)).toContain('going down');
    await closing;
  });
});

describe('a listener', () => {
  it('past the number allowed is refused, and those there stay', async () => {
    served = await serveLedger({
      readModels: false,
      limits: { feed: { clients: 1, bufferedBytes: 100_000, heartbeatMs: 60_000 } },
    });
    const there = await follow('/feed');
    const refused = await served.call('GET', '/feed', { as: auditor });
    await served.openPermit('p-1');

    expect([refused.status, refused.body.code]).toEqual([503, 'OVERLOADED']);
    expect(await there.take(1)).toHaveLength(1);
  });

  it('that filters everything out learns from heartbeats where to resume', async () => {
    served = await serveLedger({
      readModels: false,
      limits: { feed: { clients: 5, bufferedBytes: 100_000, heartbeatMs: 20 } },
    });
    const opened = await served.openPermit('p-1');
    const stream = await follow('/feed?after=start&type=nothing');

    expect(await stream.untilId()).toBe(opened.body.position);
  });

  it('is sent away when its token ends', async () => {
    served = await serveLedger({
      readModels: false,
      limits: { feed: { clients: 5, bufferedBytes: 100_000, heartbeatMs: 20 } },
    });
    const stream = await follow('/feed');
    served.pass(3_600_001);

    expect((await stream.ended()).at(-1)).toContain('expired');
  });

  it('that does not read what was stored before is dropped too', async () => {
    served = await serveLedger({
      readModels: false,
      limits: { feed: { clients: 5, bufferedBytes: 20_000, heartbeatMs: 20 } },
    });
    for (let sent = 0; sent < 12; sent += 1) {
      await served.openPermit(`p-${sent}`);
      await note(`p-${sent}`, 'x'.repeat(900_000));
    }
    const { hostname, port } = new URL(served.url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    const authorization = `Authorization: Bearer ${await served.token(auditor)}`;
    socket.write(`GET /feed?after=start HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${authorization}\r\n\r\n`);

    const listening = async () =>
      (await served.call('GET', '/metrics', { as: auditor })).text.match(/caseledger_feed_clients (\d+)/)![1];
    while ((await listening()) === '0');
    while ((await listening()) === '1');
    socket.destroy();
  });

  it('that does not read is dropped, and the server keeps little for it', async () => {
    served = await serveLedger({
      readModels: false,
      limits: { feed: { clients: 5, bufferedBytes: 20_000, heartbeatMs: 60_000 } },
    });
    const { hostname, port } = new URL(served.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /feed HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${await served.token(auditor)}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();

    const listening = async () =>
      (await served.call('GET', '/metrics', { as: auditor })).text.match(/caseledger_feed_clients (\d+)/)![1];
    expect(await listening()).toBe('1');
    for (let sent = 0; (await listening()) === '1'; sent += 1) {
      await served.openPermit(`p-${sent}`);
      await note(`p-${sent}`, 'x'.repeat(900_000));
    }
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.resume();
    await new Promise((resolve) => socket.once('end', resolve));

    expect(received).toContain('too slow; resume with Last-Event-ID');
    socket.destroy();
  });
});
