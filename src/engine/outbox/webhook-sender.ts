import { Webhook } from 'standardwebhooks';
import { retryAfterMs } from './retry-policy.js';
import { type AllowedHost, targetRefusal } from './webhook-target.js';

/** How long a receiver may take to answer, milliseconds. The specification of Standard Webhooks asks for 15 to 30 s. */
export const DEFAULT_TIMEOUT_MS = 20_000;

/** What is read of an answer, so that the connection can be used again; more than that is cut off. */
const ANSWER_BYTES = 65_536;

/** A message and where it goes. */
export type Delivery = {
  readonly id: string;
  readonly body: string;
  readonly trace: string | undefined;
  readonly url: string;
  /** Each signs the message. */
  readonly secrets: readonly string[];
};

/** How one attempt ended. `failure` names a status or a network error, and holds nothing the receiver said. */
export type Attempted =
  | { readonly kind: 'accepted'; readonly status: number }
  | {
      readonly kind: 'failed';
      readonly failure: string;
      readonly status?: number;
      /** How long the receiver wants to be left alone. */
      readonly retryAfterMs?: number;
    }
  /** The receiver wants nothing any more (410). */
  | { readonly kind: 'gone'; readonly failure: string; readonly status: number }
  /** Broken off by the caller. */
  | { readonly kind: 'aborted' };

export type WebhookSender = (delivery: Delivery, signal: AbortSignal) => Promise<Attempted>;

/**
 * Sends a message once, signed by Standard Webhooks (HMAC-SHA-256, `v1`). Accepted is what is answered with 2xx in time;
 * redirects are not followed. Never rejects.
 */
export function webhookSender(options: {
  readonly fetch: typeof globalThis.fetch;
  readonly allowed: readonly AllowedHost[];
  readonly clock: { now(): Date };
  readonly timeoutMs: number;
}): WebhookSender {
  const { fetch, allowed, clock, timeoutMs } = options;

  return async (delivery, signal) => {
    const { id, body, trace, url, secrets } = delivery;
    const refusal = targetRefusal(url, allowed);
    if (refusal !== undefined) return { kind: 'failed', failure: `not sent: ${refusal}` };
    const at = clock.now();
    const breakOff = new AbortController();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      breakOff.abort();
    }, timeoutMs);
    const stop = (): void => breakOff.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        signal: breakOff.signal,
        body,
        headers: {
          'content-type': 'application/cloudevents+json; charset=utf-8',
          'user-agent': 'caseledger',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
          'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
          ...(trace !== undefined && { traceparent: trace }),
        },
      });
      await readOff(response);
      return outcomeOf(response, clock.now().getTime());
    } catch (error) {
      if (late) return { kind: 'failed', failure: `no answer within ${timeoutMs} ms` };
      if (signal.aborted) return { kind: 'aborted' };
      return { kind: 'failed', failure: `network: ${networkCode(error)}` };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  };
}

/** Reads an answer to its end, so that its connection is free. Whatever goes wrong here does not undo its status. */
async function readOff({ body }: Response): Promise<void> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (let bytes = 0; bytes <= ANSWER_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.length;
    }
    await reader.cancel();
  } catch {
    // The status has arrived, and that is the answer.
  }
}

function outcomeOf({ status, headers }: Response, now: number): Attempted {
  if (status >= 200 && status < 300) return { kind: 'accepted', status };
  const failure = `HTTP ${status}`;
  if (status === 410) return { kind: 'gone', failure, status };
  const wait = status === 429 || status === 503 ? retryAfterMs(headers.get('retry-after'), now) : undefined;
  return { kind: 'failed', failure, status, ...(wait !== undefined && { retryAfterMs: wait }) };
}

/** Such as `ECONNREFUSED`; never the message, which may quote the address. */
function networkCode(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: unknown; name?: unknown }; name?: unknown };
  return String(cause?.code ?? cause?.name ?? name ?? 'unknown');
}
