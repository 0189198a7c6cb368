import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Measurement, measurement } from '../measurement.js';
import { type BenchSetting, inFolder } from '../setting.js';

const run = promisify(execFile);
const manyCommands = fileURLToPath(new URL('../many-commands.js', import.meta.url));

const EVENTS = 100_000;

/** What docs/how-to/embed.md advises: Node 24 otherwise keeps a hundred megabytes more for values that die young. */
const SEMI_SPACE = '--max-semi-space-size=16';

/** Resident memory of a process of its own after so many events, the engine alone; with the flag that is advised and without. */
export async function memory(setting: BenchSetting): Promise<readonly Measurement[]> {
  return inFolder(setting, 'memory', async (folder) => {
    const events = Math.min(EVENTS, setting.manyEvents);
    const after = async (flags: readonly string[]): Promise<number> => {
      const path = join(folder, `county-${flags.length}.ledger`);
      const { stdout } = await run(process.execPath, [...flags, manyCommands, path, String(events)]);
      return (JSON.parse(stdout) as { rss: number }).rss / 2 ** 20;
    };
    return [
      measurement({
        name: `RSS after ${events} events, ${SEMI_SPACE}`,
        value: await after([SEMI_SPACE]),
        unit: 'MiB',
        aim: { atMost: 200 },
      }),
      measurement({ name: `RSS after ${events} events, no flags`, value: await after([]), unit: 'MiB' }),
    ];
  });
}
