import type { Command } from 'commander';
import { describeFailure } from '../../domain/case-error.js';
import type { LedgerCheck } from '../../engine/ledger-check.js';
import { type LedgerFlags, withLedger } from '../command-options.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { progress } from '../progress.js';
import { type Session, withOpenLedger } from '../session.js';
import { output } from '../terminal.js';

/** `caseledger check`: would every stored case still replay under the registered definitions? */
export function checkCommand(program: Command, session: Session, leave: (code: ExitCode) => void): void {
  withLedger(
    program
      .command('check')
      .description('replay every stored case against the registered workflows and list those that diverge'),
  ).action(async (flags: LedgerFlags) => {
    const out = output(session.terminal, flags);
    await withOpenLedger(session, flags, { create: false }, async (ledger) => {
      const bar = progress(session.terminal, 'events checked', undefined);
      const found = await ledger.check(bar.update).finally(bar.stop);
      out.result(found, () => checkLines(found));
      if (found.diverging.length + found.changedDefinitions.length > 0) leave(EXIT.diverging);
    });
  });
}

/** Diverging cases shown to a person. */
const LISTED = 50;

function checkLines({ cases, events, diverging, changedDefinitions }: LedgerCheck): readonly string[] {
  return [
    ...diverging
      .slice(0, LISTED)
      .map(({ workflow, caseId, failure }) => `diverges  ${workflow} ${caseId}: ${describeFailure(failure)}`),
    ...(diverging.length > LISTED ? [`… and ${diverging.length - LISTED} more; --json lists them all`] : []),
    ...changedDefinitions.map(
      ({ workflow, version, recorded, registered }) =>
        `changed   ${workflow} version ${version}: recorded under ${recorded}, registered as ${registered}`,
    ),
    `${cases} cases, ${events} events: ${diverging.length} diverging, ${changedDefinitions.length} changed definitions`,
  ];
}
