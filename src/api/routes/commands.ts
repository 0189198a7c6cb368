import { z } from 'zod';
import type { Actor } from '../../domain/access.js';
import { readInput } from '../../domain/input-issues.js';
import type { Receipt } from '../../engine/command.js';
import { answerJson } from '../answer.js';
import { BatchAnswerSchema } from '../answer-schemas.js';
import { ApiError } from '../api-failure.js';
import type { CommandDesk } from '../command-desk.js';
import { BatchCommand, eventsOf, frameOf, MAX_COMMANDS_PER_BATCH } from '../command-schemas.js';
import { type Operation, operation } from '../operation.js';
import { failureOf, problemOf } from '../problem.js';

/** Commands in one request, each answered on its own; they share the way to the disk. */
export function commandRoutes({
  desk,
  bodyLimit,
  onInternal,
}: {
  readonly desk: CommandDesk;
  readonly bodyLimit: number;
  readonly onInternal: (error: unknown) => void;
}): readonly Operation[] {
  return [
    operation(
      {
        method: 'post',
        path: '/commands',
        id: 'sendCommands',
        tag: 'Cases',
        summary: `Send up to ${MAX_COMMANDS_PER_BATCH} commands at once, each answered on its own`,
        description:
          'Commands on one case are taken in their order; a refused one does not keep the others back. Each has its own status, as it would have had alone.',
        access: 'token',
        bodyLimit,
        input: {
          body: z
            .array(z.unknown())
            .min(1)
            .max(MAX_COMMANDS_PER_BATCH)
            .meta({ override: { items: { $ref: '#/components/schemas/BatchCommand' } } }),
        },
        answers: { 200: { description: 'An answer per command, in their order', schema: BatchAnswerSchema } },
      },
      async ({ body, actor, context, res }) => {
        const answers = await Promise.all(
          body.map(async (item) => {
            try {
              const receipt = await perform(desk, item, actor, context.trace);
              return { status: receipt.repeated ? 200 : 201, receipt };
            } catch (error) {
              const failure = failureOf(error);
              if (failure.code === 'INTERNAL') onInternal(error);
              const problem = problemOf(failure);
              return { status: problem.status, problem };
            }
          }),
        );
        answerJson(res, 200, answers);
      },
    ),
  ];
}

/** Reaches the ledger before it waits for anything, so that commands on one case keep their order. */
function perform(desk: CommandDesk, item: unknown, actor: Actor, trace: string | undefined): Promise<Receipt> {
  const read = readInput(BatchCommand, item);
  if (read.issues) throw new ApiError({ code: 'REQUEST_INVALID', issues: read.issues });
  const command = read.data;
  const { workflow, commandId } = command;
  const base = {
    workflow,
    commandId,
    actor,
    events: eventsOf(command),
    ...frameOf(command),
    ...(trace !== undefined && { trace }),
  };
  if (command.command === 'open') {
    const { caseId, version } = command;
    return desk.open({ ...base, ...(caseId !== undefined && { caseId }), ...(version !== undefined && { version }) });
  }
  const { caseId, expectedRevision } = command;
  return desk.send({ ...base, caseId, ...(expectedRevision !== undefined && { expectedRevision }) });
}
