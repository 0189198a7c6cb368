import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { By, NewSubscription, Outbox, Standing } from '../../engine/outbox/outbox.js';
import type { DeadLetter, SecretEntry, Subscription } from '../../engine/outbox/outbox-record.js';
import { CliError } from '../cli-error.js';
import {
  type ActorFlags,
  actorOf,
  gather,
  type LedgerFlags,
  wholeNumber,
  withActor,
  withLedger,
  withOutbox,
} from '../command-options.js';
import { EXIT } from '../exit-code.js';
import { type Session, withOpenLedger } from '../session.js';
import { output, table } from '../terminal.js';

type AddFlags = LedgerFlags &
  ActorFlags & {
    readonly id?: string;
    readonly ofWorkflow?: readonly string[];
    readonly event?: readonly string[];
    readonly secretFile?: string;
    readonly from?: 'now' | 'start';
  };

type ReasonFlags = LedgerFlags & ActorFlags & { readonly reason?: string };

/** `caseledger webhooks`: who is told of alerts, what was given up, and what to do about it. A running server notices within a second. */
export function webhooksCommand(program: Command, session: Session): void {
  const command = program.command('webhooks').description('who is told of alerts, and how that stands');
  const reading = (name: string, description: string): Command =>
    withOutbox(withLedger(command.command(name).description(description)));
  const changing = (name: string, description: string): Command => withActor(reading(name, description));
  const by = (flags: ActorFlags, reason?: string): By => ({
    actor: actorOf(flags, session.config).id,
    ...(reason !== undefined && { reason }),
  });

  withOutbox(
    withLedger(
      command.command('list', { isDefault: true }).description('every webhook, with what is pending and given up'),
    ),
  ).action(async (flags: LedgerFlags) => {
    const out = output(session.terminal, flags);
    await withIdleOutbox(session, flags, async (outbox) => {
      const [all, secrets, standings] = [
        await outbox.subscriptions(),
        await outbox.secrets(),
        await outbox.standings(),
      ];
      const listed = all.map((one) => listing(one, secrets, standings));
      out.result(listed, () =>
        table(
          listed.map(({ id, url, secrets: signing, pending, dead, oldestSeconds, disabled }) => [
            id,
            url,
            `secret ${signing.map((secret) => secret.id).join(', ')}`,
            `${pending} pending`,
            `${dead} dead`,
            pending > 0 ? `oldest ${Math.round(oldestSeconds)} s` : '',
            disabled ? `DISABLED ${disabled.at}: ${disabled.reason}` : '',
          ]),
        ),
      );
    });
  });

  changing('add <url>', 'tell somebody of alerts; the secret that messages are signed with is shown this once')
    .option('--id <name>', 'its name, part of every message id; a UUID unless given')
    .option('--of-workflow <name>', 'every event of this workflow; may be repeated', gather)
    .option('--event <type>', 'events of this type, of any workflow; may be repeated', gather)
    .option('--secret-file <file>', 'file that holds the secret, whsec_…; one is made unless given')
    .addOption(
      new Option('--from <point>', 'what it is told of: what comes, or all there is').choices(['now', 'start']),
    )
    .action(async (url: string, flags: AddFlags) => {
      const out = output(session.terminal, flags);
      const { id, ofWorkflow, event, secretFile, from } = flags;
      const named = ofWorkflow !== undefined || event !== undefined;
      const asked: NewSubscription = {
        url,
        ...(id !== undefined && { id }),
        ...(named && { filter: { workflows: ofWorkflow ?? [], types: event ?? [] } }),
        ...(secretFile !== undefined && { secret: secretIn(secretFile) }),
        ...(from !== undefined && { from }),
      };
      await withIdleOutbox(session, flags, async (outbox) => {
        const { subscription, secret } = await outbox.add(asked, by(flags));
        out.result({ id: subscription.id, url, secret }, () => [
          `${subscription.id} is told at ${url}`,
          `secret: ${secret}`,
        ]);
      });
    });

  changing('remove <id>', 'tell somebody nothing more; what is pending is dropped').action(
    async (id: string, flags: LedgerFlags & ActorFlags) => {
      const out = output(session.terminal, flags);
      await withIdleOutbox(session, flags, (outbox) => outbox.remove(id, by(flags)));
      out.result({ removed: id }, () => [`${id} is told nothing more`]);
    },
  );

  changing('enable <id>', 'go on after a receiver has ended its webhook (410) or asked for a pause').action(
    async (id: string, flags: LedgerFlags & ActorFlags) => {
      const out = output(session.terminal, flags);
      await withIdleOutbox(session, flags, (outbox) => outbox.enable(id, by(flags)));
      out.result({ enabled: id }, () => [`${id} goes on`]);
    },
  );

  reading('test <id>', 'send a test message now, once').action(async (id: string, flags: LedgerFlags) => {
    const out = output(session.terminal, flags);
    const attempted = await withIdleOutbox(session, flags, (outbox) => outbox.test(id));
    const failure = 'failure' in attempted ? attempted.failure : undefined;
    if (attempted.kind !== 'accepted')
      throw new CliError(EXIT.refused, `${id} was not reached: ${failure ?? attempted.kind}`);
    out.result({ id, status: attempted.status }, () => [`${id} accepted the message: HTTP ${attempted.status}`]);
  });

  changing('add-secret <id>', 'sign with one more secret, for a receiver that changes over')
    .option('--secret-file <file>', 'file that holds the secret, whsec_…; one is made unless given')
    .action(async (id: string, flags: LedgerFlags & ActorFlags & { readonly secretFile?: string }) => {
      const out = output(session.terminal, flags);
      const given = flags.secretFile === undefined ? undefined : secretIn(flags.secretFile);
      const added = await withIdleOutbox(session, flags, (outbox) => outbox.addSecret(id, given, by(flags)));
      out.result({ id: added.id, webhook: id, secret: added.secret }, () => [`secret ${added.id}: ${added.secret}`]);
    });

  changing('remove-secret <id>', 'sign no longer with one of several secrets')
    .requiredOption('--secret <number>', 'its number, as the list says', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .action(async (id: string, flags: LedgerFlags & ActorFlags & { readonly secret: number }) => {
      const out = output(session.terminal, flags);
      await withIdleOutbox(session, flags, (outbox) => outbox.removeSecret(id, flags.secret, by(flags)));
      out.result({ webhook: id, removed: flags.secret }, () => [`${id} signs no longer with secret ${flags.secret}`]);
    });

  reading('dead-letters', 'messages that were given up; each holds back the later ones of its case')
    .option('--webhook <id>', 'of this one alone')
    .action(async (flags: LedgerFlags & { readonly webhook?: string }) => {
      const out = output(session.terminal, flags);
      const letters = await withIdleOutbox(session, flags, (outbox) => outbox.deadLetters(flags.webhook));
      out.result(letters, () => (letters.length === 0 ? ['none'] : table(letters.map(letterRow))));
    });

  changing('resend <message...>', 'try messages again that were given up')
    .option('--reason <text>', 'why; it is recorded')
    .action(async (messages: readonly string[], flags: ReasonFlags) => {
      const out = output(session.terminal, flags);
      await withIdleOutbox(session, flags, async (outbox) => {
        for (const message of messages) await outbox.resend(message, by(flags, flags.reason));
      });
      out.result({ resent: messages }, () => messages.map((message) => `${message} is tried again`));
    });

  changing('skip <message...>', 'leave messages out that were given up, so that their cases go on')
    .requiredOption('--reason <text>', 'why; it is recorded')
    .action(async (messages: readonly string[], flags: ReasonFlags) => {
      const out = output(session.terminal, flags);
      await withIdleOutbox(session, flags, async (outbox) => {
        for (const message of messages) await outbox.skip(message, by(flags, flags.reason));
      });
      out.result({ skipped: messages }, () => messages.map((message) => `${message} is left out`));
    });

  reading('acts', 'who added, removed, resent or skipped what, when and why').action(async (flags: LedgerFlags) => {
    const out = output(session.terminal, flags);
    const acts = await withIdleOutbox(session, flags, (outbox) => outbox.acts());
    out.result(acts, () =>
      table(
        acts.map(({ at, actor, act, subscription, message = '', reason = '' }) => [
          at,
          actor,
          act,
          subscription,
          message,
          reason,
        ]),
      ),
    );
  });
}

/** An outbox that is looked at and changed, and delivers nothing. */
async function withIdleOutbox<Result>(
  session: Session,
  flags: LedgerFlags,
  work: (outbox: Outbox) => Promise<Result>,
): Promise<Result> {
  return withOpenLedger(session, flags, { create: false }, async (ledger, setup) => {
    const { openedOutbox } = await import('../opened-outbox.js');
    const { id, store: events, registry } = ledger;
    const outbox = openedOutbox(session, setup, { ledger: id, events, registry });
    try {
      return await work(outbox);
    } finally {
      await outbox.close();
    }
  });
}

function listing(
  { id, url, filter, addedAt, addedBy, disabled, pausedUntil }: Subscription,
  secrets: readonly SecretEntry[],
  standings: readonly Standing[],
) {
  const { pending = 0, dead = 0, oldestSeconds = 0 } = standings.find(({ subscription }) => subscription === id) ?? {};
  return {
    id,
    url,
    filter,
    addedAt,
    addedBy,
    disabled,
    ...(pausedUntil !== undefined && { pausedUntil: new Date(pausedUntil).toISOString() }),
    secrets: secrets
      .filter(({ subscription }) => subscription === id)
      .map((one) => ({ id: one.id, addedAt: one.addedAt })),
    pending,
    dead,
    oldestSeconds,
  };
}

function letterRow({
  id,
  subscription,
  type,
  workflow,
  caseId,
  attempts,
  failure,
  deadAt,
  holding,
}: DeadLetter): string[] {
  return [id, subscription, type, `${workflow} ${caseId}`, `${attempts} attempts`, failure, deadAt, `holds ${holding}`];
}

function secretIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CliError(EXIT.notFound, `${file}: ${(cause as Error).message}`, { cause });
  }
}
