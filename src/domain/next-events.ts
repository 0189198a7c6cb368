import { z } from 'zod';
import { type Actor, actingRole } from './access.js';
import { CaseError, type CaseFailure, type GuardReason } from './case-error.js';
import { deadlineRefusal, judgedDeadlines } from './deadline-standing.js';
import type { CaseState } from './decide.js';
import type { JsonValue } from './event.js';
import { standingDenials, takenEvents } from './refusal.js';
import type { Title } from './title.js';
import type { Workflow } from './workflow.js';

/** One event that may follow, for building a form or a menu from what is accepted. */
export type NextEvent = {
  readonly type: string;
  readonly title: Title;
  readonly roles: readonly string[];
  /** Whether the asker may send it now, as far as can be said before its data is known. */
  readonly permitted: boolean;
  /** Why not, where it may not: the failure it would meet, or guards that the case as it is does not satisfy. */
  readonly refusal?: CaseFailure;
  readonly blockedBy?: readonly GuardReason[];
  readonly reasonRequired: boolean;
  /** JSON Schema (2020-12) of its data; personal fields carry `x-personal`. */
  readonly schema: object;
};

/** Standings of deadlines by fact name, as they are when the question is asked. */
export type StandingsNow = { readonly at: string; readonly facts: Readonly<Record<string, JsonValue>> };

/**
 * Everything the current state takes, and what of it this actor may send. With `standings` also what a deadline would
 * refuse at that instant, with the first day on which it would not.
 */
export function nextEvents(current: CaseState, actor: Actor, standings?: StandingsNow): readonly NextEvent[] {
  const { workflow, snapshot } = current;
  return takenEvents(snapshot).flatMap((type): NextEvent[] => {
    const definition = workflow.events[type];
    if (!definition) return [];
    const refusal =
      refusalFor(current, type, actor) ??
      (standings && deadlineRefusal(workflow.deadlines, { event: type, ...standings }));
    const blockedBy = standingDenials(workflow, snapshot, type);
    return [
      {
        type,
        title: definition.title,
        roles: definition.roles,
        permitted: refusal === undefined && blockedBy.length === 0,
        ...(refusal && { refusal }),
        ...(blockedBy.length > 0 && { blockedBy }),
        reasonRequired: definition.reasonRequired === true,
        schema: eventSchema(workflow, type),
      },
    ];
  });
}

/** The deadlines whose standing says whether what the current state takes may come now. */
export function standingsWanted({ workflow, snapshot }: CaseState): readonly string[] {
  return [...new Set(takenEvents(snapshot).flatMap((type) => judgedDeadlines(workflow.deadlines, type)))];
}

function refusalFor(current: CaseState, type: string, actor: Actor): CaseFailure | undefined {
  const { workflow, labels, senders } = current;
  try {
    // A case not opened yet has no labels to be out of reach of.
    if (current.revision >= 0) actingRole(workflow, type, actor, labels);
    else if (!workflow.events[type]?.roles.some((role) => actor.roles.includes(role))) {
      return {
        code: 'ROLE_NOT_PERMITTED',
        event: type,
        required: workflow.events[type]?.roles ?? [],
        held: actor.roles,
      };
    }
  } catch (error) {
    if (error instanceof CaseError) return error.failure;
    throw error;
  }
  const earlier = workflow.events[type]?.separateFrom?.find((one) => senders[one]?.includes(actor.id));
  return earlier ? { code: 'SAME_PERSON', event: type, separateFrom: earlier } : undefined;
}

const schemas = new WeakMap<Workflow, Map<string, object>>();

/** JSON Schema (2020-12) of one event's data as it is sent. */
export function eventSchema(workflow: Workflow, type: string): object {
  const known = schemas.get(workflow) ?? new Map<string, object>();
  schemas.set(workflow, known);
  let schema = known.get(type);
  if (!schema) {
    schema = z.toJSONSchema(workflow.events[type]!.data, { io: 'input' });
    known.set(type, schema);
  }
  return schema;
}
