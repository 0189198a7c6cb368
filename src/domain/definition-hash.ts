import { createHash } from 'node:crypto';
import type * as Acorn from 'acorn';
import { z } from 'zod';
import { canonicalText } from './canonical-event.js';
import { nodePath, nodeTransitions, stateNodes } from './machine-parts.js';
import { personalPlan } from './personal-data.js';
import type { WorkflowSource } from './workflow-source.js';

/**
 * SHA-256 (base64url) over what a definition means: machine structure, event schemas, roles, facts, labels, deadlines,
 * policy, guards, assignments and migrations. Titles are not in it: correcting a translation is not a new version.
 *
 * Functions count by their syntax tree, so that compiling, formatting or commenting them differently changes nothing.
 * What a function takes from outside itself is not seen: numbers belong into `policy`, and the lock file pins the
 * source files of released definitions as well.
 */
export function definitionHash(source: WorkflowSource): string {
  const { machine } = source;
  const meaning = {
    name: source.name,
    version: source.version,
    machine: {
      context: describe(machine.config.context),
      root: nodeStructure(machine.root),
      states: stateNodes(machine).map(nodeStructure),
      guards: describe(machine.implementations.guards),
      actions: describe(machine.implementations.actions),
    },
    events: Object.fromEntries(
      Object.entries(source.events).map(([type, { title: _title, data, ...rest }]) => [
        type,
        {
          data: withoutWords(z.toJSONSchema(data, { io: 'input' })),
          personal: personalPlan(data) ?? null,
          ...(describe(rest) as object),
        },
      ]),
    ),
    roles: Object.fromEntries(
      Object.entries(source.roles).map(([role, { scope, handles }]) => [
        role,
        handles === undefined ? scope : { scope, handles },
      ]),
    ),
    deadlines: withoutWords(describe(source.deadlines ?? {})),
    policy: source.policy ?? {},
    migrations: describe(source.migrations ?? []),
    archiveYears: source.archiveYears ?? null,
  };
  return createHash('sha256')
    .update(canonicalText(inOrder(meaning)))
    .digest('base64url');
}

function nodeStructure(node: Parameters<typeof nodePath>[0]): object {
  return {
    path: nodePath(node),
    type: node.type,
    initial: node.initial ? node.initial.target.map(nodePath) : null,
    history: node.history || null,
    entry: node.entry.map(describe),
    exit: node.exit.map(describe),
    onDone: describe(node.config.onDone ?? null),
    tags: [...node.tags].sort(),
    transitions: nodeTransitions(node).map((transition) => {
      const full = transition as typeof transition & { target?: readonly (typeof node)[]; reenter?: boolean };
      return {
        event: transition.eventType,
        guard: describe(transition.guard ?? null),
        actions: transition.actions.map(describe),
        target: full.target?.map(nodePath) ?? null,
        reenter: full.reenter ?? false,
      };
    }),
  };
}

/** The same with its keys in canonical order, which makes its text many times faster to write. */
function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(inOrder);
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) ordered[key] = inOrder((value as Record<string, unknown>)[key]);
  return ordered;
}

/** A value as plain JSON, functions as syntax trees. */
function describe(value: unknown): unknown {
  if (typeof value === 'function') {
    const { type, assignment, guards, event } = value as unknown as Record<string, unknown>;
    if (guards !== undefined) return { $guard: describe(guards), $kind: describe(value.name) };
    if (typeof type === 'string')
      return { $action: type, assignment: describe(assignment ?? null), event: describe(event ?? null) };
    return { $function: syntaxOf(value.toString()) };
  }
  if (value === null || typeof value !== 'object') return value ?? null;
  if (Array.isArray(value)) return value.map(describe);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, describe(member)]),
  );
}

function syntaxOf(text: string): unknown {
  const asExpression = /^(async\s+)?(function\b|\(|[\w$]+\s*=>)/.test(text) ? text : `({${text}})`;
  acorn ??= loadAcorn();
  return strip(acorn.parseExpressionAt(asExpression, 0, { ecmaVersion: 'latest' }));
}

let acorn: typeof Acorn | undefined;

// Loaded when first needed: a released definition brings its hash along, and a process that starts wants to be quick.
function loadAcorn(): typeof Acorn {
  const { createRequire } = process.getBuiltinModule('node:module');
  return createRequire(import.meta.url)('acorn') as typeof Acorn;
}

function strip(node: unknown): unknown {
  if (typeof node === 'bigint') return `${node}n`;
  if (node === null || typeof node !== 'object') return node;
  if (node instanceof RegExp) return String(node);
  if (Array.isArray(node)) return node.map(strip);
  const { start: _start, end: _end, raw: _raw, ...rest } = node as Acorn.Node & Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(rest)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, strip(member)]),
  );
}

const WORDS = new Set(['title', 'titles', 'description', '$schema']);

function withoutWords(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(withoutWords);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => !(WORDS.has(key) && isWords(member)))
      .map(([key, member]) => [key, withoutWords(member)]),
  );
}

/** A property of a schema may itself be called `title`; that one is structure. */
function isWords(member: unknown): boolean {
  return (
    typeof member === 'string' || (typeof member === 'object' && member !== null && 'en' in member && 'zh' in member)
  );
}
