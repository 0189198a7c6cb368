import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { type AppDeps, createApp } from './api/app.js';
import { caseLedger } from './api/case-ledger.js';
import { type RunningServer, startServer } from './api/server.js';
import { type TokenOptions, tokenVerifier } from './api/token.js';
import type { Outbox } from './engine/outbox/outbox.js';
import type { Ledger } from './ledger.js';
import type { ReadModels } from './read-models.js';

export { mintToken, type TokenOptions } from './api/token.js';
export { followLedger, type ReadModelOptions, type ReadModels } from './read-models.js';

/** A ledger as it is served, wherever its engine and its read models run. */
export type ServedLedger = Pick<AppDeps, 'ledger' | 'registry' | 'events' | 'clock' | 'alarm'> &
  Required<Pick<AppDeps, 'readModels' | 'reactions'>>;

/** A ledger and its read models in this thread, for {@link startService}. */
export function servedLedger(ledger: Ledger, readModels: ReadModels): ServedLedger {
  const { registry, store: events, clock } = ledger;
  return { ledger: caseLedger(ledger), registry, events, readModels, reactions: readModels.reactions, clock };
}

export type ServiceOptions = ServedLedger & {
  /** Without it there are no webhooks. */
  readonly outbox?: Outbox;
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
export async function startService({ host, port, tokens, ...served }: ServiceOptions): Promise<RunningServer> {
  const app = createApp({
    ...served,
    verifier: await tokenVerifier({ ...tokens, clock: served.clock }),
    metrics: new Registry(),
  });
  return startServer({ app, host, port });
}
