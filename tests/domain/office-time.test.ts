import fc from 'fast-check';
import { isCaseError } from '../../src/domain/case-error.js';
import {
  addMonths,
  epochDay,
  formatInstant,
  isoDate,
  isoWeekday,
  MS_PER_DAY,
  MS_PER_HOUR,
  OfficeClock,
  officeClock,
  parseInstant,
} from '../../src/domain/office-time.js';

describe('dates', () => {
  it('agree with the Gregorian calendar in every day of four centuries', () => {
    for (let day = epochDay('1800-01-01'); day < epochDay('2200-01-01'); day++) {
      const date = new Date(day * MS_PER_DAY);
      const text = date.toISOString().slice(0, 10);
      const agrees = isoDate(day) === text && epochDay(text) === day && isoWeekday(day) % 7 === date.getUTCDay();
      if (!agrees) throw new Error(`day ${day} is ${text}, not ${isoDate(day)}`);
    }
    expect([epochDay('1970-01-01'), isoDate(0), isoWeekday(0)]).toEqual([0, '1970-01-01', 4]);
  });

  it.each(['2021-02-29', '2020-13-01', '2020-00-10', '2020-1-01', '2020-01-32', '20200101', 'tomorrow', ''])(
    'refuse "%s", which does not exist',
    (text) => expect(failureOf(() => epochDay(text))).toBe('TERM_INVALID'),
  );

  it('add months to the last day where the month is shorter (Civil Code of the PRC, art. 202)', () => {
    const add = (date: string, count: number) => isoDate(addMonths(epochDay(date), count));
    expect(add('2024-01-31', 1)).toBe('2024-02-29');
    expect(add('2023-01-31', 1)).toBe('2023-02-28');
    expect(add('2023-08-31', 6)).toBe('2024-02-29');
    expect(add('2023-11-15', 2)).toBe('2024-01-15');
  });
});

describe('instants', () => {
  it('are read as the ledger writes them', () => {
    fc.assert(fc.property(fc.integer({ min: -2e12, max: 4e12 }), (ms) => parseInstant(formatInstant(ms)) === ms));
  });

  it('are read with an offset too', () => {
    expect(parseInstant('2010-10-02T11:56:31+02:00')).toBe(Date.UTC(2010, 9, 2, 9, 56, 31));
    expect(parseInstant('2010-10-02T11:56:31.5Z')).toBe(Date.UTC(2010, 9, 2, 11, 56, 31, 500));
  });

  it.each(['2020-01-20T09:00:00', '2020-01-20', '2021-02-29T00:00:00.000Z', '2020-01-20T24:01:00.000Z', 'now'])(
    'refuse "%s", which names no instant',
    (text) => expect(failureOf(() => parseInstant(text))).toBe('TERM_INVALID'),
  );
});

describe('the office clock', () => {
  it('has its own date: late evening in UTC is the next day in Shanghai', () => {
    const shanghai = officeClock('Asia/Shanghai');
    expect(isoDate(shanghai.dayAt(parseInstant('2024-03-31T16:00:00.000Z')))).toBe('2024-04-01');
    expect(isoDate(shanghai.dayAt(parseInstant('2024-03-31T15:59:59.999Z')))).toBe('2024-03-31');
  });

  it.each(['Asia/Shanghai', 'Europe/Amsterdam', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia'])(
    'shows in %s what Intl shows, around every change of the clock',
    (timeZone) => {
      const clock = new OfficeClock(timeZone);
      const format = new Intl.DateTimeFormat('en-CA', {
        timeZone,
        dateStyle: 'short',
        timeStyle: 'short',
        hourCycle: 'h23',
      });
      for (let ms = Date.UTC(2011, 11, 20); ms < Date.UTC(2012, 11, 31); ms += MS_PER_HOUR) {
        const shown = format.format(ms).replace(', ', ' ');
        if (clock.wallText(ms) !== shown) throw new Error(`at ${ms}: ${clock.wallText(ms)}, not ${shown}`);
      }
      expect(clock.wallText(0)).toBe(format.format(0).replace(', ', ' '));
    },
  );

  it('finds the instant of every time that exists, and moves on one that a change skips', () => {
    const amsterdam = officeClock('Europe/Amsterdam');
    const day = epochDay('2024-03-31');
    expect(formatInstant(amsterdam.instantAt(day, 1 * MS_PER_HOUR))).toBe('2024-03-31T00:00:00.000Z');
    expect(formatInstant(amsterdam.instantAt(day, 2.5 * MS_PER_HOUR))).toBe('2024-03-31T01:30:00.000Z');
    expect(formatInstant(amsterdam.instantAt(day, 3 * MS_PER_HOUR))).toBe('2024-03-31T01:00:00.000Z');
    expect(formatInstant(amsterdam.instantAt(epochDay('2024-10-27'), 2.5 * MS_PER_HOUR))).toBe(
      '2024-10-27T00:30:00.000Z',
    );
    expect(formatInstant(amsterdam.instantAt(day, MS_PER_DAY))).toBe('2024-03-31T22:00:00.000Z');
  });

  it('reads back what it set, at any hour of any day', () => {
    const zones = fc.constantFrom('Asia/Shanghai', 'Europe/Amsterdam', 'America/New_York');
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: 25_000 }), fc.integer({ min: 4, max: 23 }), (zone, day, hour) => {
        const clock = officeClock(zone);
        const at = clock.instantAt(day, hour * MS_PER_HOUR);
        expect([clock.dayAt(at), clock.timeAt(at)]).toEqual([day, hour * MS_PER_HOUR]);
      }),
    );
  });

  it('runs under the server zone the environment asks for, which the suite varies', () => {
    const asked = process.env.TZ;
    if (asked) expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(asked);
    expect(officeClock('Asia/Shanghai').wallText(0)).toBe('1970-01-01 08:00');
  });
});

function failureOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return isCaseError(error, 'TERM_INVALID') ? error.failure.code : String(error);
  }
  return undefined;
}
