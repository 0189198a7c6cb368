import { z } from 'zod';
import type { AsOf } from '../engine/case-reading.js';
import { Instant, wholeNumber } from './query-values.js';

/** The moment a case is looked at: now, unless given. */
export const AsOfQuery = z.strictObject({
  revision: wholeNumber(0, 999_999_999).optional().meta({ description: 'As it was after this revision' }),
  at: Instant.optional().meta({ description: 'As it was at this instant' }),
  by: z.enum(['recorded', 'occurred']).optional().meta({
    description:
      'With `at`: what the ledger held then (`recorded`, the default), or how far the case had come then as told since (`occurred`)',
  }),
});

/** As an option for the ledger's reads. A revision goes before an instant. */
export function asOfOf({ revision, at, by }: z.output<typeof AsOfQuery>): { readonly asOf?: AsOf } {
  if (revision !== undefined) return { asOf: { revision } };
  if (at !== undefined) return { asOf: { instant: at, ...(by !== undefined && { by }) } };
  return {};
}
