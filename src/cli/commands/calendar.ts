import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { NoticeReference } from '../../domain/calendar-notice.js';
import { type CalendarYear, calendarYear, DAY_KIND_TITLES } from '../../domain/calendar-year.js';
import { epochDay, isoWeekday } from '../../domain/office-time.js';
import type { CalendarDay } from '../../domain/working-calendar.js';
import { askedCalendar, type CalendarFlags, withCalendar } from '../calendar-options.js';
import { CliError } from '../cli-error.js';
import { type ActorFlags, actorOf, type LedgerFlags, wholeNumber, withActor, withLedger } from '../command-options.js';
import { EXIT } from '../exit-code.js';
import { type Session, withOpenLedger } from '../session.js';
import { type Language, type Output, output, table } from '../terminal.js';

/** `caseledger calendar show 2026`; `caseledger calendar publish notice.json`. */
export function calendarCommand(program: Command, session: Session): void {
  const command = program.command('calendar').description('the working calendar and its notices');
  showCommand(command, session);
  publishCommand(command, session);
}

function showCommand(command: Command, session: Session): void {
  withCalendar(
    command
      .command('show')
      .description('show the days off and make-up working days of a year, each with its notice; all days with --json'),
  )
    .argument('<year>', 'the year', wholeNumber(1900, 2199))
    .action(async (year: number, flags: CalendarFlags) => {
      const out = output(session.terminal, flags);
      const { inForce, asOf } = await askedCalendar(session, flags);
      const shown = calendarYear(inForce, year);
      out.result({ calendar: inForce.id, title: inForce.title, asOf, ...shown }, () =>
        yearLines(out, out.title(inForce.title), shown),
      );
    });
}

type PublishFlags = LedgerFlags &
  ActorFlags & { readonly calendar?: string; readonly commandId?: string; readonly reason?: string };

function publishCommand(command: Command, session: Session): void {
  withActor(
    withLedger(
      command
        .command('publish <file>')
        .description(
          'publish a notice (JSON; - for standard input): running deadlines move with it, and no case changes',
        ),
    ),
  )
    .option('--calendar <id>', "the calendar; the ledger's own unless given")
    .option('--command-id <id>', 'names the command, so that sending it again changes nothing; a new one unless given')
    .option('--reason <text>', 'why; it is recorded')
    .action(async (file: string, flags: PublishFlags) => {
      const out = output(session.terminal, flags);
      const notice = await noticeFile(file, session);
      await withOpenLedger(session, flags, { create: false }, async (ledger) => {
        const receipt = await ledger.publishNotice({
          calendar: flags.calendar ?? ledger.calendar.id,
          commandId: flags.commandId ?? session.ids.next(),
          actor: actorOf(flags, session.config),
          notice,
          ...(flags.reason !== undefined && { reason: flags.reason }),
        });
        out.result(receipt, () => [
          WORDS[out.language].published(receipt.notice, receipt.recordedAt, receipt.repeated),
        ]);
      });
    });
}

async function noticeFile(file: string, { terminal }: Session): Promise<unknown> {
  try {
    return JSON.parse(file === '-' ? await text(terminal.stdin) : await readFile(file, 'utf8'));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new CliError(EXIT.notFound, `there is no file ${file}`, { cause });
    if (code !== undefined) throw new CliError(EXIT.notFound, `${file} cannot be read: ${message}`, { cause });
    throw new CliError(EXIT.input, `${file} is not JSON: ${message}`, { cause });
  }
}

const WORDS = {
  en: {
    weekdays: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
    heading: (title: string, year: number, days: number) => `${title}, ${year}: ${days} working days`,
    unpublished: 'provisional: no notice about this year has been published; the days below are the week alone',
    notice: (title: string, published: string, source: string) => `${title}, published ${published}, ${source}`,
    published: (id: string, at: string, repeated: boolean) =>
      `notice ${id} ${repeated ? 'was published before; it counts' : 'is published and counts'} from ${at}`,
  },
  zh: {
    weekdays: ['周一', '周二', '周三', '周四', '周五', '周六', '周日'],
    heading: (title: string, year: number, days: number) => `${title}，${year}年：工作日${days}天`,
    unpublished: '暂定：该年节假日安排尚未公布，仅按周末推算',
    notice: (title: string, published: string, source: string) => `《${title}》，${published}发布，${source}`,
    published: (id: string, at: string, repeated: boolean) =>
      `通知 ${id} ${repeated ? '此前已发布' : '已发布'}，自 ${at} 起计`,
  },
} as const satisfies Record<Language, object>;

function yearLines(
  out: Output,
  title: string,
  { year, published, workingDays, days }: CalendarYear,
): readonly string[] {
  const words = WORDS[out.language];
  const notices = new Map<string, NoticeReference>();
  for (const { notice } of days) if (notice !== undefined) notices.set(notice.id, notice);
  const cited = [...notices.keys()];
  const cells = ({ date, kind, name, notice }: CalendarDay): readonly string[] => [
    date,
    words.weekdays[isoWeekday(epochDay(date)) - 1]!,
    out.title(DAY_KIND_TITLES[kind]),
    name === undefined ? '' : out.title(name),
    notice === undefined ? '' : `[${cited.indexOf(notice.id) + 1}]`,
  ];
  return [
    words.heading(title, year, workingDays),
    ...(published ? [] : [words.unpublished]),
    ...table(days.filter(({ notice }) => notice !== undefined).map(cells)),
    ...[...notices.values()].map(
      ({ title: name, published: on, source }, index) => `[${index + 1}] ${words.notice(out.title(name), on, source)}`,
    ),
  ];
}
