import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

/** Which rooms of `src` each room may import, besides itself. Whoever is not here may import nothing of ours. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  workflows: ['domain'],
  'event-store': ['domain'],
  'read-store': ['domain'],
  engine: ['domain', 'event-store', 'read-store'],
  projections: ['domain', 'read-store', 'event-store'],
  audit: ['domain', 'event-store', 'read-store'],
  import: ['domain', 'event-store', 'engine'],
  testing: ['domain', 'event-store'],
  'ledger.ts': ['domain', 'event-store', 'engine'],
  // Opens cases of one workflow from what the read models say: knows both, and nothing of how they are served.
  screening: ['domain', 'event-store', 'engine', 'projections', 'workflows', 'ledger.ts'],
  api: ['domain', 'event-store', 'read-store', 'engine', 'projections', 'audit', 'ledger.ts'],
  'engine-thread': [
    'domain',
    'event-store',
    'read-store',
    'engine',
    'projections',
    'api',
    'ledger.ts',
    'read-models.ts',
  ],
  'read-models.ts': ['domain', 'engine', 'read-store', 'projections', 'screening', 'ledger.ts'],
  'config.ts': [],
  'main.ts': ['*'],
  'index.ts': ['*'],
  cli: ['*'],
};

/** Single files that look further than their room may, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  // One place knows how SQLite is loaded and let go of, whatever is kept in it.
  'read-store': [
    'event-store/sqlite/ledger-file.ts',
    'event-store/sqlite/sqlite-binding.ts',
    'event-store/sqlite/sqlite-failure.ts',
  ],
};

/** Packages the meaning of cases may rest on: pure, without clock, files or network. */
const DOMAIN_PACKAGES = new Set(['xstate', 'zod', 'canonicalize', 'temporal-polyfill', 'acorn', 'uuid', 'node:crypto']);

const IMPORT = /^\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?\s*'([^']+)'/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*'([^']+)'\s*\)/g;

const files = filesUnder('src').filter((file) => file.endsWith('.ts'));
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
const imports = new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]));

describe('the rooms of src', () => {
  it('all stand in the table', () => {
    const unknown = files.map(roomOf).filter((room) => !Object.hasOwn(MAY_IMPORT, room));

    expect([...new Set(unknown)]).toEqual([]);
  });

  it('look one way only', () => {
    const trespasses = [...imports].flatMap(([file, { own }]) =>
      own.filter((target) => !mayImport(roomOf(file), target)).map((target) => `${file} imports ${target}`),
    );

    expect(trespasses).toEqual([]);
  });

  it('have no cycle among their files', () => {
    expect(cycles()).toEqual([]);
  });

  it('import only files that exist', () => {
    const missing = [...imports].flatMap(([file, { own }]) =>
      own.filter((target) => !sources.has(target)).map((target) => `${file}: ${target}`),
    );

    expect(missing).toEqual([]);
  });
});

describe('the domain', () => {
  it('rests on small pure packages only', () => {
    const foreign = [...imports]
      .filter(([file]) => roomOf(file) === 'domain')
      .flatMap(([file, { packages }]) =>
        packages.filter((name) => !DOMAIN_PACKAGES.has(name)).map((name) => `${file}: ${name}`),
      );

    expect(foreign).toEqual([]);
  });

  it.each(['Date.now(', 'Math.random(', 'randomUUID(', 'new Date()', 'setTimeout(', 'process.env'])(
    'never calls %s',
    (word) => {
      const found = files.filter(
        (file) => roomOf(file) === 'domain' && withoutPatterns(sources.get(file)!).includes(word),
      );

      expect(found).toEqual([]);
    },
  );
});

describe('every source file', () => {
  it('is named for what it holds', () => {
    const vague = files.filter((file) => /(^|[/-])(utils?|helpers?|managers?|common|misc)([-.]|\/)/.test(file));

    expect(vague).toEqual([]);
  });

  it('exports by name', () => {
    expect(files.filter((file) => /^\s*export\s+\*/m.test(sources.get(file)!))).toEqual([]);
  });
});

it('no file of the project holds a path of one machine', () => {
  const everywhere = ['src', 'tests', 'examples', 'docs', 'bench', 'scripts', '.ci'].flatMap(filesUnder);
  const machinePath = /(^|[\s'"`(=])\/(work|home|root|Users|tmp)\/[\w.-]+/m;

  expect(everywhere.filter((file) => machinePath.test(readFileSync(file, 'utf8')))).toEqual([]);
});

function filesUnder(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative('.', join(entry.parentPath, entry.name)).split(sep).join('/'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The folder below `src`, or the file itself where it lies there. */
function roomOf(file: string): string {
  return file.split('/')[1] ?? file;
}

function importsOf(
  file: string,
  text: string,
): { readonly own: readonly string[]; readonly packages: readonly string[] } {
  const specifiers = [...text.matchAll(IMPORT), ...text.matchAll(DYNAMIC_IMPORT)].map(([, specifier]) => specifier!);
  const own = specifiers
    .filter((one) => one.startsWith('.'))
    .map((one) => posix.join(dirname(file), one).replace(/\.js$/, '.ts'));
  const packages = specifiers.filter((one) => !one.startsWith('.')).map(packageOf);
  return { own, packages };
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function mayImport(room: string, target: string): boolean {
  const targetRoom = roomOf(target);
  const allowed = MAY_IMPORT[room] ?? [];
  if (targetRoom === room || allowed.includes('*') || allowed.includes(targetRoom)) return true;
  return (EXCEPTIONS[room] ?? []).includes(target.replace(/^src\//, ''));
}

/** Every way round that comes back to where it began, each once. */
function cycles(): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file);
    if (start >= 0) {
      found.push([...way.slice(start), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const target of imports.get(file)?.own ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return found;
}

/** Source without comments and regular expressions, which may name what they look for. */
function withoutPatterns(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\/(?![/*\s])(?:\\.|[^/\n\\])+\/[gimsuy]*[,;.)]/g, '');
}
