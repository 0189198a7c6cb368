import { isDeepStrictEqual } from 'node:util';
import { type Actor, actingRole, heldRoles } from '../domain/access.js';
import { CaseError, type FailureCode } from '../domain/case-error.js';
import { type CaseState, type DecidableEvent, decide, labelsAfter, newCase, parseEventData } from '../domain/decide.js';
import type { JsonObject, JsonValue, RecordedFact } from '../domain/event.js';
import { splitPersonal, withSubjects } from '../domain/personal-data.js';
import { stateIn } from '../domain/state-name.js';
import type { CaseLabels, Facts, Workflow } from '../domain/workflow.js';

/** Who sends an event. What is left out is made up to fit: the first role that may send it, in the case's own region and department. */
export type SpecActor = {
  readonly id?: string;
  readonly role?: string;
  readonly region?: string;
  readonly department?: string;
};

/** An event as a story tells it. */
export type SpecEvent = {
  readonly type: string;
  /** Nothing but `{}` unless given. */
  readonly data?: JsonObject;
  /** A role's name stands for the one person who has it. */
  readonly by?: string | SpecActor;
  readonly reason?: string;
  /** Facts given outright; the others are looked up. */
  readonly facts?: Facts;
  /** When it happens; a minute after the one before unless given. */
  readonly at?: string;
};

export type CaseSpecOptions = {
  /** What declared look-ups answer; such as `{ catalogue: catalogueLookup(items) }`. */
  readonly lookups?: Readonly<Record<string, (key: JsonValue, at: string) => RecordedFact | undefined>>;
  readonly caseId?: string;
  /** When the first event happens, ISO 8601. */
  readonly at?: string;
};

/** What is to hold after the event that `when` names. Each throws an error that tells what came instead. */
export type CaseOutcome = {
  /** It was accepted, and the case lies in each of these states, named by path (`reviewing`, `handling.reviewing`). */
  thenState(...paths: readonly string[]): void;
  /** It was accepted and has ended the case. */
  thenClosed(...paths: readonly string[]): void;
  /** It was accepted, and the case has these labels beside others. */
  thenLabels(labels: CaseLabels): void;
  /** It was refused with this code; `because` is found in the refusal's words, English or Chinese. */
  thenRefused(code: FailureCode, because?: string | RegExp): void;
  /** It was accepted; for whatever else is to be said of the case. */
  thenCase(check: (state: CaseState) => void): void;
};

export type CaseStory = { when(event: SpecEvent): CaseOutcome };

const FIRST_INSTANT = '2024-03-04T01:00:00.000Z';
const BETWEEN_EVENTS_MS = 60_000;
const SOME_REGION = '330921';
const SOME_DEPARTMENT = 'some-department';

/**
 * Tells a workflow's rules as stories: `given(received).when(accepted).thenState('accepted')`. Pure: no engine, store or
 * clock. Events are judged as the engine judges them: data, role and reach, reason, facts, two-person rule, machine.
 *
 * @throws Error from `when` where an event of `given` is refused
 */
export function caseSpec(
  workflow: Workflow,
  options: CaseSpecOptions = {},
): (...given: readonly SpecEvent[]) => CaseStory {
  return (...given) => ({
    when(event) {
      let state = newCase(workflow);
      given.forEach((one, index) => {
        try {
          state = told(state, one, options);
        } catch (cause) {
          throw new Error(`given event ${index + 1}, "${one.type}", was refused: ${String(cause)}`, { cause });
        }
      });
      return outcomeOf(event, () => told(state, event, options));
    },
  });
}

function outcomeOf(event: SpecEvent, tell: () => CaseState): CaseOutcome {
  const accepted = (): CaseState => {
    try {
      return tell();
    } catch (cause) {
      throw new Error(`"${event.type}" was refused: ${wordsOf(cause)}`, { cause });
    }
  };
  const inStates = (state: CaseState, paths: readonly string[]): void => {
    const other = paths.filter((path) => !stateIn(state.state, path));
    if (other.length > 0) throw new Error(`expected the case in ${other.join(' and ')}, it is in "${state.state}"`);
  };

  return {
    thenState(...paths) {
      inStates(accepted(), paths);
    },
    thenClosed(...paths) {
      const state = accepted();
      inStates(state, paths);
      if (state.snapshot.status === 'active')
        throw new Error(`expected the case closed, it is open in "${state.state}"`);
    },
    thenLabels(labels) {
      const { labels: found } = accepted();
      for (const [label, value] of Object.entries(labels)) {
        const actual = found[label as keyof CaseLabels];
        if (!isDeepStrictEqual(actual, value)) {
          throw new Error(
            `expected the label ${label} to be ${JSON.stringify(value)}, it is ${JSON.stringify(actual)}`,
          );
        }
      }
    },
    thenCase(check) {
      check(accepted());
    },
    thenRefused(code, because) {
      let state: CaseState;
      try {
        state = tell();
      } catch (error) {
        if (!(error instanceof CaseError)) throw error;
        const words = wordsOf(error);
        if (error.failure.code !== code) throw new Error(`expected ${code}, it was ${words}`, { cause: error });
        const told =
          because === undefined || (typeof because === 'string' ? words.includes(because) : because.test(words));
        if (!told) throw new Error(`expected the refusal to say ${String(because)}, it was ${words}`, { cause: error });
        return;
      }
      throw new Error(`expected "${event.type}" to be refused with ${code}, it was accepted: "${state.state}"`);
    },
  };
}

/** A refusal's code and all its words, in both languages. */
function wordsOf(error: unknown): string {
  if (!(error instanceof CaseError)) return String(error);
  const { failure, message } = error;
  const chinese = failure.code === 'GUARD_DENIED' ? failure.reasons.map(({ title }) => title.zh).join('；') : '';
  return `${failure.code}: ${message} ${chinese}`.trim();
}

function told(state: CaseState, event: SpecEvent, options: CaseSpecOptions): CaseState {
  const { workflow, labels } = state;
  const { type } = event;
  const at = event.at ?? instantOf(state, options);
  const parsed = parseEventData(workflow, type, event.data ?? {});
  const definition = workflow.events[type]!;
  const data = publicData(workflow, type, parsed);
  const actor = actorFor(state, event, data);
  if (state.revision < 0) heldRoles(workflow, type, actor);
  else actingRole(workflow, type, actor, labels);
  if (definition.reasonRequired && event.reason === undefined)
    throw new CaseError({ code: 'REASON_REQUIRED', event: type });

  const facts = factsFor(state, event, data, at, options);
  const recorded = (role: string): DecidableEvent['actor'] => ({
    id: actor.id,
    role,
    ...(actor.department !== undefined && { department: actor.department }),
    ...(actor.region !== undefined && { region: actor.region }),
  });
  const setBy = (role: string) => labelsAfter(workflow, labels, { type, data, facts, actor: recorded(role) });
  const role = actingRole(workflow, type, actor, state.revision < 0 ? setBy : labels);
  return { ...decide(state, { type, data, facts, actor: recorded(role), at }), recordedAt: at };
}

function instantOf({ recordedAt }: CaseState, { at }: CaseSpecOptions): string {
  if (recordedAt === '') return at ?? FIRST_INSTANT;
  return new Date(Date.parse(recordedAt) + BETWEEN_EVENTS_MS).toISOString();
}

/** As the engine stores it: personal fields taken out, each data subject named. */
function publicData(workflow: Workflow, type: string, parsed: JsonObject): JsonObject {
  const { open, parts } = splitPersonal(workflow.personal.get(type), parsed);
  const subjects = parts
    .filter(({ ownSubject }) => ownSubject)
    .map(({ path, subjectRef, identifiers }) => ({
      path,
      subjectRef: subjectRef ?? `subject-${identifiers[0]?.value ?? path}`,
    }));
  return withSubjects(open, subjects);
}

function factsFor(state: CaseState, event: SpecEvent, data: JsonObject, at: string, options: CaseSpecOptions): Facts {
  const facts: Record<string, JsonValue> = {};
  const declared = state.workflow.events[event.type]?.facts ?? {};
  for (const fact of Object.keys(declared)) {
    const given = event.facts?.[fact];
    if (given !== undefined) {
      facts[fact] = given;
      continue;
    }
    const request = declared[fact]?.({ data, labels: state.labels, caseId: options.caseId ?? 'case-1', at });
    if (!request) continue;
    const lookup = options.lookups?.[request.lookup];
    if (!lookup) {
      const detail = 'give the fact with the event, or the look-up to caseSpec';
      throw new CaseError({ code: 'FACT_UNAVAILABLE', fact, source: request.lookup, detail });
    }
    facts[fact] = lookup(request.key, at)?.value ?? null;
  }
  return facts;
}

function actorFor({ workflow, labels }: CaseState, event: SpecEvent, data: JsonObject): Actor {
  const said: SpecActor = typeof event.by === 'string' ? { role: event.by } : (event.by ?? {});
  const role = said.role ?? workflow.events[event.type]?.roles[0] ?? '';
  const own = workflow.roles[role]?.scope === 'own' ? labels.owner : undefined;
  const region = said.region ?? labels.region ?? (typeof data.region === 'string' ? data.region : SOME_REGION);
  const department = said.department ?? labels.department ?? SOME_DEPARTMENT;
  return { id: said.id ?? own ?? `${role}-1`, roles: [role], region, department };
}
