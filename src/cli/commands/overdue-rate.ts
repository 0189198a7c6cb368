import { type Command, InvalidArgumentError, Option } from 'commander';
import { type OverdueRate, RATED_BY, type RatedBy, type RateFigures } from '../../projections/overdue-rate.js';
import { instant, type LedgerFlags, withLedger } from '../command-options.js';
import { type Session, withReadModels } from '../session.js';
import { type Language, output, table } from '../terminal.js';

type RateFlags = LedgerFlags & {
  readonly from: string;
  readonly to: string;
  readonly limitKind: OverdueRate['limit'];
  readonly by: readonly RatedBy[];
  readonly workflow?: string;
  readonly ofDepartment?: string;
  readonly inRegion?: string;
  readonly deadline?: string;
  readonly handler?: string;
};

/** `caseledger overdue-rate --limit-kind statutory --from … --to …`: of what was due in a period, how much was late. */
export function overdueRateCommand(program: Command, session: Session): void {
  withLedger(
    program
      .command('overdue-rate')
      .description('tell how one kind of limit was kept in a period, with what was counted; from the dates alone'),
  )
    .addOption(
      new Option('--limit-kind <kind>', 'the kind of limit that is counted')
        .choices(['statutory', 'promised', 'internal'])
        .makeOptionMandatory(),
    )
    .requiredOption('--from <instant>', 'from this instant on', instant)
    .requiredOption('--to <instant>', 'before this instant', instant)
    .option('--by <what>', `told apart by, parted by commas: ${RATED_BY.join(', ')}`, ratedBy, [])
    .option('--workflow <name>', 'only of this workflow')
    .option('--of-department <name>', 'only of cases this department handles')
    .option('--in-region <code>', 'only of cases in this division and below')
    .option('--deadline <name>', 'only this deadline')
    .option('--handler <account>', 'only of cases this account handles, or did when they were over')
    .action(async (flags: RateFlags) => {
      const out = output(session.terminal, flags);
      const { from, to, limitKind: limit, by, workflow, ofDepartment, inRegion, deadline, handler } = flags;
      await withReadModels(session, flags, ['due_cases'], async ({ models }) => {
        const answer = await models.projections.queries.overdueRate(
          {
            limit,
            period: { from, to },
            by,
            filter: {
              ...(workflow !== undefined && { workflow }),
              ...(ofDepartment !== undefined && { department: ofDepartment }),
              ...(inRegion !== undefined && { region: inRegion }),
              ...(deadline !== undefined && { deadline }),
              ...(handler !== undefined && { handler }),
            },
          },
          { reach: [{ scope: 'ledger' }], now: session.clock.now().toISOString() },
        );
        const words = WORDS[out.language];
        const kinds = RATED_BY.filter((column) => by.includes(column));
        out.result(answer, () => [
          words.heading(words[answer.limit], from, to, answer.asOf),
          `${words.due}${words.colon}${out.title(answer.denominator)}`,
          ...table([
            [...kinds.map((column) => words[column]), ...FIGURES.map((figure) => words[figure])],
            ...answer.groups.map((group) => [
              ...kinds.map((column) => group[column] ?? words.none),
              ...FIGURES.map((figure) => told(group, figure)),
            ]),
            [
              ...kinds.map((_, index) => (index === 0 ? words.total : '')),
              ...FIGURES.map((figure) => told(answer.total, figure)),
            ],
          ]),
        ]);
      });
    });
}

function ratedBy(text: string): readonly RatedBy[] {
  return text.split(',').map((part) => {
    const found = RATED_BY.find((column) => column === part.trim());
    if (found === undefined) throw new InvalidArgumentError(`give some of ${RATED_BY.join(', ')}, parted by commas.`);
    return found;
  });
}

const FIGURES = [
  'due',
  'late',
  'rate',
  'metLate',
  'unmet',
  'provisional',
  'dropped',
  'paused',
  'overdueBefore',
] as const satisfies readonly (keyof RateFigures)[];

function told(figures: RateFigures, figure: (typeof FIGURES)[number]): string {
  if (figure !== 'rate') return String(figures[figure]);
  return figures.rate === undefined ? '–' : `${(figures.rate * 100).toFixed(1)}%`;
}

const WORDS = {
  en: {
    heading: (limit: string, from: string, to: string, asOf: string) =>
      `${limit} limits, ${from} to ${to}, as of ${asOf}`,
    colon: ': ',
    statutory: 'statutory',
    promised: 'promised',
    internal: 'internal',
    department: 'department',
    workflow: 'workflow',
    deadline: 'deadline',
    handler: 'handler',
    none: '(none)',
    total: 'total',
    due: 'due',
    late: 'late',
    rate: 'rate',
    metLate: 'met late',
    unmet: 'unmet',
    provisional: 'provisional',
    dropped: 'dropped',
    paused: 'paused',
    overdueBefore: 'overdue before',
  },
  zh: {
    heading: (limit: string, from: string, to: string, asOf: string) =>
      `${limit}时限，${from} 至 ${to}，统计时点 ${asOf}`,
    colon: '：',
    statutory: '法定',
    promised: '承诺',
    internal: '内部',
    department: '部门',
    workflow: '业务',
    deadline: '时限',
    handler: '经办人',
    none: '（无）',
    total: '合计',
    due: '应办结',
    late: '超期',
    rate: '超期率',
    metLate: '超期办结',
    unmet: '超期未办结',
    provisional: '暂定',
    dropped: '终止',
    paused: '中止',
    overdueBefore: '此前已超期',
  },
} as const satisfies Record<Language, object>;
