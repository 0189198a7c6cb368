import { sealEvent } from '../domain/canonical-event.js';
import { isCaseError } from '../domain/case-error.js';
import { ENVELOPE_VERSION, type EventMetadata } from '../domain/event.js';
import type { EventStore } from '../event-store/event-store.js';
import type { Clock, Ids } from './clock.js';

/** The stream that holds what concerns the ledger as a whole. */
export const LEDGER_STREAM = 'ledger-main';

/** The rules under which the ledger's own stream is written. */
export const LEDGER_WORKFLOW = { name: 'ledger', version: 1, hash: 'built-in' } as const;

/**
 * The id of the ledger in this store. An empty store becomes a ledger: its first event says so. Of several processes
 * that open an empty store at once, one gives the name and the others read it.
 */
export async function ledgerIdentity(
  store: EventStore,
  { clock, ids }: { readonly clock: Clock; readonly ids: Ids },
): Promise<string> {
  const known = await recordedIdentity(store);
  if (known !== undefined) return known;

  const ledger = ids.next();
  const id = ids.next();
  const now = clock.now().toISOString();
  const metadata: EventMetadata = {
    actor: { id: 'caseledger', role: 'administrator' },
    command: { fingerprint: 'none', id, index: 0, size: 1 },
    correlation: id,
    envelope: ENVELOPE_VERSION,
    ledger,
    occurredAt: now,
    recordedAt: now,
    schema: 1,
    state: 'open',
    workflow: LEDGER_WORKFLOW,
  };
  try {
    await store.append(
      LEDGER_STREAM,
      [sealEvent({ id, stream: LEDGER_STREAM, revision: 0, type: 'ledger.opened', data: { ledger }, metadata })],
      'no-stream',
    );
    return ledger;
  } catch (error) {
    if (!isCaseError(error, 'REVISION_CONFLICT')) throw error;
    return (await recordedIdentity(store)) ?? ledger;
  }
}

async function recordedIdentity(store: EventStore): Promise<string | undefined> {
  const [first] = await store.read(LEDGER_STREAM, { limit: 1 });
  return first?.metadata.ledger;
}
