import type { DeadlineRule } from '../../src/domain/deadline.js';
import type { PublicEvent } from '../../src/domain/reaction.js';
import { type Term, workingDays } from '../../src/domain/term.js';
import { overdueWatch } from '../../src/workflows/reactions/overdue-watch.js';
import { watchedWorkflow } from '../support/watched-cases.js';

const rule: DeadlineRule = {
  title: { en: 'Decision', zh: '决定期限' },
  from: 'deadline.anchored',
  until: { events: ['deadline.met'] },
  within: workingDays(5),
  source: 'x',
};
const changedTo = (within: Term): DeadlineRule => ({ ...rule, changedBy: { event: 'deadline.extended', within } });
const extendedBy = (by: Term): DeadlineRule => ({ ...rule, extension: { event: 'deadline.extended', max: 1, by } });

type Happening = readonly [type: string, at: string];
const ANCHORED: Happening = ['anchored', '2026-03-02T01:00:00Z'];
const NEAR: Happening = ['reached', '2026-03-06T01:00:00Z'];
const IN_TIME: Happening = ['extended', '2026-03-06T02:00:00Z'];
const OVERDUE: Happening = ['reached', '2026-03-09T09:00:00Z'];
const TOO_LATE: Happening = ['extended', '2026-03-10T02:00:00Z'];
const MET: Happening = ['met', '2026-03-11T02:00:00Z'];

/** What the watch tells alerts at the last of what happens to a case whose decision is due by 9 March. */
function toldBy(decision: DeadlineRule, ...happenings: readonly Happening[]) {
  const history = happenings.map(([what, at], revision) => ({
    id: `event-${revision}`,
    stream: 'watched-A1',
    revision,
    type: `deadline.${what}`,
    data:
      what === 'reached'
        ? {
            deadline: 'decision',
            generation: 1,
            rung: at === NEAR[1] ? 'nearDue' : 'overdue',
            dueOn: '2026-03-09',
            dueAt: '2026-03-09T08:59:59.999Z',
            reachedAt: at,
          }
        : {},
    metadata: { occurredAt: at, recordedAt: at, facts: {}, state: 'running' },
  })) as unknown as readonly PublicEvent[];
  const commands = overdueWatch.react({
    event: history.at(-1)!,
    caseId: 'A1',
    workflow: watchedWorkflow({ decision }),
    state: 'running',
    labels: {},
    closed: false,
    history,
  });
  return commands.flatMap(({ events }) => events.map(({ type, data }) => [type, data.how ?? data.rung]));
}

describe('the watch over a deadline that has reached a rung', () => {
  it('ends its alert where another term moves the end', () => {
    expect(toldBy(changedTo(workingDays(9)), ANCHORED, NEAR, IN_TIME)).toEqual([['watch.movedOn', 'startedOver']]);
  });

  it('ends its alert where an extension moves the end', () => {
    expect(toldBy(extendedBy(workingDays(9)), ANCHORED, NEAR, IN_TIME)).toEqual([['watch.movedOn', 'extended']]);
  });

  it.each<[string, DeadlineRule, readonly Happening[]]>([
    ['the term it has already', changedTo(workingDays(5)), [ANCHORED, NEAR, IN_TIME]],
    ['another term after the end', changedTo(workingDays(9)), [ANCHORED, OVERDUE, TOO_LATE]],
    ['another term after the end, before that was noticed', changedTo(workingDays(9)), [ANCHORED, NEAR, TOO_LATE]],
    ['an extension after the end', extendedBy(workingDays(9)), [ANCHORED, OVERDUE, TOO_LATE]],
  ])('leaves its alert as it is for %s, and ends it when the deadline is met', (_, decision, happened) => {
    expect(toldBy(decision, ...happened)).toEqual([]);
    expect(toldBy(decision, ...happened, OVERDUE)).toEqual([['rung.reached', 'overdue']]);
    expect(toldBy(decision, ...happened, MET)).toEqual([['watch.movedOn', 'met']]);
  });

  it('tells an alert that has ended nothing more', () => {
    expect(toldBy(changedTo(workingDays(9)), ANCHORED, NEAR, IN_TIME, MET)).toEqual([]);
  });
});
