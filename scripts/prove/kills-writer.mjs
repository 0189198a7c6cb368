// kills-writer.mjs <options as JSON>: the process that is killed. Its callers send one command after the other and report
// each acknowledgement, written through to the parent, before they send the next.
import { writeSync } from 'node:fs';
import { commandOf, workloadModule } from './kills-commands.mjs';

const STDOUT = 1;
/** @type {{ path: string, through: string, seed: number, writer: number, walCheckpointPages: number, from: number[], most: number }} */
const { path, through, seed, writer, walCheckpointPages, from, most } = JSON.parse(process.argv[2]);
const { openWorkload } = await workloadModule(through);
const workload = await openWorkload({ path, walCheckpointPages });

await Promise.all(
  from.map(async (first, caller) => {
    for (let number = first; number < first + most; number += 1) {
      const command = commandOf(seed, writer, caller, number);
      const { stream, revision } = await workload.send(command);
      writeSync(STDOUT, `${caller} ${command.id} ${stream} ${revision}\n`);
    }
  }),
);
await workload.close();
