import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { gate } from '../engine/permit-office.js';
import { auditor, clerk, clerkElsewhere, decider, noted, type ServedLedger, serveLedger } from './served-ledger.js';

let served: ServedLedger;
let position: string;
beforeEach(async () => {
  served = await serveLedger();
  await served.openPermit('p-1');
  await served.openPermit('p-2', { department: 'traffic' });
  const last = await served.openPermit('p-3');
  position = last.body.position;
});
afterEach(() => served.close());

describe('lists', () => {
  it('show a write to whoever brings its position, within reach', async () => {
    const mine = await served.call('GET', `/cases?min-position=${position}`, { as: decider });
    const all = await served.call('GET', '/cases', { as: auditor, headers: { 'caseledger-position': position } });
    const elsewhere = await served.call('GET', `/cases?min-position=${position}`, { as: clerkElsewhere });

    expect(ids(mine.body)).toEqual(['p-1', 'p-3']);
    expect(ids(all.body)).toEqual(['p-1', 'p-2', 'p-3']);
    expect(elsewhere.body).toEqual({ items: [] });
  });

  it('are turned page by page, by cursor or by link', async () => {
    const first = await served.call('GET', `/cases?limit=2&status=open&min-position=${position}`, { as: auditor });
    const link = /<([^>]+)>; rel="next"/.exec(first.headers.get('link')!)![1]!;
    const second = await served.call('GET', link, { as: auditor });
    const foreign = await served.call('GET', `/cases?status=closed&cursor=${first.body.next}`, { as: auditor });

    expect([...ids(first.body), ...ids(second.body)].sort()).toEqual(['p-1', 'p-2', 'p-3']);
    expect([second.body.next, second.headers.get('link')]).toEqual([undefined, null]);
    expect([foreign.status, foreign.body.code]).toEqual([400, 'CURSOR_INVALID']);
  });

  it('refuse a position of another ledger, and what is none', async () => {
    const foreign = await served.call('GET', '/cases?min-position=0123456789ab-7', { as: clerk });
    const none = await served.call('GET', '/cases?min-position=latest', { as: clerk });

    expect([foreign.status, foreign.body.code]).toEqual([400, 'POSITION_FOREIGN']);
    expect([none.status, none.body.code]).toEqual([400, 'POSITION_INVALID']);
  });

  it('refuse a position the ledger has not come to', async () => {
    const [mark, head] = position.split('-');

    for (const ahead of ['9'.repeat(19), '9'.repeat(18), String(Number(head) + 1)]) {
      const answer = await served.call('GET', `/cases?min-position=${mark}-${ahead}`, { as: clerk });
      expect([answer.status, answer.body.code]).toEqual([400, 'POSITION_INVALID']);
    }
    expect(served.logged.filter(({ err }) => err !== undefined)).toEqual([]);
  });

  it('say how far behind they are when the position does not come', async () => {
    const store = memoryEventStore();
    const following = gate();
    let held = false;
    const slow = await serveLedger({
      store: {
        ...store,
        async *subscribe(options) {
          for await (const page of store.subscribe(options)) {
            if (held) await following.passed;
            yield page;
          }
        },
      },
    });
    try {
      held = true;
      await slow.openPermit('p-1');
      const opened = await slow.openPermit('p-2');
      const behind = await slow.call('GET', `/cases?min-position=${opened.body.position}`, { as: clerk });

      expect([behind.status, behind.body.code, behind.body.behind]).toEqual([503, 'PROJECTION_BEHIND', 2]);
      expect(behind.headers.get('retry-after')).toBe('1');
    } finally {
      following.open();
      await slow.close();
    }
  });

  it('tell the overdue rate of a period with what it counts, within reach', async () => {
    const ask = (query: string, as = auditor) =>
      served.call('GET', `/overdue-rate?${query}&min-position=${position}`, { as });
    const period = 'from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z';
    const all = await ask(`limit=statutory&${period}&by=department,handler`);
    const elsewhere = await ask(`limit=statutory&${period}`, clerkElsewhere);
    const backwards = await ask('limit=statutory&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z');
    const unsaid = await ask(period);

    expect(all.body).toMatchObject({
      limit: 'statutory',
      denominator: { zh: expect.stringContaining('期间内办结') },
      total: { due: 0, late: 0, dropped: 0 },
    });
    expect(all.body.total.rate).toBeUndefined();
    expect(elsewhere.body.total).toMatchObject({ due: 0 });
    expect([backwards.status, backwards.body.code]).toEqual([400, 'COMMAND_INVALID']);
    expect(unsaid.status).toBe(400);
  });

  it('show a clerk what they handle, and nobody what is paused too long where nothing is paused', async () => {
    const [mine, somebody, paused] = await Promise.all(
      [`handler=${clerk.id}`, 'handler=somebody', 'standing=pausedTooLong'].map((filter) =>
        served.call('GET', `/due?${filter}&min-position=${position}`, { as: auditor }),
      ),
    );

    expect(mine!.body.items).toHaveLength(3);
    expect(mine!.body.items[0]).toMatchObject({ handler: clerk.id });
    expect([somebody!.body, paused!.body]).toEqual([{ items: [] }, { items: [] }]);
  });

  it('count, and tell when what is due', async () => {
    const counts = await served.call('GET', `/counts?by=department,state&min-position=${position}`, { as: auditor });
    const due = await served.call('GET', `/due?department=traffic&min-position=${position}`, { as: auditor });
    const lateness = await served.call('GET', `/lateness?min-position=${position}`, { as: auditor });

    expect(counts.body.counts).toEqual([
      { department: 'housing', state: 'reviewing', cases: 2 },
      { department: 'traffic', state: 'reviewing', cases: 1 },
    ]);
    expect(due.body.items).toMatchObject([
      { caseId: 'p-2', deadline: 'decision', dueOn: '2026-04-03', standing: 'running' },
    ]);
    expect(lateness.body.limits).toMatchObject([{ workflow: 'permit', deadline: 'decision', open: 3, overdue: 0 }]);
  });

  it('hold a timeline without data', async () => {
    const { body } = await served.call('POST', '/cases/permit/p-1/events', {
      as: clerk,
      body: { commandId: 'n', event: noted('a word') },
    });
    const timeline = await served.call('GET', `/cases/permit/p-1/timeline?min-position=${body.position}`, {
      as: decider,
    });

    expect(timeline.body.items).toMatchObject([
      { type: 'permit.requested', role: 'clerk', revision: 0 },
      { type: 'permit.noted', role: 'clerk', revision: 1, position: body.position },
    ]);
    expect(timeline.text).not.toMatch(/a word|Chen Yu/);
  });
});

function ids(page: { readonly items: readonly { readonly caseId: string }[] }): string[] {
  return page.items.map(({ caseId }) => caseId).sort();
}
