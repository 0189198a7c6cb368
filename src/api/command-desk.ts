import { type Actor, heldRoles } from '../domain/access.js';
import { CaseError, type FailureCode, isCaseError } from '../domain/case-error.js';
import { eventDefinition } from '../domain/decide.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { OpenCommand, Receipt, SendCommand } from '../engine/command.js';
import type { CaseLedger } from './case-ledger.js';
import type { ApiMetrics } from './metrics.js';
import { failureOf } from './problem.js';

/** Refusals that say nothing about a case: they are the same whether it exists or not. */
const TELL_NOTHING: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'WORKFLOW_UNKNOWN',
  'CASE_NOT_FOUND',
  'CASE_ID_INVALID',
  'COMMAND_INVALID',
  'OVERLOADED',
  'STORE_FULL',
  'STORE_UNAVAILABLE',
  'STORE_OUTCOME_UNKNOWN',
  'STORE_CLOSED',
  'KEY_STORE_UNREADABLE',
]);

/** Takes commands to the engine, counts them, and keeps a refusal from telling about a case its sender does not reach. */
export type CommandDesk = Pick<CaseLedger, 'open' | 'send' | 'migrate'>;

export function commandDesk({
  ledger,
  registry,
  metrics,
}: {
  readonly ledger: CaseLedger;
  readonly registry: WorkflowRegistry;
  readonly metrics: ApiMetrics;
}): CommandDesk {
  const names = new Set(registry.names());

  async function counted(workflow: string, work: Promise<Receipt>): Promise<Receipt> {
    const startedAt = performance.now();
    const label = names.has(workflow) ? workflow : 'unknown';
    try {
      const receipt = await work;
      metrics.command(label, receipt.repeated ? 'repeated' : 'accepted', performance.now() - startedAt);
      return receipt;
    } catch (error) {
      metrics.command(label, failureOf(error).code, performance.now() - startedAt);
      throw error;
    }
  }

  async function masked(
    command: Pick<SendCommand, 'workflow' | 'caseId' | 'actor'>,
    work: Promise<Receipt>,
  ): Promise<Receipt> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof CaseError && !TELL_NOTHING.has(error.failure.code))
        await assertReached(command, command.actor);
      throw error;
    }
  }

  /**
   * Whoever could not open the case anyway gets the refusal it would get were there none. Whoever could is told that the
   * id is taken, and of a case beyond its reach nothing else.
   */
  async function maskedOpening(command: OpenCommand, work: Promise<Receipt>): Promise<Receipt> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof CaseError) || TELL_NOTHING.has(error.failure.code)) throw error;
      assertMayOpen(command);
      const { workflow, caseId, actor } = command;
      if (caseId !== undefined && isCaseError(error, 'COMMAND_ID_REUSED')) {
        await assertReached({ workflow, caseId }, actor).catch(() => {
          throw new CaseError({ code: 'CASE_EXISTS', workflow, caseId });
        });
      }
      throw error;
    }
  }

  /** In the engine's own order, so that the answer is the engine's own. */
  function assertMayOpen({ workflow, version, events, actor }: OpenCommand): void {
    const definition = version === undefined ? registry.current(workflow) : registry.get(workflow, version);
    const { type } = events[0]!;
    eventDefinition(definition, type);
    heldRoles(definition, type, actor);
  }

  async function assertReached(
    { workflow, caseId }: { readonly workflow: string; readonly caseId: string },
    reader: Actor,
  ): Promise<void> {
    try {
      await ledger.load({ workflow, caseId }, { reader });
    } catch (error) {
      // Whatever else keeps the case from being read, the first refusal says more.
      if (error instanceof CaseError && error.failure.code === 'CASE_NOT_FOUND') throw error;
    }
  }

  return {
    open: (command: OpenCommand) => counted(command.workflow, maskedOpening(command, ledger.open(command))),
    send: (command) => counted(command.workflow, masked(command, ledger.send(command))),
    migrate: (command) => counted(command.workflow, masked(command, ledger.migrate(command))),
  };
}
