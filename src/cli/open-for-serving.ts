import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { chinaCalendar } from '../domain/calendars/cn.js';
import { workflowRegistry } from '../domain/workflow-registry.js';
import { startLedgerThread } from '../engine-thread/ledger-thread.js';
import type { ServedLedger } from '../main.js';
import type { LedgerOpening } from './ledger-opener.js';
import type { LedgerSetup, Session } from './session.js';

export type OpenedForServing = {
  readonly served: ServedLedger;
  /** Lets commands under way end, then closes everything. */
  close(): Promise<void>;
};

export type ServingOptions = {
  readonly logger: Logger;
  readonly logLevel: Config['logLevel'];
  /** Told when the engine's thread ends without having been asked to: nothing can be served any more. */
  readonly onEngineDied: (error: Error) => void;
};

/**
 * Opens a ledger to be served. One in a file has its engine and read models in a thread of their own; what lives in this
 * process's memory stays in this thread.
 *
 * @throws CaseError as ledger and read store do
 */
export async function openForServing(
  session: Session,
  setup: LedgerSetup,
  options: ServingOptions,
): Promise<OpenedForServing> {
  const { location, views } = setup;
  if (location.kind === 'file' && views !== undefined)
    return openInThread(session, { ...setup, path: location.path, views }, options);
  const [{ followedLedger }, { servedLedger }] = await Promise.all([
    import('./followed-ledger.js'),
    import('../main.js'),
  ]);
  const { alarmInterval } = session.config;
  const { ledger, models, alarm, close } = await followedLedger(session, setup, options.logger, alarmInterval);
  return { served: { ...servedLedger(ledger, models), alarm: async () => alarm?.status() }, close };
}

async function openInThread(
  { clock, config, engineThread }: Session,
  setup: LedgerSetup & { readonly path: string; readonly views: string },
  { logLevel, onEngineDied }: ServingOptions,
): Promise<OpenedForServing> {
  const { path, location, sources, masterKey, keys, views } = setup;
  const registry = workflowRegistry(setup.workflows);
  const data: LedgerOpening = {
    location,
    sources,
    masterKey,
    keys,
    views,
    logLevel,
    alarmInterval: config.alarmInterval,
  };
  const starting = startLedgerThread({
    opener: engineThread ?? new URL('./ledger-opener.js', import.meta.url),
    data,
    onExit: onEngineDied,
  });
  const [thread, { ledgerReaders }] = await Promise.all([starting, import('../engine-thread/ledger-readers.js')]);
  try {
    const { projections, reactions } = thread;
    const readers = await ledgerReaders({ path, views, registry, calendar: chinaCalendar, projections });
    return {
      served: {
        ledger: thread.ledger,
        registry,
        events: readers.events,
        readModels: readers.readModels,
        alarm: thread.alarm,
        reactions,
        clock,
      },
      async close() {
        // Readers first: the engine then has the files to itself and leaves each whole.
        try {
          await readers.close();
        } finally {
          await thread.close();
        }
      },
    };
  } catch (error) {
    await thread.close();
    throw error;
  }
}
