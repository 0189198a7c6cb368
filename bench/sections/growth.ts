import { join } from 'node:path';
import { type Measurement, measurement, median, rate } from '../measurement.js';
import { type BenchSetting, benchLedger, inFolder } from '../setting.js';
import { EVENTS_PER_CASE, preparedCases, sendAll } from '../workload.js';

const FEW_EVENTS = 10_000;
const CASES_AT_ONCE = 2_000;

/** The same work over a small ledger and over a large one: cost must not grow with what is stored. */
export async function growth(setting: BenchSetting): Promise<readonly Measurement[]> {
  return inFolder(setting, 'growth', async (folder) => {
    const small = await benchLedger(join(folder, 'small.ledger'));
    const large = await benchLedger(join(folder, 'large.ledger'));
    try {
      await fill(small, FEW_EVENTS, setting);
      await fill(large, setting.manyEvents, setting);
      const { rounds, casesPerRound } = setting;
      const few = Math.max(20, Math.round(casesPerRound / 12));
      const figures = { one: [] as number[], many: [] as number[], load: [] as number[] };
      for (let round = 0; round < rounds; round += 1) {
        setting.progress(`growth, round ${round + 1}`);
        figures.one.push((await sending(large, few, 1)) / (await sending(small, few, 1)));
        figures.many.push((await sending(large, casesPerRound, 64)) / (await sending(small, casesPerRound, 64)));
        figures.load.push((await loadingOne(large)) / (await loadingOne(small)));
      }
      const within = { atLeast: 0.8, atMost: 1.25 };
      const row = (name: string, ratios: readonly number[]) =>
        measurement({
          name,
          value: median(ratios),
          unit: `× (${setting.manyEvents} ÷ ${FEW_EVENTS} events stored)`,
          aim: within,
        });
      return [
        row('growth: one caller', figures.one),
        row('growth: 64 callers', figures.many),
        row('growth: loads of one case per second', figures.load),
      ];
    } finally {
      await small.close();
      await large.close();
    }
  });
}

type BenchLedger = Awaited<ReturnType<typeof benchLedger>>;

async function fill(ledger: BenchLedger, events: number, setting: BenchSetting): Promise<void> {
  for (let stored = 0; stored < events; stored += CASES_AT_ONCE * EVENTS_PER_CASE) {
    const cases = Math.min(CASES_AT_ONCE, Math.ceil((events - stored) / EVENTS_PER_CASE));
    await sendAll(ledger, preparedCases(cases, stored), 256);
    if (stored % (CASES_AT_ONCE * EVENTS_PER_CASE * 10) === 0) setting.progress(`filled ${stored} of ${events} events`);
  }
}

function sending(ledger: BenchLedger, cases: number, callers: number): Promise<number> {
  const prepared = preparedCases(cases);
  return rate(cases * EVENTS_PER_CASE, async () => {
    await sendAll(ledger, prepared, callers);
  });
}

async function loadingOne(ledger: BenchLedger): Promise<number> {
  const [first] = await ledger.store.readAll({ limit: 2 }).then((page) => page.slice(-1));
  const ref = { workflow: 'application', caseId: first!.stream.slice('application-'.length) };
  const loads = 500;
  return rate(loads, async () => {
    for (let load = 0; load < loads; load += 1) await ledger.load(ref);
  });
}
