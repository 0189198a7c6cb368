import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Measurement, measurement } from '../measurement.js';
import { type BenchSetting, inFolder } from '../setting.js';

const run = promisify(execFile);
const manyCommands = fileURLToPath(new URL('../many-commands.js', import.meta.url));

const EVENTS = 100_000;

/** Resident memory of a process of its own after so many events, the engine alone. */
export async function memory(setting: BenchSetting): Promise<readonly Measurement[]> {
  return inFolder(setting, 'memory', async (folder) => {
    const events = Math.min(EVENTS, setting.manyEvents);
    const { stdout } = await run(process.execPath, [manyCommands, join(folder, 'county.ledger'), String(events)]);
    const { rss } = JSON.parse(stdout) as { rss: number };
    return [
      measurement({ name: `RSS after ${events} events`, value: rss / 2 ** 20, unit: 'MiB', aim: { atMost: 200 } }),
    ];
  });
}
