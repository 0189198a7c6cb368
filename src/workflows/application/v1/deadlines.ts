import type { DeadlineRules } from '../../../domain/deadline.js';
import { calendarDays, workingDays } from '../../../domain/term.js';
import { itemTerms } from './item-terms.js';
import { policy } from './policy.js';

const undecidedEnds = ['handling.notAccepted', 'handling.withdrawn', 'handling.lapsed'];
const SPECIAL = ['handling.specialProcedure'];
// The law lets a special procedure take the time it takes; that nobody asks after one for ever is the office's rule.
const SPECIAL_MOST = {
  atMost: workingDays(policy.specialProcedure.pausedMostDays),
  source: policy.specialProcedure.source,
};

/** What is due when. The Licensing Law's terms attach to licences; other items have their own and their promise. */
export const deadlines = {
  acceptance: {
    title: { en: 'Accept, or tell of everything to supplement', zh: '受理或一次性告知补正' },
    from: ['application.received', 'application.supplemented'],
    until: { events: ['application.accepted', 'application.notAccepted', 'supplement.requested'] },
    cancelledBy: { events: ['application.withdrawn'] },
    within: ({ facts }) =>
      itemTerms(facts.item)?.kind === 'licence' ? workingDays(policy.licence.acceptanceDays) : undefined,
    warn: [workingDays(1)],
    source: '行政许可法 32',
  },
  supplement: {
    title: { en: 'Supplement', zh: '补正' },
    kind: 'window',
    from: 'supplement.requested',
    until: { events: ['application.supplemented'] },
    cancelledBy: { events: ['supplement.lapsed', 'application.withdrawn'] },
    within: workingDays(policy.supplement.days),
    warn: [workingDays(5)],
    limit: 'internal',
    source: policy.supplement.source,
  },
  decision: {
    title: { en: 'Decide (statutory)', zh: '法定办理期限' },
    from: 'application.accepted',
    until: { states: ['handling.approved', 'handling.denied'] },
    cancelledBy: { states: undecidedEnds },
    within: ({ facts }) => {
      const terms = itemTerms(facts.item);
      const days = terms?.statutoryDays ?? (terms?.kind === 'licence' ? policy.licence.decisionDays : undefined);
      return days === undefined ? undefined : workingDays(days);
    },
    pausedWhile: SPECIAL,
    pauseLimit: SPECIAL_MOST,
    onResume: 'remainder',
    warn: [workingDays(3), workingDays(1)],
    extension: {
      event: 'decision.extended',
      max: 1,
      by: ({ facts }) => {
        const terms = itemTerms(facts.item);
        const days = terms?.extensionDays ?? (terms?.kind === 'licence' ? policy.licence.extensionDays : undefined);
        return days === undefined ? undefined : workingDays(days);
      },
      role: 'unitHead',
    },
    limit: 'statutory',
    source: '行政许可法 42、45',
  },
  // An extension lengthens what the law gives, not what the office promised.
  promise: {
    title: { en: 'Decide (promised)', zh: '承诺办理期限' },
    from: 'application.accepted',
    until: { states: ['handling.approved', 'handling.denied'] },
    cancelledBy: { states: undecidedEnds },
    within: ({ facts }) => {
      const terms = itemTerms(facts.item);
      return terms && workingDays(terms.promisedDays);
    },
    pausedWhile: SPECIAL,
    pauseLimit: SPECIAL_MOST,
    onResume: 'remainder',
    warn: [workingDays(1)],
    limit: 'promised',
    source: '办事指南；优化营商环境条例 36',
  },
  specialProcedure: {
    title: { en: 'End the special procedure as announced', zh: '特别程序告知时限' },
    from: 'specialProcedure.started',
    until: { events: ['specialProcedure.ended'] },
    cancelledBy: { events: ['application.withdrawn'] },
    at: ({ data }) => (typeof data.expectedEnd === 'string' ? data.expectedEnd : undefined),
    warn: [workingDays(1)],
    limit: 'internal',
    source: '行政许可法 45',
  },
  delivery: {
    title: { en: 'Deliver the result', zh: '颁发、送达' },
    from: 'application.approved',
    until: { events: ['result.delivered'] },
    within: ({ facts }) => {
      const terms = itemTerms(facts.item);
      const days = terms?.deliveryDays ?? (terms?.kind === 'licence' ? policy.licence.deliveryDays : undefined);
      return days === undefined ? undefined : workingDays(days);
    },
    warn: [workingDays(1)],
    source: '行政许可法 44',
  },
  evaluation: {
    title: { en: 'Rate', zh: '评价' },
    kind: 'window',
    from: ['application.notAccepted', 'application.denied', 'result.delivered'],
    until: {
      events: ['evaluation.given'],
      // Rated between approval and delivery, it is met as soon as it begins.
      states: [
        'loop.visiting',
        'loop.rectifying',
        'loop.confirming',
        'loop.appealing',
        'loop.ratingAgain',
        'loop.explaining',
        'loop.rated',
        'loop.rectified',
        'loop.excluded',
      ],
    },
    cancelledBy: { events: ['evaluation.lapsed'] },
    within: calendarDays(policy.evaluation.days),
    limit: 'internal',
    source: policy.evaluation.source,
  },
  returnVisit: {
    title: { en: 'Visit whoever rated it bad', zh: '差评回访' },
    from: 'evaluation.given',
    until: { events: ['returnVisit.recorded'] },
    within: ({ data }) =>
      Number(data.level) <= policy.evaluation.badUpTo ? workingDays(policy.returnVisit.days) : undefined,
    limit: 'internal',
    source: policy.returnVisit.source,
  },
  rectification: {
    title: { en: 'Rectify, confirmed', zh: '差评整改' },
    from: 'evaluation.given',
    until: { events: ['rectification.confirmed'] },
    cancelledBy: { events: ['appeal.upheld'] },
    within: ({ data }) =>
      Number(data.level) <= policy.evaluation.badUpTo ? workingDays(policy.rectification.days) : undefined,
    pausedWhile: ['loop.appealing'],
    pauseLimit: {
      atMost: workingDays(policy.rectification.appealMostDays),
      source: policy.rectification.appealSource,
    },
    onResume: 'remainder',
    warn: [workingDays(3)],
    limit: 'internal',
    source: policy.rectification.source,
  },
  secondEvaluation: {
    title: { en: 'Rate once more after rectification', zh: '整改后追评' },
    kind: 'window',
    from: 'rectification.confirmed',
    until: { events: ['evaluation.given'], states: ['loop.rectified'] },
    cancelledBy: { events: ['evaluation.lapsed'] },
    within: calendarDays(policy.evaluation.days),
    limit: 'internal',
    source: policy.evaluation.source,
  },
} as const satisfies DeadlineRules;
