import type { ReactionOutcomeQueries } from '../projections/reaction-outcomes.js';
import type { Projections } from '../projections/start-projections.js';
import type { SubjectCaseQuery } from '../projections/subject-cases.js';

/** The read models as the API asks them. */
export type ReadModels = {
  readonly projections: Pick<Projections, 'queries' | 'status'>;
  readonly casesOfSubject: SubjectCaseQuery;
  readonly reactionOutcomes?: ReactionOutcomeQueries;
};
