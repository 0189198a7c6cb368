import type { Logger } from 'pino';
import { type RunningAlarmClock, startAlarmClock } from '../engine/alarm-clock.js';
import { systemWait } from '../engine/waiting.js';
import type { Ledger } from '../ledger.js';
import { followLedger, type ReadModels } from '../read-models.js';
import { type Impure, type LedgerSetup, openSetup } from './session.js';

export type FollowedLedger = {
  readonly ledger: Ledger;
  readonly models: ReadModels;
  /** Undefined where it is turned off. */
  readonly alarm: RunningAlarmClock | undefined;
  /** The alarm clock ends its tick and read models finish what they write; then all are closed. */
  close(): Promise<void>;
};

/**
 * Opens a ledger with its read models, in the thread that calls, carries out its reactions and lets its alarm clock tick.
 *
 * @param alarmInterval seconds; 0 lets no alarm clock tick
 * @throws CaseError as ledger and read store do
 */
export async function followedLedger(
  impure: Impure,
  setup: Omit<LedgerSetup, 'sources' | 'outbox'>,
  logger: Logger,
  alarmInterval: number,
): Promise<FollowedLedger> {
  const ledger = await openSetup(impure, setup);
  try {
    const models = await followLedger(ledger, {
      views: setup.views,
      clock: impure.clock,
      react: true,
      onFailure: (error, follower) => logger.error({ err: error, follower }, 'a read model or reaction met a failure'),
    });
    const alarm = alarmInterval === 0 ? undefined : ticking(ledger, models, logger, alarmInterval);
    return {
      ledger,
      models,
      alarm,
      async close() {
        try {
          await alarm?.stop();
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

function ticking(ledger: Ledger, models: ReadModels, logger: Logger, seconds: number): RunningAlarmClock {
  return startAlarmClock({
    hints: models.rungHints,
    raise: ledger.raise,
    clock: ledger.clock,
    intervalMs: seconds * 1_000,
    wait: systemWait,
    onFailure: (error, stream) => logger.error({ err: error, stream }, 'the alarm clock met a failure'),
  });
}
