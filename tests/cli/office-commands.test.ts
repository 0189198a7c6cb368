import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/event-store/sqlite/sqlite-binding.js';
import { caseledger, type Ran } from './caseledger-process.js';

/** One demo ledger, read by every test below; what they add concerns cases of their own. */
describe('an office on the command line', () => {
  let folder: string;
  let ledger: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'caseledger-'));
    ledger = join(folder, 'office.sqlite');
    const laidOut = await caseledger(['demo', '--ledger', ledger, '--json']);
    expect(laidOut.json).toMatchObject({ new: true, cases: 39, events: 150 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...args: readonly string[]): Promise<Ran> => caseledger([...args, '--ledger', ledger, '--json']);

  it('lists what is overdue, earliest due first', async () => {
    const { json } = await run('due', '--standing', 'overdue');
    const dates = json.items.map(({ dueAt }: { dueAt: string }) => dueAt);

    expect(json.items.length).toBeGreaterThan(3);
    expect(json.items.every(({ standing }: { standing: string }) => standing === 'overdue')).toBe(true);
    expect(dates).toEqual([...dates].sort());
  });

  it('lists page by page', async () => {
    const first = await run('due', '--limit', '2');
    const second = await run('due', '--limit', '2', '--cursor', first.json.next);
    const foreign = await run('due', '--limit', '2', '--standing', 'met', '--cursor', first.json.next);

    expect(second.json.items[0]).not.toEqual(first.json.items[0]);
    expect(foreign.code).toBe(2);
  });

  it('speaks Chinese to whoever reads Chinese', async () => {
    const { stdout } = await caseledger(['due', '--standing', 'paused', '--ledger', ledger], {
      env: { LANG: 'zh_CN.UTF-8' },
    });

    expect(stdout).toContain('计时中止');
    expect(stdout).toContain('法定办理期限');
  });

  it('tells the overdue rate of a period, and what it counts, in either language', async () => {
    const asked = ['overdue-rate', '--limit-kind', 'statutory', '--by', 'workflow,handler'];
    const period = ['--from', '2020-01-01T00:00:00Z', '--to', '2040-01-01T00:00:00Z'];
    const { json } = await run(...asked, ...period);
    const { stdout } = await caseledger([...asked, ...period, '--lang', 'zh', '--ledger', ledger]);

    const sum = (figure: string) =>
      json.groups.reduce((total: number, group: Record<string, number>) => total + group[figure]!, 0);
    expect(json).toMatchObject({ limit: 'statutory', total: { due: sum('due'), late: sum('late') } });
    expect(json.total.due).toBeGreaterThan(json.total.late);
    expect(json.total.late).toBeGreaterThan(0);
    expect(json.total.rate).toBeCloseTo(json.total.late / json.total.due);
    expect(stdout).toContain('超期率');
    expect(stdout).toContain('期间内办结的时限');
    expect((await run('overdue-rate', ...period)).code).toBe(2);
  });

  it('lists by who handles the case', async () => {
    const { json } = await run('due', '--limit', '200');
    const { handler } = json.items.find((item: { handler?: string }) => item.handler !== undefined);
    const theirs = await run('due', '--limit', '200', '--handler', handler);

    expect(theirs.json.items).toEqual(json.items.filter((item: { handler?: string }) => item.handler === handler));
    expect((await run('due', '--standing', 'pausedTooLong')).code).toBe(0);
  });

  it('rebuilds its read models, one or all, with the same rows', async () => {
    const before = await run('due', '--limit', '200');

    const one = await run('rebuild', 'due_cases');
    const all = await run('rebuild');

    expect(one.json).toEqual([expect.objectContaining({ name: 'due_cases', lag: 0 })]);
    expect(all.json.map(({ name }: { name: string }) => name)).toContain('subject_cases');
    expect((await run('due', '--limit', '200')).stdout).toBe(before.stdout);
    expect(await run('rebuild', 'no_such')).toMatchObject({ code: 4 });
  });

  it('fills them again when their file was deleted', async () => {
    const before = await run('due', '--limit', '200');
    for (const part of ['', '-wal', '-shm']) rmSync(`${ledger}.views${part}`, { force: true });

    expect((await run('due', '--limit', '200')).stdout).toBe(before.stdout);
    expect((await run('projections')).json.filter(({ lag }: { lag: number }) => lag !== 0)).toEqual([]);
  });

  it('says so where there is no deadline to list', async () => {
    const none = (lang: string) =>
      caseledger(['due', '--of-department', 'nobody', '--lang', lang, '--ledger', ledger]).then(({ stdout }) => stdout);

    expect(await none('en')).toBe('no deadline\n');
    expect(await none('zh')).toBe('没有时限\n');
  });

  it('is not kept by a halted read model from asking another one, nor from rebuilding it', async () => {
    await run('rebuild');
    const views = openDatabase(`${ledger}.views`);
    views.exec(
      "UPDATE read_models SET position = NULL, event = NULL, halted_position = 1, halted_event = 'x', halted_detail = 'y', halted_at = '2026-01-01' WHERE name = 'timeline'",
    );
    views.close();

    expect(await run('due')).toMatchObject({ code: 0 });
    const { json } = await run('rebuild', 'timeline');
    expect(json).toEqual([expect.objectContaining({ name: 'timeline', lag: 0 })]);
    expect(json[0]).not.toHaveProperty('halted');
  });

  it('replays every case to where it was recorded', async () => {
    expect(await run('check')).toMatchObject({ code: 0, json: { cases: 39, events: 150, diverging: [] } });
  });

  it('finds a person by an identity number read from standard input, and forgets one whose case is over', async () => {
    const permit = ['--workflows', 'tests/cli/stall-permit.mjs', '--ledger', ledger, '--json'];
    const data = JSON.stringify({ region: '330921', applicant: { name: '陈雨', idNumber: '330921199001019999' } });
    const clerk = ['--role', 'stallClerk', '--region', '330921'];
    await caseledger(['open', 'stall-permit', 'permit.requested', '--case', 'S1', ...clerk, '--data', data, ...permit]);
    await caseledger(['send', 'stall-permit', 'S1', 'permit.refused', ...clerk, '--reason', '不符合规划', ...permit]);

    const found = await caseledger(['find', 'idNumber', '--purpose', 'request for erasure', ...permit], {
      input: '330921199001019999\n',
    });
    const { subject } = found.json;
    const forgotten = await caseledger(['forget', subject, '--reason', 'on request', ...permit]);
    const again = await caseledger(['forget', subject, '--reason', 'on request', ...permit]);

    expect(found.json.cases).toEqual([{ workflow: 'stall-permit', caseId: 'S1' }]);
    expect(forgotten.json).toEqual({ subject, erased: true, cases: [{ workflow: 'stall-permit', caseId: 'S1' }] });
    expect(again.json.erased).toBe(false);
    const history = await caseledger(['history', 'stall-permit', 'S1', '--reveal', 'check', ...permit]);
    expect(history.json[0].data.applicant).toEqual({
      subjectRef: subject,
      name: { erased: true },
      idNumber: { erased: true },
    });
    expect(
      await caseledger(['find', 'idNumber', '--purpose', 'check', '--value', '330921199001019999', ...permit]),
    ).toMatchObject({ code: 4 });
  });

  it('refuses to forget somebody whose archive term runs', async () => {
    const { json } = await run('show', 'application', caseNumber(2));

    const refused = await run('forget', json.labels.applicant, '--reason', 'on request');

    expect(refused.code).toBe(3);
    expect(refused.json.error.code).toBe('ERASURE_REFUSED');
    expect(await run('forget', 'nobody', '--reason', 'x')).toMatchObject({ code: 4 });
  });

  it('imports a log once, however often it is imported', async () => {
    const log = join(folder, 'log.csv');
    writeFileSync(
      log,
      'case,activity,timestamp,resource\n1,收件,2026-03-02T09:00:00+08:00,甲\n1,受理,2026-03-03T09:00:00+08:00,乙\n2,收件,2026-03-02T10:00:00+08:00,甲\n',
    );
    const own = ['--ledger', join(folder, 'imported.sqlite'), '--json'];

    const first = await caseledger(['import', log, ...own]);
    const second = await caseledger(['import', log, ...own]);

    expect(first.json).toMatchObject({ workflow: 'recorded-log', cases: 2, events: 3, added: { cases: 2, events: 3 } });
    expect(second.json).toMatchObject({ cases: 2, events: 3, added: { cases: 0, events: 0 } });
    expect((await caseledger(['check', ...own])).json).toMatchObject({ cases: 2, diverging: [] });
  });

  it('says in one line what is wrong with a log', async () => {
    const log = join(folder, 'broken.xes');
    writeFileSync(log, '<log><trace><event></log>');

    const ran = await run('import', log);

    expect(ran.code).toBe(8);
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('measures what this machine takes', async () => {
    const ran = await caseledger(['bench', '--seconds', '1', '--callers', '4', '--folder', folder, '--json']);

    expect(ran.json.sends.map(({ callers }: { callers: number }) => callers)).toEqual([1, 4]);
    expect(ran.json.sends.every(({ perSecond }: { perSecond: number }) => perSecond > 0)).toBe(true);
    expect(ran.json.commitsPerSecond).toBeGreaterThan(0);
  });

  /** The demo numbers its cases by the year of their receipt. */
  function caseNumber(number: number): string {
    const [year] = readFileSync(ledger, 'latin1')
      .match(/application-(\d{4})-0002/)!
      .slice(1);
    return `${year}-${String(number).padStart(4, '0')}`;
  }
});
