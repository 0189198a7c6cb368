import { canonicalText } from '../domain/canonical-event.js';
import { CaseError } from '../domain/case-error.js';
import type { JsonValue, RecordedFact } from '../domain/event.js';
import type { EventDefinition, FactInput, Facts } from '../domain/workflow.js';

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

async function gather(
  declared: NonNullable<EventDefinition['facts']>,
  input: FactInput,
  lookups: Lookups,
): Promise<GatheredFacts> {
  const recorded: Record<string, RecordedFact> = {};
  const values: Record<string, JsonValue> = {};
  for (const fact of Object.keys(declared).sort()) {
    const request = declared[fact]?.(input);
    if (!request) continue;
    const lookup = Object.hasOwn(lookups, request.lookup) ? lookups[request.lookup] : undefined;
    if (!lookup)
      throw new CaseError({
        code: 'FACT_UNAVAILABLE',
        fact,
        source: request.lookup,
        detail: 'no such look-up is set up',
      });
    const found = (await answer(fact, request.lookup, () => lookup(request.key, input.at))) ?? {
      value: null,
      source: request.lookup,
    };
    recorded[fact] = asRecorded(fact, found);
    values[fact] = recorded[fact].value;
  }
  return { recorded, values };
}

/** The answer as a replay will read it, which is what the guards are given too. */
function asRecorded(fact: string, found: RecordedFact): RecordedFact {
  const { value, source, revision } = found;
  try {
    return {
      ...(revision !== undefined && { revision }),
      source,
      value: JSON.parse(canonicalText(value)) as JsonValue,
    };
  } catch (cause) {
    throw new CaseError({ code: 'FACT_UNAVAILABLE', fact, source, detail: 'the answer has no JSON form' }, { cause });
  }
}

async function answer(fact: string, source: string, ask: () => ReturnType<Lookup>): Promise<RecordedFact | undefined> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof CaseError) throw cause;
    throw new CaseError({ code: 'FACT_UNAVAILABLE', fact, source, detail: 'the look-up failed' }, { cause });
  }
}
