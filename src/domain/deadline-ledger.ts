import { CaseError } from './case-error.js';
import { anchorsOf, type DeadlineInput, type DeadlineRule, type DeadlineRules, type TermSource } from './deadline.js';
import type { JsonObject, JsonValue } from './event.js';
import { isDate, parseInstant } from './office-time.js';
import { stateIn } from './state-name.js';
import { addUp, type Term, type TermUnit, termProblem } from './term.js';

/** `met` and `cancelled` are ends; only a new anchoring event begins again. */
export type DeadlineStatus = 'running' | 'paused' | 'met' | 'cancelled';

/** A time the clock stood still: from the event that stopped it to the one that let it go on. Instants. */
export type DeadlinePause = { readonly from: string; readonly to?: string };

/** An extension as it was granted. Whether it was in time is for the calendar to say. */
export type DeadlineExtension = {
  readonly term: Term;
  readonly at: string;
  readonly revision: number;
  readonly reason?: string;
};

/**
 * What happened to one deadline of one case: budget, pauses and anchor, never a due date. The date is computed from it
 * and a calendar, so a ledger needs no rewriting when a notice changes the calendar.
 *
 * Plain JSON without undefined members: it is stored in read models as it is.
 */
export type DeadlineLedger = {
  readonly name: string;
  /** Counts from 1; a new anchor, an extension or a term that starts over after a pause begins another. */
  readonly generation: number;
  /** The event it counts from. */
  readonly anchor: { readonly event: string; readonly revision: number; readonly at: string };
  readonly term?: Term;
  /** The end itself, where the anchoring event named it: an instant or a date. */
  readonly fixedDueAt?: string;
  readonly extensions: readonly DeadlineExtension[];
  readonly pauses: readonly DeadlinePause[];
  readonly status: DeadlineStatus;
  /** Completion: an instant, or a date where the event's data knew no better. */
  readonly metAt?: string;
  readonly cancelledAt?: string;
};

/** The deadlines of one case by name; one that no event has anchored yet is not there. */
export type DeadlineLedgers = Readonly<Record<string, DeadlineLedger>>;

/** An event as deadlines see it. */
export type DeadlineEvent = {
  readonly type: string;
  readonly data: JsonObject;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly facts: Readonly<Record<string, JsonValue>>;
  /** State of the case after it, as `stateName` writes it. */
  readonly state: string;
  readonly revision: number;
  readonly reason?: string;
};

/** The ledgers of a case before its first event. */
export const NO_DEADLINES: DeadlineLedgers = Object.freeze({});

/**
 * The ledgers after one more event; the same object when it changes none. Time is `occurredAt`: anchors, pauses and
 * completion are when it happened, not when it was recorded.
 *
 * An event's own naming goes before the state it leads to: one that cancels a deadline cancels it even where the new
 * state would meet it.
 *
 * @throws CaseError `TERM_INVALID` when a rule yields a term, date or instant that is none
 */
export function advanceDeadlines(
  rules: DeadlineRules,
  ledgers: DeadlineLedgers,
  event: DeadlineEvent,
): DeadlineLedgers {
  let advanced: Record<string, DeadlineLedger> | undefined;
  for (const prepared of preparedRules(rules)) {
    const before = ledgers[prepared.name];
    const after = advance(prepared, before, event);
    if (after !== undefined && after !== before) {
      advanced ??= { ...ledgers };
      advanced[prepared.name] = after;
    }
  }
  return advanced ?? ledgers;
}

/** A rule made quick to ask; what a state means to it is remembered, since a workflow has few. */
type PreparedRule = {
  readonly name: string;
  readonly rule: DeadlineRule;
  readonly anchors: ReadonlySet<string>;
  readonly metBy: ReadonlySet<string>;
  readonly cancelledBy: ReadonlySet<string>;
  readonly states: Map<string, StateMeaning>;
};

type StateMeaning = { readonly meets: boolean; readonly cancels: boolean; readonly pauses: boolean };

const prepared = new WeakMap<DeadlineRules, readonly PreparedRule[]>();

function preparedRules(rules: DeadlineRules): readonly PreparedRule[] {
  let list = prepared.get(rules);
  if (list === undefined) {
    list = Object.entries(rules).map(([name, rule]) => ({
      name,
      rule,
      anchors: new Set(anchorsOf(rule)),
      metBy: new Set(rule.until.events),
      cancelledBy: new Set(rule.cancelledBy?.events),
      states: new Map(),
    }));
    prepared.set(rules, list);
  }
  return list;
}

function stateMeaning({ rule, states }: PreparedRule, state: string): StateMeaning {
  let meaning = states.get(state);
  if (meaning === undefined) {
    const lies = (paths: readonly string[] | undefined) => paths?.some((path) => stateIn(state, path)) ?? false;
    meaning = {
      meets: lies(rule.until.states),
      cancels: lies(rule.cancelledBy?.states),
      pauses: lies(rule.pausedWhile),
    };
    states.set(state, meaning);
  }
  return meaning;
}

function advance(
  prepared: PreparedRule,
  before: DeadlineLedger | undefined,
  event: DeadlineEvent,
): DeadlineLedger | undefined {
  const { rule } = prepared;
  const anchored = prepared.anchors.has(event.type) ? anchor(prepared, before, event) : undefined;
  let ledger = anchored ?? before;
  if (ledger === undefined || (ledger.status !== 'running' && ledger.status !== 'paused')) return ledger;

  const meaning = stateMeaning(prepared, event.state);
  if (prepared.metBy.has(event.type)) return meet(ledger, rule, event);
  if (prepared.cancelledBy.has(event.type)) return cancel(ledger, event);
  if (meaning.meets) return meet(ledger, rule, event);
  if (meaning.cancels) return cancel(ledger, event);

  if (anchored === undefined && rule.extension?.event === event.type) ledger = extend(ledger, rule, event);
  if (meaning.pauses && ledger.status === 'running') {
    return { ...ledger, status: 'paused', pauses: [...ledger.pauses, { from: event.occurredAt }] };
  }
  if (!meaning.pauses && ledger.status === 'paused') return resume(ledger, rule, event);
  return ledger;
}

function anchor(
  { name, rule }: PreparedRule,
  before: DeadlineLedger | undefined,
  event: DeadlineEvent,
): DeadlineLedger | undefined {
  const input: DeadlineInput = event;
  const fixedDueAt = moment(name, 'at', rule.at?.(input));
  const term = termFrom(name, rule.within, input);
  if (fixedDueAt === undefined && term === undefined) return undefined;
  return {
    name,
    generation: (before?.generation ?? 0) + 1,
    anchor: { event: event.type, revision: event.revision, at: event.occurredAt },
    ...(term === undefined ? {} : { term }),
    ...(fixedDueAt === undefined ? {} : { fixedDueAt }),
    extensions: [],
    pauses: [],
    status: 'running',
  };
}

function meet(ledger: DeadlineLedger, rule: DeadlineRule, event: DeadlineEvent): DeadlineLedger {
  const metAt = moment(ledger.name, 'metAt', rule.metAt?.(event)) ?? event.occurredAt;
  return { ...ledger, status: 'met', pauses: closed(ledger.pauses, event.occurredAt), metAt };
}

function cancel(ledger: DeadlineLedger, event: DeadlineEvent): DeadlineLedger {
  return {
    ...ledger,
    status: 'cancelled',
    pauses: closed(ledger.pauses, event.occurredAt),
    cancelledAt: event.occurredAt,
  };
}

function extend(ledger: DeadlineLedger, rule: DeadlineRule, event: DeadlineEvent): DeadlineLedger {
  const term = termFrom(ledger.name, rule.extension?.by, event);
  if (term === undefined) return ledger;
  assertAddsUp(ledger, term);
  const said = event.reason ?? event.data.reason;
  const extension: DeadlineExtension = {
    term: { unit: term.unit, amount: term.amount },
    at: event.occurredAt,
    revision: event.revision,
    ...(typeof said === 'string' ? { reason: said } : {}),
  };
  return { ...ledger, generation: ledger.generation + 1, extensions: [...ledger.extensions, extension] };
}

function resume(ledger: DeadlineLedger, rule: DeadlineRule, event: DeadlineEvent): DeadlineLedger {
  const startsOver = rule.onResume !== undefined && rule.onResume !== 'remainder';
  if (typeof rule.onResume === 'object') assertAddsUp(ledger, rule.onResume.restart);
  return {
    ...ledger,
    status: 'running',
    generation: ledger.generation + (startsOver ? 1 : 0),
    pauses: closed(ledger.pauses, event.occurredAt),
  };
}

/** The unit a ledger is counted in; a fixed end without a term is moved in calendar days. */
export function unitOf(ledger: DeadlineLedger): TermUnit {
  return ledger.term?.unit ?? 'calendarDays';
}

function assertAddsUp(ledger: DeadlineLedger, term: Term): void {
  if (addUp(unitOf(ledger), term.unit)) return;
  const detail = `deadline "${ledger.name}" is counted in ${unitOf(ledger)}; ${term.unit} cannot be added to it`;
  throw new CaseError({ code: 'TERM_INVALID', detail });
}

function closed(pauses: readonly DeadlinePause[], to: string): readonly DeadlinePause[] {
  const last = pauses.at(-1);
  return last === undefined || last.to !== undefined ? pauses : [...pauses.slice(0, -1), { from: last.from, to }];
}

function termFrom(name: string, source: TermSource | undefined, input: DeadlineInput): Term | undefined {
  const term = typeof source === 'function' ? source(input) : source;
  if (term === undefined) return undefined;
  const problem = termProblem(term);
  if (problem !== undefined) throw new CaseError({ code: 'TERM_INVALID', detail: `deadline "${name}": ${problem}` });
  return { unit: term.unit, amount: term.amount };
}

function moment(name: string, member: string, text: string | undefined): string | undefined {
  if (text === undefined || isDate(text)) return text;
  try {
    parseInstant(text);
  } catch (cause) {
    const detail = `deadline "${name}": ${member} yields "${text}", neither a date nor an instant with zone`;
    throw new CaseError({ code: 'TERM_INVALID', detail }, { cause });
  }
  return text;
}
