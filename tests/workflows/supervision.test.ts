import {
  administrator,
  auditor,
  callbackClerk,
  intake,
  leader,
  reviewer,
  type Sent,
  type ServedCounty,
  serveCounty,
  supervisor,
  supervisorElsewhere,
  terminal,
  toDelivery,
  unitHead,
} from '../support/served-county.js';

let county: ServedCounty;
beforeEach(async () => {
  county = await serveCounty();
});
afterEach(() => county.close());

/** From an order issued to one that is closed. */
const throughTheOrder: readonly Sent[] = [
  [unitHead, 'order.accepted', {}],
  [unitHead, 'order.rectified', { measures: 'a second counter at noon' }],
  [supervisor, 'rectification.sentBack', {}, 'the counter is closed on Fridays'],
  [unitHead, 'order.rectified', { measures: 'a second counter, every day' }],
  [supervisor, 'rectification.verified'],
  [callbackClerk, 'order.closed', { returnVisit: { outcome: 'satisfied', means: 'telephone' } }],
];

const stateOf = async (workflow: string) => (await county.cases(workflow)).map(({ state }) => state);

describe('a dissatisfied rating', () => {
  it('issues a supervision order, which is walked to its end with the outcome of the return visit', async () => {
    const application = await county.application('rated');
    await county.walk(application, ...toDelivery, [terminal, 'evaluation.given', { level: 1 }]);

    const [order] = await county.cases('supervision-order');
    expect(order).toMatchObject({ state: 'issued', department: 'market-regulation', region: '330921' });
    const { body } = await county.get(unitHead, `/cases/supervision-order/${order!.caseId}/history`);
    expect(body.events[0].data).toMatchObject({
      cause: 'dissatisfied',
      about: { workflow: 'application', caseId: 'rated' },
    });

    await county.walk(order!, ...throughTheOrder);
    const [closed] = await county.cases('supervision-order');
    expect(closed).toMatchObject({ state: 'closed', status: 'closed' });
    const view = await county.get(auditor, `/cases/supervision-order/${order!.caseId}`);
    expect(view.body.context).toMatchObject({ cause: 'dissatisfied', sentBack: 1, visit: 'satisfied' });
  });

  it('gives the unit one working day to accept and fifteen to rectify', async () => {
    await county.walk(await county.application('rated'), ...toDelivery, [terminal, 'evaluation.given', { level: 2 }]);
    const [order] = await county.cases('supervision-order');

    const { body } = await county.get(unitHead, `/cases/supervision-order/${order!.caseId}/deadlines`);
    expect(body.deadlines.map((one: { name: string; due: { dueOn: string } }) => [one.name, one.due.dueOn])).toEqual([
      ['acceptance', '2026-03-03'],
      ['rectification', '2026-03-23'],
    ]);
  });

  it('is not closed without a return visit, nor while the person is still dissatisfied', async () => {
    await county.walk(await county.application('rated'), ...toDelivery, [terminal, 'evaluation.given', { level: 1 }]);
    const [order] = await county.cases('supervision-order');
    await county.walk(order!, ...throughTheOrder.slice(0, 5));

    for (const [outcome, guard] of [
      ['notNeeded', 'visitIsMade'],
      ['dissatisfied', 'visitIsContent'],
    ]) {
      const answer = await county.send(order!, [callbackClerk, 'order.closed', { returnVisit: { outcome } }]);
      expect([answer.status, answer.body.reasons[0].guard]).toEqual([409, guard]);
    }
  });

  it('that is satisfied issues nothing', async () => {
    await county.walk(await county.application('rated'), ...toDelivery, [terminal, 'evaluation.given', { level: 5 }]);

    expect(await county.cases('supervision-order')).toEqual([]);
  });
});

describe('an overdue case', () => {
  it('raises an alert, amber and then red, which is escalated and walked to a closed supervision order', async () => {
    const application = await county.application('late');
    await county.walk(application, ...toDelivery.slice(0, 2));
    county.set('2026-03-06T01:00:00Z');
    await county.reachRung(application, 'promise', 'nearDue');
    expect(await stateOf('overdue-alert')).toEqual(['raised.amber']);

    county.set('2026-03-11T01:00:00Z');
    await county.reachRung(application, 'promise', 'overdue');
    const [alert, ...others] = await county.cases('overdue-alert');
    expect([alert!.state, others]).toEqual(['raised.red', []]);

    const unexplained = await county.send(alert!, [supervisor, 'alert.escalated', {}]);
    expect([unexplained.status, unexplained.body.code]).toEqual([400, 'REASON_REQUIRED']);
    await county.walk(alert!, [supervisor, 'alert.escalated', {}, 'three days without an answer']);
    const [order] = await county.cases('supervision-order');
    expect(order!.state).toBe('issued');
    const { body } = await county.get(unitHead, `/cases/supervision-order/${order!.caseId}/deadlines`);
    expect(body.deadlines.map((one: { due: { dueOn: string } }) => one.due.dueOn)).toEqual([
      '2026-03-12',
      '2026-03-16',
    ]);

    await county.walk(application, ...toDelivery.slice(2));
    expect(await stateOf('overdue-alert')).toEqual(['resolved']);
    await county.walk(order!, ...throughTheOrder.slice(0, 5), [
      supervisor,
      'order.closed',
      { returnVisit: { outcome: 'notNeeded' } },
    ]);
    expect(await stateOf('supervision-order')).toEqual(['closed']);
    expect((await county.get(administrator, '/reactions/refused')).body.items).toEqual([]);
  });

  it('has one alert per generation of its deadline; an extension ends the one before', async () => {
    const application = await county.application('late');
    await county.walk(application, ...toDelivery.slice(0, 2));
    county.set('2026-03-25T01:00:00Z');
    await county.reachRung(application, 'decision', 'nearDue');
    await county.walk(application, [unitHead, 'decision.extended', { notice: '延期 1' }, 'hard to judge']);
    expect(await stateOf('overdue-alert')).toEqual(['resolved']);
    county.set('2026-03-26T01:00:00Z');
    await county.reachRung(application, 'decision', 'nearDue');

    expect(await stateOf('overdue-alert')).toEqual(['resolved', 'raised.amber']);
  });

  it('lets its alert sleep while its clock stands still, and wakes it in the colour it had', async () => {
    const application = await county.application('late');
    await county.walk(application, ...toDelivery.slice(0, 2));
    await county.reachRung(application, 'promise', 'nearDue');
    const [alert] = await county.cases('overdue-alert');
    await county.walk(alert!, [reviewer, 'alert.acknowledged', { measure: 'waiting for the laboratory' }]);
    await county.walk(application, [
      reviewer,
      'specialProcedure.started',
      { procedure: 'testing', notice: '特别程序 1', expectedEnd: '2026-03-10' },
    ]);
    expect(await stateOf('overdue-alert')).toEqual(['suspended']);
    await county.walk(application, [reviewer, 'specialProcedure.ended', { finding: 'in order' }]);

    expect(await stateOf('overdue-alert')).toEqual(['raised.amber']);
  });

  it('that has moved on before its rung is reacted to has its alert resolved at once', async () => {
    const application = await county.application('late');
    await county.walk(application, ...toDelivery.slice(0, 2));
    await county.models.reactions.stop();
    await county.reachRung(application, 'promise', 'nearDue');
    await county.walk(application, [intake, 'application.withdrawn', {}, 'applies elsewhere']);
    const { followLedger } = await import('../../src/read-models.js');
    const later = await followLedger(county.ledger, { views: undefined, clock: county.ledger.clock, react: true });
    const head = (await county.ledger.store.head())!;
    await later.reactions.waitFor(head);
    await later.close();

    await county.models.projections.waitFor((await county.ledger.store.head())!);
    const { body } = await county.get(auditor, '/cases?workflow=overdue-alert');
    expect(body.items.map((one: { state: string }) => one.state)).toEqual(['resolved']);
  });
});

describe('a case decided after its limit', () => {
  it('is delivered and rated, and closes only once the reason is stated and published', async () => {
    const application = await county.application('late');
    await county.walk(application, ...toDelivery.slice(0, 3));
    county.set('2026-03-12T01:00:00Z');
    await county.walk(application, ...toDelivery.slice(3));
    county.set('2026-05-12T01:00:00Z');
    const lapsed = await county.send(application, [{ id: 'alarm-clock', roles: ['alarmClock'] }, 'evaluation.lapsed']);
    expect([lapsed.status, lapsed.body.reasons.map(({ title }: { title: { zh: string } }) => title.zh)]).toEqual([
      409,
      ['办件已超过办理时限，未公开说明理由的，不得办结'],
    ]);

    await county.walk(application, [terminal, 'evaluation.given', { level: 4 }]);
    expect(await county.cases('application')).toMatchObject([
      { state: 'handling.delivered+loop.explaining.rated', status: 'open' },
    ]);
    await county.walk(
      application,
      [unitHead, 'overdue.explained', { deadline: 'promise', explanation: 'the laboratory was flooded' }],
      [unitHead, 'explanation.published', { where: '县政务服务网公告栏', publishedOn: '2026-05-12' }],
    );
    expect(await county.cases('application')).toMatchObject([{ status: 'closed' }]);
  });
});

describe('a supervision order', () => {
  it('may be issued by a leader, in whose name nobody else issues one', async () => {
    const matter = { cause: 'leader', matter: 'queues at the tax windows', department: 'market-regulation' };
    const forged = await county.open('supervision-order', 'forged', [
      supervisor,
      'order.issued',
      { ...matter, region: '330921' },
    ]);
    expect([forged.status, forged.body.reasons?.[0].guard]).toEqual([409, 'causeIsTheSenders']);
    expect((await county.open('supervision-order', 'order-1', [leader, 'order.issued', matter])).status).toBe(201);
  });

  it('names what it is about', async () => {
    const empty = await county.open('supervision-order', 'empty', [leader, 'order.issued', { cause: 'leader' }]);

    expect(empty.body.reasons[0].guard).toBe('causeIsNamed');
  });
});

describe('a command between cases that its target refuses', () => {
  /** The alert of a case is taken from under the reaction: somebody resolved it by hand, so to say. */
  async function refusedRung() {
    const application = await county.application('late');
    await county.walk(application, ...toDelivery.slice(0, 2));
    await county.reachRung(application, 'promise', 'nearDue');
    const [alert] = await county.cases('overdue-alert');
    await county.ledger.send({
      ...alert!,
      commandId: 'by-hand',
      actor: { id: 'operator', roles: ['overdueWatch'] },
      events: [{ type: 'watch.movedOn', data: { event: 'nothing', at: '2026-03-02T01:00:00Z', how: 'met' } }],
    });
    await county.reachRung(application, 'promise', 'overdue');
    await county.quiet();
    return { application, alert: alert! };
  }

  it('is shown on the timelines of both cases, to whoever reaches them', async () => {
    const { application, alert } = await refusedRung();

    const ofSource = await county.get(supervisor, `/cases/application/${application.caseId}/timeline`);
    const ofTarget = await county.get(supervisor, `/cases/overdue-alert/${alert.caseId}/timeline`);
    const refusal = {
      reaction: 'overdue-watch',
      outcome: 'refused',
      code: 'EVENT_NOT_ALLOWED',
      cause: { workflow: 'application', caseId: 'late', type: 'deadline.reached' },
      target: { workflow: 'overdue-alert', caseId: alert.caseId },
    };
    expect(ofSource.body.reactions).toMatchObject([refusal]);
    expect(ofTarget.body.reactions).toMatchObject([refusal]);
    expect((await county.get(supervisorElsewhere, `/cases/application/late/timeline`)).status).toBe(404);
  });

  it('stands in the worklist, within reach, and in the metrics', async () => {
    await refusedRung();

    expect((await county.get(supervisor, '/reactions/refused')).body.items).toMatchObject([
      { reaction: 'overdue-watch', refusal: expect.stringContaining('not allowed') },
    ]);
    expect((await county.get(supervisorElsewhere, '/reactions/refused')).body.items).toEqual([]);
    expect((await county.get(administrator, '/reactions')).body.reactions).toMatchObject([
      { name: 'overdue-watch', lag: 0, refused: 1, title: { zh: '时限节点触发超期预警' } },
      { name: 'supervision-orders', lag: 0, refused: 0 },
    ]);
    const { text } = await county.get(administrator, '/metrics');
    expect(text).toContain('caseledger_reaction_commands_refused{reaction="overdue-watch"} 1');
    expect(text).toContain('caseledger_reaction_lag_events{reaction="overdue-watch"} 0');
  });

  it('is for nobody to see who has no business with it', async () => {
    for (const path of ['/reactions', '/reactions/parked', '/reactions/refused'])
      expect((await county.get(intake, path)).status).toBe(403);
    for (const what of ['release', 'skip'])
      expect((await county.post(auditor, `/reactions/parked/none/${what}`, { reason: 'why not' })).status).toBe(403);
    const none = await county.post(administrator, '/reactions/parked/none/skip', { reason: 'why not' });
    expect([none.status, none.body.code]).toEqual([404, 'REACTION_NOT_PARKED']);
  });
});
