import type { CalendarNotice } from '../domain/calendar-notice.js';
import type { RecordedEvent } from '../domain/event.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { CalendarDefinition } from '../domain/working-calendar.js';
import { caseList } from './case-list.js';
import { type CaseQueries, caseQueries } from './case-queries.js';
import { dueCases } from './due-cases.js';
import type { Projection } from './projection.js';
import { type ProjectionRunner, type RunnerDeps, startRunner } from './runner.js';
import { timeline } from './timeline.js';

export type ProjectionsOptions = Omit<RunnerDeps, 'projections'> & {
  readonly registry: WorkflowRegistry;
  readonly calendar: CalendarDefinition;
  /** The notice an event records, for ledgers that record them on their `calendar-<id>` stream. */
  readonly noticeOf?: (event: RecordedEvent) => CalendarNotice | undefined;
  /** Read models of one's own, beside the ledger's. */
  readonly others?: readonly Projection[];
};

export type Projections = ProjectionRunner & { readonly queries: CaseQueries };

/** Starts the ledger's read models (cases and their counts, timeline, due cases), which then follow the log until stopped. */
export async function startProjections({
  registry,
  calendar,
  noticeOf,
  others = [],
  ...deps
}: ProjectionsOptions): Promise<Projections> {
  const projections = [
    caseList(registry),
    timeline(registry),
    dueCases({ registry, calendar, ...(noticeOf !== undefined && { noticeOf }) }),
    ...others,
  ];
  const runner = await startRunner({ ...deps, projections });
  return { ...runner, queries: caseQueries({ readStore: deps.readStore, projections: runner, calendar }) };
}
