import { assign, setup } from 'xstate';
import type { OverdueAlertEvent } from './events.js';
import { colourOf } from './policy.js';

export type OverdueAlertContext = {
  /** The rungs reached, oldest first. */
  readonly rungs: readonly string[];
};

/** A map of which fact may follow which. While the watched clock stands still the alert asks nobody for anything. */
export const machine = setup({
  types: { context: {} as OverdueAlertContext, events: {} as OverdueAlertEvent },
  guards: {
    rungIsRed: ({ event }) => event.type === 'rung.reached' && colourOf(event.data.rung) === 'red',
    alertIsRed: ({ context }) => context.rungs.some((rung) => colourOf(rung) === 'red'),
  },
  actions: {
    noteRung: assign(({ context, event }) =>
      event.type === 'rung.reached' ? { rungs: [...context.rungs, event.data.rung] } : {},
    ),
  },
}).createMachine({
  id: 'overdue-alert',
  context: { rungs: [] },
  initial: 'unraised',
  states: {
    unraised: {
      on: {
        'rung.reached': [
          { target: 'raised.red', guard: 'rungIsRed', actions: 'noteRung' },
          { target: 'raised.amber', actions: 'noteRung' },
        ],
      },
    },
    raised: {
      initial: 'amber',
      states: { amber: {}, red: {} },
      on: {
        'rung.reached': [
          { target: '.red', guard: 'rungIsRed', actions: 'noteRung' },
          { target: '.amber', actions: 'noteRung' },
        ],
        'alert.acknowledged': 'acknowledged',
        'alert.escalated': 'escalated',
        'watch.suspended': 'suspended',
        'watch.movedOn': 'resolved',
      },
    },
    acknowledged: {
      on: {
        'rung.reached': [
          { target: 'raised.red', guard: 'rungIsRed', actions: 'noteRung' },
          { target: 'raised.amber', actions: 'noteRung' },
        ],
        'alert.escalated': 'escalated',
        'watch.suspended': 'suspended',
        'watch.movedOn': 'resolved',
      },
    },
    suspended: {
      on: {
        'rung.reached': [
          { target: 'raised.red', guard: 'rungIsRed', actions: 'noteRung' },
          { target: 'raised.amber', actions: 'noteRung' },
        ],
        'watch.resumed': [{ target: 'raised.red', guard: 'alertIsRed' }, { target: 'raised.amber' }],
        'watch.movedOn': 'resolved',
      },
    },
    escalated: {
      on: {
        'rung.reached': { target: 'escalated', actions: 'noteRung' },
        'watch.suspended': 'escalated',
        'watch.resumed': 'escalated',
        'watch.movedOn': 'resolved',
      },
    },
    resolved: { type: 'final' },
  },
});
