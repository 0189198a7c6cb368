import { parentPort, workerData } from 'node:worker_threads';
import type { EngineOpener, EngineThreadData } from './engine-thread.js';
import { answerCalls, type CallableMethods } from './thread-channel.js';

// The engine's side of `engine-thread.ts`. Methods are there once `$open` has answered.
const port = parentPort;
if (!port) throw new Error('this module is an engine thread and is started by startEngineThread');

const { opener, data } = workerData as EngineThreadData;
let close: () => Promise<void> = async () => {};

const methods: Record<string, CallableMethods[string]> = {
  async $open() {
    const { open } = (await import(opener)) as EngineOpener<unknown>;
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
