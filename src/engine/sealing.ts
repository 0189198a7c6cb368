import { parse as uuidBytes } from 'uuid';
import { sealEvent } from '../domain/canonical-event.js';
import { CaseError } from '../domain/case-error.js';
import { derivedUuid } from '../domain/derived-uuid.js';
import { ENVELOPE_VERSION, type EventMetadata, type JsonValue, type SealedEvent } from '../domain/event.js';
import { PERSONAL_KEY } from '../domain/personal-data.js';
import { MAX_APPEND_BYTES } from '../event-store/event-store.js';
import type { OpenCommand } from './command.js';
import { fingerprintOf } from './fingerprint.js';
import type { JudgedEvent } from './judging.js';
import type { KeyRing, SubjectKey } from './key-ring.js';
import { sealPart } from './sealed-parts.js';

/** A command's events in the form in which they are stored, with what the engine keeps to know the command again. */
export type SealedCommand = {
  readonly events: readonly SealedEvent[];
  readonly fingerprint: string;
  readonly subjects: readonly string[];
};

const NO_SUBJECTS: readonly string[] = [];

/** Writes down what was decided: envelope, encryption, canonical form and leaf hash. */
export function commandSealer({
  keys,
  ledger,
  randomBytes,
}: {
  readonly keys: KeyRing;
  readonly ledger: string;
  readonly randomBytes: (size: number) => Uint8Array;
}) {
  const namespace = uuidBytes(ledger);

  function keyOf(subject: string): SubjectKey {
    const key = keys.key(subject);
    if (key === undefined) throw new CaseError({ code: 'SUBJECT_NOT_FOUND', subject });
    if (key === 'erased') throw new CaseError({ code: 'SUBJECT_ERASED', subject });
    return key;
  }

  /**
   * @param input canonical text of the command, over which its fingerprint is made
   * @param first revision of the command's first event
   * @throws CaseError `APPEND_TOO_LARGE` · `SUBJECT_ERASED` when a key was destroyed meanwhile
   */
  return function seal(
    { command, stream, input }: { readonly command: OpenCommand; readonly stream: string; readonly input: string },
    judged: readonly JudgedEvent[],
    first: number,
    recordedAt: string,
  ): SealedCommand {
    const subjects = subjectsOf(judged);
    const fingerprint = fingerprintOf(input, subjects.map(keyOf));
    let bytes = 0;
    const events = judged.map((one, index): SealedEvent => {
      const id = derivedUuid(namespace, `${stream}\n${command.commandId}\n${index}`);
      const { workflow, labels } = one.after;
      // Members stand in canonical order, so that the text needs no sorting.
      const metadata: EventMetadata = {
        actor: one.actor,
        ...(command.causation !== undefined && { causation: command.causation }),
        command: { fingerprint, id: command.commandId, index, size: judged.length },
        correlation: command.correlation ?? command.commandId,
        envelope: ENVELOPE_VERSION,
        ...(one.facts !== undefined && { facts: one.facts }),
        ...(labels.item !== undefined && { item: { id: labels.item.id, version: labels.item.version } }),
        ledger,
        occurredAt: one.occurredAt,
        ...(command.reason !== undefined && { reason: command.reason }),
        recordedAt,
        schema: one.schema,
        state: one.after.state,
        ...(command.trace !== undefined && { trace: command.trace }),
        workflow: { hash: workflow.hash, name: workflow.name, version: workflow.version },
      };
      const boxes = sealedParts(one, { ledger, stream, eventId: id });
      const data = boxes.length === 0 ? one.open : { [PERSONAL_KEY]: boxes as unknown as JsonValue, ...one.open };
      const event = sealEvent({ id, stream, revision: first + index, type: one.type, data, metadata });
      bytes += event.type.length + Buffer.byteLength(event.data) + Buffer.byteLength(event.metadata);
      return event;
    });
    if (bytes > MAX_APPEND_BYTES) throw new CaseError({ code: 'APPEND_TOO_LARGE', bytes, limit: MAX_APPEND_BYTES });
    return { events, fingerprint, subjects };
  };

  function sealedParts({ parts }: JudgedEvent, place: Parameters<typeof sealPart>[2]) {
    if (parts.length === 0) return parts;
    const filled = parts.filter(({ fields }) => Object.keys(fields).length > 0);
    return filled.map((part) => sealPart(part, keyOf(part.subjectRef), place, randomBytes));
  }
}

function subjectsOf(judged: readonly JudgedEvent[]): readonly string[] {
  if (judged.every(({ parts }) => parts.length === 0)) return NO_SUBJECTS;
  const named = judged.flatMap(({ parts }) =>
    parts.filter(({ fields }) => Object.keys(fields).length > 0).map(({ subjectRef }) => subjectRef),
  );
  return [...new Set(named)];
}
