import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * Writes the write-ahead log of a file back into it, in a thread of its own: after a long commit that is hundreds of
 * megabytes, which are synced. Resolves when it is over. Where it comes to nothing the log stays as it is, and the next
 * commit that finds it long writes it back.
 */
export async function writeBackAside(path: string): Promise<void> {
  const worker = new Worker(new URL('./checkpoint-thread.js', import.meta.url), { workerData: { path } });
  await once(worker, 'exit').catch(() => undefined);
}
