import type { DeadlineLedger } from '../../domain/deadline-ledger.js';
import { deadlineLedgers } from '../../domain/deadline-ledgers.js';
import type { JsonObject } from '../../domain/event.js';
import {
  defineReaction,
  EVERY_WORKFLOW,
  type PublicEvent,
  type ReactionCause,
  type ReactionCommand,
} from '../../domain/reaction.js';

const ALERT = 'overdue-alert';

/** One generation of one deadline that has reached a rung, and the revision of its first. */
type Watched = Generation & { readonly revision: number };

/** A generation of a deadline: as its ledger counts them, and the notices that have moved its date since. */
type Generation = { readonly deadline: string; readonly generation: number; readonly movedBy: readonly string[] };

/** Where a watched generation stands: its clock runs, stands still, or it is over, and how. */
type Standing = 'running' | 'paused' | 'met' | 'cancelled' | 'extended' | 'startedOver' | 'closed';

/**
 * Raises an alert from each rung that the alarm clock records on a case, one per generation of its deadline, and lets
 * it sleep, wake or end as the watched case moves on. Alerts are not watched themselves.
 */
export const overdueWatch = defineReaction({
  name: 'overdue-watch',
  version: 1,
  title: { en: 'Rungs raise overdue alerts', zh: '时限节点触发超期预警' },
  on: [{ workflow: EVERY_WORKFLOW, events: ['deadline.reached'] }],
  follows: true,
  sends: { [ALERT]: ['rung.reached', 'watch.suspended', 'watch.resumed', 'watch.movedOn'] },
  role: 'overdueWatch',
  react(cause) {
    if (cause.workflow.name === ALERT) return [];
    return cause.event.type === 'deadline.reached' ? rungReached(cause) : caseMoved(cause);
  },
});

function rungReached(cause: ReactionCause): readonly ReactionCommand[] {
  const { event, labels, caseId, workflow } = cause;
  const { deadline, generation, movedBy, rung, dueOn } = event.data;
  const { region, department } = labels;
  const now = generationOf(event);
  const reached: ReactionCommand = {
    ...alertOf(cause, now),
    mode: 'openOrSend',
    events: [
      {
        type: 'rung.reached',
        data: {
          watched: { workflow: workflow.name, caseId },
          deadline: deadline!,
          generation: generation!,
          ...(movedBy !== undefined && { movedBy }),
          rung: rung!,
          dueOn: dueOn!,
          ...(region !== undefined && { region }),
          ...(department !== undefined && { department }),
        },
      },
    ],
  };
  // A date that a notice has moved begins a new generation without an event of the case: the one before is over.
  const superseded = watchedIn(cause.history.slice(0, -1)).filter(
    (watched) =>
      watched.deadline === now.deadline &&
      keyOf(watched) !== keyOf(now) &&
      isOpen(standingOf(cause, cause.history.slice(0, -1), watched, false)),
  );
  return [...superseded.map((watched) => told(cause, watched, 'startedOver')), reached];
}

function caseMoved(cause: ReactionCause): readonly ReactionCommand[] {
  const before = cause.history.slice(0, -1);
  return watchedIn(before)
    .filter((watched, _, all) => isNewest(watched, all))
    .flatMap((watched) => {
      const was = standingOf(cause, before, watched, false);
      const is = standingOf(cause, cause.history, watched, cause.closed);
      return isOpen(was) && was !== is ? [told(cause, watched, is)] : [];
    });
}

function told(cause: ReactionCause, watched: Watched, is: Standing): ReactionCommand {
  const { type, metadata } = cause.event;
  const data = { event: type, at: metadata.occurredAt };
  const event: { readonly type: string; readonly data: JsonObject } =
    is === 'paused'
      ? { type: 'watch.suspended', data }
      : is === 'running'
        ? { type: 'watch.resumed', data }
        : { type: 'watch.movedOn', data: { ...data, how: is } };
  return { ...alertOf(cause, watched), mode: 'send', events: [event] };
}

/** The alert of one watched case, deadline and generation: there cannot be two. */
function alertOf(
  { workflow, caseId }: ReactionCause,
  generation: Generation,
): Pick<ReactionCommand, 'workflow' | 'caseId'> {
  return { workflow: ALERT, caseId: { derivedFrom: [workflow.name, caseId, ...keyParts(generation)] } };
}

function watchedIn(history: readonly PublicEvent[]): readonly Watched[] {
  const watched = new Map<string, Watched>();
  for (const event of history) {
    if (event.type !== 'deadline.reached') continue;
    const generation = generationOf(event);
    const key = keyOf(generation);
    if (!watched.has(key)) watched.set(key, { ...generation, revision: event.revision });
  }
  return [...watched.values()];
}

function generationOf({ data }: PublicEvent): Generation {
  const { deadline, generation, movedBy = [] } = data;
  return { deadline: String(deadline), generation: Number(generation), movedBy: movedBy as readonly string[] };
}

function keyParts({ deadline, generation, movedBy }: Generation): readonly string[] {
  return [deadline, String(generation), ...movedBy];
}

function keyOf(generation: Generation): string {
  return keyParts(generation).join('\n');
}

/** Alerts of earlier generations were ended by the rung that began the newest. */
function isNewest({ deadline, revision }: Watched, all: readonly Watched[]): boolean {
  return all.every((other) => other.deadline !== deadline || other.revision <= revision);
}

function isOpen(standing: Standing): boolean {
  return standing === 'running' || standing === 'paused';
}

/** Told by how the deadline's ledger differs from what it was when the rung was reached. */
function standingOf(
  { workflow }: ReactionCause,
  history: readonly PublicEvent[],
  { deadline, revision }: Watched,
  closed: boolean,
): Standing {
  const ledger = deadlineLedgers(workflow, history)[deadline];
  const then = deadlineLedgers(
    workflow,
    history.filter((event) => event.revision <= revision),
  )[deadline];
  if (!ledger || !then) return 'cancelled';
  if (ledger.generation !== then.generation) return isExtended(ledger, then) ? 'extended' : 'startedOver';
  if (ledger.status === 'met' || ledger.status === 'cancelled') return ledger.status;
  if (closed) return 'closed';
  // Deemed to run since another deadline passed unmet, which its rung says it did.
  return ledger.status === 'awaited' ? 'running' : ledger.status;
}

function isExtended(ledger: DeadlineLedger, then: DeadlineLedger): boolean {
  return ledger.anchor.revision === then.anchor.revision && ledger.extensions.length > then.extensions.length;
}
