/** The version of the envelope below. What is stored under a version never changes; a later one is read beside it. */
export const ENVELOPE_VERSION = 1;

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [key: string]: JsonValue };

/** Who acted, as recorded. Ids are pseudonymous account names, never a person's own name or number. */
export type RecordedActor = {
  readonly id: string;
  /** The role it acted in, one of those the event's definition permits. */
  readonly role: string;
  readonly department?: string;
  readonly region?: string;
  /** The party an agent acts for (代办), as an account id or subject reference. */
  readonly onBehalfOf?: string;
};

/** Something a decision depended on besides the case's own events, as it was when the decision was taken. */
export type RecordedFact = {
  readonly value: JsonValue;
  /** Where it came from, such as `catalogue` or `deadline`. */
  readonly source: string;
  /** Revision of that source at the time, where it has one. */
  readonly revision?: number;
};

/** Envelope version 1: everything about an event but its data. Stored as canonical JSON and covered by the leaf hash. */
export type EventMetadata = {
  readonly envelope: typeof ENVELOPE_VERSION;
  /** UUID of the ledger the event was first recorded in. */
  readonly ledger: string;
  /** The command that brought it: its id, this event's place among the `size` events it brought, and the fingerprint of what was asked. */
  readonly command: {
    readonly id: string;
    readonly index: number;
    readonly size: number;
    readonly fingerprint: string;
  };
  readonly actor: RecordedActor;
  readonly reason?: string;
  /** When it happened, ISO 8601 in UTC with milliseconds. Deadlines anchor here. */
  readonly occurredAt: string;
  /** When the engine took it, ISO 8601 in UTC with milliseconds; never before the stream's previous one. As-of reads ask here. */
  readonly recordedAt: string;
  readonly workflow: { readonly name: string; readonly version: number; readonly hash: string };
  /** The catalogue item and its version in force at filing, on cases that have one. */
  readonly item?: { readonly id: string; readonly version: number };
  readonly facts?: Readonly<Record<string, RecordedFact>>;
  /** State of the case after this event, as {@link stateName} writes it. */
  readonly state: string;
  /** Groups what belongs to one story across cases; the first command's id unless given. */
  readonly correlation: string;
  /** Id of the event that caused the command, where one did. */
  readonly causation?: string;
  /** W3C traceparent of the request. */
  readonly trace?: string;
  /** Version of the shape of `data` for this event type; older shapes are upcast when read. */
  readonly schema: number;
};

/** An event ready to be stored: the canonical texts are both what is written and what is hashed. */
export type SealedEvent = {
  /** UUID, derived from ledger, stream, command id and index. */
  readonly id: string;
  readonly stream: string;
  /** Place in its stream, counted from 0. */
  readonly revision: number;
  readonly type: string;
  /** RFC 8785 canonical JSON; personal fields are ciphertext in it. */
  readonly data: string;
  /** RFC 8785 canonical JSON of {@link EventMetadata}. */
  readonly metadata: string;
  /** RFC 6962 leaf hash of the canonical event, 32 bytes. */
  readonly leaf: Uint8Array;
};

/** An event as stored. `position` orders the whole ledger; it is opaque but for that order. */
export type RecordedEvent = {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: EventMetadata;
  readonly position: bigint;
};
