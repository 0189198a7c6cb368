import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import type { DeadlineRules } from '../../src/domain/deadline.js';
import { deadlineFact } from '../../src/domain/deadline-ledger.js';
import { deadlineRefusal, standingAt } from '../../src/domain/deadline-standing.js';
import { calendarDays, workingDays, workingHours } from '../../src/domain/term.js';
import { calendarInForce } from '../../src/domain/working-calendar.js';
import { at, deadlineStory, type Told } from '../support/deadline-story.js';

const china = calendarInForce(chinaCalendar);

/** What a tender's own limits say of one another; `招标投标法` is the Bidding Law, `实施条例` its Implementing Regulations. */
const rules = {
  bidDeadline: {
    title: { en: 'Bid deadline', zh: '投标截止' },
    from: 'tender.issued',
    at: ({ data }) => data.bidDeadline as string,
    until: { events: ['bids.opened'] },
    cancelledBy: { events: ['tender.terminated'] },
    notBefore: [
      { from: 'tender.issued', atLeast: calendarDays(20), source: '招标投标法 24' },
      { from: 'clarification.issued', atLeast: calendarDays(15), source: '实施条例 21' },
    ],
    pausedWhile: ['suspended'],
    source: '招标文件',
  },
  preparation: {
    title: { en: 'Time to prepare bids', zh: '编制投标文件时间' },
    kind: 'atLeast',
    from: 'tender.issued',
    within: calendarDays(20),
    until: { events: ['bids.opened'] },
    source: '招标投标法 24',
  },
  documentsOnSale: {
    title: { en: 'Documents on sale', zh: '招标文件发售期' },
    kind: 'atLeast',
    from: 'tender.issued',
    within: calendarDays(5),
    until: { events: ['sale.closed'] },
    source: '实施条例 16',
  },
  clarification: {
    title: { en: 'Clarification', zh: '澄清或者修改' },
    before: 'bidDeadline',
    atLeast: calendarDays(15),
    until: { events: ['clarification.issued'] },
    source: '实施条例 21',
  },
  objection: {
    title: { en: 'Objection to the documents', zh: '对招标文件的异议' },
    before: 'bidDeadline',
    atLeast: calendarDays(10),
    until: { events: ['objection.filed'] },
    whenPassed: 'refused',
    source: '实施条例 22',
  },
} as const satisfies DeadlineRules;

const tender = deadlineStory(rules, china);
const issued = (bidDeadline: string, wall = '2024-03-04 09:00'): Told => [
  'tender.issued',
  wall,
  { data: { bidDeadline } },
];

/** Whether the event is refused at that time, as the engine would ask. */
function refusalOf(told: readonly Told[], event: string, deadline: keyof typeof rules, wall: string) {
  const story = tender(...told);
  const standing = standingAt(story.ledger(deadline), story.rule(deadline), china, at(wall));
  return deadlineRefusal(rules, { event, at: at(wall), facts: { [deadlineFact(deadline)]: { ...standing! } } });
}

describe('a bid deadline', () => {
  it('is where the tender documents put it, to the minute, when that is at least 20 days after issue (招标投标法 24)', () => {
    const bidDeadline = tender(issued('2024-03-29T09:30:00+08:00')).due('bidDeadline');
    expect([bidDeadline.dueOn, bidDeadline.dueAt]).toEqual(['2024-03-29', at('2024-03-29 09:30')]);
  });

  it('is never less than 20 days after issue, and moves when the tender is issued anew (招标投标法 24)', () => {
    const early = tender(issued('2024-03-20T09:30:00+08:00'));
    expect(early.due('bidDeadline').dueAt).toBe(at('2024-03-24 09:30'));
    const anew = tender(issued('2024-03-20T09:30:00+08:00'), issued('2024-03-20T09:30:00+08:00', '2024-03-08 10:00'));
    expect(anew.due('bidDeadline').dueAt).toBe(at('2024-03-28 09:30'));
    expect(anew.ledger('bidDeadline').generation).toBe(2);
  });

  it('is moved by a clarification less than 15 days before it, and by no other (实施条例 21)', () => {
    const inTime = tender(issued('2024-03-29T09:30:00+08:00'), ['clarification.issued', '2024-03-14 16:00']);
    expect(inTime.due('bidDeadline').dueAt).toBe(at('2024-03-29 09:30'));
    const late = tender(issued('2024-03-29T09:30:00+08:00'), ['clarification.issued', '2024-03-18 10:00']);
    expect(late.due('bidDeadline').dueAt).toBe(at('2024-04-02 09:30'));
    const twice = tender(
      issued('2024-03-29T09:30:00+08:00'),
      ['clarification.issued', '2024-03-18 10:00'],
      ['clarification.issued', '2024-03-20 10:00'],
    );
    expect(twice.due('bidDeadline').dueAt).toBe(at('2024-04-04 09:30'));
  });

  it('is not moved by a clarification after it has passed', () => {
    const after = tender(issued('2024-03-29T09:30:00+08:00'), ['clarification.issued', '2024-03-29 09:31']);
    expect(after.due('bidDeadline').dueAt).toBe(at('2024-03-29 09:30'));
    expect(after.text('bidDeadline', 'en').join('\n')).toContain(
      'clarification.issued came after the end: at least 15 days later (实施条例 21) moves nothing',
    );
  });

  it('tells in both languages what moved it', () => {
    const { text } = tender(issued('2024-03-29T09:30:00+08:00'), ['clarification.issued', '2024-03-18 10:00']);
    expect(text('bidDeadline', 'en')).toEqual([
      'Bid deadline (招标文件; calendar: China, State Council notices)',
      '2024-03-04 Mon  tender.issued at 09:00; this day is not counted',
      '2024-03-29 Fri  the end as filed, 09:30',
      '2024-03-04 Mon  tender.issued: the end is at least 20 days later (招标投标法 24), not before 2024-03-24, as it is',
      '2024-03-18 Mon  clarification.issued: the end is at least 15 days later (实施条例 21), not before 2024-04-02',
      '2024-04-02 Tue  the end moves on from 2024-03-29 to the first day late enough',
      '2024-04-02 Tue  due by 2024-04-02 09:30',
    ]);
    expect(text('bidDeadline', 'zh').slice(-3)).toEqual([
      '2024-03-18 周一  clarification.issued：距截止不少于15日（实施条例 21），不早于2024-04-02',
      '2024-04-02 周二  原截止日2024-03-29，顺延至满足最短期限之日',
      '2024-04-02 周二  截止 2024-04-02 09:30',
    ]);
  });
});

describe('a floor', () => {
  it('refuses opening the bids less than 20 days after issue, and names the first day (招标投标法 24)', () => {
    const told = [issued('2024-03-29T09:30:00+08:00')];
    expect(refusalOf(told, 'bids.opened', 'preparation', '2024-03-23 23:59')).toEqual({
      code: 'TOO_EARLY',
      event: 'bids.opened',
      deadline: 'preparation',
      title: rules.preparation.title,
      allowedOn: '2024-03-24',
      allowedFrom: at('2024-03-24 00:00'),
      held: false,
    });
    expect(refusalOf(told, 'bids.opened', 'preparation', '2024-03-24 00:00')).toBeUndefined();
  });

  it('keeps the documents on sale at least 5 days (实施条例 16)', () => {
    const told = [issued('2024-03-29T09:30:00+08:00')];
    expect(refusalOf(told, 'sale.closed', 'documentsOnSale', '2024-03-08 17:00')).toMatchObject({
      code: 'TOO_EARLY',
      allowedOn: '2024-03-09',
    });
    expect(refusalOf(told, 'sale.closed', 'documentsOnSale', '2024-03-09 00:00')).toBeUndefined();
    expect(
      tender(...told)
        .text('documentsOnSale', 'en')
        .at(-1),
    ).toBe('2024-03-09 Sat  allowed from 2024-03-09 00:00');
    expect(
      tender(...told)
        .text('documentsOnSale', 'zh')
        .at(-1),
    ).toBe('2024-03-09 周六  自 2024-03-09 00:00 起方可办理');
    expect(tender(...told).overdue('documentsOnSale', '2024-06-01 09:00')).toBe(false);
  });
});

describe('a limit counted back', () => {
  it('is the day so many days before the end, whose day is not counted (实施条例 21, 22)', () => {
    const { due } = tender(issued('2024-03-29T09:30:00+08:00'));
    expect([due('clarification').dueOn, due('clarification').dueAt]).toEqual(['2024-03-14', at('2024-03-14 17:00')]);
    expect([due('objection').dueOn, due('objection').dueAt]).toEqual(['2024-03-19', at('2024-03-19 17:00')]);
  });

  it('moves with the end it is counted back from', () => {
    const moved = tender(issued('2024-03-29T09:30:00+08:00'), ['clarification.issued', '2024-03-18 10:00']);
    expect(moved.due('objection').dueOn).toBe('2024-03-23');
    const anew = tender(issued('2024-03-29T09:30:00+08:00'), issued('2024-04-12T09:30:00+08:00', '2024-03-11 09:00'));
    expect(anew.due('objection').dueOn).toBe('2024-04-02');
    expect(anew.ledger('objection')).toMatchObject({ generation: 2, status: 'running' });
  });

  it('is held while the end is held, and moves by the paused time (实施条例 22: 暂停招标投标活动)', () => {
    const paused: Told[] = [
      issued('2024-03-29T09:30:00+08:00'),
      ['objection.filed', '2024-03-11 10:00', { state: 'suspended' }],
    ];
    expect(tender(...paused).due('objection').held).toBe(true);
    const resumed = tender(...paused, ['objection.answered', '2024-03-14 10:00', { state: 'open' }]);
    expect(resumed.due('bidDeadline').dueOn).toBe('2024-04-01');
    expect(resumed.due('objection').dueOn).toBe('2024-03-22');
  });

  it('refuses what is late where it declares so, also a second time (实施条例 22)', () => {
    const told = [issued('2024-03-29T09:30:00+08:00')];
    expect(refusalOf(told, 'objection.filed', 'objection', '2024-03-19 17:00')).toBeUndefined();
    expect(refusalOf(told, 'objection.filed', 'objection', '2024-03-20 09:00')).toEqual({
      code: 'TOO_LATE',
      event: 'objection.filed',
      deadline: 'objection',
      title: rules.objection.title,
      dueOn: '2024-03-19',
      dueAt: at('2024-03-19 17:00'),
    });
    const again = [...told, ['objection.filed', '2024-03-11 10:00'] as const];
    expect(refusalOf(again, 'objection.filed', 'objection', '2024-03-20 09:00')).toMatchObject({ code: 'TOO_LATE' });
    expect(tender(...told).lapsed('objection', '2024-03-20 09:00')).toBe(true);
    expect(tender(...told).overdue('objection', '2024-03-20 09:00')).toBe(false);
  });

  it('counts as overdue where it does not', () => {
    const told = [issued('2024-03-29T09:30:00+08:00')];
    expect(refusalOf(told, 'clarification.issued', 'clarification', '2024-03-18 10:00')).toBeUndefined();
    expect(tender(...told).overdue('clarification', '2024-03-14 17:00')).toBe(false);
    expect(tender(...told).overdue('clarification', '2024-03-14 17:01')).toBe(true);
    expect(tender(...told).lapsed('clarification', '2024-03-18 10:00')).toBe(false);
  });

  it('is cancelled with the end it is counted back from', () => {
    const { ledger } = tender(issued('2024-03-29T09:30:00+08:00'), ['tender.terminated', '2024-03-11 10:00']);
    expect(ledger('objection')).toMatchObject({ status: 'cancelled', cancelledAt: at('2024-03-11 10:00') });
  });

  it('does not begin without that end', () => {
    expect(tender(['clarification.issued', '2024-03-11 10:00']).ledgers).toEqual({});
  });

  it('is told day by day, backwards, in both languages', () => {
    const { text, explained } = tender(issued('2024-03-29T09:30:00+08:00'));
    expect(explained('objection')).toMatchObject({
      kind: 'before',
      before: { deadline: 'bidDeadline', title: rules.bidDeadline.title },
    });
    expect(text('objection', 'en')).toEqual([
      'Objection to the documents: at least 10 days before "Bid deadline" (实施条例 22; calendar: China, State Council notices)',
      '2024-03-04 Mon  tender.issued at 09:00; this day is not counted',
      '2024-03-29 Fri  counted back from the end of "Bid deadline", 2024-03-29 09:30; this day is not counted',
      '2024-03-28 Thu  day 1',
      '2024-03-27 Wed  day 2',
      '2024-03-26 Tue  day 3',
      '2024-03-25 Mon  day 4',
      '2024-03-24 Sun  day 5',
      '2024-03-23 Sat  day 6',
      '2024-03-22 Fri  day 7',
      '2024-03-21 Thu  day 8',
      '2024-03-20 Wed  day 9',
      '2024-03-19 Tue  day 10',
      '2024-03-19 Tue  due by 2024-03-19 17:00',
    ]);
    expect(text('objection', 'zh').slice(0, 4)).toEqual([
      '对招标文件的异议：“投标截止”届满前至少提前10日（实施条例 22；日历：全国（国务院办公厅节假日安排））',
      '2024-03-04 周一  09:00 tender.issued，当日不计',
      '2024-03-29 周五  自“投标截止”届满（2024-03-29 09:30）向前倒计，当日不计',
      '2024-03-28 周四  第1日',
    ]);
  });

  it('in working days skips days off, and rolls back from one only where it says so', () => {
    const hearing = deadlineStory(
      {
        hearing: {
          title: { en: 'Hearing', zh: '听证' },
          from: 'hearing.fixed',
          at: ({ data }) => data.on as string,
          until: { events: ['hearing.held'] },
          source: '行政许可法 47',
        },
        notice: {
          title: { en: 'Notice of the hearing', zh: '听证通知' },
          before: 'hearing',
          atLeast: workingDays(7),
          until: { events: ['hearing.announced'] },
          warn: [workingDays(1)],
          source: '行政许可法 48(1)、82',
        },
        rolling: {
          title: { en: 'Papers', zh: '材料' },
          before: 'hearing',
          atLeast: calendarDays(5),
          endOnDayOff: 'rollsBack',
          until: { events: ['papers.filed'] },
          source: 'office policy',
        },
        hours: {
          title: { en: 'List of attendants', zh: '参加人名单' },
          before: 'hearing',
          atLeast: workingHours(4),
          until: { events: ['list.filed'] },
          source: 'office policy',
        },
      },
      china,
    )(['hearing.fixed', '2024-09-10 09:00', { data: { on: '2024-10-10T09:30:00+08:00' } }]);
    expect(hearing.due('notice').dueOn).toBe('2024-09-25');
    expect(hearing.due('notice').warnings[0]?.on).toBe('2024-09-24');
    expect(hearing.due('rolling').dueOn).toBe('2024-09-30');
    expect(hearing.text('rolling', 'en').at(-3)).toBe(
      '2024-09-30 Mon  the day 2024-10-05 is a day off (National Day): rolls back to the working day before [1]',
    );
    expect(hearing.due('hours').dueAt).toBe(at('2024-10-09 14:00'));
    expect(hearing.text('hours', 'en').at(-2)).toBe('2024-10-09 Wed  14:00–17:00, 4 h counted');
    expect(hearing.overdue('notice', '2024-09-26 09:00')).toBe(true);
  });
});
