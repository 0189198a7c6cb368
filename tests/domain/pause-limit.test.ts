import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import type { DeadlineRules, PauseLimit } from '../../src/domain/deadline.js';
import { validateDeadlineRules } from '../../src/domain/deadline.js';
import { isPausedTooLong } from '../../src/domain/due-date.js';
import { calendarDays, workingDays, workingHours } from '../../src/domain/term.js';
import { calendarInForce } from '../../src/domain/working-calendar.js';
import { at, deadlineStory } from '../support/deadline-story.js';

const china = (on = '2026-11-01 09:00') => calendarInForce(chinaCalendar, at(on));
const POLICY = 'office rules, 7';

function rules(pauseLimit: PauseLimit | undefined = { atMost: workingDays(30), source: POLICY }): DeadlineRules {
  return {
    decision: {
      title: { en: 'Decide', zh: '办理' },
      from: 'received',
      until: { events: ['decided'] },
      within: workingDays(10),
      pausedWhile: ['expert'],
      ...(pauseLimit && { pauseLimit }),
      source: 'law',
    },
  };
}

const received = ['received', '2026-03-02 09:00'] as const;
const expert = ['expert.asked', '2026-03-04 09:00', { state: 'expert' }] as const;
const answered = ['expert.answered', '2026-04-20 09:00', { state: 'open' }] as const;

describe('how long a pause may last', () => {
  it('is counted in its own unit from the day after it began, by the calendar', () => {
    const { due } = deadlineStory(rules(), china())(received, expert);

    // 30 working days, with the Tomb-Sweeping holiday (4 to 6 April 2026) among them.
    expect(due('decision').pauseLimit).toEqual({
      since: at('2026-03-04 09:00'),
      term: workingDays(30),
      source: POLICY,
      on: '2026-04-16',
      at: due('decision').pauseLimit!.at,
      provisional: false,
    });
    expect(due('decision')).toMatchObject({ held: true, dueOn: '2026-03-16' });
  });

  it('is too long only after the last instant, while the pause goes on', () => {
    const { due, ledger, rule } = deadlineStory(rules(), china())(received, expert);
    const last = due('decision').pauseLimit!.at;
    const tooLong = (now: string) => isPausedTooLong(ledger('decision'), rule('decision'), china(), now);

    expect(tooLong(last)).toBe(false);
    expect(tooLong(new Date(Date.parse(last) + 1).toISOString())).toBe(true);

    const over = deadlineStory(rules(), china())(received, expert, answered);
    expect(over.due('decision').pauseLimit).toBeUndefined();
    expect(isPausedTooLong(over.ledger('decision'), over.rule('decision'), china(), at('2026-12-01 09:00'))).toBe(
      false,
    );
  });

  it.each([
    ['days that are not worked too', calendarDays(30), '2026-04-03'],
    ['hours of opening time', workingHours(8), '2026-03-05'],
  ])('may be counted in %s', (_, atMost, on) => {
    const { due } = deadlineStory(rules({ atMost, source: POLICY }), china())(received, expert);
    expect(due('decision').pauseLimit).toMatchObject({ term: atMost, on });
  });

  it('counts each pause by itself', () => {
    const again = ['expert.asked', '2026-04-21 09:00', { state: 'expert' }] as const;
    const { due } = deadlineStory(rules({ atMost: calendarDays(10), source: POLICY }), china())(
      received,
      expert,
      answered,
      again,
    );
    expect(due('decision').pauseLimit).toMatchObject({ since: at('2026-04-21 09:00'), on: '2026-05-01' });
  });

  it('says nothing of a pause that began after the end: then the limit itself has passed', () => {
    const late = ['expert.asked', '2026-03-20 09:00', { state: 'expert' }] as const;
    const { due, overdue } = deadlineStory(rules(), china())(received, late);
    expect(due('decision').pauseLimit).toBeUndefined();
    expect(overdue('decision', '2026-05-20 09:00')).toBe(true);
  });

  it('is provisional beyond what is published', () => {
    const { due } = deadlineStory(rules(), china())(
      ['received', '2026-12-14 09:00'],
      ['expert.asked', '2026-12-16 09:00', { state: 'expert' }],
    );
    expect(due('decision')).toMatchObject({ pauseLimit: { provisional: true } });
  });

  it('is told with whose policy it is', () => {
    const { text } = deadlineStory(rules(), china())(received, expert);

    expect(text('decision', 'en')).toContainEqual(
      expect.stringMatching(
        /^2026-04-16 Thu {2}the pause may last 30 working days at most \(office rules, 7\): until /,
      ),
    );
    expect(text('decision', 'zh')).toContainEqual(
      expect.stringMatching(/^2026-04-16 周四 {2}中止最长30个工作日（office rules, 7），至2026-04-16 /),
    );
  });

  it.each([
    ['no source', { atMost: workingDays(30), source: '' }, /pauseLimit names no source/],
    ['no length', { atMost: workingDays(0), source: POLICY }, /pauseLimit.atMost is nothing/],
    ['half a day', { atMost: { unit: 'workingDays', amount: 0.5 }, source: POLICY }, /pauseLimit.atMost: .*whole/],
  ] as const)('is refused with %s', (_, pauseLimit, problem) => {
    expect(validateDeadlineRules(rules(pauseLimit), ['received', 'decided']).join()).toMatch(problem);
  });

  it('is refused where nothing pauses', () => {
    const { pausedWhile: _, ...rule } = rules().decision!;
    expect(validateDeadlineRules({ decision: rule }, ['received', 'decided']).join()).toMatch(/nothing pauses it/);
  });
});
