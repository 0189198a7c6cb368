import { z } from 'zod';
import { calendarYear, DAY_KIND_TITLES } from '../../domain/calendar-year.js';
import { CaseError } from '../../domain/case-error.js';
import { NoticeInput } from '../../domain/notice-input.js';
import { epochDay, isoWeekday } from '../../domain/office-time.js';
import { type CalendarDefinition, calendarInForce, type WorkingCalendar } from '../../domain/working-calendar.js';
import type { Clock } from '../../engine/clock.js';
import { NOTICE_PUBLISHERS } from '../../engine/notice-publishing.js';
import { answerJson } from '../answer.js';
import { TitleSchema } from '../answer-schemas.js';
import type { CaseLedger } from '../case-ledger.js';
import { commandIdOf, IdempotencyKey } from '../command-schemas.js';
import { type Operation, operation } from '../operation.js';
import { Instant, wholeNumber } from '../query-values.js';
import { POSITION_HEADER } from './cases.js';

const CalendarParams = z.object({ calendar: z.string() });

const AtQuery = z.strictObject({
  at: Instant.optional().meta({ description: 'As it was in force at this instant; now, unless given' }),
});

const NoticeReferenceSchema = z
  .object({ id: z.string(), title: TitleSchema, source: z.string(), published: z.string() })
  .meta({ id: 'NoticeReference', description: 'What is cited of a notice' });

const NoticeSchema = NoticeReferenceSchema.extend({
  year: z.int(),
  recordedAt: z
    .string()
    .optional()
    .meta({ description: 'When the ledger took it; absent on those it is shipped with' }),
  amends: z.string().optional(),
}).meta({ id: 'CalendarNoticeInForce' });

const Overview = {
  id: z.string(),
  title: TitleSchema,
  timeZone: z.string(),
  weekend: z.array(z.int()).meta({ description: 'ISO weekdays not worked unless a notice says so; 1 is Monday' }),
  hours: z.array(z.object({ opens: z.string(), closes: z.string() })),
  horizon: z
    .string()
    .optional()
    .meta({ description: 'The last date whose kind is published; a due date beyond it is provisional' }),
};

const CalendarOverviewSchema = z.object(Overview).meta({ id: 'CalendarOverview' });

const CalendarSchema = z
  .object({ ...Overview, notices: z.array(NoticeSchema).meta({ description: 'In force, oldest first' }) })
  .meta({ id: 'Calendar' });

const YearSchema = z
  .object({
    calendar: z.string(),
    year: z.int(),
    published: z.boolean().meta({ description: 'Whether a notice about the year is in force' }),
    workingDays: z.int(),
    days: z.array(
      z.object({
        date: z.string(),
        weekday: z.int().meta({ description: 'ISO: 1 is Monday' }),
        kind: z.enum(['working', 'weekend', 'off', 'makeUp']),
        kindTitle: TitleSchema,
        name: TitleSchema.optional().meta({ description: 'The holiday a notice names for the day' }),
        notice: NoticeReferenceSchema.optional(),
      }),
    ),
  })
  .meta({ id: 'CalendarYear' });

const NoticeReceiptSchema = z
  .object({
    calendar: z.string(),
    notice: z.string(),
    stream: z.string(),
    revision: z.int(),
    recordedAt: z.string().meta({ description: 'The instant from which the notice counts' }),
    position: z
      .string()
      .meta({ description: 'Token for `min-position`: lists that have reached it show the dates it moved' }),
    repeated: z.boolean().meta({ description: 'Whether it had been published before by this command' }),
  })
  .meta({ id: 'NoticeReceipt' });

const NOTICE_HEADERS = { [POSITION_HEADER]: 'Position token of the notice, for `min-position`' };

/** Working calendars: as in force at an instant, day by day, and the notices published in them. */
export function calendarRoutes({
  ledger,
  clock,
}: {
  readonly ledger: Pick<CaseLedger, 'currentCalendar' | 'publishNotice'>;
  readonly clock: Clock;
}): readonly Operation[] {
  const instantOf = (at: string | undefined): string => at ?? clock.now().toISOString();

  async function definitionOf(id: string): Promise<CalendarDefinition> {
    const definition = await ledger.currentCalendar();
    if (definition.id !== id) throw new CaseError({ code: 'CALENDAR_UNKNOWN', calendar: id, known: [definition.id] });
    return definition;
  }

  return [
    operation(
      {
        method: 'get',
        path: '/calendars',
        id: 'listCalendars',
        tag: 'Calendars',
        summary: 'The working calendars deadlines are counted in',
        access: 'token',
        input: { query: AtQuery },
        answers: {
          200: { description: 'Each calendar', schema: z.object({ calendars: z.array(CalendarOverviewSchema) }) },
        },
      },
      async ({ query, res }) => {
        const definition = await ledger.currentCalendar();
        const inForce = calendarInForce(definition, instantOf(query.at));
        answerJson(res, 200, { calendars: [overview(definition, inForce)] });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/calendars/:calendar',
        id: 'readCalendar',
        tag: 'Calendars',
        summary: 'A calendar with the notices in force now, or at an instant',
        access: 'token',
        input: { params: CalendarParams, query: AtQuery },
        answers: { 200: { description: 'The calendar', schema: CalendarSchema } },
        problems: ['CALENDAR_UNKNOWN'],
      },
      async ({ params, query, res }) => {
        const definition = await definitionOf(params.calendar);
        const inForce = calendarInForce(definition, instantOf(query.at));
        const notices = inForce.notices.map(({ id, title, source, published, year, recordedAt, amends }) => ({
          id,
          title,
          source,
          published,
          year,
          ...(recordedAt !== undefined && { recordedAt }),
          ...(amends !== undefined && { amends }),
        }));
        answerJson(res, 200, { ...overview(definition, inForce), notices });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/calendars/:calendar/years/:year',
        id: 'readCalendarYear',
        tag: 'Calendars',
        summary: 'Each day of a year: what it is, what for, and the notice that says so',
        access: 'token',
        input: { params: CalendarParams.extend({ year: wholeNumber(1900, 2199) }), query: AtQuery },
        answers: { 200: { description: 'The year', schema: YearSchema } },
        problems: ['CALENDAR_UNKNOWN'],
      },
      async ({ params, query, res }) => {
        const inForce = calendarInForce(await definitionOf(params.calendar), instantOf(query.at));
        const { days, ...year } = calendarYear(inForce, params.year);
        answerJson(res, 200, {
          calendar: inForce.id,
          ...year,
          days: days.map(({ date, kind, ...why }) => ({
            date,
            weekday: isoWeekday(epochDay(date)),
            kind,
            kindTitle: DAY_KIND_TITLES[kind],
            ...why,
          })),
        });
      },
    ),
    operation(
      {
        method: 'post',
        path: '/calendars/:calendar/notices',
        id: 'publishNotice',
        tag: 'Calendars',
        summary: 'Publish a notice about days off and make-up working days',
        description:
          'Running deadlines move because the calendar does: no case changes, and a read as of an earlier instant shows the earlier date. A notice is never edited; a later one amends it. Send it again under the same id after any doubt: it is published once.',
        access: { roles: NOTICE_PUBLISHERS },
        input: {
          params: CalendarParams,
          headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }),
          body: z
            .strictObject({
              commandId: z.string().min(1).max(200).optional(),
              notice: NoticeInput,
              reason: z.string().min(1).max(2_000).optional(),
            })
            .meta({ id: 'NoticeBody' }),
        },
        answers: {
          201: { description: 'Published and on disk', schema: NoticeReceiptSchema, headers: NOTICE_HEADERS },
          200: {
            description: 'It had been published before: the first answer again',
            schema: NoticeReceiptSchema,
            headers: NOTICE_HEADERS,
          },
        },
        problems: [
          'COMMAND_ID_MISSING',
          'COMMAND_ID_AMBIGUOUS',
          'COMMAND_ID_REUSED',
          'COMMAND_INVALID',
          'CALENDAR_UNKNOWN',
          'NOTICE_EXISTS',
          'EVENT_DATA_INVALID',
          'APPEND_TOO_LARGE',
          'OVERLOADED',
          'STORE_FULL',
          'STORE_OUTCOME_UNKNOWN',
        ],
      },
      async ({ params, headers, body, actor, context, res }) => {
        const receipt = await ledger.publishNotice({
          calendar: params.calendar,
          commandId: commandIdOf(headers['idempotency-key'], body.commandId),
          actor,
          notice: body.notice,
          ...(body.reason !== undefined && { reason: body.reason }),
          ...(context.trace !== undefined && { trace: context.trace }),
        });
        res.setHeader(POSITION_HEADER, receipt.position);
        answerJson(res, receipt.repeated ? 200 : 201, receipt);
      },
    ),
  ];
}

function overview({ weekend, hours }: CalendarDefinition, { id, title, timeZone, horizon }: WorkingCalendar) {
  return { id, title, timeZone, weekend, hours, ...(horizon !== undefined && { horizon }) };
}
