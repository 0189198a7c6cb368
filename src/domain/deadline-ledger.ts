import { CaseError } from './case-error.js';
import {
  anchorsOf,
  type DeadlineInput,
  type DeadlineRule,
  type DeadlineRules,
  dependsOn,
  floorEvents,
  inOrderOfDependence,
  type TermSource,
} from './deadline.js';
import type { JsonObject, JsonValue } from './event.js';
import { isDate, parseInstant } from './office-time.js';
import { stateIn } from './state-name.js';
import { addUp, type Term, type TermUnit, termProblem } from './term.js';

/**
 * `met` and `cancelled` are ends; only a new anchoring event begins again. `awaited`: no event has anchored it, and it
 * runs only once the deadline it is deemed to follow has passed unmet, which is asked of the calendar.
 */
export type DeadlineStatus = 'running' | 'paused' | 'awaited' | 'met' | 'cancelled';

/** A time the clock stood still: from the event that stopped it to the one that let it go on. Instants. */
export type DeadlinePause = { readonly from: string; readonly to?: string };

/** Another term that an event gave it. */
export type TermChange = {
  readonly term: Term;
  readonly at: string;
  readonly revision: number;
  readonly reason?: string;
};

/** An extension as it was recorded. */
export type DeadlineExtension = TermChange & {
  /** The engine found it to be in time when it took it; otherwise whether it was is for the calendar to say. */
  readonly granted?: true;
};

/** An event before which the end may not come so soon after; `floor` counts the rule's `notBefore` from 0. */
export type FloorEvent = {
  readonly floor: number;
  readonly event: string;
  readonly at: string;
  readonly revision: number;
};

/** A count that begins should `after` pass unmet, with the term the event that anchors `after` gives it. */
export type DeemedCount = {
  readonly after: DeadlineLedger;
  readonly term?: Term;
  readonly fixedDueAt?: string;
};

/**
 * What happened to one deadline of one case: budget, pauses and anchor, never a due date. The date is computed from it
 * and a calendar, so a ledger needs no rewriting when a notice changes the calendar.
 *
 * Plain JSON without undefined members: it is stored in read models as it is.
 */
export type DeadlineLedger = {
  readonly name: string;
  /** Counts from 1; a new anchor, an extension, another term or one that starts over after a pause begins another. */
  readonly generation: number;
  /** The event it counts from; of one that is counted back or awaited, the anchor of the deadline it depends on. */
  readonly anchor: { readonly event: string; readonly revision: number; readonly at: string };
  readonly term?: Term;
  /** The end itself, where the anchoring event named it: an instant or a date. */
  readonly fixedDueAt?: string;
  readonly extensions: readonly DeadlineExtension[];
  /** Other terms it was given, oldest first. */
  readonly changes?: readonly TermChange[];
  /** The latest event of each floor under its end. */
  readonly floors?: readonly FloorEvent[];
  readonly pauses: readonly DeadlinePause[];
  /** The states that stop its clock, where the case has fewer than the rule. */
  readonly pausesIn?: readonly string[];
  /** The deadline it is counted back from, as that stands. */
  readonly countsBack?: DeadlineLedger;
  /** What it was or is deemed to follow, oldest first; the first that passed unmet holds. */
  readonly deemed?: readonly DeemedCount[];
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

/** Names the fact in which the engine records how a deadline stood when it took an event that the deadline judges. */
export function deadlineFact(deadline: string): string {
  return `${DEADLINE_FACT}${deadline}`;
}

/** What names of such facts begin with. */
export const DEADLINE_FACT = 'deadline.';

/** Whether it can still be met: it runs, is paused or is awaited. */
export function isOpen({ status }: Pick<DeadlineLedger, 'status'>): boolean {
  return status === 'running' || status === 'paused' || status === 'awaited';
}

/** Whether no event of its own has anchored it, so that it ran only if what it is deemed to follow passed unmet. */
export function isUnanchored({ anchor, deemed }: DeadlineLedger): boolean {
  return deemed !== undefined && deemed.at(-1)!.after.anchor.revision === anchor.revision;
}

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
    const other = prepared.other === undefined ? undefined : (advanced ?? ledgers)[prepared.other];
    const after = advance(prepared, before, event, other);
    if (after !== undefined && after !== before) {
      advanced ??= { ...ledgers };
      advanced[prepared.name] = after;
    }
  }
  return advanced ?? ledgers;
}

/** An event not taken yet, as far as the terms it gives depend on it. */
export type TermGiver = DeadlineInput & {
  readonly type: string;
  /** State of the case before it and after it, as `stateName` writes them; before the first event the empty text. */
  readonly before: string;
  readonly after: string;
};

/**
 * Asks an event that is to be taken for every term, date and instant the rules tell from it, so that none is stored that
 * cannot be counted. Needs nothing of the case but its state: where a deadline turns out not to run, its term has to be
 * one all the same. An event that no rule tells anything from costs a look-up by its type.
 *
 * @throws CaseError `TERM_INVALID` when a rule yields what is none or throws; names the deadline
 */
export function assertTermsCountable(rules: DeadlineRules, event: TermGiver): void {
  const { told, byState } = termTellers(rules);
  for (const rule of told.get(event.type) ?? []) assertTerms(rules, rule, event);
  if (event.before === event.after) return;
  for (const rule of byState) if (!told.get(event.type)?.includes(rule)) assertTerms(rules, rule, event);
}

type TermTellers = {
  /** Rules with a function asked of an event of this type. */
  readonly told: ReadonlyMap<string, readonly PreparedRule[]>;
  /** Rules with a function asked of whatever event leads into a state or out of it. */
  readonly byState: readonly PreparedRule[];
};

const tellers = new WeakMap<DeadlineRules, TermTellers>();

function termTellers(rules: DeadlineRules): TermTellers {
  let known = tellers.get(rules);
  if (known === undefined) {
    const told = new Map<string, PreparedRule[]>();
    const byState: PreparedRule[] = [];
    for (const one of preparedRules(rules)) {
      const { rule, anchors, metBy } = one;
      const begun = rule.deemed === undefined ? undefined : rules[rule.deemed.after];
      const asked = typeof rule.within === 'function' || rule.at !== undefined || rule.pausesFor !== undefined;
      const types = new Set<string>();
      if (asked) for (const type of [...anchors, ...(begun === undefined ? [] : anchorsOf(begun))]) types.add(type);
      if (rule.metAt !== undefined) for (const type of metBy) types.add(type);
      if (typeof rule.extension?.by === 'function') types.add(rule.extension.event);
      if (typeof rule.changedBy?.within === 'function') types.add(rule.changedBy.event);
      for (const type of types) told.set(type, [...(told.get(type) ?? []), one]);
      const begunByState = asked && (rule.inState ?? begun?.inState) !== undefined;
      const metByState = rule.metAt !== undefined && (rule.inState ?? rule.until?.states) !== undefined;
      if (begunByState || metByState) byState.push(one);
    }
    known = { told, byState };
    tellers.set(rules, known);
  }
  return known;
}

function assertTerms(rules: DeadlineRules, prepared: PreparedRule, event: TermGiver): void {
  const { name, rule, anchors } = prepared;
  const { type } = event;
  const begun = rule.deemed === undefined ? undefined : rules[rule.deemed.after]!;
  const anchored =
    anchors.has(type) ||
    comesInto(rule.inState, event) ||
    (begun !== undefined && (anchorsOf(begun).includes(type) || comesInto(begun.inState, event)));
  if (anchored) {
    if (termsAt(name, rule, event) !== undefined) pausesOf(name, rule, event);
  }
  if (rule.metAt !== undefined && mayMeet(prepared, event)) moment(name, 'metAt', rule.metAt, event);
  if (anchors.has(type)) return;
  if (rule.extension?.event === type) termFrom(name, 'extension.by', rule.extension.by, event);
  if (rule.changedBy?.event === type) {
    const term = termFrom(name, 'changedBy.within', rule.changedBy.within, event);
    if (term !== undefined && typeof rule.within === 'object') assertSameUnit(name, rule.within.unit, term);
  }
}

function comesInto(paths: readonly string[] | undefined, { before, after }: TermGiver): boolean {
  const inside = (state: string) => paths?.some((path) => stateIn(state, path)) ?? false;
  return inside(after) && !inside(before);
}

function mayMeet(prepared: PreparedRule, { type, before, after }: TermGiver): boolean {
  const { rule, metBy, cancelledBy } = prepared;
  if (metBy.has(type)) return true;
  if (cancelledBy.has(type)) return false;
  const [was, is] = [stateMeaning(prepared, before), stateMeaning(prepared, after)];
  return is.meets && !was.meets && (rule.inState === undefined || !is.cancels);
}

/** A rule made quick to ask; what a state means to it is remembered, since a workflow has few. */
type PreparedRule = {
  readonly name: string;
  readonly rule: DeadlineRule;
  /** The deadline it depends on, which is advanced before it. */
  readonly other: string | undefined;
  readonly anchors: ReadonlySet<string>;
  readonly metBy: ReadonlySet<string>;
  readonly cancelledBy: ReadonlySet<string>;
  /** Floors under its end by the event they are laid by. */
  readonly floors: ReadonlyMap<string, readonly number[]>;
  readonly states: Map<string, StateMeaning>;
};

type StateMeaning = {
  readonly inside: boolean;
  readonly meets: boolean;
  readonly cancels: boolean;
  readonly pauses: boolean;
};

const prepared = new WeakMap<DeadlineRules, readonly PreparedRule[]>();

function preparedRules(rules: DeadlineRules): readonly PreparedRule[] {
  let list = prepared.get(rules);
  if (list === undefined) {
    list = inOrderOfDependence(rules).map((name) => {
      const rule = rules[name]!;
      return {
        name,
        rule,
        other: dependsOn(rule),
        anchors: new Set(anchorsOf(rule)),
        metBy: new Set(rule.until?.events),
        cancelledBy: new Set(rule.cancelledBy?.events),
        floors: floorsByEvent(rule),
        states: new Map(),
      };
    });
    prepared.set(rules, list);
  }
  return list;
}

function floorsByEvent({ notBefore = [] }: DeadlineRule): ReadonlyMap<string, readonly number[]> {
  const floors = new Map<string, number[]>();
  for (const [index, floor] of notBefore.entries()) {
    for (const event of floorEvents(floor)) floors.set(event, [...(floors.get(event) ?? []), index]);
  }
  return floors;
}

function stateMeaning({ rule, states }: PreparedRule, state: string): StateMeaning {
  let meaning = states.get(state);
  if (meaning === undefined) {
    const lies = (paths: readonly string[] | undefined) => paths?.some((path) => stateIn(state, path)) ?? false;
    const inside = lies(rule.inState);
    meaning = {
      inside,
      meets: rule.inState === undefined ? lies(rule.until?.states) : !inside,
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
  other: DeadlineLedger | undefined,
): DeadlineLedger | undefined {
  const { rule } = prepared;
  if (rule.before !== undefined) return advanceCountedBack(prepared, before, event, other);

  const known = rule.deemed === undefined ? before : awaited(prepared, before, event, other);
  const anchored = begins(prepared, known, event) ? anchor(prepared, known, event) : undefined;
  let ledger = anchored ?? known;
  if (ledger === undefined || !isOpen(ledger)) return ledger;

  const laid = prepared.floors.get(event.type);
  if (laid !== undefined) ledger = layFloors(ledger, laid, event);
  const ended = endedBy(prepared, ledger, event);
  if (ended !== undefined) return ended;

  if (anchored === undefined && rule.extension?.event === event.type) ledger = extend(ledger, rule, event);
  if (anchored === undefined && rule.changedBy?.event === event.type) ledger = changeTerm(ledger, rule, event);
  const pauses = stateMeaning(prepared, event.state).pauses && stops(ledger, event.state);
  if (pauses !== isStopped(ledger)) return pauses ? stop(ledger, event) : resume(ledger, rule, event);
  return ledger;
}

function begins({ rule, anchors }: PreparedRule, before: DeadlineLedger | undefined, event: DeadlineEvent): boolean {
  if (rule.inState === undefined) return anchors.has(event.type);
  return (before === undefined || !isOpen(before)) && rule.inState.some((path) => stateIn(event.state, path));
}

/** The ledger as ended by the event; undefined where it goes on. */
function endedBy(prepared: PreparedRule, ledger: DeadlineLedger, event: DeadlineEvent): DeadlineLedger | undefined {
  const { rule, metBy, cancelledBy } = prepared;
  const meaning = stateMeaning(prepared, event.state);
  if (rule.inState !== undefined) {
    if (meaning.inside) return undefined;
    return cancelledBy.has(event.type) || meaning.cancels ? cancel(ledger, event) : meet(ledger, rule, event);
  }
  if (metBy.has(event.type)) return meet(ledger, rule, event);
  if (cancelledBy.has(event.type)) return cancel(ledger, event);
  if (meaning.meets) return meet(ledger, rule, event);
  if (meaning.cancels) return cancel(ledger, event);
  return undefined;
}

/** One that is counted back lives with the deadline it is counted back from. */
function advanceCountedBack(
  prepared: PreparedRule,
  before: DeadlineLedger | undefined,
  event: DeadlineEvent,
  other: DeadlineLedger | undefined,
): DeadlineLedger | undefined {
  if (other === undefined || other.status === 'awaited') return before;
  const { name, rule } = prepared;
  let ledger: DeadlineLedger;
  if (before?.countsBack === undefined || before.anchor.revision !== other.anchor.revision) {
    ledger = {
      name,
      generation: (before?.generation ?? 0) + 1,
      anchor: other.anchor,
      term: { unit: rule.atLeast!.unit, amount: rule.atLeast!.amount },
      extensions: [],
      pauses: [],
      countsBack: other,
      status: 'running',
    };
  } else if (other !== before.countsBack) {
    const generation = before.generation + other.generation - before.countsBack.generation;
    ledger = { ...before, generation, countsBack: other };
  } else ledger = before;

  if (!isOpen(ledger)) return ledger;
  const ended = endedBy(prepared, ledger, event);
  if (ended !== undefined) return ended;
  return other.status === 'cancelled' ? cancel(ledger, event) : ledger;
}

/** The ledger with what is known of the deadline it is deemed to follow, until an event of its own anchors it. */
function awaited(
  { name, rule }: PreparedRule,
  before: DeadlineLedger | undefined,
  event: DeadlineEvent,
  other: DeadlineLedger | undefined,
): DeadlineLedger | undefined {
  if (other === undefined || other.status === 'awaited') return before;
  const last = before?.deemed?.at(-1)?.after;
  if (last?.anchor.revision === other.anchor.revision) {
    if (before?.status !== 'awaited' || other === last) return before;
    const deemed = [...before.deemed!.slice(0, -1), { ...before.deemed!.at(-1)!, after: other }];
    return { ...before, deemed };
  }
  if (
    other.anchor.revision !== event.revision ||
    (before !== undefined && isOpen(before) && before.status !== 'awaited')
  )
    return before;

  const terms = termsAt(name, rule, event);
  if (terms === undefined) return before;
  const earlier = before?.status === 'awaited' ? before : undefined;
  return {
    name,
    generation: earlier?.generation ?? (before?.generation ?? 0) + 1,
    anchor: other.anchor,
    ...terms,
    extensions: earlier?.extensions ?? [],
    pauses: earlier?.pauses ?? [],
    ...pausesOf(name, rule, event),
    deemed: [...(earlier?.deemed ?? []), { after: other, ...terms }],
    status: 'awaited',
  };
}

function anchor(
  { name, rule }: PreparedRule,
  before: DeadlineLedger | undefined,
  event: DeadlineEvent,
): DeadlineLedger | undefined {
  const terms = termsAt(name, rule, event);
  if (terms === undefined) return undefined;
  // What it may have been deemed to follow came first, and then still holds with all that happened since.
  const earlier = before?.status === 'awaited' && before.anchor.revision !== event.revision ? before : undefined;
  return {
    name,
    generation: earlier?.generation ?? (before?.generation ?? 0) + 1,
    anchor: { event: event.type, revision: event.revision, at: event.occurredAt },
    ...terms,
    extensions: earlier?.extensions ?? [],
    pauses: earlier?.pauses ?? [],
    ...pausesOf(name, rule, event),
    ...(earlier === undefined ? {} : { deemed: earlier.deemed! }),
    status: earlier !== undefined && isStopped(earlier) ? 'paused' : 'running',
  };
}

/** How long it is, or when it ends, by the event that begins it; undefined where it does not apply. */
function termsAt(
  name: string,
  rule: DeadlineRule,
  event: DeadlineInput,
): Pick<DeadlineLedger, 'term' | 'fixedDueAt'> | undefined {
  const fixedDueAt = moment(name, 'at', rule.at, event);
  const term = termFrom(name, 'within', rule.within, event);
  if (fixedDueAt === undefined && term === undefined) return undefined;
  return { ...(term === undefined ? {} : { term }), ...(fixedDueAt === undefined ? {} : { fixedDueAt }) };
}

function pausesOf(name: string, rule: DeadlineRule, event: DeadlineInput): Pick<DeadlineLedger, 'pausesIn'> {
  if (rule.pausesFor === undefined) return {};
  return askedOf(name, 'pausesFor', () => {
    const named = rule.pausesFor!(event);
    return { pausesIn: (rule.pausedWhile ?? []).filter((state) => named.includes(state)) };
  });
}

/** Whether a state that stops the clock by the rule stops it in this case. */
function stops({ pausesIn }: DeadlineLedger, state: string): boolean {
  return pausesIn?.some((path) => stateIn(state, path)) ?? true;
}

function isStopped({ pauses }: DeadlineLedger): boolean {
  const last = pauses.at(-1);
  return last !== undefined && last.to === undefined;
}

function stop(ledger: DeadlineLedger, event: DeadlineEvent): DeadlineLedger {
  return {
    ...ledger,
    status: ledger.status === 'awaited' ? 'awaited' : 'paused',
    pauses: [...ledger.pauses, { from: event.occurredAt }],
  };
}

function resume(ledger: DeadlineLedger, rule: DeadlineRule, event: DeadlineEvent): DeadlineLedger {
  const startsOver = rule.onResume !== undefined && rule.onResume !== 'remainder';
  if (typeof rule.onResume === 'object') assertAddsUp(ledger, rule.onResume.restart);
  return {
    ...ledger,
    status: ledger.status === 'awaited' ? 'awaited' : 'running',
    generation: ledger.generation + (startsOver ? 1 : 0),
    pauses: closed(ledger.pauses, event.occurredAt),
  };
}

function meet(ledger: DeadlineLedger, rule: DeadlineRule, event: DeadlineEvent): DeadlineLedger {
  const metAt = moment(ledger.name, 'metAt', rule.metAt, event) ?? event.occurredAt;
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
  const term = termFrom(ledger.name, 'extension.by', rule.extension?.by, event);
  if (term === undefined) return ledger;
  assertAddsUp(ledger, term);
  const judged = event.facts[deadlineFact(ledger.name)];
  const extension: DeadlineExtension = {
    ...changeBy(term, event),
    ...(judged === undefined || judged === null ? {} : { granted: true }),
  };
  return { ...ledger, generation: ledger.generation + 1, extensions: [...ledger.extensions, extension] };
}

function changeTerm(ledger: DeadlineLedger, rule: DeadlineRule, event: DeadlineEvent): DeadlineLedger {
  const term = termFrom(ledger.name, 'changedBy.within', rule.changedBy?.within, event);
  if (term === undefined) return ledger;
  assertSameUnit(ledger.name, unitOf(ledger), term);
  const changes = [...(ledger.changes ?? []), changeBy(term, event)];
  return { ...ledger, generation: ledger.generation + 1, changes };
}

function changeBy({ unit, amount }: Term, event: DeadlineEvent): TermChange {
  const said = event.reason ?? event.data.reason;
  return {
    term: { unit, amount },
    at: event.occurredAt,
    revision: event.revision,
    ...(typeof said === 'string' ? { reason: said } : {}),
  };
}

/** Of each floor only the latest event counts: a term of the same length after it ends last. */
function layFloors(ledger: DeadlineLedger, laid: readonly number[], event: DeadlineEvent): DeadlineLedger {
  let floors = ledger.floors ?? [];
  for (const floor of laid) {
    const before = floors.find((one) => one.floor === floor);
    if (before !== undefined && before.at > event.occurredAt) continue;
    const { type, occurredAt, revision } = event;
    floors = [...floors.filter((one) => one !== before), { floor, event: type, at: occurredAt, revision }];
  }
  return floors === ledger.floors ? ledger : { ...ledger, floors };
}

/** The unit a ledger is counted in; a fixed end without a term is moved in calendar days. */
export function unitOf(ledger: DeadlineLedger): TermUnit {
  return ledger.term?.unit ?? 'calendarDays';
}

function assertSameUnit(name: string, unit: TermUnit, term: Term): void {
  if (term.unit === unit) return;
  const detail = `deadline "${name}" is counted in ${unit}; it cannot become one of ${term.unit}`;
  throw new CaseError({ code: 'TERM_INVALID', detail });
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

function termFrom(
  name: string,
  member: string,
  source: TermSource | undefined,
  input: DeadlineInput,
): Term | undefined {
  return askedOf(name, member, () => {
    const term = typeof source === 'function' ? source(input) : source;
    if (term === undefined) return undefined;
    const problem = termProblem(term);
    if (problem !== undefined) throw new CaseError({ code: 'TERM_INVALID', detail: problem });
    return { unit: term.unit, amount: term.amount };
  });
}

function moment(
  name: string,
  member: string,
  source: ((input: DeadlineInput) => string | undefined) | undefined,
  input: DeadlineInput,
): string | undefined {
  return askedOf(name, member, () => {
    const text = source?.(input);
    if (text === undefined || isDate(text)) return text;
    try {
      parseInstant(text);
    } catch (cause) {
      const detail = `it yields "${text}", neither a date nor an instant with zone`;
      throw new CaseError({ code: 'TERM_INVALID', detail }, { cause });
    }
    return text;
  });
}

/** What a function of a rule says. Whatever it throws is a `TERM_INVALID` that names the deadline and the function. */
function askedOf<Answer>(name: string, member: string, ask: () => Answer): Answer {
  try {
    return ask();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new CaseError({ code: 'TERM_INVALID', detail: `deadline "${name}", ${member}: ${said}` }, { cause });
  }
}
