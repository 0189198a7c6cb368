import { v7 as uuidv7 } from 'uuid';
import { chinaCalendar } from './domain/calendars/cn.js';
import { CaseError } from './domain/case-error.js';
import type { Explanation } from './domain/explain-deadline.js';
import { checkReactions, type Reaction } from './domain/reaction.js';
import { streamIdOf } from './domain/stream-id.js';
import type { Workflow } from './domain/workflow.js';
import { type WorkflowRegistry, workflowRegistry } from './domain/workflow-registry.js';
import type { CalendarDefinition } from './domain/working-calendar.js';
import { type CalendarMove, calendarMoves } from './engine/calendar-moves.js';
import { type CaseDeadline, caseDeadlines, explainCaseDeadline } from './engine/case-deadlines.js';
import { type CaseEngine, caseEngine } from './engine/case-engine.js';
import type { AsOf, CaseRef } from './engine/case-reading.js';
import { type Clock, type Ids, systemClock } from './engine/clock.js';
import { DEADLINE_LOOKUP, deadlineLookup } from './engine/deadline-lookup.js';
import { type Erasure, forgetSubject, keepErased } from './engine/erasure.js';
import { keepFindable } from './engine/kept-findable.js';
import type { KeyRing } from './engine/key-ring.js';
import { ledgerCalendar } from './engine/ledger-calendar.js';
import { checkLedger, type LedgerCheck } from './engine/ledger-check.js';
import { ledgerIdentity } from './engine/ledger-identity.js';
import type { Lookups } from './engine/lookups.js';
import { type NoticeReceipt, noticePublisher, type PublishNotice } from './engine/notice-publishing.js';
import type { RungsRaised } from './engine/raising-rungs.js';
import { systemRandomBytes } from './engine/random-bytes.js';
import { sqliteKeyRing } from './engine/sqlite-key-ring.js';
import type { EventStore } from './event-store/event-store.js';
import { memoryEventStore } from './event-store/memory/memory-event-store.js';
import { readStream } from './event-store/read-stream.js';
import { sqliteEventStore } from './event-store/sqlite/sqlite-event-store.js';
import { upcastingEventStore } from './event-store/upcasting-event-store.js';

export type LedgerOptions = {
  /** Where the events live: a SQLite file, `memory:`, or a store of one's own. */
  readonly store: string | EventStore;
  readonly workflows: readonly Workflow[];
  /** What events of one case lead to in others. Checked here; carried out by whoever follows the ledger. */
  readonly reactions?: readonly Reaction[];
  /** 32 bytes that wrap every subject's key. Required with a file: whoever has the file and this key can read personal data. */
  readonly masterKey?: Uint8Array;
  /** The key store's file, `<ledger>.keys` beside a ledger file unless given; or a key ring of one's own. */
  readonly keys?: string | KeyRing;
  /** Answers to the questions workflows declare; `deadline` is there without being given. */
  readonly lookups?: Lookups;
  /** The working calendar deadlines are counted in; China's unless given. */
  readonly calendar?: CalendarDefinition;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly randomBytes?: (size: number) => Uint8Array;
  /** Commands under way at most. */
  readonly maxPending?: number;
};

/** An open ledger: the engine with everything around it. */
export type Ledger = Omit<CaseEngine, 'raise'> & {
  /** UUID of the ledger, which every event, position token and derived id names. */
  readonly id: string;
  /** Events as they are read today, upcasts applied. */
  readonly store: EventStore;
  readonly registry: WorkflowRegistry;
  readonly reactions: readonly Reaction[];
  readonly keys: KeyRing;
  /** The working calendar as shipped; deadlines are counted in it with the notices the ledger holds: {@link Ledger.currentCalendar}. */
  readonly calendar: CalendarDefinition;
  readonly clock: Clock;
  /** The calendar with every notice recorded in the ledger so far, by whichever process. */
  currentCalendar(): Promise<CalendarDefinition>;
  /**
   * Publishes a notice: running deadlines move because the calendar did, and no case changes.
   *
   * @throws CaseError `ROLE_NOT_PERMITTED` · `CALENDAR_UNKNOWN` · `NOTICE_EXISTS` · `EVENT_DATA_INVALID` with a path for everything wrong
   */
  publishNotice(command: PublishNotice): Promise<NoticeReceipt>;
  /** The notices that moved a running deadline of a case, oldest first. */
  calendarMoves(ref: CaseRef): Promise<readonly CalendarMove[]>;
  /** A case's deadlines as they stand now, or stood at an instant under the calendar in force then. */
  deadlines(ref: CaseRef, options?: { readonly asOf?: AsOf; readonly now?: string }): Promise<readonly CaseDeadline[]>;
  /** How one due date came about. @throws CaseError `DEADLINE_UNKNOWN` */
  explain(
    ref: CaseRef,
    deadline: string,
    options?: { readonly asOf?: AsOf; readonly now?: string },
  ): Promise<Explanation>;
  /** Records the rungs that a case's deadlines have reached; what the alarm clock does with each case it finds due. */
  raise(stream: string): Promise<RungsRaised>;
  /** Forgets a data subject. `casesOf` tells which cases hold its data. @throws CaseError `SUBJECT_NOT_FOUND` · `ERASURE_REFUSED` */
  forget(
    request: { readonly subject: string; readonly actor: string; readonly reason: string },
    casesOf: (subject: string) => Promise<readonly CaseRef[]>,
  ): Promise<Erasure>;
  /** Replays every case against the registered definitions and lists those that would diverge. */
  check(onProgress?: (events: number) => void): Promise<LedgerCheck>;
  close(): Promise<void>;
};

/**
 * Opens a ledger, laying it out where there is none.
 *
 * @throws CaseError `STORE_NOT_A_LEDGER` · `STORE_TOO_NEW` · `STORE_CORRUPT` · `KEY_STORE_UNREADABLE` · `DEFINITION_INVALID` · `REACTION_INVALID`
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const {
    clock = systemClock,
    ids = { next: () => uuidv7() },
    randomBytes = systemRandomBytes,
    calendar = chinaCalendar,
    reactions = [],
  } = options;
  const registry = workflowRegistry(options.workflows);
  checkReactions(reactions, registry);
  const opened = await openStore(options.store);
  const store = upcastingEventStore(opened, registry);
  let keys: KeyRing | undefined;
  try {
    const keyRing = openKeys(options, { ids, randomBytes });
    keys = keyRing;
    const id = await ledgerIdentity(store, { clock, ids });
    await keepErased(store, keyRing);
    await keepFindable(store, keyRing, registry);
    const current = ledgerCalendar(store, calendar);
    const { lookups, maxPending } = options;
    const engine = caseEngine({
      store,
      registry,
      keys: keyRing,
      ledger: id,
      clock,
      ids,
      randomBytes,
      lookups: { [DEADLINE_LOOKUP]: deadlineLookup({ store, registry, calendar: current }), ...lookups },
      ...(maxPending !== undefined && { maxPending }),
    });
    const definitionOf = async (ref: CaseRef, asOf: AsOf | undefined) => {
      const view = await engine.load(ref, asOf === undefined ? {} : { asOf });
      const events = await readStream(store, view.stream);
      return {
        workflow: registry.get(ref.workflow, view.version),
        history: events.filter(({ revision }) => revision <= view.revision),
      };
    };
    const instantOf = (asOf: AsOf | undefined, now: string | undefined): string =>
      now ?? (asOf !== undefined && 'instant' in asOf ? asOf.instant : clock.now().toISOString());

    return {
      ...engine,
      id,
      store,
      registry,
      reactions,
      keys: keyRing,
      calendar,
      clock,
      currentCalendar: () => current.current(),
      publishNotice: noticePublisher({ store, shipped: calendar, ledger: id, clock }),
      async calendarMoves(ref) {
        const history = await readStream(store, streamIdOf(ref.workflow, ref.caseId));
        if (history.length === 0) throw new CaseError({ code: 'CASE_NOT_FOUND', ...ref });
        return calendarMoves(registry, history, await current.current(), clock.now().toISOString());
      },
      async deadlines(ref, { asOf, now } = {}) {
        const { workflow, history } = await definitionOf(ref, asOf);
        return caseDeadlines(workflow, history, await current.current(), instantOf(asOf, now));
      },
      async explain(ref, deadline, { asOf, now } = {}) {
        const { workflow, history } = await definitionOf(ref, asOf);
        return explainCaseDeadline(workflow, history, await current.current(), instantOf(asOf, now), deadline);
      },
      async raise(stream) {
        // Before the calendar is read: a notice recorded after that may move a rung to a later instant, not to this one.
        const asked = clock.now().toISOString();
        const raised = await engine.raise(stream, await current.current());
        return { ...raised, at: raised.at < asked ? raised.at : asked };
      },
      forget: (request, casesOf) =>
        forgetSubject({ store, engine, registry, keys: keyRing, ledger: id, clock, ids, casesOf }, request),
      check: (onProgress) => checkLedger(opened, registry, onProgress),
      async close() {
        await engine.settle();
        await store.close();
        keyRing.close();
      },
    };
  } catch (error) {
    keys?.close();
    await store.close();
    throw error;
  }
}

async function openStore(store: string | EventStore): Promise<EventStore> {
  if (typeof store !== 'string') return store;
  if (store === 'memory:') return memoryEventStore();
  return sqliteEventStore({ path: store });
}

function openKeys(
  { keys, store, masterKey }: LedgerOptions,
  { ids, randomBytes }: { readonly ids: Ids; readonly randomBytes: (size: number) => Uint8Array },
): KeyRing {
  if (keys !== undefined && typeof keys !== 'string') return keys;
  const inMemory = keys === undefined && (typeof store !== 'string' || store === 'memory:');
  if (masterKey === undefined && !inMemory) {
    throw new CaseError({ code: 'KEY_STORE_UNREADABLE', detail: 'a ledger on disk wants a master key of 32 bytes' });
  }
  const path = keys ?? (inMemory ? ':memory:' : `${String(store)}.keys`);
  return sqliteKeyRing({ path, masterKey: masterKey ?? randomBytes(32), randomBytes, ids });
}
