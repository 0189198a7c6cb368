import type { CaseQueries } from '../projections/case-queries.js';
import type { ProjectionStatus } from '../projections/runner.js';

/** The read models as the API asks them. */
export type ReadModels = {
  readonly queries: CaseQueries;
  status(): Promise<readonly Pick<ProjectionStatus, 'name' | 'lag' | 'halted'>[]>;
};
