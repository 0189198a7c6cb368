import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { openDatabase } from '../../src/event-store/sqlite/sqlite-binding.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { caseledger, type Ran, type RunOptions } from './caseledger-process.js';

const STALL = ['--workflows', 'tests/cli/stall-permit.mjs'];
const clerk = ['--actor', 'clerk-7', '--role', 'stallClerk', '--region', '330921'];
const request = JSON.stringify({ region: '330921', applicant: { name: '陈雨', idNumber: '330921199001011234' } });

/** The one line on stderr: nothing else, and never a stack. */
function line({ stderr }: Ran): string {
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at /m);
  return stderr.trimEnd();
}

describe('a command line that cannot be understood', () => {
  it.each([
    [
      'an unknown option',
      ['show', 'stall-permit', 'A1', '--leger', 'x.sqlite'],
      "caseledger: unknown option '--leger' (Did you mean --ledger?)",
    ],
    ['an unknown command', ['sned'], "caseledger: unknown command 'sned' (Did you mean send?)"],
    ['a missing argument', ['show', 'stall-permit'], "caseledger: missing required argument 'case-id'"],
    [
      'no ledger',
      ['show', 'stall-permit', 'A1'],
      'caseledger: which ledger? name it with --ledger FILE or CASELEDGER_LEDGER',
    ],
    ['data that is no JSON', ['send', 'a', 'b', 'c.d', '--data', '{metres'], 'caseledger: --data is not JSON'],
    [
      'an event and --events',
      ['send', 'a', 'b', 'c.d', '--events', '[]'],
      'caseledger: name one event, or give several with --events',
    ],
    [
      'an instant that is none',
      ['show', 'a', 'b', '--as-of', 'yesterday'],
      "caseledger: option '--as-of <moment>' argument 'yesterday' is invalid.",
    ],
    [
      'a language nobody wrote',
      ['show', 'a', 'b', '--lang', 'fr'],
      "caseledger: option '--lang <language>' argument 'fr' is invalid.",
    ],
  ])('with %s ends with 2 and one line', async (_what, args, expected) => {
    const ran = await caseledger(args);

    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(line(ran)).toContain(expected);
  });

  it.each([
    ['PORT', 'eighty', 'PORT: must be a port number'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL: '],
    ['CASELEDGER_JWKS_URL', 'keys.json', 'CASELEDGER_JWKS_URL: must be an http or https URL'],
  ])('with %s=%s names the variable', async (name, value, expected) => {
    const ran = await caseledger(['check', '--ledger', 'x.sqlite'], { env: { [name]: value } });

    expect(ran.code).toBe(2);
    expect(line(ran)).toContain(expected);
  });
});

describe('what is not there', () => {
  const path = temporaryFolder();

  it('ends with 4: ledger, folder, data file, workflow module, log', async () => {
    const missing = [
      ['show', 'a', 'b', '--ledger', path('none.sqlite')],
      ['open', 'a', 'b.c', '--ledger', path('no/folder/x.sqlite')],
      ['open', 'a', 'b.c', '--ledger', path('x.sqlite'), '--data', `@${path('none.json')}`],
      ['check', '--ledger', path('none.sqlite'), '--workflows', path('none.mjs')],
      ['import', path('none.xes'), '--ledger', path('x.sqlite')],
    ];

    for (const args of missing) {
      const ran = await caseledger(args);
      expect([args[0], ran.code]).toEqual([args[0], 4]);
      expect(line(ran)).toMatch(/^caseledger: there is no (ledger|folder|file) /);
    }
    expect(existsSync(path('none.sqlite'))).toBe(false);
  });

  it('ends with 4: workflow and case', async () => {
    const ledger = ['--ledger', 'memory:', ...STALL];

    expect(line(await caseledger(['show', 'parking', 'A1', ...ledger]))).toContain('there is no workflow "parking"');
    const noCase = await caseledger(['show', 'stall-permit', 'A1', ...ledger]);
    expect(noCase.code).toBe(4);
    expect(line(noCase)).toBe('caseledger: there is no stall-permit case "A1"');
  });

  it('ends with 7 where this version has no adapter', async () => {
    const ran = await caseledger(['check', '--ledger', 'esdb://127.0.0.1:2113?tls=false']);

    expect(ran.code).toBe(7);
    expect(line(ran)).toBe('caseledger: esdb:// ledgers are not available in this version; use a SQLite file');
  });

  it('ends with 8 where a module exports no workflow', async () => {
    writeFileSync(path('empty.mjs'), 'export const nothing = 1;');
    writeFileSync(path('broken.mjs'), 'export const = 1;');

    expect(await caseledger(['check', '--ledger', 'memory:', '--workflows', path('empty.mjs')])).toMatchObject({
      code: 8,
    });
    expect(line(await caseledger(['check', '--ledger', 'memory:', '--workflows', path('broken.mjs')]))).toContain(
      'cannot be loaded',
    );
  });
});

describe('a command that cannot do what it was asked', () => {
  const path = temporaryFolder();

  it.each([
    ['a log that is not there', 4, (at: typeof path) => ['import', at('none.xes')]],
    ['a map that is not there', 4, (at: typeof path) => ['import', at('log.csv'), '--map', at('none.json')]],
    ['a time zone nobody has', 2, (at: typeof path) => ['import', at('log.csv'), '--time-zone', 'Nope/Zone']],
    ['nothing to part columns', 2, (at: typeof path) => ['import', at('log.csv'), '--delimiter', '']],
    ['a log without its columns', 8, (at: typeof path) => ['import', at('log.csv')]],
    ['a workflow nobody knows', 4, () => ['open', 'nosuch', 'x.y']],
    ['an event the workflow has not', 3, () => ['open', 'stall-permit', 'x.y', ...STALL]],
    ['a token of a ledger that is not there', 4, () => ['token', '--role', 'auditor']],
  ])('for %s leaves no file behind', async (_what, code, args) => {
    writeFileSync(path('log.csv'), 'a,b\n1,2\n');

    const ran = await caseledger([...args(path), '--ledger', path('l.sqlite')]);

    expect([ran.code, line(ran)]).toEqual([code, expect.not.stringContaining('unexpected')]);
    expect(readdirSync(path('.'))).toEqual(['log.csv']);
  });

  it('for a bench in no folder ends with 4', async () => {
    const ran = await caseledger(['bench', '--folder', path('none')]);

    expect(ran.code).toBe(4);
    expect(line(ran)).toContain('there is no folder');
  });
});

describe('a ledger that cannot be used', () => {
  const path = temporaryFolder();
  const opened = (options: RunOptions = {}) =>
    caseledger(
      [
        'open',
        'stall-permit',
        'permit.requested',
        '--case',
        'A1',
        '--ledger',
        path('l.sqlite'),
        ...STALL,
        ...clerk,
        '--data',
        request,
      ],
      options,
    );
  const shown = (options: RunOptions = {}) =>
    caseledger(['show', 'stall-permit', 'A1', '--ledger', path('l.sqlite'), ...STALL], options);

  it('because it is no database', async () => {
    writeFileSync(path('l.sqlite'), 'Dear Sir or Madam, '.repeat(100));
    writeFileSync(path('l.sqlite.master-key'), Buffer.alloc(32, 1).toString('base64'));

    const ran = await shown();

    expect(ran.code).toBe(5);
    expect(line(ran)).toContain('is not a ledger: it is not a database');
    expect(readFileSync(path('l.sqlite'), 'utf8')).toMatch(/^Dear Sir/);
  });

  it('because it is something else, which is said before any key is asked for', async () => {
    writeFileSync(path('letter.txt'), 'Dear Sir or Madam, '.repeat(100));
    const database = openDatabase(path('other.db'));
    database.exec('CREATE TABLE letters (id INTEGER PRIMARY KEY)');
    database.close();

    for (const [name, what] of [
      ['letter.txt', 'it is not a database'],
      ['other.db', 'it is a database of another program'],
    ] as const) {
      const ran = await caseledger(['check', '--ledger', path(name)]);
      expect(ran.code).toBe(5);
      expect(line(ran)).toBe(`caseledger: ${path(name)} is not a ledger: ${what}`);
    }
    expect(readdirSync(path('.')).sort()).toEqual(['letter.txt', 'other.db']);
  });

  it('because pages of it were written over: nothing waits for ever', async () => {
    const ledger = ['--ledger', path('l.sqlite')];
    await caseledger(['demo', ...ledger]);
    const pages = statSync(path('l.sqlite')).size / 4_096;
    const file = openSync(path('l.sqlite'), 'r+');
    writeSync(file, Buffer.alloc(Math.floor(pages / 2) * 4_096, 0xab), 0, undefined, Math.floor(pages / 2) * 4_096);
    closeSync(file);
    rmSync(path('l.sqlite.views'), { force: true });

    for (const args of [['check'], ['due'], ['rebuild', 'timeline']]) {
      const ran = await caseledger([...args, ...ledger]);
      expect([args[0], ran.code]).toEqual([args[0], 5]);
      expect(line(ran)).toContain('l.sqlite is damaged');
    }
  });

  it('because it was torn', async () => {
    await opened();
    truncateSync(path('l.sqlite'), 6_000);

    const ran = await shown();

    expect(ran.code).toBe(5);
    expect(line(ran)).toContain('l.sqlite is damaged');
  });

  it('because it is a folder', async () => {
    const ran = await caseledger(['check', '--ledger', path('.')]);

    expect(ran.code).toBe(5);
    expect(line(ran)).toContain('is a folder, not a ledger');
  });

  it('because its master key is gone: it is never given another one', async () => {
    await opened();
    rmSync(path('l.sqlite.master-key'));

    const ran = await shown();

    expect(ran.code).toBe(5);
    expect(line(ran)).toContain('exists but its master key does not');
    expect(existsSync(path('l.sqlite.master-key'))).toBe(false);
  });

  it('because the master key is another one, or none', async () => {
    await opened();

    const another = await shown({ env: { CASELEDGER_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') } });
    const none = await shown({ env: { CASELEDGER_MASTER_KEY: 'c2hvcnQ=' } });

    expect([another.code, none.code]).toEqual([5, 5]);
    expect(line(another)).toContain('it belongs to another master key');
    expect(line(none)).toContain('CASELEDGER_MASTER_KEY must hold 32 bytes in base64, it holds 5');
  });

  it('unlike one laid out just now, whose master key only its owner reads', async () => {
    expect(await opened()).toMatchObject({ code: 0, stderr: '' });

    expect(statSync(path('l.sqlite.master-key')).mode & 0o777).toBe(0o600);
    expect(statSync(path('l.sqlite.keys')).mode & 0o777).toBe(0o600);
    expect(await shown()).toMatchObject({ code: 0 });
  });
});

it('help and version end with 0', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

  expect(await caseledger(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  expect((await caseledger(['--help'])).stdout).toContain('Usage: caseledger');
});
