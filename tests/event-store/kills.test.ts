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

describe('processes killed while they write to one ledger', () => {
  it('lose nothing they acknowledged and store nothing twice or in part, 50 times', async () => {
    const args = [script('prove.mjs'), 'kills', '--kills', '50', '--seed', '20260306', '--json'];
    const { stdout } = await run(process.execPath, args, { maxBuffer: 1e8 });

    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ held: true, kills: 50, lost: [], doubled: [], torn: [], gaps: [], damaged: [] });
    expect(report.acknowledged).toBeGreaterThan(1_000);
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
