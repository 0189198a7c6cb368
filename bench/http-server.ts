import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { benchService } from './http-service.js';
import { ACTORS } from './workload.js';

// Started by the HTTP section: node http-server.js LEDGER. Says where it listens, then answers each line of its input.
const service = await benchService(process.argv[2]!);
const tokens = Object.fromEntries(
  await Promise.all(ACTORS.map(async (actor) => [actor.id, await service.tokenFor(actor)] as const)),
);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

process.stdout.write(`${JSON.stringify({ url: service.url, tokens })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'delay') {
    process.stdout.write(`${JSON.stringify({ p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 })}\n`);
    delay.reset();
  } else if (line === 'stop') break;
}
await service.close();
process.exit(0);
