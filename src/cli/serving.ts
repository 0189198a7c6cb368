import type { TokenOptions } from '../api/token.js';
import type { Config } from '../config.js';
import type { Outbox } from '../engine/outbox/outbox.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import { openForServing } from './open-for-serving.js';
import type { LedgerSetup, Session } from './session.js';
import { stderrLog } from './stderr-log.js';
import { stopRequested } from './stop-requested.js';

/** How many ports above the one asked for are tried, where that is allowed. */
const PORTS_TRIED = 20;

export type Serving = {
  readonly host: string;
  readonly port: number;
  /** Whether another port will do when that one is taken. */
  readonly nextFreePort: boolean;
  readonly tokens: Omit<TokenOptions, 'clock'>;
  readonly logLevel: Config['logLevel'];
};

/** What is told once the server listens. */
export type Listening = { readonly url: string; readonly ledger: string };

/**
 * Serves a ledger and delivers its alerts until the process is asked to stop (SIGTERM, SIGINT): requests under way are answered, read models
 * finish what they write, stores are closed.
 *
 * @param ready called once it listens
 * @throws CaseError `STORE_UNAVAILABLE` when the engine's thread dies, after everything else was closed
 */
export async function serveUntilStopped(
  session: Session,
  setup: LedgerSetup,
  serving: Serving,
  ready: (listening: Listening) => Promise<void> | void,
): Promise<void> {
  const { config, version } = session;
  const logger = stderrLog(serving.logLevel);
  const stopped = stopRequested();
  const { logLevel } = serving;
  let death: Error | undefined;
  let awaken = (): void => {};
  const died = new Promise<void>((resolve) => {
    awaken = resolve;
  });
  const onEngineDied = (error: Error): void => {
    logger.fatal({ err: error }, "the engine's thread has died; stopping");
    death = error;
    awaken();
  };
  const opening = openForServing(session, setup, { logger, logLevel, onEngineDied });
  // The HTTP side is loaded while the engine opens in its thread.
  const [opened, { startService }, { openedOutbox }] = await Promise.all([
    opening,
    import('../main.js'),
    import('./opened-outbox.js'),
  ]);
  let outbox: Outbox | undefined;
  try {
    const { events, registry, ledger } = opened.served;
    outbox = openedOutbox(session, setup, {
      ledger: ledger.id,
      events,
      registry,
      onFailure: (error) => logger.error({ err: error }, 'the outbox met a failure'),
    });
    outbox.start();
    const delivering = outbox;
    const server = await listening(serving, (port) =>
      startService({
        ...opened.served,
        outbox: delivering,
        host: serving.host,
        port,
        tokens: serving.tokens,
        trustProxy: config.trustProxy,
        logger,
        version,
      }),
    );
    try {
      await ready({ url: server.url, ledger: opened.served.ledger.id });
      await Promise.race([stopped, died]);
    } finally {
      await server.close();
    }
  } finally {
    try {
      await outbox?.close();
    } finally {
      await opened.close();
    }
  }
  if (death) throw death;
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
