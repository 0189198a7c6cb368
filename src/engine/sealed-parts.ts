import { createCipheriv, createDecipheriv } from 'node:crypto';
import { canonicalText } from '../domain/canonical-event.js';
import { CaseError } from '../domain/case-error.js';
import type { JsonObject, RecordedEvent } from '../domain/event.js';
import { ERASED, LOST, type PersonalPart, revealPersonal, type SealedPart, WITHHELD } from '../domain/personal-data.js';
import type { KeyRing, SubjectKey } from './key-ring.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a box is bound to, so that it cannot be moved to another event, place or ledger unnoticed. */
export type BoxPlace = { readonly ledger: string; readonly stream: string; readonly eventId: string };

/** Encrypts one part under its subject's key (AES-256-GCM, NIST SP 800-38D). */
export function sealPart(
  part: PersonalPart,
  key: SubjectKey,
  place: BoxPlace,
  randomBytes: (size: number) => Uint8Array,
): SealedPart {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.encryption, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(place, part.path));
  const text = cipher.update(canonicalText(part.fields), 'utf8');
  const box = Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]);
  return { box: box.toString('base64url'), fields: Object.keys(part.fields), path: part.path, subject: key.subject };
}

/** Opens a box. @throws Error when it was altered or stands where it was not put */
export function openBox(part: SealedPart, key: SubjectKey, place: BoxPlace): JsonObject {
  const box = Buffer.from(part.box, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key.encryption, box.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associatedData(place, part.path));
  decipher.setAuthTag(box.subarray(-TAG_BYTES));
  const text = Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  return JSON.parse(text.toString('utf8')) as JsonObject;
}

function associatedData({ ledger, stream, eventId }: BoxPlace, path: string): Uint8Array {
  return Buffer.from(`${ledger}\n${stream}\n${eventId}\n${path}`);
}

/** An event's data as a reader may see it: values where `reveal` says so, `withheld` otherwise, `erased` where the key was destroyed, `lost` where the key store has lost it. */
export function readableData(event: RecordedEvent, keys: KeyRing, reveal: boolean): JsonObject {
  const place = { ledger: event.metadata.ledger, stream: event.stream, eventId: event.id };
  return revealPersonal(event.data, (part) => {
    const key = keys.key(part.subject);
    if (key === 'erased') return ERASED;
    if (key === undefined) return LOST;
    return reveal ? opened(part, key, place, event) : WITHHELD;
  });
}

/** @throws CaseError `STORE_CORRUPT` */
function opened(part: SealedPart, key: SubjectKey, place: BoxPlace, { stream, revision }: RecordedEvent): JsonObject {
  try {
    return openBox(part, key, place);
  } catch (cause) {
    const where = part.path === '' ? 'the personal fields' : `the personal fields at ${part.path}`;
    throw new CaseError(
      { code: 'STORE_CORRUPT', path: stream, detail: `${where} of revision ${revision} were altered` },
      { cause },
    );
  }
}
