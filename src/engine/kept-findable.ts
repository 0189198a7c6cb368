import type { RecordedEvent } from '../domain/event.js';
import { identifyingFields, sealedParts } from '../domain/personal-data.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { EventStore } from '../event-store/event-store.js';
import type { KeyRing } from './key-ring.js';
import { openBox } from './sealed-parts.js';

const PAGE = 1_000;

/**
 * Tells the key ring again by what the persons of the latest events are found: what it had noted of them may be lost
 * when the power failed, while their keys and the events are not. Reads no further back than the ring was settled.
 */
export async function keepFindable(store: EventStore, keys: KeyRing, registry: WorkflowRegistry): Promise<void> {
  const head = await store.head();
  const known = keys.settledThrough();
  // A ledger that ends before what was settled is one from a backup: what is appended to it from now on is settled anew.
  const restored = known !== undefined && (head === undefined || head < known);
  const settled = restored ? undefined : known;
  let after = settled;
  for (;;) {
    const events = await store.readAll({ limit: PAGE, ...(after !== undefined && { after }) });
    await Promise.all(events.flatMap((event) => noted(event, keys, registry)));
    after = events.at(-1)?.position ?? after;
    if (events.length < PAGE) break;
  }
  if (after !== undefined && after !== settled) await keys.settle(after, { lower: restored });
}

function noted(event: RecordedEvent, keys: KeyRing, registry: WorkflowRegistry): Promise<void>[] {
  const { id: eventId, stream, type, metadata } = event;
  const { name, version } = metadata.workflow;
  const plan = registry.find(name, version)?.personal.get(type);
  if (plan === undefined) return [];
  return sealedParts(event.data).flatMap((part) => {
    const identifying = identifyingFields(plan, part.path).filter((field) => part.fields.includes(field));
    const key = identifying.length === 0 ? undefined : keys.key(part.subject);
    if (key === undefined || key === 'erased') return [];
    const fields = openBox(part, key, { ledger: metadata.ledger, stream, eventId });
    return [
      keys.index(
        part.subject,
        identifying.map((field) => ({ field, value: String(fields[field]) })),
      ),
    ];
  });
}
