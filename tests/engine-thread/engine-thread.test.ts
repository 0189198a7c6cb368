import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type EngineThread, startEngineThread } from '#caseledger/engine-thread/engine-thread.js';
import { temporaryFolder } from '../support/temporary-folder.js';

type Desk = {
  slow(): Promise<string>;
  never(): Promise<never>;
  die(): Promise<never>;
  leave(): Promise<never>;
  loiter(): Promise<void>;
};

const OPENER = pathToFileURL(join('tests', 'engine-thread', 'desk-opener.mjs'));

describe('an engine in a thread of its own', () => {
  const path = temporaryFolder();
  const ended: Error[] = [];
  let thread: EngineThread<Desk>;

  const started = (over: object = {}, lost?: (method: string) => Error): Promise<EngineThread<Desk>> =>
    startEngineThread<Desk>({
      opener: OPENER,
      data: { diary: path('diary'), ...over },
      names: ['slow', 'never', 'die', 'leave', 'loiter'],
      onExit: (error) => void ended.push(error),
      ...(lost && { lost }),
    });
  const diary = (): readonly string[] => readFileSync(path('diary'), 'utf8').trim().split('\n');

  beforeEach(() => void ended.splice(0));
  afterEach(() => thread?.close());

  it('lets calls under way end before it closes what was opened', async () => {
    thread = await started();
    const calls = [thread.methods.slow(), thread.methods.slow()];

    await thread.close();

    expect(await Promise.all(calls)).toEqual(['done', 'done']);
    expect(diary()).toEqual(['slow work done', 'slow work done', 'closed']);
    expect(ended).toEqual([]);
  });

  it('takes no call once it closes, and closes once', async () => {
    thread = await started();
    const closing = [thread.close(), thread.close()];

    await expect(thread.methods.slow()).rejects.toMatchObject({ failure: { code: 'STORE_CLOSED' } });
    await Promise.all(closing);
    expect(diary()).toEqual(['closed']);
  });

  it('ends though something in it would keep it alive', async () => {
    thread = await started();
    await thread.methods.loiter();

    await thread.close();

    await expect(thread.methods.slow()).rejects.toMatchObject({ failure: { code: 'STORE_CLOSED' } });
  });

  it.each([
    ['breaks', 'die', 'the desk collapses'],
    ['is left', 'leave', undefined],
  ] as const)('fails its callers when it %s, and says so once', async (_, method, cause) => {
    thread = await started();
    const calls = [thread.methods.never(), thread.methods[method]()];

    const settled = await Promise.allSettled(calls);

    for (const one of settled)
      expect(one).toMatchObject({ status: 'rejected', reason: { failure: { code: 'STORE_UNAVAILABLE' } } });
    expect(ended.map((error) => (error.cause as Error | undefined)?.message)).toEqual([cause]);
    await expect(thread.methods.slow()).rejects.toMatchObject({ failure: { code: 'STORE_UNAVAILABLE' } });
    await thread.close();
  });

  it('tells those whose calls are lost what its owner wants them told', async () => {
    thread = await started({}, (method) => new Error(`${method} is lost`));

    await expect(thread.methods.die()).rejects.toThrow('die is lost');
  });

  it('is not started when its opener fails', async () => {
    await expect(started({ refuses: true })).rejects.toThrow('no desk today');
    expect(ended).toEqual([]);
  });
});
