import { createHash } from 'node:crypto';
import { CaseError } from '../domain/case-error.js';

/** The most rows a page holds. */
export const MAX_PAGE = 200;

/** How many rows a page holds unless asked otherwise. */
export const DEFAULT_PAGE = 50;

export type PageRequest = {
  /** 1 to {@link MAX_PAGE}, {@link DEFAULT_PAGE} unless given. */
  readonly limit?: number;
  /** Where the page before this one ended, as it said in `next`. */
  readonly cursor?: string;
};

export type Page<Item> = {
  readonly items: readonly Item[];
  /** The cursor of the next page; absent on the last. */
  readonly next?: string;
};

type CursorValue = string | number;

/** Marks one list under one filter and order, so that its cursors are not taken for another's. */
export function listMark(list: unknown): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 8);
}

export function writeCursor(mark: string, after: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify([mark, ...after])).toString('base64url');
}

/**
 * The sort key of the last row seen, or undefined without a cursor.
 *
 * @throws CaseError `CURSOR_INVALID` when the cursor is of another list, filter or order
 */
export function readCursor(
  mark: string,
  types: readonly ('string' | 'number')[],
  cursor: string | undefined,
): readonly CursorValue[] | undefined {
  if (cursor === undefined) return undefined;
  try {
    const [found, ...after] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (
      found === mark &&
      after.length === types.length &&
      after.every((value, index) => typeof value === types[index])
    ) {
      return after as CursorValue[];
    }
  } catch {
    // Whatever it is, it is no cursor; said below.
  }
  throw new CaseError({ code: 'CURSOR_INVALID', cursor: cursor.slice(0, 200) });
}

/** The rows of one page, out of one row more than fits. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
  cursor: (last: Row) => string,
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map(item), ...(rows.length > limit && last !== undefined && { next: cursor(last) }) };
}

export function pageLimit({ limit = DEFAULT_PAGE }: PageRequest): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return limit;
  const issues = [{ path: 'limit', code: 'custom', message: `a page holds 1 to ${MAX_PAGE} rows` }];
  throw new CaseError({ code: 'COMMAND_INVALID', issues });
}
