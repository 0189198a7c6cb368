import {
  type DeadlineRule,
  inOrderOfDependence,
  linkDeadlineRules,
  statesNamed,
  validateDeadlineRules,
} from '../../src/domain/deadline.js';
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
    ['a policy nobody knows', { endOnDayOff: 'rollsAway' as never }, /endOnDayOff is one of/],
    ['an end that rolls back though it is counted forward', { endOnDayOff: 'rollsBack' }, /rolls forward, not back/],
    ['a longer term after a pause that is shorter', { onResume: { restart: workingDays(5) } }, /shorter than the term/],
    ['a refusal where nothing is refused', { whenPassed: 'refused' }, /whenPassed is for a window/],
    ['a floor that a state meets', { kind: 'atLeast' }, /name the events that meet it, not states/],
    [
      'another term in another unit',
      { changedBy: { event: 'decision.extended', within: months(1) }, extension: undefined as never },
      /changedBy.within is in months/,
    ],
    [
      'an event that both extends and changes it',
      { changedBy: { event: 'decision.extended', within: workingDays(9) } },
      /both extends and changes it/,
    ],
    [
      'a floor under its end without a source',
      { notBefore: [{ from: 'decided', atLeast: calendarDays(3), source: '' }] },
      /notBefore names no source/,
    ],
    [
      'a floor laid by an unknown event',
      { notBefore: [{ from: 'lost', atLeast: calendarDays(3), source: 'law' }] },
      /unknown event "lost"/,
    ],
    [
      'pauses for a case where there are none',
      { pausedWhile: [], pausesFor: () => [] },
      /pausesFor but no pausedWhile/,
    ],
    ['atLeast where nothing is counted back', { atLeast: calendarDays(3) }, /atLeast without before/],
    ['a link of its own making', { linked: aRule() }, /linked/],
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

  const back: DeadlineRule = {
    title: { en: 'Clarification', zh: '澄清' },
    before: 'decision',
    atLeast: calendarDays(15),
    until: { events: ['decision.extended'] },
    source: '实施条例 21',
  };
  const together = (rules: Record<string, DeadlineRule>) => validateDeadlineRules(rules, EVENTS).join('; ');

  it('may be counted back from one another, or begin when one passes unmet', () => {
    const deemed = aRule({ deemed: { after: 'acceptance' } });
    expect(together({ decision: aRule(), back })).toBe('');
    expect(together({ acceptance: aRule(), decision: deemed })).toBe('');
  });

  it.each<[string, Record<string, DeadlineRule>, RegExp]>([
    ['nothing to count back from', { back }, /before names the deadline "decision", which is not there/],
    ['a circle', { decision: { ...back, before: 'back' }, back }, /depends on it/],
    [
      'no length to count back',
      { decision: aRule(), back: { ...back, atLeast: undefined as never } },
      /not by how much/,
    ],
    [
      'an anchor beside what it is counted back from',
      { decision: aRule(), back: { ...back, from: 'decided' } },
      /both before and from/,
    ],
    [
      'nothing that begins it by passing',
      { decision: aRule({ deemed: { after: 'none' } }) },
      /deemed.after names the deadline "none"/,
    ],
    [
      'a window whose passing would begin it',
      { w: aRule({ kind: 'window' }), decision: aRule({ deemed: { after: 'w' } }) },
      /is no limit \(atMost\)/,
    ],
    [
      'a chain of what begins without an event',
      { a: aRule(), b: aRule({ deemed: { after: 'a' } }), c: aRule({ deemed: { after: 'b' } }) },
      /may itself begin without an event/,
    ],
    ['a step that says twice what begins it', { decision: aRule({ inState: ['handling'] }) }, /both inState and from/],
  ])('are refused with %s', (_, rules, problem) => {
    expect(together(rules)).toMatch(problem);
  });

  it('are linked to the one they depend on, and stand after it', () => {
    const rules = { back, decision: aRule() };
    expect(inOrderOfDependence(rules)).toEqual(['decision', 'back']);
    expect(linkDeadlineRules(rules).back?.linked).toBe(rules.decision);
    const alone = { decision: aRule() };
    expect(linkDeadlineRules(alone)).toBe(alone);
  });
});
