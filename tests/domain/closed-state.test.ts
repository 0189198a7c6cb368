import fc from 'fast-check';
import { createMachine, getInitialSnapshot, transition } from 'xstate';
import { isClosedState } from '../../src/domain/closed-state.js';
import { stateName } from '../../src/domain/state-name.js';

const machines = [
  createMachine({
    initial: 'a',
    states: {
      a: { on: { GO: 'b', END: 'c' } },
      b: { initial: 'x', states: { x: { on: { GO: 'y' } }, y: { type: 'final' } }, on: { END: 'c' } },
      c: { type: 'final' },
    },
  }),
  createMachine({
    type: 'parallel',
    states: {
      one: { initial: 'a', states: { a: { on: { GO: 'z' } }, z: { type: 'final' } } },
      two: {
        type: 'parallel',
        states: {
          l: { initial: 'a', states: { a: { on: { END: 'z' } }, z: { type: 'final' } } },
          r: { initial: 'a', states: { a: { on: { BACK: 'z' } }, z: { type: 'final' } } },
        },
      },
    },
  }),
];

describe('a closed state', () => {
  it('is told from its name as the machine itself tells it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...machines.keys()),
        fc.array(fc.constantFrom('GO', 'END', 'BACK'), { maxLength: 6 }),
        (which, types) => {
          const machine = machines[which]!;
          let snapshot = getInitialSnapshot(machine);
          for (const type of types)
            if (snapshot.status === 'active') [snapshot] = transition(machine, snapshot, { type });

          expect(isClosedState({ machine }, stateName(snapshot.value, machine.root))).toBe(snapshot.status === 'done');
        },
      ),
    );
  });
});
