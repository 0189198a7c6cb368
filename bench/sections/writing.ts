import { join } from 'node:path';
import { inTurns, type Measurement, measurement, median, percentile, rate } from '../measurement.js';
import { fullRows, rawWriter } from '../raw.js';
import { type BenchSetting, benchLedger, inFolder } from '../setting.js';
import { EVENTS_PER_CASE, preparedCases, sendAll } from '../workload.js';

const CALLERS = 64;

/** Sent commands beside raw inserts of the same rows: one caller, and 64. */
export async function writing(setting: BenchSetting): Promise<readonly Measurement[]> {
  return inFolder(setting, 'writing', async (folder) => {
    const path = join(folder, 'county.ledger');
    const ledger = await benchLedger(path);
    const raw = rawWriter(join(folder, 'raw.sqlite'));
    try {
      const { rounds, casesPerRound } = setting;
      const few = Math.max(20, Math.round(casesPerRound / 12));
      await sendAll(ledger, preparedCases(casesPerRound), CALLERS);
      const rows = fullRows(path, casesPerRound * EVENTS_PER_CASE);
      raw.writeFull(rows, CALLERS);
      const fewRows = rows.slice(-few * EVENTS_PER_CASE);

      setting.progress('one caller');
      const latenciesOfOne: number[] = [];
      const one = await inTurns(
        rounds,
        async () => {
          const cases = preparedCases(few);
          return rate(few * EVENTS_PER_CASE, async () => {
            latenciesOfOne.push(percentile([...(await sendAll(ledger, cases, 1))], 0.99));
          });
        },
        () => rate(fewRows.length, () => raw.writeFull(fewRows, 1)),
      );

      setting.progress('64 callers');
      const latencies: number[] = [];
      const many = await inTurns(
        rounds,
        async () => {
          const cases = preparedCases(casesPerRound);
          return rate(casesPerRound * EVENTS_PER_CASE, async () => {
            latencies.push(percentile([...(await sendAll(ledger, cases, CALLERS))], 0.99));
          });
        },
        () => rate(rows.length, () => raw.writeFull(rows, CALLERS)),
      );

      const bare1 = await rate(fewRows.length, () => raw.writeBare(fewRows.length, 1));
      const bare64 = await rate(rows.length, () => raw.writeBare(rows.length, CALLERS));
      const raw1000 = await rate(rows.length, () => raw.writeFull(rows, 1_000));
      const bare1000 = await rate(rows.length, () => raw.writeBare(rows.length, 1_000));
      return [
        measurement({
          name: 'one caller ÷ raw1',
          value: one.ours,
          unit: 'commands/s',
          against: { name: 'full rows, one per commit', value: one.other },
          ratio: one.ratio,
          aim: { atLeast: 0.75 },
          notes: { p99Ms: median(latenciesOfOne), bareRows: bare1 },
        }),
        measurement({
          name: '64 callers ÷ raw64',
          value: many.ours,
          unit: 'commands/s',
          against: { name: 'full rows, 64 per commit', value: many.other },
          ratio: many.ratio,
          aim: { atLeast: 0.4 },
          notes: { bareRows: bare64, raw1000, bareRows1000: bare1000 },
        }),
        measurement({ name: '64 callers, p99', value: median(latencies), unit: 'ms', aim: { atMost: 12 } }),
      ];
    } finally {
      raw.close();
      await ledger.close();
    }
  });
}
