import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { CaseError } from '../domain/case-error.js';
import type { JsonValue } from '../domain/event.js';
import type { Workflow } from '../domain/workflow.js';
import { parseLogInstant } from './log-instant.js';
import type { LogEvent, LogTrace } from './log-trace.js';

/** What a log's text becomes: `instant` ISO 8601 in UTC with milliseconds. What cannot become it is left as it is, for the event's schema to refuse. */
const As = z.enum(['text', 'number', 'boolean', 'instant']);

/** Where a field of an event's data comes from. Where the log does not say it, the field is left out. */
const Source = z.union([
  /** An attribute of the case. */
  z.strictObject({ trace: z.string().min(1), as: As.optional() }),
  /** An attribute of the step. */
  z.strictObject({ event: z.string().min(1), as: As.optional() }),
  /** What every log says under a name of its own. */
  z.strictObject({ field: z.enum(['case', 'activity', 'timestamp', 'resource', 'transition']), as: As.optional() }),
  /** The same for every step. */
  z.strictObject({ value: z.json() }),
]);

const LogMapSchema = z.strictObject({
  workflow: z.string().min(1),
  /** An ES module beside the map that exports the workflow as `default`; for one the ledger does not know. It is run as code. */
  workflowModule: z
    .string()
    .regex(/^\.\/(?!.*\.\.)[\w./-]+\.m?js$/, 'must name a .js or .mjs file beside the map, such as "./workflow.js"')
    .optional(),
  /** Where a case's id comes from; the log's own name for it unless given. */
  caseId: z.strictObject({ prefix: z.string().optional(), trace: z.string().min(1).optional() }).optional(),
  /** Activity → the event it stands for. A step of any other activity is a deviation. */
  activities: z.record(
    z.string(),
    z.strictObject({ event: z.string().min(1), data: z.record(z.string(), Source).optional() }),
  ),
});

/** How a log's cases are told in a workflow's events. See `examples/receipt/map.json`. */
export type LogMap = z.output<typeof LogMapSchema>;

type FieldSource = z.output<typeof Source>;

/** A map as loaded, with the workflow its module brings. */
export type LoadedLogMap = { readonly map: LogMap; readonly workflow?: Workflow };

/**
 * Reads a map from a JSON file, and the workflow module it names.
 *
 * @param importModule how a module is loaded, by its URL
 * @throws CaseError `LOG_MAP_INVALID` with every problem found
 */
export async function loadLogMap(
  path: string,
  importModule: (url: string) => Promise<unknown> = (url) => import(url),
): Promise<LoadedLogMap> {
  const map = parseLogMap(await readJson(path), path);
  if (map.workflowModule === undefined) return { map };

  const file = resolve(path, '..', map.workflowModule);
  let loaded: unknown;
  try {
    loaded = await importModule(pathToFileURL(file).href);
  } catch (error) {
    throw invalid(path, [`workflowModule: ${map.workflowModule} cannot be loaded: ${messageOf(error)}`], error);
  }
  const workflow = (loaded as { readonly default?: Partial<Workflow> }).default;
  if (workflow?.name !== map.workflow || workflow.hash === undefined) {
    throw invalid(path, [
      `workflowModule: ${map.workflowModule} does not export the workflow "${map.workflow}" as default`,
    ]);
  }
  return { map, workflow: workflow as Workflow };
}

/** Reads a map that is JSON already; `path` names it in failures. @throws CaseError `LOG_MAP_INVALID` */
export function parseLogMap(json: unknown, path: string): LogMap {
  const parsed = LogMapSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalid(
    path,
    parsed.error.issues.map(({ path: at, message }) => (at.length === 0 ? message : `${at.join('.')}: ${message}`)),
  );
}

/**
 * Makes sure that a map's events and their fields are the workflow's.
 *
 * @throws CaseError `LOG_MAP_INVALID` with every problem found
 */
export function checkLogMap(map: LogMap, workflow: Workflow, path: string): void {
  const problems = Object.entries(map.activities).flatMap(([activity, { event, data = {} }]) => {
    const definition = Object.hasOwn(workflow.events, event) ? workflow.events[event] : undefined;
    if (!definition) return [`activities.${activity}: "${event}" is not an event of ${workflow.name}`];
    return Object.keys(data)
      .filter((field) => !Object.hasOwn(definition.data.shape, field))
      .map((field) => `activities.${activity}: "${event}" has no field "${field}"`);
  });
  if (problems.length > 0) throw invalid(path, problems);
}

/** The event a step stands for, or undefined where the map does not know its activity. */
export function mapStep(
  map: LogMap,
  trace: LogTrace,
  step: LogEvent,
): { readonly type: string; readonly data: Record<string, JsonValue> } | undefined {
  const target = Object.hasOwn(map.activities, step.activity) ? map.activities[step.activity] : undefined;
  if (!target) return undefined;
  const data: Record<string, JsonValue> = {};
  for (const [field, source] of Object.entries(target.data ?? {})) {
    const value = fieldValue(source, trace, step);
    if (value !== undefined) data[field] = value;
  }
  return { type: target.event, data };
}

/** The id the map gives a case; undefined where the log does not say what it would be made of. */
export function mapCaseId(map: LogMap | undefined, trace: LogTrace): string | undefined {
  const attribute = map?.caseId?.trace;
  const own = attribute === undefined ? trace.name : trace.attributes[attribute];
  if (own === undefined || own === null || typeof own === 'object') return undefined;
  return `${map?.caseId?.prefix ?? ''}${String(own)}`;
}

function fieldValue(source: FieldSource, trace: LogTrace, step: LogEvent): JsonValue | undefined {
  if ('value' in source) return source.value as JsonValue;
  const said = saidOf(source, trace, step);
  if (said === undefined || source.as === undefined) return said;
  if (said === null || typeof said === 'object') return said;
  const text = String(said);
  switch (source.as) {
    case 'text':
      return text;
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : said;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : said;
    case 'instant':
      return parseLogInstant(text, 'UTC') ?? said;
  }
}

function saidOf(
  source: Exclude<FieldSource, { readonly value: unknown }>,
  trace: LogTrace,
  step: LogEvent,
): JsonValue | undefined {
  if ('trace' in source) return trace.attributes[source.trace];
  if ('event' in source) return step.attributes[source.event];
  return source.field === 'case' ? trace.name : step[source.field];
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new CaseError({ code: 'LOG_NOT_FOUND', path }, { cause: error });
    throw invalid(path, [messageOf(error)], error);
  }
}

function messageOf(error: unknown): string {
  return String((error as { readonly message?: unknown }).message ?? error);
}

function invalid(path: string, problems: readonly string[], cause?: unknown): CaseError {
  return new CaseError({ code: 'LOG_MAP_INVALID', path, problems }, { cause });
}
