import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Measurement } from './measurement.js';
import { growth } from './sections/growth.js';
import { http } from './sections/http.js';
import { loading } from './sections/loading.js';
import { memory } from './sections/memory.js';
import { readModels } from './sections/read-models.js';
import { starting } from './sections/starting.js';
import { writing } from './sections/writing.js';
import type { BenchSetting } from './setting.js';

const SECTIONS: Readonly<Record<string, (setting: BenchSetting) => Promise<readonly Measurement[]>>> = {
  writing,
  'read-models': readModels,
  loading,
  http,
  starting,
  memory,
  growth,
};

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    folder: { type: 'string', default: 'build' },
  },
});

const setting: BenchSetting = {
  folder: values.folder,
  rounds: values.quick ? 1 : Number(values.rounds),
  casesPerRound: values.quick ? 200 : 1_500,
  manyEvents: values.quick ? 20_000 : 1_000_000,
  progress: (text) => process.stderr.write(`${text}\n`),
};
mkdirSync(setting.folder, { recursive: true });

const rows: Measurement[] = [];
for (const [name, section] of Object.entries(SECTIONS)) {
  if (values.only && !values.only.includes(name)) continue;
  setting.progress(`— ${name}`);
  rows.push(...(await section(setting)));
}

if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ node: process.version, arch: process.arch, rounds: setting.rounds, rows }, null, 2)}\n`,
  );
} else {
  for (const row of rows) process.stdout.write(`${line(row)}\n`);
}

function line({ name, value, unit, against, ratio, aim, reached }: Measurement): string {
  const figure = (number: number) => (number >= 100 ? Math.round(number).toLocaleString('en') : number.toPrecision(3));
  const parts = [`${name}: ${figure(value)} ${unit}`];
  if (against) parts.push(`against ${figure(against.value)} (${against.name})`);
  if (ratio !== undefined) parts.push(`ratio ${ratio.toFixed(2)}`);
  if (aim)
    parts.push(
      `aim ${aim.atLeast !== undefined ? `≥ ${aim.atLeast}` : `≤ ${aim.atMost}`}: ${reached ? 'reached' : 'missed'}`,
    );
  return parts.join(' · ');
}
