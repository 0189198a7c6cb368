import { join } from 'node:path';
import { type Measurement, measurement, median, percentile } from '../measurement.js';
import { rawReader } from '../raw.js';
import { type BenchSetting, benchLedger, inFolder } from '../setting.js';
import { EVENTS_PER_CASE, preparedCases, sendAll } from '../workload.js';

/** Loading one case of eight events from the store, and deciding it again from the cache. */
export async function loading(setting: BenchSetting): Promise<readonly Measurement[]> {
  return inFolder(setting, 'loading', async (folder) => {
    const path = join(folder, 'county.ledger');
    const ledger = await benchLedger(path);
    const cases = preparedCases(setting.casesPerRound);
    await sendAll(ledger, cases, 64);
    const raw = rawReader(path);
    try {
      const refs = cases.map(({ open }) => ({ workflow: 'application', caseId: open.caseId! }));
      const cold: number[] = [];
      const read: number[] = [];
      const cached: number[] = [];
      for (let round = 0; round < setting.rounds; round += 1) {
        const ours: number[] = [];
        const others: number[] = [];
        for (const ref of refs) {
          const start = performance.now();
          await ledger.load(ref);
          const middle = performance.now();
          const events = raw.readStream(`application-${ref.caseId}`);
          const end = performance.now();
          if (events !== EVENTS_PER_CASE) throw new Error(`a case has ${events} events`);
          ours.push((middle - start) * 1_000);
          others.push((end - middle) * 1_000);
        }
        cold.push(percentile(ours, 0.5));
        read.push(percentile(others, 0.5));
        cached.push(cachedRead(ledger, refs.at(-1)!));
      }
      return [
        measurement({
          name: 'load 8 events cold: raw read + parse ÷ ours, p50',
          value: median(cold),
          unit: 'µs',
          against: { name: 'raw read + JSON.parse of the same events', value: median(read) },
          ratio: median(read.map((value, at) => value / cold[at]!)),
          aim: { atLeast: 0.8 },
        }),
        measurement({ name: 'load, cached', value: median(cached), unit: 'µs', aim: { atMost: 5 } }),
      ];
    } finally {
      raw.close();
      await ledger.close();
    }
  });
}

const CACHED_READS = 20_000;

function cachedRead(
  ledger: Awaited<ReturnType<typeof benchLedger>>,
  ref: { workflow: string; caseId: string },
): number {
  if (!ledger.known(ref)) throw new Error('the case is not cached');
  const start = performance.now();
  for (let read = 0; read < CACHED_READS; read += 1) ledger.known(ref);
  return ((performance.now() - start) * 1_000) / CACHED_READS;
}
