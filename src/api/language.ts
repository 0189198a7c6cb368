import type { Request } from 'express';
import { z } from 'zod';
import type { Title } from '../domain/title.js';

/** A language people read here. */
export const Language = z.enum(['en', 'zh']);

/** The language asked for in the query, else the one the client prefers, else English. */
export function languageOf(req: Request, asked: keyof Title | undefined): keyof Title {
  if (asked !== undefined) return asked;
  return req.acceptsLanguages(['en', 'zh']) === 'zh' ? 'zh' : 'en';
}
