import { canonicalText } from '../domain/canonical-event.js';
import { CaseError } from '../domain/case-error.js';
import type { JsonValue, RecordedFact } from '../domain/event.js';
import type { EventDefinition, FactInput, FactRequest, Facts } from '../domain/workflow.js';

/**
 * Answers one kind of question a decision may depend on, such as which version of an item is in force.
 * Undefined means there is no such thing; the fact is then recorded as null.
 */
export type Lookup = (key: JsonValue, at: string) => Promise<RecordedFact | undefined> | RecordedFact | undefined;

export type Lookups = Readonly<Record<string, Lookup>>;

export type GatheredFacts = {
  readonly recorded: Readonly<Record<string, RecordedFact>> | undefined;
  readonly values: Facts;
};

const NONE: GatheredFacts = { recorded: undefined, values: {} };

/**
 * Makes the look-ups an event declares, before it is decided. What they answer is given to the guards and recorded.
 *
 * @throws CaseError `FACT_UNAVAILABLE` when a look-up is not there or fails: nothing is decided on a guess
 */
export function gatherFacts(
  definition: EventDefinition,
  input: FactInput,
  lookups: Lookups,
): GatheredFacts | Promise<GatheredFacts> {
  return definition.facts === undefined ? NONE : gather(definition.facts, input, lookups);
}

function gather(
  declared: NonNullable<EventDefinition['facts']>,
  input: FactInput,
  lookups: Lookups,
): GatheredFacts | Promise<GatheredFacts> {
  const recorded: Record<string, RecordedFact> = {};
  const values: Record<string, JsonValue> = {};
  const waiting: Promise<void>[] = [];
  // Facts stand in canonical order however late an answer comes.
  for (const fact of Object.keys(declared).sort()) {
    const request = declared[fact]?.(input);
    if (!request) continue;
    const keep = (found: RecordedFact | undefined): void => {
      const kept = asRecorded(fact, found ?? { value: null, source: request.lookup });
      recorded[fact] = kept;
      values[fact] = kept.value;
    };
    const answer = ask(fact, request, lookups, input.at);
    if (answer !== undefined && 'then' in answer) {
      recorded[fact] = { source: request.lookup, value: null };
      const kept = answer.then(keep, (cause: unknown) => Promise.reject(unavailable(fact, request.lookup, cause)));
      // Another fact may refuse before this one is waited for; a failure nobody hears would end the process.
      kept.catch(() => undefined);
      waiting.push(kept);
    } else keep(answer);
  }
  const gathered = { recorded, values };
  return waiting.length === 0 ? gathered : Promise.all(waiting).then(() => gathered);
}

function ask(fact: string, { lookup: name, key }: FactRequest, lookups: Lookups, at: string): ReturnType<Lookup> {
  const lookup = Object.hasOwn(lookups, name) ? lookups[name] : undefined;
  if (!lookup)
    throw new CaseError({ code: 'FACT_UNAVAILABLE', fact, source: name, detail: 'no such look-up is set up' });
  try {
    return lookup(key, at);
  } catch (cause) {
    throw unavailable(fact, name, cause);
  }
}

function unavailable(fact: string, source: string, cause: unknown): CaseError {
  if (cause instanceof CaseError) return cause;
  return new CaseError({ code: 'FACT_UNAVAILABLE', fact, source, detail: 'the look-up failed' }, { cause });
}

/** Answers that are frozen need to be brought into canonical form only once. */
const recordedAnswers = new WeakMap<RecordedFact, RecordedFact>();

/** The answer as a replay will read it, which is what the guards are given too. */
function asRecorded(fact: string, found: RecordedFact): RecordedFact {
  const before = recordedAnswers.get(found);
  if (before) return before;
  const { value, source, revision } = found;
  try {
    const recorded = {
      ...(revision !== undefined && { revision }),
      source,
      value: JSON.parse(canonicalText(value)) as JsonValue,
    };
    if (isDeeplyFrozen(found)) recordedAnswers.set(found, recorded);
    return recorded;
  } catch (cause) {
    throw new CaseError({ code: 'FACT_UNAVAILABLE', fact, source, detail: 'the answer has no JSON form' }, { cause });
  }
}

function isDeeplyFrozen(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}
