import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { workflowRegistry } from '../../dist/domain/workflow-registry.js';
import { systemClock } from '../../dist/engine/clock.js';
import { openOutbox } from '../../dist/engine/outbox/outbox.js';
import { systemWait } from '../../dist/engine/waiting.js';

/** The ledger whose outbox is proved. */
export const PROOF_LEDGER = '0195a0c2-4f1e-7d3a-8b52-0f6f6d1c2a11';

/**
 * The outbox beside a ledger, with short pauses and leases: what takes hours in an office takes seconds here.
 *
 * @param {{ path: string, events: import('../../dist/event-store/event-store.js').EventStore }} options
 */
export function openProofOutbox({ path, events }) {
  return openOutbox({
    path: `${path}.outbox`,
    ledger: PROOF_LEDGER,
    events,
    registry: workflowRegistry([]),
    masterKey: new Uint8Array(32).fill(7),
    allowed: [{ protocol: 'http:', host: '127.0.0.1', port: '*' }],
    clock: systemClock,
    ids: { next: () => uuidv7() },
    randomBytes,
    random: Math.random,
    fetch: globalThis.fetch,
    wait: systemWait,
    retry: { firstMs: 5, longestMs: 200, attempts: 1_000_000, giveUpAfterMs: 3_600_000 },
    timeoutMs: 300,
    limits: { leaseMs: 600 },
    onFailure: (error) => process.stderr.write(`${error.stack}\n`),
  });
}
