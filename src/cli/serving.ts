import { pino } from 'pino';
import type { TokenOptions } from '../api/token.js';
import type { Config } from '../config.js';
import type { Ledger } from '../ledger.js';
import { startService } from '../main.js';
import { followLedger } from '../read-models.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import { type LedgerSetup, openSetup, type Session } from './session.js';

/** How many ports above the one asked for are tried, where that is allowed. */
const PORTS_TRIED = 20;

const STDERR = 2;

export type Serving = {
  readonly host: string;
  readonly port: number;
  /** Whether another port will do when that one is taken. */
  readonly nextFreePort: boolean;
  readonly tokens: Omit<TokenOptions, 'clock'>;
  readonly logLevel: Config['logLevel'];
};

/**
 * Serves a ledger until the process is asked to stop (SIGTERM, SIGINT): requests under way are answered, read models
 * finish what they write, stores are closed.
 *
 * @param ready called once it listens
 */
export async function serveUntilStopped(
  session: Session,
  setup: LedgerSetup,
  serving: Serving,
  ready: (url: string, ledger: Ledger) => Promise<void> | void,
): Promise<void> {
  const { config, version } = session;
  const logger = pino({ level: serving.logLevel }, pino.destination(STDERR));
  const stopped = stopRequested();
  const ledger = await openSetup(session, setup);
  try {
    const models = await followLedger(ledger, {
      views: setup.views,
      clock: session.clock,
      onFailure: (error, projection) => logger.error({ err: error, projection }, 'a read model met a failure'),
    });
    try {
      const server = await listening(serving, (port) =>
        startService({
          ledger,
          models,
          host: serving.host,
          port,
          tokens: serving.tokens,
          trustProxy: config.trustProxy,
          logger,
          version,
        }),
      );
      try {
        await ready(server.url, ledger);
        await stopped;
      } finally {
        await server.close();
      }
    } finally {
      await models.close();
    }
  } finally {
    await ledger.close();
  }
}

async function listening<Server>(
  { host, port, nextFreePort }: Serving,
  start: (port: number) => Promise<Server>,
): Promise<Server> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await start(port === 0 ? 0 : port + tried);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && nextFreePort && tried < PORTS_TRIED) continue;
      if (code === 'EADDRINUSE')
        throw new CliError(
          EXIT.usage,
          `${host}:${port} is taken by another program; choose another with --port or PORT`,
          { cause },
        );
      if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
        throw new CliError(EXIT.usage, `cannot listen on ${host}:${port}: ${message}`, { cause });
      throw cause;
    }
  }
}

/** A second signal ends the process at once, as it would have without us. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
