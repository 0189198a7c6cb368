import type { Command } from 'commander';
import { explanationText } from '../../domain/explanation-text.js';
import type { AsOf } from '../../engine/case-reading.js';
import { type LedgerFlags, withLedger } from '../command-options.js';
import { type Session, withOpenLedger } from '../session.js';
import { output } from '../terminal.js';
import { asOf } from './show.js';

type ExplainFlags = LedgerFlags & { readonly asOf?: AsOf };

/** `caseledger explain application 2026-0417 decision`: why a deadline is due when it is, day by day. */
export function explainCommand(program: Command, session: Session): void {
  withLedger(
    program
      .command('explain <workflow> <case-id> <deadline>')
      .description('explain a due date: every day counted, every day off and its notice'),
  )
    .option('--as-of <moment>', 'as it was: a revision, or an instant as recorded then', asOf)
    .action(async (workflow: string, caseId: string, deadline: string, flags: ExplainFlags) => {
      const out = output(session.terminal, flags);
      await withOpenLedger(session, flags, { create: false }, async (ledger) => {
        const explanation = await ledger.explain(
          { workflow, caseId },
          deadline,
          flags.asOf === undefined ? {} : { asOf: flags.asOf },
        );
        out.result(explanation, () => [explanationText(explanation, out.language)]);
      });
    });
}
