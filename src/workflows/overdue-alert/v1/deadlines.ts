import type { DeadlineRules } from '../../../domain/deadline.js';
import { workingDays } from '../../../domain/term.js';
import { colourOf, policy } from './policy.js';

export const deadlines = {
  acknowledgement: {
    title: { en: 'Acknowledge the alert', zh: '预警签收' },
    from: 'rung.reached',
    until: { events: ['alert.acknowledged'] },
    cancelledBy: { states: ['suspended', 'escalated', 'resolved'] },
    within: ({ data }) => workingDays(policy[colourOf(String(data.rung))].acknowledgeDays),
    limit: 'internal',
    source: '本办事机构超期监管规定',
  },
} as const satisfies DeadlineRules;
