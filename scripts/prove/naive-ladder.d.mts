export type NaiveNotice = {
  readonly id: string;
  /** The office date from whose start it counts. */
  readonly published: string;
  readonly off: readonly string[];
  readonly makeUp: readonly string[];
};

export type NaiveHappening = {
  /** ISO 8601 in UTC, never on a full hour. */
  readonly at: string;
  readonly what: 'anchored' | 'paused' | 'resumed' | 'extended' | 'met' | 'closed';
  /** An extension that was granted stands, whatever a later notice makes of the end. */
  readonly granted?: boolean;
};

export type NaiveRule = {
  readonly days: number;
  readonly warn: readonly number[];
  readonly over: readonly number[];
  readonly extension: { readonly max: number; readonly days: number };
  readonly onResume: 'remainder' | 'reset';
};

export type NaiveRung = { readonly key: string; readonly at: string };

/** @param closes close of business, milliseconds after midnight */
export function naiveLadder(
  rule: NaiveRule,
  happenings: readonly NaiveHappening[],
  notices: readonly NaiveNotice[],
  closes: number,
  end: string,
): { readonly rungs: readonly NaiveRung[]; heldAt(at: string): boolean };
