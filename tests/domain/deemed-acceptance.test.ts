import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import type { DeadlineRules } from '../../src/domain/deadline.js';
import { isOverdue, wasMetLate } from '../../src/domain/due-date.js';
import { calendarDays, workingDays } from '../../src/domain/term.js';
import { calendarInForce } from '../../src/domain/working-calendar.js';
import { at, deadlineStory, type Told } from '../support/deadline-story.js';

const china = calendarInForce(chinaCalendar);

/** `行政许可法` is the Administrative Licensing Law; its terms are working days (82). */
const rules = {
  acceptance: {
    title: { en: 'Accept, or tell of everything to supplement', zh: '受理或一次性告知补正' },
    from: ['application.received', 'application.supplemented'],
    until: { events: ['application.accepted', 'application.notAccepted', 'supplement.requested'] },
    cancelledBy: { events: ['application.withdrawn'] },
    within: workingDays(5),
    source: '行政许可法 32',
  },
  decision: {
    title: { en: 'Decide', zh: '作出决定' },
    from: 'application.accepted',
    deemed: { after: 'acceptance' },
    until: { events: ['application.decided'] },
    cancelledBy: { events: ['application.withdrawn', 'application.notAccepted'] },
    within: workingDays(20),
    pausedWhile: ['hearing'],
    extension: { event: 'decision.extended', max: 1, by: workingDays(10), role: 'unitHead' },
    source: '行政许可法 42',
  },
  reminder: {
    title: { en: 'Remind the unit', zh: '催办' },
    deemed: { after: 'acceptance', countsFrom: 'lapse' },
    until: { events: ['unit.reminded'] },
    cancelledBy: { events: ['application.accepted', 'application.notAccepted', 'application.withdrawn'] },
    within: calendarDays(1),
    limit: 'internal',
    source: 'office policy',
  },
} as const satisfies DeadlineRules;

const licence = deadlineStory(rules, china);

// Received on Monday; the 5 working days end on Monday 2024-03-11 at close of business, 17:00.
const received: Told = ['application.received', '2024-03-04 10:00'];
const accepted = (wall: string): Told => ['application.accepted', wall];

describe('an application of which nothing is told in 5 days (行政许可法 32: 逾期不告知的，自收到申请材料之日起即为受理)', () => {
  it('counts as accepted from then on, and not a moment before', () => {
    const { status } = licence(received);
    expect(status('decision', '2024-03-11 17:00')).toBeUndefined();
    expect(status('decision', '2024-03-11 17:01')).toBe('running');
  });

  it('has the decision counted from the day of receipt, 20 working days', () => {
    const { due } = licence(received);
    expect(due('decision')).toMatchObject({ dueOn: '2024-04-01', deemedAt: at('2024-03-11 17:00') });
  });

  it('becomes overdue with nothing having happened or run since the receipt', () => {
    const { overdue } = licence(received);
    expect(overdue('decision', '2024-03-05 10:00')).toBe(false);
    expect(overdue('decision', '2024-04-01 17:00')).toBe(false);
    expect(overdue('decision', '2024-04-01 17:01')).toBe(true);
    expect(overdue('acceptance', '2024-04-01 17:01')).toBe(true);
  });

  it('keeps the day of receipt when the acceptance is told too late', () => {
    const late = licence(received, accepted('2024-03-13 10:00'));
    expect(late.ledger('decision').anchor.event).toBe('application.accepted');
    expect(late.due('decision').dueOn).toBe('2024-04-01');
    expect(late.ledger('decision').generation).toBe(licence(received).ledger('decision').generation);
  });

  it('is counted from the acceptance when that is told in time', () => {
    const inTime = licence(received, accepted('2024-03-07 10:00'));
    expect(inTime.due('decision').dueOn).toBe('2024-04-07');
    expect(inTime.due('decision').deemedAt).toBeUndefined();
    expect(inTime.status('decision', '2024-03-07 10:00')).toBe('running');
    const lastMinute = licence(received, accepted('2024-03-11 17:00'));
    expect(lastMinute.due('decision').deemedAt).toBeUndefined();
  });

  it('stays accepted from the first receipt though a supplement is asked for afterwards', () => {
    const story: Told[] = [
      received,
      ['supplement.requested', '2024-03-14 10:00'],
      ['application.supplemented', '2024-03-18 10:00'],
    ];
    expect(licence(...story).due('decision').dueOn).toBe('2024-04-01');
    expect(licence(...story, accepted('2024-03-20 10:00')).due('decision').dueOn).toBe('2024-04-01');
  });

  it('begins again with the supplement where that was asked for in time', () => {
    const story: Told[] = [received, ['supplement.requested', '2024-03-06 10:00']];
    expect(licence(...story).status('decision', '2024-05-06 10:00')).toBeUndefined();
    const supplemented = licence(...story, ['application.supplemented', '2024-03-18 10:00']);
    expect(supplemented.status('decision', '2024-03-25 17:00')).toBeUndefined();
    expect(supplemented.status('decision', '2024-03-25 17:01')).toBe('running');
    expect(supplemented.due('decision').dueOn).toBe('2024-04-16');
  });

  it('never begins where the applicant withdraws, or is refused, in time', () => {
    for (const event of ['application.withdrawn', 'application.notAccepted']) {
      const ended = licence(received, [event, '2024-03-06 10:00']);
      expect(ended.status('decision', '2024-06-03 10:00')).toBeUndefined();
    }
    const late = licence(received, ['application.withdrawn', '2024-03-13 10:00']);
    expect(late.status('decision', '2024-06-03 10:00')).toBe('cancelled');
    expect(late.overdue('decision', '2024-06-03 10:00')).toBe(false);
  });

  it('moves with a notice: whether it counts as accepted follows the calendar in force at the instant asked about', () => {
    // Received before the Spring Festival of 2020, which the notice of 2020-01-27 made longer.
    const { ledger, rule } = licence(['application.received', '2020-01-20 10:00']);
    const asked = (instant: string) =>
      isOverdue(ledger('acceptance'), rule('acceptance'), calendarInForce(chinaCalendar, at(instant)), at(instant));
    expect(asked('2020-02-01 17:01')).toBe(false);
    const before = calendarInForce(chinaCalendar, at('2020-01-26 12:00'));
    expect(isOverdue(ledger('acceptance'), rule('acceptance'), before, at('2020-02-01 17:01'))).toBe(true);
  });

  it('is paused and extended as if it had been accepted', () => {
    const paused = licence(received, ['hearing.opened', '2024-03-14 10:00', { state: 'hearing' }]);
    expect(paused.status('decision', '2024-03-14 10:01')).toBe('paused');
    expect(paused.due('decision')).toMatchObject({ held: true, remaining: workingDays(12) });
    const resumed = licence(
      received,
      ['hearing.opened', '2024-03-14 10:00', { state: 'hearing' }],
      ['hearing.closed', '2024-03-18 10:00', { state: 'open' }],
      ['decision.extended', '2024-03-20 10:00'],
      accepted('2024-03-21 10:00'),
    );
    expect(resumed.due('decision').dueOn).toBe('2024-04-18');
  });

  it('was decided late only when that is after the end so counted', () => {
    const decided = (wall: string) => {
      const { ledger, rule } = licence(received, ['application.decided', wall]);
      return wasMetLate(ledger('decision'), rule('decision'), china);
    };
    expect(decided('2024-03-29 10:00')).toBe(false);
    expect(decided('2024-04-02 10:00')).toBe(true);
    // Decided at once, before anything could count as accepted: there is nothing it could be late for.
    expect(decided('2024-03-05 10:00')).toBe(false);
  });

  it('tells in both languages that and why it counts from the receipt', () => {
    const { text, explained } = licence(received);
    expect(text('decision', 'en').slice(0, 5)).toEqual([
      'Decide: at most 20 working days (行政许可法 42; calendar: China, State Council notices)',
      '2024-03-04 Mon  application.received at 10:00; this day is not counted',
      '2024-03-11 Mon  "Accept, or tell of everything to supplement" (行政许可法 32) passed unmet at 2024-03-11 17:00: counts from the day above',
      '2024-03-05 Tue – 2024-04-01 Mon  days 1 to 20, weekends not counted',
      '2024-04-01 Mon  due by 2024-04-01 17:00',
    ]);
    expect(text('decision', 'zh')[2]).toBe(
      '2024-03-11 周一  “受理或一次性告知补正”（行政许可法 32）至2024-03-11 17:00逾期未办，自上述之日起算',
    );
    expect(explained('decision').steps.filter(({ kind }) => kind === 'counted')).toHaveLength(20);
    const late = licence(received, accepted('2024-03-13 10:00'));
    expect(late.explained('decision').steps[0]).toMatchObject({ kind: 'anchor', event: 'application.received' });
  });

  it('may begin another limit where it lapsed: a reminder the day after', () => {
    const { due, status, text } = licence(received);
    expect(status('reminder', '2024-03-11 17:00')).toBeUndefined();
    expect(due('reminder').dueOn).toBe('2024-03-12');
    expect(text('reminder', 'en').slice(2)).toEqual([
      '2024-03-11 Mon  "Accept, or tell of everything to supplement" (行政许可法 32) passed unmet at 2024-03-11 17:00: counts from this day, which is not counted',
      '2024-03-12 Tue  day 1',
      '2024-03-12 Tue  due by 2024-03-12 17:00',
    ]);
    expect(licence(received, accepted('2024-03-06 10:00')).status('reminder', '2024-06-03 10:00')).toBeUndefined();
  });
});
