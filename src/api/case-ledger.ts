import type { Actor } from '../domain/access.js';
import type { Explanation } from '../domain/explain-deadline.js';
import type { CalendarDefinition } from '../domain/working-calendar.js';
import type { CalendarMove } from '../engine/calendar-moves.js';
import type { CaseDeadline } from '../engine/case-deadlines.js';
import type { CaseEngine } from '../engine/case-engine.js';
import type { AsOf, CaseRef } from '../engine/case-reading.js';
import type { Erasure } from '../engine/erasure.js';
import { LEDGER_STREAM } from '../engine/ledger-identity.js';
import type { NoticeReceipt, PublishNotice } from '../engine/notice-publishing.js';
import type { Ledger } from '../ledger.js';

/**
 * The ledger as the API sees it: every method is asynchronous, and what goes in and comes out survives
 * `structuredClone`, so that the engine may run in this thread or behind a message port.
 */
export type CaseLedger = Pick<CaseEngine, 'open' | 'send' | 'migrate' | 'load' | 'history' | 'next'> & {
  readonly id: string;
  deadlines(ref: CaseRef, options?: { readonly asOf?: AsOf }): Promise<readonly CaseDeadline[]>;
  explain(ref: CaseRef, deadline: string, options?: { readonly asOf?: AsOf }): Promise<Explanation>;
  /** The working calendar with every notice recorded so far. */
  currentCalendar(): Promise<CalendarDefinition>;
  publishNotice(command: PublishNotice): Promise<NoticeReceipt>;
  /** The notices that moved a running deadline of a case, oldest first. */
  calendarMoves(ref: CaseRef): Promise<readonly CalendarMove[]>;
  /** Forgets a data subject whose data these cases hold. */
  forget(
    request: { readonly subject: string; readonly actor: string; readonly reason: string },
    cases: readonly CaseRef[],
  ): Promise<Erasure>;
  /** The data subject an identifying value names, through the blind index. That it was looked for is recorded. */
  findSubject(question: {
    readonly field: string;
    readonly value: string;
    readonly actor: Actor;
    readonly purpose: string;
  }): Promise<string | undefined>;
  /** Commands under way. */
  pending(): Promise<number>;
};

/** A ledger in this thread. */
export function caseLedger(ledger: Ledger): CaseLedger {
  const { id, open, send, migrate, load, history, next, deadlines, explain } = ledger;
  const { currentCalendar, publishNotice, calendarMoves } = ledger;
  return {
    id,
    open,
    send,
    migrate,
    load,
    history,
    next,
    deadlines,
    explain,
    currentCalendar,
    publishNotice,
    calendarMoves,
    forget: (request, cases) => ledger.forget(request, async () => cases),
    async findSubject({ field, value, actor, purpose }) {
      const subject = ledger.keys.find([{ field, value }]);
      if (subject === undefined) return undefined;
      const at = ledger.clock.now().toISOString();
      await ledger.keys.recordAccess([{ at, actor: actor.id, subject, stream: LEDGER_STREAM, purpose }]);
      return subject;
    },
    pending: async () => ledger.pending(),
  };
}
