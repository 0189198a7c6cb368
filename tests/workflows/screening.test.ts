import { CaseError } from '../../src/domain/case-error.js';
import { openScreenings, type ScreeningDeps, screeningCaseId } from '../../src/screening/screening-round.js';
import type { ScreeningLine } from '../../src/workflows/screening/v1/events.js';
import {
  auditor,
  decider,
  intake,
  reviewer,
  type ServedCounty,
  serveCounty,
  supervisor,
  toDelivery,
  unitHead,
} from '../support/served-county.js';

let county: ServedCounty;
beforeEach(async () => {
  county = await serveCounty();
});
afterEach(() => county.close());

const DEPARTMENT = 'market-regulation';

function deps(over: Partial<ScreeningDeps['ledger']> = {}): ScreeningDeps {
  const { ledger, models } = county;
  return {
    ledger: { ...ledger, ...over },
    queries: models.projections.queries,
    outcomes: models.reactionOutcomes,
    clock: ledger.clock,
  };
}

/** Opens the day's screening of the department and gives its lines. */
async function screened(date?: string) {
  await county.quiet();
  const opened = await openScreenings(deps(), date);
  const ref = { workflow: 'screening', caseId: opened.find(({ department }) => department === DEPARTMENT)!.caseId };
  const { body } = await county.get(supervisor, `/cases/screening/${ref.caseId}/history`);
  const lines = (body.events as { type: string; data: { lines: ScreeningLine[] } }[])
    .filter(({ type }) => type === 'lines.listed')
    .flatMap(({ data }) => data.lines);
  return { ref, lines, opened, events: body.events as { type: string }[] };
}

const shown = (lines: readonly ScreeningLine[]): readonly string[] =>
  lines.map(({ kind, caseId, deadline, event }) => [kind, caseId, deadline ?? event].join(' ')).sort();

/** An application under review from the morning of 2 March; promised by the 9th. */
async function underReview(caseId: string) {
  const ref = await county.application(caseId);
  await county.walk(ref, ...toDelivery.slice(0, 2));
  return ref;
}

describe('the screening of a day', () => {
  it('cannot be closed with a line unmarked, and says which', async () => {
    await underReview('near');
    await underReview('far');
    county.set('2026-03-06T01:00:00Z');
    const { ref, lines } = await screened();
    expect(shown(lines)).toEqual(['near far promise', 'near near promise']);

    const [first, second] = lines as [ScreeningLine, ScreeningLine];
    await county.walk(ref, [supervisor, 'lines.marked', { marks: [{ line: first.id, finding: 'urged' }] }]);
    const refused = await county.send(ref, [supervisor, 'screening.closed']);
    expect([refused.status, refused.body.code, refused.body.reasons[0].title]).toEqual([
      409,
      'GUARD_DENIED',
      {
        en: `1 line(s) are not marked: application ${second.caseId} (near)`,
        zh: `尚有 1 项未核查：application ${second.caseId} (near)`,
      },
    ]);

    await county.walk(
      ref,
      [
        supervisor,
        'lines.marked',
        { marks: [{ line: second.id, finding: 'inOrder', note: 'decided this afternoon' }] },
      ],
      [supervisor, 'screening.closed'],
    );
    const { body } = await county.get(auditor, `/cases/screening/${ref.caseId}`);
    expect([body.state, body.status]).toEqual(['closed', 'closed']);
  });

  it('lists open cases near due and overdue, whatever alarms have been raised', async () => {
    await underReview('late');
    county.set('2026-03-10T01:00:00Z');
    await underReview('fresh');
    const { lines } = await screened();

    expect(shown(lines)).toEqual(['overdue late promise']);
    expect(lines[0]).toMatchObject({ workflow: 'application', dueOn: '2026-03-09' });
  });

  it('lists the refusals, withdrawals and late entries of the time since the one before', async () => {
    const [refused, withdrawn] = [await county.application('refused'), await county.application('withdrawn')];
    await county.walk(refused, [
      intake,
      'application.notAccepted',
      { notice: '不予受理 1', ground: 'otherwiseProvided' },
      'no such shop',
    ]);
    await county.walk(withdrawn, [intake, 'application.withdrawn', {}, 'applies elsewhere']);
    await county.post(intake, '/cases/application', {
      commandId: 'late entry',
      caseId: 'lateEntry',
      reason: 'the network was down',
      event: {
        type: 'application.received',
        occurredAt: '2026-02-28T03:00:00Z',
        data: {
          item: 'food-business-licence',
          region: '330921',
          channel: 'window',
          applicant: { kind: 'enterprise', name: '某某', idNumber: '9133' },
          materials: [],
        },
      },
    });
    const first = await screened();
    expect(shown(first.lines)).toEqual([
      'lateEntry lateEntry application.received',
      'refused refused application.notAccepted',
      'withdrawn withdrawn application.withdrawn',
    ]);

    county.set('2026-03-03T01:00:00Z');
    const other = await county.application('other');
    await county.walk(other, [intake, 'application.withdrawn', {}, 'once more']);
    expect(shown((await screened()).lines)).toEqual(['withdrawn other application.withdrawn']);
  });

  it('lists pauses longer than their rule, and on its day one begun near the due date', async () => {
    const [soon, long] = [await underReview('soon'), await underReview('long')];
    const paused = (ref: typeof soon) =>
      county.walk(ref, [
        reviewer,
        'specialProcedure.started',
        { procedure: 'testing', notice: '特别程序 1', expectedEnd: '2026-06-30' },
      ]);
    await paused(long);
    county.set('2026-03-06T02:00:00Z');
    await paused(soon);
    expect(shown((await screened()).lines)).toEqual(['pausedNearDue soon promise']);

    // Thirty working days, Qingming left out, end with 14 April.
    county.set('2026-04-14T01:00:00Z');
    expect(shown((await screened()).lines)).toEqual([]);
    county.set('2026-04-15T01:00:00Z');
    expect(shown((await screened()).lines)).toEqual(['pausedTooLong long decision', 'pausedTooLong long promise']);
  });

  it('lists commands between cases that were refused', async () => {
    const ref = await underReview('late');
    await county.reachRung(ref, 'promise', 'nearDue');
    const [alert] = await county.cases('overdue-alert');
    await county.ledger.send({
      ...alert!,
      commandId: 'by-hand',
      actor: { id: 'operator', roles: ['overdueWatch'] },
      events: [{ type: 'watch.movedOn', data: { event: 'nothing', at: '2026-03-02T01:00:00Z', how: 'met' } }],
    });
    await county.reachRung(ref, 'promise', 'overdue');
    const { lines } = await screened();

    expect(lines).toMatchObject([
      { kind: 'reactionRefused', caseId: 'late', reaction: 'overdue-watch', code: 'EVENT_NOT_ALLOWED' },
    ]);
  });

  it('issues a supervision order for a line marked so, once', async () => {
    await underReview('late');
    county.set('2026-03-11T01:00:00Z');
    const { ref, lines } = await screened();
    const mark = (finding: string) => ({ marks: [{ line: lines[0]!.id, finding, note: 'two days over' }] });
    await county.walk(ref, [supervisor, 'lines.marked', mark('order')]);
    const again = await county.send(ref, [supervisor, 'lines.marked', mark('order')]);
    expect([again.status, again.body.reasons[0].guard]).toEqual([409, 'ordersStand']);

    const orders = await county.cases('supervision-order');
    expect(orders).toMatchObject([{ state: 'issued', department: DEPARTMENT }]);
    const { body } = await county.get(unitHead, `/cases/supervision-order/${orders[0]!.caseId}/history`);
    expect(body.events[0].data).toMatchObject({
      cause: 'screening',
      about: { workflow: 'application', caseId: 'late' },
      from: ref,
      matter: 'two days over',
    });
  });

  it('takes no mark on what it does not list, and none by anybody else', async () => {
    await underReview('near');
    county.set('2026-03-06T01:00:00Z');
    const { ref, lines } = await screened();
    const marks = [{ line: '00000000-0000-4000-8000-000000000000', finding: 'inOrder' }];

    expect((await county.send(ref, [supervisor, 'lines.marked', { marks }])).body.reasons[0].guard).toBe(
      'linesAreListed',
    );
    const byOther = await county.send(ref, [
      decider,
      'lines.marked',
      { marks: [{ line: lines[0]!.id, finding: 'inOrder' }] },
    ]);
    expect(byOther.status).toBe(403);
  });

  it('is there for a department with open cases and nothing to look at, and may be closed at once', async () => {
    await underReview('fresh');
    const { ref, lines } = await screened();
    expect(lines).toEqual([]);

    await county.walk(ref, [supervisor, 'screening.closed']);
  });
});

describe('opening the screenings of a day', () => {
  it('again changes nothing, by whomever and however often', async () => {
    await underReview('near');
    county.set('2026-03-06T01:00:00Z');
    const first = await screened();
    await underReview('more');
    const second = await screened();

    expect(second.ref).toEqual(first.ref);
    expect(second.events).toEqual(first.events);
    expect(first.ref.caseId).toBe(screeningCaseId(county.ledger.id, '2026-03-06', DEPARTMENT));
  });

  it('at the same time in two places lists each line once', async () => {
    for (const caseId of ['a', 'b', 'c']) await underReview(caseId);
    county.set('2026-03-06T01:00:00Z');
    await county.quiet();
    await Promise.all([openScreenings(deps()), openScreenings(deps())]);
    const { ref, lines } = await screened();

    expect(new Set(lines.map(({ id }) => id)).size).toBe(3);
    expect((await county.get(auditor, `/cases/screening/${ref.caseId}`)).body.state).toBe('marking');
  });

  it('goes on where a crash left it', async () => {
    await underReview('near');
    county.set('2026-03-06T01:00:00Z');
    await county.quiet();
    for (let stops = 0; ; stops += 1) {
      let calls = 0;
      const stopping =
        <Args extends unknown[], Result>(method: (...args: Args) => Promise<Result>) =>
        async (...args: Args): Promise<Result> => {
          const answer = await method(...args);
          calls += 1;
          if (calls > stops) throw new CaseError({ code: 'STORE_CLOSED' });
          return answer;
        };
      const { open, send } = county.ledger;
      const done = await openScreenings(deps({ open: stopping(open), send: stopping(send) })).catch(() => undefined);
      if (done) break;
    }
    const { events, lines } = await screened();

    expect(shown(lines)).toEqual(['near near promise']);
    expect(events.map(({ type }) => type)).toEqual(['screening.opened', 'lines.listed', 'listing.completed']);
  });

  it('lists nothing that came after it was opened, where it goes on after a crash: the next day lists that', async () => {
    const withdraw = async (caseId: string) =>
      county.walk(await county.application(caseId), [intake, 'application.withdrawn', {}, 'applies elsewhere']);
    await underReview('open');
    await withdraw('before');
    await county.quiet();
    const crash = async () => {
      throw new CaseError({ code: 'STORE_CLOSED' });
    };
    await expect(openScreenings(deps({ send: crash }))).rejects.toThrow('the store is closed');

    county.set('2026-03-02T05:00:00Z');
    await withdraw('after');
    expect(shown((await screened('2026-03-02')).lines)).toEqual(['withdrawn before application.withdrawn']);
    county.set('2026-03-03T01:00:00Z');
    expect(shown((await screened()).lines)).toEqual(['withdrawn after application.withdrawn']);
  });

  it('lists many lines in several events', async () => {
    const filing = {
      item: 'food-business-licence',
      region: '330921',
      channel: 'window',
      applicant: { kind: 'enterprise', name: '某某', idNumber: '9133' },
      materials: [],
    };
    const file = (_: unknown, index: number) =>
      county.ledger.open({
        workflow: 'application',
        caseId: `many-${index}`,
        commandId: `many-${index}`,
        actor: intake,
        events: [{ type: 'application.received', data: filing }],
      });
    // The first makes the applicant known, so that the others need no key of their own.
    await file(undefined, 0);
    await Promise.all(Array.from({ length: 619 }, (_, index) => file(_, index + 1)));
    county.set('2026-03-20T01:00:00Z');
    const { lines, events } = await screened();

    expect(lines).toHaveLength(620);
    expect(events.map(({ type }) => type)).toEqual([
      'screening.opened',
      'lines.listed',
      'lines.listed',
      'listing.completed',
    ]);
  });
});
