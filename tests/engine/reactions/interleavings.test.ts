import fc from 'fast-check';
import { readStream } from '../../../src/event-store/read-stream.js';
import { sqliteReadStore } from '../../../src/read-store/sqlite/sqlite-read-store.js';
import { inspectingOffice } from './inspecting-office.js';

type Step = 'note' | 'hold' | 'reopen' | 'start' | 'stop' | 'lose' | 'wait';

const steps = fc.array(
  fc.constantFrom<Step>('note', 'note', 'note', 'hold', 'reopen', 'start', 'start', 'stop', 'lose', 'wait'),
  {
    minLength: 5,
    maxLength: 30,
  },
);

describe('whatever happens to workers, read store and target meanwhile', () => {
  it('every command ends, one way, and those accepted in the order of their causes', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (course) => {
        const office = await inspectingOffice();
        const readStores = [office.readStore];
        const workers: Awaited<ReturnType<typeof office.worker>>[] = [await office.worker()];
        await office.permit('p-1');
        await office.note('p-1', '0');
        await workers[0]!.waitFor(await office.head());
        let notes = 1;
        for (const step of course) {
          if (step === 'note') await office.note('p-1', String(notes++));
          else if (step === 'hold') await office.inspect('planning', 'held').catch(() => {});
          else if (step === 'reopen') await office.inspect('planning', 'reopened').catch(() => {});
          else if (step === 'start') workers.push(await office.worker({ readStore: readStores.at(-1)! }));
          else if (step === 'stop') await workers.pop()?.stop();
          else if (step === 'lose') readStores.push(sqliteReadStore({ path: ':memory:' }));
          else await workers.at(-1)?.waitFor(await office.head());
        }
        const last = await office.worker({ readStore: readStores.at(-1)! });
        await last.waitFor(await office.head());
        for (const worker of [...workers, last]) await worker.stop();

        const stream = `inspection-${office.inspectionOf('planning')}`;
        const commands = (await readStream(office.store, stream))
          .filter(({ type }) => type === 'inspection.ordered')
          .map(({ metadata }) => metadata.command.id);
        const accepted = (await office.orders('planning')).map(Number);
        const refused = (await office.outcomes())
          .filter(({ data }) => !commands.includes(String(data.command)))
          .map(({ type }) => type);
        expect(accepted).toEqual([...accepted].sort((a, b) => a - b));
        expect(new Set(accepted).size).toBe(accepted.length);
        expect(accepted.length + refused.length).toBe(notes);
        expect(new Set(refused)).toEqual(new Set(refused.length > 0 ? ['reaction.refused'] : []));

        for (const readStore of readStores.slice(1)) await readStore.close();
        await office.close();
      }),
      { numRuns: 25 },
    );
  });
});
