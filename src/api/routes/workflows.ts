import { z } from 'zod';
import { anchorsOf, type DeadlineRule, kindOf } from '../../domain/deadline.js';
import { eventSchema } from '../../domain/next-events.js';
import type { Workflow } from '../../domain/workflow.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import { answerJson } from '../answer.js';
import { NextSchema, TitleSchema } from '../answer-schemas.js';
import type { CaseLedger } from '../case-ledger.js';
import { type Operation, operation } from '../operation.js';
import { wholeNumber } from '../query-values.js';
import { WorkflowParams } from './cases.js';

const Summary = z.object({ name: z.string(), title: TitleSchema, version: z.int(), versions: z.array(z.int()) });

const TermSchema = z.object({
  unit: z.enum(['workingDays', 'workingHours', 'calendarDays', 'months']),
  amount: z.number(),
});

const WorkflowSchema = Summary.extend({
  hash: z.string().meta({ description: 'SHA-256 over machine, schemas, policy, deadlines and guards, base64url' }),
  states: z.record(z.string(), TitleSchema),
  roles: z.record(
    z.string(),
    z.object({ title: TitleSchema, scope: z.enum(['own', 'department', 'region', 'ledger', 'none']) }),
  ),
  events: z.array(
    z.object({
      type: z.string(),
      title: TitleSchema,
      roles: z.array(z.string()),
      reasonRequired: z.boolean(),
      separateFrom: z.array(z.string()),
      backdate: z.object({ roles: z.array(z.string()), days: z.int() }).optional(),
      schema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema (2020-12) of its data' }),
    }),
  ),
  guards: z.record(z.string(), z.object({ title: TitleSchema, reads: z.enum(['context', 'event']) })),
  deadlines: z.array(
    z.object({
      name: z.string(),
      title: TitleSchema,
      kind: z.enum(['atMost', 'atLeast', 'window', 'before']),
      limit: z.enum(['statutory', 'promised', 'internal']),
      source: z.string(),
      from: z.array(z.string()),
      inState: z.array(z.string()).optional().meta({ description: 'The step whose own limit it is' }),
      before: z.string().optional().meta({ description: 'The deadline it is counted back from' }),
      deemedAfter: z.string().optional().meta({ description: 'The limit whose passing unmet begins it' }),
      within: TermSchema.optional().meta({ description: 'Absent where the event itself tells the term' }),
    }),
  ),
  policy: z.record(z.string(), z.unknown()).optional(),
  archiveYears: z.int().optional(),
}).meta({ id: 'Workflow' });

/** The definitions cases run under. */
export function workflowRoutes({
  registry,
  ledger,
}: {
  readonly registry: WorkflowRegistry;
  readonly ledger: Pick<CaseLedger, 'next'>;
}): readonly Operation[] {
  const versionsOf = (name: string): readonly number[] =>
    registry.all().flatMap((one) => (one.name === name ? [one.version] : []));

  return [
    operation(
      {
        method: 'get',
        path: '/workflows',
        id: 'listWorkflows',
        tag: 'Workflows',
        summary: 'Every workflow, with its newest version',
        access: 'token',
        answers: { 200: { description: 'The workflows', schema: z.object({ workflows: z.array(Summary) }) } },
      },
      ({ res }) =>
        answerJson(res, 200, {
          workflows: registry.names().map((name) => summary(registry.current(name), versionsOf(name))),
        }),
    ),
    operation(
      {
        method: 'get',
        path: '/workflows/:workflow',
        id: 'readWorkflow',
        tag: 'Workflows',
        summary: 'The newest version of a workflow: states, roles, events with their schemas, deadlines',
        access: 'token',
        input: { params: WorkflowParams },
        answers: { 200: { description: 'The definition', schema: WorkflowSchema } },
        problems: ['WORKFLOW_UNKNOWN'],
      },
      ({ params, res }) =>
        answerJson(res, 200, described(registry.current(params.workflow), versionsOf(params.workflow))),
    ),
    operation(
      {
        method: 'get',
        path: '/workflows/:workflow/versions/:version',
        id: 'readWorkflowVersion',
        tag: 'Workflows',
        summary: 'One version of a workflow',
        access: 'token',
        input: { params: WorkflowParams.extend({ version: wholeNumber(1, 1_000_000) }) },
        answers: { 200: { description: 'The definition', schema: WorkflowSchema } },
        problems: ['WORKFLOW_UNKNOWN', 'WORKFLOW_VERSION_UNKNOWN'],
      },
      ({ params, res }) =>
        answerJson(res, 200, described(registry.get(params.workflow, params.version), versionsOf(params.workflow))),
    ),
    operation(
      {
        method: 'get',
        path: '/workflows/:workflow/next',
        id: 'readOpening',
        tag: 'Workflows',
        summary: 'What opens a case, and what of it the asker may send',
        access: 'token',
        input: { params: WorkflowParams },
        answers: { 200: { description: 'Opening events, each with its schema', schema: NextSchema } },
        problems: ['WORKFLOW_UNKNOWN'],
      },
      async ({ params, actor, res }) =>
        answerJson(res, 200, { events: await ledger.next({ workflow: params.workflow }, actor) }),
    ),
  ];
}

function summary({ name, title, version }: Workflow, versions: readonly number[]): z.input<typeof Summary> {
  return { name, title, version, versions: [...versions] };
}

function described(workflow: Workflow, versions: readonly number[]): z.input<typeof WorkflowSchema> {
  const { hash, states, roles, events, guards, deadlines, policy, archiveYears } = workflow;
  return {
    ...summary(workflow, versions),
    hash,
    states,
    roles,
    events: Object.entries(events).map(
      ([type, { title, roles: senders, reasonRequired = false, separateFrom = [], backdate }]) => ({
        type,
        title,
        roles: [...senders],
        reasonRequired,
        separateFrom: [...separateFrom],
        ...(backdate && { backdate: { days: backdate.days, roles: [...backdate.roles] } }),
        schema: eventSchema(workflow, type) as Record<string, unknown>,
      }),
    ),
    guards,
    deadlines: Object.entries(deadlines).map(([name, rule]) => describedDeadline(name, rule)),
    ...(policy !== undefined && { policy }),
    ...(archiveYears !== undefined && { archiveYears }),
  };
}

function describedDeadline(name: string, rule: DeadlineRule) {
  const { title, limit = 'statutory', source, within, before, atLeast, inState, deemed } = rule;
  return {
    name,
    title,
    kind: kindOf(rule),
    limit,
    source,
    from: [...anchorsOf(rule)],
    ...(inState && { inState: [...inState] }),
    ...(before !== undefined && { before }),
    ...(deemed && { deemedAfter: deemed.after }),
    ...(typeof within === 'object' && { within }),
    ...(atLeast && { within: atLeast }),
  };
}
