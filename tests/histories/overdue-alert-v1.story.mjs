const watch = { id: 'reaction:overdue-watch', roles: ['overdueWatch'] };
const reviewer = { id: 'reviewer-1', roles: ['reviewer'], department: 'market-regulation' };
const unitHead = { id: 'head-1', roles: ['unitHead'], department: 'market-regulation' };
const supervisor = { id: 'supervisor-1', roles: ['supervisor'], region: '330921' };

const rung = (caseId, name) => ({
  watched: { workflow: 'application', caseId },
  deadline: 'promise',
  generation: 1,
  rung: name,
  dueOn: '2026-03-10',
  region: '330921',
  department: 'market-regulation',
});
const met = (at) => ({ event: 'application.approved', at, how: 'met' });
const slept = (at, actor, type, data = {}, more = {}) => ({ at, caseId: 'slept', actor, type, data, ...more });
const grave = (at, actor, type, data = {}, more = {}) => ({ at, caseId: 'grave', actor, type, data, ...more });

/** Two alerts which between them meet every event of version 1: one that sleeps and wakes, one that is escalated. */
export default {
  workflow: 'overdue-alert',
  version: 1,
  steps: [
    slept('2026-03-09T01:00:00Z', watch, 'rung.reached', rung('a-1', 'nearDue')),
    slept('2026-03-09T02:00:00Z', reviewer, 'alert.acknowledged', { measure: 'waiting for the laboratory' }),
    slept('2026-03-09T03:00:00Z', watch, 'watch.suspended', {
      event: 'specialProcedure.started',
      at: '2026-03-09T03:00:00Z',
    }),
    slept('2026-03-12T01:00:00Z', watch, 'watch.resumed', {
      event: 'specialProcedure.ended',
      at: '2026-03-12T01:00:00Z',
    }),
    slept('2026-03-12T02:00:00Z', watch, 'rung.reached', rung('a-1', 'dueToday')),
    slept('2026-03-12T03:00:00Z', watch, 'watch.movedOn', met('2026-03-12T03:00:00Z')),

    grave('2026-03-09T01:00:00Z', watch, 'rung.reached', rung('a-2', 'nearDue')),
    grave('2026-03-09T02:00:00Z', unitHead, 'alert.acknowledged', { measure: 'another reviewer takes it' }),
    grave('2026-03-11T01:00:00Z', watch, 'rung.reached', rung('a-2', 'overdue')),
    grave('2026-03-12T01:00:00Z', supervisor, 'alert.escalated', {}, { reason: 'nothing has happened' }),
    grave('2026-03-16T01:00:00Z', watch, 'rung.reached', rung('a-2', 'over3')),
    grave('2026-03-17T01:00:00Z', watch, 'watch.suspended', {
      event: 'specialProcedure.started',
      at: '2026-03-17T01:00:00Z',
    }),
    grave('2026-03-19T01:00:00Z', watch, 'watch.resumed', {
      event: 'specialProcedure.ended',
      at: '2026-03-19T01:00:00Z',
    }),
    grave('2026-03-20T01:00:00Z', watch, 'watch.movedOn', met('2026-03-20T01:00:00Z')),
  ],
};
