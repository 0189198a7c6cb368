import { v5 as uuidv5 } from 'uuid';
import { canonicalText } from '../domain/canonical-event.js';
import { isCaseError } from '../domain/case-error.js';
import { type CaseRung, reachedData, rungsToRaise } from '../domain/case-rungs.js';
import type { CaseState } from '../domain/decide.js';
import type { RecordedActor, SealedEvent } from '../domain/event.js';
import { rungKey } from '../domain/ladder.js';
import { replay } from '../domain/replay.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { CalendarDefinition } from '../domain/working-calendar.js';
import type { Appended, EventStore } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';
import type { Clock } from './clock.js';
import type { commandSealer } from './sealing.js';

/** As whom the alarm clock records. Not a role anybody can be given. */
export const ALARM_CLOCK: RecordedActor = { id: 'alarm-clock', role: 'alarmClock' };

/** How often it is decided again when another writer got there first. */
const MAX_ATTEMPTS = 20;

/** Rungs appended in one go; the others follow when the case is next looked at. */
const MAX_EVENTS_PER_APPEND = 200;

/** What was recorded on a case, and what was known when that was decided. */
export type RungsRaised = {
  /** In the order in which they were reached. */
  readonly rungs: readonly CaseRung[];
  /** The case's last revision afterwards; −1 where there is no such case. */
  readonly revision: number;
  /** The instant up to which nothing is left to be recorded on that revision. */
  readonly at: string;
};

export type RaisingDeps = {
  readonly store: Pick<EventStore, 'read'>;
  readonly registry: WorkflowRegistry;
  readonly ledger: string;
  readonly clock: Clock;
  readonly seal: ReturnType<typeof commandSealer>;
  readonly append: (stream: string, events: readonly SealedEvent[], expected: number) => Promise<Appended>;
};

/**
 * Records the rungs that a case's deadlines have reached and that its stream does not have, after reading the case and
 * under the revision that was read. Where the case has gone on meanwhile it is read and decided again: so a rung stands
 * before or after a pause or an extension as it was decided, and however many do this at once, each is recorded once.
 *
 * Each rung is a command of its own, named after it; those that are due together are appended together.
 *
 * @throws CaseError `REPLAY_DIVERGED` · `REVISION_CONFLICT` where the case never holds still · `STORE_OUTCOME_UNKNOWN` and
 *   whatever else the store says; asking again is always safe
 */
export async function raiseRungs(
  deps: RaisingDeps,
  stream: string,
  calendar: CalendarDefinition,
): Promise<RungsRaised> {
  const { store, registry, clock, append } = deps;
  for (let attempt = 1; ; attempt += 1) {
    const history = await readStream(store, stream);
    const state = replay(history, registry);
    const at = clock.now().toISOString();
    if (state === undefined) return { rungs: [], revision: -1, at };
    const due = rungsToRaise(state.workflow, history, calendar, at);
    const rungs = due.slice(0, MAX_EVENTS_PER_APPEND);
    if (rungs.length === 0) return { rungs, revision: state.revision, at };
    try {
      const { revision, repeated } = await append(stream, sealed(deps, stream, state, rungs, at), state.revision);
      const all = rungs.length === due.length;
      return { rungs: repeated ? [] : rungs, revision, at: all ? at : rungs.at(-1)!.at };
    } catch (error) {
      if (!isCaseError(error, 'REVISION_CONFLICT') || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

function sealed(
  { ledger, seal }: RaisingDeps,
  stream: string,
  state: CaseState,
  rungs: readonly CaseRung[],
  now: string,
): readonly SealedEvent[] {
  const recordedAt = now < state.recordedAt ? state.recordedAt : now;
  const { name } = state.workflow;
  return rungs.flatMap((rung, index) => {
    const open = reachedData(rung);
    const command = {
      workflow: name,
      commandId: uuidv5(`${stream}\n${rung.deadline}\n${rungKey(rung)}`, ledger),
      actor: { id: ALARM_CLOCK.id, roles: [ALARM_CLOCK.role] },
      events: [{ type: 'deadline.reached', data: open }],
    };
    const judged = {
      type: 'deadline.reached',
      open,
      parts: [],
      schema: 1,
      actor: ALARM_CLOCK,
      facts: undefined,
      occurredAt: rung.at,
      after: { ...state, revision: state.revision + 1 + index },
    };
    const input = canonicalText({ data: open, stream, workflow: name });
    return seal({ command, stream, input }, [judged], state.revision + 1 + index, recordedAt).events;
  });
}
