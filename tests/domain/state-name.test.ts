import { decide, newCase } from '../../src/domain/decide.js';
import { stateIn, stateName } from '../../src/domain/state-name.js';
import { ferry, ferryMachine } from '../support/ferry.js';
import { aStep } from '../support/story.js';

describe('the name of a state', () => {
  it('joins nested states by dots and regions by plus signs', () =>
    expect(stateName({ voyage: 'moored', deck: 'clean' }, ferryMachine.root)).toBe('voyage.moored+deck.clean'));

  it('keeps the order of the machine, whichever way the case came there', () => {
    const boarded = aStep('ferry.boarded', { seats: 1 });
    const departed = aStep('ferry.departed');
    const washed = aStep('deck.washed');
    const one = [boarded, departed, washed].reduce(decide, newCase(ferry));
    const other = [washed, boarded, departed].reduce(decide, newCase(ferry));

    expect(one.state).toBe('voyage.sailing+deck.clean');
    expect(other.state).toBe(one.state);
  });
});

describe('a state lies', () => {
  it('in each of its regions and in whatever contains it', () => {
    const state = 'handling.reviewing.first+loop.idle';
    for (const path of ['handling', 'handling.reviewing', 'handling.reviewing.first', 'loop', 'loop.idle']) {
      expect(stateIn(state, path)).toBe(true);
    }
  });

  it('not in one whose name merely begins alike, nor in a part of a path', () => {
    for (const path of ['hand', 'handling.review', 'reviewing', 'loop.idle.deep', '']) {
      expect(stateIn('handling.reviewing+loop.idle', path)).toBe(false);
    }
  });
});
