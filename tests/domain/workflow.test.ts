import { assign, emit, enqueueActions, fromPromise, log, not, raise, sendTo, setup, spawnChild } from 'xstate';
import { z } from 'zod';
import { isCaseError } from '../../src/domain/case-error.js';
import type { DeadlineRule } from '../../src/domain/deadline.js';
import { workingDays } from '../../src/domain/term.js';
import { defineEvent, defineWorkflow, type EventDefinition, type WorkflowSource } from '../../src/domain/workflow.js';
import { aSource, ferry, ferrySource, trialMachine } from '../support/ferry.js';

function problemsOf(source: WorkflowSource): readonly string[] {
  try {
    defineWorkflow(source);
  } catch (error) {
    if (isCaseError(error, 'DEFINITION_INVALID')) return error.failure.problems;
    throw error;
  }
  return [];
}

/** The trial's machine with one thing changed about its first state, or about the whole. */
const withState = (open: object, implementations: object = {}) => aSource(trialMachine(open, implementations));
const held = (transition: object) => ({ on: { 'trial.held': { target: 'done', ...transition } } });
const event = (change: Partial<EventDefinition>): WorkflowSource => {
  const source = aSource(trialMachine());
  return { ...source, events: { 'trial.held': { ...source.events['trial.held']!, ...change } } };
};

describe('a definition', () => {
  it('is taken when nothing is wrong with it', () => {
    expect(problemsOf(aSource(trialMachine()))).toEqual([]);
    expect(ferry.hash).toMatch(/^[\w-]{43}$/);
  });

  it('has a name of lower-case words and a version from 1', () => {
    expect(problemsOf(aSource(trialMachine(), { name: 'Trial_2', version: 0 }))).toEqual([
      'the name "Trial_2" must be lower-case words joined by dashes',
      'the version must be a whole number from 1, got 0',
    ]);
  });

  it('tells every problem at once', () => {
    const source = aSource(trialMachine({ after: { 1000: 'done' } }), { name: 'X', states: {} });
    expect(problemsOf(source).length).toBeGreaterThanOrEqual(4);
  });
});

describe('a machine is refused', () => {
  it.each([
    [
      '"invoke"',
      withState({ invoke: { src: fromPromise(async () => 1) } }),
      'open has "invoke": an effect cannot be replayed',
    ],
    ['"after"', withState({ after: { 1000: 'done' } }), 'open has "after": a machine never waits, a deadline does'],
    [
      'a wildcard',
      withState({ on: { 'trial.held': 'done', '*': 'done' } }),
      'open takes "*": name the events it takes',
    ],
  ])('for %s', (_what, source, sentence) => expect(problemsOf(source)).toContain(sentence));

  it.each([
    ['an effect written in place', () => undefined],
    ['a log', log('hello')],
    ['a message', sendTo('other', { type: 'x' })],
    ['an emission', emit({ type: 'x' } as never)],
    ['a spawned child', spawnChild('child' as never)],
    ['actions chosen when it runs', enqueueActions(() => undefined)],
  ])('for %s', (_what, action) => {
    const said = problemsOf(withState(held({ actions: action })));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^open has the action .*: only "assign" and "raise" can be replayed$/);
  });

  it('for a named action that is an effect', () => {
    const source = withState(held({ actions: 'tell' }), { actions: { tell: () => undefined } });
    expect(problemsOf(source)).toEqual(['open has the action tell: only "assign" and "raise" can be replayed']);
  });

  it('for an effect on entry or exit', () => {
    expect(problemsOf(withState({ entry: () => undefined }))[0]).toContain('open has the action');
    expect(problemsOf(withState({ exit: () => undefined }))[0]).toContain('open has the action');
  });

  it('for a delayed raise, which is a clock', () => {
    const later = raise({ type: 'trial.held' } as never, { delay: 10 });
    expect(problemsOf(withState(held({ actions: later })))[0]).toContain('a delayed "raise" is a clock');
  });

  it('for an assignment, a guard or a context that looks at a clock or at chance', () => {
    const stamped = assign({ count: () => Date.now() });
    expect(problemsOf(withState(held({ actions: stamped })))[0]).toContain('which reaches outside its arguments');

    const lucky = withState(held({ guard: 'lucky' }), { guards: { lucky: () => Math.random() > 0.5 } });
    expect(problemsOf({ ...lucky, guards: { lucky: { title: { en: 'no', zh: '否' }, reads: 'context' } } })).toEqual([
      'guard "lucky" reaches outside its arguments',
    ]);

    const dated = setup({}).createMachine({
      context: () => ({ at: new Date() }),
      initial: 'open',
      states: { open: { on: { 'trial.held': 'done' } }, done: { type: 'final' } },
    });
    expect(problemsOf(aSource(dated))).toEqual(['the initial context reaches outside its arguments']);
  });
});

describe('a guard', () => {
  const words = { mayHold: { title: { en: 'no', zh: '否' }, reads: 'context' } } as const;
  const implementations = { guards: { mayHold: () => true } };

  it('has a name, so that a refusal can say why', () =>
    expect(problemsOf(withState(held({ guard: () => true })))).toEqual([
      'open guards "trial.held" with a function written in place: name it, so that a refusal can say why',
    ]));

  it('has words for saying no', () =>
    expect(problemsOf(withState(held({ guard: 'mayHold' }), implementations))).toEqual([
      'the guard "mayHold" has no words for saying no',
    ]));

  it('is implemented', () =>
    expect(problemsOf({ ...withState(held({ guard: 'mayHold' })), guards: words })).toEqual([
      'the guard "mayHold" is not implemented',
    ]));

  it('is not negated, since its words would then say the opposite', () =>
    expect(problemsOf({ ...withState(held({ guard: not('mayHold') }), implementations), guards: words })).toEqual([
      'open guards "trial.held" with "not": name the opposite, so that a refusal can say why',
    ]));
});

describe('an event', () => {
  const definition = aSource(trialMachine()).events['trial.held']!;

  it('that the machine takes has a definition', () =>
    expect(problemsOf(aSource(trialMachine(), { events: {} }))).toContain(
      'the machine takes "trial.held", which has no definition',
    ));

  it('that is defined is taken somewhere', () =>
    expect(
      problemsOf(aSource(trialMachine(), { events: { 'trial.held': definition, 'trial.lost': definition } })),
    ).toEqual(['the event "trial.lost" is taken in no state']));

  it("is named as a dotted fact, and not as one of the engine's own", () => {
    const machine = trialMachine({ on: { hold: 'done', 'case.migrated': 'done' } });
    expect(problemsOf(aSource(machine, { events: { hold: definition, 'case.migrated': definition } }))).toEqual([
      'the event "hold" must be a dotted past-tense fact such as "application.received"',
      'the event "case.migrated" is the engine\'s own',
    ]);
  });

  it('has an object for its data', () =>
    expect(problemsOf(event({ data: z.string() as never })).join()).toContain(
      'the data of "trial.held" must be a z.object or z.strictObject',
    ));

  it('names only roles that exist, and one at least', () => {
    expect(problemsOf(event({ roles: [] }))).toEqual(['the event "trial.held" may be sent by no role']);
    expect(problemsOf(event({ roles: ['king'], backdate: { roles: ['queen'], days: 1 } }))).toEqual([
      'the event "trial.held" names the role "king", which is not defined',
      'the event "trial.held" names the role "queen", which is not defined',
    ]);
  });

  it('is kept apart only from events that exist', () =>
    expect(problemsOf(event({ separateFrom: ['trial.lost'] }))).toEqual([
      'the event "trial.held" is to be separate from "trial.lost", which is not defined',
    ]));

  it('of a later shape has an upcast from each before', () =>
    expect(problemsOf(event({ schema: 3, upcast: { 1: (data) => data } }))).toEqual([
      'the event "trial.held" has no upcast from shape 2',
    ]));
});

describe('a title', () => {
  it('is there in English and Chinese for everything that is shown', () => {
    const source = aSource(trialMachine(held({ guard: 'mayHold' }), { guards: { mayHold: () => true } }), {
      title: { en: 'Trial', zh: ' ' },
      states: { open: { en: '', zh: '开' } },
      events: {
        'trial.held': defineEvent({ title: { en: 'Held', zh: '' }, data: z.strictObject({}), roles: ['judge'] }),
      },
      roles: { judge: { title: { en: '', zh: '评委' }, scope: 'ledger' } },
      guards: { mayHold: { title: { en: 'no', zh: '' }, reads: 'context' } },
    });
    const lacking = ['the workflow', 'the state "open"', 'the state "done"', 'the event "trial.held"'];
    expect(problemsOf(source)).toEqual(
      [...lacking, 'the role "judge"', 'the guard "mayHold"'].map(
        (what) => `${what} lacks an English or a Chinese title`,
      ),
    );
  });

  it('belongs to a state that exists', () =>
    expect(
      problemsOf({ ...ferrySource, states: { ...ferrySource.states, harbour: { en: 'Harbour', zh: '港' } } }),
    ).toEqual(['the title for state "harbour" belongs to no state']));
});

describe('a deadline', () => {
  const deadline: DeadlineRule = {
    title: { en: 'Hold', zh: '举行' },
    from: 'trial.held',
    until: { states: ['done'] },
    within: workingDays(5),
    source: 'the rules, 1',
  };
  const withDeadline = (change: Partial<DeadlineRule>) =>
    aSource(trialMachine(), { deadlines: { hold: { ...deadline, ...change } } });

  it('names events and states that exist', () => {
    expect(problemsOf(withDeadline({}))).toEqual([]);
    expect(problemsOf(withDeadline({ from: 'trial.lost' }))).toEqual([
      'deadline "hold": names the unknown event "trial.lost"',
    ]);
    expect(problemsOf(withDeadline({ until: { states: ['won'] } }))).toEqual([
      'a deadline names the state "won", which the machine does not have',
    ]);
  });

  it('is extended by nobody but whom it names', () => {
    const machine = trialMachine({ on: { 'trial.held': 'done', 'trial.extended': 'open' } });
    const source = aSource(machine, { deadlines: { hold: { ...deadline, extension: extensionBy('head') } } });
    const extended = { ...source.events['trial.held']!, roles: ['judge'] };
    expect(problemsOf({ ...source, events: { ...source.events, 'trial.extended': extended } })).toEqual([
      'deadline "hold" is extended by "head", but "judge" may send "trial.extended" too',
    ]);
  });

  const extensionBy = (role: string) => ({ event: 'trial.extended', max: 1, by: workingDays(5), role });
});
