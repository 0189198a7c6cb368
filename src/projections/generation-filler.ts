import { CaseError } from '../domain/case-error.js';
import type { RecordedEvent } from '../domain/event.js';
import type { EventStore } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';
import type { Checkpoint, Generation, Halt, ReadStore } from '../read-store/read-store.js';
import { keyOf, keyText } from '../read-store/table-spec.js';
import { checkpointAfter, type Folded, fold, rowMemory, rowsToRead, UntakenEvent } from './fold.js';
import type { Projection } from './projection.js';

/** `taken`: rows and checkpoint are written. `lost`: another process writes this generation too and was first. `gone`: it was switched away or dropped. */
export type Outcome = 'taken' | 'lost' | 'halted' | 'gone';

export type FillerDeps = {
  readonly store: Pick<EventStore, 'read'>;
  readonly readStore: ReadStore;
  readonly clock: { now(): Date };
};

/** Writes events into one generation of one read model. One call at a time. */
export type GenerationFiller = {
  readonly generation: Generation;
  position(): bigint | undefined;
  events(): number;
  halted(): Halt | undefined;
  /** Takes events that follow on from its position; those before it are passed over. @throws CaseError when a store fails */
  take(events: readonly RecordedEvent[]): Promise<Outcome>;
  /** Reads again where it stands. Answers whether it is still there. */
  refresh(): Promise<boolean>;
};

export async function generationFiller(deps: FillerDeps, projection: Projection, generation: Generation): Promise<GenerationFiller> {
  const { store, readStore, clock } = deps;
  const memory = rowMemory(projection);
  const { name, version, basis } = generation;
  const skips = await readStore.skips(name);
  const skipped = new Set(skips.filter((skip) => skip.version === version && skip.basis === basis).map(({ event }) => event));
  let checkpoint: Checkpoint = generation;
  let halted = generation.halted;

  async function take(offered: readonly RecordedEvent[]): Promise<Outcome> {
    const events = following(offered, checkpoint.position);
    if (halted !== undefined) return 'halted';
    if (events.length === 0) return 'taken';
    try {
      return await takeAll(events);
    } catch (error) {
      memory.forget();
      if (error instanceof UntakenEvent) return takeUpTo(events, error.index, error.cause);
      // A store that fails is no fault of the events.
      if (error instanceof CaseError) throw error;
      return events.length === 1 ? haltAt(events[0]!, error) : takeOneByOne(events);
    }
  }

  async function takeAll(events: readonly RecordedEvent[]): Promise<Outcome> {
    await fillMemory(events);
    const folded = fold(projection, memory, events, await historiesOf(events), skipped);
    return (await written(events, folded)) ? 'taken' : afterLoss();
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
      histories.set(event.id, stream.filter(({ revision }) => revision <= event.revision));
    }
    return histories;
  }

  async function written(events: readonly RecordedEvent[], { changes, written }: Folded): Promise<boolean> {
    const to = checkpointAfter(checkpoint, events);
    if (!(await readStore.commit(generation, checkpoint, to, changes))) return false;
    checkpoint = to;
    written();
    return true;
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
    memory.forget();
    const found = (await readStore.generations()).find((one) => one.name === name && one.generation === generation.generation);
    if (found === undefined) return false;
    checkpoint = found;
    halted = found.halted;
    return true;
  }

  return {
    generation,
    position: () => checkpoint.position,
    events: () => checkpoint.events,
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
  return cause instanceof Error ? cause.name : 'not an error';
}
