import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { createApp } from './api/app.js';
import { caseLedger } from './api/case-ledger.js';
import { type RunningServer, startServer } from './api/server.js';
import { type TokenOptions, tokenVerifier } from './api/token.js';
import type { Ledger } from './ledger.js';
import type { ReadModels } from './read-models.js';

export { mintToken, type TokenOptions } from './api/token.js';
export { followLedger, type ReadModelOptions, type ReadModels } from './read-models.js';

export type ServiceOptions = {
  readonly ledger: Ledger;
  readonly models: ReadModels;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** How callers' tokens are verified. */
  readonly tokens: Omit<TokenOptions, 'clock'>;
  readonly trustProxy: number;
  readonly logger: Logger;
  readonly version: string;
};

/** The HTTP API over a ledger and its read models. @throws Error when the address cannot be had */
export async function startService({
  ledger,
  models,
  host,
  port,
  tokens,
  trustProxy,
  logger,
  version,
}: ServiceOptions): Promise<RunningServer> {
  const app = createApp({
    ledger: caseLedger(ledger),
    registry: ledger.registry,
    events: ledger.store,
    readModels: models,
    verifier: await tokenVerifier({ ...tokens, clock: ledger.clock }),
    logger,
    clock: ledger.clock,
    metrics: new Registry(),
    trustProxy,
    version,
  });
  return startServer({ app, host, port });
}
