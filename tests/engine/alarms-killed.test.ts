import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = (name: string) => join(process.cwd(), 'scripts', name);

const VIOLATIONS = ['doubled', 'wrong', 'missed', 'disordered', 'whilePaused', 'afterEnd'] as const;
type Violations = Record<(typeof VIOLATIONS)[number], string[]>;

const HARMLESS: Violations = { doubled: [], wrong: [], missed: [], disordered: [], whilePaused: [], afterEnd: [] };

describe('two alarm clocks over one ledger after six weeks of none, killed again and again', () => {
  it('record each rung once, in order, none missed and none while paused: 8 kills, read models held back for half', async () => {
    const options = ['--kills', '8', '--cases', '24', '--seed', '20260306', '--json'];
    const proving = run(process.execPath, [script('prove.mjs'), 'alarms', ...options], { maxBuffer: 1e8 });
    const { stdout } = await proving.catch((error: Error & { stdout?: string }) => {
      if (!error.stdout) throw error;
      return { stdout: error.stdout };
    });
    const report = JSON.parse(stdout) as Violations & { rungs: number };

    expect(report).toMatchObject({ held: true, kills: 8, heldBackRounds: 1, cases: 24, diverging: 0, ...HARMLESS });
    expect(report.rungs).toBeGreaterThan(50);
  }, 300_000);
});

describe('what such a ledger is held against', () => {
  type Stored = { type: string; revision: number; data: object; metadata: { occurredAt: string; recordedAt: string } };

  const at = (wall: string) => new Date(`${wall.replace(' ', 'T')}+08:00`).toISOString();
  const rule = { days: 10, warn: [2], over: [], extension: { max: 1, days: 5 }, onResume: 'remainder' };

  /** A case's events in order; ten working days from Monday 2 March 2026 end on the 16th. */
  function stream(...told: readonly (readonly [what: string, at: string, reachedAt?: string])[]): Stored[] {
    return told.map(([what, when, reached], revision) =>
      reached === undefined
        ? { type: `deadline.${what}`, revision, data: {}, metadata: { occurredAt: at(when), recordedAt: at(when) } }
        : {
            type: 'deadline.reached',
            revision,
            data: {
              generation: 1,
              rung: what,
              reachedAt: at(reached),
              ...(what === 'nearDue' && { term: { unit: 'workingDays', amount: 2 } }),
            },
            metadata: { occurredAt: at(reached), recordedAt: at(when) },
          },
    );
  }

  async function check(events: readonly Stored[], looks: readonly string[]): Promise<Violations> {
    const { checkAlarms } = (await import(script('prove/alarms-check.mjs'))) as {
      checkAlarms: (streams: ReadonlyMap<string, readonly Stored[]>, under: object) => Violations;
    };
    const end = at('2026-05-01 09:30');
    const found = checkAlarms(new Map([['watched-C1', events]]), {
      rule,
      notices: [],
      closes: 18 * 3_600_000,
      end,
      looks: looks.map(at),
    });
    return Object.fromEntries(VIOLATIONS.map((kind) => [kind, found[kind]])) as Violations;
  }

  const opened = ['anchored', '2026-03-02 09:30'] as const;
  const near = ['nearDue', '2026-03-12 00:05', '2026-03-12 00:00'] as const;
  const today = ['dueToday', '2026-03-16 00:05', '2026-03-16 00:00'] as const;
  const count = (found: Violations) => VIOLATIONS.filter((kind) => found[kind].length > 0);

  it('finds nothing wrong with what a clock that never stops records', async () => {
    expect(await check(stream(opened, near, today), ['2026-03-16 09:30'])).toEqual(HARMLESS);
  });

  it('finds a rung recorded twice, and one recorded before its time', async () => {
    expect(count(await check(stream(opened, near, near), []))).toEqual(['doubled']);
    expect(count(await check(stream(opened, ['dueToday', '2026-03-15 09:05', '2026-03-15 09:00']), []))).toEqual([
      'wrong',
    ]);
  });

  it('finds one that is missing once all was looked at, unless the case was paused or closed by then', async () => {
    const looks = ['2026-03-13 09:30'];
    expect(count(await check(stream(opened), looks))).toEqual(['missed']);
    expect(await check(stream(opened, ['paused', '2026-03-12 09:30']), looks)).toEqual(HARMLESS);
    expect(await check(stream(opened, ['closed', '2026-03-12 09:30']), looks)).toEqual(HARMLESS);
  });

  it('finds one out of order, one while the case is paused, and one after it was closed', async () => {
    const late = ['nearDue', '2026-03-16 00:06', '2026-03-12 00:00'] as const;
    expect(count(await check(stream(opened, today, late), []))).toEqual(['disordered']);
    const paused = ['paused', '2026-03-12 09:30'] as const;
    const noticed = ['nearDue', '2026-03-12 10:30', '2026-03-12 00:00'] as const;
    expect(count(await check(stream(opened, paused, noticed), []))).toEqual(['whilePaused']);
    expect(count(await check(stream(opened, ['closed', '2026-03-12 09:30'], noticed), []))).toEqual(['afterEnd']);
  });
});
