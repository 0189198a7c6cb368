import { sealEvent } from '../../domain/canonical-event.js';
import { type CaseError, isCaseError } from '../../domain/case-error.js';
import { derivedId } from '../../domain/derived-id.js';
import { ENVELOPE_VERSION, type EventMetadata, type JsonObject, type RecordedEvent } from '../../domain/event.js';
import { type Reaction, reactionActor } from '../../domain/reaction.js';
import type { EventStore } from '../../event-store/event-store.js';
import type { Clock } from '../clock.js';

/** The rules under which the streams of reactions are written. */
const REACTION_WORKFLOW = { name: 'reaction', version: 1, hash: 'built-in' } as const;

/** How often a record is tried anew when another writer got there first or its outcome is unknown. */
const MAX_ATTEMPTS = 20;

/** How a command of a reaction came to its end without being accepted. */
export type FinalOutcome = 'refused' | 'skipped';

/** What an outcome is about: the command, and where it came from. `target` is unknown where a reaction could not say what it wants. */
export type OutcomeSubject = {
  /** The command's id, which names the stream. */
  readonly id: string;
  readonly cause: Pick<RecordedEvent, 'id' | 'stream' | 'revision' | 'type'> & {
    readonly metadata: Pick<EventMetadata, 'correlation' | 'trace' | 'workflow'>;
  };
  readonly target?: { readonly stream: string; readonly workflow: string; readonly caseId: string };
  readonly events: readonly string[];
};

/** Who takes a parked command up again, and why. */
export type OutcomeAuthor = { readonly actor: string; readonly reason: string };

/**
 * What is kept in the ledger about commands of reactions that were not simply accepted: one stream each, named by the
 * command. Written before a checkpoint moves past the cause and looked at before the command is tried, so that a no
 * stays a no, whatever becomes of read store and process.
 */
export type ReactionOutcomes = {
  /** Where reacting begins: what was recorded before a ledger first had this reaction is not reacted to. Undefined where it has not begun. */
  adoption(reaction: Reaction): Promise<RecordedEvent | undefined>;
  /** The same; begins now where it has not begun. */
  adopt(reaction: Reaction): Promise<RecordedEvent>;
  /** How the command ended, or undefined while it may be tried. */
  final(id: string): Promise<FinalOutcome | undefined>;
  /** Records the target's no. */
  refused(reaction: Reaction, subject: OutcomeSubject, refusal: CaseError): Promise<void>;
  /** Records that the command is left out for good. */
  skipped(reaction: Reaction, subject: OutcomeSubject, by: OutcomeAuthor): Promise<void>;
  /** Records that it may be tried again. */
  released(reaction: Reaction, subject: OutcomeSubject, by: OutcomeAuthor): Promise<void>;
};

export function reactionOutcomes(deps: {
  readonly store: Pick<EventStore, 'read' | 'append'>;
  readonly ledger: string;
  readonly clock: Clock;
}): ReactionOutcomes {
  const { store, ledger, clock } = deps;

  /** Appends what `next` says may follow, whoever else appends meanwhile; nothing where it says undefined. */
  async function record(
    stream: string,
    next: (history: readonly RecordedEvent[]) => OwnEvent | undefined,
  ): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const history = await store.read(stream);
      const event = next(history);
      if (event === undefined) return;
      try {
        await store.append(stream, [sealed(stream, event, history)], history.at(-1)?.revision ?? 'no-stream');
        return;
      } catch (error) {
        // Of unknown outcome: reading again tells.
        const again = isCaseError(error, 'REVISION_CONFLICT') || isCaseError(error, 'STORE_OUTCOME_UNKNOWN');
        if (!again || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  function sealed(stream: string, event: OwnEvent, history: readonly RecordedEvent[]) {
    const { type, data, actor, reason, correlation, causation, trace } = event;
    const before = history.at(-1);
    const now = clock.now().toISOString();
    const recordedAt = before !== undefined && now < before.metadata.recordedAt ? before.metadata.recordedAt : now;
    const revision = history.length;
    const id = derivedId(ledger, [stream, type, String(revision)]);
    const metadata: EventMetadata = {
      actor,
      ...(causation !== undefined && { causation }),
      command: { fingerprint: 'none', id, index: 0, size: 1 },
      correlation: correlation ?? id,
      envelope: ENVELOPE_VERSION,
      ledger,
      occurredAt: recordedAt,
      ...(reason !== undefined && { reason }),
      recordedAt,
      schema: 1,
      state: type.slice('reaction.'.length),
      ...(trace !== undefined && { trace }),
      workflow: REACTION_WORKFLOW,
    };
    return sealEvent({ id, stream, revision, type, data, metadata });
  }

  function about(
    reaction: Reaction,
    { id, cause, target, events }: OutcomeSubject,
    type: OwnEvent['type'],
    more: JsonObject,
    by?: OutcomeAuthor,
  ): OwnEvent {
    const { correlation, trace, workflow } = cause.metadata;
    return {
      type,
      data: {
        cause: {
          id: cause.id,
          revision: cause.revision,
          stream: cause.stream,
          type: cause.type,
          workflow: workflow.name,
        },
        command: id,
        events,
        reaction: { name: reaction.name, version: reaction.version },
        ...(target !== undefined && { target }),
        ...more,
      },
      actor: by ? { id: by.actor, role: 'administrator' } : { id: reactionActor(reaction.name), role: reaction.role },
      ...(by && { reason: by.reason }),
      correlation,
      causation: cause.id,
      trace,
    };
  }

  return {
    async adoption({ name }) {
      const [adopted] = await store.read(outcomeStream(name), { limit: 1 });
      return adopted;
    },

    async adopt({ name, version, role }) {
      const stream = outcomeStream(name);
      await record(stream, (history) =>
        history.length > 0
          ? undefined
          : {
              type: 'reaction.adopted',
              data: { reaction: { name, version } },
              actor: { id: reactionActor(name), role },
            },
      );
      const [adopted] = await store.read(stream, { limit: 1 });
      return adopted!;
    },

    async final(id) {
      return finalOf(await store.read(outcomeStream(id)));
    },

    async refused(reaction, subject, refusal) {
      const { failure, message } = refusal;
      await record(outcomeStream(subject.id), (history) =>
        finalOf(history)
          ? undefined
          : about(reaction, subject, 'reaction.refused', {
              code: failure.code,
              refusal: message,
              ...(failure.code === 'GUARD_DENIED' && { reasons: failure.reasons }),
            }),
      );
    },

    async skipped(reaction, subject, by) {
      await record(outcomeStream(subject.id), (history) =>
        finalOf(history) ? undefined : about(reaction, subject, 'reaction.skipped', {}, by),
      );
    },

    async released(reaction, subject, by) {
      await record(outcomeStream(subject.id), (history) =>
        finalOf(history) ? undefined : about(reaction, subject, 'reaction.released', {}, by),
      );
    },
  };
}

type OwnEvent = {
  readonly type: 'reaction.adopted' | 'reaction.refused' | 'reaction.skipped' | 'reaction.released';
  readonly data: JsonObject;
  readonly actor: EventMetadata['actor'];
  readonly reason?: string;
  readonly correlation?: string;
  readonly causation?: string;
  readonly trace?: string | undefined;
};

/** The stream of a reaction's own record, by its name, or of one of its commands, by its id. */
export function outcomeStream(nameOrId: string): string {
  return `${REACTION_WORKFLOW.name}-${nameOrId}`;
}

function finalOf(history: readonly RecordedEvent[]): FinalOutcome | undefined {
  for (const { type } of history) {
    if (type === 'reaction.refused') return 'refused';
    if (type === 'reaction.skipped') return 'skipped';
  }
  return undefined;
}
