import type { Command } from 'commander';
import { reachedRung } from '../../domain/case-rungs.js';
import type { EventMetadata, JsonObject } from '../../domain/event.js';
import { rungTitle } from '../../domain/rung-title.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import type { AsOf } from '../../engine/case-reading.js';
import { type ActorFlags, actorOf, type LedgerFlags, withActor, withLedger } from '../command-options.js';
import { type Session, withOpenLedger } from '../session.js';
import { type Output, output, table } from '../terminal.js';
import { asOf } from './show.js';

type HistoryFlags = LedgerFlags & ActorFlags & { readonly asOf?: AsOf; readonly reveal?: string };

/** `caseledger history application 2026-0417`: what happened to a case, oldest first. */
export function historyCommand(program: Command, session: Session): void {
  withActor(
    withLedger(
      program.command('history <workflow> <case-id>').description('list what happened to a case, oldest first'),
    ),
  )
    .option('--as-of <moment>', 'as it was: a revision, or an instant as recorded then', asOf)
    .option('--reveal <purpose>', 'show personal data, for a purpose; that it was read is recorded')
    .action(async (workflow: string, caseId: string, flags: HistoryFlags) => {
      const out = output(session.terminal, flags);
      await withOpenLedger(session, flags, { create: false }, async (ledger) => {
        const events = await ledger.history(
          { workflow, caseId },
          {
            ...(flags.asOf !== undefined && { asOf: flags.asOf }),
            ...(flags.reveal !== undefined && {
              reveal: { actor: actorOf(flags, session.config).id, purpose: flags.reveal },
            }),
          },
        );
        out.result(events, () =>
          table(
            events.map(({ revision, type, data, metadata }) => [
              String(revision),
              metadata.occurredAt,
              type,
              `${metadata.actor.id} (${metadata.actor.role})`,
              type === 'deadline.reached' ? rungLine(out, ledger.registry, metadata, data) : JSON.stringify(data),
              metadata.reason ?? '',
            ]),
          ),
        );
      });
    });
}

/** `Decision: overdue, due on 2026-03-16`. */
function rungLine(out: Output, registry: WorkflowRegistry, { workflow }: EventMetadata, data: JsonObject): string {
  const rung = reachedRung({ data });
  const rule = registry.get(workflow.name, workflow.version).deadlines[rung.deadline];
  const title = rule === undefined ? rung.deadline : out.title(rule.title);
  return `${title}${out.language === 'zh' ? '：' : ': '}${out.title(rungTitle(rung))}`;
}
