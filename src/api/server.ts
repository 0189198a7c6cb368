import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CaseApp } from './app.js';

export type ServerOptions = {
  readonly app: CaseApp;
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** How long requests under way may take once the server closes, milliseconds. */
  readonly graceMs?: number;
};

export type RunningServer = {
  readonly url: string;
  readonly port: number;
  /** Takes no more connections, ends the feeds, waits for requests under way, then cuts off whoever is left. Safe to call twice. */
  close(): Promise<void>;
};

const DEFAULT_GRACE_MS = 10_000;

/** Longer than the usual 60 s of a reverse proxy, so that it is the proxy that lets an idle connection go. */
const KEEP_ALIVE_MS = 65_000;

const SWEEP_MS = 50;

/** Listens for the app. @throws Error when the address cannot be had */
export async function startServer({
  app,
  host = '127.0.0.1',
  port,
  graceMs = DEFAULT_GRACE_MS,
}: ServerOptions): Promise<RunningServer> {
  const server = createServer(app);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  let closing: Promise<void> | undefined;

  async function shut(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const late = setTimeout(() => server.closeAllConnections(), graceMs);
    // A connection becomes idle when its answer is out, and would be kept alive.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    await app.endFeeds();
    await closed;
    clearInterval(sweep);
    clearTimeout(late);
  }

  return {
    url: `http://${name}:${address.port}`,
    port: address.port,
    close() {
      closing ??= shut();
      return closing;
    },
  };
}
