import { LRUCache } from 'lru-cache';
import type { CaseState } from '../domain/decide.js';
import type { RecordedEvent } from '../domain/event.js';
import { sealedParts } from '../domain/personal-data.js';
import { replay, replayNext } from '../domain/replay.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { EventStore } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';

/** A command the stream holds: enough to know it again and to answer it as before. */
export type AcceptedCommand = {
  readonly fingerprint: string;
  /** Revisions of its first and its last event. */
  readonly first: number;
  readonly last: number;
  readonly version: number;
  readonly state: string;
  readonly position: bigint;
  /** Subjects whose data it carried, whose keys its fingerprint was made under. */
  readonly subjects: readonly string[];
};

/** A case as decided last, with every command its stream holds. */
export type DecidedCase = { state: CaseState; readonly commands: Map<string, AcceptedCommand> };

/** How many cases are kept decided; one is a few kilobytes. */
const CASES_CACHED = 1_000;

/**
 * Cases kept as they were decided, so that the next event needs no replay. It can never change an answer: what it
 * says yes to is appended under the revision it knows, and before it says no it looks whether the stream went on.
 */
export function decidedCases(store: EventStore, registry: WorkflowRegistry, max = CASES_CACHED) {
  const cache = new LRUCache<string, DecidedCase>({ max });

  async function load(stream: string): Promise<DecidedCase | undefined> {
    const history = await readStream(store, stream);
    const state = replay(history, registry);
    if (!state) return undefined;
    const decided = { state, commands: new Map<string, AcceptedCommand>() };
    noteCommands(decided.commands, history);
    cache.set(stream, decided);
    return decided;
  }

  return {
    /** The case without asking the store, where it is known. */
    known: (stream: string): DecidedCase | undefined => cache.get(stream),
    load,
    /** Brings a known case up to the stream's head. Answers whether there was anything new. */
    async refresh(stream: string, decided: DecidedCase): Promise<boolean> {
      const news = await readStream(store, stream, decided.state.revision + 1);
      if (news.length === 0) return false;
      if (news.some(({ type }) => type === 'case.migrated')) {
        cache.delete(stream);
        return (await load(stream)) !== undefined;
      }
      // State and commands go on together: a state that is ahead would not know a command again.
      decided.state = news.reduce((state, event) => replayNext(state, event, [], registry), decided.state);
      noteCommands(decided.commands, news);
      cache.set(stream, decided);
      return true;
    },
    remember: (stream: string, decided: DecidedCase): void => {
      cache.set(stream, decided);
    },
    forget: (stream: string): void => {
      cache.delete(stream);
    },
  };
}

export type DecidedCases = ReturnType<typeof decidedCases>;

/** Gathers the commands that events came with. */
export function noteCommands(commands: Map<string, AcceptedCommand>, events: readonly RecordedEvent[]): void {
  for (const { revision, position, metadata, data } of events) {
    const { command, state, workflow } = metadata;
    const before = commands.get(command.id);
    const subjects = sealedParts(data).map(({ subject }) => subject);
    commands.set(command.id, {
      fingerprint: command.fingerprint,
      version: workflow.version,
      state,
      position,
      first: before?.first ?? revision,
      last: revision,
      subjects: [...new Set([...(before?.subjects ?? []), ...subjects])],
    });
  }
}
