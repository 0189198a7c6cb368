import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import type { RecordedEvent } from '../../src/domain/event.js';
import { type WorkflowRegistry, workflowRegistry } from '../../src/domain/workflow-registry.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { caseList } from '../../src/projections/case-list.js';
import { dueCases } from '../../src/projections/due-cases.js';
import { type Pacing, systemPacing } from '../../src/projections/pacing.js';
import type { Projection } from '../../src/projections/projection.js';
import { timeline } from '../../src/projections/timeline.js';
import { type ReadStore, tableName } from '../../src/read-store/read-store.js';
import {
  administrator,
  another,
  granted,
  importer,
  noted,
  type Office,
  openPermit,
  permitOffice,
  refused,
  requested,
  sendPermit,
} from '../engine/permit-office.js';
import { permitWorkflow } from '../support/permit.js';

export const clock = { now: () => new Date('2026-03-20T01:00:00.000Z') };

/** Lets no time pass for gathering and retries; only what is longer, such as a reader's patience, takes its time. */
export const quickPacing: Pacing = {
  turn: systemPacing.turn,
  wait: (ms, signal) => (ms <= 500 ? systemPacing.turn() : systemPacing.wait(ms, signal)),
};

/** A waiting time that is never used up unless something is wrong. */
export const LONG_MS = 20_000;

export function permitProjections(registry: WorkflowRegistry): Projection[] {
  return [caseList(registry), timeline(registry), dueCases({ registry, calendar: chinaCalendar })];
}

/** Every row that queries see, by table, in the order of the primary key. */
export async function rowsSeen(
  readStore: ReadStore,
  projections: readonly Projection[],
): Promise<Record<string, unknown[]>> {
  const seen: Record<string, unknown[]> = {};
  const active = (await readStore.generations()).filter(({ role }) => role === 'active');
  for (const { name, tables, tallies = [] } of projections) {
    const generation = active.find((one) => one.name === name)!.generation;
    for (const table of [...tables, ...tallies.map((tally) => tally.table)]) {
      const rows = await readStore.database.selectFrom(tableName(table.name, generation)).selectAll().execute();
      seen[table.name] = rows.map((row) => JSON.stringify(row)).sort();
    }
  }
  return seen;
}

/** A ledger of permits with something of everything: open, granted and refused cases, deviations, a moved case, a foreign stream. */
export async function permitLedger(cases: number): Promise<{
  readonly events: readonly RecordedEvent[];
  readonly registry: WorkflowRegistry;
  readonly office: Office;
}> {
  const workflows = [permitWorkflow(1), permitWorkflow(2, { maxNotes: 4 })];
  const office = await permitOffice({ workflows: [workflows[0]!] });
  const later = await another(office, { workflows });
  const inTurn: (() => Promise<unknown>)[] = [];
  for (let index = 0; index < cases; index += 1) {
    const caseId = `case-${String(index).padStart(4, '0')}`;
    const place = {
      department: index % 3 === 0 ? 'planning' : 'markets',
      region: index % 4 === 0 ? '330921' : '330922',
    };
    const actor = { id: `clerk-${index % 5}`, roles: ['clerk'], region: place.region };
    const steps = [
      () => office.engine.open(openPermit(`${caseId}-open`, { caseId, actor, events: [requested(undefined, place)] })),
      () =>
        office.engine.send(sendPermit(caseId, `${caseId}-note`, noted('looked at', 'called the applicant'), { actor })),
      ...(index % 5 === 1
        ? [
            () =>
              later.engine.migrate({
                workflow: 'permit',
                caseId,
                commandId: `${caseId}-move`,
                actor: administrator,
                toVersion: 2,
              }),
          ]
        : []),
      ...(index % 5 === 2
        ? [
            () =>
              later.engine.record({
                workflow: 'permit',
                caseId,
                commandId: `${caseId}-log`,
                actor: importer,
                events: [granted, granted],
              }),
          ]
        : []),
      ...(index % 5 === 3
        ? [
            () =>
              later.engine.send(
                sendPermit(caseId, `${caseId}-no`, refused, {
                  actor: { id: 'decider-1', roles: ['decider'], department: place.department },
                  reason: 'incomplete',
                }),
              ),
          ]
        : []),
    ];
    for (const [at, step] of steps.entries()) inTurn[at * cases + index] = step;
  }
  for (const step of inTurn) {
    office.clock.advance(3_600_000);
    await step?.();
  }
  const events: RecordedEvent[] = [];
  for (;;) {
    const last = events.at(-1)?.position;
    const page = await office.store.readAll(last === undefined ? {} : { after: last });
    if (page.length === 0) break;
    events.push(...page);
  }
  return { events, registry: workflowRegistry(workflows), office };
}

/** A store that shows the first so many events of a history, and more when told. */
export type GrowingStore = EventStore & { grow(to: number): void; shown(): number };

export function growingStore(events: readonly RecordedEvent[], from = 0): GrowingStore {
  let shown = from;
  const waiting = new Set<() => void>();
  const after = (position: bigint | undefined): RecordedEvent[] =>
    events.slice(0, shown).filter((event) => position === undefined || event.position > position);
  const more = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  return {
    grow(to) {
      shown = Math.min(events.length, Math.max(shown, to));
      for (const wake of waiting) wake();
    },
    shown: () => shown,
    append: () => Promise.reject(new Error('this history is written already')),
    read: async (stream, { from: first = 0, limit = Number.POSITIVE_INFINITY } = {}) =>
      after(undefined)
        .filter((event) => event.stream === stream && event.revision >= first)
        .slice(0, limit),
    readAll: async ({ after: position, limit = 1_000 } = {}) => after(position).slice(0, limit),
    async *subscribe({ after: position, signal }) {
      let last = position;
      while (!signal.aborted) {
        // Small pages, so that a history of some hundred events has many of them.
        const page = after(last).slice(0, 7);
        if (page.length === 0) await more(signal);
        else {
          last = page.at(-1)!.position;
          yield page;
        }
      }
    },
    head: async () => events[shown - 1]?.position,
    close: async () => {},
  };
}
