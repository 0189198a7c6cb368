import { and, assign, setup } from 'xstate';
import type { SupervisionOrderEvent } from './events.js';
import type { OrderCause } from './policy.js';

export type SupervisionOrderContext = {
  readonly cause: OrderCause | null;
  /** How often it was sent back. */
  readonly sentBack: number;
  /** What the return visit found. */
  readonly visit: string | null;
};

/** A map of which fact may follow which. */
export const machine = setup({
  types: { context: {} as SupervisionOrderContext, events: {} as SupervisionOrderEvent },
  guards: {
    visitIsMade: ({ context, event }) =>
      event.type === 'order.closed' &&
      (context.cause !== 'dissatisfied' || event.data.returnVisit.outcome !== 'notNeeded'),
    visitIsContent: ({ event }) => event.type === 'order.closed' && event.data.returnVisit.outcome !== 'dissatisfied',
    causeIsNamed: ({ event }) =>
      event.type === 'order.issued' && (event.data.about !== undefined || event.data.matter !== undefined),
    causeIsTheSenders: ({ event }) =>
      event.type === 'order.issued' && (event.data.cause !== 'leader' || event.actor.role === 'leader'),
  },
  actions: {
    noteIssue: assign(({ event }) => (event.type === 'order.issued' ? { cause: event.data.cause } : {})),
    noteSentBack: assign({ sentBack: ({ context }) => context.sentBack + 1 }),
    noteVisit: assign(({ event }) => (event.type === 'order.closed' ? { visit: event.data.returnVisit.outcome } : {})),
  },
}).createMachine({
  id: 'supervision-order',
  context: { cause: null, sentBack: 0, visit: null },
  initial: 'unissued',
  states: {
    unissued: {
      on: {
        'order.issued': {
          target: 'issued',
          guard: and(['causeIsNamed', 'causeIsTheSenders']),
          actions: 'noteIssue',
        },
      },
    },
    issued: { on: { 'order.accepted': 'accepted' } },
    accepted: { on: { 'order.rectified': 'rectified' } },
    rectified: {
      on: {
        'rectification.verified': 'verified',
        'rectification.sentBack': { target: 'sentBack', actions: 'noteSentBack' },
      },
    },
    sentBack: { on: { 'order.rectified': 'rectified' } },
    verified: {
      on: {
        'order.closed': { target: 'closed', guard: and(['visitIsMade', 'visitIsContent']), actions: 'noteVisit' },
        'rectification.sentBack': { target: 'sentBack', actions: 'noteSentBack' },
      },
    },
    closed: { type: 'final' },
  },
});
