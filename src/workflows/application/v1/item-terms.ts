import type { JsonValue } from '../../../domain/event.js';

/** What an item is before the law: the Administrative Licensing Law's terms attach to licences only. */
export type ItemKind = 'licence' | 'confirmation' | 'publicService' | 'other';

/** What may stop a licence's clock (Administrative Licensing Law, art. 45). A site visit is not among them. */
export const SPECIAL_PROCEDURES = [
  'hearing',
  'tender',
  'auction',
  'inspection',
  'testing',
  'quarantine',
  'appraisal',
  'expertReview',
] as const;

export type SpecialProcedure = (typeof SPECIAL_PROCEDURES)[number];

/** A material of an item's guide, by its code and its name. */
export type RequiredMaterial = { readonly code: string; readonly en: string; readonly zh: string };

/** The limits of an item version, in working days. */
export type ItemTerms = {
  readonly kind: ItemKind;
  readonly promisedDays: number;
  /** The item's own law, where it has a term for the decision; a licence without one has the Licensing Law's. */
  readonly statutoryDays?: number;
  readonly extensionDays?: number;
  readonly deliveryDays?: number;
};

/** An item version as the catalogue answers when an application for it is received. */
export type ItemInForce = ItemTerms & {
  readonly id: string;
  readonly version: number;
  readonly department: string;
  /** What the applicant must hand in. */
  readonly required: readonly RequiredMaterial[];
  /** Codes of materials the state holds already and may not ask for. */
  readonly held: readonly string[];
  /** Special procedures the item's own law provides for. */
  readonly procedures: readonly SpecialProcedure[];
  /** Whether the applicant must come in person (art. 29): no agent may apply. */
  readonly inPerson: boolean;
};

/** The catalogue's answer for an item that is no longer taken. */
export type ItemWithdrawn = { readonly id: string; readonly withdrawn: true; readonly successor?: string };

/** The item in force, from the fact `item`; undefined where the catalogue has none or it was withdrawn. */
export function itemInForce(fact: JsonValue | undefined): ItemInForce | undefined {
  const item = fact as unknown as ItemInForce | ItemWithdrawn | null | undefined;
  return item && !('withdrawn' in item) ? item : undefined;
}

/** The item's limits, from the fact `item`. */
export function itemTerms(fact: JsonValue | undefined): ItemTerms | undefined {
  return (fact as unknown as ItemTerms | null | undefined) ?? undefined;
}
