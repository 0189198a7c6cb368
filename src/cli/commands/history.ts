import type { Command } from 'commander';
import { NOTICE_PUBLISHED } from '../../domain/calendar-history.js';
import { reachedRung } from '../../domain/case-rungs.js';
import type { EventMetadata, JsonObject } from '../../domain/event.js';
import { rungTitle } from '../../domain/rung-title.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import type { CalendarMove, MovedDeadline } from '../../engine/calendar-moves.js';
import type { AsOf } from '../../engine/case-reading.js';
import { type ActorFlags, actorOf, type LedgerFlags, withActor, withLedger } from '../command-options.js';
import { type Session, withOpenLedger } from '../session.js';
import { type Language, type Output, output, table } from '../terminal.js';
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
        const moves = await ledger.calendarMoves({ workflow, caseId });
        out.result(events, () =>
          table(
            events.flatMap(({ revision, type, data, metadata }) => [
              [
                String(revision),
                metadata.occurredAt,
                type,
                `${metadata.actor.id} (${metadata.actor.role})`,
                type === 'deadline.reached' ? rungLine(out, ledger.registry, metadata, data) : JSON.stringify(data),
                metadata.reason ?? '',
              ],
              ...moves.filter(({ afterRevision }) => afterRevision === revision).map((move) => moveCells(out, move)),
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

/** A notice that moved deadlines stands among the events, without a revision of its own. */
function moveCells(out: Output, { at, notices, moved }: CalendarMove): readonly string[] {
  const dates = moved.map(({ title, before, after }) => `${out.title(title)}: ${dueText(before)} → ${dueText(after)}`);
  return ['-', at, NOTICE_PUBLISHED, '', dates.join('; '), notices.map(({ title }) => out.title(title)).join('; ')];

  function dueText({ dueOn, provisional }: MovedDeadline['before']): string {
    return `${dueOn}${provisional ? PROVISIONAL[out.language] : ''}`;
  }
}

const PROVISIONAL: Readonly<Record<Language, string>> = { en: ' (provisional)', zh: '（暂定）' };
