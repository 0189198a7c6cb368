import { join } from 'node:path';
import { followLedger } from '#caseledger/read-models.js';
import { type Measurement, measurement, median, rate } from '../measurement.js';
import { rawReader } from '../raw.js';
import { type BenchSetting, benchLedger, inFolder } from '../setting.js';
import { EVENTS_PER_CASE, preparedCases, sendAll } from '../workload.js';

const CALLERS = 64;

/** Sent commands with the read models running, beside the same with them stopped; and a rebuild of the case list, beside a scan. */
export async function readModels(setting: BenchSetting): Promise<readonly Measurement[]> {
  return inFolder(setting, 'read-models', async (folder) => {
    const path = join(folder, 'county.ledger');
    const ledger = await benchLedger(path);
    try {
      const { rounds, casesPerRound } = setting;
      const send = () => {
        const cases = preparedCases(casesPerRound);
        return rate(casesPerRound * EVENTS_PER_CASE, async () => {
          await sendAll(ledger, cases, CALLERS);
        });
      };
      await send();
      const views = join(folder, 'county.views');
      const running: number[] = [];
      const stopped: number[] = [];
      const ratios: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        setting.progress(`read models, round ${round + 1}`);
        stopped.push(await send());
        const models = await followLedger(ledger, { views, clock: ledger.clock });
        await models.projections.waitFor((await ledger.store.head())!, 600_000);
        running.push(await send());
        await models.projections.waitFor((await ledger.store.head())!, 600_000);
        await models.close();
        ratios.push(running.at(-1)! / stopped.at(-1)!);
      }
      return [
        measurement({
          name: 'read models running ÷ stopped, 64 callers',
          value: median(running),
          unit: 'commands/s',
          against: { name: 'read models stopped', value: median(stopped) },
          ratio: median(ratios),
          aim: { atLeast: 0.8 },
        }),
        ...(await rebuilding(setting, folder, path, ledger)),
      ];
    } finally {
      await ledger.close();
    }
  });
}

async function rebuilding(
  setting: BenchSetting,
  folder: string,
  path: string,
  ledger: Awaited<ReturnType<typeof benchLedger>>,
): Promise<readonly Measurement[]> {
  const models = await followLedger(ledger, { views: join(folder, 'rebuilt.views'), clock: ledger.clock });
  const { projections } = models;
  try {
    const caughtUp = async () => projections.waitFor((await ledger.store.head())!, 600_000);
    await caughtUp();
    const raw = rawReader(path);
    const rebuilt: number[] = [];
    const scanned: number[] = [];
    const ratios: number[] = [];
    for (let round = 0; round < setting.rounds; round += 1) {
      setting.progress(`rebuild, round ${round + 1}`);
      const events = raw.scan();
      scanned.push(await rate(events, () => void raw.scan()));
      rebuilt.push(await rate(events, () => projections.rebuild('case_list')));
      ratios.push(rebuilt.at(-1)! / scanned.at(-1)!);
    }

    // Counted while appends go on: what the rebuilt list holds must be what is stored.
    const before = preparedCases(Math.max(50, Math.round(setting.casesPerRound / 4)));
    await Promise.all([projections.rebuild('case_list'), sendAll(ledger, before, CALLERS)]);
    await caughtUp();
    const stored = raw.scan();
    const status = (await projections.status()).find(({ name }) => name === 'case_list');
    raw.close();
    return [
      measurement({
        name: 'rebuild of the case list ÷ scan',
        value: median(rebuilt),
        unit: 'events/s',
        against: { name: 'scan: all columns in order, data and metadata parsed', value: median(scanned) },
        ratio: median(ratios),
        aim: { atLeast: 0.8 },
      }),
      measurement({
        name: 'rebuilt under appends: counted − stored',
        value: (status?.events ?? 0) - stored,
        unit: 'events',
        aim: { atLeast: 0, atMost: 0 },
        notes: { counted: status?.events ?? 0, stored },
      }),
    ];
  } finally {
    await models.close();
  }
}
