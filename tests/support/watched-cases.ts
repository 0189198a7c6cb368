import { setup } from 'xstate';
import { z } from 'zod';
import type { DeadlineRules } from '../../src/domain/deadline.js';
import { defineEvent, defineWorkflow, type Workflow } from '../../src/domain/workflow.js';

const title = { en: 'x', zh: '测' };
const event = () =>
  defineEvent({ title, data: z.strictObject({}), roles: ['clerk'], backdate: { roles: ['clerk'], days: 10 } });

/** A case of which nothing is known but its deadlines: it can be anchored (again), paused, resumed, extended, met and closed. */
export function watchedWorkflow(deadlines: DeadlineRules, version = 1): Workflow {
  return defineWorkflow({
    name: 'watched',
    version,
    title,
    machine: setup({}).createMachine({
      initial: 'draft',
      states: {
        draft: { on: { 'deadline.anchored': 'running' } },
        running: {
          on: {
            'deadline.anchored': 'running',
            'deadline.paused': 'paused',
            'deadline.extended': 'running',
            'deadline.met': 'running',
            'deadline.closed': 'closed',
          },
        },
        paused: {
          on: { 'deadline.resumed': 'running', 'deadline.extended': 'paused', 'deadline.closed': 'closed' },
        },
        closed: { type: 'final' },
      },
    }),
    events: {
      'deadline.anchored': event(),
      'deadline.paused': event(),
      'deadline.resumed': event(),
      'deadline.extended': { ...event(), reasonRequired: true },
      'deadline.met': event(),
      'deadline.closed': event(),
    },
    states: { draft: title, running: title, paused: title, closed: title },
    roles: { clerk: { title, scope: 'ledger' } },
    deadlines,
    ...(version > 1 && { migrations: [{ from: version - 1 }] }),
  });
}
