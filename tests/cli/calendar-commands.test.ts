import { readFileSync, writeFileSync } from 'node:fs';
import { aNotice, licenceOffice } from '../support/licence-office.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { caseledger } from './caseledger-process.js';

const TEN_DAYS = ['deadline', '--from', '2020-01-20', '--working-days', '10'];

describe('a term counted on the command line', () => {
  it.each([
    ['2020-01-26', '2020-02-07'],
    ['2020-01-27', '2020-02-11'],
  ])('as of %s ends on %s', async (asOf, due) => {
    const ran = await caseledger([...TEN_DAYS, '--as-of', asOf, '--json']);

    expect(ran.json).toMatchObject({ due, provisional: false, calendar: 'cn', explanation: { due: { dueOn: due } } });
    expect((await caseledger([...TEN_DAYS, '--as-of', asOf])).stdout.split('\n')[0]).toBe(due);
  });

  it('is explained in Chinese to whoever reads Chinese', async () => {
    const { stdout } = await caseledger([...TEN_DAYS, '--lang', 'zh']);

    expect(stdout).toContain('关于延长2020年春节假期的通知');
    expect(stdout).toContain('第10日');
  });

  it.each([
    [['--from', '2023-07-30', '--working-days', '3'], '2023-08-02'],
    [['--from', '2023-07-30', '--working-days', '3', '--received-on-day-off', 'nextWorkingDay'], '2023-08-03'],
    [['--from', '2026-03-02', '--calendar-days', '5', '--end-on-day-off', 'rollsForward'], '2026-03-09'],
    [['--from', '2026-01-31', '--months', '1'], '2026-02-28'],
    [['--from', '2026-03-02T16:00', '--working-hours', '4'], '2026-03-03'],
  ])('by %j ends on %s', async (args, due) => {
    expect((await caseledger(['deadline', ...args, '--json'])).json.due).toBe(due);
  });

  it('beyond what is published is provisional, and says so', async () => {
    const { stdout } = await caseledger(['deadline', '--from', '2031-01-06', '--working-days', '3']);

    expect(stdout.split('\n')[0]).toBe('2031-01-09 (provisional)');
  });

  it.each([
    [['--from', '2020-01-20'], 2],
    [['--from', '2020-01-20', '--working-days', '1', '--months', '1'], 2],
    [['--from', '2020-01-20', '--working-hours', '1'], 2],
    [['--from', '2020-02-30', '--working-days', '1'], 2],
    [['--from', '2020-01-20', '--working-days', '1.5'], 8],
    [['--from', '2020-01-20', '--working-days', '1', '--calendar', 'us'], 4],
  ])('by %j is refused with exit code %d', async (args, code) => {
    expect((await caseledger(['deadline', ...args])).code).toBe(code);
  });
});

describe('an office that publishes a notice of its own', () => {
  const path = temporaryFolder();

  it("moves its own dates, at once in a process that has the ledger open, and no other office's", async () => {
    const office = await licenceOffice({ store: path('office.sqlite') });
    await office.happens('l-1', 'licence.requested');
    const key = path('key');
    writeFileSync(key, Buffer.from(new Uint8Array(32).fill(7)).toString('base64'));
    const own = ['--ledger', path('office.sqlite'), '--master-key-file', key];
    const file = path('notice.json');
    writeFileSync(file, JSON.stringify(aNotice()));
    const term = ['deadline', '--from', '2026-03-02', '--working-days', '10', '--json'];
    const publish = ['calendar', 'publish', file, ...own, '--json'];
    const before = await office.dueOn('l-1');

    const refused = await caseledger([...publish, '--role', 'clerk']);
    const published = await caseledger([...publish, '--role', 'calendarOfficer', '--command-id', 'p-1']);
    const again = await caseledger([...publish, '--role', 'calendarOfficer', '--command-id', 'p-1']);
    const other = await caseledger([...publish, '--role', 'calendarOfficer']);
    office.clock.set(published.json.recordedAt);

    expect(refused).toMatchObject({ code: 3 });
    expect(published.json).toMatchObject({ notice: 'typhoon', revision: 0, repeated: false });
    expect(again.json).toEqual({ ...published.json, repeated: true });
    expect(other).toMatchObject({ code: 3, json: { error: { code: 'NOTICE_EXISTS' } } });
    expect([before, await office.dueOn('l-1')]).toEqual(['2026-03-16', '2026-03-18']);
    await office.ledger.close();
    expect((await caseledger([...term, ...own])).json.due).toBe('2026-03-18');
    expect((await caseledger([...term, ...own, '--as-of', '2026-03-03'])).json.due).toBe('2026-03-16');
    expect((await caseledger(term)).json.due).toBe('2026-03-16');
    const year = await caseledger(['calendar', 'show', '2026', ...own, '--lang', 'zh']);
    expect(year.stdout).toContain('台风停工');
  });

  it('finds it among what happened to a case whose date it moved', async () => {
    const own = ['--ledger', path('stalls.sqlite'), '--workflows', 'tests/cli/stall-permit.mjs'];
    const data = { region: '330921', applicant: { name: 'Chen Yu', idNumber: '330921199001010017' } };
    const clerk = ['--role', 'stallClerk', '--actor', 'clerk-1', '--region', '330921'];
    const opened = await caseledger([
      'open',
      'stall-permit',
      'permit.requested',
      '--data',
      JSON.stringify(data),
      '--case',
      'S1',
      ...own,
      ...clerk,
    ]);
    const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
    const days = [{ name: { en: 'Storm', zh: '停工' }, off: [`${day(2)}/${day(9)}`] }];
    const notice = { ...aNotice({ year: Number(day(2).slice(0, 4)), published: day(-1), days }), amends: undefined };
    writeFileSync(path('notice.json'), JSON.stringify(notice));
    const published = await caseledger(['calendar', 'publish', path('notice.json'), ...own, '--role', 'administrator']);

    const shown = await caseledger(['history', 'stall-permit', 'S1', ...own, '--lang', 'zh']);

    expect([opened.code, published.code, shown.code]).toEqual([0, 0, 0]);
    expect(shown.stdout.split('\n')[1]).toMatch(
      /^- {2}.* calendar\.noticePublished .*决定期限: \d{4}-\d\d-\d\d.* → \d{4}-\d\d-\d\d.*台风停工/,
    );
    expect((await caseledger(['history', 'stall-permit', 'S1', ...own, '--json'])).json).toHaveLength(1);
  });

  it('finds an example to begin with', () => {
    expect(JSON.parse(readFileSync('examples/calendar-notice.json', 'utf8'))).toMatchObject({ amends: 'cn-2026' });
  });

  it('is told in one line what is wrong with the file', async () => {
    writeFileSync(path('broken.json'), '{');
    const publish = (file: string) =>
      caseledger(['calendar', 'publish', file, '--ledger', 'memory:', '--role', 'administrator']);

    expect(await publish(path('none.json'))).toMatchObject({ code: 4 });
    expect(await publish(path('broken.json'))).toMatchObject({ code: 8 });
    const invalid = path('invalid.json');
    writeFileSync(invalid, JSON.stringify(aNotice({ amends: 'cn-1999' })));
    const ran = await publish(invalid);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('amends');
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  });
});
