import type { JsonObject, JsonValue } from './event.js';
import { addUp, type Term, termProblem } from './term.js';
import type { Title } from './title.js';

/** What a deadline may look at when an event anchors, meets or extends it: the event's own data and the facts recorded with it. */
export type DeadlineInput = {
  readonly data: JsonObject;
  /** Facts by name, as they were when the event was decided. */
  readonly facts: Readonly<Record<string, JsonValue>>;
};

/** A term, or how to tell it from the event. */
export type TermSource = Term | ((input: DeadlineInput) => Term | undefined);

/** `atMost`: late after it. `atLeast`: a floor, refused before its last day. `window`: may be done until then. `before`: counted back from another deadline. */
export type DeadlineKind = 'atMost' | 'atLeast' | 'window' | 'before';

/** What a deadline turns into that passes unmet. A floor's day is simply `reached`. */
export type Passing = 'overdue' | 'lapsed' | 'reached';

/** What ends a deadline: one of these events happens, or the case is in one of these states (paths, each with all below it) after any event. */
export type DeadlineEnd = { readonly events?: readonly string[]; readonly states?: readonly string[] };

/**
 * One deadline beside a machine. A declaration says everything: what it leaves out has the default named here, and
 * nothing is guessed from the data.
 *
 * Each anchoring event starts it anew, whether it was running or not.
 */
export type DeadlineRule = {
  readonly title: Title;
  /** `atMost` (default): late after it. `atLeast`: a floor; the engine refuses what would meet it before its last day. `window`: may be done until then. */
  readonly kind?: 'atMost' | 'atLeast' | 'window';
  /** The event types that anchor it. The day of the event is not counted. Left out where `inState`, `before` or `deemed` says what begins it. */
  readonly from?: string | readonly string[];
  /** A step's own limit: begun whenever the case comes into one of these states (paths, each with all below it), met when it leaves them. In place of `from` and `until`. */
  readonly inState?: readonly string[];
  /**
   * Counted back from the end of another deadline of the case, by `atLeast`: the last day on which it may be done. It
   * begins with that deadline, moves when that moves and is cancelled with it. In place of `from` and `within`.
   */
  readonly before?: string;
  /** How long before the end of `before`, whose day is not counted. */
  readonly atLeast?: Term;
  /**
   * Begins without an event of its own when the deadline `after` (an `atMost`) passes unmet, counted from that one's anchor
   * (default) or from where it lapsed. Never stored: asked at the instant in question. An event of `from` that comes
   * afterwards changes nothing of it; one that comes in time anchors as usual. Its term is asked of the event that
   * anchors `after`.
   */
  readonly deemed?: { readonly after: string; readonly countsFrom?: 'anchor' | 'lapse' };
  /** What meets it. */
  readonly until?: DeadlineEnd;
  /** What ends it without meeting it, such as a withdrawal. With `inState`, an event only where it leads out of the state. */
  readonly cancelledBy?: DeadlineEnd;
  /** How long it is. A function that says undefined means that this deadline does not apply to the case. */
  readonly within?: TermSource;
  /** Where the anchoring event's data names the end itself: an instant, or a date (its close of business). Goes before `within`. */
  readonly at?: (input: DeadlineInput) => string | undefined;
  /** Floors under the end: it is never so soon after one of these events. One that comes after the end moves nothing. */
  readonly notBefore?: readonly EndFloor[];
  /** Where the meeting event's data names the instant (or date) of completion; otherwise it is when the event happened. */
  readonly metAt?: (input: DeadlineInput) => string | undefined;
  /** States (paths, each with all below it) in which the clock stops. */
  readonly pausedWhile?: readonly string[];
  /** Which of them stop it in this case, asked of the anchoring event: what the item's own law lists. All, unless given. */
  readonly pausesFor?: (input: DeadlineInput) => readonly string[];
  /** What follows a pause. `remainder` (default): the rest carries on. `reset`: the term starts over. `restart`: it starts over with another, longer, term. */
  readonly onResume?: 'remainder' | 'reset' | { readonly restart: Term };
  /** How long before the end it counts as near. Not in months. */
  readonly warn?: readonly Term[];
  /** How long after the end a limit is reported again while it is still not met, such as five working days over. Not in months. */
  readonly overdueRungs?: readonly Term[];
  /** An event that makes it longer: before expiry only, at most `max` times, each time by `by`. The engine refuses any other. */
  readonly extension?: {
    readonly event: string;
    readonly max: number;
    readonly by: TermSource;
    /** Who may: the role the law names. */
    readonly role?: string;
  };
  /** An event that gives it another term, in the same unit, from the same anchor: pauses and extensions stay. After the end it changes nothing. */
  readonly changedBy?: { readonly event: string; readonly within: TermSource };
  /** What the engine does with an event that would meet a window or a `before` after its end: it counts as `late` (default), or is `refused`. */
  readonly whenPassed?: 'late' | 'refused';
  /** Received on a day off: `asIs` (default) counts from that day; `nextWorkingDay` as if received on the next working day. */
  readonly receivedOnDayOff?: 'asIs' | 'nextWorkingDay';
  /** Received after close of business: `sameDay` (default), or as if received on the next working day. */
  readonly afterHours?: 'sameDay' | 'nextWorkingDay';
  /** A term in calendar days or months, or a date, that ends on a day off: it `stays` (default), or rolls forward to the next working day; one that is counted back rolls back to the one before. */
  readonly endOnDayOff?: 'stays' | 'rollsForward' | 'rollsBack';
  /** Whose limit it is; on-time figures say which they count. `statutory` unless given. */
  readonly limit?: 'statutory' | 'promised' | 'internal';
  /** Law and article, or whose policy. */
  readonly source: string;
  /** The rule that `before` or `deemed.after` names. Set by {@link linkDeadlineRules}, never by an author. */
  readonly linked?: DeadlineRule;
};

/** So long after one of these events at the soonest, and who says so. */
export type EndFloor = { readonly from: string | readonly string[]; readonly atLeast: Term; readonly source: string };

/** A workflow's deadlines by name. */
export type DeadlineRules = Readonly<Record<string, DeadlineRule>>;

/** Choices a rule may make, for rules that come from data rather than through the type checker. */
const CHOICES = {
  kind: ['atMost', 'atLeast', 'window'],
  whenPassed: ['late', 'refused'],
  receivedOnDayOff: ['asIs', 'nextWorkingDay'],
  afterHours: ['sameDay', 'nextWorkingDay'],
  endOnDayOff: ['stays', 'rollsForward', 'rollsBack'],
  limit: ['statutory', 'promised', 'internal'],
} as const;

/** Which of the four kinds of term a rule declares. */
export function kindOf(rule: Pick<DeadlineRule, 'kind' | 'before'>): DeadlineKind {
  return rule.before === undefined ? (rule.kind ?? 'atMost') : 'before';
}

/** What it means that a deadline passes unmet: too late, no longer possible, or possible from now on. */
export function passingOf(rule: DeadlineRule): Passing {
  switch (kindOf(rule)) {
    case 'atMost':
      return 'overdue';
    case 'before':
      return rule.whenPassed === 'refused' ? 'lapsed' : 'overdue';
    case 'window':
      return 'lapsed';
    case 'atLeast':
      return 'reached';
  }
}

/** The event types of `from`, always as a list. */
export function anchorsOf(rule: DeadlineRule): readonly string[] {
  return listed(rule.from);
}

/** The event types of a floor under an end, always as a list. */
export function floorEvents({ from }: EndFloor): readonly string[] {
  return listed(from);
}

/** The deadline a rule depends on: the one it counts back from, or the one whose passing begins it. */
export function dependsOn(rule: DeadlineRule): string | undefined {
  return rule.before ?? rule.deemed?.after;
}

/** Names of the rules, each after the one it depends on. Rules that depend on one another in a circle come last, in the order given. */
export function inOrderOfDependence(rules: DeadlineRules): readonly string[] {
  const placed = new Set<string>();
  const place = (name: string, under: readonly string[]): void => {
    if (placed.has(name) || under.includes(name) || !Object.hasOwn(rules, name)) return;
    const other = dependsOn(rules[name]!);
    if (other !== undefined) place(other, [...under, name]);
    placed.add(name);
  };
  for (const name of Object.keys(rules)) place(name, []);
  return [...placed];
}

/**
 * The rules with each one that depends on another linked to it, so that a due date needs no more than its own rule.
 * Expects rules without problems.
 */
export function linkDeadlineRules(rules: DeadlineRules): DeadlineRules {
  if (Object.values(rules).every((rule) => dependsOn(rule) === undefined)) return rules;
  const linked: Record<string, DeadlineRule> = { ...rules };
  for (const name of inOrderOfDependence(rules)) {
    const other = dependsOn(rules[name]!);
    if (other !== undefined) linked[name] = { ...rules[name]!, linked: linked[other]! };
  }
  return linked;
}

/** What is wrong with a workflow's deadlines, in sentences; nothing when they are valid. States are not checked: the rules do not know the machine. */
export function validateDeadlineRules(rules: DeadlineRules, knownEvents: readonly string[]): readonly string[] {
  return Object.keys(rules).flatMap((name) =>
    deadlineProblems(rules, name, knownEvents).map((problem) => `deadline "${name}": ${problem}`),
  );
}

/** What is wrong with one of them; `knownEvents` left out, whether its events exist is not asked. */
export function deadlineProblems(
  rules: DeadlineRules,
  name: string,
  knownEvents?: readonly string[],
): readonly string[] {
  const rule = rules[name]!;
  const known = knownEvents === undefined ? undefined : new Set(knownEvents);
  return [...ruleProblems(name, rule, known), ...dependenceProblems(name, rule, rules)];
}

/** Every state path the rules name, for whoever knows the machine. */
export function statesNamed(rules: DeadlineRules): readonly string[] {
  const states = Object.values(rules).flatMap((rule) => [
    ...(rule.until?.states ?? []),
    ...(rule.cancelledBy?.states ?? []),
    ...(rule.pausedWhile ?? []),
    ...(rule.inState ?? []),
  ]);
  return [...new Set(states)];
}

function ruleProblems(name: string, rule: DeadlineRule, known: ReadonlySet<string> | undefined): string[] {
  return [
    ...wordProblems(name, rule),
    ...beginningProblems(rule),
    ...eventProblems(rule, known),
    ...choiceProblems(rule),
    ...termProblems(rule),
    ...pauseProblems(rule),
    ...kindProblems(rule),
  ];
}

function wordProblems(name: string, rule: DeadlineRule): string[] {
  const problems: string[] = [];
  if (name === '' || name in {}) problems.push('has a name that cannot be used');
  if (!rule.title?.en || !rule.title?.zh) problems.push('wants a title in English and Chinese');
  if (!rule.source) problems.push('names no source');
  if (rule.notBefore?.some(({ source }) => !source)) problems.push('notBefore names no source');
  if (rule.linked !== undefined) problems.push('has linked, which is not for a declaration to give');
  return problems;
}

/** A rule says once what begins it: an event, a state, or another deadline. */
function beginningProblems(rule: DeadlineRule): string[] {
  const problems: string[] = [];
  const anchors = anchorsOf(rule);
  const { inState, before, atLeast, deemed } = rule;
  if (rule.cancelledBy !== undefined && isEmpty(rule.cancelledBy)) problems.push('cancelledBy names nothing');

  if (inState !== undefined) {
    if (inState.length === 0) problems.push('inState names no state');
    for (const other of ['from', 'until', 'before', 'deemed'] as const) {
      if (rule[other] !== undefined) problems.push(`has both inState and ${other}`);
    }
  } else {
    if (isEmpty(rule.until)) problems.push('has nothing that meets it');
    if (anchors.length === 0 && before === undefined && deemed === undefined) problems.push('has no anchoring event');
  }

  if (before !== undefined) {
    if (atLeast === undefined) problems.push('is counted back (before) but not by how much (atLeast)');
    else if (atLeast.amount === 0) problems.push('atLeast is counted back by nothing');
    for (const other of [
      'from',
      'within',
      'at',
      'kind',
      'deemed',
      'notBefore',
      'extension',
      'changedBy',
      'pausedWhile',
    ] as const) {
      if (rule[other] !== undefined) problems.push(`has both before and ${other}`);
    }
    if (rule.endOnDayOff === 'rollsForward') problems.push('is counted back: its end rolls back, not forward');
    return problems;
  }
  if (atLeast !== undefined) problems.push('has atLeast without before; a floor has kind "atLeast" and within');
  if (rule.endOnDayOff === 'rollsBack') problems.push('is not counted back: its end rolls forward, not back');
  if (rule.within === undefined && rule.at === undefined) problems.push('has neither a term (within) nor a date (at)');
  return problems;
}

function eventProblems(rule: DeadlineRule, known: ReadonlySet<string> | undefined): string[] {
  const problems: string[] = [];
  const anchors = anchorsOf(rule);
  const ends = [...(rule.until?.events ?? []), ...(rule.cancelledBy?.events ?? [])];
  const changing = [rule.extension?.event, rule.changedBy?.event].filter((event) => event !== undefined);
  const floors = (rule.notBefore ?? []).flatMap(floorEvents);

  for (const event of new Set([...anchors, ...ends, ...changing, ...floors])) {
    if (known?.has(event) === false) problems.push(`names the unknown event "${event}"`);
  }
  for (const event of new Set(ends)) {
    if (anchors.includes(event)) problems.push(`"${event}" both anchors and ends it`);
  }
  for (const event of rule.until?.events ?? []) {
    if (rule.cancelledBy?.events?.includes(event)) problems.push(`"${event}" both meets and cancels it`);
  }
  for (const [what, event] of [
    ['extends', rule.extension?.event],
    ['changes', rule.changedBy?.event],
  ] as const) {
    if (event === undefined) continue;
    if (anchors.includes(event) || ends.includes(event))
      problems.push(`"${event}" both ${what} and anchors or ends it`);
  }
  if (rule.extension !== undefined && rule.extension.event === rule.changedBy?.event) {
    problems.push(`"${rule.extension.event}" both extends and changes it`);
  }
  return problems;
}

function choiceProblems(rule: DeadlineRule): string[] {
  const problems: string[] = [];
  for (const [choice, allowed] of Object.entries(CHOICES)) {
    const chosen = rule[choice as keyof typeof CHOICES];
    if (chosen !== undefined && !(allowed as readonly string[]).includes(chosen)) {
      problems.push(`${choice} is one of ${allowed.join(', ')}, not "${chosen}"`);
    }
  }
  const { countsFrom = 'anchor' } = rule.deemed ?? {};
  if (countsFrom !== 'anchor' && countsFrom !== 'lapse') {
    problems.push(`deemed.countsFrom is one of anchor, lapse, not "${String(countsFrom)}"`);
  }
  return problems;
}

function overdueRungProblems(rule: DeadlineRule): string[] {
  const { overdueRungs = [] } = rule;
  const problems = overdueRungs.flatMap((term) => sourceProblems('overdueRungs', term));
  if (overdueRungs.length > 0 && passingOf(rule) !== 'overdue')
    problems.push(`has overdueRungs, but is never overdue (${kindOf(rule)})`);
  if (overdueRungs.some(({ unit }) => unit === 'months')) problems.push('overdueRungs cannot be in months');
  if (overdueRungs.some(({ amount }) => amount === 0)) problems.push('overdueRungs: 0 over is the end itself');
  return problems;
}

function termProblems(rule: DeadlineRule): string[] {
  const problems = [
    ...sourceProblems('within', rule.within),
    ...sourceProblems('atLeast', rule.atLeast),
    ...(rule.warn ?? []).flatMap((term) => sourceProblems('warn', term)),
    ...(rule.notBefore ?? []).flatMap(({ atLeast }) => sourceProblems('notBefore', atLeast)),
  ];
  if (rule.warn?.some(({ unit }) => unit === 'months')) problems.push('warn cannot be in months');
  problems.push(...overdueRungProblems(rule));
  for (const { from } of rule.notBefore ?? []) if (listed(from).length === 0) problems.push('notBefore names no event');
  if (rule.extension !== undefined) {
    const { max, by } = rule.extension;
    if (!Number.isInteger(max) || max < 1) problems.push(`extension.max is a whole number from 1, not ${max}`);
    problems.push(...sourceProblems('extension.by', by), ...mixProblems('extension.by', rule.within, by));
  }
  if (rule.changedBy !== undefined) {
    const { within } = rule.changedBy;
    problems.push(...sourceProblems('changedBy.within', within));
    if (typeof within === 'object' && typeof rule.within === 'object' && within.unit !== rule.within.unit) {
      problems.push(`changedBy.within is in ${within.unit} while the term is in ${rule.within.unit}`);
    }
  }
  return problems;
}

function pauseProblems(rule: DeadlineRule): string[] {
  const problems: string[] = [];
  const { onResume } = rule;
  if (onResume !== undefined && !rule.pausedWhile?.length) problems.push('has onResume but nothing pauses it');
  if (rule.pausesFor !== undefined && !rule.pausedWhile?.length) problems.push('has pausesFor but no pausedWhile');
  if (typeof onResume === 'object') {
    problems.push(...sourceProblems('onResume.restart', onResume.restart));
    problems.push(...mixProblems('onResume.restart', rule.within, onResume.restart));
    const { within } = rule;
    if (
      typeof within === 'object' &&
      within.unit === onResume.restart.unit &&
      within.amount > onResume.restart.amount
    ) {
      problems.push('onResume.restart is shorter than the term: a pause takes no time away');
    }
  } else if (onResume !== undefined && onResume !== 'remainder' && onResume !== 'reset') {
    problems.push(`onResume is remainder, reset or { restart }, not "${String(onResume)}"`);
  }
  return problems;
}

/** What the engine refuses it must know from the event's name. */
function kindProblems(rule: DeadlineRule): string[] {
  const kind = kindOf(rule);
  const problems: string[] = [];
  if (rule.whenPassed !== undefined && kind !== 'window' && kind !== 'before') {
    problems.push(`whenPassed is for a window or one that is counted back, not for ${kind}`);
  }
  if (isEnforced(rule) && (rule.inState !== undefined || rule.until?.states?.length)) {
    problems.push('refuses what comes at the wrong time: name the events that meet it, not states');
  }
  return problems;
}

/** Whether the engine refuses an event that would meet it at the wrong time. */
export function isEnforced(rule: DeadlineRule): boolean {
  return kindOf(rule) === 'atLeast' || rule.whenPassed === 'refused';
}

function dependenceProblems(name: string, rule: DeadlineRule, rules: DeadlineRules): string[] {
  const problems: string[] = [];
  for (const [member, other] of [
    ['before', rule.before],
    ['deemed.after', rule.deemed?.after],
  ] as const) {
    if (other === undefined) continue;
    if (!Object.hasOwn(rules, other)) problems.push(`${member} names the deadline "${other}", which is not there`);
    else if (leadsTo(other, name, rules)) problems.push(`${member} names "${other}", which depends on it`);
    else if (member === 'deemed.after' && kindOf(rules[other]!) !== 'atMost') {
      problems.push(`deemed.after names "${other}", which is no limit (atMost)`);
    } else if (rules[other]!.deemed !== undefined) {
      problems.push(`${member} names "${other}", which may itself begin without an event`);
    }
  }
  return problems;
}

function leadsTo(from: string, name: string, rules: DeadlineRules): boolean {
  const seen = new Set<string>();
  for (let at: string | undefined = from; at !== undefined && !seen.has(at); ) {
    if (at === name) return true;
    seen.add(at);
    at = Object.hasOwn(rules, at) ? dependsOn(rules[at]!) : undefined;
  }
  return false;
}

function listed(events: string | readonly string[] | undefined): readonly string[] {
  if (events === undefined) return [];
  return typeof events === 'string' ? [events] : events;
}

function isEmpty(end: DeadlineEnd | undefined): boolean {
  return !end?.events?.length && !end?.states?.length;
}

function sourceProblems(where: string, source: TermSource | undefined): string[] {
  if (source === undefined || typeof source === 'function') return [];
  const problem = termProblem(source);
  return problem === undefined ? [] : [`${where}: ${problem}`];
}

function mixProblems(where: string, term: TermSource | undefined, other: TermSource): string[] {
  if (typeof term !== 'object' || typeof other !== 'object' || addUp(term.unit, other.unit)) return [];
  return [`${where} is in ${other.unit} while the term is in ${term.unit}: hours and days do not add up`];
}
