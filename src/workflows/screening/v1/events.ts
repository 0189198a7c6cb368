import { z } from 'zod';
import { defineEvent, type EventDefinitions, type MachineEvent } from '../../../domain/workflow.js';
import { FINDINGS, LINE_KINDS, LINES_PER_EVENT } from './policy.js';

const LineId = z.uuid();

const Line = z.strictObject({
  /** Derived from what the line says, so that it is listed once however often it is found. */
  id: LineId,
  kind: z.enum(LINE_KINDS),
  workflow: z.string().min(1).max(80),
  caseId: z.string().min(1).max(100),
  deadline: z.string().min(1).max(80).optional(),
  dueOn: z.iso.date().optional(),
  /** The event of the day, and its revision in the case. */
  event: z.string().min(1).max(200).optional(),
  revision: z.int().min(0).optional(),
  /** The reaction whose command was refused, and the code. */
  reaction: z.string().min(1).max(80).optional(),
  code: z.string().min(1).max(80).optional(),
});

export type ScreeningLine = z.output<typeof Line>;

/** Facts about the screening of one department on one day. */
export const events = {
  'screening.opened': defineEvent({
    title: { en: 'Screening opened', zh: '巡查开始' },
    roles: ['screeningDesk'],
    data: z.strictObject({
      /** The office's date. */
      date: z.iso.date(),
      department: z.string().min(1).max(80),
      region: z.string().min(1).max(12).optional(),
      /** Events recorded after `from`, up to `to`, are looked at: the screening before ended there. */
      from: z.iso.datetime(),
      to: z.iso.datetime(),
    }),
    labels: ({ data: { department, region } }) => ({ department, ...(region !== undefined && { region }) }),
  }),

  'lines.listed': defineEvent({
    title: { en: 'Lines listed', zh: '列入巡查清单' },
    roles: ['screeningDesk'],
    data: z.strictObject({ lines: z.array(Line).min(1).max(LINES_PER_EVENT) }),
  }),

  'listing.completed': defineEvent({
    title: { en: 'List complete', zh: '清单列毕' },
    roles: ['screeningDesk'],
    data: z.strictObject({ lines: z.int().min(0) }),
  }),

  'lines.marked': defineEvent({
    title: { en: 'Lines marked', zh: '逐项核查' },
    roles: ['supervisor'],
    data: z.strictObject({
      marks: z
        .array(
          z.strictObject({ line: LineId, finding: z.enum(FINDINGS), note: z.string().min(1).max(1_000).optional() }),
        )
        .min(1)
        .max(LINES_PER_EVENT),
    }),
  }),

  'screening.closed': defineEvent({
    title: { en: 'Screening closed', zh: '巡查办结' },
    roles: ['supervisor'],
    data: z.strictObject({}),
  }),
} as const satisfies EventDefinitions;

export type ScreeningEvent = MachineEvent<typeof events>;
