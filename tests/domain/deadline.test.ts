import { type DeadlineRule, statesNamed, validateDeadlineRules } from '../../src/domain/deadline.js';
import { calendarDays, months, type Term, workingDays, workingHours } from '../../src/domain/term.js';

const EVENTS = [
  'application.received',
  'application.accepted',
  'application.withdrawn',
  'decision.extended',
  'decided',
];

function aRule(parts: Partial<DeadlineRule> = {}): DeadlineRule {
  return {
    title: { en: 'Decision', zh: '作出决定' },
    from: 'application.accepted',
    until: { events: ['decided'], states: ['delivered'] },
    cancelledBy: { events: ['application.withdrawn'] },
    within: workingDays(20),
    pausedWhile: ['handling.hearing'],
    extension: { event: 'decision.extended', max: 1, by: workingDays(10), role: 'unitHead' },
    warn: [workingDays(1)],
    source: '行政许可法 42, 45',
    ...parts,
  };
}

const problemsOf = (rule: DeadlineRule) => validateDeadlineRules({ decision: rule }, EVENTS);

describe("a workflow's deadlines", () => {
  it('are valid when they name what is there', () => {
    expect(problemsOf(aRule())).toEqual([]);
    expect(
      problemsOf(aRule({ within: ({ facts }) => facts.term as Term, onResume: { restart: workingDays(30) } })),
    ).toEqual([]);
  });

  it('tell the states they name to whoever knows the machine', () => {
    expect(statesNamed({ decision: aRule(), other: aRule({ pausedWhile: ['waiting'] }) })).toEqual([
      'delivered',
      'handling.hearing',
      'waiting',
    ]);
  });

  it.each<[string, Partial<DeadlineRule>, RegExp]>([
    ['an unknown anchor', { from: 'application.lost' }, /unknown event "application.lost"/],
    ['no anchor', { from: [] }, /no anchoring event/],
    ['nothing that meets it', { until: {} }, /nothing that meets it/],
    ['an anchor that ends it', { from: ['application.accepted', 'decided'] }, /both anchors and ends/],
    ['an end that is two things', { cancelledBy: { events: ['decided'] } }, /both meets and cancels/],
    ['no source', { source: '' }, /no source/],
    ['a title in one language', { title: { en: 'Decision', zh: '' } }, /title/],
    ['a term that is none', { within: { unit: 'workingDays', amount: -3 } }, /within: /],
    ['a warning in months', { warn: [months(1)] }, /warn/],
    ['a resumption without a pause', { pausedWhile: [], onResume: 'reset' }, /nothing pauses/],
    [
      'hours added to days',
      { extension: { event: 'decision.extended', max: 1, by: workingHours(4) } },
      /do not add up/,
    ],
    ['an extension never granted', { extension: { event: 'decision.extended', max: 0, by: calendarDays(4) } }, /max/],
    ['a policy nobody knows', { endOnDayOff: 'rollsBack' as never }, /endOnDayOff is one of/],
  ])('are refused with %s', (_, parts, problem) => {
    expect(problemsOf(aRule(parts)).join('; ')).toMatch(problem);
  });

  it('are refused without a term and without a date', () => {
    const { within: _, ...rule } = aRule();
    expect(problemsOf(rule).join()).toMatch(/neither a term/);
  });

  it('are refused with a name that every object has', () => {
    expect(validateDeadlineRules({ constructor: aRule() }, EVENTS).join()).toMatch(/name/);
  });
});
