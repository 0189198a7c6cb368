import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { JsonValue, SealedEvent } from './event.js';

/**
 * RFC 8785 canonical JSON of `value`.
 *
 * RFC 8785 takes its numbers and strings from ECMAScript's `JSON.stringify` and adds the order of keys, so a value
 * whose keys are in order already is stringified as it is; everything else goes through `canonicalize`.
 *
 * @throws Error for NaN, Infinity and lone surrogates, which have no canonical form
 */
export function canonicalText(value: unknown): string {
  if (inCanonicalOrder(value)) {
    const text = JSON.stringify(value);
    // `JSON.stringify` escapes a lone surrogate; the library refuses it, and passes a mere backslash-u in a text.
    if (!text.includes('\\ud')) return text;
  }
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('undefined has no canonical form');
  return text;
}

function inCanonicalOrder(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value !== 'object') return value !== undefined;
  if (Array.isArray(value)) return value.every(inCanonicalOrder);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false;
  let previous: string | undefined;
  for (const key in value) {
    if (previous !== undefined && !(previous < key)) return false;
    previous = key;
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined && !inCanonicalOrder(member)) return false;
  }
  return typeof (value as { toJSON?: unknown }).toJSON !== 'function';
}

/**
 * The bytes an event is hashed over: RFC 8785 JSON of its id, stream, revision, type, data and metadata.
 * `data` and `metadata` are canonical texts already. Position is not in it: a leaf's index is its place in the ledger.
 */
export function canonicalEvent(event: Omit<SealedEvent, 'leaf'>): string {
  return `{"data":${event.data},"id":${JSON.stringify(event.id)},"metadata":${event.metadata},"revision":${event.revision},"stream":${JSON.stringify(event.stream)},"type":${JSON.stringify(event.type)}}`;
}

/** RFC 6962 §2.1 leaf hash, SHA-256(0x00 ‖ canonical event), 32 bytes. */
export function leafHash(canonical: string): Uint8Array {
  return hash('sha256', `\0${canonical}`, 'buffer');
}

/** Brings an event into the one form in which it is stored, hashed and proved. */
export function sealEvent(event: {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly data: JsonValue | object;
  readonly metadata: object;
}): SealedEvent {
  const texts = { ...event, data: canonicalText(event.data), metadata: canonicalText(event.metadata) };
  return { ...texts, leaf: leafHash(canonicalEvent(texts)) };
}
