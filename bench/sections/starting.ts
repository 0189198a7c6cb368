import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { post } from '../http-post.js';
import { type Measurement, measurement, median } from '../measurement.js';
import { servedProgram, servedToken } from '../served-program.js';
import { type BenchSetting, benchLedger, inFolder } from '../setting.js';
import { preparedCase } from '../workload.js';

const run = promisify(execFile);
const firstCommand = fileURLToPath(new URL('../first-command.js', import.meta.url));

/**
 * From starting the process to the first acknowledged command, beside starting a bare node: a program that embeds the
 * package, and `caseledger serve`, asked over HTTP by a client that is running already.
 */
export async function starting(setting: BenchSetting): Promise<readonly Measurement[]> {
  return inFolder(setting, 'starting', async (folder) => {
    const path = join(folder, 'county.ledger');
    await (await benchLedger(path)).close();
    const bare: number[] = [];
    const embedded: number[] = [];
    const served: number[] = [];
    const ratios = { embedded: [] as number[], served: [] as number[] };
    for (let round = 0; round < setting.rounds + 2; round += 1) {
      const node = await timed(['-e', '0']);
      const library = await timed([firstCommand, path]);
      const http = await timedOverHttp(path);
      // The first two rounds fill the file cache.
      if (round < 2 && setting.rounds > 1) continue;
      bare.push(node);
      embedded.push(library);
      served.push(http);
      ratios.embedded.push(library / node);
      ratios.served.push(http / node);
    }
    const against = { name: 'node -e 0', value: median(bare) };
    return [
      measurement({
        name: 'start to first command',
        value: median(embedded),
        unit: 'ms',
        against,
        ratio: median(ratios.embedded),
        aim: { atMost: 2.5 },
      }),
      measurement({
        name: 'start to first command over HTTP',
        value: median(served),
        unit: 'ms',
        against,
        ratio: median(ratios.served),
        aim: { atMost: 4.5 },
      }),
    ];
  });
}

async function timed(args: readonly string[]): Promise<number> {
  const start = performance.now();
  await run(process.execPath, args);
  return performance.now() - start;
}

async function timedOverHttp(path: string): Promise<number> {
  const { workflow, actor, caseId, commandId, events } = preparedCase(0).open;
  const token = await servedToken(actor);
  const start = performance.now();
  const program = await servedProgram(path);
  await post(`${program.url}/cases/${workflow}`, token, { caseId, commandId, events });
  const taken = performance.now() - start;
  await program.stop();
  return taken;
}
