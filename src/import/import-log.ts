import { setImmediate } from 'node:timers/promises';
import { v5 as uuidv5 } from 'uuid';
import type { Actor } from '../domain/access.js';
import { isBuiltInEvent } from '../domain/built-in-events.js';
import { canonicalText } from '../domain/canonical-event.js';
import { CaseError, isCaseError } from '../domain/case-error.js';
import { deadlineLedgers } from '../domain/deadline-ledgers.js';
import { parseEventData } from '../domain/decide.js';
import { wasMetLate } from '../domain/due-date.js';
import type { JsonObject, JsonValue } from '../domain/event.js';
import { streamIdOf } from '../domain/stream-id.js';
import type { Workflow } from '../domain/workflow.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { WorkingCalendar } from '../domain/working-calendar.js';
import type { CaseEngine } from '../engine/case-engine.js';
import type { HistoryEvent } from '../engine/case-reading.js';
import { MAX_EVENTS_PER_COMMAND } from '../engine/command.js';
import { checkLogMap, type LogMap, mapCaseId, mapStep } from './log-map.js';
import type { LogEvent, LogTrace } from './log-trace.js';

/** Cases on their way into the ledger at once, so that their appends share commits. */
export const DEFAULT_CASES_IN_FLIGHT = 64;

/** Deviations an import lists one by one; all of them are counted. */
export const DEVIATIONS_LISTED = 100;

/** The workflow of cases imported without a map. */
const RECORDED_LOG = 'recorded-log';

/** Case ids that a log's own names cannot be are derived under this namespace (UUID version 5). */
const CASE_NAME_NAMESPACE = '8a3f0f0e-3c67-5a52-9a55-0a2f5c1d7e9b';

/** How often a case is looked at again when another import got there first. */
const MAX_ATTEMPTS = 20;

/** A step of the log that the workflow would have refused, kept as `step.deviated`. */
export type LogDeviation = {
  readonly case: string;
  readonly revision: number;
  readonly activity: string;
  /** The failure code with which the rules refused it. */
  readonly code: string;
  readonly refusal: string;
};

/** What a log holds, and what of it was new to the ledger. But for `added` it is the same however often the log is imported. */
export type LogSummary = {
  readonly cases: number;
  readonly events: number;
  readonly added: { readonly cases: number; readonly events: number };
  readonly workflow: string;
  /** Cases of the log in which nothing happened; none is opened for them. */
  readonly withoutEvents: number;
  readonly deviations: {
    readonly count: number;
    readonly byActivity: Readonly<Record<string, number>>;
    /** The first {@link DEVIATIONS_LISTED} in the order they were found. */
    readonly listed: readonly LogDeviation[];
  };
  /** Cases that met a deadline too late, by deadline; of a workflow that has deadlines. */
  readonly late?: Readonly<Record<string, number>>;
  /** Cases in which some deadline still runs; of a workflow that has deadlines. */
  readonly open?: number;
};

export type LogImport = {
  readonly engine: Pick<CaseEngine, 'record' | 'history'>;
  readonly registry: Pick<WorkflowRegistry, 'current' | 'get'>;
  readonly reader: AsyncIterable<LogTrace>;
  /** How the log's cases are told in a workflow's events; without it each becomes a `recorded-log` case, step for step. */
  readonly map?: LogMap;
  /** Names the map in failures. */
  readonly mapPath?: string;
  /** Needs the role `importer`. */
  readonly actor: Actor;
  /** The calendar deadlines are reckoned by; wanted where the workflow has deadlines. */
  readonly calendar?: WorkingCalendar;
  readonly casesInFlight?: number;
  /** Called after each case, or piece of one. */
  readonly onProgress?: (done: { readonly cases: number; readonly events: number }) => void;
};

/**
 * Brings an event log into the ledger, each event under the time the log gives it, and says what it found.
 *
 * An event is known again by its case and its place in it. So importing a log twice adds nothing, importing a longer
 * one adds what is new, and an import that was cut short goes on where it ended. Steps the workflow would have refused,
 * and those of activities the map does not know, are kept as `step.deviated` and counted; of the latter only activity,
 * resource, transition and time.
 *
 * @throws CaseError as the reader does · `LOG_MAP_INVALID` · `LOG_CONFLICT` when a case was imported before with other
 *   events at the same places, or two cases of the log would get one id · a refusal itself where the event it stands
 *   for has personal fields, which nothing but their event may hold, and `EVENT_UNKNOWN` where the map does not know the
 *   activity and any event of the workflow has some · `ROLE_NOT_PERMITTED` and the store's own failures.
 *   Cases taken in before a failure stay.
 */
export async function importLog(job: LogImport): Promise<LogSummary> {
  const workflow = job.registry.current(job.map?.workflow ?? RECORDED_LOG);
  if (job.map) checkLogMap(job.map, workflow, job.mapPath ?? 'map');
  const hasDeadlines = Object.keys(workflow.deadlines).length > 0;
  if (hasDeadlines && !job.calendar)
    throw new TypeError(`${workflow.name} has deadlines: reckoning them wants a calendar`);

  const tally = new Tally(hasDeadlines);
  const limit = job.casesInFlight ?? DEFAULT_CASES_IN_FLIGHT;
  const inFlight = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const trace of job.reader) {
      if (failures.length > 0) break;
      const caseId = caseIdOf(job.map, trace);
      tally.meet(caseId, trace, streamIdOf(workflow.name, caseId));
      if (trace.events.length === 0) continue;

      // The pieces of one case follow one another.
      while (inFlight.has(caseId) || inFlight.size >= limit) await Promise.race(inFlight.values());
      const task = importTrace(job, workflow, caseId, trace, tally)
        .catch((error: unknown) => {
          failures.push(error);
        })
        .finally(() => {
          inFlight.delete(caseId);
        });
      inFlight.set(caseId, task);
    }
  } finally {
    await Promise.all(inFlight.values());
  }
  if (failures.length > 0) throw failures[0];
  return tally.summary(workflow.name);
}

/** A step as the engine is offered it, and its place in the log's case. */
type Step = {
  readonly place: number;
  readonly activity: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly occurredAt: string;
};

async function importTrace(
  job: LogImport,
  workflow: Workflow,
  caseId: string,
  trace: LogTrace,
  tally: Tally,
): Promise<void> {
  const steps = trace.events.map((event, index) => stepOf(job.map, trace, event, (trace.startsAt ?? 0) + index));
  const { known, added, deviated } = await bringIn(job, workflow, caseId, steps);

  const history = deviated || (added > 0 && tally.hasDeadlines) ? await historyOf(job, workflow, caseId) : known;
  const stream = streamIdOf(workflow.name, caseId);
  const activities = new Map(steps.map(({ place, activity }) => [place, activity]));
  for (const event of history) {
    const place = placeOf(event, stream);
    const activity = place === undefined ? undefined : activities.get(place);
    if (activity === undefined || event.type !== 'step.deviated') continue;
    const { code, refusal } = event.data as { readonly code: string; readonly refusal: string };
    tally.deviated({ case: caseId, revision: event.revision, activity, code, refusal });
  }
  const last = history.at(-1);
  if (job.calendar && tally.hasDeadlines && last) {
    const under = job.registry.get(workflow.name, last.metadata.workflow.version);
    tally.reckon(caseId, deadlinesOf(under, history, job.calendar));
  }
  tally.took(trace.events.length, added, known.length === 0 && added > 0);
  job.onProgress?.(tally.progress());
}

/** Appends those of the steps the ledger does not have, after making sure that those it has are the same. */
async function bringIn(
  job: LogImport,
  workflow: Workflow,
  caseId: string,
  steps: readonly Step[],
): Promise<{ readonly known: readonly HistoryEvent[]; readonly added: number; readonly deviated: boolean }> {
  const stream = streamIdOf(workflow.name, caseId);
  for (let attempt = 1; ; attempt += 1) {
    const known = await historyOf(job, workflow, caseId);
    const fresh = freshSteps(workflow, stream, known, steps);
    try {
      let deviated = false;
      for (const part of parts(fresh)) deviated = (await record(job, workflow, caseId, part)) || deviated;
      return { known, added: fresh.length, deviated };
    } catch (error) {
      // Another import takes in more, or fewer, of the same case: let it finish, and look at what it left to do.
      if (!isCaseError(error, 'COMMAND_ID_REUSED') || attempt === MAX_ATTEMPTS) throw error;
      await setImmediate();
    }
  }
}

function freshSteps(
  workflow: Workflow,
  stream: string,
  known: readonly HistoryEvent[],
  steps: readonly Step[],
): readonly Step[] {
  const stored = new Map<number, HistoryEvent>();
  for (const event of known) {
    const place = placeOf(event, stream);
    if (place !== undefined) stored.set(place, event);
  }
  const fresh = steps.filter((step) => {
    const before = stored.get(step.place);
    if (before && !isSame(workflow, before, step)) {
      throw conflict(
        stream,
        `event ${step.place} ("${step.activity}") is not the one imported as revision ${before.revision}`,
      );
    }
    return before === undefined;
  });
  const first = fresh[0]?.place;
  if (first !== undefined && first !== stored.size) {
    throw conflict(stream, `event ${first} cannot follow the ${stored.size} imported before`);
  }
  return fresh;
}

function* parts(steps: readonly Step[]): Generator<readonly Step[]> {
  for (let at = 0; at < steps.length; at += MAX_EVENTS_PER_COMMAND) yield steps.slice(at, at + MAX_EVENTS_PER_COMMAND);
}

/** Appends steps, in one append where they fit; answers whether any of them is a deviation. */
async function record(job: LogImport, workflow: Workflow, caseId: string, steps: readonly Step[]): Promise<boolean> {
  const stream = streamIdOf(workflow.name, caseId);
  try {
    const { deviations } = await job.engine.record({
      workflow: workflow.name,
      caseId,
      commandId: `${commandPrefix(stream)}${steps[0]!.place}`,
      actor: job.actor,
      events: steps.map(({ type, data, occurredAt }) => ({ type, data, occurredAt })),
    });
    return deviations.length > 0;
  } catch (error) {
    if (!isCaseError(error, 'APPEND_TOO_LARGE') || steps.length === 1) throw error;
    const half = Math.ceil(steps.length / 2);
    const first = await record(job, workflow, caseId, steps.slice(0, half));
    return (await record(job, workflow, caseId, steps.slice(half))) || first;
  }
}

async function historyOf(job: LogImport, workflow: Workflow, caseId: string): Promise<readonly HistoryEvent[]> {
  try {
    return await job.engine.history({ workflow: workflow.name, caseId });
  } catch (error) {
    if (isCaseError(error, 'CASE_NOT_FOUND')) return [];
    throw error;
  }
}

function commandPrefix(stream: string): string {
  return `import:${stream}:`;
}

/** The place in the log's case of an event that came by import. */
function placeOf({ metadata: { command } }: HistoryEvent, stream: string): number | undefined {
  const prefix = commandPrefix(stream);
  return command.id.startsWith(prefix) ? Number(command.id.slice(prefix.length)) + command.index : undefined;
}

function stepOf(map: LogMap | undefined, trace: LogTrace, event: LogEvent, place: number): Step {
  const { activity, timestamp, resource, transition, attributes } = event;
  const said = {
    activity,
    ...(resource !== undefined && { resource }),
    ...(transition !== undefined && { transition }),
  };
  const occurredAt = timestamp;
  if (!map) {
    const first = place === 0 ? { trace: { name: trace.name, attributes: trace.attributes } } : {};
    return { place, activity, type: 'activity.recorded', data: { ...said, attributes, ...first }, occurredAt };
  }
  const mapped = mapStep(map, trace, event);
  if (mapped) return { place, activity, ...mapped, occurredAt };
  // What the map does not ask for stays out of the ledger: nobody has said which attributes are personal.
  return { place, activity, type: `log:${activity}`.slice(0, 200), data: said, occurredAt };
}

function isSame(workflow: Workflow, stored: HistoryEvent, step: Step): boolean {
  if (stored.metadata.occurredAt !== new Date(step.occurredAt).toISOString()) return false;
  if (isBuiltInEvent(stored.type)) {
    const { event, data } = stored.data as { readonly event: string; readonly data: JsonValue };
    return event === step.type && canonicalText(data) === canonicalText(step.data);
  }
  if (stored.type !== step.type) return false;
  try {
    return agrees(stored.data, parseEventData(workflow, step.type, step.data));
  } catch (error) {
    if (isCaseError(error, 'EVENT_DATA_INVALID')) return false;
    throw error;
  }
}

/** Whether what is stored says the same, as far as it may be seen: a personal value is not compared, and its subject's reference is the engine's own. */
function agrees(stored: JsonValue | undefined, offered: JsonValue | undefined): boolean {
  if (isRecord(stored)) {
    if (stored.withheld === true || stored.erased === true || stored.lost === true) return true;
    if (!isRecord(offered)) return false;
    const keys = new Set([...Object.keys(stored), ...Object.keys(offered)]);
    if (offered.subjectRef === undefined) keys.delete('subjectRef');
    return [...keys].every((key) => agrees(stored[key], offered[key]));
  }
  if (Array.isArray(stored)) {
    return (
      Array.isArray(offered) &&
      stored.length === offered.length &&
      stored.every((member, index) => agrees(member, offered[index]))
    );
  }
  return stored === offered;
}

function isRecord(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const CASE_ID = /^[A-Za-z0-9._~-]{1,100}$/;

/** The log's own name for the case where it can be a case id; otherwise an id derived from it. */
function caseIdOf(map: LogMap | undefined, trace: LogTrace): string {
  const named = mapCaseId(map, trace) ?? trace.name;
  return CASE_ID.test(named) ? named : uuidv5(named, CASE_NAME_NAMESPACE);
}

type Reckoned = { readonly late: readonly string[]; readonly open: boolean };

function deadlinesOf(workflow: Workflow, history: readonly HistoryEvent[], calendar: WorkingCalendar): Reckoned {
  const all = Object.values(deadlineLedgers(workflow, history));
  return {
    late: all.filter((one) => wasMetLate(one, workflow.deadlines[one.name]!, calendar)).map(({ name }) => name),
    open: all.some(({ status }) => status === 'running' || status === 'paused'),
  };
}

class Tally {
  readonly #names = new Map<string, string>();
  readonly #reckoned = new Map<string, Reckoned>();
  readonly #byActivity = new Map<string, number>();
  readonly #listed: LogDeviation[] = [];
  #cases = 0;
  #withoutEvents = 0;
  #events = 0;
  #deviations = 0;
  #addedCases = 0;
  #addedEvents = 0;

  constructor(readonly hasDeadlines: boolean) {}

  /** @throws CaseError `LOG_CONFLICT` when another case of the log has this id */
  meet(caseId: string, { name, events }: LogTrace, stream: string): void {
    const known = this.#names.get(caseId);
    if (known !== undefined && known !== name) {
      throw conflict(
        stream,
        `the log's cases ${JSON.stringify(known)} and ${JSON.stringify(name)} would both be "${caseId}"`,
      );
    }
    if (known === undefined) {
      this.#names.set(caseId, name);
      if (events.length === 0) this.#withoutEvents += 1;
      else this.#cases += 1;
    }
  }

  took(events: number, added: number, opened: boolean): void {
    this.#events += events;
    this.#addedEvents += added;
    if (opened) this.#addedCases += 1;
  }

  deviated(deviation: LogDeviation): void {
    this.#deviations += 1;
    this.#byActivity.set(deviation.activity, (this.#byActivity.get(deviation.activity) ?? 0) + 1);
    if (this.#listed.length < DEVIATIONS_LISTED) this.#listed.push(deviation);
  }

  reckon(caseId: string, reckoned: Reckoned): void {
    this.#reckoned.set(caseId, reckoned);
  }

  progress(): { readonly cases: number; readonly events: number } {
    return { cases: this.#cases, events: this.#events };
  }

  summary(workflow: string): LogSummary {
    const late: Record<string, number> = {};
    let open = 0;
    for (const one of this.#reckoned.values()) {
      for (const name of one.late) late[name] = (late[name] ?? 0) + 1;
      if (one.open) open += 1;
    }
    return {
      cases: this.#cases,
      events: this.#events,
      added: { cases: this.#addedCases, events: this.#addedEvents },
      workflow,
      withoutEvents: this.#withoutEvents,
      deviations: { count: this.#deviations, byActivity: Object.fromEntries(this.#byActivity), listed: this.#listed },
      ...(this.hasDeadlines && { late, open }),
    };
  }
}

function conflict(stream: string, detail: string): CaseError {
  return new CaseError({ code: 'LOG_CONFLICT', stream, detail });
}
