import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import type { CsvOptions } from '../../import/csv-reader.js';
import type { LogSummary } from '../../import/import-log.js';
import type { LogTrace } from '../../import/log-trace.js';
import {
  type ActorFlags,
  actorOf,
  delimiter,
  type LedgerFlags,
  timeZone,
  withActor,
  withLedger,
} from '../command-options.js';
import { progress } from '../progress.js';
import { type Session, withOpenLedger } from '../session.js';
import { output, table } from '../terminal.js';

type ImportFlags = LedgerFlags &
  ActorFlags & {
    readonly map?: string;
    readonly delimiter?: string;
    readonly encoding?: string;
    readonly timeZone?: string;
    readonly caseColumn?: string;
    readonly activityColumn?: string;
    readonly timestampColumn?: string;
    readonly resourceColumn?: string;
  };

/** `caseledger import log.xes.gz --map map.json`: brings a foreign event log into the ledger. */
export function importCommand(program: Command, session: Session): void {
  withActor(
    withLedger(
      program
        .command('import <log>')
        .description('bring an event log (XES or CSV, plain or gzip) into the ledger; importing it again adds nothing'),
    ),
  )
    .option(
      '--map <file>',
      "how the log's activities are told in a workflow's events (JSON); it may name a workflow module, which is run as code",
    )
    .option('--delimiter <character>', 'what parts the columns of a CSV log; a comma unless given', delimiter)
    .option('--encoding <name>', 'encoding of a CSV log, such as gb18030; UTF-8 unless given')
    .option(
      '--time-zone <name>',
      'whose clocks a CSV timestamp without an offset is read on; UTC unless given',
      timeZone,
    )
    .option('--case-column <name>', 'column that names the case')
    .option('--activity-column <name>', 'column that names the activity')
    .option('--timestamp-column <name>', 'column that says when')
    .option('--resource-column <name>', 'column that says who')
    .action(async (log: string, flags: ImportFlags) => {
      const out = output(session.terminal, flags);
      const [{ importLog }, { checkLogMap, loadLogMap }, { readLog }, { calendarInForce }] = await Promise.all([
        import('../../import/import-log.js'),
        import('../../import/log-map.js'),
        import('../../import/log-reader.js'),
        import('../../domain/working-calendar.js'),
      ]);
      const loaded = flags.map === undefined ? undefined : await loadLogMap(flags.map);
      const brought = loaded?.workflow === undefined ? [] : [loaded.workflow];
      const traces = readLog(log, csvOptions(flags));
      let first: IteratorResult<LogTrace> | undefined;
      const before = async (registry: WorkflowRegistry): Promise<void> => {
        if (loaded) checkLogMap(loaded.map, registry.current(loaded.map.workflow), flags.map!);
        first = await traces.next();
      };
      await withOpenLedger(session, flags, { create: true, brought, before }, async (ledger) => {
        const actor = actorOf(flags, session.config);
        const bar = progress(session.terminal, 'events imported', undefined);
        const summary = await importLog({
          engine: ledger,
          registry: ledger.registry,
          reader: resumed(first, traces),
          actor: { ...actor, roles: [...actor.roles, 'importer'] },
          calendar: calendarInForce(await ledger.currentCalendar(), session.clock.now().toISOString()),
          onProgress: ({ events }) => bar.update(events),
          ...(loaded && { map: loaded.map, mapPath: flags.map! }),
        }).finally(bar.stop);
        out.result(summary, () => summaryLines(summary));
        const module = loaded?.map.workflowModule;
        if (module !== undefined)
          out.note(`other commands on these cases want --workflows ${join(dirname(flags.map!), module)}`);
      });
    });
}

async function* resumed(
  first: IteratorResult<LogTrace> | undefined,
  rest: AsyncGenerator<LogTrace>,
): AsyncGenerator<LogTrace> {
  try {
    if (first?.done) return;
    if (first) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

function csvOptions(flags: ImportFlags): CsvOptions {
  const { encoding, caseColumn, activityColumn, timestampColumn, resourceColumn } = flags;
  return {
    ...(flags.delimiter !== undefined && { delimiter: flags.delimiter }),
    ...(encoding !== undefined && { encoding }),
    ...(flags.timeZone !== undefined && { timeZone: flags.timeZone }),
    columns: {
      ...(caseColumn !== undefined && { case: caseColumn }),
      ...(activityColumn !== undefined && { activity: activityColumn }),
      ...(timestampColumn !== undefined && { timestamp: timestampColumn }),
      ...(resourceColumn !== undefined && { resource: resourceColumn }),
    },
  };
}

function summaryLines({
  workflow,
  cases,
  events,
  added,
  withoutEvents,
  deviations,
  late,
  open,
}: LogSummary): readonly string[] {
  const counts = [
    ['cases', String(cases), `${added.cases} new`],
    ['events', String(events), `${added.events} new`],
    ['cases without events', String(withoutEvents)],
    ['steps the rules would have refused', String(deviations.count)],
    ...Object.entries(deviations.byActivity).map(([activity, count]) => [`  ${activity}`, String(count)]),
    ...Object.entries(late ?? {}).map(([deadline, count]) => [`cases late by "${deadline}"`, String(count)]),
    ...(open === undefined ? [] : [['cases with a deadline still running', String(open)]]),
  ];
  return [`imported into ${workflow}`, ...table(counts.map((row) => ['', ...row]))];
}
