import type { Command } from 'commander';
import { rungTitle } from '../../domain/rung-title.js';
import { type AlarmClockDeps, type AlarmTick, alarmClock, startAlarmClock } from '../../engine/alarm-clock.js';
import { systemWait } from '../../engine/waiting.js';
import { type LedgerFlags, wholeNumber, withLedger } from '../command-options.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { type Following, type Session, withReadModels } from '../session.js';
import { stopRequested } from '../stop-requested.js';
import { type Output, output } from '../terminal.js';

type AlarmFlags = LedgerFlags & { readonly once?: boolean; readonly every?: number };

/** `caseledger alarm run`: records the rungs of deadlines as they are reached, beside a server or in place of its own. */
export function alarmCommand(program: Command, session: Session, leave: (code: ExitCode) => void): void {
  const command = program
    .command('alarm')
    .description('the alarm clock: deadlines that come near, are due, are overdue');
  withLedger(
    command
      .command('run')
      .description('record on each case the rungs its deadlines have reached, until SIGTERM or SIGINT'),
  )
    .option('--once', 'record all that has been reached by now, and end')
    .option(
      '--every <seconds>',
      'seconds from one look to the next (CASELEDGER_ALARM_INTERVAL; 60)',
      wholeNumber(1, 86_400),
    )
    .action(async (flags: AlarmFlags) => {
      const out = output(session.terminal, flags);
      await withReadModels(session, flags, ['due_cases'], async (opened) => {
        const failed = flags.once ? await once(opened, session, out) : await always(opened, session, flags, out);
        if (failed > 0) leave(EXIT.diverging);
      });
    });
}

async function once(opened: Following, session: Session, out: Output): Promise<number> {
  const clock = alarmClock(looking(opened, session, out));
  const ticks: AlarmTick[] = [];
  do ticks.push(await clock.tick());
  while (ticks.at(-1)!.more);
  const raised = ticks.flatMap((tick) => tick.raised);
  const failed = ticks.reduce((sum, tick) => sum + tick.failed, 0);
  const cases = ticks.reduce((sum, tick) => sum + tick.cases, 0);
  out.result({ at: ticks[0]!.at, cases, failed, raised }, () => [
    ...raised.map((one) => line(out, one)),
    WORDS[out.language].summary(raised.length, cases, failed),
  ]);
  return failed;
}

/** One line a rung; with `--json` one value a tick that recorded something. */
async function always(opened: Following, session: Session, { every }: AlarmFlags, out: Output): Promise<number> {
  const { failures } = opened;
  const stopped = stopRequested();
  const running = startAlarmClock({
    ...looking(opened, session, out),
    intervalMs: (every ?? Math.max(1, session.config.alarmInterval)) * 1_000,
    wait: systemWait,
    onTick({ at, cases, failed, raised, more }) {
      if (raised.length === 0 && failed === 0) return;
      out.result({ at, cases, failed, raised, more }, () => raised.map((one) => line(out, one)));
    },
  });
  try {
    await Promise.race([stopped, failures.of(['due_cases'])]);
  } finally {
    await running.stop();
  }
  return running.status().failed;
}

/** What the clock looks with; of a case that cannot be read it is said why. */
function looking({ models, ledger }: Following, { clock }: Session, out: Output): AlarmClockDeps {
  return {
    hints: models.rungHints,
    raise: ledger.raise,
    clock,
    onFailure: (error, stream) =>
      out.note(`${stream ?? 'alarm clock'}: ${error instanceof Error ? error.message : String(error)}`),
  };
}

function line(out: Output, rung: AlarmTick['raised'][number]): string {
  return `${rung.at}  ${rung.stream}  ${rung.deadline}  ${out.title(rungTitle(rung))}`;
}

const WORDS = {
  en: {
    summary: (rungs: number, cases: number, failed: number) =>
      `${rungs} recorded on ${cases} cases looked at${failed === 0 ? '' : `; ${failed} cases could not be read`}`,
  },
  zh: {
    summary: (rungs: number, cases: number, failed: number) =>
      `查看 ${cases} 个办件，记录 ${rungs} 个时限节点${failed === 0 ? '' : `；${failed} 个办件无法读取`}`,
  },
};
