import { z } from 'zod';
import type { Receipt } from '../../engine/command.js';
import { answerJson } from '../answer.js';
import { CaseSchema, HistorySchema, NextSchema, ReceiptSchema } from '../answer-schemas.js';
import type { ProblemCode } from '../api-failure.js';
import { AsOfQuery, asOfOf } from '../as-of-query.js';
import type { CaseLedger } from '../case-ledger.js';
import type { CommandDesk } from '../command-desk.js';
import { commandIdOf, eventsOf, frameOf, IdempotencyKey, OpenBody, SendBody } from '../command-schemas.js';
import { type Operation, operation } from '../operation.js';
import { expectedRevision, holdsRevision, IfMatch, revisionEtag } from '../revision-etag.js';

/** The header that carries a position token, in answers and in questions. */
export const POSITION_HEADER = 'Caseledger-Position';

export const WorkflowParams = z.object({ workflow: z.string() });
export const CaseParams = z.object({ workflow: z.string(), caseId: z.string() });

/** What any command may be refused with. */
export const COMMAND_PROBLEMS: readonly ProblemCode[] = [
  'COMMAND_ID_MISSING',
  'COMMAND_ID_AMBIGUOUS',
  'COMMAND_ID_REUSED',
  'COMMAND_INVALID',
  'WORKFLOW_UNKNOWN',
  'CASE_ID_INVALID',
  'EVENT_UNKNOWN',
  'EVENT_DATA_INVALID',
  'EVENT_NOT_ALLOWED',
  'GUARD_DENIED',
  'ROLE_NOT_PERMITTED',
  'OUT_OF_SCOPE',
  'SAME_PERSON',
  'BACKDATE_REFUSED',
  'REASON_REQUIRED',
  'TOO_EARLY',
  'TOO_LATE',
  'EXTENSION_REFUSED',
  'FACT_UNAVAILABLE',
  'REVISION_CONFLICT',
  'APPEND_TOO_LARGE',
  'OVERLOADED',
  'SUBJECT_NOT_FOUND',
  'SUBJECT_ERASED',
  'SUBJECT_MISSING',
  'REPLAY_DIVERGED',
  'STORE_FULL',
  'STORE_UNAVAILABLE',
  'STORE_OUTCOME_UNKNOWN',
];

const RECEIPT_HEADERS = {
  ETag: 'The case after the command, for `If-Match`',
  Location: 'The case',
  [POSITION_HEADER]: 'Position token of the command, for `min-position`',
};

const RECEIPT_ANSWERS = {
  201: { description: 'Accepted and on disk', schema: ReceiptSchema, headers: RECEIPT_HEADERS },
  200: {
    description: 'It had been accepted before: the first answer again',
    schema: ReceiptSchema,
    headers: RECEIPT_HEADERS,
  },
};

const SendHeaders = z.object({ 'idempotency-key': IdempotencyKey.optional(), 'if-match': IfMatch.optional() });

/** A case: opened, sent events, read as it is or was. */
export function caseRoutes({
  desk,
  ledger,
}: {
  readonly desk: CommandDesk;
  readonly ledger: CaseLedger;
}): readonly Operation[] {
  return [
    operation(
      {
        method: 'post',
        path: '/cases/:workflow/:caseId/events',
        id: 'sendEvents',
        tag: 'Cases',
        summary: 'Send one or several events to a case',
        description:
          'All events of a command are accepted or none. Send it again under the same id after any doubt: it is stored once.',
        access: 'token',
        input: { params: CaseParams, headers: SendHeaders, body: SendBody },
        answers: RECEIPT_ANSWERS,
        problems: ['CASE_NOT_FOUND', ...COMMAND_PROBLEMS],
      },
      async ({ params, headers, body, actor, context, res }) => {
        const expected = expectedRevision(headers['if-match']);
        const receipt = await desk.send({
          workflow: params.workflow,
          caseId: params.caseId,
          commandId: commandIdOf(headers['idempotency-key'], body.commandId),
          actor,
          events: eventsOf(body),
          ...frameOf(body),
          ...(context.trace !== undefined && { trace: context.trace }),
          ...(expected !== undefined && { expectedRevision: expected }),
        });
        answerReceipt(res, receipt);
      },
    ),
    operation(
      {
        method: 'post',
        path: '/cases/:workflow',
        id: 'openCase',
        tag: 'Cases',
        summary: 'Open a case with its first events',
        access: 'token',
        input: {
          params: WorkflowParams,
          headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }),
          body: OpenBody,
        },
        answers: RECEIPT_ANSWERS,
        problems: ['CASE_EXISTS', 'WORKFLOW_VERSION_UNKNOWN', ...COMMAND_PROBLEMS],
      },
      async ({ params, headers, body, actor, context, res }) => {
        const receipt = await desk.open({
          workflow: params.workflow,
          commandId: commandIdOf(headers['idempotency-key'], body.commandId),
          actor,
          events: eventsOf(body),
          ...frameOf(body),
          ...(body.caseId !== undefined && { caseId: body.caseId }),
          ...(body.version !== undefined && { version: body.version }),
          ...(context.trace !== undefined && { trace: context.trace }),
        });
        answerReceipt(res, receipt);
      },
    ),
    operation(
      {
        method: 'get',
        path: '/cases/:workflow/:caseId',
        id: 'readCase',
        tag: 'Cases',
        summary: 'Read a case as it is, or as it was',
        access: 'token',
        input: { params: CaseParams, query: AsOfQuery, headers: z.object({ 'if-none-match': z.string().optional() }) },
        answers: {
          200: {
            description: 'The case',
            schema: CaseSchema,
            headers: { ETag: 'Its revision, for `If-Match` and `If-None-Match`' },
          },
          304: { description: 'It has not changed' },
        },
        problems: ['WORKFLOW_UNKNOWN', 'CASE_NOT_FOUND', 'CASE_ID_INVALID', 'REPLAY_DIVERGED'],
      },
      async ({ params, query, headers, actor, res }) => {
        const view = await ledger.load(params, { ...asOfOf(query), reader: actor });
        res.setHeader('ETag', revisionEtag(view.revision));
        res.setHeader('Cache-Control', 'private, no-cache');
        res.setHeader('Vary', 'Authorization');
        if (holdsRevision(headers['if-none-match'], view.revision)) res.status(304).end();
        else answerJson(res, 200, view);
      },
    ),
    operation(
      {
        method: 'get',
        path: '/cases/:workflow/:caseId/history',
        id: 'readHistory',
        tag: 'Cases',
        summary: 'Read what happened to a case, oldest first',
        description:
          'Personal fields are withheld unless `reveal` says what they are read for; the reading is then recorded with that purpose.',
        access: 'token',
        input: {
          params: CaseParams,
          query: AsOfQuery.extend({
            reveal: z.string().min(1).max(200).optional().meta({ description: 'What personal data is read for' }),
          }),
        },
        answers: { 200: { description: 'Its events', schema: HistorySchema } },
        problems: ['WORKFLOW_UNKNOWN', 'CASE_NOT_FOUND', 'CASE_ID_INVALID', 'REPLAY_DIVERGED'],
      },
      async ({ params, query, actor, res }) => {
        const { reveal } = query;
        const events = await ledger.history(params, {
          ...asOfOf(query),
          reader: actor,
          ...(reveal !== undefined && { reveal: { actor: actor.id, purpose: reveal } }),
        });
        answerJson(res, 200, { events });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/cases/:workflow/:caseId/next',
        id: 'readNext',
        tag: 'Cases',
        summary: 'What may follow now, and what of it the asker may send',
        access: 'token',
        input: { params: CaseParams },
        answers: { 200: { description: 'Events the state takes, each with its schema', schema: NextSchema } },
        problems: ['WORKFLOW_UNKNOWN', 'CASE_NOT_FOUND', 'CASE_ID_INVALID', 'REPLAY_DIVERGED'],
      },
      async ({ params, actor, res }) => answerJson(res, 200, { events: await ledger.next(params, actor) }),
    ),
    operation(
      {
        method: 'post',
        path: '/cases/:workflow/:caseId/migration',
        id: 'migrateCase',
        tag: 'Cases',
        summary: 'Move a case to another version of its definition, after replaying it there',
        access: { roles: ['administrator'] },
        input: {
          params: CaseParams,
          headers: SendHeaders,
          body: z
            .strictObject({
              commandId: z.string().min(1).max(200).optional(),
              toVersion: z.int().min(1),
              reason: z.string().min(1).max(2_000),
            })
            .meta({ id: 'MigrationBody' }),
        },
        answers: RECEIPT_ANSWERS,
        problems: ['CASE_NOT_FOUND', 'WORKFLOW_VERSION_UNKNOWN', 'MIGRATION_REFUSED', ...COMMAND_PROBLEMS],
      },
      async ({ params, headers, body, actor, context, res }) => {
        const expected = expectedRevision(headers['if-match']);
        const receipt = await desk.migrate({
          workflow: params.workflow,
          caseId: params.caseId,
          commandId: commandIdOf(headers['idempotency-key'], body.commandId),
          actor,
          toVersion: body.toVersion,
          reason: body.reason,
          ...(context.trace !== undefined && { trace: context.trace }),
          ...(expected !== undefined && { expectedRevision: expected }),
        });
        answerReceipt(res, receipt);
      },
    ),
  ];
}

function answerReceipt(res: Parameters<typeof answerJson>[0], receipt: Receipt): void {
  res.setHeader('ETag', revisionEtag(receipt.revision));
  res.setHeader('Location', `/cases/${receipt.workflow}/${receipt.caseId}`);
  res.setHeader(POSITION_HEADER, receipt.position);
  answerJson(res, receipt.repeated ? 200 : 201, receipt);
}
