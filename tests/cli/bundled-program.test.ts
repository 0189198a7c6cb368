import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { resolve } from 'node:path/posix';
import { caseledger, PROGRAM } from './caseledger-process.js';

const FOLDER = dirname(PROGRAM);
const COMPILED = join(FOLDER, '.compiled');
const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
const keepsCompiledCode = major > 22 || (major === 22 && minor >= 1);

const files = readdirSync(FOLDER).filter((name) => /\.js$/.test(name));

/** Packages whose code went into the bundle, as its source maps tell. */
function bundledPackages(): readonly string[] {
  const sources = files.flatMap((name) => {
    const map = JSON.parse(readFileSync(join(FOLDER, `${name}.map`), 'utf8')) as { readonly sources: string[] };
    return map.sources;
  });
  return [...new Set(sources.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []))].sort();
}

describe('the bundled program', () => {
  it('imports nothing but Node and its own files', () => {
    const imported = files.flatMap((name) =>
      [...readFileSync(join(FOLDER, name), 'utf8').matchAll(/^(?:import|export)\b[^;'"]*["']([^"']+)["'];$/gm)].map(
        ([, specifier]) => specifier!,
      ),
    );

    expect(imported.length).toBeGreaterThan(50);
    expect(imported.filter((one) => !isBuiltin(one) && !existsSync(resolve(FOLDER, one)))).toEqual([]);
  });

  it('carries the licence of every package in it', () => {
    const licences = readFileSync(join(FOLDER, 'LICENSES.txt'), 'utf8');
    const packages = bundledPackages();

    expect(packages).toEqual(expect.arrayContaining(['express', 'kysely', 'xstate', 'zod']));
    expect(packages.filter((name) => !new RegExp(`^${name} \\d`, 'm').test(licences))).toEqual([]);
  });

  it('leaves out what is never asked for: languages of zod, and tables of characters that are not UTF', () => {
    const maps = files.map((name) => readFileSync(join(FOLDER, `${name}.map`), 'utf8')).join('\n');

    expect(maps).toContain('zod/v4/locales/en.js');
    expect(maps).not.toContain('zod/v4/locales/de.js');
    expect(maps).not.toContain('iconv-lite/encodings/tables');
  });

  it('names the sources in a stack where it is asked to show one', async () => {
    const { stderr } = await caseledger(
      ['open', 'application', 'application.received', '--ledger', 'memory:', '--data', '{}', '--role', 'intake'],
      { env: { CASELEDGER_DEBUG: '1' } },
    );

    expect(stderr).toMatch(/at parseEventData \(.*src[\\/]domain[\\/]decide\.ts:\d+:\d+\)/);
  });

  it('knows the failures of the package that a workflow module imports', async () => {
    const ran = await caseledger(['check', '--ledger', 'memory:', '--workflows', 'tests/cli/invalid-permit.mjs']);

    expect({ code: ran.code, stderr: ran.stderr }).toEqual({
      code: 8,
      stderr: expect.stringMatching(/^caseledger: workflow "invalid-permit" is not valid: /),
    });
  });

  (keepsCompiledCode ? it : it.skip)('keeps what it compiled for the next start (Node 22.1 and later)', async () => {
    rmSync(COMPILED, { recursive: true, force: true });

    await caseledger(['--version']);

    expect(readdirSync(COMPILED, { recursive: true }).length).toBeGreaterThan(1);
  });

  it('starts all the same where what it compiled cannot be kept', async () => {
    const { code, stderr } = await caseledger(['--version'], { env: { NODE_COMPILE_CACHE: '/dev/null/nowhere' } });

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
