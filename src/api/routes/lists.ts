import { z } from 'zod';
import { type Actor, reachOf } from '../../domain/access.js';
import { BUILT_IN_EVENTS } from '../../domain/built-in-events.js';
import { NOTICE_PUBLISHED } from '../../domain/calendar-history.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import type { Clock } from '../../engine/clock.js';
import { positionToken } from '../../engine/position-token.js';
import type { EventStore } from '../../event-store/event-store.js';
import type { CaseQueries, QueryOptions } from '../../projections/case-queries.js';
import { MAX_PAGE } from '../../projections/page-cursor.js';
import type { ReactionOutcomeQueries } from '../../projections/reaction-outcomes.js';
import { answerJson } from '../answer.js';
import { TitleSchema } from '../answer-schemas.js';
import type { ProblemCode } from '../api-failure.js';
import type { CaseLedger } from '../case-ledger.js';
import { givenPosition } from '../given-position.js';
import { type Operation, operation } from '../operation.js';
import { Instant, wholeNumber } from '../query-values.js';
import { CaseParams, POSITION_HEADER } from './cases.js';
import { answerPage, PAGE_HEADERS, pageSchema, present } from './pages.js';
import { outcomeAnswer, ReactionOutcomeSchema } from './reactions.js';

const Text = z.string().min(1).max(200).optional();
const UtcInstant = Instant.transform((text) => new Date(text).toISOString()).optional();

const FreshHeaders = z.object({
  [POSITION_HEADER.toLowerCase()]: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'Position token of a write; the answer shows it' }),
});

const Fresh = {
  'min-position': z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'Position token of a write; the answer shows it, or says how far behind the read model is' }),
};

const Paged = {
  limit: wholeNumber(1, MAX_PAGE).optional(),
  cursor: z.string().max(2_000).optional().meta({ description: 'The `next` of the page before' }),
};

const CaseFilters = {
  workflow: Text,
  state: Text.meta({ description: 'A state and all below it' }),
  status: z.enum(['open', 'closed']).optional(),
  department: Text,
  region: Text.meta({ description: 'A division (GB/T 2260) and all below it' }),
  channel: Text,
  item: Text,
  applicant: Text.meta({ description: "A data subject's reference" }),
  owner: Text,
  openedFrom: UtcInstant,
  openedTo: UtcInstant,
};

const DueFilters = {
  workflow: Text,
  department: Text,
  region: Text,
  deadline: Text,
  limitKind: z.enum(['statutory', 'promised', 'internal']).optional(),
};

const COUNTED_BY = ['workflow', 'state', 'status', 'department', 'region', 'channel'] as const;

const CountedBy = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(COUNTED_BY)).max(COUNTED_BY.length))
  .optional()
  .meta({ description: 'What to count by, parted by commas', example: 'workflow,state', override: { type: 'string' } });

const LabelShape = {
  region: z.string().optional(),
  department: z.string().optional(),
  channel: z.string().optional(),
  item: z.object({ id: z.string(), version: z.int() }).optional(),
  applicant: z.string().optional(),
  owner: z.string().optional(),
};

const CaseItemSchema = z
  .object({
    workflow: z.string(),
    caseId: z.string(),
    stream: z.string(),
    version: z.int(),
    state: z.string(),
    status: z.enum(['open', 'closed']),
    ...LabelShape,
    openedAt: z.string(),
    lastEventAt: z.string(),
    recordedAt: z.string(),
    revision: z.int(),
    position: z.string(),
  })
  .meta({ id: 'CaseItem' });

const TimelineItemSchema = z
  .object({
    revision: z.int(),
    position: z.string(),
    type: z.string(),
    actor: z.string(),
    role: z.string(),
    onBehalfOf: z.string().optional(),
    occurredAt: z.string(),
    recordedAt: z.string(),
    state: z.string(),
    reason: z.string().optional(),
    deviation: z.object({ event: z.string(), code: z.string() }).optional(),
    rung: BUILT_IN_EVENTS['deadline.reached'].data.extend({ title: TitleSchema }).optional(),
  })
  .meta({ id: 'TimelineItem' });

const DueThen = z.object({ dueOn: z.string(), dueAt: z.string(), provisional: z.boolean() });

const CalendarMoveSchema = z
  .object({
    type: z.literal(NOTICE_PUBLISHED),
    at: z.string().meta({ description: 'The instant from which the notices count' }),
    afterRevision: z.int(),
    notices: z.array(z.object({ id: z.string(), title: TitleSchema, source: z.string(), published: z.string() })),
    moved: z.array(z.object({ deadline: z.string(), title: TitleSchema, before: DueThen, after: DueThen })),
  })
  .meta({
    id: 'CalendarMove',
    description:
      'A calendar notice that moved running deadlines of the case. No event of the case: it has no revision of its own and does not count towards `limit`',
  });

const STANDINGS = ['overdue', 'lapsed', 'today', 'near', 'running', 'paused', 'met', 'cancelled', 'ended'] as const;

const DueItemSchema = z
  .object({
    workflow: z.string(),
    caseId: z.string(),
    stream: z.string(),
    version: z.int(),
    ...LabelShape,
    deadline: z.string(),
    kind: z.enum(['atMost', 'atLeast', 'window', 'before']),
    limitKind: z.enum(['statutory', 'promised', 'internal']),
    standing: z.enum(STANDINGS),
    dueOn: z.string(),
    dueAt: z.string(),
    warnAt: z.string().optional(),
    provisional: z.boolean(),
    generation: z.int(),
    anchoredAt: z.string(),
    metAt: z.string().optional(),
    late: z.boolean().optional(),
    lateBy: z.number().optional(),
  })
  .meta({ id: 'DueItem' });

const QUERY_PROBLEMS: readonly ProblemCode[] = [
  'POSITION_INVALID',
  'POSITION_FOREIGN',
  'PROJECTION_BEHIND',
  'PROJECTION_HALTED',
];
const LIST_PROBLEMS: readonly ProblemCode[] = [...QUERY_PROBLEMS, 'CURSOR_INVALID'];

export type ListDeps = {
  readonly queries: CaseQueries;
  /** Without them a timeline shows nothing of reactions. */
  readonly outcomes: ReactionOutcomeQueries | undefined;
  readonly ledger: Pick<CaseLedger, 'id' | 'calendarMoves'>;
  readonly events: Pick<EventStore, 'head'>;
  readonly registry: Pick<WorkflowRegistry, 'role'>;
  readonly clock: Clock;
};

/** Questions across cases, answered by the read models within the asker's reach. */
export function listRoutes({ queries, outcomes, ledger, events, registry, clock }: ListDeps): readonly Operation[] {
  const now = (): string => clock.now().toISOString();

  async function optionsOf(
    actor: Actor,
    query: { readonly 'min-position'?: string | undefined },
    headers: z.output<typeof FreshHeaders>,
  ): Promise<QueryOptions> {
    const token = query['min-position'] ?? headers[POSITION_HEADER.toLowerCase()];
    return {
      reach: reachOf(actor, registry.role),
      ...(token !== undefined && { minPosition: await givenPosition(ledger.id, events, token) }),
    };
  }

  const withToken = <Item extends { readonly position: bigint }>(item: Item) => ({
    ...item,
    position: positionToken(ledger.id, item.position),
  });

  return [
    operation(
      {
        method: 'get',
        path: '/cases',
        id: 'listCases',
        tag: 'Lists',
        summary: 'Cases within reach, page by page',
        access: 'token',
        input: {
          query: z.strictObject({
            ...CaseFilters,
            ...Paged,
            ...Fresh,
            order: z.enum(['opened', 'oldest', 'recent']).optional(),
          }),
          headers: FreshHeaders,
        },
        answers: { 200: { description: 'A page', schema: pageSchema(CaseItemSchema), headers: PAGE_HEADERS } },
        problems: LIST_PROBLEMS,
      },
      async ({ query, headers, actor, res }) => {
        const { limit, cursor, order, 'min-position': _, ...filter } = query;
        const page = await queries.listCases(
          present(filter),
          present({ limit, cursor, order }),
          await optionsOf(actor, query, headers),
        );
        answerPage(res, '/cases', query, { ...page, items: page.items.map(withToken) });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/cases/:workflow/:caseId/timeline',
        id: 'readTimeline',
        tag: 'Cases',
        summary: 'What happened to a case, without its data, and the calendar notices that moved its deadlines',
        access: 'token',
        input: { params: CaseParams, query: z.strictObject({ ...Paged, ...Fresh }), headers: FreshHeaders },
        answers: {
          200: {
            description: 'A page, oldest first',
            schema: pageSchema(z.union([TimelineItemSchema, CalendarMoveSchema])).extend({
              reactions: z.array(ReactionOutcomeSchema).meta({
                description: 'Commands between this case and others that were refused or left out',
              }),
            }),
            headers: PAGE_HEADERS,
          },
        },
        problems: ['CASE_NOT_FOUND', 'CASE_ID_INVALID', ...LIST_PROBLEMS],
      },
      async ({ params, query, headers, actor, res }) => {
        const { limit, cursor } = query;
        const options = await optionsOf(actor, query, headers);
        const page = await queries.timeline(params, present({ limit, cursor }), options);
        const moves = await ledger.calendarMoves(params);
        const items = page.items.flatMap((item) => [
          withToken(item),
          ...moves
            .filter(({ afterRevision }) => afterRevision === item.revision)
            .map((move) => ({ type: NOTICE_PUBLISHED, ...move })),
        ]);
        const reactions = (await outcomes?.ofCase(params, options)) ?? [];
        answerPage(res, `/cases/${params.workflow}/${params.caseId}/timeline`, query, {
          ...page,
          items,
          reactions: reactions.map((one) => outcomeAnswer(ledger.id, one)),
        });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/due',
        id: 'listDue',
        tag: 'Deadlines',
        summary: 'Deadlines of cases within reach, earliest due first',
        access: 'token',
        input: {
          query: z.strictObject({
            ...DueFilters,
            standing: z.enum(STANDINGS).optional(),
            before: UtcInstant,
            ...Paged,
            ...Fresh,
          }),
          headers: FreshHeaders,
        },
        answers: { 200: { description: 'A page', schema: pageSchema(DueItemSchema), headers: PAGE_HEADERS } },
        problems: LIST_PROBLEMS,
      },
      async ({ query, headers, actor, res }) => {
        const { limit, cursor, 'min-position': _, ...filter } = query;
        const page = await queries.dueCases(present(filter), present({ limit, cursor }), {
          ...(await optionsOf(actor, query, headers)),
          now: now(),
        });
        answerPage(res, '/due', query, page);
      },
    ),
    operation(
      {
        method: 'get',
        path: '/counts',
        id: 'countCases',
        tag: 'Lists',
        summary: 'How many cases there are within reach, of each kind',
        access: 'token',
        input: { query: z.strictObject({ by: CountedBy, ...CaseFilters, ...Fresh }), headers: FreshHeaders },
        answers: {
          200: {
            description: 'A count per kind',
            schema: z.object({
              counts: z.array(
                z.object({
                  workflow: z.string().optional(),
                  state: z.string().optional(),
                  status: z.string().optional(),
                  department: z.string().optional(),
                  region: z.string().optional(),
                  channel: z.string().optional(),
                  cases: z.int(),
                }),
              ),
            }),
          },
        },
        problems: QUERY_PROBLEMS,
      },
      async ({ query, headers, actor, res }) => {
        const { by = [], 'min-position': _, ...filter } = query;
        answerJson(res, 200, {
          counts: await queries.counts(by, present(filter), await optionsOf(actor, query, headers)),
        });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/lateness',
        id: 'readLateness',
        tag: 'Deadlines',
        summary: 'How limits are kept: open, overdue, met, met late',
        access: 'token',
        input: {
          query: z.strictObject({ ...DueFilters, metFrom: UtcInstant, metTo: UtcInstant, ...Fresh }),
          headers: FreshHeaders,
        },
        answers: {
          200: {
            description: 'A row per limit',
            schema: z.object({
              limits: z.array(
                z.object({
                  workflow: z.string(),
                  deadline: z.string(),
                  limitKind: z.enum(['statutory', 'promised', 'internal']),
                  open: z.int(),
                  overdue: z.int(),
                  met: z.int(),
                  metLate: z.int(),
                  dropped: z.int(),
                }),
              ),
            }),
          },
        },
        problems: QUERY_PROBLEMS,
      },
      async ({ query, headers, actor, res }) => {
        const { 'min-position': _, ...filter } = query;
        answerJson(res, 200, {
          limits: await queries.lateness(present(filter), { ...(await optionsOf(actor, query, headers)), now: now() }),
        });
      },
    ),
  ];
}
