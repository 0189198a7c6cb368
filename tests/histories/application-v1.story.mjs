const intake = { id: 'intake-1', roles: ['intake'], region: '330921' };
const reviewer = { id: 'reviewer-1', roles: ['reviewer'], department: 'market-regulation' };
const healthReviewer = { id: 'reviewer-2', roles: ['reviewer'], department: 'health' };
const decider = { id: 'decider-1', roles: ['decider'], department: 'market-regulation' };
const healthDecider = { id: 'decider-2', roles: ['decider'], department: 'health' };
const unitHead = { id: 'head-1', roles: ['unitHead'], department: 'market-regulation' };
const healthHead = { id: 'head-2', roles: ['unitHead'], department: 'health' };
const supervisor = { id: 'supervisor-1', roles: ['supervisor'], region: '330921', department: 'government-office' };
const callbackClerk = { id: 'callback-1', roles: ['callbackClerk'], region: '330921' };
const terminal = { id: 'terminal-3', roles: ['ratingTerminal'], region: '330921' };
const alarmClock = { id: 'alarm-clock', roles: ['alarmClock'] };
const importer = { id: 'log-import', roles: ['importer'] };

const enterprise = {
  kind: 'enterprise',
  name: '岱山某某餐饮有限公司',
  idNumber: '91330921MA2A0000X0',
  phone: '0580-1234567',
};
const person = { kind: 'person', name: '陈雨', idNumber: '330921199001010010' };
const agent = { name: '李四', idNumber: '33092119900101001X', authority: '授权 1' };
const materials = (...codes) => codes.map((material) => ({ material, form: 'electronic' }));

const filing = {
  item: 'food-business-licence',
  region: '330921',
  channel: 'window',
  applicant: enterprise,
  materials: materials('application-form', 'premises-layout'),
};
const incomplete = { ...filing, materials: materials('application-form') };
const missing = { notice: '补正 1', materials: [{ material: 'premises-layout', defect: 'not handed in' }] };
const licensed = (at, actor, type, data = {}, more = {}) => ({ at, caseId: 'licensed', actor, type, data, ...more });
const denied = (at, actor, type, data = {}, more = {}) => ({ at, caseId: 'denied', actor, type, data, ...more });
const reviewed = { opinion: 'approve', basis: '食品安全法 33' };

/** Six applications which between them meet every event of version 1. */
export default {
  workflow: 'application',
  version: 1,
  steps: [
    licensed('2026-03-02T01:00:00Z', intake, 'application.received', { ...incomplete, agent }),
    licensed('2026-03-02T02:00:00Z', intake, 'supplement.requested', missing),
    licensed('2026-03-03T01:00:00Z', intake, 'application.supplemented', { materials: materials('premises-layout') }),
    licensed('2026-03-03T02:00:00Z', intake, 'application.accepted', { notice: '受理 1' }),
    licensed('2026-03-04T01:00:00Z', reviewer, 'review.started'),
    licensed('2026-03-04T02:00:00Z', reviewer, 'specialProcedure.started', {
      procedure: 'inspection',
      notice: '特别程序 1',
      expectedEnd: '2026-03-10',
    }),
    licensed('2026-03-10T01:00:00Z', reviewer, 'specialProcedure.ended', { finding: 'in order' }),
    licensed('2026-03-11T01:00:00Z', unitHead, 'decision.extended', { notice: '延期 1' }, { reason: 'hard to judge' }),
    licensed('2026-03-12T01:00:00Z', reviewer, 'review.completed', reviewed),
    licensed('2026-03-12T02:00:00Z', decider, 'review.returned', {}, { reason: 'the layout is not legible' }),
    licensed('2026-03-13T01:00:00Z', reviewer, 'review.completed', reviewed),
    licensed('2026-03-13T02:00:00Z', decider, 'application.approved', { decision: '准予 1', validUntil: '2031-03-12' }),
    licensed('2026-03-16T01:00:00Z', intake, 'result.dispatched', { trackingNumber: 'EMS-1', address: '高亭镇 1 号' }),
    licensed('2026-03-18T01:00:00Z', intake, 'result.returned', {}, { reason: 'nobody was there' }),
    licensed('2026-03-19T01:00:00Z', intake, 'result.delivered', { method: 'window' }),
    licensed('2026-03-19T02:00:00Z', terminal, 'evaluation.given', { level: 1, comment: '等了两个小时' }),
    licensed('2026-03-20T01:00:00Z', callbackClerk, 'returnVisit.recorded', {
      means: 'telephone',
      heard: '中午没有人',
      cause: 'waited two hours',
    }),
    licensed(
      '2026-03-20T02:00:00Z',
      unitHead,
      'appeal.filed',
      { ground: 'mistaken' },
      { reason: 'meant for another window' },
    ),
    licensed('2026-03-23T01:00:00Z', supervisor, 'appeal.dismissed', {}, { reason: 'the records say otherwise' }),
    licensed('2026-03-24T01:00:00Z', intake, 'rectification.completed', { measures: 'a second counter' }),
    licensed('2026-03-25T01:00:00Z', callbackClerk, 'rectification.rejected', {}, { reason: 'closed at noon' }),
    licensed('2026-03-26T01:00:00Z', intake, 'rectification.completed', { measures: 'a second counter at noon' }),
    licensed('2026-03-27T01:00:00Z', callbackClerk, 'rectification.confirmed'),
    licensed('2026-03-30T01:00:00Z', terminal, 'evaluation.given', { level: 5 }),

    denied('2026-03-02T01:00:00Z', intake, 'application.received', { ...filing, applicant: person }),
    denied('2026-03-02T02:00:00Z', intake, 'application.accepted', { notice: '受理 2' }),
    denied('2026-03-03T01:00:00Z', importer, 'review.completed', reviewed, { recorded: true }),
    denied(
      '2026-03-03T02:00:00Z',
      reviewer,
      'application.transferred',
      { department: 'health' },
      { reason: 'a matter of public health' },
    ),
    denied('2026-03-04T01:00:00Z', healthReviewer, 'review.started'),
    denied('2026-03-05T01:00:00Z', healthReviewer, 'review.completed', { opinion: 'deny', basis: '食品安全法 33' }),
    denied(
      '2026-03-06T01:00:00Z',
      healthDecider,
      'application.denied',
      {
        decision: '不予 1',
        remedies: {
          reconsideration: { authority: '岱山县人民政府', days: 60 },
          litigation: { court: '岱山县人民法院', months: 6 },
        },
      },
      { reason: 'the premises lie next to a rubbish tip' },
    ),
    denied('2026-03-06T02:00:00Z', terminal, 'evaluation.given', { level: 2 }),
    denied('2026-03-07T01:00:00Z', callbackClerk, 'returnVisit.recorded', { means: 'onSite', cause: 'denied' }),
    denied('2026-03-09T01:00:00Z', healthHead, 'appeal.filed', { ground: 'malicious' }, { reason: 'the law was kept' }),
    denied('2026-03-10T01:00:00Z', supervisor, 'appeal.upheld', {}, { reason: 'the decision was right' }),

    ...['lapsed', 'notAccepted', 'withdrawn'].map((caseId) => ({
      at: '2026-03-02T01:00:00Z',
      caseId,
      actor: intake,
      type: 'application.received',
      data: incomplete,
    })),
    ...[
      ['2026-03-02T01:00:00Z', intake, 'application.received', filing],
      ['2026-03-02T02:00:00Z', intake, 'application.accepted', { notice: '受理 3' }],
      ['2026-03-03T01:00:00Z', reviewer, 'review.started', {}],
      ['2026-03-20T01:00:00Z', reviewer, 'review.completed', reviewed],
      ['2026-03-20T02:00:00Z', decider, 'application.approved', { decision: '准予 3' }],
      ['2026-03-20T03:00:00Z', intake, 'result.delivered', { method: 'electronic' }],
      ['2026-03-20T04:00:00Z', terminal, 'evaluation.given', { level: 3 }],
      [
        '2026-03-23T01:00:00Z',
        unitHead,
        'overdue.explained',
        { deadline: 'promise', explanation: 'the laboratory was flooded' },
      ],
      [
        '2026-03-23T02:00:00Z',
        unitHead,
        'explanation.published',
        { where: '县政务服务网公告栏', publishedOn: '2026-03-23' },
      ],
    ].map(([at, actor, type, data]) => ({ at, caseId: 'late', actor, type, data })),

    { at: '2026-03-02T02:00:00Z', caseId: 'lapsed', actor: intake, type: 'supplement.requested', data: missing },
    { at: '2026-05-06T01:00:00Z', caseId: 'lapsed', actor: alarmClock, type: 'supplement.lapsed', data: {} },
    {
      at: '2026-03-03T01:00:00Z',
      caseId: 'notAccepted',
      actor: intake,
      type: 'application.notAccepted',
      data: { notice: '不受理 1', ground: 'notCompetent', competentAuthority: '舟山市市场监督管理局' },
      reason: 'not within the powers of this office',
    },
    { at: '2026-04-07T01:00:00Z', caseId: 'notAccepted', actor: alarmClock, type: 'evaluation.lapsed', data: {} },
    {
      at: '2026-03-03T01:00:00Z',
      caseId: 'withdrawn',
      actor: intake,
      type: 'application.withdrawn',
      data: {},
      reason: 'the shop will not open',
    },
  ],
};
