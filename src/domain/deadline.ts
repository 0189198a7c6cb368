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
  /** `atMost` (default): late after it. `atLeast`: a floor, too early before its last day. `window`: may be done until then, lapses after. */
  readonly kind?: 'atMost' | 'atLeast' | 'window';
  /** The event types that anchor it. The day of the event is not counted. */
  readonly from: string | readonly string[];
  /** What meets it. */
  readonly until: DeadlineEnd;
  /** What ends it without meeting it, such as a withdrawal. */
  readonly cancelledBy?: DeadlineEnd;
  /** How long it is. A function that says undefined means that this deadline does not apply to the case. */
  readonly within?: TermSource;
  /** Where the anchoring event's data names the end itself: an instant, or a date (its close of business). Goes before `within`. */
  readonly at?: (input: DeadlineInput) => string | undefined;
  /** Where the meeting event's data names the instant (or date) of completion; otherwise it is when the event happened. */
  readonly metAt?: (input: DeadlineInput) => string | undefined;
  /** States (paths, each with all below it) in which the clock stops. */
  readonly pausedWhile?: readonly string[];
  /** What follows a pause. `remainder` (default): the rest carries on. `reset`: the term starts over. `restart`: it starts over with another term. */
  readonly onResume?: 'remainder' | 'reset' | { readonly restart: Term };
  /** How long before the end it counts as near. Not in months. */
  readonly warn?: readonly Term[];
  /** How long after the end a limit is reported again while it is still not met, such as five working days over. Not in months. */
  readonly overdueRungs?: readonly Term[];
  /** An event that makes it longer: before expiry only, at most `max` times, each time by `by`. */
  readonly extension?: {
    readonly event: string;
    readonly max: number;
    readonly by: TermSource;
    /** Who may: the role the law names. */
    readonly role?: string;
  };
  /** Received on a day off: `asIs` (default) counts from that day; `nextWorkingDay` as if received on the next working day. */
  readonly receivedOnDayOff?: 'asIs' | 'nextWorkingDay';
  /** Received after close of business: `sameDay` (default), or as if received on the next working day. */
  readonly afterHours?: 'sameDay' | 'nextWorkingDay';
  /** A term in calendar days or months, or a date, that ends on a day off: it `stays` (default), or rolls forward to the next working day. */
  readonly endOnDayOff?: 'stays' | 'rollsForward';
  /** Whose limit it is; on-time figures say which they count. `statutory` unless given. */
  readonly limit?: 'statutory' | 'promised' | 'internal';
  /** Law and article, or whose policy. */
  readonly source: string;
};

/** A workflow's deadlines by name. */
export type DeadlineRules = Readonly<Record<string, DeadlineRule>>;

/** Choices a rule may make, for rules that come from data rather than through the type checker. */
const CHOICES = {
  kind: ['atMost', 'atLeast', 'window'],
  receivedOnDayOff: ['asIs', 'nextWorkingDay'],
  afterHours: ['sameDay', 'nextWorkingDay'],
  endOnDayOff: ['stays', 'rollsForward'],
  limit: ['statutory', 'promised', 'internal'],
} as const;

/** The event types of `from`, always as a list. */
export function anchorsOf(rule: DeadlineRule): readonly string[] {
  return typeof rule.from === 'string' ? [rule.from] : rule.from;
}

/** What is wrong with a workflow's deadlines, in sentences; nothing when they are valid. States are not checked: the rules do not know the machine. */
export function validateDeadlineRules(rules: DeadlineRules, knownEvents: readonly string[]): readonly string[] {
  return Object.entries(rules).flatMap(([name, rule]) =>
    ruleProblems(name, rule, new Set(knownEvents)).map((problem) => `deadline "${name}": ${problem}`),
  );
}

/** Every state path the rules name, for whoever knows the machine. */
export function statesNamed(rules: DeadlineRules): readonly string[] {
  const states = Object.values(rules).flatMap((rule) => [
    ...(rule.until.states ?? []),
    ...(rule.cancelledBy?.states ?? []),
    ...(rule.pausedWhile ?? []),
  ]);
  return [...new Set(states)];
}

function ruleProblems(name: string, rule: DeadlineRule, known: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const anchors = anchorsOf(rule);
  const ends = [...(rule.until.events ?? []), ...(rule.cancelledBy?.events ?? [])];

  if (name === '' || name in {}) problems.push('has a name that cannot be used');
  if (!rule.title?.en || !rule.title?.zh) problems.push('wants a title in English and Chinese');
  if (!rule.source) problems.push('names no source');
  if (anchors.length === 0) problems.push('has no anchoring event');
  if (isEmpty(rule.until)) problems.push('has nothing that meets it');
  if (rule.cancelledBy !== undefined && isEmpty(rule.cancelledBy)) problems.push('cancelledBy names nothing');
  if (rule.within === undefined && rule.at === undefined) problems.push('has neither a term (within) nor a date (at)');

  for (const event of new Set([...anchors, ...ends, ...(rule.extension ? [rule.extension.event] : [])])) {
    if (!known.has(event)) problems.push(`names the unknown event "${event}"`);
  }
  for (const event of new Set(ends)) {
    if (anchors.includes(event)) problems.push(`"${event}" both anchors and ends it`);
  }
  for (const event of rule.until.events ?? []) {
    if (rule.cancelledBy?.events?.includes(event)) problems.push(`"${event}" both meets and cancels it`);
  }

  for (const [choice, allowed] of Object.entries(CHOICES)) {
    const chosen = rule[choice as keyof typeof CHOICES];
    if (chosen !== undefined && !(allowed as readonly string[]).includes(chosen)) {
      problems.push(`${choice} is one of ${allowed.join(', ')}, not "${chosen}"`);
    }
  }

  problems.push(...sourceProblems('within', rule.within));
  problems.push(...(rule.warn ?? []).flatMap((term) => sourceProblems('warn', term)));
  if (rule.warn?.some(({ unit }) => unit === 'months')) problems.push('warn cannot be in months');
  problems.push(...overdueRungProblems(rule));

  if (rule.onResume !== undefined && !rule.pausedWhile?.length) problems.push('has onResume but nothing pauses it');
  if (typeof rule.onResume === 'object') {
    problems.push(...sourceProblems('onResume.restart', rule.onResume.restart));
    problems.push(...mixProblems('onResume.restart', rule.within, rule.onResume.restart));
  } else if (rule.onResume !== undefined && rule.onResume !== 'remainder' && rule.onResume !== 'reset') {
    problems.push(`onResume is remainder, reset or { restart }, not "${String(rule.onResume)}"`);
  }
  if (rule.extension !== undefined) {
    const { event, max, by } = rule.extension;
    if (!Number.isInteger(max) || max < 1) problems.push(`extension.max is a whole number from 1, not ${max}`);
    if (anchors.includes(event) || ends.includes(event))
      problems.push(`"${event}" both extends and anchors or ends it`);
    problems.push(...sourceProblems('extension.by', by), ...mixProblems('extension.by', rule.within, by));
  }
  return problems;
}

function overdueRungProblems({ kind = 'atMost', overdueRungs = [] }: DeadlineRule): string[] {
  const problems = overdueRungs.flatMap((term) => sourceProblems('overdueRungs', term));
  if (overdueRungs.length > 0 && kind !== 'atMost') problems.push(`has overdueRungs, but ${kind} is never overdue`);
  if (overdueRungs.some(({ unit }) => unit === 'months')) problems.push('overdueRungs cannot be in months');
  if (overdueRungs.some(({ amount }) => amount === 0)) problems.push('overdueRungs: 0 over is the end itself');
  return problems;
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
