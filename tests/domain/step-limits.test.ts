import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import type { DeadlineRules } from '../../src/domain/deadline.js';
import { workingDays, workingHours } from '../../src/domain/term.js';
import { calendarInForce } from '../../src/domain/working-calendar.js';
import { at, deadlineStory, type Told } from '../support/deadline-story.js';

const china = calendarInForce(chinaCalendar);

const rules = {
  statutory: {
    title: { en: 'Decide (statutory)', zh: '法定办理期限' },
    from: 'application.accepted',
    until: { events: ['application.decided'] },
    within: workingDays(20),
    pausedWhile: ['handling.hearing'],
    changedBy: { event: 'grade.raised', within: ({ data }) => workingDays(Number(data.days)) },
    extension: { event: 'decision.extended', max: 1, by: workingDays(10), role: 'unitHead' },
    source: '行政许可法 42',
  },
  promised: {
    title: { en: 'Decide (promised)', zh: '承诺办理期限' },
    from: 'application.accepted',
    until: { events: ['application.decided'] },
    within: workingDays(8),
    pausedWhile: ['handling.hearing'],
    limit: 'promised',
    source: '优化营商环境条例 36',
  },
  review: {
    title: { en: 'Time in review', zh: '审查环节时限' },
    inState: ['handling.reviewing'],
    cancelledBy: { events: ['application.withdrawn'] },
    within: workingDays(3),
    limit: 'internal',
    source: 'office policy',
  },
  approval: {
    title: { en: 'Time in approval', zh: '审批环节时限' },
    inState: ['handling.approving'],
    within: workingHours(8),
    limit: 'internal',
    source: 'office policy',
  },
} as const satisfies DeadlineRules;

const story = deadlineStory(rules, china);
const accepted: Told = ['application.accepted', '2024-03-04 10:00', { state: 'handling.reviewing' }];
const reviewed: Told = ['review.completed', '2024-03-06 10:00', { state: 'handling.approving' }];
const returned: Told = ['review.returned', '2024-03-08 09:30', { state: 'handling.reviewing' }];

describe('limits side by side', () => {
  it('count the whole and each step: total time from acceptance, time in each state from when it was entered', () => {
    const { due } = story(accepted);
    expect(due('statutory').dueOn).toBe('2024-04-01');
    expect(due('promised').dueOn).toBe('2024-03-14');
    expect(due('review').dueOn).toBe('2024-03-07');
  });

  it('a step is met when the case leaves it, and begins anew when the case comes back', () => {
    const once = story(accepted, reviewed);
    expect(once.ledger('review')).toMatchObject({ status: 'met', metAt: at('2024-03-06 10:00'), generation: 1 });
    expect(once.due('approval').dueAt).toBe(at('2024-03-07 11:00'));
    const back = story(accepted, reviewed, returned);
    expect(back.ledger('review')).toMatchObject({
      status: 'running',
      generation: 2,
      anchor: { event: 'review.returned' },
    });
    expect(back.due('review').dueOn).toBe('2024-03-13');
    expect(back.overdue('review', '2024-03-14 09:00')).toBe(true);
    expect(back.overdue('statutory', '2024-03-14 09:00')).toBe(false);
  });

  it('a step goes on through what happens inside it', () => {
    const { ledger } = story(accepted, ['note.taken', '2024-03-05 10:00']);
    expect(ledger('review')).toMatchObject({
      status: 'running',
      generation: 1,
      anchor: { event: 'application.accepted' },
    });
  });

  it('a step is dropped, not met, by what ends the case', () => {
    const { ledger } = story(accepted, ['application.withdrawn', '2024-03-05 10:00', { state: 'closed' }]);
    expect(ledger('review').status).toBe('cancelled');
  });

  it('the promised one is late while the statutory one still runs', () => {
    const { overdue } = story(accepted);
    expect([overdue('promised', '2024-03-15 09:00'), overdue('statutory', '2024-03-15 09:00')]).toEqual([true, false]);
  });
});

describe('a budget that changes', () => {
  const heard: readonly Told[] = [
    ['hearing.opened', '2024-03-06 10:00', { state: 'handling.hearing' }],
    ['hearing.closed', '2024-03-08 10:00', { state: 'handling.reviewing' }],
  ];
  const raised = (days: number, wall: string): Told => ['grade.raised', wall, { data: { days, reason: 'of weight' } }];

  it('counts from the same anchor and keeps the pauses and the extensions', () => {
    // 20 from 03-04 is 04-01; two working days of hearing; 10 more by extension; then 30 in place of 20.
    expect(story(accepted, ...heard).due('statutory').dueOn).toBe('2024-04-03');
    const changed = story(
      accepted,
      ...heard,
      ['decision.extended', '2024-03-12 10:00'],
      raised(30, '2024-03-13 10:00'),
    );
    expect(changed.due('statutory').dueOn).toBe(china.addWorkingDays('2024-03-04', 30 + 10 + 2));
    expect(changed.ledger('statutory').pauses).toHaveLength(1);
    expect(changed.ledger('statutory').generation).toBe(3);
    expect(changed.text('statutory', 'en')).toContain('2024-03-13 Wed  the term becomes 30 working days (of weight)');
    expect(changed.text('statutory', 'zh')).toContain('2024-03-13 周三  期限改为30个工作日（of weight）');
  });

  it('may become shorter', () => {
    expect(story(accepted, raised(5, '2024-03-05 10:00')).due('statutory').dueOn).toBe('2024-03-11');
  });

  it('changes nothing after the end', () => {
    const late = story(accepted, raised(30, '2024-04-02 10:00'));
    expect(late.due('statutory').dueOn).toBe('2024-04-01');
    expect(late.text('statutory', 'en').at(-2)).toContain('came after the end: changes nothing');
  });

  it('stays in its unit', () => {
    const hours = deadlineStory(
      { statutory: { ...rules.statutory, changedBy: { event: 'grade.raised', within: () => workingHours(8) } } },
      china,
    );
    expect(() => hours(accepted, raised(8, '2024-03-05 10:00'))).toThrow(/cannot become one of workingHours/);
  });
});

describe('restart with a longer term', () => {
  const restarting = deadlineStory({ decision: { ...rules.statutory, onResume: { restart: workingDays(30) } } }, china);
  const told: readonly Told[] = [accepted, ['hearing.opened', '2024-03-06 10:00', { state: 'handling.hearing' }]];

  it('leaves the longer term whole from the day the pause ends', () => {
    expect(restarting(...told).due('decision').remaining).toEqual(workingDays(30));
    const resumed = restarting(...told, ['hearing.closed', '2024-03-08 10:00', { state: 'handling.reviewing' }]);
    expect(resumed.due('decision').dueOn).toBe(china.addWorkingDays('2024-03-08', 30));
    expect(resumed.ledger('decision').generation).toBe(2);
  });

  it('is refused where it would be shorter: a pause takes no time away', () => {
    expect(() =>
      deadlineStory({ decision: { ...rules.statutory, onResume: { restart: workingDays(5) } } }, china),
    ).toThrow(/shorter than the term/);
  });
});

describe('what may pause', () => {
  it('is only what the law of the item lists (行政许可法 45)', () => {
    const byItem = deadlineStory(
      {
        decision: {
          ...rules.statutory,
          pausedWhile: ['handling.hearing', 'handling.testing', 'handling.siteVisit'],
          pausesFor: ({ facts }) => (facts.kind === 'licence' ? ['handling.hearing', 'handling.testing'] : []),
        },
      },
      china,
    );
    const visited = (kind: string, state: string) =>
      byItem(
        ['application.accepted', '2024-03-04 10:00', { facts: { kind }, state: 'handling.reviewing' }],
        ['procedure.begun', '2024-03-06 10:00', { state }],
      ).ledger('decision').status;
    expect(visited('licence', 'handling.hearing')).toBe('paused');
    expect(visited('licence', 'handling.siteVisit')).toBe('running');
    expect(visited('other', 'handling.hearing')).toBe('running');
  });
});
