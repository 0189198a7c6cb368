import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import { isCaseError } from '../../src/domain/case-error.js';
import { deadlineRulesOf, parseDeadlinePolicy, readDeadlinePolicy } from '../../src/domain/deadline-policy.js';
import { calendarInForce } from '../../src/domain/working-calendar.js';
import { deadlineStory, type Told } from '../support/deadline-story.js';

const china = calendarInForce(chinaCalendar);
const days = (amount: number) => ({ unit: 'workingDays', amount });

/** A licence's limits as one county has them: by the kind of item, and pausing for what that kind's law lists. */
const aPolicy = (decision: object = {}, more: object = {}) => ({
  id: 'cn-330921-licensing',
  title: { en: 'Licensing', zh: '行政许可' },
  division: '330921',
  source: '行政许可法',
  deadlines: {
    decision: {
      title: { en: 'Decide', zh: '作出决定' },
      from: 'application.accepted',
      until: { events: ['application.decided'] },
      within: { by: 'facts.item.kind', of: { licence: days(20), confirmation: days(10) } },
      pausedWhile: { by: 'facts.item.kind', of: { licence: ['handling.hearing', 'handling.testing'] } },
      extension: { event: 'decision.extended', max: 1, by: days(10), role: 'unitHead' },
      source: '行政许可法 42、45',
      ...decision,
    },
  },
  ...more,
});

const issuesOf = (input: unknown): readonly string[] => {
  try {
    readDeadlinePolicy('county.json', input);
  } catch (error) {
    if (!isCaseError(error, 'POLICY_INVALID')) throw error;
    expect(error.message).toContain('county.json');
    return error.failure.issues.map(({ path, message }) => `${path}: ${message}`);
  }
  throw new Error('the policy was taken');
};

const accepted = (kind: string): Told => [
  'application.accepted',
  '2024-03-04 10:00',
  { facts: { item: { kind } }, state: 'handling.reviewing' },
];
const heard: Told = ['hearing.opened', '2024-03-05 10:00', { state: 'handling.hearing' }];

describe("a jurisdiction's policy", () => {
  const story = deadlineStory(deadlineRulesOf(readDeadlinePolicy('county.json', aPolicy())), china);

  it('gives each type of item its own term, and none to a type it does not list', () => {
    expect(story(accepted('licence')).due('decision').dueOn).toBe(china.addWorkingDays('2024-03-04', 20));
    expect(story(accepted('confirmation')).due('decision').dueOn).toBe(china.addWorkingDays('2024-03-04', 10));
    expect(story(accepted('other')).ledgers).toEqual({});
  });

  it('lets only what the law of the item lists stop the clock', () => {
    expect(story(accepted('licence'), heard).ledger('decision').status).toBe('paused');
    expect(story(accepted('confirmation'), heard).ledger('decision').status).toBe('running');
  });

  it('may leave the length to the event', () => {
    const byEvent = aPolicy({ within: { unit: 'workingDays', amountAt: 'data.days' } });
    const told = deadlineStory(deadlineRulesOf(readDeadlinePolicy('county.json', byEvent)), china);
    expect(told(['application.accepted', '2024-03-04 10:00', { data: { days: 3 } }]).due('decision').dueOn).toBe(
      '2024-03-07',
    );
  });

  it('is read from a file’s text', () => {
    expect(parseDeadlinePolicy('county.json', JSON.stringify(aPolicy())).division).toBe('330921');
    expect(() => parseDeadlinePolicy('county.json', '{ "id": ')).toThrow(/the policy county.json is not valid/);
  });

  it.each<[string, unknown, RegExp]>([
    ['no source', aPolicy({ source: ' ' }), /^deadlines\.decision\.source: name the law and article/],
    ['an unknown unit', aPolicy({ within: { unit: 'weeks', amount: 2 } }), /^deadlines\.decision\.within\.unit: /],
    [
      'an impossible term of one type',
      aPolicy({ within: { by: 'facts.item.kind', of: { licence: days(-20) } } }),
      /^deadlines\.decision\.within\.of\.licence: a term of workingDays is a number from 0/,
    ],
    [
      'a path that leads nowhere',
      aPolicy({ within: { by: 'kind', of: { licence: days(20) } } }),
      /^deadlines\.decision\.within\.by: a path begins with data\. or facts\./,
    ],
    ['a term that is none', aPolicy({ within: 20 }), /^deadlines\.decision\.within: a term is/],
    ['a misspelt member', aPolicy({ pauseWhile: ['hearing'] }), /^deadlines\.decision: .*"pauseWhile"/],
    ['a title in one language', aPolicy({ title: { en: 'Decide' } }), /^deadlines\.decision\.title\.zh: /],
    ['a division that is none', aPolicy({}, { division: 'Daishan' }), /^division: six digits/],
    [
      'a limit counted back from one that is not there',
      aPolicy({
        from: undefined,
        within: undefined,
        extension: undefined,
        pausedWhile: undefined,
        before: 'bid',
        atLeast: days(3),
      }),
      /^deadlines\.decision: before names the deadline "bid", which is not there/,
    ],
    ['no beginning', aPolicy({ from: undefined }), /^deadlines\.decision: has no anchoring event/],
    ['nothing at all', null, /^: /],
  ])('is refused with %s, and says where', (_, input, issue) => {
    expect(issuesOf(input).join('\n')).toMatch(issue);
  });

  it('names everything that is wrong at once', () => {
    expect(issuesOf(aPolicy({ source: '', within: 20, kind: 'soon' }))).toHaveLength(3);
  });
});
