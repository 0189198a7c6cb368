import type { Clock } from './engine/clock.js';
import { type ReactionRunner, startReactions } from './engine/reactions/reaction-runner.js';
import { systemWait } from './engine/waiting.js';
import type { Ledger } from './ledger.js';
import {
  type ReactionOutcomeQueries,
  reactionOutcomeList,
  reactionOutcomeQueries,
} from './projections/reaction-outcomes.js';
import { type RungHints, rungHints } from './projections/rung-hints.js';
import { type Projections, startProjections } from './projections/start-projections.js';
import { type SubjectCaseQuery, subjectCaseQuery, subjectCases } from './projections/subject-cases.js';
import { sqliteReadStore } from './read-store/sqlite/sqlite-read-store.js';
import { startScreeningClock } from './screening/screening-clock.js';

export type ReadModelOptions = {
  /** The read models' file; undefined keeps them in memory. */
  readonly views: string | undefined;
  readonly clock: Clock;
  /**
   * Whether what goes on by itself is carried out here: the ledger's reactions, and the day's screenings where it has
   * that workflow. Otherwise reactions are only looked at. Any number of processes may carry them out.
   */
  readonly react?: boolean;
  /** Told of a fault, with the read model or the reaction that met it. */
  readonly onFailure?: (error: unknown, follower: string | undefined) => void;
};

/** A ledger's read models and reactions, following it until they are closed. */
export type ReadModels = {
  readonly projections: Projections;
  readonly casesOfSubject: SubjectCaseQuery;
  /** Where the alarm clock looks. */
  readonly rungHints: RungHints;
  readonly reactionOutcomes: ReactionOutcomeQueries;
  readonly reactions: ReactionRunner;
  close(): Promise<void>;
};

/** @throws CaseError as the read store does */
export async function followLedger(
  ledger: Ledger,
  { views, clock, react = false, onFailure }: ReadModelOptions,
): Promise<ReadModels> {
  const { store, registry } = ledger;
  const readStore = sqliteReadStore({ path: views ?? ':memory:' });
  const told = onFailure === undefined ? {} : { onFailure };
  try {
    const projections = await startProjections({
      store,
      readStore,
      registry,
      calendar: ledger.calendar,
      clock,
      others: [subjectCases, reactionOutcomeList],
      ...told,
    });
    try {
      const reactions = await startReactions({
        store,
        readStore,
        engine: ledger,
        registry,
        ledger: ledger.id,
        clock,
        reactions: ledger.reactions,
        wait: systemWait,
        follow: react,
        ...told,
      });
      const outcomes = reactionOutcomeQueries({ readStore, projections });
      const screens = react && registry.names().includes('screening');
      const screening = screens
        ? startScreeningClock({
            ledger,
            queries: projections.queries,
            outcomes,
            clock,
            wait: systemWait,
            onFailure: (error) => onFailure?.(error, 'screening'),
          })
        : undefined;
      return {
        projections,
        casesOfSubject: subjectCaseQuery({ readStore, projections }),
        reactionOutcomes: outcomes,
        reactions,
        rungHints: rungHints({ readStore }),
        async close() {
          await screening?.stop();
          await reactions.stop();
          await projections.stop();
          await readStore.close();
        },
      };
    } catch (error) {
      await projections.stop();
      throw error;
    }
  } catch (error) {
    await readStore.close();
    throw error;
  }
}
