import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { caseLedger } from '../api/case-ledger.js';
import type { Config } from '../config.js';
import { systemClock } from '../engine/clock.js';
import type { EngineOpener } from '../engine-thread/engine-thread.js';
import { threadMethods } from '../engine-thread/ledger-thread.js';
import { followedLedger } from './followed-ledger.js';
import type { LedgerSetup } from './session.js';
import { stderrLog } from './stderr-log.js';
import { loadWorkflows } from './workflow-modules.js';
// Needed as soon as there is something to open; named here they are loaded while the thread waits for that.
import '../ledger.js';
import '../workflows/index.js';

/** A setup as it may be sent to another thread; workflows and look-ups are loaded there again. */
export type LedgerOpening = Pick<LedgerSetup, 'location' | 'sources' | 'masterKey' | 'keys' | 'views'> & {
  readonly logLevel: Config['logLevel'];
  readonly alarmInterval: number;
};

/** Opens a ledger with its read models in the engine's thread, whose composition root this is. */
export const open: EngineOpener<LedgerOpening>['open'] = async ({ sources, logLevel, alarmInterval, ...setup }) => {
  const impure = { clock: systemClock, ids: { next: () => uuidv7() }, randomBytes };
  const loaded = await loadWorkflows(sources);
  const { ledger, models, alarm, close } = await followedLedger(
    impure,
    { ...setup, ...loaded },
    stderrLog(logLevel),
    alarmInterval,
  );
  const methods = threadMethods(caseLedger(ledger), models.projections, models.reactions, async () => alarm?.status());
  return { methods, close };
};
