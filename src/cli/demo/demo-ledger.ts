import type { Clock, Ids } from '../../engine/clock.js';
import { type Ledger, openLedger } from '../../ledger.js';
import { demoSteps } from './demo-cases.js';
import { officeDays } from './demo-time.js';
import type { LedgerSetup } from '../session.js';

export type DemoSummary = { readonly cases: number; readonly events: number };

/**
 * Fills a ledger with some dozens of applications in every state there is, told at the instants at which they would
 * have happened. The same `now` tells the same story; telling it again adds nothing.
 */
export async function fillDemoLedger(
  setup: LedgerSetup,
  { now, ids, randomBytes }: { readonly now: Date; readonly ids: Ids; readonly randomBytes: (size: number) => Uint8Array },
): Promise<DemoSummary> {
  const steps = demoSteps(officeDays(now));
  const first = steps[0]!.at;
  let at = first;
  const clock: Clock = { now: () => at };
  const ledger = await openLedger({
    store: setup.location.kind === 'memory' ? 'memory:' : setup.location.path,
    workflows: setup.workflows,
    lookups: setup.lookups,
    clock,
    ids,
    randomBytes,
    ...(setup.masterKey !== undefined && { masterKey: setup.masterKey }),
    ...(setup.keys !== undefined && { keys: setup.keys }),
  });
  try {
    const told = new Map<string, number>();
    for (const { at: when, caseId, type, data, actor, reason } of steps) {
      at = when;
      const place = told.get(caseId) ?? 0;
      told.set(caseId, place + 1);
      await tell(ledger, { place, caseId, type, data, actor, ...(reason !== undefined && { reason }) });
    }
    return { cases: told.size, events: steps.length };
  } finally {
    await ledger.close();
  }
}

type Told = { readonly place: number; readonly caseId: string; readonly type: string; readonly data: object; readonly actor: Parameters<Ledger['open']>[0]['actor']; readonly reason?: string };

async function tell(ledger: Ledger, { place, caseId, type, data, ...who }: Told): Promise<void> {
  const command = { workflow: 'application', caseId, commandId: `demo-${caseId}-${place}`, events: [{ type, data }], ...who };
  await (place === 0 ? ledger.open(command) : ledger.send(command));
}
