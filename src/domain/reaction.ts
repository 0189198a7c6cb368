import { BUILT_IN_EVENTS, isBuiltInEvent } from './built-in-events.js';
import { CaseError } from './case-error.js';
import { IMPURE } from './definition-check.js';
import type { JsonObject, RecordedEvent } from './event.js';
import type { Title } from './title.js';
import type { CaseLabels, Workflow } from './workflow.js';
import type { WorkflowRegistry } from './workflow-registry.js';

/** Stands for every workflow there is, among what a reaction listens to. */
export const EVERY_WORKFLOW = '*';

/** An event without its personal fields. */
export type PublicEvent = Omit<RecordedEvent, 'position'>;

/** What a reaction is given: an event it listens to, and the case as that event left it. */
export type ReactionCause = {
  readonly event: PublicEvent;
  readonly caseId: string;
  /** The definition the case is under after the event. */
  readonly workflow: Workflow;
  /** As {@link stateName} writes it. */
  readonly state: string;
  readonly labels: CaseLabels;
  /** Whether the case has reached its end. */
  readonly closed: boolean;
  /** The case's events from the first up to and including this one. */
  readonly history: readonly PublicEvent[];
};

/**
 * A command on another case. `open` starts a case and is refused where there is one; `send` wants one that is open;
 * `openOrSend` starts the case where there is none and else sends the same events to it.
 */
export type ReactionCommand = {
  readonly workflow: string;
  /** The case's id, or what it is derived from: the same parts name the same case. */
  readonly caseId: string | { readonly derivedFrom: readonly string[] };
  readonly mode: 'open' | 'send' | 'openOrSend';
  readonly events: readonly { readonly type: string; readonly data: JsonObject }[];
  readonly reason?: string;
};

export type ReactionTrigger = {
  /** A workflow's name, or {@link EVERY_WORKFLOW}. */
  readonly workflow: string;
  /** Event types, built-in ones included. */
  readonly events: readonly string[];
};

/**
 * What an author writes: a process manager (流程联动), which turns events of one case into commands on others.
 *
 * What was taken over from a log (recorded by an importer) is reacted to nowhere: it was dealt with where it happened.
 */
export type Reaction = {
  /** Lower-case words joined by dashes. Names its commands for ever: a reaction that means something else has another name. */
  readonly name: string;
  /** Raised when `react` changes; recorded with what comes of it. What was done under an earlier version stays done. */
  readonly version: number;
  readonly title: Title;
  readonly on: readonly ReactionTrigger[];
  /** Whether it is given every later event of a case as well, once one of `on` has happened to it, until the case closes. */
  readonly follows?: boolean;
  /** What its commands may hold: target workflow → event types. */
  readonly sends: Readonly<Record<string, readonly string[]>>;
  /** The system role its commands are sent in: one of the target's, which reaches the whole ledger. */
  readonly role: string;
  /** Pure: it is run again whenever the outcome is in doubt, and must then answer the same. */
  readonly react: (cause: ReactionCause) => readonly ReactionCommand[];
};

const REACTION_NAME = /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;

/** Gives a reaction its type. Checked when a ledger is opened with it. */
export function defineReaction(reaction: Reaction): Reaction {
  return reaction;
}

/** The account a reaction's commands are recorded under. */
export function reactionActor(name: string): string {
  return `reaction:${name}`;
}

/** Whether an event is one of those that cause a reaction. */
export function triggers({ on }: Pick<Reaction, 'on'>, event: Pick<RecordedEvent, 'type' | 'metadata'>): boolean {
  const { name } = event.metadata.workflow;
  return on.some(
    ({ workflow, events }) => (workflow === EVERY_WORKFLOW || workflow === name) && events.includes(event.type),
  );
}

/**
 * Checks reactions against the workflows they join.
 *
 * @throws CaseError `REACTION_INVALID` with every problem found: two of one name, workflows or events that do not exist,
 *   events that the role may not send, a role that does not reach the whole ledger
 */
export function checkReactions(reactions: readonly Reaction[], registry: WorkflowRegistry): void {
  const names = new Set<string>();
  for (const reaction of reactions) {
    const problems = reactionProblems(reaction, registry);
    if (names.has(reaction.name)) problems.push('another reaction has its name');
    names.add(reaction.name);
    if (problems.length > 0) throw new CaseError({ code: 'REACTION_INVALID', reaction: reaction.name, problems });
  }
}

function reactionProblems(reaction: Reaction, registry: WorkflowRegistry): string[] {
  const { name, version, title, on, sends, role, react } = reaction;
  const problems: string[] = [];
  if (!REACTION_NAME.test(name)) problems.push(`the name "${name}" must be lower-case words joined by dashes`);
  if (!Number.isInteger(version) || version < 1)
    problems.push(`the version must be a whole number from 1, got ${version}`);
  if (!title?.en?.trim() || !title.zh?.trim()) problems.push('it lacks an English or a Chinese title');
  if (IMPURE.test(react.toString())) problems.push('it reaches outside its arguments');
  if (on.length === 0) problems.push('it listens to nothing');
  if (Object.keys(sends).length === 0) problems.push('it sends nothing');
  for (const trigger of on) problems.push(...triggerProblems(trigger, registry));
  for (const [workflow, types] of Object.entries(sends))
    problems.push(...targetProblems(workflow, types, role, registry));
  return problems;
}

function triggerProblems({ workflow, events }: ReactionTrigger, registry: WorkflowRegistry): string[] {
  const every = workflow === EVERY_WORKFLOW;
  if (!every && !registry.names().includes(workflow))
    return [`it listens to the workflow "${workflow}", which is not registered`];
  const versions = registry.all().filter((one) => every || one.name === workflow);
  const unknown = events.filter(
    (type) => !isBuiltInEvent(type) && !versions.some((one) => Object.hasOwn(one.events, type)),
  );
  return [
    ...(events.length === 0 ? [`it listens to no event of "${workflow}"`] : []),
    ...unknown.map(
      (type) =>
        `it listens to "${type}", which is neither an event of ${every ? 'any workflow' : `"${workflow}"`} nor one of ${Object.keys(BUILT_IN_EVENTS).join(', ')}`,
    ),
  ];
}

function targetProblems(name: string, types: readonly string[], role: string, registry: WorkflowRegistry): string[] {
  if (!registry.names().includes(name)) return [`it sends to the workflow "${name}", which is not registered`];
  const workflow = registry.current(name);
  const problems = types.flatMap((type) => {
    const event = Object.hasOwn(workflow.events, type) ? workflow.events[type] : undefined;
    if (!event) return [`it sends "${type}", which is no event of "${name}"`];
    return event.roles.includes(role) ? [] : [`"${type}" of "${name}" may not be sent by "${role}"`];
  });
  if (types.length === 0) problems.push(`it sends nothing to "${name}"`);
  if (workflow.roles[role]?.scope !== 'ledger')
    problems.push(`its role "${role}" must be one of "${name}" that reaches the whole ledger`);
  return problems;
}

/**
 * A reaction's own commands, as they may be sent.
 *
 * @throws CaseError `REACTION_INVALID` when it yields what it did not declare
 */
export function commandsOf(reaction: Reaction, cause: ReactionCause): readonly ReactionCommand[] {
  const commands = reaction.react(cause);
  const problems = commands.flatMap(({ workflow, events }) => {
    const declared = Object.hasOwn(reaction.sends, workflow) ? reaction.sends[workflow] : undefined;
    if (!declared) return [`it yields a command on "${workflow}", which it does not declare`];
    if (events.length === 0) return [`it yields a command on "${workflow}" without an event`];
    return events
      .filter(({ type }) => !declared.includes(type))
      .map(({ type }) => `it yields "${type}" for "${workflow}", which it does not declare`);
  });
  if (problems.length > 0) throw new CaseError({ code: 'REACTION_INVALID', reaction: reaction.name, problems });
  return commands;
}
