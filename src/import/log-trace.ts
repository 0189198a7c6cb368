import type { JsonObject } from '../domain/event.js';

/** One recorded step of a case in an event log. */
export type LogEvent = {
  /** What was done, in the log's own words (`concept:name`). */
  readonly activity: string;
  /** When it happened, ISO 8601 in UTC with milliseconds (`time:timestamp`). */
  readonly timestamp: string;
  /** Who did it (`org:resource`). */
  readonly resource?: string;
  /** Where in its life cycle the activity then was, such as `complete` (`lifecycle:transition`). */
  readonly transition?: string;
  /** Everything else the log says about the step, by the log's own names. */
  readonly attributes: JsonObject;
};

/** One case of an event log: its events in the log's own order, which need not be that of their timestamps. */
export type LogTrace = {
  /** What the log calls the case (`concept:name` of the trace). */
  readonly name: string;
  /** What the log says about the case as a whole, by the log's own names. */
  readonly attributes: JsonObject;
  readonly events: readonly LogEvent[];
  /**
   * Place of the first of `events` in its case, counted from 0; 0 unless given. A reader that cannot hold a whole case
   * yields it in pieces that run on from one another.
   */
  readonly startsAt?: number;
};
