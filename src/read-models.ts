import type { Clock } from './engine/clock.js';
import type { Ledger } from './ledger.js';
import { type RungHints, rungHints } from './projections/rung-hints.js';
import { type Projections, startProjections } from './projections/start-projections.js';
import { type SubjectCaseQuery, subjectCaseQuery, subjectCases } from './projections/subject-cases.js';
import { sqliteReadStore } from './read-store/sqlite/sqlite-read-store.js';

export type ReadModelOptions = {
  /** The read models' file; undefined keeps them in memory. */
  readonly views: string | undefined;
  readonly clock: Clock;
  readonly onFailure?: (error: unknown, projection: string | undefined) => void;
};

/** A ledger's read models, following it until they are closed. */
export type ReadModels = {
  readonly projections: Projections;
  readonly casesOfSubject: SubjectCaseQuery;
  /** Where the alarm clock looks. */
  readonly rungHints: RungHints;
  close(): Promise<void>;
};

/** @throws CaseError as the read store does */
export async function followLedger(ledger: Ledger, { views, clock, onFailure }: ReadModelOptions): Promise<ReadModels> {
  const readStore = sqliteReadStore({ path: views ?? ':memory:' });
  try {
    const projections = await startProjections({
      store: ledger.store,
      readStore,
      registry: ledger.registry,
      calendar: ledger.calendar,
      clock,
      others: [subjectCases],
      ...(onFailure !== undefined && { onFailure }),
    });
    return {
      projections,
      casesOfSubject: subjectCaseQuery({ readStore, projections }),
      rungHints: rungHints({ readStore }),
      async close() {
        await projections.stop();
        await readStore.close();
      },
    };
  } catch (error) {
    await readStore.close();
    throw error;
  }
}
