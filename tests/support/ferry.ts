import { type AnyStateMachine, and, assign, or, setup } from 'xstate';
import { z } from 'zod';
import {
  defineEvent,
  defineWorkflow,
  type MachineEvent,
  type Workflow,
  type WorkflowSource,
} from '../../src/domain/workflow.js';

const events = {
  'ferry.boarded': defineEvent({
    title: { en: 'Passenger boarded', zh: '旅客登船' },
    data: z.strictObject({ seats: z.int().min(1) }),
    roles: ['sailor'],
  }),
  'ferry.departed': defineEvent({
    title: { en: 'Departed', zh: '开船' },
    data: z.strictObject({}),
    roles: ['captain'],
  }),
  'ferry.landed': defineEvent({ title: { en: 'Landed', zh: '靠岸' }, data: z.strictObject({}), roles: ['captain'] }),
  'deck.washed': defineEvent({
    title: { en: 'Deck washed', zh: '冲洗甲板' },
    data: z.strictObject({}),
    roles: ['sailor'],
  }),
};

type FerryContext = { readonly aboard: number; readonly crew: number };

export const ferryMachine = setup({
  types: { context: {} as FerryContext, events: {} as MachineEvent<typeof events> },
  guards: {
    seatsLeft: ({ context, event }) => event.type === 'ferry.boarded' && context.aboard + event.data.seats <= 4,
    fairWeather: ({ event }) => event.facts.wind !== 'storm',
    someoneAboard: ({ context }) => context.aboard > 0,
    mailAboard: ({ event }) => event.facts.mail === true,
    crewComplete: ({ context }) => context.crew >= 2,
  },
  actions: {
    board: assign({
      aboard: ({ context, event }) => context.aboard + (event.type === 'ferry.boarded' ? event.data.seats : 0),
    }),
  },
}).createMachine({
  id: 'ferry',
  context: { aboard: 0, crew: 2 },
  type: 'parallel',
  states: {
    voyage: {
      initial: 'moored',
      states: {
        moored: {
          on: {
            'ferry.boarded': { target: 'moored', guard: 'seatsLeft', actions: 'board' },
            'ferry.departed': {
              target: 'sailing',
              guard: and(['fairWeather', 'crewComplete', or(['someoneAboard', 'mailAboard'])]),
            },
          },
        },
        sailing: { on: { 'ferry.landed': 'landed' } },
        landed: { type: 'final' },
      },
    },
    deck: {
      initial: 'dirty',
      states: { dirty: { on: { 'deck.washed': 'clean' } }, clean: { type: 'final' } },
    },
  },
});

/** A workflow of two regions and composed guards, without persons or places: what pure rules are tried on. */
export const ferrySource: WorkflowSource = {
  name: 'ferry',
  version: 1,
  title: { en: 'Ferry', zh: '轮渡' },
  machine: ferryMachine,
  events,
  states: {
    voyage: { en: 'Voyage', zh: '航程' },
    'voyage.moored': { en: 'Moored', zh: '停泊' },
    'voyage.sailing': { en: 'Sailing', zh: '航行' },
    'voyage.landed': { en: 'Landed', zh: '靠岸' },
    deck: { en: 'Deck', zh: '甲板' },
    'deck.dirty': { en: 'Dirty', zh: '未冲洗' },
    'deck.clean': { en: 'Clean', zh: '已冲洗' },
  },
  roles: {
    sailor: { title: { en: 'Sailor', zh: '水手' }, scope: 'ledger' },
    captain: { title: { en: 'Captain', zh: '船长' }, scope: 'ledger' },
  },
  guards: {
    seatsLeft: {
      title: { en: 'the ferry is full', zh: '已满员' },
      reads: 'event',
      explain: ({ context }: { readonly context: FerryContext }) => ({
        en: `only ${4 - context.aboard} seat(s) are left`,
        zh: `仅余 ${4 - context.aboard} 座`,
      }),
    },
    fairWeather: { title: { en: 'a storm is blowing', zh: '风暴' }, reads: 'event' },
    someoneAboard: { title: { en: 'nobody is aboard', zh: '无旅客' }, reads: 'context' },
    mailAboard: { title: { en: 'there is no mail', zh: '无邮件' }, reads: 'event' },
    crewComplete: { title: { en: 'the crew is not complete', zh: '船员不足' }, reads: 'context' },
  },
  policy: { seats: 4 },
};

export const ferry: Workflow = defineWorkflow(ferrySource);

/** A one-state workflow around a piece of machine, for definitions that are to be refused. */
export function aSource(machine: unknown, more: Partial<WorkflowSource> = {}): WorkflowSource {
  return {
    name: 'trial',
    version: 1,
    title: { en: 'Trial', zh: '试' },
    machine: machine as WorkflowSource['machine'],
    events: {
      'trial.held': defineEvent({
        title: { en: 'Held', zh: '举行' },
        data: z.strictObject({ note: z.string().optional() }),
        roles: ['judge'],
      }),
    },
    states: { open: { en: 'Open', zh: '开' }, done: { en: 'Done', zh: '完' } },
    roles: { judge: { title: { en: 'Judge', zh: '评委' }, scope: 'ledger' } },
    ...more,
  };
}

/** That machine, with its first state changed. */
export function trialMachine(open: object = {}, implementations: object = {}, more: object = {}) {
  const config = {
    context: { count: 0 },
    initial: 'open',
    ...more,
    states: { open: { on: { 'trial.held': { target: 'done' } }, ...open }, done: { type: 'final' } },
  };
  return setup(implementations as object).createMachine(config as never) as unknown as AnyStateMachine;
}
