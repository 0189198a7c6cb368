import { assign, setup } from 'xstate';
import { z } from 'zod';
import type { Actor } from '../../src/domain/access.js';
import { defineReaction, type Reaction } from '../../src/domain/reaction.js';
import { defineEvent, defineWorkflow, type MachineEvent, type Workflow } from '../../src/domain/workflow.js';

const events = {
  'inspection.ordered': defineEvent({
    title: { en: 'Inspection ordered', zh: '要求核查' },
    data: z.strictObject({ permit: z.string(), text: z.string(), department: z.string().optional() }),
    roles: ['inspectionDesk'],
    labels: ({ data }) => ({ ...(data.department !== undefined && { department: data.department }) }),
  }),
  'inspection.held': defineEvent({
    title: { en: 'Held up', zh: '中止' },
    data: z.strictObject({}),
    roles: ['inspector'],
  }),
  'inspection.reopened': defineEvent({
    title: { en: 'Taken up again', zh: '恢复' },
    data: z.strictObject({}),
    roles: ['inspector'],
  }),
  'inspection.closed': defineEvent({
    title: { en: 'Closed', zh: '办结' },
    data: z.strictObject({}),
    roles: ['inspector'],
  }),
};

const machine = setup({
  types: { context: {} as { orders: readonly string[] }, events: {} as MachineEvent<typeof events> },
  guards: { mayOrder: ({ context }) => context.orders.length < 5 },
  actions: {
    note: assign({
      orders: ({ context, event }) =>
        event.type === 'inspection.ordered' ? [...context.orders, event.data.text] : context.orders,
    }),
  },
}).createMachine({
  context: { orders: [] },
  initial: 'unopened',
  states: {
    unopened: { on: { 'inspection.ordered': { target: 'open', actions: 'note' } } },
    open: {
      on: {
        'inspection.ordered': { target: 'open', guard: 'mayOrder', actions: 'note' },
        'inspection.held': 'held',
        'inspection.closed': 'closed',
      },
    },
    held: { on: { 'inspection.reopened': 'open' } },
    closed: { type: 'final' },
  },
});

/** A small workflow that only a reaction opens, and that a person can close to it for a while. */
export const inspection: Workflow = defineWorkflow({
  name: 'inspection',
  version: 1,
  title: { en: 'Inspection', zh: '核查' },
  machine,
  events,
  states: {
    unopened: { en: 'Not opened', zh: '未立' },
    open: { en: 'Open', zh: '核查中' },
    held: { en: 'Held up', zh: '中止' },
    closed: { en: 'Closed', zh: '办结' },
  },
  roles: {
    inspectionDesk: { title: { en: 'Inspection desk (system)', zh: '核查联动系统' }, scope: 'ledger' },
    inspector: { title: { en: 'Inspector', zh: '核查人员' }, scope: 'ledger' },
  },
  guards: { mayOrder: { title: { en: 'five orders are enough', zh: '已达五次' }, reads: 'context' } },
});

export const inspector: Actor = { id: 'inspector-1', roles: ['inspector'] };

/** Every note on a permit orders an inspection, one per department. */
export const ordersInspections: Reaction = defineReaction({
  name: 'orders-inspections',
  version: 1,
  title: { en: 'Notes order inspections', zh: '备注触发核查' },
  on: [{ workflow: 'permit', events: ['permit.noted'] }],
  sends: { inspection: ['inspection.ordered'] },
  role: 'inspectionDesk',
  react: ({ event, caseId, labels }) => [
    {
      workflow: 'inspection',
      caseId: { derivedFrom: [labels.department ?? ''] },
      mode: 'openOrSend',
      events: [
        {
          type: 'inspection.ordered',
          data: { permit: caseId, text: String(event.data.text), department: labels.department ?? '' },
        },
      ],
    },
  ],
});
