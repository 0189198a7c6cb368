import type { Database } from './sqlite-binding.js';

/**
 * Looks that are taken in one turn of the event loop share a read transaction: each of its own would take and give back
 * a lock on the file, which costs more than most looks do.
 */
export type TurnReading = {
  /** Begins the turn's transaction unless it has begun. */
  begin(): void;
  /** Ends it, for whoever needs the connection for something else. */
  end(): void;
};

/** @param onBegin called first in each transaction */
export function turnReading(database: Database, onBegin: () => void = () => {}): TurnReading {
  const begin = database.prepare('BEGIN');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');
  let reading = false;

  function end(): void {
    if (!reading) return;
    reading = false;
    try {
      commit.run();
    } catch {
      // Nothing was written. What is wrong with the file was met by whoever read, or will be by whoever is next.
      try {
        rollback.run();
      } catch {
        // SQLite has ended it by itself.
      }
    }
  }

  return {
    begin() {
      if (reading) return;
      begin.run();
      reading = true;
      setImmediate(end);
      onBegin();
    },
    end,
  };
}
