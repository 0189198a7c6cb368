import type { DeadlineRules } from '../../../domain/deadline.js';
import { workingDays } from '../../../domain/term.js';
import { policy } from './policy.js';

export const deadlines = {
  marking: {
    title: { en: 'Mark every line the same day', zh: '当日核查完毕' },
    from: 'screening.opened',
    until: { events: ['screening.closed'] },
    within: workingDays(0),
    limit: 'internal',
    source: policy.source,
  },
} as const satisfies DeadlineRules;
