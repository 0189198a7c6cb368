import type { Command } from 'commander';
import { CaseError, type CaseFailure, describeFailure } from '../../domain/case-error.js';
import { newCase } from '../../domain/decide.js';
import type { RecordedEvent } from '../../domain/event.js';
import { replayNext } from '../../domain/replay.js';
import { streamIdOf } from '../../domain/stream-id.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import { readStream } from '../../event-store/read-stream.js';
import { type LedgerFlags, withLedger } from '../command-options.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { type Session, withOpenLedger } from '../session.js';
import { stateTitle } from '../state-title.js';
import { output, table } from '../terminal.js';

type Step = { readonly event: RecordedEvent; readonly state: string; readonly divergence?: CaseFailure };

/** `caseledger replay application 2026-0417`: how a case came to be where it is. */
export function replayCommand(program: Command, session: Session, leave: (code: ExitCode) => void): void {
  withLedger(
    program.command('replay <workflow> <case-id>').description('replay a case: each event and the state it led to'),
  ).action(async (workflow: string, caseId: string, flags: LedgerFlags) => {
    const out = output(session.terminal, flags);
    await withOpenLedger(session, flags, { create: false }, async (ledger) => {
      const current = ledger.registry.current(workflow);
      const history = await readStream(ledger.store, streamIdOf(workflow, caseId));
      if (history.length === 0) throw new CaseError({ code: 'CASE_NOT_FOUND', workflow, caseId });
      const steps = retold(history, ledger.registry);
      const divergence = steps.at(-1)?.divergence;
      const value = {
        workflow,
        caseId,
        agrees: divergence === undefined,
        steps: steps.map(({ event: { revision, type, metadata }, state }) => ({
          revision,
          type,
          recordedAt: metadata.recordedAt,
          state,
          recorded: metadata.state,
        })),
        ...(divergence && { divergence }),
      };
      out.result(value, () =>
        table(
          steps.map(({ event: { revision, type, metadata }, state, divergence: here }) => [
            String(revision),
            metadata.recordedAt,
            type,
            '->',
            here ? `recorded as ${metadata.state}` : state,
            here ? '' : stateTitle(current, state, out.language),
          ]),
        ),
      );
      if (!divergence) return;
      out.note(`caseledger: ${describeFailure(divergence)}`);
      leave(EXIT.diverging);
    });
  });
}

/** Every event with the state it leads to today, up to the first that today's definition does not lead where it was recorded. */
function retold(history: readonly RecordedEvent[], registry: WorkflowRegistry): readonly Step[] {
  const steps: Step[] = [];
  const { workflow } = history[0]!.metadata;
  let state = newCase(registry.get(workflow.name, workflow.version));
  for (const event of history) {
    try {
      state = replayNext(state, event, history, registry);
    } catch (error) {
      if (!(error instanceof CaseError)) throw error;
      return [...steps, { event, state: state.state, divergence: error.failure }];
    }
    steps.push({ event, state: state.state });
  }
  return steps;
}
