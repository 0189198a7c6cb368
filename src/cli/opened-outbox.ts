import { type Outbox, type OutboxOptions, openOutbox } from '../engine/outbox/outbox.js';
import { type AllowedHost, readAllowedHost } from '../engine/outbox/webhook-target.js';
import { systemWait } from '../engine/waiting.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import type { LedgerSetup, Session } from './session.js';

const KEY_BYTES = 32;

/**
 * The outbox of a ledger, as flags and configuration say; it delivers once it is started.
 *
 * @throws CliError for a list of hosts that cannot be read · CaseError as {@link openOutbox}
 */
export function openedOutbox(
  { clock, ids, randomBytes, config }: Session,
  { outbox, masterKey }: Pick<LedgerSetup, 'outbox' | 'masterKey'>,
  options: Pick<OutboxOptions, 'ledger' | 'events' | 'registry' | 'onFailure'>,
): Outbox {
  return openOutbox({
    ...options,
    path: outbox ?? ':memory:',
    // A ledger in memory has no master key; its outbox ends with it.
    masterKey: masterKey ?? randomBytes(KEY_BYTES),
    allowed: config.webhookHosts.map(allowedHost),
    clock,
    ids,
    randomBytes,
    random: Math.random,
    fetch: globalThis.fetch,
    wait: systemWait,
  });
}

function allowedHost(entry: string): AllowedHost {
  const host = readAllowedHost(entry);
  if (host) return host;
  throw new CliError(
    EXIT.usage,
    `CASELEDGER_WEBHOOK_HOSTS: "${entry}" is no host: give hooks.example.cn, *.example.cn, either with :PORT, or http://127.0.0.1:PORT for this machine`,
  );
}
