import { CaseError } from '../../domain/case-error.js';
import { isClosedState } from '../../domain/closed-state.js';
import { derivedId } from '../../domain/derived-id.js';
import type { RecordedEvent } from '../../domain/event.js';
import { openPart } from '../../domain/personal-data.js';
import {
  commandsOf,
  type PublicEvent,
  type Reaction,
  type ReactionCommand,
  reactionActor,
} from '../../domain/reaction.js';
import { replay } from '../../domain/replay.js';
import { caseIdOf, streamIdOf } from '../../domain/stream-id.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import type { EventStore } from '../../event-store/event-store.js';
import type { OpenCommand } from '../command.js';

/** A command that an event causes, with the id it has whenever and by whomever it is worked out. */
export type CausedCommand = {
  readonly id: string;
  readonly mode: ReactionCommand['mode'];
  /** Place among the commands of its cause. */
  readonly ordinal: number;
  /** Stream of the case it is for. */
  readonly target: string;
  readonly command: OpenCommand & { readonly caseId: string };
};

/** What a cause leads to, and whether its case is over with it. */
export type Consequence = { readonly commands: readonly CausedCommand[]; readonly closed: boolean };

/** The id under which a cause's whole reaction is known, where its commands could not be worked out. */
export function causeId(ledger: string, reaction: string, event: Pick<RecordedEvent, 'id'>): string {
  return derivedId(ledger, ['reaction', reaction, event.id]);
}

/**
 * Works out what an event leads to: reads its case up to it and asks the reaction.
 *
 * @throws whatever the reaction throws · CaseError `REACTION_INVALID` · `CASE_ID_INVALID` · `REPLAY_DIVERGED` where its
 *   case cannot be replayed
 */
export function consequences(deps: {
  readonly store: Pick<EventStore, 'read'>;
  readonly registry: WorkflowRegistry;
  readonly ledger: string;
}) {
  const { store, registry, ledger } = deps;

  return async function consequenceOf(reaction: Reaction, event: RecordedEvent): Promise<Consequence> {
    const history = await historyUpTo(store, event);
    const state = replay(history, registry);
    if (!state) throw new CaseError({ code: 'STORE_CORRUPT', path: event.stream, detail: 'an event has no stream' });
    const closed = isClosedState(state.workflow, state.state);
    const told = history.map(publicEvent);
    const commands = commandsOf(reaction, {
      event: told.at(-1)!,
      caseId: caseIdOf(event.stream),
      workflow: state.workflow,
      state: state.state,
      labels: state.labels,
      closed,
      history: told,
    });
    return { commands: commands.map((command, ordinal) => caused(reaction, event, command, ordinal)), closed };
  };

  function caused(
    { name, role }: Reaction,
    cause: RecordedEvent,
    { workflow, caseId: named, mode, events, reason }: ReactionCommand,
    ordinal: number,
  ): CausedCommand {
    const caseId = typeof named === 'string' ? named : derivedId(ledger, [workflow, ...named.derivedFrom]);
    const target = streamIdOf(workflow, caseId);
    const id = derivedId(ledger, ['reaction', name, cause.id, target, String(ordinal)]);
    const { correlation, trace } = cause.metadata;
    const command = {
      workflow,
      caseId,
      commandId: id,
      actor: { id: reactionActor(name), roles: [role] },
      events,
      correlation,
      causation: cause.id,
      ...(reason !== undefined && { reason }),
      ...(trace !== undefined && { trace }),
    };
    return { id, mode, ordinal, target, command };
  }
}

async function historyUpTo(
  store: Pick<EventStore, 'read'>,
  { stream, revision }: RecordedEvent,
): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  while (events.length <= revision) {
    const page = await store.read(stream, { from: events.length, limit: revision + 1 - events.length });
    if (page.length === 0) throw new CaseError({ code: 'STORE_CORRUPT', path: stream, detail: 'it ends too early' });
    events.push(...page);
  }
  return events;
}

function publicEvent({ position: _, ...event }: RecordedEvent): PublicEvent {
  return { ...event, data: openPart(event.data) };
}
