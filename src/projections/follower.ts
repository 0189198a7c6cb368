import { CaseError, isCaseError } from '../domain/case-error.js';
import type { RecordedEvent } from '../domain/event.js';
import type { EventStore } from '../event-store/event-store.js';
import type { Generation, GenerationRef, ReadStore } from '../read-store/read-store.js';
import { shapeOf } from '../read-store/table-spec.js';
import { type GenerationFiller, generationFiller, type Outcome } from './generation-filler.js';
import type { Pacing } from './pacing.js';
import { type Projection, tablesOf } from './projection.js';

/** Events folded in memory before they are written, while catching up. Larger pages outlive the young generation and halve the rate. */
const CATCH_UP_PAGE = 1_000;

/** How long another process that fills the same tables is left alone before this one tries again. */
const YIELD_MS = 200;

/** How long a failing store is left alone. */
const RETRY_MS = 500;

export type FollowerDeps = {
  readonly store: EventStore;
  readonly readStore: ReadStore;
  readonly projection: Projection;
  readonly clock: { now(): Date };
  readonly pacing: Pacing;
  readonly signal: AbortSignal;
  /** How far the reader that feeds all read models has come. */
  readonly readTo: () => bigint | undefined;
  /** Told after every change of what queries see. */
  readonly onMoved: () => void;
  readonly onFailure: (error: unknown) => void;
};

/** Whether trying again would meet the same: what is damaged stays so until somebody puts a copy in its place. */
export function isFinal(error: unknown): error is CaseError {
  return isCaseError(error, 'STORE_CORRUPT');
}

/** One read model in one process: its tables in use, and those being filled beside them. */
export type ProjectionFollower = {
  readonly projection: Projection;
  start(): Promise<void>;
  /** A page from the one reader, who had read up to `after` before. */
  offer(page: readonly RecordedEvent[], after: bigint | undefined): Promise<void>;
  /** Whether it takes pages from the one reader. */
  follows(): boolean;
  position(): bigint | undefined;
  superseded(): boolean;
  rebuild(): Promise<void>;
  skip(position: bigint, by: { readonly actor: string; readonly reason: string }): Promise<boolean>;
  /** Resolves when nothing of it runs any more. */
  stopped(): Promise<void>;
};

export function projectionFollower(deps: FollowerDeps): ProjectionFollower {
  const { store, readStore, projection, clock, pacing, signal, readTo, onMoved, onFailure } = deps;
  const { name, version, basis } = projection;
  const tables = tablesOf(projection);
  const shape = shapeOf(tables);
  let active: GenerationFiller | undefined;
  let superseded = false;
  const running = new Set<Promise<void>>();
  let catchingUp = false;
  let building: Promise<void> | undefined;
  const untilSkips = new Set<AbortController>();

  async function load(): Promise<Generation | undefined> {
    const found = (await readStore.generations()).find((one) => one.name === name && one.role === 'active');
    superseded = found !== undefined && !isOwn(found);
    active = found === undefined || superseded ? undefined : await generationFiller(deps, projection, found);
    onMoved();
    return found;
  }

  function isOwn(generation: Generation): boolean {
    return generation.version === version && generation.basis === basis && generation.shape === shape;
  }

  /** Whether the rows were made from this ledger's events: its last event is where they say. Not so after a ledger was restored, or for another one's file. */
  async function isOfThisLedger({ position, event }: Generation): Promise<boolean> {
    if (position === undefined) return true;
    const [found] = await store.readAll({ ...(position > 0n && { after: position - 1n }), limit: 1 });
    return found?.position === position && found.id === event;
  }

  async function start(): Promise<void> {
    for (const generation of await readStore.generations()) {
      if (generation.name === name && !(await isOfThisLedger(generation))) await readStore.drop(generation);
    }
    const found = await load();
    // Newer code's tables are not replaced by those of older code that is still running somewhere.
    if (found === undefined || (superseded && found.version <= version)) startBuilding();
    if (active?.halted() !== undefined) startCatchingUp();
  }

  async function offer(page: readonly RecordedEvent[], after: bigint | undefined): Promise<void> {
    if (active === undefined || catchingUp) return;
    if (isBefore(active.position(), after) || page.some((event) => projection.rewrites?.(event))) {
      startCatchingUp();
      return;
    }
    try {
      let outcome: Outcome;
      do outcome = await active.take(page);
      while (outcome === 'lost' && !signal.aborted);
      await settle(outcome);
    } catch (error) {
      onFailure(error);
      startCatchingUp();
    }
  }

  async function settle(outcome: Outcome): Promise<void> {
    if (outcome === 'gone') {
      await load();
      if (isBefore(active?.position(), readTo())) startCatchingUp();
      return;
    }
    if (outcome === 'halted') {
      onFailure(haltOf(name, active));
      startCatchingUp();
    }
    onMoved();
  }

  function startCatchingUp(): void {
    if (signal.aborted || catchingUp) return;
    catchingUp = true;
    keepTrack(catchUp());
  }

  function keepTrack(task: Promise<void>): void {
    const done = task.finally(() => running.delete(done));
    running.add(done);
  }

  /** Reads for itself up to where the one reader is, and then takes its pages again. While it is halted it waits here. */
  async function catchUp(): Promise<void> {
    // Ends in the very turn in which it finds that it has caught up: no page of the reader falls between.
    try {
      while (!signal.aborted && active !== undefined) {
        try {
          if (active.halted() !== undefined) await untilSkipped(active);
          const page = await nextPage(active);
          if (page.length === 0 && active.halted() === undefined && !isBefore(active.position(), readTo())) return;
          const outcome = await active.take(page);
          if (outcome === 'gone') await load();
          else await settle(outcome);
          await pacing.turn();
        } catch (error) {
          if (isCaseError(error, 'STORE_CLOSED')) return;
          onFailure(error);
          if (isFinal(error)) return;
          await pacing.wait(RETRY_MS, signal);
        }
      }
    } finally {
      catchingUp = false;
    }
  }

  function nextPage(filler: GenerationFiller): Promise<readonly RecordedEvent[]> {
    const after = filler.position();
    return store.readAll({ ...(after !== undefined && { after }), limit: CATCH_UP_PAGE });
  }

  function startBuilding(): Promise<void> {
    if (building !== undefined) return building;
    const started = build().finally(() => {
      if (building === started) building = undefined;
    });
    building = started;
    keepTrack(started);
    return started;
  }

  async function build(): Promise<void> {
    while (!signal.aborted) {
      try {
        const generation = await readStore.build({ name, version, basis, tables });
        if (await isOfThisLedger(generation)) return await fill(await generationFiller(deps, projection, generation));
        await readStore.drop(generation);
      } catch (error) {
        if (isCaseError(error, 'STORE_CLOSED')) return;
        onFailure(error);
        if (isFinal(error)) return;
        await pacing.wait(RETRY_MS, signal);
      }
    }
  }

  /** Fills new tables to the head and switches to them, while the old ones go on. */
  async function fill(filler: GenerationFiller): Promise<void> {
    let indexed = false;
    let holding = true;
    while (!signal.aborted) {
      const page = await nextPage(filler);
      const full = page.length === CATCH_UP_PAGE;
      const outcome = await filler.take(page, full && holding);
      if (outcome === 'gone') return settleSwitch();
      if (outcome === 'dropped') holding = false;
      else if (!full) holding = true;
      if (outcome === 'halted') {
        onFailure(haltOf(name, filler));
        await untilSkipped(filler);
        holding = true;
      } else if (outcome === 'lost') await pacing.wait(YIELD_MS, signal);
      else if (full || outcome === 'dropped') await pacing.turn();
      else if (!indexed) {
        await readStore.index(filler.generation, tables);
        indexed = true;
      } else if ((await readStore.activate(filler.generation)) || !(await isBeingBuilt(filler))) return settleSwitch();
      else await pacing.turn();
    }
  }

  /** Whether it is still to be switched to: another process may have done that, or have dropped it. */
  async function isBeingBuilt(filler: GenerationFiller): Promise<boolean> {
    const { generation } = filler.generation;
    if (!(await filler.refresh())) return false;
    return (await readStore.generations()).some(
      (one) => one.name === name && one.generation === generation && one.role === 'building',
    );
  }

  async function settleSwitch(): Promise<void> {
    // From here on a rebuild that is asked for is another one.
    building = undefined;
    await load();
    if (isBefore(active?.position(), readTo())) startCatchingUp();
  }

  /** Waits for a word to go on, from this process or another. */
  async function untilSkipped(filler: GenerationFiller): Promise<void> {
    while (!signal.aborted && filler.halted() !== undefined) {
      const wake = new AbortController();
      untilSkips.add(wake);
      await pacing.wait(RETRY_MS, wake.signal);
      untilSkips.delete(wake);
      if (!(await filler.refresh())) return;
    }
  }

  function wakeHalted(): void {
    for (const wake of untilSkips) wake.abort();
  }

  return {
    projection,
    start,
    offer,
    follows: () => active !== undefined && active.halted() === undefined,
    position: () => active?.position(),
    superseded: () => superseded,

    async rebuild() {
      await startBuilding();
    },

    async skip(position, { actor, reason }) {
      const halted = (await readStore.generations()).find(
        (one) => one.name === name && one.halted?.position === position,
      );
      if (halted?.halted === undefined) return false;
      const { event, detail } = halted.halted;
      const to = { position, event, events: halted.events + 1 };
      const at = clock.now().toISOString();
      const skip = { name, version: halted.version, basis: halted.basis, position, event, detail, actor, reason, at };
      if (!(await readStore.skip(halted satisfies GenerationRef, to, skip))) return false;
      wakeHalted();
      return true;
    },

    async stopped() {
      wakeHalted();
      await Promise.all(running);
    },
  };
}

function haltOf(projection: string, filler: GenerationFiller | undefined): CaseError {
  const { position, detail = '' } = filler?.halted() ?? {};
  return new CaseError({ code: 'PROJECTION_HALTED', projection, position: String(position), detail });
}

function isBefore(position: bigint | undefined, other: bigint | undefined): boolean {
  return other !== undefined && (position === undefined || position < other);
}
