import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { JsonValue, SealedEvent } from './event.js';

/**
 * RFC 8785 canonical JSON of `value`.
 *
 * RFC 8785 takes its numbers and strings from ECMAScript's `JSON.stringify` and adds the order of keys, so a value is
 * brought into that order and stringified; what plain objects cannot be brought into goes through `canonicalize`.
 *
 * @throws Error for NaN, Infinity and lone surrogates, which have no canonical form
 */
export function canonicalText(value: unknown): string {
  const ordered = inCanonicalOrder(value);
  if (ordered !== UNORDERED) {
    const text = JSON.stringify(ordered);
    // `JSON.stringify` escapes a lone surrogate; the library refuses it, and passes a mere backslash-u in a text.
    if (!text.includes('\\ud')) return text;
  }
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('undefined has no canonical form');
  return text;
}

/** What stands for a value that is left to the library. */
const UNORDERED = Symbol('unordered');

/** The value itself where its keys are in order, a copy where they can be brought into it. */
function inCanonicalOrder(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : UNORDERED;
    case 'object':
      if (value === null) return value;
      return Array.isArray(value) ? listInOrder(value) : objectInOrder(value as Record<string, unknown>);
    default:
      return UNORDERED;
  }
}

function listInOrder(list: readonly unknown[]): unknown {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const item = inCanonicalOrder(list[index]);
    if (item === UNORDERED) return UNORDERED;
    if (item !== list[index]) {
      copy ??= [...list];
      copy[index] = item;
    }
  }
  return copy ?? list;
}

function objectInOrder(object: Record<string, unknown>): unknown {
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return UNORDERED;
  if (typeof object.toJSON === 'function') return UNORDERED;
  if (!keysInOrder(object)) return sortedCopy(object);
  let copy: Record<string, unknown> | undefined;
  for (const key in object) {
    const member = object[key];
    if (member === undefined) continue;
    const ordered = inCanonicalOrder(member);
    if (ordered === UNORDERED) return UNORDERED;
    if (ordered !== member) {
      copy ??= { ...object };
      copy[key] = ordered;
    }
  }
  return copy ?? object;
}

function keysInOrder(object: Record<string, unknown>): boolean {
  let previous: string | undefined;
  for (const key in object) {
    if (previous !== undefined && !(previous < key)) return false;
    previous = key;
  }
  return true;
}

function sortedCopy(object: Record<string, unknown>): unknown {
  const copy: Record<string, unknown> = {};
  for (const key of sortedKeys(object)) {
    // Objects keep keys that look like numbers in an order of their own.
    if (STARTS_WITH_DIGIT.test(key) || key === '__proto__') return UNORDERED;
    const member = object[key];
    if (member === undefined) continue;
    const ordered = inCanonicalOrder(member);
    if (ordered === UNORDERED) return UNORDERED;
    copy[key] = ordered;
  }
  return copy;
}

/** Up to here keys are put in order one by one: sorting a few costs more in what it sets up. */
const FEW_KEYS = 16;

function sortedKeys(object: Record<string, unknown>): string[] {
  const keys = Object.keys(object);
  if (keys.length > FEW_KEYS) return keys.sort();
  for (let next = 1; next < keys.length; next += 1) {
    const key = keys[next]!;
    let at = next;
    for (; at > 0 && keys[at - 1]! > key; at -= 1) keys[at] = keys[at - 1]!;
    keys[at] = key;
  }
  return keys;
}

const STARTS_WITH_DIGIT = /^\d/;

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
