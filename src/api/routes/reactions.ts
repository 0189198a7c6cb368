import { z } from 'zod';
import { reachOf } from '../../domain/access.js';
import { caseIdOf } from '../../domain/stream-id.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import { positionToken } from '../../engine/position-token.js';
import type { ReactionDesk, WaitingCommand } from '../../engine/reactions/reaction-runner.js';
import { MAX_PAGE } from '../../projections/page-cursor.js';
import type { ReactionOutcomeItem, ReactionOutcomeQueries } from '../../projections/reaction-outcomes.js';
import { answerJson } from '../answer.js';
import { TitleSchema } from '../answer-schemas.js';
import { type Operation, operation } from '../operation.js';
import { wholeNumber } from '../query-values.js';
import { answerPage, PAGE_HEADERS, pageSchema, present } from './pages.js';

/** Who sees how reactions stand and, within reach, what was refused. */
const READERS = ['administrator', 'auditor', 'supervisor'];

/** Who sees what is parked, wherever in the ledger. */
const PARKED_READERS = ['administrator', 'auditor'];

/** Who takes parked commands up again or leaves them out. */
const WRITERS = ['administrator'];

const CaseRefSchema = z.object({ workflow: z.string(), caseId: z.string() });

const ReactionStatusSchema = z
  .object({
    name: z.string(),
    version: z.int(),
    title: TitleSchema,
    position: z.string(),
    lag: z.int().meta({ description: 'Events between it and the head of the ledger' }),
    retrying: z.int(),
    parked: z.int(),
    behind: z.int().meta({ description: 'Commands that wait behind a parked one, for the same case' }),
    refused: z.int().meta({ description: 'Commands their target refused, ever' }),
  })
  .meta({ id: 'ReactionStatus' });

const WaitingSchema = z
  .object({
    id: z.string(),
    reaction: z.string(),
    status: z.enum(['retrying', 'parked', 'behind']),
    cause: CaseRefSchema.extend({ revision: z.int(), type: z.string() }),
    target: CaseRefSchema.optional().meta({ description: 'Absent while the reaction itself fails' }),
    attempts: z.int(),
    nextAt: z.string(),
    since: z.string(),
    detail: z.string().optional().meta({ description: 'What went wrong last' }),
  })
  .meta({ id: 'WaitingReaction', description: 'A command of a reaction that met a fault, or waits behind such a one' });

export const ReactionOutcomeSchema = z
  .object({
    id: z.string(),
    reaction: z.string(),
    outcome: z.enum(['refused', 'skipped']),
    cause: CaseRefSchema.extend({ revision: z.int(), type: z.string() }).optional(),
    target: CaseRefSchema.optional(),
    code: z.string().optional(),
    refusal: z.string().optional(),
    reasons: z.array(z.object({ guard: z.string(), title: TitleSchema })).optional(),
    actor: z.string().optional(),
    reason: z.string().optional(),
    at: z.string(),
    position: z.string(),
  })
  .meta({
    id: 'ReactionOutcome',
    description:
      "A command of a reaction that its target refused or that was left out. What lies beyond the asker's reach is absent",
  });

const IdParams = z.object({ id: z.string() });
const ReasonBody = z.strictObject({ reason: z.string().min(1).max(2_000) }).meta({ id: 'ReactionReason' });

/** What happens between cases: how far it is, what is stuck, and what was refused. */
export function reactionRoutes(deps: {
  readonly reactions: ReactionDesk;
  readonly outcomes: ReactionOutcomeQueries;
  readonly ledger: { readonly id: string };
  readonly registry: Pick<WorkflowRegistry, 'role' | 'all'>;
}): readonly Operation[] {
  const { reactions, outcomes, ledger, registry } = deps;

  function takeUp(what: 'release' | 'skip', summary: string, description: string): Operation {
    return operation(
      {
        method: 'post',
        path: `/reactions/parked/:id/${what}`,
        id: `${what}Reaction`,
        tag: 'Reactions',
        summary,
        description,
        access: { roles: WRITERS },
        input: { params: IdParams, body: ReasonBody },
        answers: { 200: { description: 'Done', schema: z.object({ id: z.string() }) } },
        problems: ['REACTION_NOT_PARKED'],
      },
      async ({ params, body, actor, res }) => {
        await reactions[what](params.id, { actor: actor.id, reason: body.reason });
        answerJson(res, 200, { id: params.id });
      },
    );
  }

  return [
    operation(
      {
        method: 'get',
        path: '/reactions',
        id: 'listReactions',
        tag: 'Reactions',
        summary: 'How far each reaction is, and what of it is stuck',
        access: { roles: [...READERS, 'monitor'] },
        answers: {
          200: { description: 'All of them', schema: z.object({ reactions: z.array(ReactionStatusSchema) }) },
        },
        problems: ['PROJECTION_BEHIND', 'PROJECTION_HALTED'],
      },
      async ({ res }) => {
        const [status, refused] = await Promise.all([reactions.status(), outcomes.refused()]);
        answerJson(res, 200, {
          reactions: status.map((one) => ({
            ...one,
            position: positionToken(ledger.id, one.position),
            refused: refused[one.name] ?? 0,
          })),
        });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/reactions/parked',
        id: 'listParkedReactions',
        tag: 'Reactions',
        summary: 'Commands between cases that met a fault: tried again, parked, or behind a parked one',
        access: { roles: PARKED_READERS },
        answers: { 200: { description: 'In order', schema: z.object({ items: z.array(WaitingSchema) }) } },
      },
      async ({ res }) => answerJson(res, 200, { items: (await reactions.waiting()).map(waitingItem) }),
    ),
    takeUp(
      'release',
      'Let a parked command be tried again',
      'Those behind it follow in order once it has come to an end. That it was released, by whom and why is recorded in the ledger.',
    ),
    takeUp(
      'skip',
      'Leave a parked command out for good',
      'Those behind it go on. It is recorded in the ledger and shown on both cases; nothing brings the command back.',
    ),
    operation(
      {
        method: 'get',
        path: '/reactions/refused',
        id: 'listRefusedReactions',
        tag: 'Reactions',
        summary: 'Commands between cases that their target refused, or that were left out, newest first',
        access: { roles: READERS },
        input: {
          query: z.strictObject({
            reaction: z.string().min(1).max(200).optional(),
            outcome: z.enum(['refused', 'skipped']).optional(),
            limit: wholeNumber(1, MAX_PAGE).optional(),
            cursor: z.string().max(2_000).optional().meta({ description: 'The `next` of the page before' }),
          }),
        },
        answers: { 200: { description: 'A page', schema: pageSchema(ReactionOutcomeSchema), headers: PAGE_HEADERS } },
        problems: ['PROJECTION_BEHIND', 'PROJECTION_HALTED', 'CURSOR_INVALID'],
      },
      async ({ query, actor, res }) => {
        const { limit, cursor, ...filter } = query;
        const page = await outcomes.list(present(filter), present({ limit, cursor }), {
          reach: reachOf(actor, registry.role),
        });
        answerPage(res, '/reactions/refused', query, {
          ...page,
          items: page.items.map((one) => outcomeAnswer(ledger.id, one)),
        });
      },
    ),
  ];

  function waitingItem({ id, reaction, status, cause, target, attempts, nextAt, since, detail }: WaitingCommand) {
    return {
      id,
      reaction,
      status,
      cause: { workflow: cause.workflow, caseId: caseIdOf(cause.stream), revision: cause.revision, type: cause.type },
      ...(target && { target }),
      attempts,
      nextAt,
      since,
      ...(detail !== undefined && { detail }),
    };
  }
}

/** An outcome as it is sent. */
export function outcomeAnswer(ledger: string, outcome: ReactionOutcomeItem) {
  return { ...outcome, position: positionToken(ledger, outcome.position) };
}
