import type { Command } from 'commander';
import { type ActorFlags, actorOf, type LedgerFlags, wholeNumber, withActor, withLedger } from '../command-options.js';
import { type Session, withOpenLedger } from '../session.js';
import { output } from '../terminal.js';

type MigrateFlags = LedgerFlags & ActorFlags & { readonly commandId?: string; readonly reason?: string };

/** `caseledger migrate application 2026-0417 2 --reason …`: moves a case to another version of its rules. */
export function migrateCommand(program: Command, session: Session): void {
  const command = program
    .command('migrate <workflow> <case-id>')
    .description('move a case to another version of its workflow, after replaying it there');
  withActor(withLedger(command))
    .argument('<version>', 'version to move to', wholeNumber(1, 1_000_000))
    .requiredOption('--reason <text>', 'why')
    .option('--command-id <id>', 'names the command, so that sending it again changes nothing; a new one unless given')
    .action(async (workflow: string, caseId: string, toVersion: number, flags: MigrateFlags) => {
      const out = output(session.terminal, flags);
      await withOpenLedger(session, flags, { create: false }, async (ledger) => {
        const actor = actorOf(flags, session.config);
        const receipt = await ledger.migrate({
          workflow,
          caseId,
          toVersion,
          commandId: flags.commandId ?? session.ids.next(),
          actor: { ...actor, roles: [...actor.roles, 'administrator'] },
          reason: flags.reason!,
        });
        out.result(receipt, () => [
          `${workflow} ${caseId}  ${receipt.state}  version ${receipt.version}, revision ${receipt.revision}`,
        ]);
      });
    });
}
