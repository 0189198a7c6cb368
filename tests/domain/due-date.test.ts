import fc from 'fast-check';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import type { DeadlineRule } from '../../src/domain/deadline.js';
import type { DeadlineLedger, DeadlinePause } from '../../src/domain/deadline-ledger.js';
import { dayCount, dueOf, hasLapsed, isOverdue, isTooEarly, wasMetLate } from '../../src/domain/due-date.js';
import { epochDay, isoDate, MS_PER_DAY } from '../../src/domain/office-time.js';
import { calendarDays, months, type Term, workingDays, workingHours } from '../../src/domain/term.js';
import { type CalendarDefinition, calendarInForce } from '../../src/domain/working-calendar.js';

const china = calendarInForce(chinaCalendar);

/** Monday to Friday for ever, in one stretch a day. */
const weekdays: CalendarDefinition = {
  id: 'weekdays',
  title: { en: 'Weekdays', zh: '工作日' },
  timeZone: 'Asia/Shanghai',
  weekend: [6, 7],
  hours: [{ opens: '08:00', closes: '18:00' }],
  notices: [],
  horizon: 'unbounded',
};
const plain = calendarInForce(weekdays);

function aRule(parts: Partial<DeadlineRule> = {}): DeadlineRule {
  return {
    title: { en: 'Decision', zh: '作出决定' },
    from: 'application.accepted',
    until: { events: ['application.decided'] },
    within: workingDays(20),
    source: '行政许可法 42',
    ...parts,
  };
}

/** Office time in Shanghai as the ledger has it. */
const at = (wall: string) => new Date(`${wall.replace(' ', 'T')}:00+08:00`).toISOString();

function aLedger(anchoredAt: string, term: Term | undefined, parts: Partial<DeadlineLedger> = {}): DeadlineLedger {
  return {
    name: 'decision',
    generation: 1,
    anchor: { event: 'application.accepted', revision: 0, at: at(anchoredAt) },
    ...(term === undefined ? {} : { term }),
    extensions: [],
    pauses: [],
    status: 'running',
    ...parts,
  };
}

const paused = (from: string, to?: string): DeadlinePause => ({
  from: at(from),
  ...(to === undefined ? {} : { to: at(to) }),
});
const extension = (on: string, term: Term, revision = 1) => ({ term, at: at(on), revision });

describe('working days', () => {
  it('10 from 2020-01-20 are up on 02-07, and on 02-11 once the notice of 2020-01-27 is in force (State Council notices)', () => {
    const ledger = aLedger('2020-01-20 09:30', workingDays(10));
    const before = dueOf(ledger, aRule(), calendarInForce(chinaCalendar, at('2020-01-26 23:59')));
    const after = dueOf(ledger, aRule(), calendarInForce(chinaCalendar, at('2020-01-27 00:00')));
    expect([before.dueOn, before.dueAt]).toEqual(['2020-02-07', at('2020-02-07 17:00')]);
    expect([after.dueOn, after.dueAt]).toEqual(['2020-02-11', at('2020-02-11 17:00')]);
  });

  it('3 from Friday 2019-04-26 move from 05-02 to 04-30 with the State Council notice of 2019-03-22', () => {
    const ledger = aLedger('2019-04-26 09:30', workingDays(3));
    expect(dueOf(ledger, aRule(), calendarInForce(chinaCalendar, at('2019-03-21 12:00'))).dueOn).toBe('2019-05-02');
    expect(dueOf(ledger, aRule(), calendarInForce(chinaCalendar, at('2019-03-22 12:00'))).dueOn).toBe('2019-04-30');
  });

  it('3 from 2015-09-02 move from 09-07 to 09-08 with the State Council notice of 2015-05-13', () => {
    const ledger = aLedger('2015-09-02 09:30', workingDays(3));
    expect(dueOf(ledger, aRule(), calendarInForce(chinaCalendar, at('2015-05-12 12:00'))).dueOn).toBe('2015-09-07');
    expect(dueOf(ledger, aRule(), calendarInForce(chinaCalendar, at('2015-05-13 12:00'))).dueOn).toBe('2015-09-08');
  });

  it('3 from Sunday 2023-07-30 are up on 08-02 as it is, on 08-03 as if received on Monday (Taskana #2347)', () => {
    const ledger = aLedger('2023-07-30 10:00', workingDays(3));
    expect(dueOf(ledger, aRule({ receivedOnDayOff: 'asIs' }), plain).dueOn).toBe('2023-08-02');
    expect(dueOf(ledger, aRule({ receivedOnDayOff: 'nextWorkingDay' }), plain).dueOn).toBe('2023-08-03');
  });

  it('of a case accepted on the last working day before the 2024 Spring Festival count the make-up Sunday, not the Saturday', () => {
    const ledger = aLedger('2024-02-09 16:00', workingDays(5));
    expect(china.why('2024-02-18').kind).toBe('makeUp');
    expect(dueOf(ledger, aRule(), china).dueOn).toBe('2024-02-22');
    expect(dueOf(aLedger('2024-02-09 16:00', workingDays(1)), aRule(), china).dueOn).toBe('2024-02-18');
  });

  it('begin by the office date, not by the one in UTC', () => {
    expect(dueOf(aLedger('2024-03-05 07:30', workingDays(1)), aRule(), china).dueOn).toBe('2024-03-06');
    expect(dueOf(aLedger('2024-03-05 00:10', workingDays(1)), aRule(), china).dueOn).toBe('2024-03-06');
  });

  it('after close of business begin the same day, or the next working day where the rule says so', () => {
    const late = aLedger('2024-03-08 17:01', workingDays(1));
    expect(dueOf(late, aRule(), china).dueOn).toBe('2024-03-11');
    expect(dueOf(late, aRule({ afterHours: 'nextWorkingDay' }), china).dueOn).toBe('2024-03-12');
    const atTheBell = aLedger('2024-03-08 17:00', workingDays(1));
    expect(dueOf(atTheBell, aRule({ afterHours: 'nextWorkingDay' }), china).dueOn).toBe('2024-03-11');
  });

  it('that are none end the same day, or the next that is worked', () => {
    expect(dueOf(aLedger('2024-03-08 10:00', workingDays(0)), aRule(), china).dueOn).toBe('2024-03-08');
    expect(dueOf(aLedger('2024-03-09 10:00', workingDays(0)), aRule(), china).dueOn).toBe('2024-03-11');
  });

  it('are provisional when they reach a year whose days are not published', () => {
    expect(dueOf(aLedger('2026-12-01 10:00', workingDays(10)), aRule(), china).provisional).toBe(false);
    expect(dueOf(aLedger('2026-12-25 10:00', workingDays(10)), aRule(), china).provisional).toBe(true);
    const early = calendarInForce(chinaCalendar, at('2026-01-01 00:00'));
    expect(dueOf(aLedger('2026-12-25 10:00', workingDays(10)), aRule(), early).provisional).toBe(true);
    const asOf2025 = calendarInForce(chinaCalendar, at('2025-11-03 12:00'));
    expect(dueOf(aLedger('2025-12-25 10:00', workingDays(10)), aRule(), asOf2025).provisional).toBe(true);
  });

  it('are due for a warning the working day before', () => {
    const { warnings } = dueOf(
      aLedger('2024-03-04 10:00', workingDays(5)),
      aRule({ warn: [workingDays(1), workingDays(3)] }),
      china,
    );
    expect(warnings).toEqual([
      { term: workingDays(3), on: '2024-03-06', at: at('2024-03-06 00:00') },
      { term: workingDays(1), on: '2024-03-08', at: at('2024-03-08 00:00') },
    ]);
    const short = dueOf(aLedger('2024-03-04 10:00', workingDays(1)), aRule({ warn: [workingDays(3)] }), china);
    expect(short.warnings[0]?.at).toBe(at('2024-03-04 10:00'));
  });
});

describe('working hours', () => {
  it('4 from Monday 17:00 on 08:00-18:00 are up on Tuesday 11:00, with a warning 1 hour before at 10:00', () => {
    const due = dueOf(aLedger('2024-03-04 17:00', workingHours(4)), aRule({ warn: [workingHours(1)] }), plain);
    expect(due.dueAt).toBe(at('2024-03-05 11:00'));
    expect(due.warnings[0]?.at).toBe(at('2024-03-05 10:00'));
  });

  it('count neither the midday break nor the weekend, and stop with the clock', () => {
    expect(dueOf(aLedger('2024-03-08 11:30', workingHours(4)), aRule(), china).dueAt).toBe(at('2024-03-08 17:00'));
    expect(dueOf(aLedger('2024-03-08 16:30', workingHours(1)), aRule(), china).dueAt).toBe(at('2024-03-11 09:00'));
    const stopped = aLedger('2024-03-08 09:00', workingHours(2), {
      pauses: [paused('2024-03-08 10:00', '2024-03-11 10:00')],
    });
    expect(dueOf(stopped, aRule(), china).dueAt).toBe(at('2024-03-11 11:00'));
  });
});

describe('calendar days and months', () => {
  it('that end on a day off stay, to midnight, or roll to the next working day, as the rule declares', () => {
    const ledger = aLedger('2024-04-22 10:00', calendarDays(10));
    const stays = dueOf(ledger, aRule({ endOnDayOff: 'stays' }), china);
    const rolls = dueOf(ledger, aRule({ endOnDayOff: 'rollsForward' }), china);
    expect([stays.dueOn, stays.dueAt]).toEqual(['2024-05-02', at('2024-05-03 00:00')]);
    expect([rolls.dueOn, rolls.dueAt]).toEqual(['2024-05-06', at('2024-05-06 17:00')]);
  });

  it('end a month on the day of the same number, or the last (Civil Code of the PRC, art. 202)', () => {
    expect(dueOf(aLedger('2024-01-31 10:00', months(1)), aRule(), china).dueOn).toBe('2024-02-29');
    expect(dueOf(aLedger('2024-03-15 10:00', months(2)), aRule(), china).dueOn).toBe('2024-05-15');
  });

  it('add months before paused days', () => {
    const ledger = aLedger('2024-01-31 10:00', months(1), { pauses: [paused('2024-02-10 10:00', '2024-02-12 10:00')] });
    expect(dueOf(ledger, aRule(), china).dueOn).toBe('2024-03-02');
  });
});

describe('a pause', () => {
  it('of a 56-day term with 19 elapsed, answered on its day 6 of 14, leaves 37 days from that day', () => {
    const anchor = epochDay('2024-01-01');
    const on = (day: number) => `${isoDate(anchor + day)} 10:00`;
    const held = aLedger(on(0), calendarDays(56), { status: 'paused', pauses: [paused(on(19))] });
    expect(dueOf(held, aRule(), plain)).toMatchObject({ held: true, remaining: calendarDays(37) });
    expect(dayCount(held, aRule(), plain, at(on(24)))).toMatchObject({ elapsed: 19, remaining: 37, total: 56 });

    const answered = aLedger(on(0), calendarDays(56), { pauses: [paused(on(19), on(25))] });
    expect(dueOf(answered, aRule(), plain).dueOn).toBe(isoDate(anchor + 25 + 37));
    expect(dayCount(answered, aRule(), plain, at(on(25)))).toMatchObject({ elapsed: 19, remaining: 37, total: 56 });
    const inFull = aLedger(on(0), calendarDays(56), { pauses: [paused(on(19), on(33))] });
    expect(dueOf(inFull, aRule(), plain).dueOn).toBe(isoDate(anchor + 56 + 14));
  });

  it('is measured in working days where the term is', () => {
    const overTheHoliday = aLedger('2024-09-27 10:00', workingDays(5), {
      pauses: [paused('2024-09-29 10:00', '2024-10-08 10:00')],
    });
    expect(dueOf(overTheHoliday, aRule(), china).dueOn).toBe('2024-10-12');
  });

  it('keeps a deadline from becoming overdue, unless it already was', () => {
    const stopped = aLedger('2024-03-04 10:00', workingDays(1), {
      status: 'paused',
      pauses: [paused('2024-03-05 16:00')],
    });
    expect(isOverdue(stopped, aRule(), china, at('2024-04-01 10:00'))).toBe(false);
    const tooLate = aLedger('2024-03-04 10:00', workingDays(1), {
      status: 'paused',
      pauses: [paused('2024-03-05 17:01')],
    });
    expect(isOverdue(tooLate, aRule(), china, at('2024-03-05 17:02'))).toBe(true);
    expect(dueOf(tooLate, aRule(), china).held).toBe(false);
  });

  it('begun on the last day leaves the day on which the clock goes on, or the next when that is over', () => {
    const last = (to: string) =>
      dueOf(aLedger('2024-03-04 10:00', workingDays(1), { pauses: [paused('2024-03-05 16:00', to)] }), aRule(), china)
        .dueOn;
    expect(last('2024-03-05 16:30')).toBe('2024-03-05');
    expect(last('2024-03-05 18:00')).toBe('2024-03-06');
    expect(last('2024-03-07 09:00')).toBe('2024-03-07');
    expect(last('2024-03-09 09:00')).toBe('2024-03-11');
  });

  it('before the count starts takes nothing away', () => {
    const rule = aRule({ receivedOnDayOff: 'nextWorkingDay' });
    const ledger = aLedger('2024-03-09 10:00', workingDays(3), {
      pauses: [paused('2024-03-09 10:00', '2024-03-10 10:00')],
    });
    expect(dueOf(ledger, rule, china).dueOn).toBe(
      dueOf(aLedger('2024-03-09 10:00', workingDays(3)), rule, china).dueOn,
    );
  });

  it('that outlasts the day not counted takes away only the days after it', () => {
    const rule = aRule({ receivedOnDayOff: 'nextWorkingDay' });
    const ledger = aLedger('2024-03-09 10:00', workingDays(3), {
      pauses: [paused('2024-03-09 11:00', '2024-03-12 10:00')],
    });
    expect(dueOf(ledger, rule, china).dueOn).toBe('2024-03-15');
  });

  it('makes the term start over where the rule says so, with the same or another term', () => {
    const ledger = aLedger('2024-03-04 10:00', workingDays(5), {
      pauses: [paused('2024-03-07 10:00', '2024-03-11 10:00')],
    });
    expect(dueOf(ledger, aRule(), china).dueOn).toBe('2024-03-13');
    expect(dueOf(ledger, aRule({ onResume: 'reset' }), china).dueOn).toBe('2024-03-18');
    expect(dueOf(ledger, aRule({ onResume: { restart: workingDays(7) } }), china).dueOn).toBe('2024-03-20');
    const tooLate = aLedger('2024-03-04 10:00', workingDays(1), {
      pauses: [paused('2024-03-07 10:00', '2024-03-11 10:00')],
    });
    expect(dueOf(tooLate, aRule({ onResume: 'reset' }), china).dueOn).toBe('2024-03-05');
  });
});

describe('an extension', () => {
  const rule = aRule({ extension: { event: 'decision.extended', max: 1, by: workingDays(10), role: 'unitHead' } });

  it('counts before expiry only, and no more often than allowed', () => {
    const granted = (...extensions: DeadlineLedger['extensions']) =>
      dueOf(aLedger('2024-03-04 10:00', workingDays(5), { extensions }), rule, china).dueOn;
    expect(granted()).toBe('2024-03-11');
    expect(granted(extension('2024-03-11 17:00', workingDays(10)))).toBe('2024-03-25');
    expect(granted(extension('2024-03-11 17:01', workingDays(10)))).toBe('2024-03-11');
    expect(
      granted(extension('2024-03-05 10:00', workingDays(10)), extension('2024-03-06 10:00', workingDays(10))),
    ).toBe('2024-03-25');
  });

  it('keeps the pauses', () => {
    const ledger = aLedger('2024-03-04 10:00', workingDays(5), {
      pauses: [paused('2024-03-05 10:00', '2024-03-07 10:00')],
      extensions: [extension('2024-03-08 10:00', workingDays(10))],
    });
    expect(dueOf(ledger, rule, china).dueOn).toBe('2024-03-27');
  });

  it('while the clock stands still is in time', () => {
    const ledger = aLedger('2024-03-04 10:00', workingDays(5), {
      status: 'paused',
      pauses: [paused('2024-03-08 10:00')],
      extensions: [extension('2024-04-08 10:00', workingDays(10))],
    });
    expect(dueOf(ledger, rule, china)).toMatchObject({ held: true, remaining: workingDays(11) });
  });

  it('of months by days is added after the months', () => {
    const ledger = aLedger('2024-01-31 10:00', months(1), {
      extensions: [extension('2024-02-05 10:00', calendarDays(3))],
    });
    expect(dueOf(ledger, rule, china).dueOn).toBe('2024-03-03');
  });
});

describe('an end that the event itself names', () => {
  it('is that instant, whatever the calendar', () => {
    const ledger = aLedger('2011-01-03 10:00', undefined, { fixedDueAt: '2011-02-19T23:30:00+01:00' });
    const due = dueOf(ledger, aRule(), china);
    expect([due.dueOn, due.dueAt, due.provisional]).toEqual(['2011-02-20', '2011-02-19T22:30:00.000Z', false]);
    expect(dueOf(ledger, aRule({ endOnDayOff: 'rollsForward' }), china)).toEqual(due);
  });

  it('is close of business of that date, rolled where the rule says so', () => {
    const ledger = aLedger('2024-04-01 10:00', undefined, { fixedDueAt: '2024-05-01' });
    expect(dueOf(ledger, aRule(), china).dueAt).toBe(at('2024-05-02 00:00'));
    expect(dueOf(ledger, aRule({ endOnDayOff: 'rollsForward' }), china).dueAt).toBe(at('2024-05-06 17:00'));
  });

  it('moves with pauses, in calendar days', () => {
    const ledger = aLedger('2024-03-01 10:00', undefined, {
      fixedDueAt: '2024-03-20',
      pauses: [paused('2024-03-05 10:00', '2024-03-08 10:00')],
    });
    expect(dueOf(ledger, aRule(), china).dueOn).toBe('2024-03-23');
  });
});

describe('being late', () => {
  const ledger = aLedger('2024-03-04 10:00', workingDays(5));

  it('begins after close of business of the last day', () => {
    expect(isOverdue(ledger, aRule(), china, at('2024-03-11 17:00'))).toBe(false);
    expect(isOverdue(ledger, aRule(), china, '2024-03-11T09:00:00.001Z')).toBe(true);
    expect(
      isOverdue({ ...ledger, status: 'met', metAt: at('2024-03-11 16:00') }, aRule(), china, at('2024-04-01 10:00')),
    ).toBe(false);
    expect(isOverdue({ ...ledger, status: 'cancelled' }, aRule(), china, at('2024-04-01 10:00'))).toBe(false);
  });

  it('stays known of what was met afterwards', () => {
    expect(wasMetLate({ ...ledger, status: 'met', metAt: at('2024-03-11 17:00') }, aRule(), china)).toBe(false);
    expect(wasMetLate({ ...ledger, status: 'met', metAt: at('2024-03-11 17:01') }, aRule(), china)).toBe(true);
    expect(wasMetLate({ ...ledger, status: 'met', metAt: '2024-03-11' }, aRule(), china)).toBe(false);
    expect(wasMetLate({ ...ledger, status: 'met', metAt: '2024-03-12' }, aRule(), china)).toBe(true);
    expect(wasMetLate(ledger, aRule(), china)).toBe(false);
  });

  it('is counted in the unit of the term', () => {
    expect(dayCount(ledger, aRule(), china, at('2024-03-06 10:00'))).toEqual({
      unit: 'workingDays',
      elapsed: 2,
      total: 5,
      remaining: 3,
      over: 0,
    });
    expect(dayCount(ledger, aRule(), china, at('2024-03-18 10:00'))).toEqual({
      unit: 'workingDays',
      elapsed: 5,
      total: 5,
      remaining: 0,
      over: 5,
    });
    expect(
      dayCount({ ...ledger, status: 'met', metAt: '2024-03-07' }, aRule(), china, at('2024-03-18 10:00')).remaining,
    ).toBe(2);
  });

  it('is not said of a floor or a window: one is too early before its day, the other lapses', () => {
    const floor = aRule({ kind: 'atLeast', within: calendarDays(20) });
    const issued = aLedger('2024-03-04 10:00', calendarDays(20));
    expect(isTooEarly(issued, floor, china, at('2024-03-23 23:59'))).toBe(true);
    expect(isTooEarly(issued, floor, china, at('2024-03-24 00:00'))).toBe(false);
    expect(isOverdue(issued, floor, china, at('2024-06-01 10:00'))).toBe(false);
    const window = aRule({ kind: 'window' });
    expect(hasLapsed(ledger, window, china, at('2024-03-11 17:00'))).toBe(false);
    expect(hasLapsed(ledger, window, china, at('2024-03-12 09:00'))).toBe(true);
    expect(isOverdue(ledger, window, china, at('2024-03-12 09:00'))).toBe(false);
  });
});

describe('every due date', () => {
  const minute = fc.integer({
    min: Date.parse('2019-01-01T00:00:00Z') / 60_000,
    max: Date.parse('2025-06-01T00:00:00Z') / 60_000,
  });
  const instant = minute.map((value) => new Date(value * 60_000).toISOString());
  const unit = fc.constantFrom(workingDays, workingHours, calendarDays, months);
  const rule = fc
    .record({
      receivedOnDayOff: fc.constantFrom('asIs' as const, 'nextWorkingDay' as const),
      afterHours: fc.constantFrom('sameDay' as const, 'nextWorkingDay' as const),
      endOnDayOff: fc.constantFrom('stays' as const, 'rollsForward' as const),
    })
    .map((policies) => aRule({ ...policies, extension: { event: 'decision.extended', max: 5, by: workingDays(1) } }));
  const bare = (anchoredAt: string, term: Term): DeadlineLedger => ({
    ...aLedger('2024-01-01 00:00', term),
    anchor: { event: 'e', revision: 0, at: anchoredAt },
  });

  it('is never earlier for a longer term', () => {
    fc.assert(
      fc.property(instant, unit, rule, fc.nat({ max: 60 }), fc.nat({ max: 60 }), (start, term, policies, one, more) => {
        const shorter = dueOf(bare(start, term(one)), policies, china).dueAt;
        const longer = dueOf(bare(start, term(one + more)), policies, china).dueAt;
        expect(longer >= shorter).toBe(true);
      }),
    );
  });

  it('is never earlier for a pause, nor for a longer one', () => {
    const hours = fc.nat({ max: 24 * 30 });
    fc.assert(
      fc.property(
        instant,
        unit,
        rule,
        fc.nat({ max: 40 }),
        hours,
        hours,
        hours,
        (start, term, policies, amount, after, length, more) => {
          const later = (by: number) => new Date(Date.parse(start) + by * 3_600_000).toISOString();
          const without = bare(start, term(amount));
          const pausedFor = (by: number) => ({ ...without, pauses: [{ from: later(after), to: later(after + by) }] });
          const unpaused = dueOf(without, policies, china).dueAt;
          const once = dueOf(pausedFor(length), policies, china).dueAt;
          expect(once >= unpaused).toBe(true);
          expect(dueOf(pausedFor(length + more), policies, china).dueAt >= once).toBe(true);
        },
      ),
    );
  });

  it('gives back whole days of pause day by day', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 2, max: 40 }), fc.nat({ max: 30 }), (start, amount, length) => {
        const from = new Date(Date.parse(start) + MS_PER_DAY).toISOString();
        const to = new Date(Date.parse(from) + length * MS_PER_DAY).toISOString();
        const due = dueOf({ ...bare(start, calendarDays(amount)), pauses: [{ from, to }] }, aRule(), china).dueOn;
        expect(epochDay(due) - epochDay(dueOf(bare(start, calendarDays(amount)), aRule(), china).dueOn)).toBe(length);
      }),
    );
  });

  it('falls on a working day when the term is in working days, and has the working days between', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 1, max: 60 }), (start, amount) => {
        const { dueOn } = dueOf(bare(start, workingDays(amount)), aRule(), china);
        const office = isoDate(china.clock.dayAt(Date.parse(start)));
        expect(china.isWorkingDay(dueOn)).toBe(true);
        expect(china.workingDaysBetween(office, dueOn)).toBe(amount);
      }),
    );
  });

  it('is the same from a ledger that was stored as JSON', () => {
    const ledger = aLedger('2024-03-04 10:00', workingDays(5), {
      pauses: [paused('2024-03-05 10:00', '2024-03-07 10:00')],
    });
    expect(dueOf(JSON.parse(JSON.stringify(ledger)), aRule(), china)).toEqual(dueOf(ledger, aRule(), china));
  });
});
