import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = (name: string) => join(process.cwd(), 'scripts', name);

type Report = Record<'lost' | 'doubled' | 'torn' | 'gaps' | 'damaged', string[]> & {
  readonly held: boolean;
  readonly kills: number;
  readonly acknowledged: number;
};

describe('two processes that write to one ledger and are killed, again and again', () => {
  async function prove(through: string, kills: number): Promise<Report> {
    const options = ['--through', through, '--kills', String(kills), '--seed', '20260306', '--json'];
    const proving = run(process.execPath, [script('prove.mjs'), 'kills', ...options], { maxBuffer: 1e8 });
    // A promise that did not hold ends in exit code 1, with the report all the same.
    const { stdout } = await proving.catch((error: Error & { stdout?: string }) => {
      if (!error.stdout) throw error;
      return { stdout: error.stdout };
    });
    return JSON.parse(stdout) as Report;
  }

  const harm = { lost: [], doubled: [], torn: [], gaps: [], damaged: [] };

  it('lose nothing they acknowledged and store nothing twice or in part: 30 kills at the store', async () => {
    const report = await prove('store', 30);
    expect(report).toMatchObject({ held: true, kills: 30, ...harm });
    expect(report.acknowledged).toBeGreaterThan(500);
  }, 120_000);

  it('nor do commands through the engine: 20 kills, every case replayed, every name readable', async () => {
    const report = await prove('engine', 20);
    expect(report).toMatchObject({ held: true, kills: 20, ...harm });
    expect(report.acknowledged).toBeGreaterThan(250);
  }, 120_000);
});

describe('what such a ledger is held against', () => {
  type Stored = { id: string; stream: string; revision: number; position: bigint; metadata: { command: object } };
  type Found = Record<'lost' | 'doubled' | 'torn' | 'gaps', string[]>;
  type Acknowledgement = { command: string; stream: string; revision: number };

  async function check(events: Stored[], acknowledged: Acknowledgement[] = []): Promise<Found> {
    const { checkLedger } = (await import(script('prove/kills-check.mjs'))) as {
      checkLedger: (events: Stored[], acknowledged: Acknowledgement[]) => Found;
    };
    const { lost, doubled, torn, gaps } = checkLedger(events, acknowledged);
    return { lost, doubled, torn, gaps };
  }

  const sound = { lost: [], doubled: [], torn: [], gaps: [] };
  const event = (position: number, revision: number, command: string, index = 0, size = 1): Stored => ({
    id: `${command}/${index}`,
    stream: 'application-1',
    revision,
    position: BigInt(position),
    metadata: { command: { id: command, index, size } },
  });

  it('finds nothing wrong with a ledger that keeps its word', async () => {
    const events = [event(1, 0, 'one'), event(2, 1, 'two', 0, 2), event(3, 2, 'two', 1, 2)];
    expect(await check(events, [{ command: 'two', stream: 'application-1', revision: 2 }])).toEqual(sound);
  });

  it('finds an acknowledged command that is gone, or lies elsewhere', async () => {
    const said = (revision: number) => [{ command: 'one', stream: 'application-1', revision }];
    expect((await check([], said(0))).lost).toHaveLength(1);
    expect((await check([event(1, 0, 'one')], said(3))).lost).toHaveLength(1);
  });

  it('finds a command stored twice', async () => {
    expect((await check([event(1, 0, 'one'), event(2, 1, 'one')])).doubled).toHaveLength(1);
  });

  it('finds a command stored in part', async () => {
    expect((await check([event(1, 0, 'one', 0, 2)])).torn).toHaveLength(1);
  });

  it('finds a revision or a position left out', async () => {
    expect((await check([event(1, 0, 'one'), event(2, 2, 'two')])).gaps).toHaveLength(1);
    expect((await check([event(1, 0, 'one'), event(3, 1, 'two')])).gaps).toHaveLength(1);
  });
});
