import { z } from 'zod';
import { ALERTS } from '../../engine/outbox/event-filter.js';
import type { By, Outbox, Standing } from '../../engine/outbox/outbox.js';
import type { SecretEntry, Subscription } from '../../engine/outbox/outbox-record.js';
import { positionToken } from '../../engine/position-token.js';
import { answerJson } from '../answer.js';
import type { Access } from '../auth.js';
import type { CaseLedger } from '../case-ledger.js';
import { type Operation, operation } from '../operation.js';
import { wholeNumber } from '../query-values.js';

/** Whoever says where the county's alerts go may send them anywhere. */
const ACCESS: Access = { roles: ['administrator'] };

const Id = z.string().min(1).max(60);
const Names = z.array(z.string().min(1).max(200)).max(100);
const Secret = z.string().max(200).meta({
  description: '`whsec_` and 24 to 64 bytes in base64; made unless given',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
});
const Reason = z.string().min(1).max(2_000);

const SecretSchema = z.object({ id: z.int(), addedAt: z.string() });

const WebhookSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    filter: z.object({ workflows: z.array(z.string()), types: z.array(z.string()) }),
    addedAt: z.string(),
    addedBy: z.string(),
    position: z.string().optional().meta({ description: 'Events up to here are messages; a position token' }),
    disabled: z
      .object({ at: z.string(), reason: z.string() })
      .optional()
      .meta({ description: 'Its receiver wants nothing any more (410); messages are kept until it is enabled' }),
    pausedUntil: z.string().optional().meta({ description: 'Its receiver asked to be left alone until then' }),
    secrets: z.array(SecretSchema).meta({ description: 'Which there are, oldest first; never what they are' }),
    pending: z.int().meta({ description: 'Messages neither delivered nor skipped' }),
    dead: z.int().meta({ description: 'Of them, those given up' }),
    oldestSeconds: z.number().meta({ description: 'Age of the oldest of them' }),
  })
  .meta({ id: 'Webhook', description: 'Somebody who is told of alerts' });

const DeadLetterSchema = z
  .object({
    id: z.string().meta({ description: 'Id of the message, as the receiver sees it' }),
    subscription: z.string(),
    event: z.string().meta({ description: "The event's id" }),
    type: z.string(),
    workflow: z.string(),
    caseId: z.string(),
    attempts: z.int(),
    failure: z.string().meta({ description: 'How the last attempt ended' }),
    deadAt: z.string(),
    holding: z.int().meta({ description: 'Later messages of its case that wait for it' }),
  })
  .meta({ id: 'DeadLetter', description: 'A message that was given up' });

const ActSchema = z.object({
  at: z.string(),
  actor: z.string(),
  act: z.string(),
  subscription: z.string(),
  message: z.string().optional(),
  reason: z.string().optional(),
});

const Params = z.object({ id: Id });
const MessageParams = z.object({ message: z.string().min(1).max(100) });

/** Where alerts go, and what became of them. */
export function webhookRoutes({
  outbox,
  ledger,
}: {
  readonly outbox: Omit<Outbox, 'start' | 'close'>;
  readonly ledger: Pick<CaseLedger, 'id'>;
}): readonly Operation[] {
  async function all() {
    const [subscriptions, secrets, standings] = [
      await outbox.subscriptions(),
      await outbox.secrets(),
      await outbox.standings(),
    ];
    return subscriptions.map((one) => webhookOf(ledger.id, one, secrets, standings));
  }
  const one = async (id: string) => (await all()).find((webhook) => webhook.id === id);
  const by = (actor: { readonly id: string }, reason: string | undefined): By => ({
    actor: actor.id,
    ...(reason !== undefined && { reason }),
  });

  return [
    operation(
      {
        method: 'get',
        path: '/webhooks',
        id: 'listWebhooks',
        tag: 'Webhooks',
        summary: 'Who is told of alerts, and how that stands',
        access: ACCESS,
        answers: { 200: { description: 'All of them', schema: z.object({ webhooks: z.array(WebhookSchema) }) } },
      },
      async ({ res }) => answerJson(res, 200, { webhooks: await all() }),
    ),
    operation(
      {
        method: 'post',
        path: '/webhooks',
        id: 'addWebhook',
        tag: 'Webhooks',
        summary: 'Tell somebody of alerts from now on',
        description:
          'Messages are CloudEvents 1.0, signed by Standard Webhooks, at least once each, in order per case. Targets are https, at a host that the configuration allows.',
        access: ACCESS,
        input: {
          body: z
            .strictObject({
              url: z.string().min(1).max(2_000).meta({ example: 'https://hooks.example.cn/alerts' }),
              id: Id.optional().meta({
                description: 'Its name, part of every message id; a UUID unless given',
                example: 'city-centre',
              }),
              workflows: Names.optional().meta({
                description: `Every event of these; ${ALERTS.workflows.join(', ')} unless anything is named`,
              }),
              types: Names.optional().meta({
                description: `These events of any workflow; ${ALERTS.types.join(', ')} unless anything is named`,
              }),
              secret: Secret.optional(),
              from: z.enum(['now', 'start']).optional().meta({ description: '`now` unless given' }),
            })
            .meta({ id: 'WebhookBody' }),
        },
        answers: {
          201: {
            description: 'It is told; the secret is shown this once',
            schema: z.object({ webhook: WebhookSchema, secret: z.string() }),
          },
        },
        problems: ['WEBHOOK_REFUSED', 'WEBHOOK_EXISTS', 'STORE_FULL'],
      },
      async ({ body: { url, id, workflows, types, secret, from }, actor, res }) => {
        const named = workflows !== undefined || types !== undefined;
        const added = await outbox.add(
          {
            url,
            ...(id !== undefined && { id }),
            ...(named && { filter: { workflows: workflows ?? [], types: types ?? [] } }),
            ...(secret !== undefined && { secret }),
            ...(from !== undefined && { from }),
          },
          by(actor, undefined),
        );
        answerJson(res, 201, { webhook: await one(added.subscription.id), secret: added.secret });
      },
    ),
    operation(
      {
        method: 'delete',
        path: '/webhooks/:id',
        id: 'removeWebhook',
        tag: 'Webhooks',
        summary: 'Tell somebody nothing more; what is pending is dropped',
        access: ACCESS,
        input: { params: Params },
        answers: { 200: { description: 'It is removed', schema: z.object({ removed: z.string() }) } },
        problems: ['WEBHOOK_UNKNOWN', 'STORE_FULL'],
      },
      async ({ params: { id }, actor, res }) => {
        await outbox.remove(id, by(actor, undefined));
        answerJson(res, 200, { removed: id });
      },
    ),
    operation(
      {
        method: 'post',
        path: '/webhooks/:id/enable',
        id: 'enableWebhook',
        tag: 'Webhooks',
        summary: 'Go on after a receiver has ended its webhook or asked for a pause',
        access: ACCESS,
        input: { params: Params },
        answers: { 200: { description: 'It goes on', schema: z.object({ webhook: WebhookSchema }) } },
        problems: ['WEBHOOK_UNKNOWN', 'STORE_FULL'],
      },
      async ({ params: { id }, actor, res }) => {
        await outbox.enable(id, by(actor, undefined));
        answerJson(res, 200, { webhook: await one(id) });
      },
    ),
    operation(
      {
        method: 'post',
        path: '/webhooks/:id/test',
        id: 'testWebhook',
        tag: 'Webhooks',
        summary: 'Send a test message now, once, past the queue',
        access: ACCESS,
        input: { params: Params },
        answers: {
          200: {
            description: 'What came of it',
            schema: z.object({
              outcome: z.enum(['accepted', 'failed', 'gone', 'aborted']),
              status: z.int().optional(),
              failure: z.string().optional(),
            }),
          },
        },
        problems: ['WEBHOOK_UNKNOWN', 'KEY_STORE_UNREADABLE'],
      },
      async ({ params: { id }, res }) => {
        const attempted = await outbox.test(id);
        answerJson(res, 200, {
          outcome: attempted.kind,
          ...('status' in attempted && attempted.status !== undefined && { status: attempted.status }),
          ...('failure' in attempted && { failure: attempted.failure }),
        });
      },
    ),
    operation(
      {
        method: 'post',
        path: '/webhooks/:id/secrets',
        id: 'addWebhookSecret',
        tag: 'Webhooks',
        summary: 'Sign with one more secret, for a receiver that changes over',
        access: ACCESS,
        input: {
          params: Params,
          body: z.strictObject({ secret: Secret.optional() }).meta({ id: 'WebhookSecretBody' }),
        },
        answers: {
          201: { description: 'It is shown this once', schema: SecretSchema.extend({ secret: z.string() }) },
        },
        problems: ['WEBHOOK_UNKNOWN', 'WEBHOOK_REFUSED', 'STORE_FULL'],
      },
      async ({ params, body, actor, res }) => {
        const { id, addedAt, secret } = await outbox.addSecret(params.id, body.secret, by(actor, undefined));
        answerJson(res, 201, { id, addedAt, secret });
      },
    ),
    operation(
      {
        method: 'delete',
        path: '/webhooks/:id/secrets/:secret',
        id: 'removeWebhookSecret',
        tag: 'Webhooks',
        summary: 'Sign no longer with one of several secrets',
        access: ACCESS,
        input: { params: Params.extend({ secret: wholeNumber(0, Number.MAX_SAFE_INTEGER) }) },
        answers: { 200: { description: 'It is removed', schema: z.object({ webhook: WebhookSchema }) } },
        problems: ['WEBHOOK_UNKNOWN', 'WEBHOOK_REFUSED', 'STORE_FULL'],
      },
      async ({ params: { id, secret }, actor, res }) => {
        await outbox.removeSecret(id, secret, by(actor, undefined));
        answerJson(res, 200, { webhook: await one(id) });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/webhooks/dead-letters',
        id: 'listDeadLetters',
        tag: 'Webhooks',
        summary: 'Messages that were given up, oldest first; each holds back the later ones of its case',
        access: ACCESS,
        input: { query: z.strictObject({ webhook: Id.optional() }) },
        answers: {
          200: { description: 'All of them', schema: z.object({ deadLetters: z.array(DeadLetterSchema) }) },
        },
        problems: ['WEBHOOK_UNKNOWN'],
      },
      async ({ query, res }) => answerJson(res, 200, { deadLetters: await outbox.deadLetters(query.webhook) }),
    ),
    operation(
      {
        method: 'post',
        path: '/webhooks/dead-letters/:message/resend',
        id: 'resendDeadLetter',
        tag: 'Webhooks',
        summary: 'Try a message again that was given up; who did so is recorded',
        access: ACCESS,
        input: {
          params: MessageParams,
          body: z.strictObject({ reason: Reason.optional() }).meta({ id: 'ResendBody' }),
        },
        answers: { 200: { description: 'It is due', schema: z.object({ resent: z.string() }) } },
        problems: ['DEAD_LETTER_UNKNOWN', 'STORE_FULL'],
      },
      async ({ params: { message }, body, actor, res }) => {
        await outbox.resend(message, by(actor, body.reason));
        answerJson(res, 200, { resent: message });
      },
    ),
    operation(
      {
        method: 'post',
        path: '/webhooks/dead-letters/:message/skip',
        id: 'skipDeadLetter',
        tag: 'Webhooks',
        summary: 'Leave a message out that was given up, so that its case goes on; who did so and why is recorded',
        access: ACCESS,
        input: { params: MessageParams, body: z.strictObject({ reason: Reason }).meta({ id: 'SkipBody' }) },
        answers: { 200: { description: 'It is left out', schema: z.object({ skipped: z.string() }) } },
        problems: ['DEAD_LETTER_UNKNOWN', 'REASON_REQUIRED', 'STORE_FULL'],
      },
      async ({ params: { message }, body, actor, res }) => {
        await outbox.skip(message, by(actor, body.reason));
        answerJson(res, 200, { skipped: message });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/webhooks/acts',
        id: 'listWebhookActs',
        tag: 'Webhooks',
        summary: 'Who added, removed, resent or skipped what, when and why; oldest first',
        access: { roles: ['administrator', 'auditor'] },
        answers: { 200: { description: 'All of it', schema: z.object({ acts: z.array(ActSchema) }) } },
      },
      async ({ res }) => answerJson(res, 200, { acts: await outbox.acts() }),
    ),
  ];
}

function webhookOf(
  ledger: string,
  { id, url, filter, addedAt, addedBy, checkpoint, disabled, pausedUntil }: Subscription,
  secrets: readonly SecretEntry[],
  standings: readonly Standing[],
): z.output<typeof WebhookSchema> {
  const { pending = 0, dead = 0, oldestSeconds = 0 } = standings.find(({ subscription }) => subscription === id) ?? {};
  return {
    id,
    url,
    filter: { workflows: [...filter.workflows], types: [...filter.types] },
    addedAt,
    addedBy,
    ...(checkpoint && { position: positionToken(ledger, checkpoint.position) }),
    ...(disabled && { disabled }),
    ...(pausedUntil !== undefined && { pausedUntil: new Date(pausedUntil).toISOString() }),
    secrets: secrets
      .filter(({ subscription }) => subscription === id)
      .map(({ id: secret, addedAt: at }) => ({ id: secret, addedAt: at })),
    pending,
    dead,
    oldestSeconds,
  };
}
