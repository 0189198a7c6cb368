import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../config.js';
import type { Actor } from '../domain/access.js';
import type { Language } from './terminal.js';

export type OutputFlags = { readonly json?: boolean; readonly lang?: Language };

export type LedgerFlags = OutputFlags & {
  readonly ledger?: string;
  readonly masterKeyFile?: string;
  readonly keys?: string;
  readonly views?: string;
  readonly outbox?: string;
  readonly workflows?: readonly string[];
  readonly shipped: boolean;
};

export type ActorFlags = {
  readonly actor?: string;
  readonly role?: readonly string[];
  readonly department?: string;
  readonly region?: string;
  readonly onBehalfOf?: string;
};

/** What every command takes. */
export function withOutput(command: Command): Command {
  return command
    .option('--json', 'write one JSON value to stdout, for programs')
    .addOption(new Option('--lang <language>', 'language of titles and explanations').choices(['en', 'zh']));
}

/** Which ledger, with which keys and workflows. */
export function withLedger(command: Command): Command {
  return withOutput(command)
    .option('--ledger <location>', 'a SQLite file, or memory: (CASELEDGER_LEDGER)')
    .option(
      '--master-key-file <file>',
      'file that holds the master key (CASELEDGER_MASTER_KEY_FILE; <ledger>.master-key)',
    )
    .option('--keys <file>', "the key store's file (CASELEDGER_KEYS; <ledger>.keys)")
    .option('--views <file>', "the read models' file (CASELEDGER_VIEWS; <ledger>.views)")
    .option(
      '--workflows <module>',
      'ES module whose workflows and look-ups are registered; may be repeated (CASELEDGER_WORKFLOWS)',
      gather,
    )
    .option('--no-shipped', 'leave out the workflows that come with the package');
}

/** Which outbox, for commands that have to do with it. */
export function withOutbox(command: Command): Command {
  return command.option('--outbox <file>', "the outbox's file (CASELEDGER_OUTBOX; <ledger>.outbox)");
}

/** Who acts, as the ledger will record it. */
export function withActor(command: Command): Command {
  return command
    .option('--actor <id>', 'account that acts, never a person\'s own name (CASELEDGER_ACTOR; "operator")')
    .option('--role <role>', 'role it acts in; may be repeated (CASELEDGER_ROLES)', gather)
    .option('--department <name>', 'its department (CASELEDGER_DEPARTMENT)')
    .option('--region <code>', 'its division code, such as 330921 (CASELEDGER_REGION)')
    .option('--on-behalf-of <party>', 'the party it acts for');
}

export const DEFAULT_ACTOR = 'operator';

/** The actor from its flags, and from the environment where they are silent. Roles are never assumed: what somebody acted as is recorded. */
export function actorOf(flags: ActorFlags, config: Config): Actor {
  const department = flags.department ?? config.department;
  const region = flags.region ?? config.region;
  return {
    id: flags.actor ?? config.actor ?? DEFAULT_ACTOR,
    roles: flags.role ?? config.roles,
    ...(department !== undefined && { department }),
    ...(region !== undefined && { region }),
    ...(flags.onBehalfOf !== undefined && { onBehalfOf: flags.onBehalfOf }),
  };
}

export function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Reads an option that is a whole number within bounds. */
export function wholeNumber(from: number, to: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < from || number > to)
      throw new InvalidArgumentError(`give a whole number from ${from} to ${to}.`);
    return number;
  };
}

/** Reads an option that is an instant, ISO 8601 with a zone. */
export function instant(value: string): string {
  const at = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value) ? new Date(value) : undefined;
  if (!at || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('give an instant such as 2026-03-06T09:00:00+08:00.');
  return at.toISOString();
}

/** Reads an option that names a time zone, such as `Asia/Shanghai`. */
export function timeZone(value: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
  } catch {
    throw new InvalidArgumentError('give a time zone such as Asia/Shanghai.');
  }
  return value;
}

/** Reads an option that parts columns. */
export function delimiter(value: string): string {
  if (value === '') throw new InvalidArgumentError('give at least one character.');
  return value;
}
