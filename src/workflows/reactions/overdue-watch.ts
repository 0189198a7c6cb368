import type { DeadlineRule } from '../../domain/deadline.js';
import { advanceDeadlines, type DeadlineLedger, NO_DEADLINES } from '../../domain/deadline-ledger.js';
import { deadlineEvents } from '../../domain/deadline-ledgers.js';
import type { JsonObject } from '../../domain/event.js';
import { isAnchoredAnew } from '../../domain/ladder.js';
import { parseInstant } from '../../domain/office-time.js';
import {
  defineReaction,
  EVERY_WORKFLOW,
  type PublicEvent,
  type ReactionCause,
  type ReactionCommand,
} from '../../domain/reaction.js';
import type { Term } from '../../domain/term.js';

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
  version: 2,
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

/** Told by what became of the deadline's ledger since the rung was reached. */
function standingOf(
  { workflow }: ReactionCause,
  history: readonly PublicEvent[],
  { deadline, revision }: Watched,
  closed: boolean,
): Standing {
  const rule = workflow.deadlines[deadline];
  let ledgers = NO_DEADLINES;
  let then: DeadlineLedger | undefined;
  let rung: ReachedUnder | undefined;
  let moved: 'extended' | 'startedOver' | undefined;
  for (const event of deadlineEvents(workflow, history)) {
    const before = ledgers[deadline];
    ledgers = advanceDeadlines(workflow.deadlines, ledgers, event);
    const after = ledgers[deadline];
    if (event.type === 'deadline.reached' && event.data.deadline === deadline && after)
      rung = { dueAt: String(event.data.dueAt), ledger: after };
    if (event.revision <= revision) then = after;
    else if (rule && then && before && after && beginsAnother(before, after, rule, rung))
      moved ??= isExtended(after, then) ? 'extended' : 'startedOver';
  }
  const ledger = ledgers[deadline];
  if (!ledger || !then) return 'cancelled';
  if (moved !== undefined) return moved;
  if (ledger.status === 'met' || ledger.status === 'cancelled') return ledger.status;
  if (closed) return 'closed';
  // Deemed to run since another deadline passed unmet, which its rung says it did.
  return ledger.status === 'awaited' ? 'running' : ledger.status;
}

/** The end that the latest rung was reached under, and the ledger it came of. */
type ReachedUnder = { readonly dueAt: string; readonly ledger: DeadlineLedger };

/**
 * Whether an event has begun another generation of rungs, as the ladder has it: one that the ledger counts and that moves
 * the end. Told without a calendar, so what moves the end by nothing but days off is taken to move it.
 */
function beginsAnother(
  before: DeadlineLedger,
  after: DeadlineLedger,
  rule: DeadlineRule,
  rung: ReachedUnder | undefined,
): boolean {
  if (isAnchoredAnew(before, after)) return true;
  if (before.generation === after.generation) return false;
  if (before.countsBack && after.countsBack && rule.linked)
    return beginsAnother(before.countsBack, after.countsBack, rule.linked, undefined);

  const isTooLate = (at: string, ledger = before) =>
    rung !== undefined && endsAsThen(ledger, rung.ledger) && parseInstant(at) > parseInstant(rung.dueAt);
  const extension = after.extensions[before.extensions.length];
  const change = after.changes?.[before.changes?.length ?? 0];
  if (extension) {
    if (extension.granted) return true;
    return before.extensions.length < (rule.extension?.max ?? 0) && !isTooLate(extension.at);
  }
  if (change) return !isTooLate(change.at) && !isSameTerm(change.term, before, rule);
  const pause = before.pauses.at(-1);
  return pause === undefined || !isTooLate(pause.from, { ...before, pauses: before.pauses.slice(0, -1) });
}

/** Whether nothing has moved the end since but what the ledger counts as generations, each of which was judged. */
function endsAsThen(ledger: DeadlineLedger, then: DeadlineLedger): boolean {
  return ledger.pauses.length === then.pauses.length && ledger.floors?.length === then.floors?.length;
}

/** Whether a term is the one in force already, counted from the same start. */
function isSameTerm({ unit, amount }: Term, { term, fixedDueAt, changes, pauses }: DeadlineLedger, rule: DeadlineRule) {
  const inForce = changes?.at(-1)?.term ?? (fixedDueAt === undefined ? term : undefined);
  const hasStartedOver = typeof rule.onResume === 'object' && pauses.length > 0;
  return !hasStartedOver && inForce?.unit === unit && inForce.amount === amount;
}

function isExtended(ledger: DeadlineLedger, then: DeadlineLedger): boolean {
  return ledger.anchor.revision === then.anchor.revision && ledger.extensions.length > then.extensions.length;
}
