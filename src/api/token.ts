import {
  type CryptoKey,
  createRemoteJWKSet,
  errors,
  importJWK,
  type JWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Actor } from '../domain/access.js';
import type { Clock } from '../engine/clock.js';
import { ApiError } from './api-failure.js';

/** Who is asking, and until when that may be believed. */
export type Caller = {
  readonly actor: Actor;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
};

/** Takes a bearer token for whom it names. Answers at once for a token verified before. */
export type TokenVerifier = {
  /** @throws ApiError `TOKEN_INVALID` · `TOKEN_EXPIRED` · `TOKEN_KEYS_UNAVAILABLE` */
  verify(token: string): Caller | Promise<Caller>;
};

/** Where the key comes from that tokens are signed with. */
export type TokenKey =
  /** A secret shared with the issuer, at least 32 bytes (RFC 7518, 3.2). */
  | { readonly secret: string }
  /** A public key (or a symmetric one) as a JWK with its `alg`. */
  | { readonly jwk: JWK }
  /** The issuer's own key set. */
  | { readonly jwks: string };

export type TokenOptions = {
  readonly key: TokenKey;
  /** Signature algorithms taken; `HS256` with a secret, `EdDSA` and `ES256` otherwise, unless given. `none` never is. */
  readonly algorithms?: readonly string[];
  readonly issuer?: string;
  readonly audience?: string;
  readonly clock: Clock;
  /** Asked on every request, also for a token verified before, so that withdrawn rights count at once. */
  readonly stillAccepted?: (token: {
    readonly subject: string;
    readonly tokenId?: string;
    readonly issuedAt?: number;
  }) => boolean;
  /** Verified tokens remembered at most. */
  readonly remembered?: number;
};

/** How far the issuer's clock may differ, seconds. */
const CLOCK_TOLERANCE_S = 5;

/** RFC 7518, 3.2: a key of the size of the hash output or larger. */
const MIN_SECRET_BYTES = 32;

const DEFAULT_REMEMBERED = 10_000;

const MAX_TOKEN_CHARACTERS = 8_192;

const Claims = z.object({
  sub: z.string().min(1).max(200),
  exp: z.number(),
  jti: z.string().optional(),
  iat: z.number().optional(),
  roles: z.array(z.string().min(1).max(100)).max(50),
  department: z.string().min(1).max(200).optional(),
  region: z
    .string()
    .regex(/^\d{2,12}$/)
    .optional(),
  onBehalfOf: z.string().min(1).max(200).optional(),
});

type Remembered = Caller & { readonly subject: string; readonly tokenId?: string; readonly issuedAt?: number };

/**
 * Verifies JWTs: signature under one of the allowed algorithms, expiry, issuer and audience where they are set, and the
 * claims `sub`, `roles`, `department`, `region`, `onBehalfOf`.
 *
 * A verified token is remembered until it expires, so a key withdrawn at the issuer counts from then on; keep tokens
 * short-lived, or hand in `stillAccepted`.
 *
 * @throws RangeError when the secret is too short, or an algorithm does not fit the key
 */
export async function tokenVerifier(options: TokenOptions): Promise<TokenVerifier> {
  const { clock, issuer, audience, stillAccepted, remembered = DEFAULT_REMEMBERED } = options;
  const algorithms = [...(options.algorithms ?? defaultAlgorithms(options.key))];
  checkAlgorithms(options.key, algorithms);
  const key = await verificationKey(options.key, algorithms);
  const known = new LRUCache<string, Remembered>({ max: remembered });

  function accepted(caller: Remembered): Caller {
    if (clock.now().getTime() >= caller.expiresAt + CLOCK_TOLERANCE_S * 1_000)
      throw new ApiError({ code: 'TOKEN_EXPIRED' });
    if (stillAccepted && !stillAccepted(caller)) throw new ApiError({ code: 'TOKEN_INVALID' });
    return caller;
  }

  async function verifyNew(token: string): Promise<Caller> {
    const payload = await payloadOf(token);
    const claims = Claims.safeParse(payload);
    if (!claims.success) throw new ApiError({ code: 'TOKEN_INVALID' }, { cause: claims.error });
    const { sub, exp, jti, iat, roles, department, region, onBehalfOf } = claims.data;
    const caller: Remembered = {
      actor: {
        id: sub,
        roles,
        ...(department !== undefined && { department }),
        ...(region !== undefined && { region }),
        ...(onBehalfOf !== undefined && { onBehalfOf }),
      },
      expiresAt: exp * 1_000,
      subject: sub,
      ...(jti !== undefined && { tokenId: jti }),
      ...(iat !== undefined && { issuedAt: iat }),
    };
    known.set(token, caller);
    return accepted(caller);
  }

  async function payloadOf(token: string): Promise<JWTPayload> {
    try {
      const checks = {
        algorithms,
        currentDate: clock.now(),
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['sub', 'exp'],
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      };
      const verified =
        typeof key === 'function' ? await jwtVerify(token, key, checks) : await jwtVerify(token, key, checks);
      return verified.payload;
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) throw new ApiError({ code: 'TOKEN_EXPIRED' }, { cause });
      const outage = 'jwks' in options.key && !saysSomethingOfTheToken(cause);
      throw new ApiError({ code: outage ? 'TOKEN_KEYS_UNAVAILABLE' : 'TOKEN_INVALID' }, { cause });
    }
  }

  return {
    verify(token) {
      const before = known.get(token);
      if (before) return accepted(before);
      if (token.length > MAX_TOKEN_CHARACTERS) throw new ApiError({ code: 'TOKEN_INVALID' });
      return verifyNew(token);
    },
  };
}

/** Whether a failed verification is about the token; otherwise the issuer's key set could not be had. */
function saysSomethingOfTheToken(cause: unknown): boolean {
  return cause instanceof errors.JOSEError && cause.code !== 'ERR_JWKS_TIMEOUT' && cause.code !== 'ERR_JOSE_GENERIC';
}

export type MintOptions = {
  readonly secret: string;
  readonly clock: Clock;
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds the token is good for; an hour unless given. */
  readonly lifetimeSeconds?: number;
};

/** Makes a token for development and tests, signed with a shared secret (HS256). */
export async function mintToken(
  actor: Actor,
  { secret, clock, issuer, audience, lifetimeSeconds = 3_600 }: MintOptions,
): Promise<string> {
  const now = Math.floor(clock.now().getTime() / 1_000);
  const { id, roles, department, region, onBehalfOf } = actor;
  const jwt = new SignJWT({
    roles: [...roles],
    ...(department !== undefined && { department }),
    ...(region !== undefined && { region }),
    ...(onBehalfOf !== undefined && { onBehalfOf }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(id)
    .setIssuedAt(now)
    .setExpirationTime(now + lifetimeSeconds);
  if (issuer !== undefined) jwt.setIssuer(issuer);
  if (audience !== undefined) jwt.setAudience(audience);
  return jwt.sign(secretBytes(secret));
}

function defaultAlgorithms(key: TokenKey): readonly string[] {
  if ('secret' in key) return ['HS256'];
  if ('jwk' in key && key.jwk.alg !== undefined) return [key.jwk.alg];
  return ['EdDSA', 'ES256'];
}

/** A public key must never serve as a shared secret, nor the other way about. */
function checkAlgorithms(key: TokenKey, algorithms: readonly string[]): void {
  if (algorithms.length === 0) throw new RangeError('no signature algorithm is allowed');
  const symmetric = 'secret' in key || ('jwk' in key && key.jwk.kty === 'oct');
  for (const algorithm of algorithms) {
    if (algorithm === 'none' || algorithm.startsWith('HS') !== symmetric) {
      throw new RangeError(`the algorithm ${algorithm} does not fit the key tokens are verified with`);
    }
  }
}

async function verificationKey(
  key: TokenKey,
  algorithms: readonly string[],
): Promise<Uint8Array | CryptoKey | JWTVerifyGetKey> {
  if ('secret' in key) return secretBytes(key.secret);
  if ('jwk' in key) return importJWK(key.jwk, algorithms[0]);
  return createRemoteJWKSet(new URL(key.jwks));
}

function secretBytes(secret: string): Uint8Array {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < MIN_SECRET_BYTES)
    throw new RangeError(`the token secret must have at least ${MIN_SECRET_BYTES} bytes`);
  return bytes;
}
