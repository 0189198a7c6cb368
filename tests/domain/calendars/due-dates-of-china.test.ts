import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import chineseDays from 'chinese-days';
import { chinaCalendar } from '../../../src/domain/calendars/cn.js';
import type { DeadlineRule } from '../../../src/domain/deadline.js';
import type { DeadlineLedger } from '../../../src/domain/deadline-ledger.js';
import { dueOf } from '../../../src/domain/due-date.js';
import { explainDeadline } from '../../../src/domain/explain-deadline.js';
import { workingDays } from '../../../src/domain/term.js';
import { calendarInForce } from '../../../src/domain/working-calendar.js';

const DATA = join(process.cwd(), '..', 'shared', 'data', 'calendar');
const hasData = existsSync(DATA);
const withData = hasData ? describe : describe.skip;
const unlessData = hasData ? '' : ' (skipped: no shared data)';

const TERMS = [1, 3, 5, 10, 20, 45, 60];
const DAY_MS = 86_400_000;
const china = calendarInForce(chinaCalendar);

const rule: DeadlineRule = {
  title: { en: 'Decision', zh: '作出决定' },
  from: 'application.accepted',
  until: { events: ['application.decided'] },
  within: workingDays(20),
  source: '行政许可法 42',
};

function accepted(date: string, time: string, days: number): DeadlineLedger {
  return {
    name: 'decision',
    generation: 1,
    anchor: { event: 'application.accepted', revision: 0, at: new Date(`${date}T${time}+08:00`).toISOString() },
    term: workingDays(days),
    extensions: [],
    pauses: [],
    status: 'running',
  };
}

/** Days as numbers since 1970-01-01, by nothing but the definition of UTC: no calendar of ours is asked. */
const dayOf = (date: string) => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
const dateOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);
/** 1970-01-01 was a Thursday. */
const isWeekend = (day: number) => (((day + 4) % 7) + 7) % 7 === 0 || (((day + 4) % 7) + 7) % 7 === 6;

/** What the State Council published, day by day: worked or off. */
function publishedDays(): ReadonlyMap<number, boolean> {
  const published = new Map<number, boolean>();
  for (const file of readdirSync(DATA).filter((name) => /^holiday-cn-\d{4}\.json$/.test(name))) {
    const { days } = JSON.parse(readFileSync(join(DATA, file), 'utf8')) as {
      days: readonly { date: string; isOffDay: boolean }[];
    };
    for (const { date, isOffDay } of days) published.set(dayOf(date), !isOffDay);
  }
  return published;
}

withData(
  `due dates against a calculation of its own on the State Council's published days (NateScarlet/holiday-cn)${unlessData}`,
  () => {
    it('agree for every start from 2008-01-01 to 2025-12-31 and 1, 3, 5, 10, 20, 45 and 60 working days', () => {
      const published = publishedDays();
      const isWorked = (day: number) => published.get(day) ?? !isWeekend(day);
      const differing: string[] = [];
      let checked = 0;
      let start = dayOf('2008-01-01');
      for (const last = dayOf('2025-12-31'); start <= last; start++) {
        const due = new Map<number, string>();
        for (let day = start + 1, count = 0; count < 60; day++) if (isWorked(day)) due.set(++count, dateOf(day));
        // Around midnight, where the date at the office is another than that at many a server.
        const time = start % 3 === 0 ? '00:10:00' : start % 3 === 1 ? '12:00:00' : '23:50:00';
        for (const term of TERMS) {
          checked++;
          const { dueOn } = dueOf(accepted(dateOf(start), time, term), rule, china);
          if (dueOn !== due.get(term)) differing.push(`${term} from ${dateOf(start)} ${time}: ${dueOn}`);
        }
      }
      expect(differing).toEqual([]);
      expect(checked).toBe(6_575 * TERMS.length);
    });

    it('are explained by the days that count: as many as the term has, each worked, the last the due date', () => {
      const published = publishedDays();
      const isWorked = (day: number) => published.get(day) ?? !isWeekend(day);
      for (let start = dayOf('2008-01-01'); start <= dayOf('2025-12-31'); start += 13) {
        const { steps, due } = explainDeadline(accepted(dateOf(start), '12:00:00', 20), rule, china);
        const counted = steps.flatMap((step) => (step.kind === 'counted' ? [step.on] : []));
        const off = steps.flatMap((step) => (step.kind === 'off' ? [step.on] : []));
        expect(counted).toHaveLength(20);
        expect(counted.at(-1)).toBe(due.dueOn);
        expect(counted.every((on) => isWorked(dayOf(on)))).toBe(true);
        expect(off.some((on) => isWorked(dayOf(on)))).toBe(false);
        expect(counted.length + off.length).toBe(dayOf(due.dueOn) - start);
      }
    });
  },
);

describe("China's calendar against the package chinese-days 1.5", () => {
  const days = Array.from({ length: dayOf('2026-12-31') - dayOf('2010-01-01') + 1 }, (_, i) => dayOf('2010-01-01') + i);
  const differing = days.map(dateOf).filter((date) => china.isWorkingDay(date) !== chineseDays.isWorkday(date));
  const isWestOfUtc = new Date(2024, 0, 1).getTimezoneOffset() > 0;

  it('agrees on every day from 2010 to 2026 on which the State Council has it otherwise than the week', () => {
    const otherwise = days.filter((day) => china.isWorkingDay(dateOf(day)) === isWeekend(day)).map(dateOf);
    expect(otherwise.length).toBeGreaterThan(300);
    expect(differing.filter((date) => otherwise.includes(date))).toEqual([]);
  });

  it('agrees on the others too, except where the package is wrong: west of UTC it takes the weekday of the day before', () => {
    // An ordinary Saturday: no notice speaks of it, so nobody works.
    expect(china.why('2024-01-06')).toEqual({ date: '2024-01-06', kind: 'weekend' });
    expect(differing.includes('2024-01-06')).toBe(isWestOfUtc);
    expect(differing.length > 0).toBe(isWestOfUtc);
    expect(
      differing.map((date) => new Date(`${date}T00:00:00Z`).getUTCDay()).filter((day) => day !== 6 && day !== 1),
    ).toEqual([]);
  });
});
