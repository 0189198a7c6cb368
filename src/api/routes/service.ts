import { z } from 'zod';
import type { Clock } from '../../engine/clock.js';
import type { EventStore } from '../../event-store/event-store.js';
import { answerJson, answerText } from '../answer.js';
import { TitleSchema } from '../answer-schemas.js';
import { ApiError, type ProblemCode } from '../api-failure.js';
import type { ApiMetrics } from '../metrics.js';
import { type Operation, operation } from '../operation.js';
import { failureOf, PROBLEM_STATUS } from '../problem.js';
import { PROBLEM_TEXTS } from '../problem-texts.js';
import type { ReadModels } from '../read-models.js';

/** How far this machine's clock may lie behind the last event recorded before it counts as wrong, milliseconds. */
const CLOCK_BEHIND_MS = 2_000;

/** How many events a read model may be behind and still be called ready. */
export const DEFAULT_READY_LAG = 10_000;

const Check = z.object({
  name: z.string(),
  ok: z.boolean(),
  problem: z.string().optional().meta({ description: 'Code, or what is wrong' }),
  behind: z.int().optional(),
});

const Readiness = z.object({ ready: z.boolean(), checks: z.array(Check) }).meta({ id: 'Readiness' });

type CheckResult = z.output<typeof Check>;

export type ServiceDeps = {
  readonly events: Pick<EventStore, 'head' | 'readAll'>;
  readonly readModels: ReadModels | undefined;
  readonly clock: Clock;
  readonly metrics: ApiMetrics;
  readonly readyLag: number;
};

/** Whether the server lives, can work, and how it does; what its refusals mean. */
export function serviceRoutes(deps: ServiceDeps): readonly Operation[] {
  return [
    operation(
      {
        method: 'get',
        path: '/health',
        id: 'readHealth',
        tag: 'Service',
        summary: 'Whether the process lives',
        access: 'public',
        answers: { 200: { description: 'It does', schema: z.object({ status: z.literal('alive') }) } },
      },
      ({ res }) => answerJson(res, 200, { status: 'alive' }),
    ),
    operation(
      {
        method: 'get',
        path: '/ready',
        id: 'readReadiness',
        tag: 'Service',
        summary: 'Whether it can take work, and what is wrong where it cannot',
        access: 'public',
        answers: {
          200: { description: 'It can', schema: Readiness },
          503: { description: 'It cannot', schema: Readiness },
        },
      },
      async ({ res }) => {
        const checks = await readiness(deps);
        const ready = checks.every(({ ok }) => ok);
        answerJson(res, ready ? 200 : 503, { ready, checks });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/metrics',
        id: 'readMetrics',
        tag: 'Service',
        summary: 'Counters and durations for Prometheus',
        access: { roles: ['administrator', 'auditor', 'monitor'] },
        answers: { 200: { description: 'Prometheus text format', type: 'text/plain', schema: z.string() } },
      },
      async ({ res }) => answerText(res, 200, await deps.metrics.registry.metrics(), deps.metrics.registry.contentType),
    ),
    operation(
      {
        method: 'get',
        path: '/problems/:code',
        id: 'readProblem',
        tag: 'Service',
        summary: 'What a code means and what to do about it',
        access: 'public',
        input: { params: z.object({ code: z.string() }) },
        answers: {
          200: {
            description: 'Its meaning',
            schema: z.object({
              type: z.string(),
              code: z.string(),
              status: z.int(),
              title: TitleSchema,
              action: TitleSchema,
            }),
          },
        },
        problems: ['ROUTE_UNKNOWN'],
      },
      ({ params, res }) => {
        if (!Object.hasOwn(PROBLEM_TEXTS, params.code)) throw new ApiError({ code: 'ROUTE_UNKNOWN' });
        answerJson(res, 200, meaning(params.code as ProblemCode));
      },
    ),
    operation(
      {
        method: 'get',
        path: '/problems',
        id: 'listProblems',
        tag: 'Service',
        summary: 'Every code, what it means and what to do about it',
        access: 'public',
        answers: {
          200: {
            description: 'All of them',
            schema: z.object({ problems: z.array(z.looseObject({ code: z.string() })) }),
          },
        },
      },
      ({ res }) => answerJson(res, 200, { problems: (Object.keys(PROBLEM_TEXTS) as ProblemCode[]).map(meaning) }),
    ),
  ];
}

function meaning(code: ProblemCode) {
  return { type: `/problems/${code}`, code, status: PROBLEM_STATUS[code], ...PROBLEM_TEXTS[code] };
}

async function readiness({ events, readModels, clock, readyLag }: ServiceDeps): Promise<CheckResult[]> {
  const checks = await storeChecks(events, clock);
  if (!readModels) return checks;
  try {
    for (const { name, lag, halted, failed } of await readModels.projections.status()) {
      const problem: ProblemCode | undefined = halted
        ? 'PROJECTION_HALTED'
        : (failed ?? (lag > readyLag ? 'PROJECTION_BEHIND' : undefined));
      checks.push({ name: `projection:${name}`, ok: problem === undefined, behind: lag, ...(problem && { problem }) });
    }
  } catch (error) {
    checks.push({ name: 'read-store', ok: false, problem: failureOf(error).code });
  }
  return checks;
}

async function storeChecks(events: ServiceDeps['events'], clock: Clock): Promise<CheckResult[]> {
  try {
    const head = await events.head();
    const [last] = head === undefined ? [] : await events.readAll({ after: head - 1n, limit: 1 });
    const behind = last ? Date.parse(last.metadata.recordedAt) - clock.now().getTime() : 0;
    const clockCheck: CheckResult =
      behind > CLOCK_BEHIND_MS
        ? { name: 'clock', ok: false, problem: `${behind} ms behind the last event recorded` }
        : { name: 'clock', ok: true };
    return [{ name: 'store', ok: true }, clockCheck];
  } catch (error) {
    return [{ name: 'store', ok: false, problem: failureOf(error).code }];
  }
}
