import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { z } from 'zod';
import { isBuiltInEvent } from './built-in-events.js';
import { statesNamed, validateDeadlineRules } from './deadline.js';
import { DEADLINE_FACT } from './deadline-ledger.js';
import { guardMembers, guardNames, nodePath, nodeTransitions, stateNodes } from './machine-parts.js';
import type { Title } from './title.js';
import type { WorkflowSource } from './workflow-source.js';

const WORKFLOW_NAME = /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;
const EVENT_TYPE = /^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)+$/;
const PURE_ACTIONS = new Set(['xstate.assign', 'xstate.raise']);
/** Words that reach outside a function's arguments; a machine that has them cannot be replayed. */
export const IMPURE =
  /\b(Date\.now|new Date\(\s*\)|Math\.random|performance\.now|randomUUID|process\.|fetch\(|setTimeout|setInterval|spawn\b|spawnChild|await\b)/;

/** Everything wrong with a definition, as sentences; empty when it may be registered. */
export function definitionProblems(source: WorkflowSource): string[] {
  return [
    ...nameProblems(source),
    ...machineProblems(source.machine),
    ...eventProblems(source),
    ...guardProblems(source),
    ...titleProblems(source),
    ...validateDeadlineRules(source.deadlines ?? {}, Object.keys(source.events)),
    ...deadlineStateProblems(source),
    ...extensionProblems(source),
  ];
}

function nameProblems({ name, version }: WorkflowSource): string[] {
  const problems: string[] = [];
  if (!WORKFLOW_NAME.test(name)) problems.push(`the name "${name}" must be lower-case words joined by dashes`);
  if (!Number.isInteger(version) || version < 1)
    problems.push(`the version must be a whole number from 1, got ${version}`);
  return problems;
}

function machineProblems(machine: AnyStateMachine): string[] {
  const problems: string[] = [];
  for (const node of [machine.root, ...stateNodes(machine)]) {
    const where = nodePath(node) || 'the machine';
    if (node.invoke.length > 0) problems.push(`${where} has "invoke": an effect cannot be replayed`);
    if (node.after.length > 0 || node.config.after)
      problems.push(`${where} has "after": a machine never waits, a deadline does`);
    const actions = [...node.entry, ...node.exit, ...nodeTransitions(node).flatMap((transition) => transition.actions)];
    for (const action of actions) problems.push(...actionProblems(machine, action, where));
    for (const { eventType } of nodeTransitions(node)) {
      if (eventType.includes('*')) problems.push(`${where} takes "${eventType}": name the events it takes`);
    }
  }
  for (const [name, guard] of Object.entries(machine.implementations.guards)) {
    if (typeof guard === 'function' && IMPURE.test(guard.toString()))
      problems.push(`guard "${name}" reaches outside its arguments`);
  }
  if (typeof machine.config.context === 'function' && IMPURE.test(machine.config.context.toString())) {
    problems.push('the initial context reaches outside its arguments');
  }
  return problems;
}

function actionProblems(machine: AnyStateMachine, action: unknown, where: string): string[] {
  const name = typeof action === 'string' ? action : nameOf(action);
  const implementation =
    typeof action === 'function' ? action : name === undefined ? undefined : machine.implementations.actions[name];
  const label = `${where} has the action ${name ?? '(written in place)'}`;
  const kind = (implementation as { type?: unknown } | undefined)?.type;
  if (typeof kind !== 'string' || !PURE_ACTIONS.has(kind))
    return [`${label}: only "assign" and "raise" can be replayed`];
  const { assignment, delay } = implementation as unknown as { assignment?: unknown; delay?: unknown };
  if (delay !== undefined) return [`${label}: a delayed "raise" is a clock`];
  const texts =
    typeof assignment === 'function' ? [assignment.toString()] : Object.values(assignment ?? {}).map(String);
  return texts.some((text) => IMPURE.test(text)) ? [`${label}, which reaches outside its arguments`] : [];
}

function nameOf(action: unknown): string | undefined {
  if (typeof action === 'object' && action !== null && 'type' in action) return String(action.type);
  return undefined;
}

function eventProblems({ machine, events, roles }: WorkflowSource): string[] {
  const problems: string[] = [];
  const taken = new Set(machineEvents(machine));
  for (const type of taken) {
    if (!Object.hasOwn(events, type)) problems.push(`the machine takes "${type}", which has no definition`);
  }
  for (const [type, event] of Object.entries(events)) {
    if (!EVENT_TYPE.test(type))
      problems.push(`the event "${type}" must be a dotted past-tense fact such as "application.received"`);
    if (isBuiltInEvent(type)) problems.push(`the event "${type}" is the engine's own`);
    if (!taken.has(type)) problems.push(`the event "${type}" is taken in no state`);
    if (!(event.data instanceof z.ZodObject))
      problems.push(`the data of "${type}" must be a z.object or z.strictObject`);
    if (event.roles.length === 0) problems.push(`the event "${type}" may be sent by no role`);
    for (const role of [...event.roles, ...(event.backdate?.roles ?? [])]) {
      if (!Object.hasOwn(roles, role))
        problems.push(`the event "${type}" names the role "${role}", which is not defined`);
    }
    for (const other of event.separateFrom ?? []) {
      if (!Object.hasOwn(events, other))
        problems.push(`the event "${type}" is to be separate from "${other}", which is not defined`);
    }
    for (const fact of Object.keys(event.facts ?? {})) {
      if (fact.startsWith(DEADLINE_FACT))
        problems.push(`the event "${type}" declares "${fact}": such facts are the engine's own`);
    }
    for (let shape = 1; shape < (event.schema ?? 1); shape += 1) {
      if (!event.upcast?.[shape]) problems.push(`the event "${type}" has no upcast from shape ${shape}`);
    }
  }
  return problems;
}

/** The event types a machine names anywhere, XState's own left out. */
export function machineEvents(machine: AnyStateMachine): string[] {
  const nodes: AnyStateNode[] = [machine.root, ...stateNodes(machine)];
  const types = nodes.flatMap((node) => nodeTransitions(node).map(({ eventType }) => eventType));
  return [...new Set(types)].filter((type) => type !== '' && !type.startsWith('xstate.') && !type.includes('*'));
}

function guardProblems({ machine, guards = {} }: WorkflowSource): string[] {
  const problems: string[] = [];
  for (const node of [machine.root, ...stateNodes(machine)]) {
    for (const { eventType, guard } of nodeTransitions(node)) {
      if (negates(guard)) {
        problems.push(
          `${nodePath(node) || 'the machine'} guards "${eventType}" with "not": name the opposite, so that a refusal can say why`,
        );
      }
      for (const name of guardNames(guard)) {
        if (name === undefined)
          problems.push(
            `${nodePath(node) || 'the machine'} guards "${eventType}" with a function written in place: name it, so that a refusal can say why`,
          );
        else if (!Object.hasOwn(guards, name)) problems.push(`the guard "${name}" has no words for saying no`);
        else if (!Object.hasOwn(machine.implementations.guards, name))
          problems.push(`the guard "${name}" is not implemented`);
      }
    }
  }
  return [...new Set(problems)];
}

function negates(guard: unknown): boolean {
  const composed = guardMembers(guard);
  return composed !== undefined && (composed.kind === 'not' || composed.members.some(negates));
}

function titleProblems({ machine, title, states, events, roles, guards = {} }: WorkflowSource): string[] {
  const titled: [string, Title | undefined][] = [
    ['the workflow', title],
    ...stateNodes(machine).map((node): [string, Title | undefined] => [
      `the state "${nodePath(node)}"`,
      states[nodePath(node)],
    ]),
    ...Object.entries(events).map(([type, event]): [string, Title | undefined] => [`the event "${type}"`, event.title]),
    ...Object.entries(roles).map(([role, definition]): [string, Title | undefined] => [
      `the role "${role}"`,
      definition.title,
    ]),
    ...Object.entries(guards).map(([name, guard]): [string, Title | undefined] => [`the guard "${name}"`, guard.title]),
  ];
  const paths = new Set(stateNodes(machine).map(nodePath));
  return [
    ...titled
      .filter(([, words]) => !words?.en?.trim() || !words.zh?.trim())
      .map(([what]) => `${what} lacks an English or a Chinese title`),
    ...Object.keys(states)
      .filter((path) => !paths.has(path))
      .map((path) => `the title for state "${path}" belongs to no state`),
  ];
}

function deadlineStateProblems({ machine, deadlines = {} }: WorkflowSource): string[] {
  const paths = new Set(stateNodes(machine).map(nodePath));
  return statesNamed(deadlines)
    .filter((path) => !paths.has(path))
    .map((path) => `a deadline names the state "${path}", which the machine does not have`);
}

/** Who a deadline says may extend it and who may send the event that does are the same. */
function extensionProblems({ deadlines = {}, events }: WorkflowSource): string[] {
  return Object.entries(deadlines).flatMap(([name, { extension }]) => {
    if (extension?.role === undefined) return [];
    const others = events[extension.event]?.roles.filter((role) => role !== extension.role) ?? [];
    return others.map(
      (role) =>
        `deadline "${name}" is extended by "${extension.role}", but "${role}" may send "${extension.event}" too`,
    );
  });
}
