import { appendFileSync } from 'node:fs';

/** A desk that may be slow, break, or refuse to open; it notes in a file what it did. */
export async function open({ diary, refuses }) {
  const note = (line) => appendFileSync(diary, `${line}\n`);
  if (refuses) throw new Error('no desk today');
  const waiting = [];
  return {
    methods: {
      async slow() {
        await new Promise((resolve) => setTimeout(resolve, 100));
        note('slow work done');
        return 'done';
      },
      never: () => new Promise((resolve) => waiting.push(resolve)),
      async die() {
        setImmediate(() => {
          throw new Error('the desk collapses');
        });
        return new Promise((resolve) => waiting.push(resolve));
      },
      async leave() {
        process.exit(3);
      },
      async loiter() {
        setInterval(() => {}, 1_000);
      },
    },
    async close() {
      note('closed');
    },
  };
}
