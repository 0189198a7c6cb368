import { temporaryFolder } from '../support/temporary-folder.js';
import { caseledger } from './caseledger-process.js';

const file = temporaryFolder();

describe('caseledger screening and reactions', () => {
  it('opens a screening for every department with open cases, and shows the same ones when run again', async () => {
    const ledger = file('demo.sqlite');
    await caseledger(['demo', '--ledger', ledger]);
    const date = '2026-03-09';

    const first = await caseledger(['screening', '--date', date, '--ledger', ledger, '--json']);
    const second = await caseledger(['screening', '--date', date, '--ledger', ledger, '--json']);

    expect(first.code).toBe(0);
    expect(first.json.date).toBe(date);
    expect(first.json.screenings.length).toBeGreaterThan(1);
    expect(first.json.screenings.some(({ lines }: { lines: number }) => lines > 0)).toBe(true);
    expect(second.json).toEqual(first.json);
    const shown = await caseledger(['screening', '--date', date, '--ledger', ledger, '--lang', 'zh']);
    expect(shown.stdout).toContain('项未核查');
  });

  it('takes no day off and none to come', async () => {
    const ledger = file('demo.sqlite');
    await caseledger(['demo', '--ledger', ledger]);

    const sunday = await caseledger(['screening', '--date', '2026-03-08', '--ledger', ledger]);
    const tomorrow = await caseledger(['screening', '--date', '2099-03-09', '--ledger', ledger]);
    const none = await caseledger(['screening', '--date', 'tomorrow', '--ledger', ledger]);

    expect([sunday.code, sunday.stderr]).toEqual([2, 'caseledger: 2026-03-08 is no working day\n']);
    expect([tomorrow.code, none.code]).toEqual([2, 2]);
  });

  it('tells how reactions stand, and refuses to release what is not parked', async () => {
    const ledger = file('demo.sqlite');
    await caseledger(['demo', '--ledger', ledger]);

    const list = await caseledger(['reactions', '--ledger', ledger]);
    const release = await caseledger(['reactions', 'release', 'none', '--reason', 'why not', '--ledger', ledger]);
    const unexplained = await caseledger(['reactions', 'skip', 'none', '--ledger', ledger]);

    expect([list.code, list.stdout]).toEqual([0, 'nothing is stuck, and nothing was refused\n']);
    expect([release.code, release.stderr]).toEqual([4, 'caseledger: no reaction is parked under "none"\n']);
    expect(unexplained.code).toBe(2);
  });
});
