import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chinaCalendar } from '../../../src/domain/calendars/cn.js';
import { epochDay, isoDate } from '../../../src/domain/office-time.js';
import { calendarInForce, calendarProblems } from '../../../src/domain/working-calendar.js';

type PublishedYear = {
  readonly year: number;
  readonly days: readonly { readonly date: string; readonly isOffDay: boolean }[];
};

const DATA = join(process.cwd(), '..', 'shared', 'data', 'calendar');
const hasData = existsSync(DATA);
const withData = hasData ? describe : describe.skip;
const unlessData = hasData ? '' : ' (skipped: no shared data)';

const readYear = (file: string) => JSON.parse(readFileSync(join(DATA, file), 'utf8')) as PublishedYear;
const isWeekend = (date: string) => [0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay());
const nextDate = (date: string) => new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);

describe("China's calendar", () => {
  it('is valid, and nothing is published beyond 2026', () => {
    expect(calendarProblems(chinaCalendar)).toEqual([]);
    expect(calendarInForce(chinaCalendar).horizon).toBe('2026-12-31');
  });

  it('counts 10 working days from 2020-01-20 to 02-07, and to 02-11 after the notice of 2020-01-27 (State Council General Office, 延长春节假期)', () => {
    expect(calendarInForce(chinaCalendar, '2020-01-20T01:00:00.000Z').addWorkingDays('2020-01-20', 10)).toBe(
      '2020-02-07',
    );
    expect(calendarInForce(chinaCalendar, '2020-01-26T15:59:59.999Z').addWorkingDays('2020-01-20', 10)).toBe(
      '2020-02-07',
    );
    expect(calendarInForce(chinaCalendar, '2020-01-26T16:00:00.000Z').addWorkingDays('2020-01-20', 10)).toBe(
      '2020-02-11',
    );
  });

  it('moves the May holiday of 2019 with the notice of 2019-03-22: Thursday and Friday off, two Sundays worked', () => {
    const before = calendarInForce(chinaCalendar, '2019-03-21T00:00:00.000Z');
    const after = calendarInForce(chinaCalendar, '2019-03-22T00:00:00.000Z');
    expect(before.addWorkingDays('2019-04-26', 5)).toBe('2019-05-06');
    expect(after.addWorkingDays('2019-04-26', 5)).toBe('2019-05-06');
    expect(before.addWorkingDays('2019-04-26', 3)).toBe('2019-05-02');
    expect(after.addWorkingDays('2019-04-26', 3)).toBe('2019-04-30');
    expect(before.why('2019-05-02').kind).toBe('working');
    expect(after.why('2019-05-02').notice?.id).toBe('cn-2019-labour-day');
    expect(after.why('2019-05-05').kind).toBe('makeUp');
  });

  it('takes 3 September 2015 off with the notice of 2015-05-13', () => {
    const before = calendarInForce(chinaCalendar, '2015-05-12T00:00:00.000Z');
    const after = calendarInForce(chinaCalendar, '2015-05-13T00:00:00.000Z');
    expect(before.addWorkingDays('2015-09-02', 3)).toBe('2015-09-07');
    expect(after.addWorkingDays('2015-09-02', 3)).toBe('2015-09-08');
    expect(before.isWorkingDay('2015-09-03')).toBe(true);
    expect(after.isWorkingDay('2015-09-06')).toBe(true);
  });
});

withData(`China's calendar against the State Council's published days (NateScarlet/holiday-cn)${unlessData}`, () => {
  const files = hasData ? readdirSync(DATA).filter((file) => /^holiday-cn-\d{4}\.json$/.test(file)) : [];
  const published = new Map<string, boolean>();
  if (hasData) for (const file of files) for (const day of readYear(file).days) published.set(day.date, day.isOffDay);
  const isWorked = (date: string) => (published.has(date) ? published.get(date) === false : !isWeekend(date));

  it('agrees on every day from 2007 to 2026', () => {
    const calendar = calendarInForce(chinaCalendar);
    expect(published.size).toBeGreaterThan(600);
    const differing: string[] = [];
    for (let date = '2006-12-01'; date <= '2027-01-31'; date = nextDate(date)) {
      if (calendar.isWorkingDay(date) !== isWorked(date)) differing.push(date);
    }
    expect(differing).toEqual([]);
  });

  it('says of every day that a notice names which notice it was', () => {
    const calendar = calendarInForce(chinaCalendar);
    expect([...published.keys()].filter((date) => calendar.why(date).notice === undefined)).toEqual([]);
  });

  it.each([
    ['2019', 'history/holiday-cn-2019.published-2018-12-06.json', '2019-03-21T00:00:00.000Z'],
    ['2020', 'history/holiday-cn-2020.published-2019-11-21.json', '2020-01-26T00:00:00.000Z'],
  ])('agrees on every day of %s as it was first published', (year, file, asOf) => {
    const asFirstPublished = new Map(readYear(file).days.map((day) => [day.date, day.isOffDay]));
    const calendar = calendarInForce(chinaCalendar, asOf);
    const differing: string[] = [];
    for (let date = `${year}-01-01`; date <= `${year}-12-31`; date = nextDate(date)) {
      const worked = asFirstPublished.has(date) ? asFirstPublished.get(date) === false : !isWeekend(date);
      if (calendar.isWorkingDay(date) !== worked) differing.push(date);
    }
    expect(differing).toEqual([]);
  });

  it('has every notice with its source and the day it was published', () => {
    const listed = readFileSync(join(DATA, 'notices.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => {
        const [year, on, exact, source] = line.split(',');
        return { year: Number(year), published: on, exact: exact === 'yes', source };
      });
    const ours = chinaCalendar.notices.map(({ year, published, publishedIs, source }) => ({
      year,
      published,
      exact: publishedIs === undefined,
      source,
    }));
    expect(ours).toEqual(listed);
  });

  it('counts 1 to 60 working days from every day of 2008 to 2025 as a walk over the published days does', () => {
    const calendar = calendarInForce(chinaCalendar);
    const worked = new Set<string>();
    const dates: string[] = [];
    for (let date = '2008-01-01'; date <= '2026-12-31'; date = nextDate(date)) {
      dates.push(date);
      if (isWorked(date)) worked.add(date);
    }
    const terms = [1, 3, 5, 10, 20, 45, 60];
    let weekdayArithmeticWrong = 0;
    let checked = 0;
    for (let start = 0; dates[start]! <= '2025-12-31'; start++) {
      let [count, weekdays] = [0, 0];
      const naive = new Map<number, string>();
      const walked = new Map<number, string>();
      for (let index = start + 1; count < 60 || weekdays < 60; index++) {
        const date = dates[index]!;
        if (!isWeekend(date) && ++weekdays <= 60) naive.set(weekdays, date);
        if (worked.has(date) && ++count <= 60) walked.set(count, date);
      }
      for (const term of terms) {
        checked++;
        const due = calendar.addWorkingDays(dates[start]!, term);
        if (due !== walked.get(term)) throw new Error(`${term} from ${dates[start]}: ${due}, not ${walked.get(term)}`);
        if (due !== naive.get(term)) weekdayArithmeticWrong++;
      }
    }
    expect(checked).toBe(6575 * terms.length);
    expect(weekdayArithmeticWrong / checked).toBeGreaterThan(0.3);
  });

  it('is provisional from 2027 on, as the published data is empty there', () => {
    expect(readYear('holiday-cn-2027.json').days).toEqual([]);
    const calendar = calendarInForce(chinaCalendar);
    expect(calendar.isPublished(epochDay('2026-12-01'), epochDay('2027-01-04'))).toBe(false);
    expect(isoDate(calendar.workingDayAfter(epochDay('2026-12-31'), 1))).toBe('2027-01-01');
  });
});
