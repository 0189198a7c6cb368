import type { Logger } from 'pino';
import type { Ledger } from '../ledger.js';
import { followLedger, type ReadModels } from '../read-models.js';
import { type Impure, type LedgerSetup, openSetup } from './session.js';

export type FollowedLedger = {
  readonly ledger: Ledger;
  readonly models: ReadModels;
  /** Read models finish what they write; then both are closed. */
  close(): Promise<void>;
};

/** Opens a ledger with its read models and carries out its reactions, in the thread that calls. @throws CaseError as ledger and read store do */
export async function followedLedger(
  impure: Impure,
  setup: Omit<LedgerSetup, 'sources' | 'outbox'>,
  logger: Logger,
): Promise<FollowedLedger> {
  const ledger = await openSetup(impure, setup);
  try {
    const models = await followLedger(ledger, {
      views: setup.views,
      clock: impure.clock,
      react: true,
      onFailure: (error, follower) => logger.error({ err: error, follower }, 'a read model or reaction met a failure'),
    });
    return {
      ledger,
      models,
      async close() {
        try {
          await models.close();
        } finally {
          await ledger.close();
        }
      },
    };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}
