import type { Title } from '../../domain/title.js';
import type { ItemKind, SpecialProcedure } from '../application/v1/item-terms.js';

/** One material of an item's guide (办事指南). */
export type CatalogueMaterial = {
  readonly code: string;
  readonly title: Title;
  /** `applicant` hands it in; the state `holds` it (数据共享) and may not ask for it. */
  readonly from: 'applicant' | 'held';
  readonly required: boolean;
};

/** One version of an item of the catalogue (事项). Limits are in working days. */
export type CatalogueItem = {
  readonly id: string;
  /** Counts from 1. */
  readonly version: number;
  readonly title: Title;
  readonly kind: ItemKind;
  readonly department: string;
  /** The law or rule it rests on. */
  readonly basis: string;
  /** First day on which it is in force, in China's time; from the beginning unless given. */
  readonly from?: string;
  readonly promisedDays: number;
  /** Where the item's own law has a term for deciding; licences without one have the Licensing Law's. */
  readonly statutoryDays?: number;
  readonly extensionDays?: number;
  readonly deliveryDays?: number;
  readonly materials: readonly CatalogueMaterial[];
  readonly procedures?: readonly SpecialProcedure[];
  /** The applicant must come in person (art. 29). */
  readonly inPerson?: boolean;
  /** From this version on the item is no longer taken; `successor` is applied for instead. */
  readonly withdrawn?: { readonly successor?: string };
};
