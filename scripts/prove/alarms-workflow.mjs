// What the processes of `alarms` and `tick` have in common: a workflow of which nothing is known but one deadline, its
// calendar, and a clock that all of them read from one file.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setup } from 'xstate';
import { z } from 'zod';
import { workingDays } from '../../dist/domain/term.js';
import { defineEvent, defineWorkflow } from '../../dist/domain/workflow.js';

export const MASTER_KEY = new Uint8Array(32).fill(7);
export const CLERK = { id: 'clerk-1', roles: ['clerk'] };
/** Close of business, milliseconds after midnight. */
export const CLOSES = 18 * 3_600_000;

/** The rule, in the terms of `naive-ladder.mjs`. */
export const RULE = {
  days: 10,
  warn: [3, 1],
  over: [5, 10],
  extension: { max: 1, days: 8 },
  onResume: 'remainder',
};

/** Notices that come to count while the clocks stand still, and while they are killed. */
export const NOTICES = [
  { id: 'extra-holiday', published: '2026-03-20', off: ['2026-03-26', '2026-03-27'], makeUp: ['2026-03-28'] },
  { id: 'flood-days', published: '2026-04-22', off: ['2026-04-27', '2026-04-28'], makeUp: [] },
];

const title = { en: 'x', zh: '测' };
const event = () => defineEvent({ title, data: z.strictObject({}), roles: ['clerk'] });

export const watched = defineWorkflow({
  name: 'watched',
  version: 1,
  title,
  machine: setup({}).createMachine({
    initial: 'draft',
    states: {
      draft: { on: { 'deadline.anchored': 'running' } },
      running: {
        on: {
          'deadline.paused': 'paused',
          'deadline.extended': 'running',
          'deadline.met': 'running',
          'deadline.closed': 'closed',
        },
      },
      paused: { on: { 'deadline.resumed': 'running', 'deadline.extended': 'paused', 'deadline.closed': 'closed' } },
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
  deadlines: {
    decision: {
      title,
      from: 'deadline.anchored',
      until: { events: ['deadline.met'] },
      within: workingDays(RULE.days),
      pausedWhile: ['paused'],
      warn: RULE.warn.map(workingDays),
      overdueRungs: RULE.over.map(workingDays),
      extension: { event: 'deadline.extended', max: RULE.extension.max, by: workingDays(RULE.extension.days) },
      source: 'test',
    },
  },
});

export const calendar = {
  id: 'weekdays',
  title: { en: 'Weekdays', zh: '工作日' },
  timeZone: 'Asia/Shanghai',
  weekend: [6, 7],
  hours: [{ opens: '08:00', closes: '18:00' }],
  horizon: 'unbounded',
  notices: NOTICES.map(({ id, published, off, makeUp }) => ({
    id,
    year: 2026,
    title: { en: id, zh: id },
    source: 'test',
    published,
    days: [{ name: { en: id, zh: id }, off, makeUp }],
  })),
};

/** A clock that shows what its file says, in every process. */
export function fileClock(path) {
  return { now: () => new Date(readFileSync(path, 'utf8')) };
}

export function setClock(path, ms) {
  writeFileSync(`${path}.next`, new Date(ms).toISOString());
  renameSync(`${path}.next`, path);
}
