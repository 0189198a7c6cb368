import { z } from 'zod';

/** A whole number in a query or path, from `min` to `max`. */
export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .meta({ override: { type: 'integer', minimum: min, maximum: max, pattern: undefined } });
}

/** An instant: ISO 8601 with a zone. */
export const Instant = z.iso.datetime({ offset: true }).meta({ example: '2026-03-06T09:00:00+08:00' });
