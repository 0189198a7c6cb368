import { chinaCalendar } from '../../../src/domain/calendars/cn.js';
import { deadlineFact } from '../../../src/domain/deadline-ledger.js';
import { deadlineRulesOf, readDeadlinePolicy } from '../../../src/domain/deadline-policy.js';
import { deadlineRefusal, standingAt } from '../../../src/domain/deadline-standing.js';
import { hotlinePolicy } from '../../../src/domain/policies/hotline-12345.js';
import { calendarInForce } from '../../../src/domain/working-calendar.js';
import { at, deadlineStory, type Told } from '../../support/deadline-story.js';

const china = calendarInForce(chinaCalendar);
const rules = deadlineRulesOf(hotlinePolicy);
const hotline = deadlineStory(rules, china);
const received = (category: string): Told => ['workOrder.received', '2024-03-04 10:00', { data: { category } }];

describe('a work order of the hotline (one bureau’s rules for 12345)', () => {
  it.each([
    ['enquiry', '2024-03-07'],
    ['plea', '2024-03-07'],
    ['complaint', '2024-03-21'],
  ])('is to be answered, an %s by %s', (category, dueOn) => {
    expect(hotline(received(category)).due('reply').dueOn).toBe(dueOn);
  });

  it('has no limit for a category the rules do not list', () => {
    expect(hotline(received('suggestion')).ledgers).toEqual({});
  });

  it('is extended before expiry only', () => {
    const extended = (wall: string) => {
      const story = hotline(received('enquiry'));
      const facts = {
        [deadlineFact('reply')]: { ...standingAt(story.ledger('reply'), rules.reply!, china, at(wall))! },
      };
      return deadlineRefusal(rules, { event: 'workOrder.extended', at: at(wall), facts, data: { days: 5 } });
    };
    expect(extended('2024-03-07 17:00')).toBeUndefined();
    expect(extended('2024-03-07 17:01')).toMatchObject({
      code: 'EXTENSION_REFUSED',
      why: 'expired',
      dueOn: '2024-03-07',
    });
    const longer = hotline(received('enquiry'), ['workOrder.extended', '2024-03-06 10:00', { data: { days: 5 } }]);
    expect(longer.due('reply').dueOn).toBe('2024-03-14');
  });

  it('is urged the day after expiry, though nothing ran', () => {
    const { status, due, overdue } = hotline(received('enquiry'));
    expect(status('urging', '2024-03-07 17:00')).toBeUndefined();
    expect(status('urging', '2024-03-08 08:30')).toBe('running');
    expect(due('urging').dueOn).toBe('2024-03-08');
    expect(overdue('urging', '2024-03-11 09:00')).toBe(true);
    const completed = hotline(received('enquiry'), ['workOrder.completed', '2024-03-07 16:00']);
    expect(completed.status('urging', '2024-03-11 09:00')).toBeUndefined();
  });

  it('reaches the second rung 5 working days after one urging where no reason was given', () => {
    const urged: readonly Told[] = [received('enquiry'), ['urging.sent', '2024-03-08 09:00']];
    expect(hotline(...urged).due('delayReason').dueOn).toBe('2024-03-15');
    expect(hotline(...urged).overdue('delayReason', '2024-03-15 17:01')).toBe(true);
    const explained = hotline(...urged, ['delay.explained', '2024-03-12 10:00']);
    expect(explained.overdue('delayReason', '2024-03-18 09:00')).toBe(false);
  });

  it('is followed by a call the day after completion', () => {
    const { due } = hotline(received('plea'), ['workOrder.completed', '2024-03-06 16:00']);
    expect(due('returnVisit').dueOn).toBe('2024-03-07');
  });

  it('is data: written out and read back it is the same policy', () => {
    const again = readDeadlinePolicy('hotline', JSON.parse(JSON.stringify(hotlinePolicy)));
    expect(again).toEqual(hotlinePolicy);
    expect(Object.values(again.deadlines).every(({ source }) => source !== '')).toBe(true);
  });
});
