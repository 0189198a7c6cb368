import { benchLedger } from './setting.js';
import { EVENTS_PER_CASE, preparedCases, sendAll } from './workload.js';

// Started by the memory section: node many-commands.js LEDGER EVENTS
const [path, events] = process.argv.slice(2);
const CASES_AT_ONCE = 500;
const ledger = await benchLedger(path!);
for (let sent = 0; sent < Number(events); sent += CASES_AT_ONCE * EVENTS_PER_CASE) {
  await sendAll(ledger, preparedCases(CASES_AT_ONCE, sent), 64);
}
process.stdout.write(JSON.stringify({ rss: process.memoryUsage.rss() }));
await ledger.close();
