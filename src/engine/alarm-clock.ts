import { CaseError, type FailureCode, isCaseError } from '../domain/case-error.js';
import type { CaseRung } from '../domain/case-rungs.js';
import type { Clock } from './clock.js';
import type { RungsRaised } from './raising-rungs.js';
import type { Wait } from './waiting.js';

/** Hints looked at in one tick; with more to do, the next follows at once. */
export const HINTS_PER_TICK = 500;

/** Cases read and appended to at a time, so that their appends share a commit. */
const CASES_AT_ONCE = 32;

/** How long a case that cannot be read is left alone. */
const RETRY_CASE_MS = 10 * 60_000;

/** A deadline that may have a rung to be raised at `at`, as its case stood at `revision`. */
type Hint = { readonly stream: string; readonly deadline: string; readonly at: string; readonly revision: number };

type HintMark = Pick<Hint, 'at'> & Partial<Pick<Hint, 'stream' | 'deadline'>>;

export type AlarmClockDeps = {
  /** Where to look. A read model, which lags: what is to be recorded, the case says. */
  readonly hints: {
    /** Another text whenever the hints may have changed; undefined while there are none. */
    version(): Promise<string | undefined>;
    /** Why no newer hints come, where none can. What is there is looked at all the same. */
    halted?(): Promise<CaseError | undefined>;
    /** Hints up to an instant, in the order of instant, stream and deadline. */
    upTo(until: string, limit: number, after?: HintMark): Promise<readonly Hint[]>;
  };
  /** Reads a case and records what its deadlines have reached. */
  readonly raise: (stream: string) => Promise<RungsRaised>;
  readonly clock: Clock;
  readonly hintsPerTick?: number;
  /** Told of a case that cannot be read or appended to, and at every tick of hints that have halted; the others go on. */
  readonly onFailure?: (error: unknown, stream: string | undefined) => void;
};

/** What one tick did. */
export type AlarmTick = {
  readonly at: string;
  /** Hints read. */
  readonly hints: number;
  /** Cases read. */
  readonly cases: number;
  readonly raised: readonly (CaseRung & { readonly stream: string })[];
  /** Cases that could not be read or appended to, and one more where the hints have halted. */
  readonly failed: number;
  /** Whether hints are left that were not looked at. */
  readonly more: boolean;
};

export type AlarmStatus = {
  readonly lastTickAt: string | undefined;
  /** Since it was started. */
  readonly raised: number;
  readonly failed: number;
  /** How far behind it is, milliseconds: the age of the oldest hint not looked at; 0 when there is none. */
  readonly lagMs: number;
};

export type AlarmClock = {
  /**
   * Looks once through what is due, at most a page of it. One after the other; several clocks may tick at once, in one
   * process or many.
   *
   * @throws CaseError as read model and store do, when nothing could be looked at
   */
  tick(): Promise<AlarmTick>;
  status(): AlarmStatus;
};

/** What is known of a case that was looked at: nothing more is to be recorded on this revision for hints up to this instant. */
type Looked = { readonly revision: number; readonly at: string; readonly retryAt?: number };

/** A way through the hints, from the earliest to those of `until`, however many ticks it takes. */
type Round = {
  readonly version: string;
  readonly until: string;
  /** Whether it began at the earliest hint. */
  readonly whole: boolean;
  after: HintMark | undefined;
  failed: boolean;
  readonly seen: Set<string>;
};

/**
 * Records the rungs of deadlines as they are reached. Cost follows what is due: a tick reads the hints whose instant has
 * come, reads those cases, and appends.
 *
 * A hint stays until the read model has caught up with what was recorded. So that it costs nothing meanwhile, a round
 * over hints that have not changed begins where the last one ended, and a case that was looked at is not read again
 * until its row shows a later revision. All of that is memory that may be lost: the case itself says what is recorded.
 */
export function alarmClock(deps: AlarmClockDeps): AlarmClock {
  const { hints, raise, clock, hintsPerTick = HINTS_PER_TICK, onFailure = () => {} } = deps;
  const looked = new Map<string, Looked>();
  let round: Round | undefined;
  let last: { readonly version: string; readonly until: string } | undefined;
  let status: AlarmStatus = { lastTickAt: undefined, raised: 0, failed: 0, lagMs: 0 };

  async function tick(): Promise<AlarmTick> {
    const now = clock.now();
    const at = now.toISOString();
    const under = round ?? (await begin(at));
    round = under;
    const page = under === undefined ? [] : await hints.upTo(under.until, hintsPerTick, under.after);
    const { raised, cases, failed: unread } = await lookAt(page, now.getTime(), under);
    const halted = await hints.halted?.();
    if (halted !== undefined) onFailure(halted, undefined);
    const failed = unread + (halted === undefined ? 0 : 1);
    const more = page.length === hintsPerTick;
    const end = page.at(-1);
    if (under !== undefined && more && end !== undefined) {
      under.after = { at: end.at, stream: end.stream, deadline: end.deadline };
    } else if (under !== undefined) finish(under);
    status = {
      lastTickAt: at,
      raised: status.raised + raised.length,
      failed: status.failed + failed,
      lagMs: more && end !== undefined ? Math.max(0, now.getTime() - Date.parse(end.at)) : 0,
    };
    return { at, hints: page.length, cases, raised, failed, more };
  }

  async function begin(until: string): Promise<Round | undefined> {
    const version = await hints.version();
    if (version === undefined) return undefined;
    const after = last?.version === version ? { at: last.until } : undefined;
    return { version, until, whole: after === undefined, after, failed: false, seen: new Set() };
  }

  function finish(ended: Round): void {
    round = undefined;
    if (ended.whole) for (const stream of looked.keys()) if (!ended.seen.has(stream)) looked.delete(stream);
    // What failed lies before its end, so the next round begins at the earliest hint again.
    last = ended.failed ? undefined : { version: ended.version, until: ended.until };
  }

  async function lookAt(
    page: readonly Hint[],
    now: number,
    under: Round | undefined,
  ): Promise<Pick<AlarmTick, 'raised' | 'cases' | 'failed'>> {
    const streams = new Set<string>();
    for (const hint of page) {
      if (under !== undefined) {
        under.seen.add(hint.stream);
        under.failed ||= looked.get(hint.stream)?.retryAt !== undefined;
      }
      if (!isLookedAt(hint, now)) streams.add(hint.stream);
    }
    const raised: (CaseRung & { readonly stream: string })[] = [];
    let failed = 0;
    const due = [...streams];
    for (let first = 0; first < due.length; first += CASES_AT_ONCE) {
      const settled = await Promise.allSettled(
        due.slice(first, first + CASES_AT_ONCE).map(async (stream) => {
          try {
            const { rungs, revision, at } = await raise(stream);
            looked.set(stream, { revision, at });
            for (const rung of rungs) raised.push({ ...rung, stream });
          } catch (error) {
            if (hasCode(error, EVERY_CASE)) throw error;
            failed += 1;
            if (under !== undefined) under.failed = true;
            if (!hasCode(error, NEXT_TICK))
              looked.set(stream, { revision: Number.MAX_SAFE_INTEGER, at: LATEST, retryAt: now + RETRY_CASE_MS });
            onFailure(error, stream);
          }
        }),
      );
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
    }
    return { raised, cases: due.length, failed };
  }

  function isLookedAt({ stream, at, revision }: Hint, now: number): boolean {
    const known = looked.get(stream);
    if (known === undefined || (known.retryAt !== undefined && now >= known.retryAt)) return false;
    return revision <= known.revision && at <= known.at;
  }

  return { tick, status: () => status };
}

/** The last instant ISO 8601 writes in the ledger's form. */
const LATEST = '9999-12-31T23:59:59.999Z';

/** What would meet the next case as well. */
const EVERY_CASE: ReadonlySet<FailureCode> = new Set(['STORE_UNAVAILABLE', 'STORE_FULL', 'STORE_CLOSED']);

/** What passes by itself. */
const NEXT_TICK: ReadonlySet<FailureCode> = new Set(['STORE_OUTCOME_UNKNOWN', 'REVISION_CONFLICT', 'OVERLOADED']);

function hasCode(error: unknown, codes: ReadonlySet<FailureCode>): boolean {
  return error instanceof CaseError && codes.has(error.failure.code);
}

export type RunningAlarmClock = Pick<AlarmClock, 'status'> & {
  /** Lets the tick under way end. Safe to call twice. */
  stop(): Promise<void>;
};

/** Ticks at once and then every `intervalMs`, until stopped. A tick that fails is followed by the next one all the same. */
export function startAlarmClock(
  deps: AlarmClockDeps & {
    readonly intervalMs: number;
    readonly wait: Wait;
    readonly onTick?: (tick: AlarmTick) => void;
  },
): RunningAlarmClock {
  const { intervalMs, wait, onTick = () => {}, onFailure = () => {} } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const clock = alarmClock(deps);

  async function run(): Promise<void> {
    while (!signal.aborted) {
      let more = false;
      try {
        const tick = await clock.tick();
        more = tick.more;
        onTick(tick);
      } catch (error) {
        if (isCaseError(error, 'STORE_CLOSED')) return;
        onFailure(error, undefined);
      }
      // Commands that wait come first, also between the ticks of a long round.
      await wait(more ? 0 : intervalMs, signal);
    }
  }

  const running = run();
  return {
    status: clock.status,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
