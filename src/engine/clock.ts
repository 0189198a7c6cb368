/** The instant it is. Handed in wherever time matters, so that all of it can be simulated. */
export type Clock = { now(): Date };

/** The machine's own clock. */
export const systemClock: Clock = { now: () => new Date() };

/** Makes identifiers: UUIDs in time order (RFC 9562, version 7). */
export type Ids = { next(): string };
