import type { CaseFailure } from './case-error.js';
import { type DeadlineInput, type DeadlineRule, type DeadlineRules, isEnforced, kindOf } from './deadline.js';
import { type DeadlineLedger, type DeadlineStatus, deadlineFact, isOpen } from './deadline-ledger.js';
import { allowedFrom, dueOf, reckon, statusAt } from './due-date.js';
import type { JsonValue } from './event.js';
import { formatInstant, isoDate, parseInstant } from './office-time.js';
import type { WorkingCalendar } from './working-calendar.js';

/**
 * How a deadline stands at one instant under one calendar: what an event that it judges is decided on. Plain JSON,
 * recorded with the event as a fact, so that a replay needs neither the calendar nor the clock.
 */
export type DeadlineStanding = {
  readonly status: DeadlineStatus;
  readonly generation: number;
  readonly dueOn: string;
  readonly dueAt: string;
  /** Whether its end has passed without its being met, ended or held by a pause. */
  readonly passed: boolean;
  /** Whether a pause holds it. */
  readonly held: boolean;
  /** Some day it depends on lies beyond what has been published. */
  readonly provisional: boolean;
  /** How often it has been extended, as far as extensions count. */
  readonly extended: number;
  /** Of a floor: the first day and instant on which it may be met; held, the earliest there can be. */
  readonly allowedOn?: string;
  readonly allowedFrom?: string;
};

/** The standing of a deadline at `at`; undefined where it has not begun by then. */
export function standingAt(
  ledger: DeadlineLedger,
  rule: DeadlineRule,
  calendar: WorkingCalendar,
  at: string,
): DeadlineStanding | undefined {
  const status = statusAt(ledger, rule, calendar, at);
  if (status === undefined) return undefined;
  const reckoning = reckon(ledger, rule, calendar);
  const { dueOn, dueAt, held, provisional } = dueOf(ledger, rule, calendar);
  const floor =
    kindOf(rule) === 'atLeast'
      ? {
          allowedOn: isoDate(reckoning.dueDay),
          allowedFrom: formatInstant(allowedFrom(reckoning, calendar)),
        }
      : {};
  return {
    status,
    generation: ledger.generation,
    dueOn,
    dueAt,
    passed: isOpen(ledger) && !held && parseInstant(at) > reckoning.dueAt,
    held,
    provisional,
    extended: reckoning.extensions.filter(({ effect }) => effect === 'extends').length,
    ...floor,
  };
}

const judged = new WeakMap<DeadlineRules, ReadonlyMap<string, readonly string[]>>();

/**
 * The deadlines an event of this type may be refused for: floors it would meet, windows and limits counted back that
 * refuse what is late, and those it extends. Their standing is what its decision rests on; most events have none.
 */
export function judgedDeadlines(rules: DeadlineRules, event: string): readonly string[] {
  let byEvent = judged.get(rules);
  if (byEvent === undefined) {
    const found = new Map<string, string[]>();
    for (const [name, rule] of Object.entries(rules)) {
      const events = [...(isEnforced(rule) ? (rule.until?.events ?? []) : []), rule.extension?.event];
      for (const type of new Set(events)) {
        if (type !== undefined) found.set(type, [...(found.get(type) ?? []), name]);
      }
    }
    byEvent = found;
    judged.set(rules, byEvent);
  }
  return byEvent.get(event) ?? NONE;
}

const NONE: readonly string[] = [];

/** An event as its deadlines judge it: when it happens, the standings among its facts, and its data where it is known. */
export type JudgedAt = {
  readonly event: string;
  readonly at: string;
  readonly facts: Readonly<Record<string, JsonValue>>;
  readonly data?: DeadlineInput['data'];
};

/**
 * Why a deadline refuses an event: too early for a floor, too late for what does not wait, an extension after the end
 * or beyond what is allowed. The first refusal in the order of the rules; undefined where there is none. Pure: all it
 * rests on is recorded with the event.
 */
export function deadlineRefusal(rules: DeadlineRules, judgedAt: JudgedAt): CaseFailure | undefined {
  const { event } = judgedAt;
  const names = judgedDeadlines(rules, event);
  let extendable = false;
  let extended: { readonly name: string; readonly rule: DeadlineRule } | undefined;
  for (const name of names) {
    const rule = rules[name]!;
    const standing = judgedAt.facts[deadlineFact(name)] as DeadlineStanding | null | undefined;
    if (rule.extension?.event === event) {
      if (!extendsCase(rule, judgedAt)) continue;
      extended ??= { name, rule };
      if (standing === undefined || standing === null || !isOpen(standing)) continue;
      extendable = true;
      const why = standing.passed ? 'expired' : standing.extended >= rule.extension.max ? 'overLimit' : undefined;
      if (why !== undefined) return extensionRefused(event, name, rule, why, standing);
    } else if (standing !== undefined && standing !== null) {
      const refused = wrongTime(name, rule, judgedAt, standing);
      if (refused !== undefined) return refused;
    }
  }
  return extended === undefined || extendable
    ? undefined
    : extensionRefused(event, extended.name, extended.rule, 'notRunning');
}

/** Whether an extension adds anything in this case; taken to, before its data is known. */
function extendsCase({ extension }: DeadlineRule, { data, facts }: JudgedAt): boolean {
  if (typeof extension?.by !== 'function' || data === undefined) return true;
  return extension.by({ data, facts }) !== undefined;
}

function wrongTime(
  deadline: string,
  rule: DeadlineRule,
  { event, at }: JudgedAt,
  standing: DeadlineStanding,
): CaseFailure | undefined {
  const { title } = rule;
  if (kindOf(rule) === 'atLeast') {
    const { allowedOn, allowedFrom: from, held } = standing;
    if (from === undefined || allowedOn === undefined || !isOpen(standing)) return undefined;
    return held || parseInstant(at) < parseInstant(from)
      ? { code: 'TOO_EARLY', event, deadline, title, allowedOn, allowedFrom: from, held }
      : undefined;
  }
  // One that was met once may be met again, in time as well: a second objection.
  const { status, held, dueOn, dueAt } = standing;
  const late = status !== 'cancelled' && !held && parseInstant(at) > parseInstant(dueAt);
  return late ? { code: 'TOO_LATE', event, deadline, title, dueOn, dueAt } : undefined;
}

function extensionRefused(
  event: string,
  deadline: string,
  { title, extension }: DeadlineRule,
  why: 'expired' | 'overLimit' | 'notRunning',
  standing?: DeadlineStanding,
): CaseFailure {
  const due = standing === undefined ? {} : { dueOn: standing.dueOn, dueAt: standing.dueAt };
  return { code: 'EXTENSION_REFUSED', event, deadline, title, why, max: extension!.max, ...due };
}
