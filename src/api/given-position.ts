import { CaseError } from '../domain/case-error.js';
import { readPositionToken } from '../engine/position-token.js';
import type { EventStore } from '../event-store/event-store.js';

/**
 * The position a caller sends back.
 *
 * @throws CaseError `POSITION_INVALID`, also for one the ledger has not come to, which it cannot have given ·
 *   `POSITION_FOREIGN` when it was given by another ledger
 */
export async function givenPosition(ledger: string, events: Pick<EventStore, 'head'>, token: string): Promise<bigint> {
  const position = readPositionToken(ledger, token);
  const head = await events.head();
  if (head === undefined || position > head) throw new CaseError({ code: 'POSITION_INVALID', token });
  return position;
}
