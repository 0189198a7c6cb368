import { z } from 'zod';
import { explanationText } from '../../domain/explanation-text.js';
import { answerJson, answerText } from '../answer.js';
import { DeadlinesSchema, ExplanationSchema } from '../answer-schemas.js';
import { AsOfQuery, asOfOf } from '../as-of-query.js';
import type { CaseLedger } from '../case-ledger.js';
import { Language, languageOf } from '../language.js';
import { type Operation, operation } from '../operation.js';
import { CaseParams } from './cases.js';

/** A case's deadlines, and why each is due when it is. */
export function deadlineRoutes({ ledger }: { readonly ledger: CaseLedger }): readonly Operation[] {
  return [
    operation(
      {
        method: 'get',
        path: '/cases/:workflow/:caseId/deadlines',
        id: 'readDeadlines',
        tag: 'Deadlines',
        summary: "A case's deadlines, earliest due first",
        description: 'At an instant, they stand as they stood then, under the calendar known then.',
        access: 'token',
        input: { params: CaseParams, query: AsOfQuery },
        answers: { 200: { description: 'Its deadlines', schema: DeadlinesSchema } },
        problems: ['WORKFLOW_UNKNOWN', 'CASE_NOT_FOUND', 'CASE_ID_INVALID', 'REPLAY_DIVERGED'],
      },
      async ({ params, query, actor, res }) => {
        await ledger.load(params, { reader: actor });
        answerJson(res, 200, { deadlines: await ledger.deadlines(params, asOfOf(query)) });
      },
    ),
    operation(
      {
        method: 'get',
        path: '/cases/:workflow/:caseId/deadlines/:name/explanation',
        id: 'explainDeadline',
        tag: 'Deadlines',
        summary: 'How one due date came about, day by day, with the notices that decided it',
        access: 'token',
        input: {
          params: CaseParams.extend({ name: z.string() }),
          query: AsOfQuery.extend({
            language: Language.optional().meta({ description: '`Accept-Language` decides unless given' }),
          }),
        },
        answers: {
          200: {
            description: 'The calculation as data and as text (`text/plain`: the text alone)',
            schema: ExplanationSchema,
            otherTypes: ['text/plain'],
          },
        },
        problems: ['WORKFLOW_UNKNOWN', 'CASE_NOT_FOUND', 'CASE_ID_INVALID', 'DEADLINE_UNKNOWN', 'REPLAY_DIVERGED'],
      },
      async ({ params: { name, ...ref }, query, actor, req, res }) => {
        await ledger.load(ref, { reader: actor });
        const explanation = await ledger.explain(ref, name, asOfOf(query));
        const language = languageOf(req, query.language);
        const text = explanationText(explanation, language);
        res.setHeader('Content-Language', language);
        res.setHeader('Vary', 'Accept, Accept-Language, Authorization');
        if (req.accepts(['application/json', 'text/plain']) === 'text/plain')
          answerText(res, 200, `${text}\n`, 'text/plain; charset=utf-8');
        else answerJson(res, 200, { language, text, explanation });
      },
    ),
  ];
}
