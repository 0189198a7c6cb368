import type { JsonObject } from '../../../domain/event.js';

/** Which rungs are amber (all others are red), and within how many working days an alert of each colour is acknowledged. */
export const policy = {
  amber: { rungs: ['nearDue', 'dueToday'], acknowledgeDays: 1, source: '本办事机构超期监管规定：临期黄色预警' },
  red: { acknowledgeDays: 1, source: '本办事机构超期监管规定：超期红色预警' },
} as const satisfies JsonObject;

/** The colour of an alert (黄色预警、红色预警). */
export type Colour = 'amber' | 'red';

export function colourOf(rung: string): Colour {
  return (policy.amber.rungs as readonly string[]).includes(rung) ? 'amber' : 'red';
}
