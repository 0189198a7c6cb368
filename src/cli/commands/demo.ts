import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { Actor } from '../../domain/access.js';
import { CliError } from '../cli-error.js';
import { type LedgerFlags, wholeNumber, withLedger } from '../command-options.js';
import { DEMO_REGION } from '../demo/demo-region.js';
import { EXIT } from '../exit-code.js';
import { progress } from '../progress.js';
import { ledgerSetup, type Session } from '../session.js';
import { type Language, type Output, output, table } from '../terminal.js';
import { givenTokenSecret, ledgerTokenSecret } from '../token-secret.js';
import { issuerOf } from './serve.js';

/** Where the demo's ledger stays, seen from the working directory, so that it is there the next time. */
const KEPT_LEDGER = join('.caseledger', 'demo.sqlite');

const TOKEN_LIFETIME_S = 12 * 60 * 60;

type DemoFlags = LedgerFlags & { readonly serve?: boolean; readonly host?: string; readonly port?: number };

/** Who the printed tokens are for. */
const ACCOUNTS: readonly {
  readonly name: string;
  readonly title: Readonly<Record<Language, string>>;
  readonly actor: Actor;
}[] = [
  {
    name: 'INTAKE',
    title: { en: 'window clerk', zh: '综合窗口受理人员' },
    actor: { id: 'clerk-01', roles: ['intake'], region: DEMO_REGION },
  },
  {
    name: 'REVIEWER',
    title: { en: 'reviewer, market regulation', zh: '市场监管局审查人员' },
    actor: { id: 'reviewer-01', roles: ['reviewer'], department: 'market-regulation', region: DEMO_REGION },
  },
  {
    name: 'DECIDER',
    title: { en: 'deciding officer, market regulation', zh: '市场监管局审批决定人员' },
    actor: { id: 'decider-01', roles: ['decider'], department: 'market-regulation', region: DEMO_REGION },
  },
  {
    name: 'CALLBACK',
    title: { en: 'return visit clerk', zh: '回访专员' },
    actor: { id: 'callback-01', roles: ['callbackClerk'], region: DEMO_REGION },
  },
  {
    name: 'SUPERVISOR',
    title: { en: 'supervisor: alerts, screenings, supervision orders', zh: '政务服务监督人员：预警、巡查、督办' },
    actor: { id: 'supervisor-01', roles: ['supervisor'], region: DEMO_REGION },
  },
  {
    name: 'AUDITOR',
    title: { en: 'auditor: sees all, changes nothing', zh: '审计人员（只读）' },
    actor: { id: 'auditor-01', roles: ['auditor'] },
  },
];

/** `caseledger demo --serve`: a county's window to try everything with. */
export function demoCommand(program: Command, session: Session): void {
  withLedger(
    program
      .command('demo')
      .description('lay out a ledger with some dozens of applications in every state, to try everything with'),
  )
    .option('--serve', `serve it as well; it then stays in ${KEPT_LEDGER} unless --ledger says otherwise`)
    .option('--host <address>', 'address to listen on (HOST; 127.0.0.1)')
    .option('--port <number>', 'port to listen on, or the next free one (PORT; 3000)', wholeNumber(0, 65_535))
    .action(async (flags: DemoFlags) => {
      const path = ledgerPath(flags, session);
      const setup = await ledgerSetup(session, { ...flags, ledger: path }, { create: true });
      const out = output(session.terminal, flags);
      const { layOutDemoLedger } = await import('../demo/demo-ledger.js');
      const bar = progress(session.terminal, 'events', undefined);
      const summary = await layOutDemoLedger(session, setup, path, bar.update).finally(bar.stop);
      const told = { ledger: path, new: summary !== undefined, ...summary };
      if (!flags.serve) {
        out.result(told, () => [...summaryLines(out, told), '', ...commandLines(out, path)]);
        return;
      }
      const { config } = session;
      const secret = givenTokenSecret(config) ?? ledgerTokenSecret(setup.location, session.randomBytes);
      const serving = {
        host: flags.host ?? config.host,
        port: flags.port ?? config.port,
        nextFreePort: true,
        tokens: { key: { secret }, ...issuerOf(config) },
        logLevel: session.terminal.env.LOG_LEVEL ? config.logLevel : ('warn' as const),
      };
      const { mintToken } = await import('../../api/token.js');
      const { serveUntilStopped } = await import('../serving.js');
      await serveUntilStopped(session, setup, serving, async ({ url }) => {
        const tokens = await Promise.all(
          ACCOUNTS.map(
            async ({ name, actor }) =>
              [
                name,
                await mintToken(actor, {
                  secret,
                  clock: session.clock,
                  lifetimeSeconds: TOKEN_LIFETIME_S,
                  ...issuerOf(config),
                }),
              ] as const,
          ),
        );
        out.result({ ...told, url, docs: `${url}/docs`, tokens: Object.fromEntries(tokens) }, () => [
          ...summaryLines(out, told),
          '',
          ...servedLines(out, url, new Map(tokens)),
        ]);
      });
    });
}

function ledgerPath(flags: DemoFlags, { config }: Session): string {
  const given = flags.ledger ?? config.ledger;
  if (given === 'memory:') throw new CliError(EXIT.usage, 'the demo keeps its ledger in a file');
  if (given !== undefined) return given;
  if (!flags.serve) return join(mkdtempSync(join(tmpdir(), 'caseledger-demo-')), 'demo.sqlite');
  mkdirSync(dirname(KEPT_LEDGER), { recursive: true });
  return KEPT_LEDGER;
}

type Told = { readonly ledger: string; readonly new: boolean; readonly cases?: number; readonly events?: number };

function summaryLines(out: Output, told: Told): readonly string[] {
  const zh = out.language === 'zh';
  if (!told.new) return [zh ? `沿用已有台账 ${told.ledger}` : `going on with the ledger in ${told.ledger}`];
  return [
    zh
      ? `已在 ${told.ledger} 建立演示台账：${told.cases} 个办件，${told.events} 条事件`
      : `laid out ${told.ledger}: ${told.cases} applications, ${told.events} events`,
  ];
}

function commandLines({ language }: Output, ledger: string): readonly string[] {
  const words = {
    en: { due: 'what is overdue', show: 'a case', explain: 'why it is due when it is', check: 'replay everything' },
    zh: { due: '超期办件', show: '查看办件', explain: '时限如何计算', check: '全部重放核对' },
  }[language];
  return table([
    [words.due, `caseledger due --standing overdue --ledger ${ledger}`],
    [words.show, `caseledger show application CASE-ID --ledger ${ledger}`],
    [words.explain, `caseledger explain application CASE-ID decision --ledger ${ledger}`],
    [words.check, `caseledger check --ledger ${ledger}`],
  ]);
}

function servedLines({ language }: Output, url: string, tokens: ReadonlyMap<string, string>): readonly string[] {
  const words = {
    en: { docs: 'Open', tokens: 'Tokens, good for twelve hours:', try: 'Try:', stop: 'Ctrl-C stops it.' },
    zh: { docs: '打开', tokens: '令牌（12 小时内有效）：', try: '试一试：', stop: '按 Ctrl-C 停止。' },
  }[language];
  const get = (query: string): string => `curl -s -H "Authorization: Bearer $AUDITOR" '${url}${query}'`;
  return [
    `${words.docs}  ${url}/docs`,
    '',
    words.tokens,
    ...ACCOUNTS.flatMap(({ name, title }) => [`# ${title[language]}`, `${name}=${tokens.get(name)}`]),
    '',
    words.try,
    get('/due?standing=overdue'),
    get('/due?standing=paused'),
    get('/cases?state=loop.visiting'),
    get('/counts?by=state'),
    get('/cases?workflow=overdue-alert'),
    get('/cases?workflow=screening'),
    '',
    words.stop,
  ];
}
