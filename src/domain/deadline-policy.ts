import { z } from 'zod';
import { CaseError, type InputIssue } from './case-error.js';
import {
  type DeadlineInput,
  type DeadlineRule,
  type DeadlineRules,
  deadlineProblems,
  type TermSource,
} from './deadline.js';
import type { JsonValue } from './event.js';
import { TERM_UNITS, termProblem } from './term.js';

/** Where a value lies in the event: `data.category`, `facts.item.kind`. */
const Path = z.string().regex(/^(data|facts)(\.[A-Za-z][\w-]*)+$/, {
  error: 'a path begins with data. or facts., such as "facts.item.kind"',
});
const Name = z.string().min(1);
const Names = z.array(Name).min(1);
const Source = z.string().trim().min(1, { error: 'name the law and article, or whose policy it is' });
const Title = z.strictObject({ en: Name, zh: Name });

const Term = z.strictObject({ unit: z.enum(TERM_UNITS), amount: z.number() }).superRefine((term, context) => {
  const message = termProblem(term);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** One value for each type of item, of request, of whatever lies at `by`; none for a type that is not listed unless `otherwise` gives it. */
function byType<Value extends z.ZodType>(value: Value) {
  return z.strictObject({
    by: Path,
    of: z.record(Name, value).refine((of) => Object.keys(of).length > 0, { error: 'lists no type' }),
    otherwise: value.optional(),
  });
}

/** A term, one for each type, or so many as the event's data says. */
const TermPolicy = z.union([Term, byType(Term), z.strictObject({ unit: z.enum(TERM_UNITS), amountAt: Path })], {
  error: 'a term is { unit, amount }, { by, of } or { unit, amountAt }',
});

const End = z.strictObject({ events: Names.optional(), states: Names.optional() });

const Rule = z.strictObject({
  title: Title,
  source: Source,
  kind: z.enum(['atMost', 'atLeast', 'window']).optional(),
  from: z.union([Name, Names], { error: 'an event type, or a list of them' }).optional(),
  inState: Names.optional(),
  before: Name.optional(),
  atLeast: Term.optional(),
  deemed: z.strictObject({ after: Name, countsFrom: z.enum(['anchor', 'lapse']).optional() }).optional(),
  until: End.optional(),
  cancelledBy: End.optional(),
  within: TermPolicy.optional(),
  at: Path.optional(),
  notBefore: z
    .array(z.strictObject({ from: z.union([Name, Names]), atLeast: Term, source: Source }))
    .min(1)
    .optional(),
  metAt: Path.optional(),
  pausedWhile: z.union([Names, byType(z.array(Name))], { error: 'states, or { by, of } with states' }).optional(),
  onResume: z
    .union([z.literal('remainder'), z.literal('reset'), z.strictObject({ restart: Term })], {
      error: 'remainder, reset or { restart }',
    })
    .optional(),
  warn: z.array(Term).optional(),
  extension: z.strictObject({ event: Name, max: z.int().min(1), by: TermPolicy, role: Name.optional() }).optional(),
  changedBy: z.strictObject({ event: Name, within: TermPolicy }).optional(),
  whenPassed: z.enum(['late', 'refused']).optional(),
  receivedOnDayOff: z.enum(['asIs', 'nextWorkingDay']).optional(),
  afterHours: z.enum(['sameDay', 'nextWorkingDay']).optional(),
  endOnDayOff: z.enum(['stays', 'rollsForward', 'rollsBack']).optional(),
  limit: z.enum(['statutory', 'promised', 'internal']).optional(),
});

const Policy = z.strictObject({
  /** Whose rules: an id of its own, such as `cn-hotline-12345`. */
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: 'lower-case words and digits joined by dashes' }),
  title: Title,
  /** Administrative division it is in force in (行政区划代码, GB/T 2260); everywhere unless given. */
  division: z
    .string()
    .regex(/^\d{6}$/, { error: 'six digits, as GB/T 2260 has them' })
    .optional(),
  source: Source,
  deadlines: z.record(Name, Rule),
});

/**
 * The deadlines of one place as data, each with its source: a law and article, or an office's policy. JSON: kept, sent
 * and reviewed as a file. `pausedWhile` by type lists what each item's own law lets stop the clock, and nothing else does.
 */
export type DeadlinePolicy = z.infer<typeof Policy>;

type RulePolicy = DeadlinePolicy['deadlines'][string];

type ByType<Value> = {
  readonly by: string;
  readonly of: Readonly<Record<string, Value>>;
  readonly otherwise?: Value | undefined;
};

/**
 * Reads a policy that was parsed from JSON.
 *
 * @param name what the error calls it, such as its file
 * @throws CaseError `POLICY_INVALID` with the path of everything that is wrong
 */
export function readDeadlinePolicy(name: string, input: unknown): DeadlinePolicy {
  const parsed = Policy.safeParse(input);
  if (!parsed.success) throw invalid(name, issuesOf(parsed.error.issues));
  const policy = parsed.data;
  const rules = deadlineRulesOf(policy);
  const issues = Object.keys(rules).flatMap((deadline) =>
    deadlineProblems(rules, deadline).map(
      (message): InputIssue => ({ path: `deadlines.${deadline}`, code: 'custom', message }),
    ),
  );
  if (issues.length > 0) throw invalid(name, issues);
  return policy;
}

/** Reads a policy file's text. @throws CaseError `POLICY_INVALID` */
export function parseDeadlinePolicy(name: string, text: string): DeadlinePolicy {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'it is no JSON';
    throw invalid(name, [{ path: '', code: 'invalid_json', message }], { cause });
  }
  return readDeadlinePolicy(name, input);
}

/**
 * The rules a policy declares, for a workflow's `deadlines`. Whether their events and states exist is asked when the
 * workflow is defined. Give the policy as the workflow's `policy` too: the terms by type are then part of its hash.
 */
export function deadlineRulesOf({ deadlines }: DeadlinePolicy): DeadlineRules {
  return Object.fromEntries(Object.entries(deadlines).map(([name, rule]) => [name, ruleOf(rule)]));
}

function ruleOf(policy: RulePolicy): DeadlineRule {
  const { within, at, metAt, pausedWhile, extension, changedBy, ...rest } = policy;
  return defined<DeadlineRule>({
    ...(rest as Pick<DeadlineRule, 'title' | 'source'>),
    within: within && termSource(within),
    at: at === undefined ? undefined : textAt(at),
    metAt: metAt === undefined ? undefined : textAt(metAt),
    ...pausesOf(pausedWhile),
    extension: extension && defined({ ...extension, by: termSource(extension.by) }),
    changedBy: changedBy && { event: changedBy.event, within: termSource(changedBy.within) },
  });
}

/** The same without the members that are undefined: a rule says what it says and leaves out the rest. */
function defined<Shape extends object>(value: { readonly [Member in keyof Shape]: Shape[Member] | undefined }): Shape {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Shape;
}

function termSource(policy: z.infer<typeof TermPolicy>): TermSource {
  if ('amount' in policy) return policy;
  if ('of' in policy) return (input) => chosen(policy, input);
  const { unit, amountAt } = policy;
  return (input) => {
    const amount = valueAt(amountAt, input);
    return typeof amount === 'number' ? { unit, amount } : undefined;
  };
}

function pausesOf(policy: RulePolicy['pausedWhile']): Pick<DeadlineRule, 'pausedWhile' | 'pausesFor'> {
  if (policy === undefined) return {};
  if (Array.isArray(policy)) return { pausedWhile: policy };
  const every = [...Object.values(policy.of), policy.otherwise ?? []].flat();
  return { pausedWhile: [...new Set(every)], pausesFor: (input) => chosen(policy, input) ?? [] };
}

function chosen<Value>({ by, of, otherwise }: ByType<Value>, input: DeadlineInput): Value | undefined {
  const type = valueAt(by, input);
  return typeof type === 'string' && Object.hasOwn(of, type) ? of[type] : otherwise;
}

function textAt(path: string): (input: DeadlineInput) => string | undefined {
  return (input) => {
    const value = valueAt(path, input);
    return typeof value === 'string' ? value : undefined;
  };
}

function valueAt(path: string, { data, facts }: DeadlineInput): JsonValue | undefined {
  let at: JsonValue | undefined = { data, facts };
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, JsonValue>>)[key];
  }
  return at;
}

/** A policy holds nobody's data, so its paths are told in full; of a choice, what is wrong with the way that was meant. */
function issuesOf(issues: readonly z.core.$ZodIssue[], under: readonly PropertyKey[] = []): readonly InputIssue[] {
  return issues.flatMap((issue) => {
    const path = [...under, ...issue.path];
    const meant = issue.code === 'invalid_union' ? issue.errors.find(isMeant) : undefined;
    if (meant !== undefined) return issuesOf(meant, path);
    return [{ path: path.map(String).join('.'), code: issue.code, message: issue.message }];
  });
}

/** Whether a value was written as this way of a choice has it: with its keys, if not with what belongs there. */
function isMeant(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.every(({ path }) => path.length > 0);
}

function invalid(policy: string, issues: readonly InputIssue[], options?: ErrorOptions): CaseError {
  return new CaseError({ code: 'POLICY_INVALID', policy, issues }, options);
}
