import type { Database } from './sqlite-binding.js';

/** How often the file is asked whether another process has committed, while somebody waits to know. */
export const DATA_VERSION_POLL_MS = 20;

export type CommitWatch = {
  /** A mark of what was committed up to now; taken before reading, so that nothing falls between. */
  seen(): unknown;
  /** Resolves once something was committed after `mark`, by any process, or `signal` aborts, or the watch closes. */
  after(mark: unknown, signal: AbortSignal): Promise<void>;
  /** This connection has committed. */
  committed(): void;
  close(): void;
};

type Waiter = { readonly mark: unknown; readonly wake: () => void };

/** Tells readers that have reached the end when there is more. Own commits wake them at once, others' by polling. */
export function commitWatch(database: Database): CommitWatch {
  // Changes only by commits of other connections.
  const dataVersion = database.prepare('PRAGMA data_version');
  const waiters = new Set<Waiter>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function seen(): unknown {
    return dataVersion.get()?.data_version;
  }

  function wakeAll(): void {
    for (const { wake } of waiters) wake();
  }

  function poll(): void {
    let version: unknown;
    try {
      version = seen();
    } catch {
      // Whoever is woken reads, meets the same failure and reports it.
    }
    for (const { mark, wake } of waiters) if (mark !== version) wake();
  }

  return {
    seen,

    after(mark, signal) {
      if (signal.aborted || closed) return Promise.resolve();
      return new Promise((resolve) => {
        const waiter: Waiter = {
          mark,
          wake() {
            waiters.delete(waiter);
            signal.removeEventListener('abort', waiter.wake);
            if (waiters.size === 0) {
              clearInterval(timer);
              timer = undefined;
            }
            resolve();
          },
        };
        waiters.add(waiter);
        signal.addEventListener('abort', waiter.wake);
        timer ??= setInterval(poll, DATA_VERSION_POLL_MS);
      });
    },

    committed: wakeAll,

    close() {
      closed = true;
      wakeAll();
    },
  };
}
