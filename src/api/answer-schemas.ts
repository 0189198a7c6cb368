import { z } from 'zod';
import { PROBLEM_CODES } from './problem.js';

export const TitleSchema = z
  .object({ en: z.string(), zh: z.string() })
  .meta({ id: 'Title', description: 'What a person reads, in English and Chinese (中文)' });

const Json = z.record(z.string(), z.unknown());

export const ReceiptSchema = z
  .object({
    workflow: z.string(),
    version: z.int(),
    caseId: z.string(),
    stream: z.string(),
    revision: z.int().meta({ description: "Revision of the command's last event" }),
    state: z.string(),
    position: z
      .string()
      .meta({ description: 'Token for `min-position`: a read model that has reached it shows the command' }),
    events: z.array(z.object({ id: z.string(), type: z.string(), revision: z.int() })),
    repeated: z.boolean().meta({ description: 'Whether the command had been accepted before' }),
  })
  .meta({ id: 'Receipt', description: 'What a command led to' });

export const ProblemSchema = z
  .looseObject({
    type: z.string().meta({ description: 'Address of what the code means', example: '/problems/CASE_NOT_FOUND' }),
    code: z.enum(PROBLEM_CODES as [string, ...string[]]),
    status: z.int(),
    title: z.string(),
    titleZh: z.string(),
    detail: z.string().optional(),
    request: z.string().optional().meta({ description: 'Id of the request in the server log' }),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457). Beside these members stand the details of its code' });

export const BatchAnswerSchema = z
  .array(
    z.union([
      z.object({ status: z.int(), receipt: ReceiptSchema }),
      z.object({ status: z.int(), problem: ProblemSchema }),
    ]),
  )
  .meta({ id: 'BatchAnswer', description: 'One answer per command, in their order' });

const Labels = z.object({
  region: z.string().optional(),
  department: z.string().optional(),
  channel: z.string().optional(),
  item: z.object({ id: z.string(), version: z.int() }).optional(),
  applicant: z.string().optional(),
  owner: z.string().optional(),
});

export const CaseSchema = z
  .object({
    workflow: z.string(),
    version: z.int(),
    caseId: z.string(),
    stream: z.string(),
    revision: z.int(),
    state: z.string(),
    status: z.enum(['open', 'closed']),
    labels: Labels,
    context: z.unknown(),
    openedAt: z.string(),
    recordedAt: z.string(),
  })
  .meta({ id: 'Case', description: 'A case as it is or was; holds no personal data' });

export const HistorySchema = z
  .object({
    events: z.array(
      z.object({
        id: z.string(),
        stream: z.string(),
        revision: z.int(),
        type: z.string(),
        data: Json.meta({
          description: 'Personal fields are revealed, `{ "withheld": true }` or `{ "erased": true }`',
        }),
        metadata: Json,
        position: z.string(),
      }),
    ),
  })
  .meta({ id: 'History' });

export const NextSchema = z
  .object({
    events: z.array(
      z.object({
        type: z.string(),
        title: TitleSchema,
        roles: z.array(z.string()),
        permitted: z.boolean(),
        refusal: Json.optional(),
        blockedBy: z.array(z.object({ guard: z.string(), title: TitleSchema })).optional(),
        reasonRequired: z.boolean(),
        schema: Json,
      }),
    ),
  })
  .meta({ id: 'Next', description: 'What may follow, and what of it the asker may send' });

const Due = z.looseObject({ dueOn: z.string(), dueAt: z.string(), provisional: z.boolean(), held: z.boolean() });

export const DeadlinesSchema = z
  .object({
    deadlines: z.array(
      z.object({
        name: z.string(),
        title: TitleSchema,
        kind: z.enum(['atMost', 'atLeast', 'window', 'before']),
        limit: z.enum(['statutory', 'promised', 'internal']),
        source: z.string(),
        status: z.string(),
        generation: z.int(),
        due: Due,
        overdue: z.boolean(),
        metAt: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Deadlines' });

export const ExplanationSchema = z
  .object({
    language: z.enum(['en', 'zh']),
    text: z.string().meta({ description: 'A line a step, for a person' }),
    explanation: z.looseObject({
      deadline: z.string(),
      title: TitleSchema,
      steps: z.array(Json),
      notices: z.array(Json),
      due: Due,
    }),
  })
  .meta({ id: 'Explanation', description: 'How one due date came about' });
