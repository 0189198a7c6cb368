import type { CaseRung } from '../../src/domain/case-rungs.js';
import { reachedRung } from '../../src/domain/case-rungs.js';
import type { RecordedEvent } from '../../src/domain/event.js';
import { rungKey } from '../../src/domain/ladder.js';
import type { Workflow } from '../../src/domain/workflow.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import type { CalendarDefinition } from '../../src/domain/working-calendar.js';
import { type AlarmClock, type AlarmClockDeps, alarmClock } from '../../src/engine/alarm-clock.js';
import { type CaseEngine, caseEngine } from '../../src/engine/case-engine.js';
import { DEADLINE_LOOKUP, deadlineLookup } from '../../src/engine/deadline-lookup.js';
import { ledgerCalendar } from '../../src/engine/ledger-calendar.js';
import { sqliteKeyRing } from '../../src/engine/sqlite-key-ring.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { rungHints } from '../../src/projections/rung-hints.js';
import { type Projections, startProjections } from '../../src/projections/start-projections.js';
import type { ReadStore } from '../../src/read-store/read-store.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import { LONG_MS, quickPacing } from '../projections/permit-read-models.js';
import { administrator, countingIds, MASTER_KEY, seededBytes, type TestClock, testClock } from './permit-office.js';

export const LEDGER = '0192f5f0-0000-7000-8000-000000000001';
const clerk = { id: 'clerk-1', roles: ['clerk'] };

/** An engine for watched cases with its due cases and as many alarm clocks as a test wants. */
export type WatchedOffice = {
  readonly engine: CaseEngine;
  readonly store: EventStore;
  readonly readStore: ReadStore;
  readonly time: TestClock;
  readonly calendar: CalendarDefinition;
  /** Something happens to a case, at an instant, entered then unless said later; `anchored` opens it where there is none. */
  happens(caseId: string, what: string, at: string, entered?: string): Promise<void>;
  migrate(caseId: string, toVersion: number, at: string): Promise<void>;
  /** Lets the read models show everything stored. */
  caughtUp(): Promise<void>;
  /** From now on the read models stay where they are, until they are let go. */
  holdBack(): Promise<void>;
  letGo(): Promise<void>;
  alarm(more?: Partial<AlarmClockDeps>): AlarmClock;
  /** Ticks until nothing is left to be looked at. */
  tickAll(alarm: AlarmClock, at: string): Promise<readonly CaseRung[]>;
  stream(caseId: string): Promise<readonly RecordedEvent[]>;
  /** The rungs on a case's stream, as they stand there. */
  recorded(caseId: string): Promise<readonly { readonly key: string; readonly at: string; readonly noticed: string }[]>;
  close(): Promise<void>;
};

export async function watchedOffice(
  workflows: readonly Workflow[],
  calendar: CalendarDefinition,
  store: EventStore = memoryEventStore(),
): Promise<WatchedOffice> {
  const time = testClock();
  const registry = workflowRegistry(workflows);
  const readStore = sqliteReadStore({ path: ':memory:' });
  const randomBytes = seededBytes();
  const keys = sqliteKeyRing({ path: ':memory:', masterKey: MASTER_KEY, randomBytes });
  const lookups = {
    [DEADLINE_LOOKUP]: deadlineLookup({ store, registry, calendar: ledgerCalendar(store, calendar) }),
  };
  const engine = caseEngine({
    store,
    registry,
    keys,
    ledger: LEDGER,
    clock: time,
    ids: countingIds(),
    randomBytes,
    lookups,
  });
  const start = () => startProjections({ store, readStore, registry, calendar, clock: time, pacing: quickPacing });
  let projections: Projections | undefined = await start();
  let commands = 0;
  const command = (caseId: string) => {
    commands += 1;
    return { workflow: 'watched', caseId, commandId: `command-${commands}`, actor: clerk, reason: 'asked for' };
  };
  const stream = (caseId: string) => readStream(store, `watched-${caseId}`);

  return {
    engine,
    store,
    readStore,
    time,
    calendar,
    async happens(caseId, what, at, entered = at) {
      time.set(entered);
      const events = [{ type: `deadline.${what}`, data: {}, occurredAt: at }];
      const isNew = what === 'anchored' && (await stream(caseId)).length === 0;
      await (isNew
        ? engine.open({ ...command(caseId), events, version: 1 })
        : engine.send({ ...command(caseId), events }));
    },
    async migrate(caseId, toVersion, at) {
      time.set(at);
      await engine.migrate({ ...command(caseId), actor: administrator, toVersion });
    },
    async caughtUp() {
      await projections?.waitFor(await store.head(), LONG_MS);
    },
    async holdBack() {
      await projections?.stop();
      projections = undefined;
    },
    async letGo() {
      projections ??= await start();
    },
    alarm: (more = {}) =>
      alarmClock({
        hints: rungHints({ readStore }),
        raise: (one) => engine.raise(one, calendar),
        clock: time,
        ...more,
      }),
    async tickAll(alarm, at) {
      time.set(at);
      const raised: CaseRung[] = [];
      for (;;) {
        const tick = await alarm.tick();
        raised.push(...tick.raised);
        if (!tick.more) return raised;
      }
    },
    stream,
    async recorded(caseId) {
      const reached = (await stream(caseId)).filter(({ type }) => type === 'deadline.reached');
      return reached.map((event) => {
        const rung = reachedRung(event);
        return { key: rungKey(rung), at: rung.reachedAt, noticed: event.metadata.recordedAt };
      });
    },
    async close() {
      await projections?.stop();
      await readStore.close();
      await store.close();
      keys.close();
    },
  };
}
