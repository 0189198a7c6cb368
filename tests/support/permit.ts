import { assign, setup } from 'xstate';
import { z } from 'zod';
import { personal, subject } from '../../src/domain/personal-data.js';
import { defineEvent, defineWorkflow, type MachineEvent, type Workflow } from '../../src/domain/workflow.js';

const events = {
  'permit.requested': defineEvent({
    title: { en: 'Permit requested', zh: '许可申请' },
    data: z.strictObject({
      department: z.string(),
      region: z.string(),
      applicant: subject({
        kind: z.enum(['person', 'enterprise']),
        name: personal(z.string().min(1)),
        idNumber: personal(z.string().min(1), { identifies: true }),
      }),
    }),
    roles: ['clerk', 'applicant'],
    labels: ({ data, actor }) => ({
      department: data.department,
      region: data.region,
      channel: 'window',
      applicant: data.applicant.subjectRef,
      owner: actor.id,
    }),
    backdate: { roles: ['clerk'], days: 3 },
  }),
  'permit.noted': defineEvent({
    title: { en: 'Note added', zh: '补充说明' },
    data: z.strictObject({ text: z.string().max(2_000_000), remark: personal(z.string()).optional() }),
    roles: ['clerk'],
  }),
  'permit.granted': defineEvent({
    title: { en: 'Permit granted', zh: '准予许可' },
    data: z.strictObject({ serial: z.string() }),
    roles: ['decider'],
    separateFrom: ['permit.requested'],
    facts: { quota: ({ labels }) => ({ lookup: 'quota', key: labels.department ?? null }) },
  }),
  'permit.refused': defineEvent({
    title: { en: 'Permit refused', zh: '不予许可' },
    data: z.strictObject({}),
    roles: ['decider'],
    reasonRequired: true,
  }),
};

/** A small workflow with something of everything, for tests of the engine. */
export function permitWorkflow(version = 1, change: { readonly maxNotes?: number } = {}): Workflow {
  const { maxNotes = 3 } = change;
  const machine = setup({
    types: { context: {} as { notes: number }, events: {} as MachineEvent<typeof events> },
    guards: {
      mayNote: ({ context }, params: { max: number }) => context.notes < params.max,
      quotaLeft: ({ event }) => Number(event.facts.quota ?? 0) > 0,
    },
    actions: { count: assign({ notes: ({ context }) => context.notes + 1 }) },
  }).createMachine({
    context: { notes: 0 },
    initial: 'draft',
    states: {
      draft: { on: { 'permit.requested': 'reviewing' } },
      reviewing: {
        on: {
          'permit.noted': {
            target: 'reviewing',
            guard: { type: 'mayNote', params: { max: maxNotes } },
            actions: 'count',
          },
          'permit.granted': { target: 'granted', guard: 'quotaLeft' },
          'permit.refused': 'refused',
        },
      },
      granted: { type: 'final' },
      refused: { type: 'final' },
    },
  });
  return defineWorkflow({
    name: 'permit',
    version,
    title: { en: 'Permit', zh: '许可' },
    machine,
    events,
    states: {
      draft: { en: 'Draft', zh: '草稿' },
      reviewing: { en: 'Under review', zh: '审查中' },
      granted: { en: 'Granted', zh: '已准予' },
      refused: { en: 'Refused', zh: '不予许可' },
    },
    roles: {
      clerk: { title: { en: 'Clerk', zh: '窗口人员' }, scope: 'region' },
      decider: { title: { en: 'Decider', zh: '审批人' }, scope: 'department' },
      applicant: { title: { en: 'Applicant', zh: '申请人' }, scope: 'own' },
    },
    guards: {
      mayNote: {
        title: { en: 'no more notes are taken on this permit', zh: '该许可不再接受补充说明' },
        reads: 'context',
      },
      quotaLeft: { title: { en: "the department's quota is used up", zh: '部门配额已用完' }, reads: 'event' },
    },
    deadlines: {
      decision: {
        title: { en: 'Decision', zh: '决定期限' },
        from: 'permit.requested',
        until: { states: ['granted', 'refused'] },
        within: { unit: 'workingDays', amount: 20 },
        source: '行政许可法 42',
      },
    },
    ...(version > 1 && { migrations: [{ from: version - 1 }] }),
  });
}
