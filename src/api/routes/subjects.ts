import { z } from 'zod';
import { type Actor, reachOf } from '../../domain/access.js';
import { isCaseError } from '../../domain/case-error.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import type { CaseRef } from '../../engine/case-reading.js';
import type { EventStore } from '../../event-store/event-store.js';
import type { SubjectCaseQuery } from '../../projections/subject-cases.js';
import { answerJson } from '../answer.js';
import type { CaseLedger } from '../case-ledger.js';
import { type Operation, operation } from '../operation.js';

const CaseRefSchema = z.object({ workflow: z.string(), caseId: z.string() });

/** The most cases of one subject that a find lists. */
const MAX_CASES = 200;

export type SubjectDeps = {
  readonly ledger: CaseLedger;
  readonly registry: WorkflowRegistry;
  readonly events: Pick<EventStore, 'head'>;
  readonly casesOfSubject: SubjectCaseQuery;
  /** Roles that may look for a person. */
  readonly finders: readonly string[];
};

/** Data subjects: found by an identifying value, and forgotten. */
export function subjectRoutes({
  ledger,
  registry,
  events,
  casesOfSubject,
  finders,
}: SubjectDeps): readonly Operation[] {
  const forgetting = operation(
    {
      method: 'delete',
      path: '/subjects/:subject',
      id: 'forgetSubject',
      tag: 'Data subjects',
      summary: 'Erase the personal data of a data subject, for good',
      description:
        'Its key is destroyed; its fields read as erased in every copy. Who did it and why is recorded. Asking again changes nothing.',
      access: { roles: ['administrator'] },
      input: {
        params: z.object({ subject: z.string().min(1).max(100) }),
        body: z.strictObject({ reason: z.string().min(1).max(2_000) }).meta({ id: 'ErasureBody' }),
      },
      answers: {
        200: {
          description: 'It is erased',
          schema: z.object({
            subject: z.string(),
            erased: z.boolean().meta({ description: 'Whether it was this request that erased it' }),
            cases: z.array(CaseRefSchema),
          }),
        },
      },
      problems: [
        'SUBJECT_NOT_FOUND',
        'ERASURE_REFUSED',
        'PROJECTION_BEHIND',
        'PROJECTION_HALTED',
        'KEY_STORE_UNREADABLE',
        'STORE_FULL',
      ],
    },
    async ({ params, body, actor, res }) => {
      const { subject } = params;
      // A case not yet in the read model would lose its data before its archive term is over.
      const cases = await casesOfSubject(subject, { minPosition: await events.head() });
      answerJson(res, 200, await ledger.forget({ subject, actor: actor.id, reason: body.reason }, cases));
    },
  );

  const finding = operation(
    {
      method: 'post',
      path: '/subjects/find',
      id: 'findSubject',
      tag: 'Data subjects',
      summary: 'Find a person or enterprise by an identifying value',
      description:
        'Through a keyed index that holds no value in plain text. Only subjects with a case within reach are found. A find is recorded with its purpose; the value is not.',
      access: { roles: finders },
      input: {
        body: z
          .strictObject({
            field: z
              .string()
              .min(1)
              .max(100)
              .meta({ description: 'Name of the identifying field', example: 'idNumber' }),
            value: z.string().min(1).max(200),
            purpose: z.string().min(1).max(200),
          })
          .meta({ id: 'FindBody' }),
      },
      answers: {
        200: {
          description: 'The subject and its cases within reach, or nobody',
          schema: z.object({ subjects: z.array(z.object({ subject: z.string(), cases: z.array(CaseRefSchema) })) }),
        },
      },
      problems: ['KEY_STORE_UNREADABLE', 'PROJECTION_HALTED', 'PROJECTION_BEHIND'],
    },
    async ({ body, actor, res }) => {
      const subject = await ledger.findSubject({ ...body, actor });
      if (subject === undefined) return answerJson(res, 200, { subjects: [] });
      const reach = reachOf(actor, registry.role);
      const held = await casesOfSubject(subject, { minPosition: undefined });
      const reached = await Promise.all(held.slice(0, MAX_CASES).map((ref) => reaches(ref, actor)));
      const cases = held.filter((_, index) => reached[index]);
      const shown = cases.length > 0 || reach.some(({ scope }) => scope === 'ledger');
      answerJson(res, 200, { subjects: shown ? [{ subject, cases }] : [] });
    },
  );
  async function reaches(ref: CaseRef, reader: Actor): Promise<boolean> {
    try {
      await ledger.load(ref, { reader });
      return true;
    } catch (error) {
      if (isCaseError(error, 'CASE_NOT_FOUND')) return false;
      throw error;
    }
  }
  return [finding, forgetting];
}
