import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createApp } from '#caseledger/api/app.js';
import { SendBody } from '#caseledger/api/command-schemas.js';
import { operation } from '#caseledger/api/operation.js';
import { startServer } from '#caseledger/api/server.js';
import { mintToken, tokenVerifier } from '#caseledger/api/token.js';
import type { Actor } from '#caseledger/domain/access.js';
import { workflowRegistry } from '#caseledger/domain/workflow-registry.js';
import { systemClock } from '#caseledger/engine/clock.js';
import { startLedgerThread } from '#caseledger/engine-thread/ledger-thread.js';
import { sqliteEventStore } from '#caseledger/event-store/sqlite/sqlite-event-store.js';
import { shippedWorkflows } from '#caseledger/workflows/registry.js';

const SECRET = 'a secret of a ledger that holds nothing true';

export type BenchService = {
  readonly url: string;
  tokenFor(actor: Actor): Promise<string>;
  close(): Promise<void>;
};

/**
 * The API as it is served, its engine and read models in a thread of their own, with a route beside it that only says
 * back what it was sent: through the same middleware, body parser, token check and schema.
 */
export async function benchService(path: string): Promise<BenchService> {
  const thread = await startLedgerThread({
    opener: new URL('./engine-opener.js', import.meta.url),
    data: { path },
    onExit: (error) => {
      throw error;
    },
  });
  const events = await sqliteEventStore({ path, readOnly: true });
  const clock = systemClock;
  const app = createApp({
    ledger: thread.ledger,
    registry: workflowRegistry(shippedWorkflows),
    events,
    verifier: await tokenVerifier({ key: { secret: SECRET }, clock }),
    logger: pino({ level: 'silent' }),
    clock,
    metrics: new Registry(),
    limits: { rate: 'off' },
    operations: [
      operation(
        {
          method: 'post',
          path: '/echo',
          id: 'echo',
          tag: 'Bench',
          summary: 'Says back what it was sent',
          access: 'token',
          input: { body: SendBody },
          answers: { 200: { description: 'What was sent' } },
        },
        ({ body, res }) => {
          res.status(200).json(body);
        },
      ),
    ],
  });
  const server = await startServer({ app, port: 0 });
  return {
    url: server.url,
    tokenFor: (actor) => mintToken(actor, { secret: SECRET, clock }),
    async close() {
      await server.close();
      await thread.close();
      await events.close();
    },
  };
}
