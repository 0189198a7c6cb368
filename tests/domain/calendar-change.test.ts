import fc from 'fast-check';
import { changedSpan } from '../../src/domain/calendar-change.js';
import { recordedNotice, withRecordedNotices } from '../../src/domain/calendar-history.js';
import type { CalendarNotice } from '../../src/domain/calendar-notice.js';
import { calendarYear } from '../../src/domain/calendar-year.js';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import type { RecordedEvent } from '../../src/domain/event.js';
import { epochDay, isoDate } from '../../src/domain/office-time.js';
import { calendarInForce } from '../../src/domain/working-calendar.js';
import { aNotice } from '../support/licence-office.js';

const FIRST = epochDay('2026-01-01');
const recordedAt = '2026-03-04T01:00:00.000Z';
const name = { en: 'x', zh: '测' };

const withNotice = (over: Record<string, unknown>) =>
  calendarInForce(withRecordedNotices(chinaCalendar, [{ ...aNotice(over), recordedAt } as CalendarNotice]));
const without = calendarInForce(chinaCalendar);

describe('the span a notice changes', () => {
  it('holds every day that is worked under one and not under the other, from the first to the last', () => {
    const day = fc.integer({ min: 0, max: 364 });
    fc.assert(
      fc.property(
        day,
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom('off', 'makeUp', 'ordinary'),
        (from, more, kind) => {
          const entry = `${isoDate(FIRST + from)}/${isoDate(FIRST + from + more)}`;
          const after = withNotice({ days: [{ name, [kind]: [entry] }] });

          const differing = Array.from({ length: 400 }, (_, index) => FIRST + index).filter(
            (one) => after.isWorking(one) !== without.isWorking(one),
          );

          const span = changedSpan(without, after);
          expect(span).toEqual(differing.length === 0 ? undefined : { from: differing[0], to: differing.at(-1) });
          expect(changedSpan(after, without)).toEqual(span);
        },
      ),
    );
  });

  it('is the whole year where a year comes to be published', () => {
    const after = withNotice({ id: 'cn-2027', year: 2027, amends: undefined, days: [{ name, off: ['2027-01-01'] }] });

    expect(changedSpan(without, after)).toEqual({ from: epochDay('2027-01-01'), to: epochDay('2027-12-31') });
    expect(calendarYear(without, 2027).published).toBe(false);
    expect(calendarYear(after, 2027)).toMatchObject({ published: true, workingDays: 260 });
  });

  it('is none between a calendar and itself', () => expect(changedSpan(without, without)).toBeUndefined());
});

describe('notices recorded for a calendar', () => {
  const event = (over: Partial<RecordedEvent>) =>
    ({
      stream: 'calendar-cn',
      type: 'calendar.noticePublished',
      data: aNotice(),
      metadata: { recordedAt },
      ...over,
    }) as unknown as RecordedEvent;

  it('are read from its own stream alone, and count from when they were recorded', () => {
    expect(recordedNotice('cn', event({}))).toEqual({ ...aNotice(), recordedAt });
    expect(recordedNotice('us', event({}))).toBeUndefined();
    expect(recordedNotice('cn', event({ stream: 'calendar-us' }))).toBeUndefined();
    expect(recordedNotice('cn', event({ type: 'permit.noted' }))).toBeUndefined();
  });

  it('stay as recorded when a later version is shipped with one of the same id', () => {
    const own = {
      ...aNotice({ id: 'cn-2026', amends: undefined, published: '2025-11-04' }),
      recordedAt,
    } as CalendarNotice;
    const calendar = withRecordedNotices(chinaCalendar, [own]);

    expect(calendar.notices.filter(({ id }) => id === 'cn-2026')).toEqual([own]);
    expect(calendarInForce(calendar).isWorkingDay('2026-03-05')).toBe(false);
    expect(withRecordedNotices(chinaCalendar, [])).toBe(chinaCalendar);
  });
});
