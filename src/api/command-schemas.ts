import { z } from 'zod';
import { MAX_EVENTS_PER_COMMAND } from '../engine/command.js';
import { ApiError } from './api-failure.js';
import { Instant } from './query-values.js';

/** The most commands one request brings. */
export const MAX_COMMANDS_PER_BATCH = 1_000;

const CommandId = z.string().min(1).max(200).meta({
  description: 'Names the command: whoever sends it again, however often, gets the first answer',
  example: '01943c1e-6f2a-7c3e-9b52-0f6f6d1c2a11',
});

export const CommandEvent = z
  .strictObject({
    type: z.string().min(1).max(200),
    data: z.record(z.string(), z.unknown()).optional(),
    occurredAt: Instant.optional().meta({
      description: 'When it happened, if not now; only who the workflow names may look back',
    }),
  })
  .meta({ id: 'CommandEvent', description: 'An event as its sender gives it' });

const Sent = {
  events: z
    .array(CommandEvent)
    .min(1)
    .max(MAX_EVENTS_PER_COMMAND)
    .optional()
    .meta({ description: 'Several events: all are accepted or none' }),
  event: CommandEvent.optional().meta({ description: 'One event, in place of `events`' }),
  reason: z.string().min(1).max(2_000).optional(),
  correlation: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Groups what belongs to one story across cases' }),
  causation: z.string().min(1).max(200).optional().meta({ description: 'Id of the event that caused the command' }),
};

const Opened = {
  caseId: z.string().optional().meta({ description: "The case's id; derived from the command id unless given" }),
  version: z.int().min(1).optional().meta({ description: "The definition's version; the newest unless given" }),
};

const oneOfBoth = (sent: { readonly event?: unknown; readonly events?: unknown }): boolean =>
  (sent.event === undefined) !== (sent.events === undefined);
const ONE_OF_BOTH = { path: ['events'], message: 'give either event or events' };

export const OpenBody = z
  .strictObject({ commandId: CommandId.optional(), ...Opened, ...Sent })
  .refine(oneOfBoth, ONE_OF_BOTH)
  .meta({ id: 'OpenBody' });

export const SendBody = z
  .strictObject({ commandId: CommandId.optional(), ...Sent })
  .refine(oneOfBoth, ONE_OF_BOTH)
  .meta({ id: 'SendBody' });

const workflow = z.string().min(1).max(100);

export const BatchCommand = z
  .discriminatedUnion('command', [
    z.strictObject({ command: z.literal('open'), workflow, commandId: CommandId, ...Opened, ...Sent }),
    z.strictObject({
      command: z.literal('send'),
      workflow,
      commandId: CommandId,
      caseId: z.string(),
      expectedRevision: z
        .int()
        .min(0)
        .optional()
        .meta({ description: 'The revision the sender last saw, as `If-Match` says it elsewhere' }),
      ...Sent,
    }),
  ])
  .refine(oneOfBoth, ONE_OF_BOTH)
  .meta({ id: 'BatchCommand' });

export const IdempotencyKey = z.string().min(1).max(202).meta({
  description: 'The command id; the same thing as `commandId` in the body',
  example: '01943c1e-6f2a-7c3e-9b52-0f6f6d1c2a11',
});

/** The one or several events a body brings, as the engine takes them. */
export function eventsOf({
  event,
  events,
}: {
  readonly event?: z.output<typeof CommandEvent> | undefined;
  readonly events?: readonly z.output<typeof CommandEvent>[] | undefined;
}) {
  return (events ?? (event ? [event] : [])).map(({ type, data = {}, occurredAt }) => ({
    type,
    data,
    ...(occurredAt !== undefined && { occurredAt }),
  }));
}

/** What a body says about its command beside the events. */
export function frameOf({
  reason,
  correlation,
  causation,
}: {
  readonly reason?: string | undefined;
  readonly correlation?: string | undefined;
  readonly causation?: string | undefined;
}) {
  return {
    ...(reason !== undefined && { reason }),
    ...(correlation !== undefined && { correlation }),
    ...(causation !== undefined && { causation }),
  };
}

/**
 * The command's id from header and body. The header may be quoted (a structured field string, RFC 9651).
 *
 * @throws ApiError `COMMAND_ID_MISSING` · `COMMAND_ID_AMBIGUOUS`
 */
export function commandIdOf(header: string | undefined, body: string | undefined): string {
  const named = header === undefined ? undefined : unquoted(header);
  if (named !== undefined && body !== undefined && named !== body)
    throw new ApiError({ code: 'COMMAND_ID_AMBIGUOUS', header: named, body });
  const id = named ?? body;
  if (id === undefined || id === '') throw new ApiError({ code: 'COMMAND_ID_MISSING' });
  return id;
}

function unquoted(header: string): string {
  return header.length >= 2 && header.startsWith('"') && header.endsWith('"') ? header.slice(1, -1) : header;
}
