import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { temporaryFolder } from '../support/temporary-folder.js';
import { caseledger, cleanEnvironment, PROGRAM, type Ran } from './caseledger-process.js';

type Raised = { stream: string; deadline: string; rung: string; at: string };

describe('the alarm clock on the command line', () => {
  const path = temporaryFolder();
  const on = (...args: readonly string[]): Promise<Ran> =>
    caseledger([...args, '--ledger', path('office.sqlite'), '--json']);

  beforeEach(async () => {
    expect((await on('demo')).code).toBe(0);
  });

  it('records once what has been reached, and the second time nothing', async () => {
    const overdue = await on('due', '--standing', 'overdue');
    const first = await on('alarm', 'run', '--once');
    const second = await on('alarm', 'run', '--once');

    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.json).toMatchObject({ failed: 0 });
    const raised = first.json.raised as Raised[];
    const red = raised.filter(({ rung }) => rung === 'overdue').map(({ stream, deadline }) => `${stream} ${deadline}`);
    const statutory = overdue.json.items.map((one: Raised) => `${one.stream} ${one.deadline}`);
    expect(red).toEqual(expect.arrayContaining(statutory));
    expect(second.json).toMatchObject({ cases: 0, raised: [] });

    expect(await on('check')).toMatchObject({ code: 0, json: { cases: 39, diverging: [] } });
    expect((await on('due', '--standing', 'overdue')).json.items).toEqual(overdue.json.items);
  });

  it('is told in the history of a case, in both languages', async () => {
    const { json } = await on('alarm', 'run', '--once');
    const { stream } = (json.raised as Raised[]).find(({ rung }) => rung === 'overdue')!;
    const caseId = stream.slice('application-'.length);
    const history = (lang: string) =>
      caseledger(['history', 'application', caseId, '--lang', lang, '--ledger', path('office.sqlite')]);

    expect((await history('en')).stdout).toMatch(
      /deadline\.reached +alarm-clock \(alarmClock\) +[^\n]+: overdue, due on \d{4}/,
    );
    expect((await history('zh')).stdout).toMatch(/deadline\.reached .*：已超期：应于\d{4}-\d\d-\d\d完成/);
  });

  it('runs until it is told to stop', async () => {
    const args = ['alarm', 'run', '--every', '1', '--json', '--ledger', path('office.sqlite')];
    const running = spawn(process.execPath, [PROGRAM, ...args], {
      env: cleanEnvironment({}),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [said] = await once(running.stdout.setEncoding('utf8'), 'data');
    running.kill('SIGTERM');
    const [code] = await once(running, 'close');

    expect(code).toBe(0);
    expect(JSON.parse(String(said).split('\n')[0]!).raised.length).toBeGreaterThan(3);
  });
});
