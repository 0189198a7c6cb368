import { z } from 'zod';
import { defineEvent, type EventDefinitions, type MachineEvent } from '../../../domain/workflow.js';

/** The event of the watched case that made the difference, and when it happened. */
const Moved = { event: z.string().min(1).max(200), at: z.iso.datetime() };

/** Facts about one alert: one watched case, one deadline, one generation of it. */
export const events = {
  'rung.reached': defineEvent({
    title: { en: 'Deadline near or over', zh: '临期或超期' },
    roles: ['overdueWatch'],
    data: z.strictObject({
      watched: z.strictObject({ workflow: z.string().min(1).max(80), caseId: z.string().min(1).max(100) }),
      deadline: z.string().min(1).max(80),
      generation: z.int().min(1),
      /** Notices that have moved the date since that generation began, each of which began another. */
      movedBy: z.array(z.string().min(1).max(200)).min(1).optional(),
      rung: z.string().min(1).max(40),
      dueOn: z.iso.date(),
      region: z.string().min(1).max(12).optional(),
      department: z.string().min(1).max(80).optional(),
    }),
    labels: ({ data: { region, department } }) => ({
      ...(region !== undefined && { region }),
      ...(department !== undefined && { department }),
    }),
  }),

  'alert.acknowledged': defineEvent({
    title: { en: 'Alert acknowledged', zh: '预警签收' },
    roles: ['reviewer', 'unitHead', 'supervisor'],
    data: z.strictObject({
      /** What is done about it. */
      measure: z.string().min(1).max(2_000),
    }),
  }),

  'alert.escalated': defineEvent({
    title: { en: 'Escalated to a supervision order', zh: '升级督办' },
    roles: ['supervisor'],
    data: z.strictObject({}),
    reasonRequired: true,
  }),

  'watch.suspended': defineEvent({
    title: { en: "The watched case's clock was stopped", zh: '被监管时限中止计时' },
    roles: ['overdueWatch'],
    data: z.strictObject(Moved),
  }),

  'watch.resumed': defineEvent({
    title: { en: "The watched case's clock goes on", zh: '被监管时限恢复计时' },
    roles: ['overdueWatch'],
    data: z.strictObject(Moved),
  }),

  'watch.movedOn': defineEvent({
    title: { en: 'The watched case has moved on', zh: '被监管办件已推进' },
    roles: ['overdueWatch'],
    data: z.strictObject({
      ...Moved,
      /** The deadline was met, cancelled, extended or started over, or its case ended. */
      how: z.enum(['met', 'cancelled', 'extended', 'startedOver', 'closed']),
    }),
  }),
} as const satisfies EventDefinitions;

export type OverdueAlertEvent = MachineEvent<typeof events>;
