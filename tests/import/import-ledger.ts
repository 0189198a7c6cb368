import { createHash } from 'node:crypto';
import type { Workflow } from '../../src/domain/workflow.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { type CalendarDefinition, calendarInForce } from '../../src/domain/working-calendar.js';
import { type CaseEngine, caseEngine } from '../../src/engine/case-engine.js';
import type { KeyRing } from '../../src/engine/key-ring.js';
import { ledgerIdentity } from '../../src/engine/ledger-identity.js';
import { sqliteKeyRing } from '../../src/engine/sqlite-key-ring.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { importLog, type LogImport, type LogSummary } from '../../src/import/import-log.js';
import type { LogTrace } from '../../src/import/log-trace.js';
import { recordedLog } from '../../src/workflows/recorded-log/workflow.js';

export const importer = { id: 'log-import', roles: ['importer'] };

const dutchOffice: CalendarDefinition = {
  id: 'nl',
  title: { en: 'Dutch office', zh: '荷兰机关' },
  timeZone: 'Europe/Amsterdam',
  weekend: [6, 7],
  hours: [{ opens: '09:00', closes: '17:00' }],
  notices: [],
  horizon: 'unbounded',
};

export type ImportLedger = {
  readonly engine: CaseEngine;
  readonly store: EventStore;
  readonly registry: ReturnType<typeof workflowRegistry>;
  readonly import: (reader: AsyncIterable<LogTrace>, options?: Partial<LogImport>) => Promise<LogSummary>;
  readonly eventsOf: (stream: string) => ReturnType<typeof readStream>;
  /** Another engine over the same ledger, whose key store has lost every key. */
  readonly withoutKeys: () => Promise<CaseEngine>;
  readonly close: () => Promise<void>;
};

/** A ledger in memory that logs are imported into: SQLite, a key ring and the engine, with clock and ids that repeat. */
export async function importLedger(...workflows: readonly Workflow[]): Promise<ImportLedger> {
  let made = 0;
  const ids = {
    next: () => {
      made += 1;
      return `00000000-0000-7000-8000-${String(made).padStart(12, '0')}`;
    },
  };
  const clock = { now: () => new Date('2026-03-02T01:00:00Z') };
  let drawn = 0;
  const randomBytes = (size: number) => {
    drawn += 1;
    return createHash('sha512').update(String(drawn)).digest().subarray(0, size);
  };
  const store = await sqliteEventStore({ path: ':memory:' });
  const keys = await sqliteKeyRing({ path: ':memory:', masterKey: new Uint8Array(32).fill(7), randomBytes });
  const registry = workflowRegistry([recordedLog, ...workflows]);
  const ledger = await ledgerIdentity(store, { clock, ids });
  const engine = caseEngine({ store, registry, keys, ledger, clock, ids, randomBytes });
  const empty: KeyRing[] = [];
  return {
    engine,
    store,
    registry,
    import: (reader, options) =>
      importLog({ engine, registry, reader, actor: importer, calendar: calendarInForce(dutchOffice), ...options }),
    eventsOf: (stream) => readStream(store, stream),
    async withoutKeys() {
      const none = await sqliteKeyRing({ path: ':memory:', masterKey: new Uint8Array(32).fill(7), randomBytes });
      empty.push(none);
      return caseEngine({ store, registry, keys: none, ledger, clock, ids, randomBytes });
    },
    async close() {
      await store.close();
      for (const ring of [keys, ...empty]) ring.close();
    },
  };
}
