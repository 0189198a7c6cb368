import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

/** One request as it came in. */
export type Arrival = {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the library takes its signature and timestamp. */
  readonly verified: boolean;
  /** Whether it was answered with 2xx. */
  readonly accepted: boolean;
};

/** How a request is answered: a status with headers, never, or by cutting the connection. */
export type Reaction = { readonly status: number; readonly headers?: Record<string, string> } | 'hang' | 'cut';

export type WebhookReceiver = {
  readonly url: string;
  readonly arrivals: Arrival[];
  /** Resolves once this many different messages were accepted. */
  accepted(count: number): Promise<void>;
  /** Resolves once this many requests have come, however they were answered. */
  arrived(count: number): Promise<void>;
  /** Stops listening and cuts every connection, as a receiver that is down. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
};

export const ACCEPT: Reaction = { status: 204 };

/** A receiver of webhooks on a real port, which answers as `react` says. Close it with `goDown`. */
export async function webhookReceiver(options: {
  readonly secret: string;
  readonly react?: (arrival: Omit<Arrival, 'accepted'>, nth: number) => Reaction;
}): Promise<WebhookReceiver> {
  const { secret, react = () => ACCEPT } = options;
  const webhook = new Webhook(secret);
  const arrivals: Arrival[] = [];
  const watchers = new Set<() => void>();
  let server: Server;
  let port = 0;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await text(req);
    const headers = req.headers as Record<string, string>;
    const seen = { id: headers['webhook-id']!, headers, body, verified: isGenuine(body, headers) };
    const reaction = react(seen, arrivals.length);
    const accepted = typeof reaction === 'object' && reaction.status >= 200 && reaction.status < 300;
    arrivals.push({ ...seen, accepted });
    if (reaction === 'cut') req.socket.destroy();
    else if (reaction !== 'hang') res.writeHead(reaction.status, reaction.headers).end();
    for (const look of watchers) look();
  }

  function isGenuine(body: string, headers: Record<string, string>): boolean {
    try {
      webhook.verify(body, headers);
      return true;
    } catch {
      return false;
    }
  }

  function when(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  }

  function comeBack(): Promise<void> {
    server = createServer((req, res) => {
      // A sender that is gone before its request was read has sent nothing.
      answer(req, res).catch(() => res.destroy());
    });
    return new Promise((resolve) => {
      server.listen(port, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  await comeBack();
  return {
    url: `http://127.0.0.1:${port}/alerts`,
    arrivals,
    accepted: (count) => when(() => new Set(arrivals.filter((one) => one.accepted).map(({ id }) => id)).size >= count),
    arrived: (count) => when(() => arrivals.length >= count),
    goDown: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    comeBack,
  };
}
