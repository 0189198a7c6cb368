const desk = { id: 'screening-desk', roles: ['screeningDesk'] };
const supervisor = { id: 'supervisor-1', roles: ['supervisor'], region: '330921' };

const line = (number, kind, caseId, more) => ({
  id: `00000000-0000-5000-8000-00000000000${number}`,
  kind,
  workflow: 'application',
  caseId,
  ...more,
});
const promise = { deadline: 'promise', dueOn: '2026-03-09' };
const lines = [
  line(1, 'near', 'a-1', promise),
  line(2, 'overdue', 'a-2', promise),
  line(3, 'pausedTooLong', 'a-3', promise),
  line(4, 'pausedNearDue', 'a-4', promise),
  line(5, 'refused', 'a-5', { event: 'application.notAccepted', revision: 1 }),
  line(6, 'withdrawn', 'a-6', { event: 'application.withdrawn', revision: 2 }),
  line(7, 'lateEntry', 'a-7', { event: 'application.received', revision: 0 }),
  line(8, 'reactionRefused', 'a-8', {
    event: 'deadline.reached',
    revision: 3,
    reaction: 'overdue-watch',
    code: 'EVENT_NOT_ALLOWED',
  }),
];
const mark = (number, finding, note) => ({ line: lines[number - 1].id, finding, ...(note && { note }) });
const full = (at, actor, type, data = {}) => ({ at, caseId: 'full', actor, type, data });
const empty = (at, actor, type, data = {}) => ({ at, caseId: 'empty', actor, type, data });
const opened = (department, to) => ({
  date: '2026-03-09',
  department,
  region: '330921',
  from: '2026-03-06T00:30:00Z',
  to,
});

/** Two screenings of one day which between them meet every event of version 1: one with a line of every kind, one without any. */
export default {
  workflow: 'screening',
  version: 1,
  steps: [
    full('2026-03-09T00:30:00Z', desk, 'screening.opened', opened('market-regulation', '2026-03-09T00:30:00Z')),
    full('2026-03-09T00:30:01Z', desk, 'lines.listed', { lines: lines.slice(0, 5) }),
    full('2026-03-09T00:30:02Z', desk, 'lines.listed', { lines: lines.slice(5) }),
    full('2026-03-09T00:30:03Z', desk, 'listing.completed', { lines: 8 }),
    full('2026-03-09T02:00:00Z', supervisor, 'lines.marked', {
      marks: [mark(1, 'urged'), mark(2, 'order', 'two days over'), mark(3, 'explained', 'the laboratory is closed')],
    }),
    full('2026-03-09T03:00:00Z', supervisor, 'lines.marked', {
      marks: [mark(4, 'inOrder'), mark(5, 'inOrder'), mark(6, 'inOrder'), mark(7, 'explained'), mark(8, 'inOrder')],
    }),
    full('2026-03-09T03:10:00Z', supervisor, 'screening.closed'),

    empty('2026-03-09T00:30:00Z', desk, 'screening.opened', opened('health', '2026-03-09T00:30:00Z')),
    empty('2026-03-09T00:30:01Z', desk, 'listing.completed', { lines: 0 }),
    empty('2026-03-09T01:00:00Z', supervisor, 'screening.closed'),
  ],
};
