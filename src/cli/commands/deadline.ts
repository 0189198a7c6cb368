import { type Command, InvalidArgumentError, Option } from 'commander';
import { answerQuestion } from '../../domain/calendar-question.js';
import type { DeadlineRule } from '../../domain/deadline.js';
import { explanationText } from '../../domain/explanation-text.js';
import { MS_PER_DAY } from '../../domain/office-time.js';
import type { Term, TermUnit } from '../../domain/term.js';
import { calendarDays, months, workingDays, workingHours } from '../../domain/term.js';
import {
  askedCalendar,
  type CalendarFlags,
  momentAt,
  type OfficeMoment,
  officeMoment,
  withCalendar,
} from '../calendar-options.js';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-code.js';
import type { Session } from '../session.js';
import { type Language, output } from '../terminal.js';

type DeadlineFlags = CalendarFlags &
  Partial<Record<TermUnit, number>> & {
    readonly from: OfficeMoment;
    readonly receivedOnDayOff?: DeadlineRule['receivedOnDayOff'];
    readonly afterHours?: DeadlineRule['afterHours'];
    readonly endOnDayOff?: DeadlineRule['endOnDayOff'];
  };

const TERMS: Readonly<Record<TermUnit, (amount: number) => Term>> = {
  workingDays,
  workingHours,
  calendarDays,
  months,
};

/** A date alone is a receipt in the middle of the day: on it, and not after hours. */
const NOON = MS_PER_DAY / 2;

/** `caseledger deadline --from 2020-01-20 --working-days 10`: when a term is over, and why then. */
export function deadlineCommand(program: Command, session: Session): void {
  withCalendar(
    program
      .command('deadline')
      .description('count a term from a date and explain its end: every day counted, every day off and its notice'),
  )
    .requiredOption(
      '--from <moment>',
      'when it was received: a date, a time at the office such as 2026-03-06T09:00, or an instant',
      officeMoment,
    )
    .option('--working-days <number>', 'a term in working days', amount)
    .option('--calendar-days <number>', 'a term in days, worked or not', amount)
    .option('--months <number>', 'a term in months', amount)
    .option('--working-hours <number>', 'a term in hours of opening time; it wants a time in --from', amount)
    .addOption(
      new Option('--received-on-day-off <policy>', 'what a receipt on a day off counts as; asIs unless given').choices([
        'asIs',
        'nextWorkingDay',
      ]),
    )
    .addOption(
      new Option(
        '--after-hours <policy>',
        'what a receipt after close of business counts as; sameDay unless given',
      ).choices(['sameDay', 'nextWorkingDay']),
    )
    .addOption(
      new Option('--end-on-day-off <policy>', 'what becomes of an end on a day off; it stays unless given').choices([
        'stays',
        'rollsForward',
      ]),
    )
    .action(async (flags: DeadlineFlags) => {
      const out = output(session.terminal, flags);
      const term = termOf(flags);
      const { inForce, asOf } = await askedCalendar(session, flags);
      const { receivedOnDayOff, afterHours, endOnDayOff } = flags;
      const explanation = answerQuestion(
        {
          term,
          from: momentAt(flags.from, inForce.timeZone, NOON),
          ...(receivedOnDayOff !== undefined && { receivedOnDayOff }),
          ...(afterHours !== undefined && { afterHours }),
          ...(endOnDayOff !== undefined && { endOnDayOff }),
        },
        inForce,
      );
      const { dueOn, dueAt, provisional } = explanation.due;
      out.result({ due: dueOn, dueAt, provisional, calendar: inForce.id, asOf, explanation }, () => [
        `${dueOn}${provisional ? PROVISIONAL[out.language] : ''}`,
        explanationText(explanation, out.language),
      ]);
    });
}

/** The one term given. */
function termOf(flags: DeadlineFlags): Term {
  const given = (Object.keys(TERMS) as TermUnit[]).filter((unit) => flags[unit] !== undefined);
  const [unit, another] = given;
  if (unit === undefined || another !== undefined) {
    throw new CliError(EXIT.usage, 'give one of --working-days, --calendar-days, --months and --working-hours');
  }
  if (unit === 'workingHours' && 'date' in flags.from && flags.from.minutes === undefined) {
    throw new CliError(EXIT.usage, 'a term in hours is counted from a time: give --from as 2026-03-06T09:00');
  }
  return TERMS[unit](flags[unit]!);
}

function amount(value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value)) throw new InvalidArgumentError('give a number.');
  return Number(value);
}

const PROVISIONAL: Readonly<Record<Language, string>> = { en: ' (provisional)', zh: '（暂定）' };
