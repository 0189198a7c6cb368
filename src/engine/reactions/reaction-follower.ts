import { CaseError } from '../../domain/case-error.js';
import type { RecordedEvent } from '../../domain/event.js';
import { type Reaction, triggers } from '../../domain/reaction.js';
import { streamIdOf } from '../../domain/stream-id.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import type { EventStore } from '../../event-store/event-store.js';
import type { ReadStore } from '../../read-store/read-store.js';
import type { Clock } from '../clock.js';
import { type CausedCommand, type Consequence, causeId, consequences } from './caused-command.js';
import { type CommandTaker, commandDispatch } from './command-dispatch.js';
import {
  type BookChanges,
  openReactionBook,
  type ReactionBook,
  type WaitingUnit,
  WHOLE_CAUSE,
} from './reaction-book.js';
import { type OutcomeAuthor, type OutcomeSubject, reactionOutcomes } from './reaction-outcomes.js';

/** How often something is tried before it is parked: with the pauses between, about a minute. */
export const MAX_ATTEMPTS = 9;

/** The pause after the first fault, milliseconds; each further one is twice as long. */
const FIRST_RETRY_MS = 250;

/** The most of a fault's words that is kept. */
const DETAIL_LENGTH = 500;

export type FollowerDeps = {
  /** Events in today's shape. */
  readonly store: EventStore;
  readonly readStore: ReadStore;
  readonly engine: CommandTaker;
  readonly registry: WorkflowRegistry;
  readonly ledger: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of whatever went wrong and will be tried again. */
  readonly onFailure: (error: unknown) => void;
};

/** One reaction in one process. Any number of processes may have it: each step ends the same whoever takes it, and however often. */
export type ReactionFollower = {
  readonly reaction: Reaction;
  /** The last event it has dealt with, or has put aside to be dealt with. */
  position(): bigint;
  /** Deals with a page of the log, whose reader had come to `after` before; resolves once the checkpoint is past it. */
  take(page: readonly RecordedEvent[], after: bigint | undefined): Promise<void>;
  /** Does what waits and whose turn has come. Answers when something is to be tried next, ISO 8601. */
  drain(): Promise<string | undefined>;
  /** What could not be done when its turn came, in order. */
  waiting(): Promise<readonly WaitingUnit[]>;
  /** Reads where another process has brought it. */
  reload(): Promise<void>;
  /** Lets what is parked be tried again. False when nothing is parked under `id`. */
  release(id: string, by: OutcomeAuthor): Promise<boolean>;
  /** Leaves it out for good, which is recorded in the ledger. False when nothing is parked under `id`. */
  skip(id: string, by: OutcomeAuthor): Promise<boolean>;
};

/** Opens a reaction where it is; undefined where the ledger has not begun with it and `begin` does not ask for that. */
export async function openReaction(
  deps: FollowerDeps,
  reaction: Reaction,
  begin: boolean,
): Promise<ReactionFollower | undefined> {
  const { store, readStore, ledger, clock, signal, onFailure } = deps;
  const outcomes = reactionOutcomes(deps);
  const consequenceOf = consequences(deps);
  const dispatch = commandDispatch({ engine: deps.engine, outcomes });
  const adoption = begin ? await outcomes.adopt(reaction) : await outcomes.adoption(reaction);
  if (!adoption) return undefined;
  const book: ReactionBook = await openReactionBook({ store, readStore, reaction: reaction.name, adoption });
  let turn: Promise<unknown> = Promise.resolve();

  /** One thing at a time: the page at hand and what waits are not dealt with side by side. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work, work);
    turn = result;
    return result;
  }

  function concerns(event: RecordedEvent): boolean {
    return event.metadata.actor.role !== 'importer' && (triggers(reaction, event) || book.follows(event.stream));
  }

  async function takeUpTo(page: readonly RecordedEvent[]): Promise<void> {
    let events = book.checkpoint().events;
    let passed: RecordedEvent | undefined;
    for (const event of page) {
      if (signal.aborted) return;
      events += 1;
      passed = event;
      if (!concerns(event)) continue;
      const moved = await book.commit(checkpointAt(event, events), await changesFor(event));
      // Another worker was first: the caller goes on from where that one has brought it.
      if (!moved) return;
      passed = undefined;
    }
    if (passed) await book.commit(checkpointAt(passed, events));
  }

  async function changesFor(event: RecordedEvent): Promise<BookChanges> {
    const begins = reaction.follows === true && triggers(reaction, event) && !book.follows(event.stream);
    const followed = begins ? [{ stream: event.stream, position: event.position }] : [];
    const waiting = await book.waiting();
    const whole = wholeCause(event);
    if (waiting.some(({ key }) => key === whole.key)) return { added: [{ ...whole, status: 'behind' }], followed };
    if (await outcomes.final(whole.id)) return { followed };
    try {
      const consequence = await consequenceOf(reaction, event);
      const added = await dispatchAll(event, consequence.commands, waiting);
      return consequence.closed ? { added, unfollowed: [event.stream] } : { added, followed };
    } catch (error) {
      return { added: [failed(whole, error)], followed };
    }
  }

  /** Brings commands to their targets; answers those that could not be brought, or must not before others are. */
  async function dispatchAll(
    event: RecordedEvent,
    commands: readonly CausedCommand[],
    waiting: readonly WaitingUnit[],
  ): Promise<readonly WaitingUnit[]> {
    const added: WaitingUnit[] = [];
    for (const caused of commands) {
      const unit = oneCommand(event, caused);
      const before = [...waiting, ...added].some((one) => one.key === unit.key && isBefore(one, unit));
      if (before) added.push({ ...unit, status: 'behind' });
      else {
        try {
          await dispatch(reaction, event, caused);
        } catch (error) {
          added.push(failed(unit, error));
        }
      }
    }
    return added;
  }

  async function drained(): Promise<string | undefined> {
    while (!signal.aborted) {
      const waiting = await book.waiting();
      const now = clock.now().toISOString();
      const heads = [...new Map([...waiting].reverse().map((unit) => [unit.key, unit])).values()];
      const unit = heads.find(({ status, nextAt }) => status === 'behind' || (status === 'retrying' && nextAt <= now));
      if (!unit) {
        const times = heads.filter(({ status }) => status === 'retrying').map(({ nextAt }) => nextAt);
        return times.sort()[0];
      }
      await book.commit(book.checkpoint(), await changesAfter(unit, waiting));
    }
    return undefined;
  }

  async function changesAfter(unit: WaitingUnit, waiting: readonly WaitingUnit[]): Promise<BookChanges> {
    if (await outcomes.final(unit.id)) return { removed: [unit] };
    try {
      const event = await causeOf(unit);
      const consequence = await consequenceOf(reaction, event);
      if (unit.ordinal === WHOLE_CAUSE) return await changesAfterWhole(unit, event, consequence, waiting);
      const caused = consequence.commands.find(({ id }) => id === unit.id);
      // A later version of the reaction may not want it any more.
      if (caused) await dispatch(reaction, event, caused);
      return { removed: [unit] };
    } catch (error) {
      return { changed: [{ before: unit, after: failed(unit, error) }] };
    }
  }

  async function changesAfterWhole(
    unit: WaitingUnit,
    event: RecordedEvent,
    { commands, closed }: Consequence,
    waiting: readonly WaitingUnit[],
  ): Promise<BookChanges> {
    const added = await dispatchAll(event, commands, waiting);
    return { removed: [unit], added, ...(closed && { unfollowed: [event.stream] }) };
  }

  /** The unit after a fault. While everything is being stopped a fault says nothing, and is not counted. */
  function failed(unit: WaitingUnit, error: unknown): WaitingUnit {
    if (signal.aborted) throw error;
    onFailure(error);
    const attempts = unit.attempts + 1;
    const now = clock.now();
    return {
      ...unit,
      attempts,
      status: attempts < MAX_ATTEMPTS ? 'retrying' : 'parked',
      nextAt: new Date(now.getTime() + FIRST_RETRY_MS * 2 ** (attempts - 1)).toISOString(),
      detail: wordsOf(error),
    };
  }

  async function causeOf({ cause }: WaitingUnit): Promise<RecordedEvent> {
    const [event] = await store.read(cause.stream, { from: cause.revision, limit: 1 });
    if (event?.id === cause.id) return event;
    throw new CaseError({ code: 'STORE_CORRUPT', path: cause.stream, detail: `event ${cause.id} is not there` });
  }

  function wholeCause(event: RecordedEvent): WaitingUnit {
    const id = causeId(ledger, reaction.name, event);
    return { ...aUnit(event), id, ordinal: WHOLE_CAUSE, key: `from ${event.stream}`, target: undefined };
  }

  function oneCommand(event: RecordedEvent, { id, ordinal, target, command }: CausedCommand): WaitingUnit {
    const { workflow, caseId } = command;
    return { ...aUnit(event), id, ordinal, key: `to ${target}`, target: { workflow, caseId } };
  }

  function aUnit({ id, stream, revision, type, position, metadata }: RecordedEvent) {
    const since = clock.now().toISOString();
    const cause = { id, stream, revision, type, workflow: metadata.workflow.name };
    return { position, cause, status: 'retrying' as const, attempts: 0, nextAt: since, since, detail: undefined };
  }

  async function parked(id: string): Promise<WaitingUnit | undefined> {
    return (await book.waiting()).find((unit) => unit.id === id && unit.status === 'parked');
  }

  async function settle(
    id: string,
    record: (subject: OutcomeSubject) => Promise<void>,
    change: (unit: WaitingUnit) => BookChanges,
  ): Promise<boolean> {
    const found = await parked(id);
    if (!found) return false;
    await record(await subjectOfUnit(found));
    for (let unit: WaitingUnit | undefined = found; unit; unit = await parked(id)) {
      if (await book.commit(book.checkpoint(), change(unit))) return true;
    }
    return true;
  }

  async function subjectOfUnit(unit: WaitingUnit): Promise<OutcomeSubject> {
    const { id, target } = unit;
    return {
      id,
      cause: await causeOf(unit),
      ...(target && { target: { ...target, stream: streamIdOf(target.workflow, target.caseId) } }),
      events: [],
    };
  }

  return {
    reaction,
    position: () => book.checkpoint().position,

    take: (page, after) =>
      inTurn(async () => {
        const last = page.at(-1)?.position;
        while (last !== undefined && !signal.aborted && book.checkpoint().position < last) {
          const from = book.checkpoint().position;
          // Behind the reader where its book was lost: it then reads for itself.
          const next = after !== undefined && from < after ? await store.readAll({ after: from }) : page;
          await takeUpTo(next.filter(({ position }) => position > from));
        }
      }),

    drain: () => inTurn(drained),
    waiting: () => book.waiting(),
    reload: () => inTurn(() => book.reload()),

    release: (id, by) =>
      inTurn(() =>
        settle(
          id,
          (subject) => outcomes.released(reaction, subject, by),
          (unit) => ({
            changed: [
              { before: unit, after: { ...unit, status: 'retrying', attempts: 0, nextAt: clock.now().toISOString() } },
            ],
          }),
        ),
      ),

    skip: (id, by) =>
      inTurn(() =>
        settle(
          id,
          (subject) => outcomes.skipped(reaction, subject, by),
          (unit) => ({ removed: [unit] }),
        ),
      ),
  };
}

function checkpointAt({ position, id }: RecordedEvent, events: number) {
  return { position, event: id, events };
}

function isBefore(one: WaitingUnit, other: WaitingUnit): boolean {
  return one.position < other.position || (one.position === other.position && one.ordinal < other.ordinal);
}

/** What of a fault may be kept and shown. A reaction sees no personal data, so its own errors hold none. */
function wordsOf(error: unknown): string {
  const words = error instanceof CaseError ? `${error.failure.code}: ${error.message}` : String(error);
  return (words.split('\n')[0] ?? '').slice(0, DETAIL_LENGTH);
}
