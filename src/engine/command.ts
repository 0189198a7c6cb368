import { z } from 'zod';
import type { Actor } from '../domain/access.js';
import { canonicalText } from '../domain/canonical-event.js';
import { CaseError } from '../domain/case-error.js';
import { readInput } from '../domain/input-issues.js';

/** The most events one command brings. */
export const MAX_EVENTS_PER_COMMAND = 500;

/** An event as its sender gives it. */
export type CommandEvent = {
  readonly type: string;
  readonly data: unknown;
  /** When it happened, ISO 8601 with a zone; now unless given. Only who the event's definition names may look back. */
  readonly occurredAt?: string;
};

type CommandBase = {
  readonly workflow: string;
  /** Names the command: whoever sends it again, however often, gets the first answer. 1 to 200 characters. */
  readonly commandId: string;
  readonly actor: Actor;
  /** Facts in the order they happened: all are accepted or none. */
  readonly events: readonly CommandEvent[];
  readonly reason?: string;
  /** Groups what belongs to one story across cases; the command's own id unless given. */
  readonly correlation?: string;
  /** Id of the event that caused the command. */
  readonly causation?: string;
  /** W3C traceparent. */
  readonly trace?: string;
};

/** Opens a case with its first events. */
export type OpenCommand = CommandBase & {
  /** 1 to 100 letters, digits, `.`, `_`, `~`, `-`; derived from the command id unless given. */
  readonly caseId?: string;
  /** The definition's version; the newest unless given. */
  readonly version?: number;
};

/** Sends events to an open case. */
export type SendCommand = CommandBase & {
  readonly caseId: string;
  /** The revision the sender last saw. Leave it out to accept whatever the case has become. */
  readonly expectedRevision?: number;
};

/** What a command led to. A repeat gets the first answer, whatever the case has become since. */
export type Receipt = {
  readonly workflow: string;
  readonly version: number;
  readonly caseId: string;
  readonly stream: string;
  /** Revision of the command's last event. */
  readonly revision: number;
  /** State of the case after it. */
  readonly state: string;
  /** Token for `min-position`: a read model that has reached it shows the command. */
  readonly position: string;
  readonly events: readonly { readonly id: string; readonly type: string; readonly revision: number }[];
  /** Whether the command had been accepted before. */
  readonly repeated: boolean;
};

const Instant = z.iso.datetime({ offset: true });

const Command = z.object({
  commandId: z.string().min(1).max(200),
  actor: z.object({ id: z.string().min(1).max(200), roles: z.array(z.string()) }),
  events: z
    .array(z.object({ type: z.string().min(1).max(200), data: z.unknown(), occurredAt: Instant.optional() }))
    .min(1)
    .max(MAX_EVENTS_PER_COMMAND),
  reason: z.string().min(1).max(2_000).optional(),
  correlation: z.string().min(1).max(200).optional(),
  causation: z.string().min(1).max(200).optional(),
  trace: z.string().max(200).optional(),
  expectedRevision: z.int().min(0).optional(),
});

/**
 * Reads a command's frame; its events' data is read by their own schemas.
 *
 * @throws CaseError `COMMAND_INVALID`
 */
export function checkCommand(command: OpenCommand | SendCommand): void {
  const { issues } = readInput(Command, command);
  if (issues) throw new CaseError({ code: 'COMMAND_INVALID', issues });
}

/**
 * The canonical text of what a command asks, over which its fingerprint is made. What does not change its meaning
 * (the revision last seen, tracing) is left out.
 *
 * @throws CaseError `COMMAND_INVALID` when some data has no JSON form
 */
export function commandInput(command: OpenCommand | SendCommand): string {
  const { workflow, actor, events, reason } = command;
  const version = 'version' in command ? command.version : undefined;
  try {
    return canonicalText({
      actor: actor.id,
      events: events.map(({ type, data, occurredAt }) => ({ data: data ?? null, occurredAt, type })),
      onBehalfOf: actor.onBehalfOf,
      reason,
      version,
      workflow,
    });
  } catch {
    throw new CaseError({
      code: 'COMMAND_INVALID',
      issues: [{ path: 'events', code: 'not_json', message: 'the data has no JSON form' }],
    });
  }
}
