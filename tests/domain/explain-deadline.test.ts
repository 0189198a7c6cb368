import fc from 'fast-check';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import type { DeadlineRule } from '../../src/domain/deadline.js';
import type { DeadlineLedger } from '../../src/domain/deadline-ledger.js';
import { dueOf } from '../../src/domain/due-date.js';
import { type Explanation, explainDeadline } from '../../src/domain/explain-deadline.js';
import { explanationText } from '../../src/domain/explanation-text.js';
import { calendarDays, months, type Term, workingDays, workingHours } from '../../src/domain/term.js';
import { calendarInForce } from '../../src/domain/working-calendar.js';

const china = calendarInForce(chinaCalendar);
const at = (wall: string) => new Date(`${wall.replace(' ', 'T')}:00+08:00`).toISOString();

function aRule(parts: Partial<DeadlineRule> = {}): DeadlineRule {
  return {
    title: { en: 'Decision', zh: '作出决定' },
    from: 'application.accepted',
    until: { events: ['application.decided'] },
    within: workingDays(10),
    extension: { event: 'decision.extended', max: 1, by: workingDays(2) },
    source: '行政许可法 42',
    ...parts,
  };
}

function aLedger(anchoredAt: string, term: Term, parts: Partial<DeadlineLedger> = {}): DeadlineLedger {
  return {
    name: 'decision',
    generation: 1,
    anchor: { event: 'application.accepted', revision: 0, at: at(anchoredAt) },
    term,
    extensions: [],
    pauses: [],
    status: 'running',
    ...parts,
  };
}

const stepsOf = (explanation: Explanation, kind: string) => explanation.steps.filter((step) => step.kind === kind);

describe('the explanation of a deadline', () => {
  const ledger = aLedger('2020-01-20 09:30', workingDays(10));
  const before = explainDeadline(ledger, aRule(), calendarInForce(chinaCalendar, at('2020-01-25 12:00')));
  const after = explainDeadline(ledger, aRule(), china);

  it('lists the anchor, each counted day, each day off with its notice, and the due date', () => {
    expect(before.steps[0]).toMatchObject({ kind: 'anchor', on: '2020-01-20', event: 'application.accepted' });
    expect(stepsOf(before, 'counted').map((step) => 'on' in step && step.on)).toEqual([
      '2020-01-21',
      '2020-01-22',
      '2020-01-23',
      '2020-01-31',
      '2020-02-01',
      '2020-02-03',
      '2020-02-04',
      '2020-02-05',
      '2020-02-06',
      '2020-02-07',
    ]);
    expect(stepsOf(before, 'off')).toHaveLength(8);
    expect(before.steps.at(-1)).toMatchObject({ kind: 'due', on: '2020-02-07', at: at('2020-02-07 17:00') });
  });

  it('names the notice that moved it', () => {
    expect(before.notices.map(({ id }) => id)).toEqual(['cn-2020']);
    expect(after.notices.map(({ id }) => id)).toEqual(['cn-2020', 'cn-2020-spring-festival']);
    expect(after.due.dueOn).toBe('2020-02-11');
    expect(stepsOf(after, 'off').at(-1)).toMatchObject({ on: '2020-02-09', day: { kind: 'weekend' } });
  });

  it('reads in English', () => {
    expect(explanationText(after, 'en')).toBe(
      [
        'Decision: at most 10 working days (行政许可法 42; calendar: China, State Council notices)',
        '2020-01-20 Mon  application.accepted at 09:30; this day is not counted',
        '2020-01-21 Tue  day 1',
        '2020-01-22 Wed  day 2',
        '2020-01-23 Thu  day 3',
        '2020-01-24 Fri – 2020-01-30 Thu  off: Spring Festival [1]',
        '2020-01-31 Fri – 2020-02-02 Sun  off: Spring Festival [2]',
        '2020-02-03 Mon  day 4 [2]',
        '2020-02-04 Tue  day 5',
        '2020-02-05 Wed  day 6',
        '2020-02-06 Thu  day 7',
        '2020-02-07 Fri  day 8',
        '2020-02-08 Sat – 2020-02-09 Sun  off: weekend',
        '2020-02-10 Mon  day 9',
        '2020-02-11 Tue  day 10',
        '2020-02-11 Tue  due by 2020-02-11 17:00',
        '[1] State Council General Office notice on the holidays of 2020, published 2019-11-21, http://www.gov.cn/zhengce/zhengceku/2019-11/21/content_5454164.htm',
        '[2] State Council General Office notice on extending the 2020 Spring Festival holiday, published 2020-01-27, http://www.gov.cn/zhengce/zhengceku/2020-01/27/content_5472352.htm',
      ].join('\n'),
    );
  });

  it('reads in Chinese, with pause, extension, make-up day and what is provisional', () => {
    const held = aLedger('2026-12-28 09:30', workingDays(3), {
      status: 'paused',
      extensions: [{ term: workingDays(2), at: at('2026-12-29 10:00'), revision: 2, reason: '案情复杂' }],
      pauses: [{ from: at('2026-12-30 10:00') }],
    });
    expect(explanationText(explainDeadline(held, aRule(), china), 'zh')).toBe(
      [
        '作出决定：不超过3个工作日（行政许可法 42；日历：全国（国务院办公厅节假日安排））',
        '2026-12-28 周一  09:30 application.accepted，当日不计',
        '2026-12-29 周二  第1日',
        '2026-12-29 周二  延长2个工作日（案情复杂）',
        '2026-12-30 周三  第2日',
        '2026-12-30 周三  自2026-12-30 10:00起中止计时',
        '2026-12-31 周四  第3日',
        '2027-01-01 周五  第4日',
        '2027-01-02 周六 – 2027-01-03 周日  休息：周末',
        '2027-01-04 周一  第5日',
        '2027-01-04 周一  截止 2027-01-04 17:00（以即刻恢复计时为准，剩余3个工作日）（暂定：日历尚未公布至该日）',
      ].join('\n'),
    );
    const makeUp = explainDeadline(aLedger('2024-02-09 16:00', workingDays(2)), aRule(), china);
    expect(explanationText(makeUp, 'zh')).toContain('2024-02-18 周日  第1日，调休上班（春节） [1]');
  });

  it('shows each paused day, and that a late extension changes nothing', () => {
    const paused = aLedger('2024-03-04 10:00', workingDays(3), {
      pauses: [{ from: at('2024-03-05 10:00'), to: at('2024-03-07 10:00') }],
      extensions: [{ term: workingDays(2), at: at('2024-03-20 10:00'), revision: 5 }],
    });
    expect(
      explanationText(explainDeadline(paused, aRule(), china), 'en')
        .split('\n')
        .slice(2),
    ).toEqual([
      '2024-03-05 Tue  day 1',
      '2024-03-05 Tue  paused from 2024-03-05 10:00 to 2024-03-07 10:00: 2 working days not counted',
      '2024-03-06 Wed – 2024-03-07 Thu  not counted: paused',
      '2024-03-08 Fri  day 2',
      '2024-03-09 Sat – 2024-03-10 Sun  off: weekend',
      '2024-03-11 Mon  day 3',
      '2024-03-20 Wed  an extension by 2 working days came after the end: changes nothing',
      '2024-03-11 Mon  due by 2024-03-11 17:00',
    ]);
  });

  it('names what moved the receipt and what rolled the end', () => {
    const rule = aRule({ receivedOnDayOff: 'nextWorkingDay', endOnDayOff: 'rollsForward' });
    const text = explanationText(explainDeadline(aLedger('2024-04-20 10:00', calendarDays(10)), rule, china), 'en');
    expect(text).toContain('2024-04-20 Sat  received on a day off: counts as received on 2024-04-22');
    expect(text).toContain(
      '2024-05-06 Mon  the end 2024-05-02 is a day off (Labour Day): rolls to the next working day [1]',
    );
    expect(text).toContain('2024-05-06 Mon  due by 2024-05-06 17:00');
  });

  it('shows hours as they were counted, months as one step, and a term that starts over', () => {
    const hours = explainDeadline(aLedger('2024-03-08 11:00', workingHours(4)), aRule(), china);
    expect(explanationText(hours, 'en').split('\n').slice(2)).toEqual([
      '2024-03-08 Fri  11:00–12:00, 1 h counted',
      '2024-03-08 Fri  13:30–16:30, 4 h counted',
      '2024-03-08 Fri  due by 2024-03-08 16:30',
    ]);
    const month = aLedger('2024-01-31 10:00', months(1), {
      pauses: [{ from: at('2024-02-10 10:00'), to: at('2024-02-12 10:00') }],
    });
    expect(
      explanationText(explainDeadline(month, aRule(), china), 'en')
        .split('\n')
        .slice(2),
    ).toEqual([
      '2024-02-29 Thu  1 month from 2024-01-31',
      '2024-02-10 Sat  paused from 2024-02-10 10:00 to 2024-02-12 10:00: 2 days not counted',
      '2024-03-02 Sat  the end moves on from 2024-02-29 by the paused time',
      '2024-03-02 Sat  due by 2024-03-03 00:00',
    ]);
    const over = aLedger('2024-03-04 10:00', workingDays(2), {
      pauses: [{ from: at('2024-03-05 10:00'), to: at('2024-03-07 10:00') }],
    });
    const restarted = explainDeadline(over, aRule({ onResume: 'reset' }), china);
    expect(restarted.steps.map(({ kind }) => kind)).toEqual([
      'anchor',
      'pause',
      'startsOver',
      'counted',
      'off',
      'off',
      'counted',
      'due',
    ]);
  });

  it('folds the ordinary days of a long term, and gives a line to whatever is not ordinary', () => {
    const long = explainDeadline(aLedger('2024-04-01 10:00', workingDays(30)), aRule(), china);
    expect(explanationText(long, 'en').split('\n').slice(2, -2)).toEqual([
      '2024-04-02 Tue – 2024-04-03 Wed  days 1 to 2',
      '2024-04-04 Thu – 2024-04-06 Sat  off: Qingming Festival [1]',
      '2024-04-07 Sun  day 3, a make-up working day (Qingming Festival) [1]',
      '2024-04-08 Mon – 2024-04-26 Fri  days 4 to 18, weekends not counted',
      '2024-04-27 Sat  off: weekend',
      '2024-04-28 Sun  day 19, a make-up working day (Labour Day) [1]',
      '2024-04-29 Mon – 2024-04-30 Tue  days 20 to 21',
      '2024-05-01 Wed – 2024-05-05 Sun  off: Labour Day [1]',
      '2024-05-06 Mon – 2024-05-10 Fri  days 22 to 26',
      '2024-05-11 Sat  day 27, a make-up working day (Labour Day) [1]',
      '2024-05-12 Sun  off: weekend',
      '2024-05-13 Mon – 2024-05-15 Wed  days 28 to 30',
    ]);
    expect(explanationText(long, 'zh')).toContain('2024-04-08 周一 – 2024-04-26 周五  第4日至第18日，周末不计');
    expect(stepsOf(long, 'counted')).toHaveLength(30);
  });

  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(after))).toEqual(after);
  });

  it('always comes to the due date: its last count, shift or roll is the day, and the counted days are the term', () => {
    const minute = fc.integer({
      min: Date.parse('2019-01-01T00:00:00Z') / 60_000,
      max: Date.parse('2025-06-01T00:00:00Z') / 60_000,
    });
    const pause = fc.option(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 400 })), { nil: undefined });
    const unit = fc.constantFrom(workingDays, calendarDays, workingHours, months);
    const policy = fc.constantFrom('asIs' as const, 'nextWorkingDay' as const);
    const end = fc.constantFrom('stays' as const, 'rollsForward' as const);
    fc.assert(
      fc.property(
        minute,
        unit,
        fc.nat({ max: 40 }),
        pause,
        fc.boolean(),
        policy,
        end,
        (start, make, amount, span, extended, receivedOnDayOff, endOnDayOff) => {
          const iso = (hours: number) => new Date(start * 60_000 + hours * 3_600_000).toISOString();
          const term = make(amount);
          const ledger = aLedger('2024-01-01 00:00', term, {
            anchor: { event: 'e', revision: 0, at: iso(0) },
            pauses: span === undefined ? [] : [{ from: iso(span[0]), to: iso(span[0] + span[1]) }],
            extensions: extended ? [{ term: make(2), at: iso(1), revision: 1 }] : [],
          });
          const rule = aRule({ receivedOnDayOff, endOnDayOff });
          const explanation = explainDeadline(ledger, rule, china);
          const due = dueOf(ledger, rule, china);
          const landed = explanation.steps.flatMap((step) =>
            step.kind === 'counted'
              ? [step.on]
              : step.kind === 'shifted' || step.kind === 'rolled' || step.kind === 'months'
                ? [step.to]
                : [],
          );
          expect(explanation.due).toEqual(due);
          if (term.unit === 'workingHours') {
            const last = explanation.steps.filter((step) => step.kind === 'hours').at(-1);
            const granted = explanation.steps.some((step) => step.kind === 'extension' && step.effect === 'extends');
            expect(last?.hours ?? 0).toBeCloseTo(amount + (granted ? 2 : 0));
            return;
          }
          if (landed.length > 0) expect(landed.at(-1)).toBe(due.dueOn);
          if (term.unit !== 'months') {
            const granted = explanation.steps.some((step) => step.kind === 'extension' && step.effect === 'extends');
            expect(stepsOf(explanation, 'counted')).toHaveLength(amount + (granted ? 2 : 0));
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
