import { CaseError, type FailureCode, isCaseError } from '../domain/case-error.js';
import type { RecordedEvent } from '../domain/event.js';
import { DEFAULT_PAGE_SIZE, type EventStore } from '../event-store/event-store.js';
import type { Generation, Halt, ReadStore, Skip } from '../read-store/read-store.js';
import { shapeOf } from '../read-store/table-spec.js';
import { isFinal, type ProjectionFollower, projectionFollower } from './follower.js';
import { type Pacing, systemPacing } from './pacing.js';
import { type Projection, tablesOf } from './projection.js';

/** How long appended events are gathered before they are written into the read models: what a batch costs is shared by all of it. A reader that waits is not kept. */
export const LIVE_BATCH_MS = 200;

/** How long a failing store is left alone. */
const RETRY_MS = 500;

/** How often a waiting reader looks whether another process has moved a read model on. */
const POLL_MS = 20;

/** How long a reader waits for its own write unless it says. */
export const DEFAULT_WAIT_MS = 2_000;

export type RunnerDeps = {
  /** Events in today's shape. */
  readonly store: EventStore;
  readonly readStore: ReadStore;
  readonly projections: readonly Projection[];
  readonly clock: { now(): Date };
  readonly pacing?: Pacing;
  /** Told of a store that fails, of a projection that halts, and of whatever else should not happen. Nothing stops because of it. */
  readonly onFailure?: (error: unknown, projection: string | undefined) => void;
};

/** How a read model stands. */
export type ProjectionStatus = {
  readonly name: string;
  readonly version: number;
  /** The last event that queries see; undefined before the first. */
  readonly position: bigint | undefined;
  /** Events taken, those without any row included. */
  readonly events: number;
  /** How far the head lies beyond `position`, in positions: the number of events where positions have no gaps, as in SQLite; elsewhere only whether it is zero says something. */
  readonly lag: number;
  readonly halted: Halt | undefined;
  /** New tables being filled beside those queries see. */
  readonly rebuilding: Pick<ProjectionStatus, 'position' | 'events' | 'lag' | 'halted'> | undefined;
  /** Its tables are filled by a process with other code; this one leaves them alone. */
  readonly superseded: boolean;
  /** Why this process follows no further: trying again would meet the same. */
  readonly failed: FailureCode | undefined;
};

export type ProjectionRunner = {
  status(): Promise<readonly ProjectionStatus[]>;
  /**
   * Resolves once every one of `names` (all unless given) shows the event at `position`, or can be queried at all where no
   * position is given.
   *
   * @throws CaseError `PROJECTION_BEHIND` after `timeoutMs` · `PROJECTION_HALTED` · `PROJECTION_UNKNOWN` ·
   *   `STORE_CORRUPT` where what is still to be read is damaged
   */
  waitFor(position: bigint | undefined, timeoutMs?: number, names?: readonly string[]): Promise<void>;
  /**
   * Moves a halted read model past the event at which it halts, which is recorded. Rebuilds by the same code leave the
   * event out too.
   *
   * @throws CaseError `PROJECTION_UNKNOWN` · `COMMAND_INVALID` when it does not halt at `position` or nobody says why
   */
  skip(projection: string, position: bigint, by: { readonly actor: string; readonly reason: string }): Promise<void>;
  skips(projection: string): Promise<readonly Skip[]>;
  /** Fills new tables beside those in use and switches; resolves after the switch, or when the runner stops. @throws CaseError `PROJECTION_UNKNOWN` · `STORE_CORRUPT` */
  rebuild(projection: string): Promise<void>;
  /** Finishes what is being written and lets go. Safe to call twice. Closes neither store. */
  stop(): Promise<void>;
};

/** Keeps read models up to date with the ledger: one reader feeds them all. */
export async function startRunner(deps: RunnerDeps): Promise<ProjectionRunner> {
  const { store, readStore, projections, clock, pacing = systemPacing, onFailure = () => {} } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let waiters = 0;
  let pause: AbortController | undefined;
  let readTo: bigint | undefined;
  const changed = new Set<() => void>();
  let readerFailure: CaseError | undefined;
  const failures = new Map<string, CaseError>();

  function wakeAll(): void {
    for (const wake of changed) wake();
  }

  const followers = projections.map((projection) =>
    projectionFollower({
      store,
      readStore,
      projection,
      clock,
      pacing,
      signal,
      readTo: () => readTo,
      onMoved: wakeAll,
      onFailure: (error) => {
        if (isFinal(error)) {
          failures.set(projection.name, error);
          wakeAll();
        }
        onFailure(error, projection.name);
      },
    }),
  );
  for (const follower of followers) await follower.start();
  readTo = followers.some((follower) => follower.follows()) ? lowest(followers) : await store.head();
  const reading = readForAll();

  async function readForAll(): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const page of store.subscribe({ ...(readTo !== undefined && { after: readTo }), signal })) {
          await deliver(page);
          if (page.length < DEFAULT_PAGE_SIZE) await gather();
        }
      } catch (error) {
        if (signal.aborted || isCaseError(error, 'STORE_CLOSED')) return;
        if (isFinal(error)) {
          readerFailure = error;
          wakeAll();
        }
        onFailure(error, undefined);
        if (isFinal(error)) return;
        await pacing.wait(RETRY_MS, signal);
      }
    }
  }

  async function deliver(page: readonly RecordedEvent[]): Promise<void> {
    const after = readTo;
    readTo = page.at(-1)?.position ?? readTo;
    for (const follower of followers) {
      if (signal.aborted) return;
      await follower.offer(page, after);
      // A read model at a time, so that a command never waits for all of them.
      await pacing.turn();
    }
  }

  async function gather(): Promise<void> {
    if (waiters > 0 || signal.aborted) return;
    pause = new AbortController();
    await pacing.wait(LIVE_BATCH_MS, pause.signal);
    pause = undefined;
  }

  function followerOf(name: string): ProjectionFollower {
    const follower = followers.find(({ projection }) => projection.name === name);
    if (follower) return follower;
    throw new CaseError({
      code: 'PROJECTION_UNKNOWN',
      projection: name,
      known: projections.map((projection) => projection.name),
    });
  }

  /** Why a read model cannot answer yet, or undefined when all can. */
  function hindrance(
    generations: readonly Generation[],
    position: bigint | undefined,
    head: bigint,
    names: readonly string[],
  ): CaseError | undefined {
    for (const name of names) {
      const shape = shapeOf(tablesOf(followerOf(name).projection));
      const active = generations.find((one) => one.name === name && one.role === 'active' && one.shape === shape);
      if (
        active !== undefined &&
        (position === undefined || (active.position !== undefined && active.position >= position))
      )
        continue;
      const halt = (active ?? generations.find((one) => one.name === name && one.role === 'building'))?.halted;
      if (halt !== undefined) {
        return new CaseError({
          code: 'PROJECTION_HALTED',
          projection: name,
          position: String(halt.position),
          detail: halt.detail,
        });
      }
      const behind = Number((position ?? head) - (active?.position ?? 0n));
      return new CaseError({ code: 'PROJECTION_BEHIND', projection: name, behind });
    }
    return undefined;
  }

  async function waitFor(
    position: bigint | undefined,
    timeoutMs = DEFAULT_WAIT_MS,
    names = projections.map(({ name }) => name),
  ): Promise<void> {
    const head = position ?? (await store.head()) ?? 0n;
    const late = new AbortController();
    let expired = false;
    waiters += 1;
    pause?.abort();
    const timer = pacing.wait(timeoutMs, late.signal).then(() => {
      expired = true;
    });
    try {
      for (;;) {
        const failure = hindrance(await readStore.generations(), position, head, names);
        if (failure === undefined) return;
        if (failure.failure.code === 'PROJECTION_HALTED') throw failure;
        const lasting = names.map((name) => failures.get(name)).find((one) => one !== undefined) ?? readerFailure;
        if (lasting !== undefined) throw lasting;
        if (expired || signal.aborted) throw failure;
        await nextChange(timer);
      }
    } finally {
      waiters -= 1;
      late.abort();
    }
  }

  async function nextChange(timer: Promise<void>): Promise<void> {
    const poll = new AbortController();
    let wake = (): void => {};
    const moved = new Promise<void>((resolve) => {
      wake = resolve;
    });
    changed.add(wake);
    await Promise.race([moved, timer, pacing.wait(POLL_MS, poll.signal)]);
    changed.delete(wake);
    poll.abort();
  }

  return {
    async status() {
      const [head, generations] = [await store.head(), await readStore.generations()];
      const lag = (position: bigint | undefined): number =>
        head === undefined ? 0 : Math.max(0, Number(head - (position ?? 0n)));
      const part = (one: Generation | undefined) => ({
        position: one?.position,
        events: one?.events ?? 0,
        lag: lag(one?.position),
        halted: one?.halted,
      });
      return followers.map(({ projection, superseded }) => {
        const of = (role: Generation['role']) =>
          generations.find((one) => one.name === projection.name && one.role === role);
        const building = of('building');
        return {
          name: projection.name,
          version: projection.version,
          ...part(of('active')),
          rebuilding: building && part(building),
          superseded: superseded(),
          failed: (failures.get(projection.name) ?? readerFailure)?.failure.code,
        };
      });
    },

    waitFor,

    async skip(name, position, { actor, reason }) {
      const follower = followerOf(name);
      if (reason.trim() === '') throw refusedSkip('reason', 'says why the event is left out');
      if (!(await follower.skip(position, { actor, reason })))
        throw refusedSkip('position', `${name} does not halt at ${position}`);
    },

    skips: (name) => readStore.skips(followerOf(name).projection.name),

    async rebuild(name) {
      const follower = followerOf(name);
      failures.delete(name);
      await follower.rebuild();
      const failure = failures.get(name);
      if (failure !== undefined) throw failure;
    },

    async stop() {
      stopping.abort();
      pause?.abort();
      await reading;
      await Promise.all(followers.map((follower) => follower.stopped()));
    },
  };
}

function refusedSkip(path: string, message: string): CaseError {
  return new CaseError({ code: 'COMMAND_INVALID', issues: [{ path, code: 'custom', message }] });
}

/** Where the one reader starts: at the read model in use that is farthest behind and not halted. Those being built read for themselves. */
function lowest(followers: readonly ProjectionFollower[]): bigint | undefined {
  const positions = followers.filter((follower) => follower.follows()).map((follower) => follower.position());
  if (positions.some((position) => position === undefined)) return undefined;
  return (positions as bigint[]).reduce<bigint | undefined>(
    (low, position) => (low === undefined || position < low ? position : low),
    undefined,
  );
}
