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
  /** The calendar as shipped; the notices recorded for it are read from the log. */
  readonly calendar: CalendarDefinition;
  /** Read models of one's own, beside the ledger's. */
  readonly others?: readonly Projection[];
};

export type Projections = ProjectionRunner & { readonly queries: CaseQueries };

/** Starts the ledger's read models (cases and their counts, timeline, due cases), which then follow the log until stopped. */
export async function startProjections({
  registry,
  calendar,
  others = [],
  ...deps
}: ProjectionsOptions): Promise<Projections> {
  const projections = [caseList(registry), timeline(registry), dueCases({ registry, calendar }), ...others];
  const runner = await startRunner({ ...deps, projections });
  return { ...runner, queries: caseQueries({ readStore: deps.readStore, projections: runner, calendar }) };
}
