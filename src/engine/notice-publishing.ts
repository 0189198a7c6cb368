import { parse as uuidBytes } from 'uuid';
import { z } from 'zod';
import type { Actor } from '../domain/access.js';
import {
  CALENDAR_WORKFLOW,
  calendarStream,
  NOTICE_PUBLISHED,
  recordedNotice,
  withRecordedNotices,
} from '../domain/calendar-history.js';
import { canonicalText, sealEvent } from '../domain/canonical-event.js';
import { CaseError, type ExpectedRevision, isCaseError } from '../domain/case-error.js';
import { derivedUuid } from '../domain/derived-uuid.js';
import { ENVELOPE_VERSION, type EventMetadata, type RecordedEvent, type SealedEvent } from '../domain/event.js';
import { readInput } from '../domain/input-issues.js';
import { readNotice } from '../domain/notice-input.js';
import { isoDate, officeClock } from '../domain/office-time.js';
import type { CalendarDefinition } from '../domain/working-calendar.js';
import { type Appended, type EventStore, MAX_APPEND_BYTES } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';
import type { Clock } from './clock.js';
import { fingerprintOf } from './fingerprint.js';
import { positionToken } from './position-token.js';

/** Who may publish a notice. */
export const NOTICE_PUBLISHERS: readonly string[] = ['administrator', 'calendarOfficer'];

/** How often a notice is judged again when another one was recorded first. */
const MAX_ATTEMPTS = 20;

/** How often an append of unknown outcome is offered again, unchanged. */
const MAX_OFFERS = 3;

/** Publishes one notice in a calendar. */
export type PublishNotice = {
  /** The calendar's id, such as `cn`. */
  readonly calendar: string;
  /** Names the command: whoever sends it again, however often, gets the first answer. 1 to 200 characters. */
  readonly commandId: string;
  readonly actor: Actor;
  /** The notice; see `NoticeInput`. */
  readonly notice: unknown;
  readonly reason?: string;
  /** W3C traceparent. */
  readonly trace?: string;
};

/** What publishing led to. A repeat gets the first answer. */
export type NoticeReceipt = {
  readonly calendar: string;
  readonly notice: string;
  readonly stream: string;
  readonly revision: number;
  /** The instant from which the notice counts. */
  readonly recordedAt: string;
  /** Token for `min-position`: a read model that has reached it has re-dated what the notice moves. */
  readonly position: string;
  readonly repeated: boolean;
};

const Frame = z.object({
  commandId: z.string().min(1).max(200),
  actor: z.object({ id: z.string().min(1).max(200), roles: z.array(z.string()) }),
  reason: z.string().min(1).max(2_000).optional(),
  trace: z.string().max(200).optional(),
});

/**
 * Records notices on the stream of the ledger's calendar, one event each. No case is touched: due dates are asked of the
 * calendar in force.
 *
 * The function it gives rejects with `COMMAND_INVALID` · `CALENDAR_UNKNOWN` · `COMMAND_ID_REUSED` · `ROLE_NOT_PERMITTED` ·
 * `NOTICE_EXISTS` · `EVENT_DATA_INVALID`, with a path for everything wrong in the notice · `APPEND_TOO_LARGE` · what the
 * store rejects with
 */
export function noticePublisher({
  store,
  shipped,
  ledger,
  clock,
}: {
  readonly store: EventStore;
  readonly shipped: CalendarDefinition;
  readonly ledger: string;
  readonly clock: Clock;
}): (command: PublishNotice) => Promise<NoticeReceipt> {
  const stream = calendarStream(shipped.id);
  const namespace = uuidBytes(ledger);

  async function untilSettled(command: PublishNotice, fingerprint: string): Promise<NoticeReceipt> {
    for (let attempt = 1; ; attempt += 1) {
      const history = await readStream(store, stream);
      const repeat = history.find(({ metadata }) => metadata.command.id === command.commandId);
      if (repeat) return answerAgain(repeat, command, fingerprint);
      const { event, notice, recordedAt } = judged(command, fingerprint, history);
      try {
        const { revision, position, repeated } = await append(event, history.at(-1)?.revision ?? 'no-stream');
        // The same command, sent twice at once: what is stored says whether it asked for the same.
        if (!repeated) return receipt({ notice, revision, recordedAt, position }, false);
      } catch (error) {
        if (isCaseError(error, 'STORE_OUTCOME_UNKNOWN')) return readBack(command, fingerprint, error);
        if (!isCaseError(error, 'REVISION_CONFLICT') || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** What is not found may still arrive, so that nothing else is tried. */
  async function readBack(command: PublishNotice, fingerprint: string, unknown: CaseError): Promise<NoticeReceipt> {
    const history = await readStream(store, stream).catch(() => {
      throw unknown;
    });
    const arrived = history.find(({ metadata }) => metadata.command.id === command.commandId);
    if (!arrived) throw unknown;
    return answerAgain(arrived, command, fingerprint);
  }

  function answerAgain(stored: RecordedEvent, { commandId }: PublishNotice, fingerprint: string): NoticeReceipt {
    const { command, recordedAt } = stored.metadata;
    if (command.fingerprint !== fingerprint) throw new CaseError({ code: 'COMMAND_ID_REUSED', commandId, stream });
    const { revision, position } = stored;
    return receipt({ notice: String(stored.data.id), revision, recordedAt, position }, true);
  }

  function receipt(
    at: Pick<NoticeReceipt, 'notice' | 'revision' | 'recordedAt'> & { readonly position: bigint },
    repeated: boolean,
  ): NoticeReceipt {
    return { calendar: shipped.id, stream, ...at, position: positionToken(ledger, at.position), repeated };
  }

  /** The event that publishes the notice, where it may be published. */
  function judged(
    command: PublishNotice,
    fingerprint: string,
    history: readonly RecordedEvent[],
  ): { readonly event: SealedEvent; readonly notice: string; readonly recordedAt: string } {
    const { actor, commandId, reason, trace } = command;
    const role = NOTICE_PUBLISHERS.find((one) => actor.roles.includes(one));
    if (role === undefined) {
      const [required, held] = [NOTICE_PUBLISHERS, actor.roles];
      throw new CaseError({ code: 'ROLE_NOT_PERMITTED', event: NOTICE_PUBLISHED, required, held });
    }
    const notices = history.flatMap((event) => recordedNotice(shipped.id, event) ?? []);
    const calendar = withRecordedNotices(shipped, notices);
    const now = clock.now();
    const read = readNotice(calendar, command.notice, isoDate(officeClock(shipped.timeZone).dayAt(now.getTime())));
    if (read.issues) throw new CaseError({ code: 'EVENT_DATA_INVALID', event: NOTICE_PUBLISHED, issues: read.issues });
    const { notice } = read;
    if (calendar.notices.some(({ id }) => id === notice.id)) {
      throw new CaseError({ code: 'NOTICE_EXISTS', calendar: shipped.id, notice: notice.id });
    }

    const last = history.at(-1);
    const taken = now.toISOString();
    const recordedAt = last !== undefined && taken < last.metadata.recordedAt ? last.metadata.recordedAt : taken;
    const metadata: EventMetadata = {
      actor: {
        ...(actor.department !== undefined && { department: actor.department }),
        id: actor.id,
        ...(actor.onBehalfOf !== undefined && { onBehalfOf: actor.onBehalfOf }),
        ...(actor.region !== undefined && { region: actor.region }),
        role,
      },
      command: { fingerprint, id: commandId, index: 0, size: 1 },
      correlation: commandId,
      envelope: ENVELOPE_VERSION,
      ledger,
      occurredAt: recordedAt,
      ...(reason !== undefined && { reason }),
      recordedAt,
      schema: 1,
      state: 'published',
      ...(trace !== undefined && { trace }),
      workflow: CALENDAR_WORKFLOW,
    };
    const event = sealEvent({
      id: derivedUuid(namespace, `${stream}\n${commandId}\n0`),
      stream,
      revision: (last?.revision ?? -1) + 1,
      type: NOTICE_PUBLISHED,
      data: notice,
      metadata,
    });
    const bytes = event.type.length + Buffer.byteLength(event.data) + Buffer.byteLength(event.metadata);
    if (bytes > MAX_APPEND_BYTES) throw new CaseError({ code: 'APPEND_TOO_LARGE', bytes, limit: MAX_APPEND_BYTES });
    return { event, notice: notice.id, recordedAt };
  }

  async function append(event: SealedEvent, expected: ExpectedRevision): Promise<Appended> {
    for (let offer = 1; ; offer += 1) {
      try {
        return await store.append(stream, [event], expected);
      } catch (error) {
        if (!isCaseError(error, 'STORE_OUTCOME_UNKNOWN') || offer === MAX_OFFERS) throw error;
      }
    }
  }

  return async (command) => {
    const { issues } = readInput(Frame, command);
    if (issues) throw new CaseError({ code: 'COMMAND_INVALID', issues });
    const { calendar } = command;
    if (calendar !== shipped.id) throw new CaseError({ code: 'CALENDAR_UNKNOWN', calendar, known: [shipped.id] });
    return untilSettled(command, fingerprintOf(inputText(command), []));
  };
}

/** Canonical text of what is asked, over which the fingerprint is made. @throws CaseError `COMMAND_INVALID` */
function inputText({ actor, notice, reason }: PublishNotice): string {
  try {
    return canonicalText({ actor: actor.id, notice: notice ?? null, onBehalfOf: actor.onBehalfOf, reason });
  } catch {
    const issue = { path: 'notice', code: 'not_json', message: 'the notice has no JSON form' };
    throw new CaseError({ code: 'COMMAND_INVALID', issues: [issue] });
  }
}
