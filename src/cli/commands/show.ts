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

const LABELS = ['region', 'department', 'channel', 'applicant', 'owner'] as const;

const WORDS = {
  en: {
    state: 'state',
    status: 'status',
    opened: 'opened',
    recorded: 'recorded',
    region: 'region',
    department: 'department',
    channel: 'channel',
    applicant: 'applicant',
    owner: 'owner',
    item: 'item',
    deadlines: 'deadlines',
    mayFollow: 'may follow',
    version: (version: number, title: string) => `version ${version} of ${title}`,
    revision: (revision: number) => `revision ${revision}`,
    open: 'open',
    closed: 'closed',
    blocked: 'blocked: ',
    provisional: ' (provisional)',
    overdue: 'OVERDUE',
    running: 'running',
    paused: 'paused',
    pausedTooLong: 'PAUSED TOO LONG',
    met: 'met',
    cancelled: 'cancelled',
    statutory: 'statutory',
    promised: 'promised',
    internal: 'internal',
  },
  zh: {
    state: '状态',
    status: '办件',
    opened: '收件时间',
    recorded: '最近登记',
    region: '行政区划',
    department: '承办部门',
    channel: '申请渠道',
    applicant: '申请人编号',
    owner: '申请账号',
    item: '事项',
    deadlines: '时限',
    mayFollow: '后续可办',
    version: (version: number, title: string) => `${title} 第${version}版规则`,
    revision: (revision: number) => `修订号 ${revision}`,
    open: '在办',
    closed: '办结',
    blocked: '不可办：',
    provisional: '（暂定）',
    overdue: '已超期',
    running: '计时中',
    paused: '计时中止',
    pausedTooLong: '中止超期',
    met: '已完成',
    cancelled: '已取消',
    statutory: '法定',
    promised: '承诺',
    internal: '内部',
  },
} as const;

function caseLines(
  out: Output,
  definition: Workflow,
  view: CaseView,
  deadlines: readonly CaseDeadline[],
  next: readonly Offered[],
): readonly string[] {
  const { labels } = view;
  const words = WORDS[out.language];
  const facts = [
    [words.state, `${view.state}  ${stateTitle(definition, view.state, out.language)}`],
    [
      words.status,
      [
        words[view.status],
        words.revision(view.revision),
        words.version(view.version, out.title(definition.title)),
      ].join(out.language === 'zh' ? '，' : ', '),
    ],
    [words.opened, view.openedAt],
    [words.recorded, view.recordedAt],
    ...LABELS.flatMap((label) => (labels[label] === undefined ? [] : [[words[label], labels[label]]])),
    ...(labels.item === undefined ? [] : [[words.item, `${labels.item.id} v${labels.item.version}`]]),
  ];
  return [
    `${view.workflow} ${view.caseId}`,
    ...table(facts.map((row) => ['', ...row])),
    ...(deadlines.length === 0
      ? []
      : [words.deadlines, ...table(deadlines.map((one) => ['', ...deadlineCells(out, one)]))]),
    ...(next.length === 0
      ? []
      : [
          words.mayFollow,
          ...table(next.map((one) => ['', one.type, out.title(one.title), one.roles.join(', '), blocked(out, one)])),
        ]),
  ];
}

function deadlineCells(
  out: Output,
  { name, title, due, overdue, pausedTooLong, status, limit }: CaseDeadline,
): readonly string[] {
  const words = WORDS[out.language];
  const standing = overdue ? 'overdue' : pausedTooLong ? 'pausedTooLong' : due.held ? 'paused' : status;
  return [
    name,
    out.title(title),
    `${due.dueOn}${due.provisional ? words.provisional : ''}`,
    words[standing],
    words[limit],
  ];
}

function blocked(out: Output, { blockedBy }: Offered): string {
  const { blocked: word } = WORDS[out.language];
  return blockedBy === undefined ? '' : `${word}${blockedBy.map(({ title }) => out.title(title)).join('; ')}`;
}
