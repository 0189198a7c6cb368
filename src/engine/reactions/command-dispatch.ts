import { CaseError, type FailureCode, isCaseError } from '../../domain/case-error.js';
import type { RecordedEvent } from '../../domain/event.js';
import type { Reaction } from '../../domain/reaction.js';
import type { CaseEngine } from '../case-engine.js';
import type { CausedCommand } from './caused-command.js';
import type { FinalOutcome, OutcomeSubject, ReactionOutcomes } from './reaction-outcomes.js';

/**
 * The failures by which a case says no to a command as it is. Everything else (a store that fails, a look-up that is
 * not there, a command that no case could take) is a fault, which is tried again and then parked.
 */
const REFUSALS: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'CASE_NOT_FOUND',
  'CASE_EXISTS',
  'EVENT_NOT_ALLOWED',
  'GUARD_DENIED',
  'SAME_PERSON',
  'SUBJECT_ERASED',
]);

/** How often a sending that met the opening of the same command is tried again at once. */
const MAX_ATTEMPTS = 10;

export type DispatchOutcome = 'accepted' | FinalOutcome;

/** Where the commands of reactions go: the engine, in this thread or another. */
export type CommandTaker = Pick<CaseEngine, 'open' | 'send'>;

/**
 * Brings commands to their targets, each to one outcome however often it is brought: a final outcome on record is
 * looked for first, the engine knows a command it has taken, and a no is on record before this resolves.
 */
export function commandDispatch(deps: { readonly engine: CommandTaker; readonly outcomes: ReactionOutcomes }) {
  const { engine, outcomes } = deps;

  /** @throws whatever kept the target from answering */
  return async function dispatch(
    reaction: Reaction,
    cause: RecordedEvent,
    caused: CausedCommand,
  ): Promise<DispatchOutcome> {
    const before = await outcomes.final(caused.id);
    if (before) return before;
    try {
      await take(caused);
      return 'accepted';
    } catch (error) {
      // Taken under its id before, when an earlier version of the reaction worded it otherwise: what was done stays done.
      if (isCaseError(error, 'COMMAND_ID_REUSED')) return 'accepted';
      const exists = isCaseError(error, 'CASE_EXISTS') && caused.mode !== 'open';
      if (exists || !(error instanceof CaseError) || !REFUSALS.has(error.failure.code)) throw error;
      await outcomes.refused(reaction, subjectOf(cause, caused), error);
      return 'refused';
    }
  };

  async function take({ mode, command }: CausedCommand): Promise<void> {
    if (mode !== 'send') {
      try {
        await engine.open(command);
        return;
      } catch (error) {
        if (mode === 'open' || !isCaseError(error, 'CASE_EXISTS')) throw error;
      }
    }
    // The same command to the engine: whichever way it was taken, the case knows its id and its fingerprint.
    for (let attempt = 1; ; attempt += 1) {
      try {
        await engine.send(command);
        return;
      } catch (error) {
        // Another worker's opening of the same command was still under way, and its answer was given to this sending, too.
        if (!isCaseError(error, 'CASE_EXISTS') || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }
}

/** What the outcome of a command is about. */
export function subjectOf(cause: RecordedEvent, { id, target, command }: CausedCommand): OutcomeSubject {
  const { workflow, caseId, events } = command;
  return { id, cause, target: { stream: target, workflow, caseId }, events: events.map(({ type }) => type) };
}
