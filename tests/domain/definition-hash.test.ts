import { assign, setup } from 'xstate';
import { z } from 'zod';
import { definitionHash } from '../../src/domain/definition-hash.js';
import { personal } from '../../src/domain/personal-data.js';
import { workingDays } from '../../src/domain/term.js';
import type { EventDefinition, WorkflowSource } from '../../src/domain/workflow.js';
import { aSource, ferry, ferryMachine, ferrySource, trialMachine } from '../support/ferry.js';

const hashWith = (change: Partial<WorkflowSource>) => definitionHash({ ...ferrySource, ...change });
const boarding = ferrySource.events['ferry.boarded']!;
const withBoarding = (change: Partial<EventDefinition>) =>
  hashWith({ events: { ...ferrySource.events, 'ferry.boarded': { ...boarding, ...change } } });

/** A guard, assignment or label function as other tools would write the same thing. */
const sameMeaning: [string, string][] = [
  ['({ context }) => context.count > 1', '({context})=>context.count>1'],
  ['({ context }) => context.count > 1', '({ context }) => /* at least two */ context.count > 1'],
  ['({ context }) => context.count > 1', '({ context }) => (context.count > 1)'],
  ['({ context }) => context.count > 1000', '({ context }) => context.count > 1_000'],
  ["({ event }) => event.type === 'a'", '({ event }) => event.type === "a"'],
  ['(a) => { return a; }', '(a) => {\n  return a\n}'],
  ['a => a', '(a) => a'],
];
const otherMeaning: [string, string][] = [
  ['({ context }) => context.count > 1', '({ context }) => context.count >= 1'],
  ['({ context }) => context.count > 1', '({ context }) => context.count > 2'],
  ["({ event }) => event.type === 'a'", "({ event }) => event.type === 'A'"],
  ['(a) => a', '(a) => !a'],
  ['(a) => a / 2', '(a) => a * 2'],
  ['() => /x/.test("x")', '() => /x/i.test("x")'],
  ['() => 1', '() => 1n'],
];
/** What a compiler wrote, as a module would hold it. */
const compiled = (text: string) => new Function(`return ${text}`)() as () => boolean;
const hashOfGuard = (text: string) =>
  definitionHash(aSource(trialMachine({}, { guards: { mayHold: compiled(text) } })));
const hashOfAssignment = (text: string) =>
  definitionHash(aSource(trialMachine({}, { actions: { count: assign({ count: compiled(text) as never }) } })));

describe('the hash of a definition', () => {
  it('is that of its meaning, computed anew or known beforehand', () => {
    expect(definitionHash(ferrySource)).toBe(ferry.hash);
    expect(definitionHash(ferry)).toBe(ferry.hash);
  });

  it.each(sameMeaning)('is the same for `%s` and `%s`', (one, other) => {
    expect(hashOfGuard(one)).toBe(hashOfGuard(other));
    expect(hashOfAssignment(one)).toBe(hashOfAssignment(other));
  });

  it.each(otherMeaning)('is another for `%s` and `%s`', (one, other) => {
    expect(hashOfGuard(one)).not.toBe(hashOfGuard(other));
    expect(hashOfAssignment(one)).not.toBe(hashOfAssignment(other));
  });

  it('reads functions written as methods too', () => {
    const labelled = (channel: string) =>
      compiled(`({ labels() { return { channel: '${channel}' }; } })`) as unknown as object;
    expect(withBoarding(labelled('window'))).toBe(withBoarding(labelled('window')));
    expect(withBoarding(labelled('window'))).not.toBe(withBoarding(labelled('online')));
  });

  it('does not change with its words', () => {
    expect(hashWith({ title: { en: 'Boat', zh: '船' }, states: {} })).toBe(ferry.hash);
    expect(withBoarding({ title: { en: 'On board', zh: '上船' } })).toBe(ferry.hash);
    expect(withBoarding({ data: z.strictObject({ seats: z.int().min(1).describe('how many') }) })).toBe(ferry.hash);
    expect(hashWith({ guards: { seatsLeft: { title: { en: 'x', zh: 'y' }, reads: 'event' } } })).toBe(ferry.hash);
  });

  it('does not change with the order in which things are written', () => {
    const backwards = Object.fromEntries(Object.entries(ferrySource.events).reverse());
    expect(hashWith({ events: backwards, policy: { ...ferrySource.policy } })).toBe(ferry.hash);
  });
});

describe('the hash of a definition changes with', () => {
  const changes: [string, string][] = [
    ['its name or version', hashWith({ version: 2 })],
    ['a schema', withBoarding({ data: z.strictObject({ seats: z.int().min(2) }) })],
    [
      'a property of a schema that is called title',
      withBoarding({ data: z.strictObject({ seats: z.int().min(1), title: z.string() }) }),
    ],
    ['what is personal', withBoarding({ data: z.strictObject({ seats: personal(z.int().min(1)) }) })],
    ['who may send an event', withBoarding({ roles: ['captain'] })],
    ['who may look back', withBoarding({ backdate: { roles: ['sailor'], days: 1 } })],
    ['a rule of two persons', withBoarding({ separateFrom: ['deck.washed'] })],
    ['whether a reason is wanted', withBoarding({ reasonRequired: true })],
    ['a fact it looks up', withBoarding({ facts: { wind: () => ({ lookup: 'weather', key: 1 }) } })],
    ['the shape of data', withBoarding({ schema: 2, upcast: { 1: (data) => data } })],
    [
      'the reach of a role',
      hashWith({ roles: { ...ferrySource.roles, sailor: { title: { en: 'x', zh: 'x' }, scope: 'region' } } }),
    ],
    ['the policy', hashWith({ policy: { seats: 5 } })],
    [
      'a guard',
      hashWith({ machine: ferryMachine.provide({ guards: { someoneAboard: ({ context }) => context.aboard >= 0 } }) }),
    ],
    ['an assignment', hashWith({ machine: ferryMachine.provide({ actions: { board: assign({ aboard: 4 }) } }) })],
    ['a migration', hashWith({ migrations: [{ from: 1 }] })],
    ['how long cases are kept', hashWith({ archiveYears: 10 })],
    [
      'a deadline',
      hashWith({
        deadlines: {
          voyage: {
            title: { en: 'x', zh: 'x' },
            from: 'ferry.departed',
            until: { events: ['ferry.landed'] },
            within: workingDays(1),
            source: 'x',
          },
        },
      }),
    ],
  ];

  it.each(changes)('%s', (_what, hash) => expect(hash).not.toBe(ferry.hash));

  it('each of them in its own way', () => expect(new Set(changes.map(([, hash]) => hash)).size).toBe(changes.length));

  it('what may follow what', () => {
    const machines = [
      { on: { 'trial.held': { target: 'done' } } },
      { on: { 'trial.held': { target: 'open' } } },
      { on: { 'trial.held': { target: 'open', reenter: true } } },
      { on: { 'trial.held': { target: 'done', guard: 'mayHold' } } },
      { on: { 'trial.held': { target: 'done', actions: 'count' } } },
      { on: { 'trial.held': { target: 'done' } }, always: { target: 'done', guard: 'mayHold' } },
      { on: { 'trial.held': { target: 'done' } }, type: 'final' },
    ].map((open) => definitionHash(aSource(trialMachine(open))));
    expect(new Set(machines).size).toBe(machines.length);
  });

  it('the context a case begins with', () => {
    const beginning = (context: object) =>
      definitionHash(
        aSource(setup({}).createMachine({ context: context as never, initial: 'open', states: { open: {} } })),
      );
    expect(beginning({ count: 1 })).not.toBe(beginning({ count: 2 }));
  });
});
