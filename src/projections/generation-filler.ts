import { CaseError } from '../domain/case-error.js';
import type { RecordedEvent } from '../domain/event.js';
import type { EventStore } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';
import {
  type Checkpoint,
  type Generation,
  type Halt,
  type ReadStore,
  RewriteFailed,
} from '../read-store/read-store.js';
import { keyOf, keyText } from '../read-store/table-spec.js';
import { checkpointAfter, type Fold, openFold, rowMemory, rowsToRead, UntakenEvent } from './fold.js';
import type { Projection } from './projection.js';

/** Events held in memory before their rows are written, where they may be. */
const EVENTS_HELD = 16_000;

/**
 * `taken`: written, or held where that was allowed. `lost`: another process writes this generation too and was first.
 * `dropped`: what was held is forgotten, since some event among it cannot be taken; the same events are to be offered
 * again, not to be held. `gone`: it was switched away or dropped.
 */
export type Outcome = 'taken' | 'lost' | 'dropped' | 'halted' | 'gone';

export type FillerDeps = {
  readonly store: Pick<EventStore, 'read'>;
  readonly readStore: ReadStore;
  readonly clock: { now(): Date };
  /** Gives a commit up that takes long. */
  readonly signal: AbortSignal;
};

/** Writes events into one generation of one read model. One call at a time. */
export type GenerationFiller = {
  readonly generation: Generation;
  position(): bigint | undefined;
  halted(): Halt | undefined;
  /**
   * Takes events that follow on from its position; those before it are passed over.
   *
   * @param hold whether they may be kept in memory for now, to be written with the next ones; its position is then ahead of what is stored
   * @throws CaseError when a store fails; what was held is then forgotten
   */
  take(events: readonly RecordedEvent[], hold?: boolean): Promise<Outcome>;
  /** Reads again where it stands. Answers whether it is still there. */
  refresh(): Promise<boolean>;
};

export async function generationFiller(
  deps: FillerDeps,
  projection: Projection,
  generation: Generation,
): Promise<GenerationFiller> {
  const { store, readStore, clock, signal } = deps;
  const memory = rowMemory(projection);
  const { name, version, basis } = generation;
  const skips = await readStore.skips(name);
  const skipped = new Set(
    skips.filter((skip) => skip.version === version && skip.basis === basis).map(({ event }) => event),
  );
  let checkpoint: Checkpoint = generation;
  let held: { readonly fold: Fold; readonly to: Checkpoint } | undefined;
  let halted = generation.halted;

  const reached = (): Checkpoint => held?.to ?? checkpoint;

  async function take(offered: readonly RecordedEvent[], hold = false): Promise<Outcome> {
    const events = following(offered, reached().position);
    if (halted !== undefined) return 'halted';
    if (events.length === 0 && (held === undefined || hold)) return 'taken';
    const before = held !== undefined;
    try {
      return await takeAll(events, hold);
    } catch (error) {
      forget();
      // A store that fails is no fault of the events; one whose tables were dropped meanwhile fails too.
      if (error instanceof CaseError) {
        if (await refresh()) throw error;
        return 'gone';
      }
      if (before) return 'dropped';
      if (error instanceof UntakenEvent) return takeUpTo(events, error.index, error.cause);
      return events.length === 1 ? haltAt(events[0]!, error) : takeOneByOne(events);
    }
  }

  function forget(): void {
    held = undefined;
    memory.forget();
  }

  async function takeAll(events: readonly RecordedEvent[], hold: boolean): Promise<Outcome> {
    await fillMemory(events);
    const fold = held?.fold ?? openFold(projection, memory);
    fold.apply(events, await historiesOf(events), skipped);
    const to = checkpointAfter(reached(), events);
    if (hold && to.events - checkpoint.events < EVENTS_HELD) {
      held = { fold, to };
      return 'taken';
    }
    if (!(await readStore.commit(generation, checkpoint, to, fold.changes(), signal))) return afterLoss();
    held = undefined;
    checkpoint = to;
    fold.written();
    return 'taken';
  }

  async function fillMemory(events: readonly RecordedEvent[]): Promise<void> {
    for (const [table, keys] of rowsToRead(projection, memory, events)) {
      const rows = memory.tables.get(table.name)!;
      for (const row of await readStore.rows(generation, table, keys)) rows.set(keyText(keyOf(table, row)), row);
    }
  }

  async function historiesOf(events: readonly RecordedEvent[]): Promise<ReadonlyMap<string, readonly RecordedEvent[]>> {
    const histories = new Map<string, readonly RecordedEvent[]>();
    for (const event of events) {
      if (!projection.needsHistory?.(event)) continue;
      const stream = await readStream(store, event.stream);
      histories.set(
        event.id,
        stream.filter(({ revision }) => revision <= event.revision),
      );
    }
    return histories;
  }

  async function afterLoss(): Promise<Outcome> {
    if (!(await refresh())) return 'gone';
    return halted === undefined ? 'lost' : 'halted';
  }

  /** What comes before the event that cannot be taken is taken; there it halts. */
  async function takeUpTo(events: readonly RecordedEvent[], index: number, cause: unknown): Promise<Outcome> {
    const outcome = index === 0 ? 'taken' : await take(events.slice(0, index));
    return outcome === 'taken' ? haltAt(events[index]!, cause) : outcome;
  }

  async function takeOneByOne(events: readonly RecordedEvent[]): Promise<Outcome> {
    for (const event of events) {
      const outcome = await take([event]);
      if (outcome !== 'taken') return outcome;
    }
    return 'taken';
  }

  async function haltAt(event: RecordedEvent, cause: unknown): Promise<Outcome> {
    const detail = `${event.stream} revision ${event.revision} ("${event.type}"): ${faultOf(cause)}`;
    const halt: Halt = { position: event.position, event: event.id, detail, at: clock.now().toISOString() };
    if (!(await readStore.halt(generation, checkpoint, halt))) return afterLoss();
    halted = halt;
    return 'halted';
  }

  async function refresh(): Promise<boolean> {
    forget();
    const found = (await readStore.generations()).find(
      (one) => one.name === name && one.generation === generation.generation,
    );
    if (found === undefined) return false;
    checkpoint = found;
    halted = found.halted;
    return true;
  }

  return {
    generation,
    position: () => reached().position,
    halted: () => halted,
    take,
    refresh,
  };
}

function following(events: readonly RecordedEvent[], position: bigint | undefined): readonly RecordedEvent[] {
  if (position === undefined || events.length === 0 || events[0]!.position > position) return events;
  const from = events.findIndex((event) => event.position > position);
  return from === -1 ? [] : events.slice(from);
}

/** What went wrong, in words that cannot quote an event's data: a refusal's own sentence, or only the kind of error. */
function faultOf(cause: unknown): string {
  if (cause instanceof CaseError) return cause.message;
  if (cause instanceof RewriteFailed) return faultOf(cause.cause);
  return cause instanceof Error ? cause.name : 'not an error';
}
