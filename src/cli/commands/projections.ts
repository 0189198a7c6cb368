import type { Command } from 'commander';
import type { ProjectionStatus } from '../../projections/runner.js';
import type { ReadModels } from '../../read-models.js';
import { CliError } from '../cli-error.js';
import { type ActorFlags, actorOf, type LedgerFlags, withActor, withLedger } from '../command-options.js';
import { EXIT } from '../exit-code.js';
import { type Session, withOpenLedger, withReadModels } from '../session.js';
import { output, table } from '../terminal.js';

/** `caseledger rebuild [projection]`: fills read models anew beside those in use and switches. */
export function rebuildCommand(program: Command, session: Session): void {
  withLedger(
    program
      .command('rebuild [projection]')
      .description('fill read models anew from the events and switch to them; all unless one is named'),
  ).action(async (name: string | undefined, flags: LedgerFlags) => {
    const out = output(session.terminal, flags);
    await withReadModels(session, flags, [], async ({ models: { projections }, failures }) => {
      const names = name === undefined ? (await projections.status()).map((one) => one.name) : [name];
      const failed = failures.of(names);
      for (const one of names) await Promise.race([projections.rebuild(one), failed]);
      const status = (await projections.status()).filter((one) => names.includes(one.name));
      out.result(status.map(plain), () => table(status.map((one) => [one.name, `${one.events} events`])));
    });
  });
}

type SkipFlags = LedgerFlags & ActorFlags & { readonly reason: string };

/** `caseledger projections`: how the read models stand; `projections skip`: moves one past an event it cannot take. */
export function projectionsCommand(program: Command, session: Session): void {
  const command = program.command('projections').description('how the read models stand');
  withLedger(
    command.command('status', { isDefault: true }).description('position, lag and halts of every read model'),
  ).action(async (flags: LedgerFlags) => {
    const out = output(session.terminal, flags);
    await withFollowing(session, flags, async (projections) => {
      const status = await projections.status();
      out.result(status.map(plain), () =>
        table(
          status.map(({ name, version, events, lag, halted, failed }) => [
            name,
            `version ${version}`,
            `${events} events`,
            `${lag} behind`,
            halted ? `HALTED at ${halted.position}: ${halted.detail}` : failed ? `FAILED: ${failed}` : '',
          ]),
        ),
      );
    });
  });
  withActor(
    withLedger(
      command
        .command('skip <projection> <position>')
        .description('move a halted read model past the event at which it halts; that is recorded'),
    ),
  )
    .requiredOption('--reason <text>', 'why the event is left out')
    .action(async (name: string, position: string, flags: SkipFlags) => {
      const out = output(session.terminal, flags);
      if (!/^\d{1,18}$/.test(position)) throw new CliError(EXIT.usage, `${position} is not a position`);
      await withFollowing(session, flags, async (projections) => {
        await projections.skip(name, BigInt(position), {
          actor: actorOf(flags, session.config).id,
          reason: flags.reason,
        });
        out.result({ projection: name, skipped: position }, () => [`${name} goes on after ${position}`]);
      });
    });
}

/** Read models as they are, without waiting until they have caught up. */
async function withFollowing(
  session: Session,
  flags: LedgerFlags,
  work: (projections: ReadModels['projections']) => Promise<void>,
): Promise<void> {
  await withOpenLedger(session, flags, { create: false }, async (ledger, { views }) => {
    const { followLedger } = await import('../../read-models.js');
    const models = await followLedger(ledger, { views, clock: session.clock });
    try {
      await work(models.projections);
    } finally {
      await models.close();
    }
  });
}

function plain({ name, version, position, events, lag, halted, superseded, failed }: ProjectionStatus): object {
  return { name, version, position, events, lag, halted, superseded, failed };
}
