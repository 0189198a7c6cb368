import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs of suites that take a few seconds each, on a machine that may be busy. */
const TIMEOUT_MS = 240_000;

/** Runs test suites as a server in that zone would, and gives what jest says of them. */
async function runIn(zone: string, suites: readonly string[]): Promise<string> {
  const jest = join(process.cwd(), 'node_modules', 'jest', 'bin', 'jest.js');
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, '--runInBand', ...suites];
  return (await run(process.execPath, args, { env: { ...process.env, TZ: zone } })).stderr;
}

describe("the server's time zone", () => {
  it(
    'plays no part: dates and due dates are the same on servers far behind UTC, far ahead, and with clock changes',
    async () => {
      const suites = ['tests/domain/office-time.test.ts', 'tests/domain/due-date.test.ts'];
      const zones = ['Etc/GMT+12', 'Pacific/Kiritimati', 'America/New_York'];
      const outcomes = await Promise.all(zones.map((zone) => runIn(zone, suites)));
      for (const told of outcomes) expect(told).toMatch(/Test Suites: 2 passed, 2 total/);
    },
    TIMEOUT_MS,
  );

  it(
    "plays no part in 18 years of due dates on the State Council's published days, in UTC, Shanghai and New York",
    async () => {
      const suites = ['tests/domain/calendars/due-dates-of-china.test.ts'];
      for (const zone of ['UTC', 'Asia/Shanghai', 'America/New_York']) {
        expect(await runIn(zone, suites)).toMatch(/Test Suites: 1 passed, 1 total/);
      }
    },
    TIMEOUT_MS,
  );
});
