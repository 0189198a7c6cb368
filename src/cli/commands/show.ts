import { type Command, InvalidArgumentError } from 'commander';
import type { Actor } from '../../domain/access.js';
import type { NextEvent } from '../../domain/next-events.js';
import type { Workflow } from '../../domain/workflow.js';
import type { CaseDeadline } from '../../engine/case-deadlines.js';
import type { AsOf, CaseView } from '../../engine/case-reading.js';
import { type ActorFlags, actorOf, instant, type LedgerFlags, withActor, withLedger } from '../command-options.js';
import { type Session, withOpenLedger } from '../session.js';
import { stateTitle } from '../state-title.js';
import { type Output, output, table } from '../terminal.js';

type ShowFlags = LedgerFlags & ActorFlags & { readonly asOf?: AsOf };

/** `caseledger show application 2026-0417`: a case as it is, or as it was. */
export function showCommand(program: Command, session: Session): void {
  withActor(
    withLedger(
      program.command('show <workflow> <case-id>').description('show a case, its deadlines and what may follow'),
    ),
  )
    .option('--as-of <moment>', 'as it was: a revision, or an instant as recorded then', asOf)
    .action(async (workflow: string, caseId: string, flags: ShowFlags) => {
      const ref = { workflow, caseId };
      const out = output(session.terminal, flags);
      const options = flags.asOf === undefined ? {} : { asOf: flags.asOf };
      await withOpenLedger(session, flags, { create: false }, async (ledger) => {
        const view = await ledger.load(ref, options);
        const deadlines = await ledger.deadlines(ref, options);
        const mayFollow =
          flags.asOf === undefined && view.status === 'open' ? await ledger.next(ref, asker(flags, session)) : [];
        const definition = ledger.registry.get(workflow, view.version);
        const next = mayFollow.map(({ schema: _schema, ...one }) => one);
        out.result({ ...view, deadlines, next }, () => caseLines(out, definition, view, deadlines, next));
      });
    });
}

/** Whoever has the file and the key reaches every case; in which roles it might act is for it to say. */
function asker(flags: ActorFlags, { config }: Session): Actor {
  const actor = actorOf(flags, config);
  return { ...actor, roles: [...actor.roles, 'auditor'] };
}

/** A revision or an instant. */
export function asOf(value: string): AsOf {
  if (/^\d{1,9}$/.test(value)) return { revision: Number(value) };
  try {
    return { instant: instant(value) };
  } catch {
    throw new InvalidArgumentError('give a revision, or an instant such as 2026-03-06T09:00:00+08:00.');
  }
}

type Offered = Omit<NextEvent, 'schema'>;

function caseLines(
  out: Output,
  definition: Workflow,
  view: CaseView,
  deadlines: readonly CaseDeadline[],
  next: readonly Offered[],
): readonly string[] {
  const { labels } = view;
  const facts = [
    ['state', `${view.state}  ${stateTitle(definition, view.state, out.language)}`],
    ['status', `${view.status}, revision ${view.revision}, version ${view.version} of ${out.title(definition.title)}`],
    ['opened', view.openedAt],
    ['recorded', view.recordedAt],
    ...(['region', 'department', 'channel', 'applicant', 'owner'] as const).flatMap((label) =>
      labels[label] === undefined ? [] : [[label, labels[label]]],
    ),
    ...(labels.item === undefined ? [] : [['item', `${labels.item.id} version ${labels.item.version}`]]),
  ];
  return [
    `${view.workflow} ${view.caseId}`,
    ...table(facts.map((row) => ['', ...row])),
    ...(deadlines.length === 0
      ? []
      : ['deadlines', ...table(deadlines.map((one) => ['', ...deadlineCells(out, one)]))]),
    ...(next.length === 0
      ? []
      : [
          'may follow',
          ...table(next.map((one) => ['', one.type, out.title(one.title), one.roles.join(', '), blocked(out, one)])),
        ]),
  ];
}

function deadlineCells(out: Output, { name, title, due, overdue, status, limit }: CaseDeadline): readonly string[] {
  const standing = overdue ? 'OVERDUE' : due.held ? 'paused' : status;
  return [name, out.title(title), `${due.dueOn}${due.provisional ? ' (provisional)' : ''}`, standing, limit];
}

function blocked(out: Output, { blockedBy }: Offered): string {
  return blockedBy === undefined ? '' : `blocked: ${blockedBy.map(({ title }) => out.title(title)).join('; ')}`;
}
