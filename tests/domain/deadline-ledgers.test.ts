import { setup } from 'xstate';
import { z } from 'zod';
import { deadlineLedgers } from '../../src/domain/deadline-ledgers.js';
import type { JsonObject } from '../../src/domain/event.js';
import { retell, told } from '../../src/domain/replay.js';
import { defineEvent, defineWorkflow, type WorkflowMigration } from '../../src/domain/workflow.js';
import { aRecordedStep, aStep, story } from '../support/story.js';

const title = { en: 'x', zh: '测' };
const event = () => defineEvent({ title, data: z.strictObject({ days: z.number().optional() }), roles: ['clerk'] });

/** A letter that is taken in and answered; with `accepting` it must be accepted in between, from when on the term runs. */
function letter(version: number, accepting: boolean, migrations: readonly WorkflowMigration[] = []) {
  const waiting = accepting ? { arrived: { on: { 'letter.accepted': 'open' } } } : {};
  return defineWorkflow({
    name: 'letter',
    version,
    title,
    machine: setup({}).createMachine({
      initial: 'none',
      states: {
        none: { on: { 'letter.received': accepting ? 'arrived' : 'open' } },
        ...waiting,
        open: { on: { 'letter.noted': 'open', 'letter.answered': 'answered' } },
        answered: { type: 'final' },
      },
    }),
    events: {
      'letter.received': event(),
      'letter.noted': event(),
      'letter.answered': event(),
      ...(accepting && { 'letter.accepted': event() }),
    },
    states: { none: title, ...(accepting && { arrived: title }), open: title, answered: title },
    roles: { clerk: { title, scope: 'ledger' } },
    deadlines: {
      answer: {
        title,
        from: accepting ? 'letter.accepted' : 'letter.received',
        until: { states: ['answered'] },
        within: ({ data, facts }) => ({ unit: 'workingDays', amount: Number(data.days) + Number(facts.more ?? 0) }),
        extension: { event: 'letter.noted', max: 9, by: { unit: 'workingDays', amount: 1 } },
        source: 'law',
      },
    },
    migrations,
  });
}

const first = letter(1, false);
/** Receiving was two steps in one; notes said nothing. */
const second = letter(2, true, [
  {
    from: 1,
    translate: ({ type, data }) => {
      if (type === 'letter.received')
        return [
          { type, data: {} },
          { type: 'letter.accepted', data: { days: Number(data.days) * 2 } },
        ];
      return type === 'letter.noted' ? [] : [{ type, data }];
    },
  },
]);

const received = aStep('letter.received', { days: 5 }, { facts: { more: 1 } });
const { history } = story(first, [received, aStep('letter.noted')]);
const moved = aRecordedStep(
  { ...retell(second, history), revision: 2 },
  aStep('case.migrated', { from: { version: 1 }, to: { version: 2 } } as unknown as JsonObject),
);

describe('the deadline ledgers of a case', () => {
  it('come from its own events where it never moved', () =>
    expect(deadlineLedgers(first, history)).toMatchObject({
      answer: { term: { amount: 6 }, anchor: { event: 'letter.received' }, generation: 2 },
    }));

  it('are none before anything happened', () => expect(deadlineLedgers(first, [])).toEqual({}));

  it('come, after a move, from what the new version makes of each event: two of one, or none', () =>
    expect(deadlineLedgers(second, [...history, moved])).toEqual({
      answer: {
        name: 'answer',
        term: { unit: 'workingDays', amount: 11 },
        anchor: { event: 'letter.accepted', revision: 0, at: received.at },
        extensions: [],
        pauses: [],
        status: 'running',
        generation: 1,
      },
    }));

  it('go on with the events themselves after the move', () => {
    const state = retell(second, history);
    const answered = aRecordedStep(
      { ...state, revision: 3, state: 'answered' },
      aStep('letter.answered', {}, { at: '2026-03-05T01:00:00.000Z' }),
    );
    expect(deadlineLedgers(second, [...history, moved, answered])).toMatchObject({
      answer: { status: 'met', metAt: '2026-03-05T01:00:00.000Z', term: { amount: 11 } },
    });
  });
});

describe('a case as another version tells it', () => {
  it('names, for each event, the recorded one it stands for and the state it leads to', () => {
    const events = [...told(second, history)].map(({ event: { type }, recorded: { revision }, after: { state } }) => ({
      type,
      revision,
      state,
    }));
    expect(events).toEqual([
      { type: 'letter.received', revision: 0, state: 'arrived' },
      { type: 'letter.accepted', revision: 0, state: 'open' },
    ]);
  });

  it('leaves out what the engine itself recorded', () =>
    expect([...told(second, [...history, moved])]).toHaveLength(2));
});
