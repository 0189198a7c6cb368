import { type Actor, reaches, reachOf } from '../domain/access.js';
import { CaseError } from '../domain/case-error.js';
import { deadlineFact } from '../domain/deadline-ledger.js';
import { type CaseState, newCase } from '../domain/decide.js';
import type { RecordedEvent } from '../domain/event.js';
import { type NextEvent, nextEvents, type StandingsNow, standingsWanted } from '../domain/next-events.js';
import { sealedParts } from '../domain/personal-data.js';
import { replay } from '../domain/replay.js';
import { streamIdOf } from '../domain/stream-id.js';
import type { CaseLabels } from '../domain/workflow.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { EventStore } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';
import type { Clock } from './clock.js';
import { DEADLINE_LOOKUP, type DeadlineQuestion } from './deadline-lookup.js';
import type { KeyRing } from './key-ring.js';
import type { Lookups } from './lookups.js';
import { positionToken } from './position-token.js';
import { readableData } from './sealed-parts.js';

export type CaseRef = { readonly workflow: string; readonly caseId: string };

/**
 * The moment a case is looked at: after a revision, or at an instant (ISO 8601). `recorded` (unless said otherwise) asks
 * what the ledger held then; `occurred` asks how far the case had come then, as told since.
 */
export type AsOf = { readonly revision: number } | { readonly instant: string; readonly by?: 'recorded' | 'occurred' };

/** A case as it is or was. Holds no personal data. */
export type CaseView = {
  readonly workflow: string;
  readonly version: number;
  readonly caseId: string;
  readonly stream: string;
  readonly revision: number;
  readonly state: string;
  /** `closed` once the machine has reached its end. */
  readonly status: 'open' | 'closed';
  readonly labels: CaseLabels;
  /** The machine's context. */
  readonly context: unknown;
  readonly openedAt: string;
  readonly recordedAt: string;
};

/** An event as a reader sees it, personal fields revealed, `withheld` or `erased`. */
export type HistoryEvent = Omit<RecordedEvent, 'position'> & { readonly position: string };

export type ReadOptions = {
  readonly asOf?: AsOf;
  /** Who asks: a case beyond its reach is not found. Without a reader every case is. */
  readonly reader?: Actor;
};

export type CaseReading = {
  /** The case, or as it was. @throws CaseError `CASE_NOT_FOUND`, also where `reader` does not reach it */
  load(ref: CaseRef, options?: ReadOptions): Promise<CaseView>;
  /** Its events, oldest first. Personal fields are withheld unless `reveal` says for whom and for what they are read, which is recorded. */
  history(
    ref: CaseRef,
    options?: ReadOptions & { readonly reveal?: { readonly actor: string; readonly purpose: string } },
  ): Promise<readonly HistoryEvent[]>;
  /** What may follow now, and what of it this actor may send. Without a case: what opens one. */
  next(ref: { readonly workflow: string; readonly caseId?: string }, actor: Actor): Promise<readonly NextEvent[]>;
};

export function caseReading({
  store,
  registry,
  keys,
  ledger,
  clock,
  lookups,
}: {
  readonly store: EventStore;
  readonly registry: WorkflowRegistry;
  readonly keys: KeyRing;
  readonly ledger: string;
  readonly clock: Clock;
  readonly lookups?: Lookups;
}): CaseReading {
  async function readCase(
    ref: CaseRef,
    { asOf, reader }: ReadOptions,
  ): Promise<{ readonly events: readonly RecordedEvent[]; readonly state: CaseState }> {
    registry.current(ref.workflow);
    const whole = await readStream(store, streamIdOf(ref.workflow, ref.caseId));
    const events = asOf ? cut(whole, asOf) : whole;
    const state = replay(events, registry);
    // Without a reader only what is asked for is replayed: a case that diverges later can still be seen as it was before.
    if (!state || (reader && !mayRead(reader, events.length === whole.length ? state : replay(whole, registry)))) {
      throw new CaseError({ code: 'CASE_NOT_FOUND', workflow: ref.workflow, caseId: ref.caseId });
    }
    return { events, state };
  }

  /** Whether somebody may look is asked of the case as it is now, not as it was. */
  function mayRead(reader: Actor, now: CaseState | undefined): boolean {
    return reaches(reachOf(reader, registry.role), now?.labels ?? {});
  }

  /** How the deadlines stand that may refuse what comes next; undefined where there are none, or nothing tells how they stand. */
  async function standingsOf(ref: CaseRef, state: CaseState): Promise<StandingsNow | undefined> {
    const wanted = standingsWanted(state);
    const lookup = lookups?.[DEADLINE_LOOKUP];
    if (wanted.length === 0 || lookup === undefined) return undefined;
    const at = clock.now().toISOString();
    const { version } = state.workflow;
    const asked = wanted.map(async (deadline) => {
      const key = { ...ref, deadline, version, revision: state.revision } satisfies DeadlineQuestion;
      return [deadlineFact(deadline), (await lookup(key, at))?.value ?? null] as const;
    });
    return { at, facts: Object.fromEntries(await Promise.all(asked)) };
  }

  return {
    async load(ref, options = {}) {
      return caseView(ref, (await readCase(ref, options)).state);
    },

    async history(ref, { reveal, ...options } = {}) {
      const { events } = await readCase(ref, options);
      if (reveal) {
        const stream = streamIdOf(ref.workflow, ref.caseId);
        const at = clock.now().toISOString();
        const subjects = [...new Set(events.flatMap(({ data }) => sealedParts(data).map(({ subject }) => subject)))];
        if (subjects.length > 0)
          await keys.recordAccess(subjects.map((subject) => ({ at, subject, stream, ...reveal })));
      }
      return events.map((event) => ({
        ...event,
        data: readableData(event, keys, reveal !== undefined),
        position: positionToken(ledger, event.position),
      }));
    },

    async next({ workflow, caseId }, actor) {
      if (caseId === undefined) return nextEvents(newCase(registry.current(workflow)), actor);
      const { state } = await readCase({ workflow, caseId }, { reader: actor });
      return nextEvents(state, actor, await standingsOf({ workflow, caseId }, state));
    },
  };
}

/** A case as a reader sees it. */
export function caseView({ workflow, caseId }: CaseRef, state: CaseState): CaseView {
  return {
    workflow,
    version: state.workflow.version,
    caseId,
    stream: streamIdOf(workflow, caseId),
    revision: state.revision,
    state: state.state,
    status: state.snapshot.status === 'active' ? 'open' : 'closed',
    labels: state.labels,
    context: state.snapshot.context,
    openedAt: state.openedAt,
    recordedAt: state.recordedAt,
  };
}

function cut(events: readonly RecordedEvent[], asOf: AsOf): readonly RecordedEvent[] {
  if ('revision' in asOf) return events.filter(({ revision }) => revision <= asOf.revision);
  const ms = Date.parse(asOf.instant);
  if (Number.isNaN(ms)) {
    throw new CaseError({
      code: 'COMMAND_INVALID',
      issues: [{ path: 'asOf', code: 'invalid_format', message: 'not an instant in ISO 8601' }],
    });
  }
  const instant = new Date(ms).toISOString();
  if (asOf.by !== 'occurred') return events.filter(({ metadata }) => metadata.recordedAt <= instant);
  // A late entry may lie behind a later one: only a prefix can be replayed.
  const after = events.findIndex(({ metadata }) => metadata.occurredAt > instant);
  return after === -1 ? events : events.slice(0, after);
}
