#!/usr/bin/env node
/**
 * Bundles the command line, with the packages it rests on, into a few files under `dist/program`: a server then reads
 * some thirty files where it would read a thousand. Part of `npm run build`; see docs/decisions/bundled-program.md.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist', 'program');

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  outdir: folder,
  write: false,
  metafile: true,
  // Both forms of it are asked for, and one in the process is enough.
  alias: { '@opentelemetry/api': fileURLToPath(import.meta.resolve('@opentelemetry/api')) },
  logLevel: 'warning',
};

/** `import { z }` holds on to all of zod, its forty languages too; of `import * as z` only what is used stays. */
const zodByName = {
  name: 'zod-by-name',
  setup(building) {
    building.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace("import { z } from 'zod';", "import * as z from 'zod';"),
      loader: 'ts',
    }));
  },
};

/** Half a megabyte of character tables that no body in UTF-8 asks for stays outside; other tables are read faster as JSON than as a program. */
const tables = {
  name: 'tables',
  setup(building) {
    building.onLoad({ filter: /[\\/]node_modules[\\/].*\.json$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8');
      return /[\\/]iconv-lite[\\/]encodings[\\/]tables[\\/]/.test(path)
        ? { contents, loader: 'copy' }
        : {
            contents: `module.exports = JSON.parse(${JSON.stringify(JSON.stringify(JSON.parse(contents)))})`,
            loader: 'js',
          };
    });
  },
};

/**
 * Modules that are imported when a command needs them, by what they are needed for. Whoever imports one gets its whole
 * group: were each a file of its own, what they share would fall into dozens of small ones.
 */
const GROUPS = {
  engine: [
    'src/ledger.ts',
    'src/workflows/index.ts',
    'src/domain/working-calendar.ts',
    'src/domain/calendars/cn.ts',
    'src/import/import-log.ts',
    'src/import/log-map.ts',
  ],
  views: ['src/read-models.ts', 'src/cli/followed-ledger.ts', 'src/engine-thread/ledger-readers.ts'],
  http: ['src/main.ts', 'src/api/token.ts'],
  logs: ['src/import/log-reader.ts', 'src/import/xes-reader.ts', 'src/import/csv-reader.ts'],
};

const togetherByNeed = {
  name: 'together-by-need',
  setup(building) {
    building.onResolve({ filter: /^\.\.?\// }, ({ path, kind, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const file = relative(root, join(resolveDir, path)).replace(/\.js$/, '.ts');
      const group = Object.keys(GROUPS).find((name) => GROUPS[name].includes(file));
      return group === undefined ? undefined : { path: group, namespace: 'group' };
    });
    building.onLoad({ filter: /.*/, namespace: 'group' }, ({ path }) => ({
      contents: GROUPS[path].map((file) => `export * from './${file}';`).join('\n'),
      resolveDir: root,
    }));
  },
};

/** The process's two threads share no memory and no modules, so what one needs does not split the other's files. */
const threads = [['src/cli/main.ts'], ['src/engine-thread/engine-thread-worker.ts', 'src/cli/ledger-opener.ts']];
const bundles = await Promise.all(
  threads.map((entryPoints) =>
    build({
      ...shared,
      entryPoints,
      entryNames: '[name]',
      format: 'esm',
      splitting: true,
      // Packages written as CommonJS ask for Node's own modules by `require`.
      banner: {
        js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
      },
      plugins: [togetherByNeed, zodByName, tables],
    }),
  ),
);

const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs));
const files = bundles
  .flatMap(({ outputFiles }) => outputFiles)
  .concat({ path: join(folder, 'LICENSES.txt'), contents: licences() });
mkdirSync(folder, { recursive: true });
for (const { path, contents } of files) writeFileSync(path, contents);
// Last, so that a program that is running finds the files it was made of for as long as it can.
const written = new Set(files.map(({ path }) => basename(path)));
for (const name of readdirSync(folder)) if (!written.has(name)) rmSync(join(folder, name), { recursive: true });

/** The licences of all that is in the bundle, as their packages state them. */
function licences() {
  const packages = new Set(inputs.flatMap((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []));
  const entries = [...packages].map((at) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(root, at, 'package.json'), 'utf8'));
    const by = typeof author === 'object' ? author.name : author;
    const texts = readdirSync(join(root, at)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
    const text = texts.map((file) => readFileSync(join(root, at, file), 'utf8').trim()).join('\n\n');
    return { name, text: `${name} ${version} (${license})\n\n${text || `Copyright ${by}`}` };
  });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ text }) => text)
    .join(`\n\n${'-'.repeat(80)}\n\n`);
}
