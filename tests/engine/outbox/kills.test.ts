import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = (name: string) => join(process.cwd(), 'scripts', name);

type Found = Record<'lost' | 'disordered' | 'forged' | 'renamed', string[]> & { readonly repeats: number };
type Report = Found & {
  readonly held: boolean;
  readonly kills: number;
  readonly raised: number;
  readonly left: string[];
};

it('two processes that deliver and are killed lose no alert, keep each case in order and repeat only under the same id', async () => {
  const options = ['webhooks', '--kills', '8', '--seed', '20260306', '--json'];
  const proving = run(process.execPath, [script('prove.mjs'), ...options], { maxBuffer: 1e8 });
  // A promise that did not hold ends in exit code 1, with the report all the same.
  const { stdout } = await proving.catch((error: Error & { stdout?: string }) => {
    if (!error.stdout) throw error;
    return { stdout: error.stdout };
  });
  const report = JSON.parse(stdout) as Report;

  expect(report).toMatchObject({ held: true, lost: [], disordered: [], forged: [], renamed: [], left: [] });
  expect(report.kills).toBeGreaterThanOrEqual(8);
  expect(report.raised).toBeGreaterThan(50);
  expect(report.repeats).toBeGreaterThan(0);
}, 180_000);

describe('what a receiver has seen is held against what was raised, which', () => {
  const raised = [
    { event: 'e-1', stream: 'overdueAlert-1' },
    { event: 'e-2', stream: 'overdueAlert-1' },
  ];
  const seen = (event: string, over: object = {}) => ({
    id: `m-${event}`,
    body: JSON.stringify({ id: event }),
    genuine: true,
    taken: true,
    ...over,
  });

  async function found(arrivals: object[]): Promise<Found> {
    const { deliveriesOf } = (await import(script('prove/webhooks-check.mjs'))) as {
      deliveriesOf: (all: object[], arrivals: object[]) => Found;
    };
    return deliveriesOf(raised, arrivals);
  }

  const sound = { repeats: 0, lost: [], disordered: [], forged: [], renamed: [] };

  it('finds nothing wrong with all of them in order, also where some came twice', async () => {
    expect(await found([seen('e-1'), seen('e-1'), seen('e-2')])).toEqual({ ...sound, repeats: 1 });
    expect(await found([seen('e-2', { taken: false }), seen('e-1'), seen('e-2')])).toEqual(sound);
  });

  it('finds one that is missing, or was never taken', async () => {
    expect((await found([seen('e-1')])).lost).toEqual(['e-2']);
    expect((await found([seen('e-1'), seen('e-2', { taken: false })])).lost).toEqual(['e-2']);
  });

  it('finds a case out of order', async () => {
    expect((await found([seen('e-2'), seen('e-1')])).disordered).toEqual(['overdueAlert-1']);
  });

  it('finds a signature that does not fit', async () => {
    expect((await found([seen('e-1', { genuine: false }), seen('e-2')])).forged).toEqual(['m-e-1']);
  });

  it('finds a repeat under another id, or with another body', async () => {
    expect((await found([seen('e-1'), seen('e-1', { id: 'm-9' }), seen('e-2')])).renamed).toEqual(['e-1']);
    expect((await found([seen('e-1'), seen('e-1', { body: '{ "id": "e-1" }' }), seen('e-2')])).renamed).toEqual([
      'e-1',
    ]);
  });
});
