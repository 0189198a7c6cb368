import type { Command } from 'commander';
import { z } from 'zod';
import { CaseError } from '../../domain/case-error.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import type { CommandEvent, Receipt } from '../../engine/command.js';
import { CliError } from '../cli-error.js';
import {
  type ActorFlags,
  actorOf,
  instant,
  type LedgerFlags,
  wholeNumber,
  withActor,
  withLedger,
} from '../command-options.js';
import { jsonArgument } from '../event-input.js';
import { EXIT } from '../exit-code.js';
import { type Session, withOpenLedger } from '../session.js';
import { type Output, output } from '../terminal.js';

type CommandFlags = LedgerFlags &
  ActorFlags & {
    readonly data?: string;
    readonly events?: string;
    readonly commandId?: string;
    readonly reason?: string;
    readonly occurredAt?: string;
    readonly correlation?: string;
  };

type OpenFlags = CommandFlags & { readonly case?: string; readonly version?: number };
type SendFlags = CommandFlags & { readonly expectedRevision?: number };

/** `caseledger open application application.received --data @form.json`: opens a case with its first event. */
export function openCommand(program: Command, session: Session): void {
  withCommand(program.command('open <workflow> [event]').description('open a case with its first event'))
    .option('--case <id>', 'its case id; derived from the command id unless given')
    .option('--version <number>', 'version of the workflow; the newest unless given', wholeNumber(1, 1_000_000))
    .action(async (workflow: string, event: string | undefined, flags: OpenFlags) => {
      const events = await eventsOf(event, flags, session);
      const before = (registry: WorkflowRegistry): void => assertEventsOf(registry, workflow, events, flags);
      const receipt = await withOpenLedger(session, flags, { create: true, before }, (ledger) =>
        ledger.open({
          ...envelope(workflow, events, flags, session),
          ...(flags.case !== undefined && { caseId: flags.case }),
          ...(flags.version !== undefined && { version: flags.version }),
        }),
      );
      tell(output(session.terminal, flags), receipt);
    });
}

/** `caseledger send application 2026-0417 application.accepted --role clerk`: an event that happened to a case. */
export function sendCommand(program: Command, session: Session): void {
  withCommand(program.command('send <workflow> <case-id> [event]').description('send an event to an open case'))
    .option(
      '--expected-revision <number>',
      'refuse when the case has gone on since this revision',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .action(async (workflow: string, caseId: string, event: string | undefined, flags: SendFlags) => {
      const events = await eventsOf(event, flags, session);
      const receipt = await withOpenLedger(session, flags, { create: false }, (ledger) =>
        ledger.send({
          ...envelope(workflow, events, flags, session),
          caseId,
          ...(flags.expectedRevision !== undefined && { expectedRevision: flags.expectedRevision }),
        }),
      );
      tell(output(session.terminal, flags), receipt);
    });
}

function withCommand(command: Command): Command {
  return withActor(withLedger(command))
    .option('--data <json>', "the event's data: JSON, @file, or - for standard input")
    .option(
      '--events <json>',
      'several events in place of one: a JSON array of { type, data, occurredAt }, @file, or -',
    )
    .option('--command-id <id>', 'names the command, so that sending it again changes nothing; a new one unless given')
    .option('--reason <text>', 'why')
    .option('--occurred-at <instant>', 'when it happened, where the workflow lets the role look back', instant)
    .option('--correlation <id>', 'the story it belongs to');
}

const Events = z
  .array(z.strictObject({ type: z.string(), data: z.unknown().optional(), occurredAt: z.string().optional() }))
  .min(1);

async function eventsOf(
  type: string | undefined,
  flags: CommandFlags,
  { terminal }: Session,
): Promise<readonly CommandEvent[]> {
  const { data, events, occurredAt } = flags;
  if ((type === undefined) === (events === undefined))
    throw new CliError(EXIT.usage, 'name one event, or give several with --events');
  if (type !== undefined) {
    const value = data === undefined ? {} : await jsonArgument('--data', data, terminal.stdin);
    return [{ type, data: value, ...(occurredAt !== undefined && { occurredAt }) }];
  }
  if (data !== undefined || occurredAt !== undefined)
    throw new CliError(EXIT.usage, '--events brings data and occurredAt with each event');
  const parsed = Events.safeParse(await jsonArgument('--events', events!, terminal.stdin));
  if (!parsed.success)
    throw new CliError(
      EXIT.usage,
      `--events: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}`,
    );
  return parsed.data.map(({ type: one, data: value = {}, occurredAt: at }) => ({
    type: one,
    data: value,
    ...(at !== undefined && { occurredAt: at }),
  }));
}

function assertEventsOf(
  registry: WorkflowRegistry,
  name: string,
  events: readonly CommandEvent[],
  { version }: OpenFlags,
): void {
  const workflow = version === undefined ? registry.current(name) : registry.get(name, version);
  for (const { type } of events) {
    if (!Object.hasOwn(workflow.events, type))
      throw new CaseError({ code: 'EVENT_UNKNOWN', event: type, workflow: name, known: Object.keys(workflow.events) });
  }
}

function envelope(workflow: string, events: readonly CommandEvent[], flags: CommandFlags, { config, ids }: Session) {
  return {
    workflow,
    events,
    commandId: flags.commandId ?? ids.next(),
    actor: actorOf(flags, config),
    ...(flags.reason !== undefined && { reason: flags.reason }),
    ...(flags.correlation !== undefined && { correlation: flags.correlation }),
  };
}

function tell(out: Output, receipt: Receipt): void {
  out.result(receipt, () => {
    const { workflow, caseId, state, revision, repeated, position } = receipt;
    return [
      `${workflow} ${caseId}  ${state}  revision ${revision}${repeated ? '  (repeated)' : ''}`,
      `position ${position}`,
    ];
  });
}
