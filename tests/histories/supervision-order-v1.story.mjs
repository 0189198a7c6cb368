const desk = { id: 'reaction:supervision-orders', roles: ['supervisionDesk'] };
const leader = { id: 'leader-1', roles: ['leader'] };
const supervisor = { id: 'supervisor-1', roles: ['supervisor'], region: '330921' };
const unitHead = { id: 'head-1', roles: ['unitHead'], department: 'market-regulation' };
const reviewer = { id: 'reviewer-1', roles: ['reviewer'], department: 'market-regulation' };
const callbackClerk = { id: 'callback-1', roles: ['callbackClerk'], region: '330921' };

const where = { region: '330921', department: 'market-regulation' };
const rated = (at, actor, type, data = {}, more = {}) => ({ at, caseId: 'rated', actor, type, data, ...more });
const late = (at, actor, type, data = {}, more = {}) => ({ at, caseId: 'late', actor, type, data, ...more });
const asked = (at, actor, type, data = {}, more = {}) => ({ at, caseId: 'asked', actor, type, data, ...more });
const visited = (outcome, means) => ({ returnVisit: { outcome, ...(means && { means }) } });

/** Three orders which between them meet every event of version 1: for a bad rating, an overdue case, and by a leader. */
export default {
  workflow: 'supervision-order',
  version: 1,
  steps: [
    rated('2026-03-02T01:00:00Z', desk, 'order.issued', {
      cause: 'dissatisfied',
      about: { workflow: 'application', caseId: 'a-1' },
      ...where,
    }),
    rated('2026-03-03T01:00:00Z', unitHead, 'order.accepted', { handler: 'clerk-7' }),
    rated('2026-03-09T01:00:00Z', reviewer, 'order.rectified', { measures: 'a second counter at noon' }),
    rated('2026-03-10T01:00:00Z', supervisor, 'rectification.sentBack', {}, { reason: 'closed on Fridays' }),
    rated('2026-03-12T01:00:00Z', unitHead, 'order.rectified', { measures: 'a second counter, every day' }),
    rated('2026-03-13T01:00:00Z', supervisor, 'rectification.verified'),
    rated('2026-03-16T01:00:00Z', callbackClerk, 'order.closed', visited('satisfied', 'telephone')),

    late('2026-03-02T01:00:00Z', desk, 'order.issued', {
      cause: 'overdue',
      about: { workflow: 'application', caseId: 'a-2' },
      from: { workflow: 'overdue-alert', caseId: 'alert-2' },
      ...where,
    }),
    late('2026-03-03T01:00:00Z', unitHead, 'order.accepted'),
    late('2026-03-04T01:00:00Z', unitHead, 'order.rectified', { measures: 'decided' }),
    late('2026-03-05T01:00:00Z', supervisor, 'rectification.verified'),
    late('2026-03-05T02:00:00Z', supervisor, 'rectification.sentBack', {}, { reason: 'decided, but not delivered' }),
    late('2026-03-06T01:00:00Z', unitHead, 'order.rectified', { measures: 'delivered' }),
    late('2026-03-09T01:00:00Z', supervisor, 'rectification.verified'),
    late('2026-03-09T02:00:00Z', supervisor, 'order.closed', visited('notNeeded')),

    asked('2026-03-02T01:00:00Z', leader, 'order.issued', {
      cause: 'leader',
      matter: 'queues at the tax windows',
      ...where,
    }),
    asked('2026-03-02T02:00:00Z', unitHead, 'order.accepted'),
  ],
};
