import { derivedId } from '../../../src/domain/derived-id.js';
import type { RecordedEvent } from '../../../src/domain/event.js';
import type { Reaction } from '../../../src/domain/reaction.js';
import { streamIdOf } from '../../../src/domain/stream-id.js';
import {
  type ReactionRunner,
  type ReactionsDeps,
  startReactions,
} from '../../../src/engine/reactions/reaction-runner.js';
import { readStream } from '../../../src/event-store/read-stream.js';
import type { ReadStore } from '../../../src/read-store/read-store.js';
import { sqliteReadStore } from '../../../src/read-store/sqlite/sqlite-read-store.js';
import { hurried } from '../../support/hurried.js';
import { inspection, inspector, ordersInspections } from '../../support/inspection.js';
import { permitWorkflow } from '../../support/permit.js';
import {
  noted,
  type Office,
  type OfficeOptions,
  openPermit,
  permitOffice,
  requested,
  sendPermit,
} from '../permit-office.js';

/** An office whose notes on permits order inspections. */
export type InspectingOffice = Office & {
  readonly readStore: ReadStore;
  /** A worker of its own, with whatever of its ports a test brings itself. */
  worker(over?: Partial<ReactionsDeps>): Promise<ReactionRunner>;
  /** A worker that will not be stopped, since it may be gone before. */
  mortal(over: Partial<ReactionsDeps>): Promise<ReactionRunner>;
  /** A permit of a department, and notes on it. */
  permit(caseId: string, department?: string): Promise<void>;
  note(caseId: string, text: string): Promise<void>;
  /** The inspection of a department. */
  inspectionOf(department: string): string;
  inspect(department: string, type: 'held' | 'reopened' | 'closed'): Promise<void>;
  /** What the inspection of a department was ordered for, in order. */
  orders(department: string): Promise<readonly string[]>;
  /** Every event of the ledger that a reaction's outcome is on. */
  outcomes(): Promise<readonly RecordedEvent[]>;
  head(): Promise<bigint>;
};

export async function inspectingOffice(options: OfficeOptions = {}): Promise<InspectingOffice> {
  const office = await permitOffice({ workflows: [permitWorkflow(1, { maxNotes: 50 }), inspection], ...options });
  const { engine, store, registry, ledger, clock } = office;
  const readStore = sqliteReadStore({ path: ':memory:' });
  const workers: ReactionRunner[] = [];
  let sent = 0;
  const inspectionOf = (department: string) => derivedId(ledger, ['inspection', department]);

  async function all(): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (;;) {
      const after = events.at(-1)?.position;
      const page = await store.readAll(after === undefined ? {} : { after });
      if (page.length === 0) return events;
      events.push(...page);
    }
  }

  const started = (over: Partial<ReactionsDeps> = {}): Promise<ReactionRunner> =>
    startReactions({
      store,
      readStore,
      engine,
      registry,
      ledger,
      clock,
      reactions: [ordersInspections],
      wait: hurried,
      follow: true,
      ...over,
    });

  return {
    ...office,
    readStore,
    async worker(over) {
      const worker = await started(over);
      workers.push(worker);
      return worker;
    },
    mortal: started,
    async permit(caseId, department = 'planning') {
      const events = [requested(undefined, { department })];
      await engine.open(openPermit(`open ${caseId}`, { caseId, events }));
    },
    async note(caseId, text) {
      sent += 1;
      await engine.send(sendPermit(caseId, `note ${sent}`, noted(text)));
    },
    inspectionOf,
    async inspect(department, type) {
      sent += 1;
      await engine.send({
        workflow: 'inspection',
        caseId: inspectionOf(department),
        commandId: `inspect ${sent}`,
        actor: inspector,
        events: [{ type: `inspection.${type}`, data: {} }],
      });
    },
    async orders(department) {
      const events = await readStream(store, streamIdOf('inspection', inspectionOf(department)));
      return events.filter(({ type }) => type === 'inspection.ordered').map(({ data }) => String(data.text));
    },
    outcomes: async () =>
      (await all()).filter(({ type }) => type.startsWith('reaction.') && type !== 'reaction.adopted'),
    head: async () => (await store.head())!,
    async close() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await readStore.close();
      await office.close();
    },
  };
}

/** The same reaction, which throws on notes that say so. */
export function failingOn(text: string, healed: () => boolean): Reaction {
  return {
    ...ordersInspections,
    react: (cause) => {
      if (cause.event.data.text === text && !healed()) throw new Error('the function is at fault');
      return ordersInspections.react(cause);
    },
  };
}
