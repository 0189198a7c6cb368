import { type Command, Option } from 'commander';
import type { DueFilter, DueItem, Standing } from '../../projections/case-queries.js';
import { MAX_PAGE } from '../../projections/page-cursor.js';
import { instant, type LedgerFlags, wholeNumber, withLedger } from '../command-options.js';
import { type Session, withReadModels } from '../session.js';
import { type Language, output, table } from '../terminal.js';

const STANDINGS = [
  'overdue',
  'lapsed',
  'today',
  'near',
  'running',
  'paused',
  'pausedTooLong',
  'met',
  'cancelled',
  'ended',
] as const satisfies readonly DueFilter['standing'][];

const STANDING_WORDS: Readonly<Record<Standing | 'pausedTooLong', Readonly<Record<Language, string>>>> = {
  overdue: { en: 'overdue', zh: '已超期' },
  lapsed: { en: 'lapsed', zh: '已逾期失效' },
  today: { en: 'due today', zh: '今日到期' },
  near: { en: 'near', zh: '临期' },
  running: { en: 'running', zh: '计时中' },
  paused: { en: 'paused', zh: '计时中止' },
  pausedTooLong: { en: 'paused too long', zh: '中止超期' },
  met: { en: 'met', zh: '已完成' },
  cancelled: { en: 'cancelled', zh: '已取消' },
  ended: { en: 'ended', zh: '已终止' },
};

type DueFlags = LedgerFlags & {
  readonly standing?: NonNullable<DueFilter['standing']>;
  readonly workflow?: string;
  readonly ofDepartment?: string;
  readonly inRegion?: string;
  readonly deadline?: string;
  readonly limitKind?: 'statutory' | 'promised' | 'internal';
  readonly handler?: string;
  readonly applicant?: string;
  readonly owner?: string;
  readonly before?: string;
  readonly limit: number;
  readonly cursor?: string;
};

/** `caseledger due --standing overdue`: which case is due when. */
export function dueCommand(program: Command, session: Session): void {
  withLedger(
    program.command('due').description('list deadlines, earliest due first; right also when nothing has run for weeks'),
  )
    .addOption(new Option('--standing <standing>', 'only those that stand so').choices(STANDINGS))
    .option('--workflow <name>', 'only of this workflow')
    .option('--of-department <name>', 'only of cases this department handles')
    .option('--in-region <code>', 'only of cases in this division and below')
    .option('--deadline <name>', 'only this deadline')
    .addOption(
      new Option('--limit-kind <kind>', 'only limits of this kind').choices(['statutory', 'promised', 'internal']),
    )
    .option('--handler <account>', 'only of cases this account handles, or did when the deadline was over')
    .option('--applicant <reference>', 'only of cases about this data subject')
    .option('--owner <account>', 'only of cases this account applied for')
    .option('--before <instant>', 'only due before this instant', instant)
    .option('--limit <number>', `how many, at most ${MAX_PAGE}`, wholeNumber(1, MAX_PAGE), 50)
    .option('--cursor <cursor>', 'go on where the page before this one ended')
    .action(async (flags: DueFlags) => {
      const out = output(session.terminal, flags);
      const {
        standing,
        workflow,
        ofDepartment: department,
        inRegion: region,
        deadline,
        limitKind,
        handler,
        applicant,
        owner,
        before,
        limit,
        cursor,
      } = flags;
      await withReadModels(session, flags, ['due_cases'], async ({ models, ledger }) => {
        const page = await models.projections.queries.dueCases(
          {
            ...(standing && { standing }),
            ...(workflow !== undefined && { workflow }),
            ...(department !== undefined && { department }),
            ...(region !== undefined && { region }),
            ...(deadline !== undefined && { deadline }),
            ...(limitKind && { limitKind }),
            ...(handler !== undefined && { handler }),
            ...(applicant !== undefined && { applicant }),
            ...(owner !== undefined && { owner }),
            ...(before !== undefined && { before }),
          },
          { limit, ...(cursor !== undefined && { cursor }) },
          { reach: [{ scope: 'ledger' }], now: session.clock.now().toISOString() },
        );
        const titleOf = ({ workflow: name, version, deadline: rule }: DueItem): string =>
          out.title(ledger.registry.get(name, version).deadlines[rule]?.title ?? { en: rule, zh: rule });
        out.result(page, () => [
          ...(page.items.length === 0 ? [NONE[out.language]] : []),
          ...table(
            page.items.map((one) => [
              one.dueOn + (one.provisional ? '*' : ''),
              STANDING_WORDS[one.pausedTooLong ? 'pausedTooLong' : one.standing][out.language],
              one.workflow,
              one.caseId,
              one.deadline,
              titleOf(one),
              one.department ?? '',
              one.handler ?? '',
            ]),
          ),
          ...(page.items.some(({ provisional }) => provisional) ? [PROVISIONAL[out.language]] : []),
          ...(page.next === undefined ? [] : [`--cursor ${page.next}`]),
        ]);
      });
    });
}

const NONE: Readonly<Record<Language, string>> = { en: 'no deadline', zh: '没有时限' };

const PROVISIONAL: Readonly<Record<Language, string>> = {
  en: '* provisional: it depends on days for which no holiday notice has been published yet',
  zh: '* 暂定：所涉日期的节假日安排尚未公布',
};
