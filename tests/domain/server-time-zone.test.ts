import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Twelve hours behind UTC, fourteen ahead, and one with clock changes. */
const SERVER_ZONES = ['Etc/GMT+12', 'Pacific/Kiritimati', 'America/New_York'];

/** Three runs of two suites, on a machine that may be busy. */
const TIMEOUT_MS = 120_000;

describe("the server's time zone", () => {
  it(
    'plays no part: dates and due dates are the same on servers far behind UTC, far ahead, and with clock changes',
    async () => {
      const jest = join(process.cwd(), 'node_modules', 'jest', 'bin', 'jest.js');
      const suites = ['tests/domain/office-time.test.ts', 'tests/domain/due-date.test.ts'];
      const outcomes = await Promise.all(
        SERVER_ZONES.map((zone) =>
          run(
            process.execPath,
            ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, '--runInBand', ...suites],
            { env: { ...process.env, TZ: zone } },
          ),
        ),
      );
      for (const { stderr } of outcomes) expect(stderr).toMatch(/Test Suites: 2 passed, 2 total/);
    },
    TIMEOUT_MS,
  );
});
