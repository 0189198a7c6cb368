import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import { calendarInForce } from '../../src/domain/working-calendar.js';
import { caseDeadlines, explainCaseDeadline } from '../../src/engine/case-deadlines.js';
import { permitWorkflow } from '../support/permit.js';
import {
  clerk,
  codeOf,
  failureOf,
  granted,
  noted,
  type Office,
  openPermit,
  permitOffice,
  requested,
  sendPermit,
} from './permit-office.js';

const ref = { workflow: 'permit', caseId: 'p-1' };

/** A permit filed at one, noted at two and three, granted at four, each told an hour later but the first, which was told at once. */
async function told(): Promise<Office> {
  const office = await permitOffice();
  const { engine, clock } = office;
  clock.set('2026-03-02T01:00:00Z');
  await engine.open(openPermit('open-1', { caseId: 'p-1' }));
  clock.set('2026-03-02T02:00:00Z');
  await engine.send(sendPermit('p-1', 'note-1', noted('one')));
  clock.set('2026-03-02T03:00:00Z');
  await engine.send(sendPermit('p-1', 'note-2', noted('two', 'a remark')));
  clock.set('2026-03-02T04:00:00Z');
  await engine.send(sendPermit('p-1', 'grant', granted));
  return office;
}

describe('a case as it was', () => {
  it.each([
    [0, 'reviewing', 'open', 0],
    [1, 'reviewing', 'open', 1],
    [2, 'reviewing', 'open', 2],
    [3, 'granted', 'closed', 2],
    [99, 'granted', 'closed', 2],
  ])('at revision %i', async (revision, state, status, notes) => {
    const { engine } = await told();
    expect(await engine.load(ref, { asOf: { revision } })).toMatchObject({
      revision: Math.min(revision, 3),
      state,
      status,
      context: { notes },
    });
    expect(await engine.history(ref, { asOf: { revision } })).toHaveLength(Math.min(revision, 3) + 1);
  });

  it.each([
    ['2026-03-02T01:00:00Z', 0],
    ['2026-03-02T09:59:59.999+08:00', 0],
    ['2026-03-02T10:00:00+08:00', 1],
    ['2026-03-02T03:30:00Z', 2],
    ['2030-01-01T00:00:00Z', 3],
  ])('known at %s', async (instant, revision) => {
    const { engine } = await told();
    expect((await engine.load(ref, { asOf: { instant } })).revision).toBe(revision);
  });

  it('is not found before anything was known of it', async () => {
    const { engine } = await told();
    expect(await failureOf(engine.load(ref, { asOf: { instant: '2026-03-02T00:59:59.999Z' } }))).toEqual({
      code: 'CASE_NOT_FOUND',
      ...ref,
    });
    expect(await codeOf(engine.load(ref, { asOf: { revision: -1 } }))).toBe('CASE_NOT_FOUND');
  });

  it('cannot be asked of what is no instant', async () => {
    const { engine } = await told();
    expect(await failureOf(engine.load(ref, { asOf: { instant: 'yesterday' } }))).toMatchObject({
      code: 'COMMAND_INVALID',
      issues: [{ path: 'asOf' }],
    });
  });

  it('by when it happened: what was told late counts from when it happened', async () => {
    const { engine, clock } = await permitOffice();
    clock.set('2026-03-02T01:00:00Z');
    await engine.open(
      openPermit('open-1', {
        caseId: 'p-1',
        reason: 'paper form',
        events: [{ ...requested(), occurredAt: '2026-03-01T01:00:00Z' }],
      }),
    );
    const noon = { instant: '2026-03-01T12:00:00Z' };

    expect(await codeOf(engine.load(ref, { asOf: noon }))).toBe('CASE_NOT_FOUND');
    expect((await engine.load(ref, { asOf: { ...noon, by: 'occurred' } })).state).toBe('reviewing');
    expect((await engine.load(ref)).openedAt).toBe('2026-03-01T01:00:00.000Z');
  });

  it('never changes by what comes after', async () => {
    const { engine, clock } = await permitOffice();
    await engine.open(openPermit('open-1', { caseId: 'p-1' }));
    const seen: [object, object, object][] = [];
    for (const [step, command] of [noted('1'), noted('2', 'r'), noted('3'), granted].entries()) {
      clock.advance(60_000);
      await engine.send(sendPermit('p-1', `step-${step}`, command));
      const asOf = step % 2 === 0 ? { revision: step + 1 } : { instant: clock.now().toISOString() };
      seen.push([asOf, await engine.load(ref), await engine.history(ref)]);
      for (const [earlier, view, history] of seen) {
        expect(await engine.load(ref, { asOf: earlier as never })).toEqual(view);
        expect(await engine.history(ref, { asOf: earlier as never })).toEqual(history);
      }
    }
  });

  it('is shown to whoever reaches it now', async () => {
    const { engine } = await told();
    expect((await engine.load(ref, { asOf: { revision: 0 }, reader: clerk })).revision).toBe(0);
    expect(await codeOf(engine.load(ref, { asOf: { revision: 0 }, reader: { ...clerk, region: '330922' } }))).toBe(
      'CASE_NOT_FOUND',
    );
  });
});

describe('deadlines of a case', () => {
  it('run from when it was filed and are met by what ends them', async () => {
    const { stored } = await told();
    const history = await stored('p-1');
    const workflow = permitWorkflow();

    const [before] = caseDeadlines(workflow, history.slice(0, 3), chinaCalendar, '2026-03-02T03:30:00.000Z');
    expect(before).toMatchObject({
      name: 'decision',
      status: 'running',
      overdue: false,
      limit: 'statutory',
      kind: 'atMost',
      source: '行政许可法 42',
    });
    const [after] = caseDeadlines(workflow, history, chinaCalendar, '2026-03-02T05:00:00.000Z');
    expect(after).toMatchObject({
      name: 'decision',
      status: 'met',
      overdue: false,
      metAt: '2026-03-02T04:00:00.000Z',
      due: before!.due,
    });
  });

  it('are overdue once the day they are due has passed, without any event', async () => {
    const { stored } = await told();
    const history = (await stored('p-1')).slice(0, 2);
    const at = (now: string) => caseDeadlines(permitWorkflow(), history, chinaCalendar, now)[0]!;
    const due = at('2026-03-02T03:00:00.000Z').due.dueAt;
    const [just, passed] = [-1, 1].map((ms) => new Date(Date.parse(due) + ms).toISOString());
    expect([at(just!).overdue, at(passed!).overdue]).toEqual([false, true]);
  });

  it('explain themselves, and only those there are', async () => {
    const { stored } = await told();
    const history = await stored('p-1');
    const now = '2026-03-02T05:00:00.000Z';
    const explanation = explainCaseDeadline(permitWorkflow(), history, chinaCalendar, now, 'decision');
    expect(JSON.stringify(explanation)).toContain('2026-03');
    expect(calendarInForce(chinaCalendar, now)).toBeDefined();
    for (const deadline of ['appeal', 'toString']) {
      expect(
        await failureOf((async () => explainCaseDeadline(permitWorkflow(), history, chinaCalendar, now, deadline))()),
      ).toEqual({ code: 'DEADLINE_UNKNOWN', deadline, known: ['decision'] });
    }
  });
});
