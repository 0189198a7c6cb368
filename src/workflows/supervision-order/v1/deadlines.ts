import type { DeadlineRules } from '../../../domain/deadline.js';
import { workingDays } from '../../../domain/term.js';
import { limitsOf, policy } from './policy.js';

export const deadlines = {
  acceptance: {
    title: { en: 'Accept the order', zh: '督办签收' },
    from: 'order.issued',
    until: { events: ['order.accepted'] },
    within: ({ data }) => {
      const limits = limitsOf(data.cause);
      return limits && workingDays(limits.acceptDays);
    },
    limit: 'internal',
    source: '本办事机构督办规定',
  },
  rectification: {
    title: { en: 'Rectify', zh: '督办整改' },
    from: 'order.issued',
    until: { events: ['order.rectified'] },
    within: ({ data }) => {
      const limits = limitsOf(data.cause);
      return limits && workingDays(limits.rectifyDays);
    },
    warn: [workingDays(1)],
    limit: 'internal',
    source: '浙江省政务服务“好差评”；本办事机构督办规定',
  },
  rectificationAgain: {
    title: { en: 'Rectify after being sent back', zh: '退回后再整改' },
    from: 'rectification.sentBack',
    until: { events: ['order.rectified'] },
    within: workingDays(policy.again.days),
    warn: [workingDays(1)],
    limit: 'internal',
    source: policy.again.source,
  },
  verification: {
    title: { en: 'Verify the rectification', zh: '整改核实' },
    from: 'order.rectified',
    until: { events: ['rectification.verified', 'rectification.sentBack'] },
    within: workingDays(policy.verification.days),
    limit: 'internal',
    source: policy.verification.source,
  },
} as const satisfies DeadlineRules;
