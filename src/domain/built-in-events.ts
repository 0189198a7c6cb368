import { z } from 'zod';
import { RUNG_NAMES } from './ladder.js';
import { TERM_UNITS } from './term.js';
import type { Title } from './title.js';

/**
 * Facts the engine itself records on a case's stream. They do not go through the machine: the state stays, except for
 * `case.migrated`, from which on the case lives under another version of its definition.
 */
export const BUILT_IN_EVENTS = {
  'case.migrated': {
    title: { en: 'Moved to another version of the rules', zh: '规则版本迁移' },
    data: z.strictObject({
      from: z.strictObject({ version: z.int().min(1), hash: z.string() }),
      to: z.strictObject({ version: z.int().min(1), hash: z.string() }),
    }),
  },
  'step.deviated': {
    title: { en: 'Recorded step the rules would have refused', zh: '偏离规则的已发生步骤' },
    data: z.strictObject({
      /** The event the step stands for. */
      event: z.string(),
      /** The failure code with which the rules refused it. */
      code: z.string(),
      /** The refusal in one sentence. */
      refusal: z.string(),
      data: z.record(z.string(), z.unknown()),
    }),
  },
  /** A rung of a deadline's ladder, recorded by the alarm clock. It happened at `reachedAt`; `recordedAt` is when it was noticed. */
  'deadline.reached': {
    title: { en: 'Deadline reached a rung', zh: '时限节点到达' },
    data: z.strictObject({
      deadline: z.string(),
      /** As the deadline's ledger counts them. */
      generation: z.int().min(1),
      /** Notices that moved the date since that generation began, each of which began another; left out where none did. */
      movedBy: z.array(z.string()).min(1).optional(),
      rung: z.enum(RUNG_NAMES),
      /** How long before the end (`nearDue`) or after it (`over`). */
      term: z.strictObject({ unit: z.enum(TERM_UNITS), amount: z.number() }).optional(),
      /** The due date the rung was reached under. */
      dueOn: z.string(),
      dueAt: z.string(),
      /** When it was due to be raised. */
      reachedAt: z.string(),
    }),
  },
} as const satisfies Record<string, { readonly title: Title; readonly data: z.ZodObject }>;

export type BuiltInEventType = keyof typeof BUILT_IN_EVENTS;

export function isBuiltInEvent(type: string): type is BuiltInEventType {
  return Object.hasOwn(BUILT_IN_EVENTS, type);
}
