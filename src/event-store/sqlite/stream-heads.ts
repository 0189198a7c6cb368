import type { Database } from './sqlite-binding.js';

/** Streams kept in mind, at some 200 bytes each; a stream beyond them costs two look-ups more. */
const MAX_REMEMBERED = 50_000;

/** A stream as the writer knows it. */
export type StreamHead = {
  /** What its name is interned as. */
  readonly stream: number;
  /** Revision of its last event, -1 while there is none. */
  head: number;
  epoch: number;
};

export type StreamHeads = {
  /** The stream's true head; interns a name met for the first time. Only inside the write transaction. */
  of(name: string): StreamHead;
  /** Another process has written: heads are read again, interned names stay. */
  refresh(): void;
  /** The transaction was rolled back: what was learnt in it is not so. */
  forget(): void;
};

/** The heads of streams written lately, so that most appends need not look them up. */
export function streamHeads(database: Database): StreamHeads {
  const selectStream = database.prepare('SELECT stream FROM streams WHERE name = ?');
  const insertStream = database.prepare('INSERT INTO streams (name) VALUES (?)');
  const selectHead = database.prepare('SELECT max(revision) AS head FROM events WHERE stream = ?');
  const remembered = new Map<string, StreamHead>();
  let epoch = 0;

  function headOf(stream: number): number {
    return (selectHead.get(stream)?.head ?? -1) as number;
  }

  function lookUp(name: string): StreamHead {
    const row = selectStream.get(name);
    if (row === undefined) return { stream: Number(insertStream.run(name).lastInsertRowid), head: -1, epoch };
    const stream = row.stream as number;
    return { stream, head: headOf(stream), epoch };
  }

  return {
    of(name) {
      const known = remembered.get(name);
      if (known !== undefined) {
        if (known.epoch !== epoch) {
          known.head = headOf(known.stream);
          known.epoch = epoch;
        }
        return known;
      }
      const entry = lookUp(name);
      if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value as string);
      remembered.set(name, entry);
      return entry;
    },

    refresh() {
      epoch += 1;
    },

    forget() {
      remembered.clear();
    },
  };
}
