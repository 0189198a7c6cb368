import type { JsonObject, JsonValue, RecordedFact } from '../../domain/event.js';
import type { CatalogueItem } from './catalogue-item.js';

/**
 * Answers `{ id }` with the version in force at the instant asked about, `{ id, version }` with that version, whether
 * in force or not, and `{ …, part: 'terms' }` with its kind and limits alone. Undefined where there is none.
 *
 * The answer's `revision` is the item's version.
 */
export function catalogueLookup(
  items: readonly CatalogueItem[],
): (key: JsonValue, at: string) => RecordedFact | undefined {
  const versions = new Map<string, CatalogueItem[]>();
  for (const item of items) {
    versions.set(
      item.id,
      [...(versions.get(item.id) ?? []), item].sort((a, b) => b.version - a.version),
    );
  }

  // The same answer each time, frozen: whoever records it need look at it only once.
  const answers = new Map<string, RecordedFact>();
  const answer = (item: CatalogueItem, part: string | undefined): RecordedFact => {
    const name = `${part ?? ''} ${item.version} ${item.id}`;
    let known = answers.get(name);
    if (!known) {
      const value = item.withdrawn ? withdrawn(item) : part === 'terms' ? terms(item) : guide(item);
      known = frozen({ value, source: 'catalogue', revision: item.version });
      answers.set(name, known);
    }
    return known;
  };

  return (key, at) => {
    const { id, version, part } = key as { id?: string; version?: number; part?: string };
    const known = versions.get(id ?? '') ?? [];
    const item = known.find((one) => (version === undefined ? isInForce(one, at) : one.version === version));
    return item && answer(item, part === 'terms' ? part : undefined);
  };
}

function frozen<Value>(value: Value): Value {
  if (value !== null && typeof value === 'object') {
    for (const member of Object.values(value)) frozen(member);
    Object.freeze(value);
  }
  return value;
}

function isInForce({ from }: CatalogueItem, at: string): boolean {
  return from === undefined || Date.parse(`${from}T00:00:00+08:00`) <= Date.parse(at);
}

function withdrawn({ id, withdrawn }: CatalogueItem): JsonObject {
  return { id, ...(withdrawn?.successor !== undefined && { successor: withdrawn.successor }), withdrawn: true };
}

function terms({ kind, promisedDays, statutoryDays, extensionDays, deliveryDays }: CatalogueItem): JsonObject {
  return {
    ...(deliveryDays !== undefined && { deliveryDays }),
    ...(extensionDays !== undefined && { extensionDays }),
    kind,
    promisedDays,
    ...(statutoryDays !== undefined && { statutoryDays }),
  };
}

function guide(item: CatalogueItem): JsonObject {
  const { id, version, department, materials, procedures = [], inPerson = false } = item;
  return {
    ...terms(item),
    department,
    held: materials.filter(({ from }) => from === 'held').map(({ code }) => code),
    id,
    inPerson,
    procedures,
    required: materials
      .filter(({ from, required }) => from === 'applicant' && required)
      .map(({ code, title: { en, zh } }) => ({ code, en, zh })),
    version,
  };
}
