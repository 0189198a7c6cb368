import type { RecordedEvent } from '../../../src/domain/event.js';
import { type CausedCommand, consequences } from '../../../src/engine/reactions/caused-command.js';
import { commandDispatch } from '../../../src/engine/reactions/command-dispatch.js';
import { reactionOutcomes } from '../../../src/engine/reactions/reaction-outcomes.js';
import { ordersInspections } from '../../support/inspection.js';
import { type InspectingOffice, inspectingOffice } from './inspecting-office.js';

let office: InspectingOffice;
beforeEach(async () => {
  office = await inspectingOffice();
  await office.permit('p-1');
});
afterEach(() => office.close());

/** What the latest note on the permit leads to, and how it is brought to its target. */
async function caused(): Promise<{ readonly cause: RecordedEvent; readonly command: CausedCommand }> {
  const cause = (await office.stored('p-1')).at(-1)!;
  const { commands } = await consequences(office)(ordersInspections, cause);
  return { cause, command: commands[0]! };
}

describe('a command brought by many at once', () => {
  it.each(['opens its target', 'is sent to a target that is open'])(
    '%s once, and every bringer is told so',
    async (how) => {
      const dispatch = commandDispatch({ engine: office.engine, outcomes: reactionOutcomes(office) });
      if (how.startsWith('is sent')) {
        await office.note('p-1', 'before');
        const { cause, command } = await caused();
        await dispatch(ordersInspections, cause, command);
      }
      await office.note('p-1', 'now');
      const { cause, command } = await caused();

      // A turn later each, so that some open while others send already.
      const bring = async (turns: number) => {
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        return dispatch(ordersInspections, cause, command);
      };
      const outcomes = await Promise.all(Array.from({ length: 60 }, (_, turns) => bring(turns)));

      expect(new Set(outcomes)).toEqual(new Set(['accepted']));
      expect((await office.orders('planning')).filter((text) => text === 'now')).toHaveLength(1);
      expect(await office.outcomes()).toEqual([]);
    },
  );
});
