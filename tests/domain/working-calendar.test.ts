import fc from 'fast-check';
import type { CalendarNotice } from '../../src/domain/calendar-notice.js';
import { isCaseError } from '../../src/domain/case-error.js';
import { epochDay, formatInstant, isoDate, MS_PER_HOUR, parseInstant } from '../../src/domain/office-time.js';
import {
  type CalendarDefinition,
  calendarChanges,
  calendarInForce,
  calendarProblems,
} from '../../src/domain/working-calendar.js';

const name = { en: 'Harvest', zh: '丰收节' };

function aNotice(parts: Partial<CalendarNotice> = {}): CalendarNotice {
  return {
    id: 'n-2024',
    year: 2024,
    title: { en: 'Days off 2024', zh: '2024年放假通知' },
    source: 'https://example.org/2024',
    published: '2023-11-01',
    days: [{ name, off: ['2024-05-01/2024-05-03'], makeUp: ['2024-05-04'] }],
    ...parts,
  };
}

function aDefinition(parts: Partial<CalendarDefinition> = {}): CalendarDefinition {
  return {
    id: 'test',
    title: { en: 'Test', zh: '测试' },
    timeZone: 'Asia/Shanghai',
    weekend: [6, 7],
    hours: [
      { opens: '08:30', closes: '12:00' },
      { opens: '13:30', closes: '17:00' },
    ],
    notices: [aNotice()],
    horizon: 'published',
    ...parts,
  };
}

const calendar = calendarInForce(aDefinition());
const at = (wall: string) => parseInstant(`${wall.replace(' ', 'T')}:00+08:00`);
const wall = (ms: number) => calendar.clock.wallText(ms);

describe('what a day is', () => {
  it('follows the week where no notice speaks', () => {
    expect(calendar.why('2024-03-01')).toEqual({ date: '2024-03-01', kind: 'working' });
    expect(calendar.why('2024-03-02')).toEqual({ date: '2024-03-02', kind: 'weekend' });
  });

  it('follows the notice where one speaks, and names it', () => {
    const notice = { id: 'n-2024', title: aNotice().title, source: aNotice().source, published: '2023-11-01' };
    expect(calendar.why('2024-05-02')).toEqual({ date: '2024-05-02', kind: 'off', name, notice });
    expect(calendar.why('2024-05-04')).toEqual({ date: '2024-05-04', kind: 'makeUp', name, notice });
    expect(calendar.isWorkingDay('2024-05-04')).toBe(true);
    expect(calendar.isWorkingDay('2024-05-02')).toBe(false);
  });

  it('is left to the week again by a notice that takes an earlier one back', () => {
    const correction = aNotice({
      id: 'n-2024-2',
      published: '2024-01-10',
      amends: 'n-2024',
      days: [{ name, ordinary: ['2024-05-03/2024-05-04'] }],
    });
    const corrected = calendarInForce(aDefinition({ notices: [correction, aNotice()] }));
    expect(corrected.why('2024-05-03').kind).toBe('working');
    expect(corrected.why('2024-05-04').kind).toBe('weekend');
    expect(corrected.why('2024-05-04').notice?.id).toBe('n-2024-2');
    expect(corrected.isWorkingDay('2024-05-04')).toBe(false);
  });
});

describe('counting working days', () => {
  it('does not count the day it starts on', () => {
    expect(calendar.addWorkingDays('2024-04-30', 1)).toBe('2024-05-04');
    expect(calendar.addWorkingDays('2024-05-04', -1)).toBe('2024-04-30');
    expect(calendar.addWorkingDays('2024-05-01', 0)).toBe('2024-05-04');
    expect(calendar.addWorkingDays('2024-05-04', 0)).toBe('2024-05-04');
    expect(calendar.workingDaysBetween('2024-04-30', '2024-05-06')).toBe(2);
    expect(calendar.workingDaysBetween('2024-05-06', '2024-04-30')).toBe(-2);
  });

  it('is the same by table and by walking, inside the table, outside and across its edges', () => {
    const anyDay = fc.oneof(
      fc.integer({ min: epochDay('1980-01-01'), max: epochDay('2070-01-01') }),
      fc.integer({ min: epochDay('2060-10-01'), max: epochDay('2061-03-01') }),
      fc.integer({ min: epochDay('1989-10-01'), max: epochDay('1990-03-01') }),
    );
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 1, max: 120 }), (day, count) => {
        let forward = day;
        for (let left = count; left > 0; ) if (calendar.isWorkingDay(isoDate(++forward))) left--;
        let backward = day;
        for (let left = count; left > 0; ) if (calendar.isWorkingDay(isoDate(--backward))) left--;
        expect(calendar.workingDayAfter(day, count)).toBe(forward);
        expect(calendar.workingDayBefore(day, count)).toBe(backward);
        expect(calendar.countWorking(day, forward)).toBe(count);
        expect(calendar.countWorking(backward - 1, day - 1)).toBe(count);
      }),
      { numRuns: 500 },
    );
  });
});

describe('counting working time', () => {
  it('knows the midday break, the night and days off', () => {
    expect(wall(calendar.addWorkingTime(at('2024-04-30 11:30'), 1 * MS_PER_HOUR))).toBe('2024-04-30 14:00');
    expect(wall(calendar.addWorkingTime(at('2024-04-30 16:30'), 1 * MS_PER_HOUR))).toBe('2024-05-04 09:00');
    expect(wall(calendar.addWorkingTime(at('2024-05-02 10:00'), 1 * MS_PER_HOUR))).toBe('2024-05-04 09:30');
    expect(wall(calendar.addWorkingTime(at('2024-04-30 20:00'), 7 * MS_PER_HOUR))).toBe('2024-05-04 17:00');
    expect(wall(calendar.subtractWorkingTime(at('2024-05-04 09:00'), 1 * MS_PER_HOUR))).toBe('2024-04-30 16:30');
    expect(wall(calendar.subtractWorkingTime(at('2024-05-02 09:00'), 7 * MS_PER_HOUR))).toBe('2024-04-30 08:30');
  });

  it('ends where a break begins, and starts where one ends', () => {
    expect(wall(calendar.addWorkingTime(at('2024-04-30 10:00'), 2 * MS_PER_HOUR))).toBe('2024-04-30 12:00');
    expect(wall(calendar.subtractWorkingTime(at('2024-04-30 15:30'), 2 * MS_PER_HOUR))).toBe('2024-04-30 13:30');
    expect(wall(calendar.subtractWorkingTime(at('2024-05-02 10:00'), 3.5 * MS_PER_HOUR))).toBe('2024-04-30 13:30');
  });

  it('is additive and undoes itself', () => {
    const instant = fc.integer({ min: at('2024-04-01 00:00'), max: at('2024-06-30 00:00') });
    const amount = fc.integer({ min: 1, max: 100 * MS_PER_HOUR });
    fc.assert(
      fc.property(instant, amount, amount, (start, one, other) => {
        const end = calendar.addWorkingTime(start, one);
        expect(calendar.workingTimeBetween(start, end)).toBe(one);
        expect(calendar.workingTimeBetween(end, start)).toBe(-one);
        expect(calendar.addWorkingTime(end, other)).toBe(calendar.addWorkingTime(start, one + other));
        expect(calendar.workingTimeBetween(calendar.subtractWorkingTime(start, one), start)).toBe(one);
      }),
    );
  });

  it('ends a day at close of business, and a day off at midnight (Civil Code of the PRC, art. 203)', () => {
    expect(formatInstant(calendar.endOf(epochDay('2024-04-30')))).toBe('2024-04-30T09:00:00.000Z');
    expect(formatInstant(calendar.endOf(epochDay('2024-05-01')))).toBe('2024-05-01T16:00:00.000Z');
  });
});

describe('the calendar in force', () => {
  const amendment = aNotice({
    id: 'n-2024-2',
    published: '2024-04-10',
    amends: 'n-2024',
    days: [{ name, off: ['2024-05-06'] }],
  });
  const definition = aDefinition({ notices: [aNotice(), amendment] });

  it('knows a notice from the start of its day at the office, and no later one', () => {
    expect(calendarInForce(definition, '2024-04-09T15:59:59.999Z').isWorkingDay('2024-05-06')).toBe(true);
    expect(calendarInForce(definition, '2024-04-09T16:00:00.000Z').isWorkingDay('2024-05-06')).toBe(false);
    expect(calendarInForce(definition).isWorkingDay('2024-05-06')).toBe(false);
  });

  it('knows a recorded notice from the instant the ledger took it', () => {
    const late = aDefinition({ notices: [aNotice(), { ...amendment, recordedAt: '2024-04-12T01:00:00.000Z' }] });
    expect(calendarInForce(late, '2024-04-12T00:59:59.999Z').isWorkingDay('2024-05-06')).toBe(true);
    expect(calendarInForce(late, '2024-04-12T01:00:00.000Z').isWorkingDay('2024-05-06')).toBe(false);
    expect(calendarChanges(late).map((change) => [change.at, change.notice.id])).toEqual([
      ['2023-10-31T16:00:00.000Z', 'n-2024'],
      ['2024-04-12T01:00:00.000Z', 'n-2024-2'],
    ]);
  });

  it('lets the notice published later hold, even when the earlier one was recorded after it', () => {
    const first = aNotice({ recordedAt: '2024-04-20T00:00:00.000Z', days: [{ name, off: ['2024-05-06'] }] });
    const second = { ...amendment, days: [{ name, ordinary: ['2024-05-06'] }] };
    expect(calendarInForce(aDefinition({ notices: [first, second] })).isWorkingDay('2024-05-06')).toBe(true);
  });

  it('is published as far as its notices reach', () => {
    expect(calendarInForce(definition, '2023-10-01T00:00:00.000Z').horizon).toBeUndefined();
    expect(calendarInForce(definition).horizon).toBe('2024-12-31');
    expect(calendar.isPublished(epochDay('2024-01-01'), epochDay('2024-12-31'))).toBe(true);
    expect(calendar.isPublished(epochDay('2024-12-01'), epochDay('2025-01-02'))).toBe(false);
    expect(calendar.isPublished(epochDay('2023-12-31'), epochDay('2024-01-02'))).toBe(false);
    const weekdays = calendarInForce(aDefinition({ notices: [], horizon: 'unbounded' }));
    expect(weekdays.isPublished(epochDay('1980-01-01'), epochDay('2080-01-01'))).toBe(true);
  });

  it('is one object for one moment of its history', () => {
    expect(calendarInForce(definition, '2024-05-01T00:00:00.000Z')).toBe(calendarInForce(definition));
  });
});

describe('a definition', () => {
  it.each<[string, Partial<CalendarDefinition>, RegExp]>([
    ['a zone that does not exist', { timeZone: 'Mars/Olympus' }, /no time zone/],
    ['a week without a working day', { weekend: [1, 2, 3, 4, 5, 6, 7] }, /weekend/],
    ['no opening hours', { hours: [] }, /no opening hours/],
    ['hours that end before they begin', { hours: [{ opens: '17:00', closes: '08:00' }] }, /opening hours/],
    ['an hour that does not exist', { hours: [{ opens: '08:00', closes: '25:00' }] }, /opening hours/],
    ['two notices of one name', { notices: [aNotice(), aNotice()] }, /two notices/],
    ['an amendment of nothing', { notices: [aNotice({ amends: 'n-1999' })] }, /amends/],
    ['a day that does not exist', { notices: [aNotice({ days: [{ name, off: ['2023-02-29'] }] })] }, /neither a date/],
    [
      'an interval that runs backwards',
      { notices: [aNotice({ days: [{ name, off: ['2024-05-03/2024-05-01'] }] })] },
      /run of/,
    ],
    [
      'a day named twice',
      { notices: [aNotice({ days: [{ name, off: ['2024-05-01'], makeUp: ['2024-05-01'] }] })] },
      /twice/,
    ],
  ])('is refused with %s', (_, parts, problem) => {
    const definition = aDefinition(parts);
    expect(calendarProblems(definition).join('; ')).toMatch(problem);
    let refused: unknown;
    try {
      calendarInForce(definition);
    } catch (error) {
      refused = error;
    }
    expect(isCaseError(refused, 'CALENDAR_INVALID')).toBe(true);
  });
});
