import type { RequestHandler, Response } from 'express';
import type { Actor } from '../domain/access.js';
import { CaseError } from '../domain/case-error.js';
import { ApiError } from './api-failure.js';
import { contextOf } from './request-context.js';
import type { Caller, TokenVerifier } from './token.js';

/** `public`, any valid token, or a token with one of these roles. */
export type Access = 'public' | 'token' | { readonly roles: readonly string[] };

/** Somebody without a token: holds no role and reaches nothing. */
const NOBODY: Actor = { id: '', roles: [] };

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Finds out who is asking. What follows from it is the route's affair: see {@link authorise}. */
export function identify(verifier: TokenVerifier): RequestHandler {
  return (req, res, next) => {
    const context = contextOf(res);
    const header = req.headers.authorization;
    if (header === undefined) return next();
    const take = ({ actor, expiresAt }: Caller): void => {
      context.actor = actor;
      context.expiresAt = expiresAt;
      next();
    };
    const refuse = (error: unknown): void => {
      if (error instanceof ApiError) {
        context.refusal = error;
        next();
      } else next(error);
    };
    const token = BEARER.exec(header)?.[1];
    if (token === undefined) return refuse(new ApiError({ code: 'TOKEN_INVALID' }));
    let caller: Caller | Promise<Caller>;
    try {
      caller = verifier.verify(token);
    } catch (error) {
      return refuse(error);
    }
    if (caller instanceof Promise) caller.then(take, refuse);
    else take(caller);
  };
}

/**
 * The actor, where `access` lets it in.
 *
 * @throws ApiError `TOKEN_MISSING` · `TOKEN_INVALID` · `TOKEN_EXPIRED` · `TOKEN_KEYS_UNAVAILABLE`
 * @throws CaseError `ROLE_NOT_PERMITTED`
 */
export function authorise(res: Response, access: Access, what: string): Actor {
  const { actor, refusal } = contextOf(res);
  if (access === 'public') return actor ?? NOBODY;
  if (refusal) throw refusal;
  if (!actor) throw new ApiError({ code: 'TOKEN_MISSING' });
  if (access !== 'token' && !access.roles.some((role) => actor.roles.includes(role))) {
    throw new CaseError({ code: 'ROLE_NOT_PERMITTED', event: what, required: access.roles, held: actor.roles });
  }
  return actor;
}
