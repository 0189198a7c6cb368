import { type AnyMachineSnapshot, getNextTransitions } from 'xstate';
import { CaseError, type GuardReason } from './case-error.js';
import { guardMembers, guardNames } from './machine-parts.js';
import type { Workflow } from './workflow.js';

/** An event as a machine takes it. */
export type OfferedEvent = { readonly type: string };

/** The event types some transition of the current state takes, whether or not its guard would let it; in the machine's own order. */
export function takenEvents(snapshot: AnyMachineSnapshot): string[] {
  if (snapshot.status !== 'active') return [];
  const types = getNextTransitions(snapshot)
    .filter(({ target, actions }) => target !== undefined || actions.length > 0)
    .sort((one, other) => one.source.order - other.source.order)
    .map(({ eventType }) => eventType);
  return [...new Set(types)].filter((type) => type !== '' && !type.startsWith('xstate.'));
}

/**
 * Says why a machine does not take an event: XState answers the same snapshot whether the event is unknown here or a
 * guard said no.
 */
export function refusal(
  workflow: Workflow,
  snapshot: AnyMachineSnapshot,
  state: string,
  event: OfferedEvent,
): CaseError {
  const candidates = getNextTransitions(snapshot).filter(({ eventType }) => eventType === event.type);
  const denied =
    snapshot.status === 'active' ? candidates.flatMap(({ guard }) => deniedBy(workflow, snapshot, guard, event)) : [];
  if (denied.length === 0) {
    return new CaseError({ code: 'EVENT_NOT_ALLOWED', event: event.type, state, allowed: takenEvents(snapshot) });
  }
  const reasons = [...new Map(denied.map((reason) => [reason.guard, reason])).values()];
  return new CaseError({ code: 'GUARD_DENIED', event: event.type, state, reasons });
}

/**
 * Reasons why an event cannot be sent now, as far as they follow from the case alone: those of guards that read only
 * the context, where no transition is free of them.
 */
export function standingDenials(
  workflow: Workflow,
  snapshot: AnyMachineSnapshot,
  type: string,
): readonly GuardReason[] {
  const candidates = getNextTransitions(snapshot).filter(({ eventType }) => eventType === type);
  const perTransition = candidates.map(({ guard }) => standingDenial(workflow, snapshot, guard, type));
  return perTransition.some((reasons) => reasons.length === 0) ? [] : perTransition.flat();
}

function standingDenial(
  workflow: Workflow,
  snapshot: AnyMachineSnapshot,
  guard: unknown,
  type: string,
): readonly GuardReason[] {
  const composed = guardMembers(guard);
  if (composed) {
    const perMember = composed.members.map((member) => standingDenial(workflow, snapshot, member, type));
    const open = composed.kind !== 'and' && perMember.some((reasons) => reasons.length === 0);
    return open ? [] : perMember.flat();
  }
  const readsContext = guardNames(guard).some((name) => workflow.guards[name ?? '']?.reads === 'context');
  return readsContext ? deniedBy(workflow, snapshot, guard, { type }) : [];
}

/** Why a guard says no, down to the ones it is composed of; nothing where it does not. */
function deniedBy(
  workflow: Workflow,
  snapshot: AnyMachineSnapshot,
  guard: unknown,
  event: OfferedEvent,
): GuardReason[] {
  if (guard === undefined || holds(snapshot, guard, event)) return [];
  const composed = guardMembers(guard);
  if (composed) return composed.members.flatMap((member) => deniedBy(workflow, snapshot, member, event));
  return guardNames(guard).flatMap((name) => {
    const words = name === undefined ? undefined : workflow.guards[name];
    if (!words || name === undefined) return [];
    const input = { context: snapshot.context as never, event: event as never };
    return [{ guard: name, title: words.explain?.(input) ?? words.title }];
  });
}

type GuardFunction = ((args: { context: unknown; event: OfferedEvent }, params: unknown) => boolean) & {
  readonly check?: (snapshot: AnyMachineSnapshot, args: object, resolved: unknown) => boolean;
};

/** Asks one guard by itself, as XState would. */
function holds(snapshot: AnyMachineSnapshot, guard: unknown, event: OfferedEvent): boolean {
  const args = { context: snapshot.context, event };
  if (typeof guard === 'function') return call(guard as GuardFunction, snapshot, args, undefined);
  const name = typeof guard === 'string' ? guard : (guard as { type: string }).type;
  const params = typeof guard === 'string' ? undefined : (guard as { params?: unknown }).params;
  const implementation = snapshot.machine.implementations.guards[name] as GuardFunction;
  return call(implementation, snapshot, args, typeof params === 'function' ? params(args) : params);
}

function call(
  guard: GuardFunction,
  snapshot: AnyMachineSnapshot,
  args: { context: unknown; event: OfferedEvent },
  params: unknown,
): boolean {
  return guard.check ? guard.check(snapshot, args, guard) : guard(args, params);
}
