import type { Response } from 'express';
import { z } from 'zod';
import type { EventFilter } from '../../engine/outbox/event-filter.js';
import type { EventStore } from '../../event-store/event-store.js';
import type { CaseLedger } from '../case-ledger.js';
import type { Feed, FeedRequest, FeedStart } from '../feed.js';
import { givenPosition } from '../given-position.js';
import { type Operation, operation } from '../operation.js';
import type { RequestContext } from '../request-context.js';
import { CaseParams } from './cases.js';

const EVENT_STREAM = 'text/event-stream';

const After = z.string().min(1).max(100).optional().meta({
  description: '`start`, `now`, or a position token to go on after; `Last-Event-ID` goes before it',
  example: 'start',
});

const Headers = z.object({
  'last-event-id': z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'Id of the last event received; the stream goes on after it' }),
});

const ANSWERS = {
  200: {
    description:
      "Server-sent events: each a CloudEvent 1.0 as JSON, its id a position token. Personal fields are withheld. The stream ends with the caller's token, or when the client falls behind, with a comment that says so.",
    type: EVENT_STREAM,
    schema: z.string(),
  },
};

/** What happens, as it happens. */
export function feedRoutes({
  feed,
  ledger,
  events,
  alerts,
}: {
  readonly feed: Feed;
  readonly ledger: Pick<CaseLedger, 'id'>;
  readonly events: Pick<EventStore, 'head'>;
  /** Which events are alerts. */
  readonly alerts: EventFilter;
}): readonly Operation[] {
  const startOf = async (text: string): Promise<FeedStart> =>
    text === 'start' || text === 'now' ? text : givenPosition(ledger.id, events, text);

  return [
    operation(
      {
        method: 'get',
        path: '/cases/:workflow/:caseId/feed',
        id: 'followCase',
        tag: 'Feeds',
        summary: 'Follow one case, from its first event unless told otherwise',
        access: 'token',
        input: { params: CaseParams, query: z.strictObject({ after: After }), headers: Headers },
        answers: ANSWERS,
        problems: [
          'WORKFLOW_UNKNOWN',
          'CASE_NOT_FOUND',
          'CASE_ID_INVALID',
          'POSITION_INVALID',
          'POSITION_FOREIGN',
          'OVERLOADED',
        ],
      },
      async ({ params, query, headers, actor, context, res }) =>
        feed.open({
          ...listener(res, context),
          actor,
          start: await startOf(headers['last-event-id'] ?? query.after ?? 'start'),
          only: { case: params },
        }),
    ),
    operation(
      {
        method: 'get',
        path: '/feed',
        id: 'followCases',
        tag: 'Feeds',
        summary: 'Follow every case within reach, from now unless told otherwise',
        access: 'token',
        input: {
          query: z.strictObject({
            after: After,
            workflow: z.string().max(100).optional(),
            type: z.string().max(2_000).optional().meta({ description: 'Event types, parted by commas' }),
          }),
          headers: Headers,
        },
        answers: ANSWERS,
        problems: ['POSITION_INVALID', 'POSITION_FOREIGN', 'OVERLOADED'],
      },
      async ({ query, headers, actor, context, res }) =>
        feed.open({
          ...listener(res, context),
          actor,
          start: await startOf(headers['last-event-id'] ?? query.after ?? 'now'),
          only: {
            ...(query.workflow !== undefined && { workflow: query.workflow }),
            ...(query.type !== undefined && { types: new Set(query.type.split(',')) }),
          },
        }),
    ),
    operation(
      {
        method: 'get',
        path: '/alerts/feed',
        id: 'followAlerts',
        tag: 'Feeds',
        summary: 'Follow the alerts within reach, from now unless told otherwise',
        description: `What webhooks are told of too: every event of ${alerts.workflows.join(' and ')}, and ${alerts.types.join(' and ')} of any case.`,
        access: 'token',
        input: { query: z.strictObject({ after: After }), headers: Headers },
        answers: ANSWERS,
        problems: ['POSITION_INVALID', 'POSITION_FOREIGN', 'OVERLOADED'],
      },
      async ({ query, headers, actor, context, res }) =>
        feed.open({
          ...listener(res, context),
          actor,
          start: await startOf(headers['last-event-id'] ?? query.after ?? 'now'),
          only: { alerts },
        }),
    ),
  ];
}

function listener(res: Response, { expiresAt = 0 }: RequestContext): Pick<FeedRequest, 'res' | 'expiresAt'> {
  return { res, expiresAt };
}
