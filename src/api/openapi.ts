import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { eventSchema } from '../domain/next-events.js';
import type { Workflow } from '../domain/workflow.js';
import { ProblemSchema } from './answer-schemas.js';
import type { ProblemCode } from './api-failure.js';
import { BatchCommand } from './command-schemas.js';
import { JSON_TYPE, type Operation } from './operation.js';
import { PROBLEM_STATUS, PROBLEM_TYPE } from './problem.js';
import { PROBLEM_TEXTS } from './problem-texts.js';

/** What every route may be refused with, whoever asks. */
const ALWAYS: readonly ProblemCode[] = [
  'NOT_ACCEPTABLE',
  'RATE_LIMITED',
  'INTERNAL',
  'STORE_UNAVAILABLE',
  'STORE_CLOSED',
];
const WITH_INPUT: readonly ProblemCode[] = ['REQUEST_INVALID'];
const WITH_BODY: readonly ProblemCode[] = [
  'BODY_MALFORMED',
  'BODY_TOO_LARGE',
  'BODY_TOO_DEEP',
  'BODY_TYPE_UNSUPPORTED',
];
const WITH_TOKEN: readonly ProblemCode[] = [
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'TOKEN_KEYS_UNAVAILABLE',
];

/** Every code the operation's document names. */
export function problemsOf({ access, input = {}, problems = [] }: Operation): ReadonlySet<ProblemCode> {
  return new Set([
    ...(access === 'public' ? [] : WITH_TOKEN),
    ...(access === 'public' || access === 'token' ? [] : (['ROLE_NOT_PERMITTED'] as const)),
    ...(Object.keys(input).length > 0 ? WITH_INPUT : []),
    ...(input.body ? WITH_BODY : []),
    ...problems,
    ...ALWAYS,
  ]);
}

/**
 * The API's document (OpenAPI 3.1), from the schemas that parse its requests. Each event type of each registered
 * workflow is a component, with its titles.
 */
export function openapiDocument(
  operations: readonly Operation[],
  workflows: readonly Workflow[],
  version: string,
): Record<string, unknown> {
  const events = eventComponents(workflows);
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const one of operations) {
    const path = one.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [one.method]: operationObject(one) };
  }
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Caseledger',
      version,
      description:
        'An event-sourced case engine for public administration. Every command carries an id under which it may be sent again; every refusal has a code (`/problems`).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: paths as ZodOpenApiPathsObject,
    components: {
      schemas: { Problem: ProblemSchema, BatchCommand, ...(events as Record<string, never>) },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  }) as unknown as Record<string, unknown>;
  nameEvents(document, Object.keys(events));
  return document;
}

function operationObject(one: Operation): ZodOpenApiOperationObject {
  const { id, tag, summary, description, access, input = {}, answers } = one;
  const roles = typeof access === 'object' ? `Roles: ${access.roles.join(', ')}.` : undefined;
  const text = [description, roles].filter((part) => part !== undefined).join(' ');
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(text !== '' && { description: text }),
    ...(access !== 'public' && { security: [{ bearer: [] }] }),
    requestParams: {
      ...(input.params && { path: input.params }),
      ...(input.query && { query: input.query }),
      ...(input.headers && { header: input.headers }),
    },
    ...(input.body && { requestBody: { required: true, content: { [JSON_TYPE]: { schema: input.body } } } }),
    responses: { ...answerObjects(answers), ...problemObjects(one) },
  };
}

function answerObjects(answers: Operation['answers']): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, type = JSON_TYPE, otherTypes = [], headers }]) => [
      status,
      {
        description,
        ...(schema && {
          content: {
            [type]: { schema },
            ...Object.fromEntries(otherTypes.map((other) => [other, { schema: z.string() }])),
          },
        }),
        ...(headers && {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [
              name,
              { description: text, schema: { type: 'string' as const } },
            ]),
          ),
        }),
      },
    ]),
  );
}

function problemObjects(one: Operation): ZodOpenApiResponsesObject {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(one)) {
    const status = PROBLEM_STATUS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const described = [...byStatus].filter(([status]) => !(status in one.answers));
  return Object.fromEntries(
    described.map(([status, codes]) => [
      String(status),
      {
        description: codes
          .map((code) => `\`${code}\`: ${PROBLEM_TEXTS[code].title.en} (${PROBLEM_TEXTS[code].title.zh})`)
          .join('\n\n'),
        content: { [PROBLEM_TYPE]: { schema: ProblemSchema } },
      },
    ]),
  );
}

function eventComponents(workflows: readonly Workflow[]): Record<string, object> {
  return Object.fromEntries(
    workflows.flatMap((workflow) =>
      Object.entries(workflow.events).map(([type, { title, roles }]) => {
        const { $schema: _, ...data } = eventSchema(workflow, type) as Record<string, unknown>;
        const component = {
          type: 'object',
          title: `${title.en} · ${title.zh}`,
          description: `${workflow.title.en} (${workflow.title.zh}), version ${workflow.version}; sent by ${roles.join(', ')}`,
          'x-title': title,
          properties: { type: { const: type }, data, occurredAt: { type: 'string', format: 'date-time' } },
          required: ['type', 'data'],
          additionalProperties: false,
        };
        return [eventComponentName(workflow, type), component];
      }),
    ),
  );
}

/** The component of an event type: `permit.v1.permit.granted`. */
export function eventComponentName({ name, version }: Pick<Workflow, 'name' | 'version'>, type: string): string {
  return `${name}.v${version}.${type}`.replace(/[^A-Za-z0-9._-]/g, '_');
}

/** What may be sent is one of the events the workflows know. */
function nameEvents(document: Record<string, unknown>, names: readonly string[]): void {
  const { schemas } = document.components as { schemas: Record<string, Record<string, unknown>> };
  const event = schemas.CommandEvent;
  if (event && names.length > 0) event.anyOf = names.map((name) => ({ $ref: `#/components/schemas/${name}` }));
}
