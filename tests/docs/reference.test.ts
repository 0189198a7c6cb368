import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EXIT } from '../../src/cli/exit-code.js';
import { readConfig } from '../../src/config.js';
import { BUILT_IN_EVENTS } from '../../src/domain/built-in-events.js';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import { canonicalEvent, sealEvent } from '../../src/domain/canonical-event.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { caseList } from '../../src/projections/case-list.js';
import { dueCases } from '../../src/projections/due-cases.js';
import { subjectCases } from '../../src/projections/subject-cases.js';
import { timeline } from '../../src/projections/timeline.js';
import { codeBlocks } from './pages.js';

const page = (name: string): string => readFileSync(`docs/reference/${name}.md`, 'utf8');

describe('the reference of the envelope', () => {
  const [json, canonical, leaf] = codeBlocks('docs/reference/envelope.md').map(({ text }) => text.trimEnd());

  it('has the canonical bytes and the leaf hash of its example', () => {
    const sealed = sealEvent(JSON.parse(json!));

    expect(canonicalEvent(sealed)).toBe(canonical);
    expect(Buffer.from(sealed.leaf).toString('hex')).toBe(leaf);
  });

  it('can be followed with nothing but SHA-256', () => {
    expect(createHash('sha256').update(`\0${canonical}`).digest('hex')).toBe(leaf);
  });
});

describe('the reference of the command line', () => {
  it('has every command and option, as the program knows them', () => {
    const made = execFileSync(process.execPath, ['--input-type=module'], {
      input: "import { cliPage } from './scripts/cli-doc.mjs'; process.stdout.write(cliPage());",
      encoding: 'utf8',
    });

    expect(page('cli')).toBe(made);
  });

  it('has every exit code', () => {
    const codes = [...page('cli').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));

    expect(codes).toEqual(Object.values(EXIT));
  });
});

it('the reference of the built-in events has each of them with its members', () => {
  for (const [type, { data }] of Object.entries(BUILT_IN_EVENTS)) {
    const section =
      page('built-in-events')
        .split(/^## /m)
        .find((one) => one.startsWith(`\`${type}\``)) ?? '';
    const rows = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|')[1]!);
    const named = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
    expect([type, named.sort()]).toEqual([type, Object.keys(data.shape).sort()]);
  }
});

describe('the reference of the configuration', () => {
  const documented = [...page('configuration').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name!);

  it('has every variable that the program reads', () => {
    const sources = ['src/config.ts', 'src/cli/run.ts', 'src/cli/terminal.ts']
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    const read = new Set(
      [...sources.matchAll(/\b(CASELEDGER_[A-Z_]+|HOST|PORT|LOG_LEVEL)\b/g)].map(([, name]) => name!),
    );

    expect([...documented].sort()).toEqual([...read].sort());
  });

  it('tells what holds where nothing is set', () => {
    const config = readConfig({});

    expect(config).toMatchObject({ host: '127.0.0.1', port: 3_000, trustProxy: 0, logLevel: 'info' });
    expect(page('configuration')).toContain(`| \`${config.host}\` |`);
    expect(page('configuration')).toContain(`| \`${config.port}\` |`);
  });
});

it('the reference of the projections has each of them with its tables', () => {
  const registry = workflowRegistry([]);
  const projections = [
    caseList(registry),
    timeline(registry),
    dueCases({ registry, calendar: chinaCalendar }),
    subjectCases,
  ];

  const rows = page('projections').split('\n');

  for (const { name, tables, tallies = [] } of projections) {
    const row = rows.find((one) => one.startsWith(`| \`${name}\` |`)) ?? '';
    const named = [...tables, ...tallies.map(({ table }) => table)].map((table) => table.name);
    expect([name, named.filter((table) => !row.includes(`\`${table}\``))]).toEqual([name, []]);
  }
});

it('every dependency has a line of why', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const explained = [...readFileSync('docs/decisions/dependencies.md', 'utf8').matchAll(/^\| `([^`]+)` \|/gm)].map(
    ([, name]) => name!,
  );

  expect(explained.sort()).toEqual(Object.keys(dependencies).sort());
});
