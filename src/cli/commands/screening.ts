import { type Command, InvalidArgumentError } from 'commander';
import { isDate } from '../../domain/office-time.js';
import { calendarInForce } from '../../domain/working-calendar.js';
import { CliError } from '../cli-error.js';
import { type LedgerFlags, withLedger } from '../command-options.js';
import { EXIT } from '../exit-code.js';
import { type Session, withReadModels } from '../session.js';
import { stateTitle } from '../state-title.js';
import { type Language, output, table } from '../terminal.js';

type ScreeningFlags = LedgerFlags & { readonly date?: string };

const NONE: Readonly<Record<Language, string>> = {
  en: 'nothing to screen: no department has an open case',
  zh: '没有需要巡查的部门',
};

/** `caseledger screening`: opens the day's screenings, one per department; run again, it shows them. */
export function screeningCommand(program: Command, session: Session): void {
  withLedger(
    program
      .command('screening')
      .description("open the day's screening of every department, or show the ones that are open"),
  )
    .option('--date <date>', "a working day up to today, the office's date; today unless given", officeDate)
    .action(async ({ date: said, ...flags }: ScreeningFlags) => {
      const out = output(session.terminal, flags);
      const { officeDay, openScreenings } = await import('../../screening/screening-round.js');
      await withReadModels(
        session,
        flags,
        ['due_cases', 'case_list', 'reaction_outcomes'],
        async ({ ledger, models }) => {
          if (!ledger.registry.names().includes('screening'))
            throw new CliError(EXIT.notFound, 'the ledger has no workflow "screening"');
          const now = session.clock.now().toISOString();
          const calendar = await ledger.currentCalendar();
          const today = officeDay(calendar, now).date;
          const date = said ?? today;
          if (date > today) throw new CliError(EXIT.usage, `${date} is still to come`);
          if (!calendarInForce(calendar, now).isWorkingDay(date))
            throw new CliError(EXIT.usage, `${date} is no working day`);
          const opened = await openScreenings(
            {
              ledger,
              queries: models.projections.queries,
              outcomes: models.reactionOutcomes,
              clock: session.clock,
            },
            date,
          );
          const workflow = ledger.registry.current('screening');
          out.result({ date, screenings: opened }, () => [
            ...(opened.length === 0 ? [NONE[out.language]] : []),
            ...table(
              opened.map(({ department, caseId, state, lines, unmarked }) => [
                date,
                department,
                caseId,
                stateTitle(workflow, state, out.language),
                out.language === 'zh' ? `${lines} 项，${unmarked} 项未核查` : `${lines} lines, ${unmarked} unmarked`,
              ]),
            ),
          ]);
        },
      );
    });
}

function officeDate(value: string): string {
  if (isDate(value)) return value;
  throw new InvalidArgumentError('give a date such as 2026-03-06.');
}
