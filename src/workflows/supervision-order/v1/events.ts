import { z } from 'zod';
import { defineEvent, type EventDefinitions, type MachineEvent } from '../../../domain/workflow.js';
import { CAUSES } from './policy.js';

const CaseRef = z.strictObject({ workflow: z.string().min(1).max(80), caseId: z.string().min(1).max(100) });

/** Facts about one supervision order (督办单). */
export const events = {
  'order.issued': defineEvent({
    title: { en: 'Supervision order issued', zh: '下发督办单' },
    roles: ['supervisionDesk', 'leader', 'supervisor'],
    data: z.strictObject({
      cause: z.enum(CAUSES),
      /** The case it is about. */
      about: CaseRef.optional(),
      /** The alert or screening it came from. */
      from: CaseRef.optional(),
      /** What is to be put right, as far as the cause does not say it. */
      matter: z.string().min(1).max(2_000).optional(),
      region: z.string().min(1).max(12).optional(),
      department: z.string().min(1).max(80).optional(),
    }),
    labels: ({ data: { region, department } }) => ({
      ...(region !== undefined && { region }),
      ...(department !== undefined && { department }),
    }),
  }),

  'order.accepted': defineEvent({
    title: { en: 'Order accepted', zh: '督办签收' },
    roles: ['unitHead'],
    data: z.strictObject({
      /** Account id of whoever deals with it. */
      handler: z.string().min(1).max(200).optional(),
    }),
  }),

  'order.rectified': defineEvent({
    title: { en: 'Reported rectified', zh: '整改反馈' },
    roles: ['unitHead', 'reviewer'],
    data: z.strictObject({ measures: z.string().min(1).max(2_000) }),
  }),

  'rectification.verified': defineEvent({
    title: { en: 'Rectification verified', zh: '整改核实通过' },
    roles: ['supervisor'],
    data: z.strictObject({}),
    separateFrom: ['order.rectified'],
  }),

  'rectification.sentBack': defineEvent({
    title: { en: 'Sent back: not rectified', zh: '整改不到位退回' },
    roles: ['supervisor'],
    data: z.strictObject({}),
    separateFrom: ['order.rectified'],
    reasonRequired: true,
  }),

  'order.closed': defineEvent({
    title: { en: 'Order closed', zh: '督办办结' },
    roles: ['callbackClerk', 'supervisor'],
    data: z.strictObject({
      /** What the return visit found (回访结果). */
      returnVisit: z.strictObject({
        outcome: z.enum(['satisfied', 'dissatisfied', 'notReached', 'notNeeded']),
        means: z.enum(['telephone', 'onSite', 'online']).optional(),
      }),
    }),
  }),
} as const satisfies EventDefinitions;

export type SupervisionOrderEvent = MachineEvent<typeof events>;
