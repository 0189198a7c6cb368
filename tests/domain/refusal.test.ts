import { isCaseError } from '../../src/domain/case-error.js';
import { type CaseState, type DecidableEvent, decide, newCase } from '../../src/domain/decide.js';
import { standingDenials, takenEvents } from '../../src/domain/refusal.js';
import { defineWorkflow } from '../../src/domain/workflow.js';
import { ferry, ferryMachine, ferrySource } from '../support/ferry.js';
import { aStep, story } from '../support/story.js';

const boarded = (seats: number) => aStep('ferry.boarded', { seats });
const departed = (facts: DecidableEvent['facts'] = {}) => aStep('ferry.departed', {}, { facts });

function reasons(state: CaseState, event: DecidableEvent): readonly string[] {
  try {
    decide(state, event);
  } catch (error) {
    if (isCaseError(error, 'GUARD_DENIED')) return error.failure.reasons.map(({ title }) => title.en);
    throw error;
  }
  return [];
}

describe('a refusal', () => {
  it('names what the state takes where it does not take the event', () => {
    const { state } = story(ferry, [boarded(1), departed()]);
    expect(() => decide(state, boarded(1))).toThrow(
      '"ferry.boarded" is not allowed while the case is in "voyage.sailing+deck.dirty"; allowed: ferry.landed, deck.washed',
    );
  });

  it('gives the words for the case at hand where the guard has them', () =>
    expect(reasons(story(ferry, [boarded(3)]).state, boarded(2))).toEqual(['only 1 seat(s) are left']));

  it('gives the reason of each guard that said no, and of no other', () => {
    const storm = { wind: 'storm' };
    expect(reasons(newCase(ferry), departed(storm))).toEqual([
      'a storm is blowing',
      'nobody is aboard',
      'there is no mail',
    ]);
    expect(reasons(story(ferry, [boarded(1)]).state, departed(storm))).toEqual(['a storm is blowing']);
    expect(reasons(newCase(ferry), departed({ mail: true }))).toEqual([]);
  });
});

describe('what a state takes', () => {
  it('is every event with a transition, whatever its guard will say', () =>
    expect(takenEvents(newCase(ferry).snapshot)).toEqual(['ferry.boarded', 'ferry.departed', 'deck.washed']));

  it('is nothing once the case is closed', () => {
    const { state } = story(ferry, [boarded(1), departed(), aStep('ferry.landed'), aStep('deck.washed')]);
    expect(takenEvents(state.snapshot)).toEqual([]);
  });
});

describe('what stands against an event beforehand', () => {
  const shortOfCrew = defineWorkflow({
    ...ferrySource,
    machine: ferryMachine.provide({ guards: { crewComplete: ({ context }) => context.crew > 2 } }),
  });
  const denials = (workflow: typeof ferry, type: string) =>
    standingDenials(workflow, newCase(workflow).snapshot, type).map(({ guard }) => guard);

  it('is what follows from the case alone, also beside guards that want to see the event', () =>
    expect(denials(shortOfCrew, 'ferry.departed')).toEqual(['crewComplete']));

  it('is nothing where the event may still bring what is wanted', () => {
    expect(denials(ferry, 'ferry.departed')).toEqual([]);
    expect(denials(ferry, 'ferry.boarded')).toEqual([]);
  });
});
