import type { Response } from 'express';
import { z } from 'zod';
import type { Page } from '../../projections/page-cursor.js';
import { answerJson } from '../answer.js';

/** The schema of one page of a list. */
export const pageSchema = (item: z.ZodType) =>
  z.object({
    items: z.array(item),
    next: z.string().optional().meta({ description: 'Cursor of the next page; absent on the last' }),
  });

export const PAGE_HEADERS = { Link: 'The next page, `rel="next"` (RFC 8288); absent on the last' };

/** Without members that were not given. */
export function present<Fields extends object>(
  fields: Fields,
): { readonly [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** Answers with a page and the address of the next one. */
export function answerPage<Answer extends Page<unknown>>(
  res: Response,
  path: string,
  query: object,
  page: Answer,
): void {
  if (page.next !== undefined) {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...query, cursor: page.next })) {
      if (value !== undefined) parameters.set(name, String(value));
    }
    res.setHeader('Link', `<${path}?${parameters}>; rel="next"`);
  }
  answerJson(res, 200, page);
}
