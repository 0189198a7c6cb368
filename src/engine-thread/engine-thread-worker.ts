import { parentPort, workerData } from 'node:worker_threads';
import { keepCompiledCode } from './compiled-code.js';
import type { EngineOpener } from './engine-thread.js';
import { answerCalls, type CallableMethods } from './thread-channel.js';
import type { WaitingThreadData } from './waiting-thread.js';

// The engine's side of `engine-thread.ts`. Methods are there once `$open` has answered.
const port = parentPort;
if (!port) throw new Error('this module is an engine thread and is started by startEngineThread');

const { opener, compiledCode } = workerData as WaitingThreadData;
if (compiledCode !== undefined) keepCompiledCode(new URL(compiledCode));
const loading = import(opener) as Promise<EngineOpener<unknown>>;
loading.catch(() => {
  // Told by `$open`, which waits for it.
});
let close: () => Promise<void> = async () => {};

const methods: Record<string, CallableMethods[string]> = {
  async $open(data: unknown) {
    const { open } = await loading;
    const opened = await open(data);
    Object.assign(methods, opened.methods);
    close = opened.close;
  },
  async $close() {
    // Asked before this call counts as one under way itself.
    await calls.ended();
    try {
      await close();
    } finally {
      // The answer leaves first; then nothing holds the thread.
      setImmediate(() => setImmediate(() => port.close()));
    }
  },
};

const calls = answerCalls(port, methods);
