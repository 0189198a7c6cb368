import type { ReadModels } from '../api/read-models.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { CalendarDefinition } from '../domain/working-calendar.js';
import type { EventStore } from '../event-store/event-store.js';
import { sqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { upcastingEventStore } from '../event-store/upcasting-event-store.js';
import { caseQueries } from '../projections/case-queries.js';
import { reactionOutcomeQueries } from '../projections/reaction-outcomes.js';
import { subjectCaseQuery } from '../projections/subject-cases.js';
import { sqliteReadStore } from '../read-store/sqlite/sqlite-read-store.js';
import type { FollowedProjections } from './ledger-thread.js';

export type LedgerReaders = {
  /** For feeds and readiness; refuses appends. */
  readonly events: EventStore;
  readonly readModels: ReadModels;
  close(): Promise<void>;
};

/**
 * Connections of this thread's own to a ledger and read models that another one keeps, which write nothing: lists and
 * feeds wait for no command. That a read model is far enough on is asked of the thread that fills it.
 *
 * @throws CaseError as {@link sqliteEventStore} and {@link sqliteReadStore}
 */
export async function ledgerReaders(options: {
  readonly path: string;
  readonly views: string;
  readonly registry: WorkflowRegistry;
  readonly calendar: CalendarDefinition;
  readonly projections: Pick<FollowedProjections, 'status' | 'waitFor'>;
}): Promise<LedgerReaders> {
  const { path, views, registry, calendar, projections } = options;
  const events = upcastingEventStore(await sqliteEventStore({ path, readOnly: true }), registry);
  try {
    const readStore = sqliteReadStore({ path: views });
    return {
      events,
      readModels: {
        projections: {
          queries: caseQueries({ readStore, projections, calendar }),
          status: () => projections.status(),
        },
        casesOfSubject: subjectCaseQuery({ readStore, projections }),
        reactionOutcomes: reactionOutcomeQueries({ readStore, projections }),
      },
      async close() {
        await events.close();
        await readStore.close();
      },
    };
  } catch (error) {
    await events.close();
    throw error;
  }
}
