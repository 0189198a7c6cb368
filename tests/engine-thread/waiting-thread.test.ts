import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type EngineThread, startEngineThread } from '#caseledger/engine-thread/engine-thread.js';
import { type WaitingThread, waitingThread } from '#caseledger/engine-thread/waiting-thread.js';
import { temporaryFolder } from '../support/temporary-folder.js';

type Desk = { slow(): Promise<string> };

const OPENER = pathToFileURL(join('tests', 'engine-thread', 'desk-opener.mjs'));

describe('a thread that waits', () => {
  const path = temporaryFolder();
  const died: Error[] = [];

  const opened = (opener: WaitingThread): Promise<EngineThread<Desk>> =>
    startEngineThread<Desk>({
      opener,
      data: { diary: path('diary') },
      names: ['slow'],
      onExit: (error) => void died.push(error),
    });

  it('opens what it is told to, and closes it', async () => {
    const thread = await opened(waitingThread(OPENER));

    expect(await thread.methods.slow()).toBe('done');
    await thread.close();
    expect(readFileSync(path('diary'), 'utf8')).toContain('closed');
    expect(died).toEqual([]);
  });

  it('tells whoever opens that its opener cannot be loaded', async () => {
    const waiting = waitingThread(new URL('no-such-opener.mjs', OPENER));

    await expect(opened(waiting)).rejects.toThrow(/no-such-opener/);
  });

  it('opens nothing once it has ended', async () => {
    const waiting = waitingThread(OPENER);
    await Promise.all([once(waiting.worker, 'exit'), waiting.worker.terminate()]);

    await expect(opened(waiting)).rejects.toMatchObject({ failure: { code: 'STORE_UNAVAILABLE' } });
    expect(died).toEqual([]);
  });

  it('takes no more memory for what dies young than it was given', () => {
    const waiting = waitingThread(OPENER);

    expect(waiting.worker.resourceLimits?.maxYoungGenerationSizeMb).toBe(48);
    return waiting.worker.terminate();
  });
});
