import { CaseError, isCaseError } from '../../domain/case-error.js';
import type { Reaction } from '../../domain/reaction.js';
import type { Title } from '../../domain/title.js';
import type { Wait } from '../waiting.js';
import type { WaitingUnit } from './reaction-book.js';
import { type FollowerDeps, openReaction, type ReactionFollower } from './reaction-follower.js';
import type { OutcomeAuthor } from './reaction-outcomes.js';

/** How often what waits is looked at, also for what another process has released, milliseconds. */
const POLL_MS = 1_000;

/** How long a failing store is left alone, milliseconds. */
const RETRY_MS = 500;

/** How often a waiter looks whether another process has gone on, milliseconds. */
const WAIT_POLL_MS = 50;

export type ReactionsDeps = Omit<FollowerDeps, 'signal' | 'onFailure'> & {
  /** Checked against the registry. */
  readonly reactions: readonly Reaction[];
  readonly wait: Wait;
  /** Whether to follow the log; otherwise what waits is only shown, released and skipped, and nothing begins. */
  readonly follow: boolean;
  /** Told of every fault; nothing stops because of it. */
  readonly onFailure?: (error: unknown, reaction: string | undefined) => void;
};

/** How one reaction stands. */
export type ReactionStatus = {
  readonly name: string;
  readonly version: number;
  readonly title: Title;
  readonly position: bigint;
  /** How far the head lies beyond it, in positions. */
  readonly lag: number;
  /** Commands that met a fault and are tried again by themselves. */
  readonly retrying: number;
  /** Commands given up until somebody releases or skips them. */
  readonly parked: number;
  /** Commands behind one of those, for the same case. */
  readonly behind: number;
};

/** A command that waits, and whose. */
export type WaitingCommand = WaitingUnit & { readonly reaction: string };

/** What may be asked and done about reactions from outside, in this thread or another. */
export type ReactionDesk = {
  status(): Promise<readonly ReactionStatus[]>;
  /** What is tried again, parked, or behind such; per reaction in the order in which it will be done. */
  waiting(): Promise<readonly WaitingCommand[]>;
  /** Lets a parked command be tried again, then those behind it. @throws CaseError `REACTION_NOT_PARKED` */
  release(id: string, by: OutcomeAuthor): Promise<void>;
  /** Leaves a parked command out for good, which is recorded in the ledger. @throws CaseError `REACTION_NOT_PARKED` */
  skip(id: string, by: OutcomeAuthor): Promise<void>;
};

export type ReactionRunner = ReactionDesk & {
  /** Resolves once every reaction has dealt with the event at `position`, and none tries again. Rejects after `timeoutMs`. @throws CaseError `PROJECTION_BEHIND` */
  waitFor(position: bigint, timeoutMs?: number): Promise<void>;
  /** Finishes what is under way and lets go. Safe to call twice. Closes no store. */
  stop(): Promise<void>;
};

/** Opens the reactions of a ledger and, where asked to, follows the log with all of them: one reader feeds them, each from its own checkpoint. */
export async function startReactions({
  reactions,
  wait,
  follow,
  onFailure = () => {},
  ...deps
}: ReactionsDeps): Promise<ReactionRunner> {
  const { store, clock } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let awaken = new AbortController();
  const followers: ReactionFollower[] = [];
  for (const reaction of reactions) {
    const told = (error: unknown) => onFailure(error, reaction.name);
    const follower = await openReaction({ ...deps, signal, onFailure: told }, reaction, follow);
    if (follower) followers.push(follower);
  }
  const running = follow && followers.length > 0 ? [readForAll(), drainAll()] : [];

  async function readForAll(): Promise<void> {
    let readTo = lowest(followers);
    while (!signal.aborted) {
      try {
        for await (const page of store.subscribe({ after: readTo, signal })) {
          for (const follower of followers) await untilTaken(follower, page, readTo);
          readTo = page.at(-1)?.position ?? readTo;
          wake();
        }
      } catch (error) {
        if (signal.aborted || isCaseError(error, 'STORE_CLOSED')) return;
        onFailure(error, undefined);
        await wait(RETRY_MS, signal);
      }
    }
  }

  async function untilTaken(
    follower: ReactionFollower,
    page: Parameters<ReactionFollower['take']>[0],
    after: bigint,
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        return await follower.take(page, after);
      } catch (error) {
        if (signal.aborted) return;
        onFailure(error, follower.reaction.name);
        await wait(RETRY_MS, signal);
      }
    }
  }

  async function drainAll(): Promise<void> {
    while (!signal.aborted) {
      const { signal: woken } = awaken;
      const next: string[] = [];
      for (const follower of followers) {
        try {
          const at = await follower.drain();
          if (at !== undefined) next.push(at);
        } catch (error) {
          if (signal.aborted || isCaseError(error, 'STORE_CLOSED')) return;
          onFailure(error, follower.reaction.name);
        }
      }
      const soonest = next.sort()[0];
      const ms = soonest === undefined ? POLL_MS : Date.parse(soonest) - clock.now().getTime();
      await wait(Math.min(POLL_MS, Math.max(1, ms)), woken);
    }
  }

  function wake(): void {
    awaken.abort();
    awaken = new AbortController();
  }

  async function settled(position: bigint): Promise<boolean> {
    for (const follower of followers) {
      if (!follow) await follower.reload();
      if (follower.position() < position) return false;
      const waiting = await follower.waiting();
      const held = new Set(waiting.filter(({ status }) => status === 'parked').map(({ key }) => key));
      if (waiting.some(({ key }) => !held.has(key))) return false;
    }
    return true;
  }

  async function takeUp(act: (follower: ReactionFollower) => Promise<boolean>, id: string): Promise<void> {
    for (const follower of followers) {
      if (!(await act(follower))) continue;
      wake();
      return;
    }
    throw new CaseError({ code: 'REACTION_NOT_PARKED', id: id.slice(0, 100) });
  }

  return {
    async status() {
      const head = (await store.head()) ?? 0n;
      return Promise.all(
        followers.map(async (follower): Promise<ReactionStatus> => {
          if (!follow) await follower.reload();
          const waiting = await follower.waiting();
          const count = (status: WaitingUnit['status']) => waiting.filter((one) => one.status === status).length;
          const { name, version, title } = follower.reaction;
          const position = follower.position();
          return {
            name,
            version,
            title,
            position,
            lag: Math.max(0, Number(head - position)),
            retrying: count('retrying'),
            parked: count('parked'),
            behind: count('behind'),
          };
        }),
      );
    },

    async waiting() {
      const all = await Promise.all(
        followers.map(async (follower) => {
          const waiting = await follower.waiting();
          return waiting.map((unit) => ({ ...unit, reaction: follower.reaction.name }));
        }),
      );
      return all.flat();
    },

    release: (id, by) => takeUp((follower) => follower.release(id, by), id),
    skip: (id, by) => takeUp((follower) => follower.skip(id, by), id),

    async waitFor(position, timeoutMs = 10_000) {
      const late = new AbortController();
      let expired = false;
      const timer = wait(timeoutMs, late.signal).then(() => {
        expired = true;
      });
      try {
        while (!(await settled(position))) {
          if (expired || signal.aborted) {
            const behind = Number(position - lowest(followers));
            throw new CaseError({ code: 'PROJECTION_BEHIND', projection: 'reactions', behind: Math.max(0, behind) });
          }
          await Promise.race([timer, wait(WAIT_POLL_MS, signal)]);
        }
      } finally {
        late.abort();
      }
    },

    async stop() {
      stopping.abort();
      wake();
      await Promise.all(running);
    },
  };
}

function lowest(followers: readonly ReactionFollower[]): bigint {
  return followers.reduce((low, follower) => (follower.position() < low ? follower.position() : low), MAX_POSITION);
}

/** Beyond every position: what nobody follows is behind nothing. */
const MAX_POSITION = 2n ** 63n - 1n;
