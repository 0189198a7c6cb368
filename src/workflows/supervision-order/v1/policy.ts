import type { JsonObject } from '../../../domain/event.js';

/** What a supervision order may be issued for. */
export const CAUSES = ['dissatisfied', 'overdue', 'screening', 'leader'] as const;

export type OrderCause = (typeof CAUSES)[number];

/** Limits by cause, in working days from the issue of the order. */
export const policy = {
  dissatisfied: { acceptDays: 1, rectifyDays: 15, source: '浙江省政务服务“好差评”：差评 1 日内回访、15 日内整改' },
  overdue: { acceptDays: 1, rectifyDays: 3, source: '本办事机构超期督办规定' },
  screening: { acceptDays: 1, rectifyDays: 5, source: '本办事机构每日巡查规定' },
  leader: { acceptDays: 1, rectifyDays: 5, source: '本办事机构领导批示督办规定' },
  verification: { days: 3, source: '本办事机构督办规定' },
  /** After an order was sent back. */
  again: { days: 5, source: '本办事机构督办规定' },
} as const satisfies JsonObject;

/** The limits of a cause, as recorded in an event; undefined for one that is none. */
export function limitsOf(cause: unknown): (typeof policy)[OrderCause] | undefined {
  return CAUSES.includes(cause as OrderCause) ? policy[cause as OrderCause] : undefined;
}
