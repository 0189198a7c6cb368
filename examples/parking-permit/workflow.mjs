import { defineEvent, defineWorkflow, personal, subject, workingDays } from 'caseledger';
import { assign, setup } from 'xstate';
import { z } from 'zod';

const roles = {
  parkingClerk: { title: { en: 'Clerk', zh: '窗口人员' }, scope: 'region' },
  parkingDecider: { title: { en: 'Deciding officer', zh: '审批人员' }, scope: 'region' },
};

const events = {
  'permit.requested': defineEvent({
    title: { en: 'Permit requested', zh: '申请停车证' },
    roles: ['parkingClerk'],
    data: z.strictObject({
      region: z.string(),
      plate: z.string(),
      applicant: subject({
        name: personal(z.string().min(1)),
        idNumber: personal(z.string().min(1), { identifies: true }),
      }),
    }),
    labels: ({ data }) => ({ region: data.region, applicant: data.applicant.subjectRef }),
  }),
  'documents.returned': defineEvent({
    title: { en: 'Documents returned', zh: '退回补正' },
    roles: ['parkingClerk'],
    data: z.strictObject({ missing: z.array(z.string()).min(1) }),
  }),
  'documents.supplemented': defineEvent({
    title: { en: 'Documents supplemented', zh: '补正材料' },
    roles: ['parkingClerk'],
    data: z.strictObject({}),
  }),
  'permit.granted': defineEvent({
    title: { en: 'Permit granted', zh: '准予发证' },
    roles: ['parkingDecider'],
    data: z.strictObject({ number: z.string() }),
    // Whoever takes a request in does not decide it.
    separateFrom: ['permit.requested'],
  }),
  'permit.refused': defineEvent({
    title: { en: 'Permit refused', zh: '不予发证' },
    roles: ['parkingDecider'],
    data: z.strictObject({}),
    separateFrom: ['permit.requested'],
    reasonRequired: true,
  }),
};

const machine = setup({
  guards: { mayReturn: ({ context }) => context.returns < 1 },
  actions: { countReturn: assign({ returns: ({ context }) => context.returns + 1 }) },
}).createMachine({
  context: { returns: 0 },
  initial: 'draft',
  states: {
    draft: { on: { 'permit.requested': 'review' } },
    review: {
      on: {
        'documents.returned': { target: 'waiting', guard: 'mayReturn', actions: 'countReturn' },
        'permit.granted': 'granted',
        'permit.refused': 'refused',
      },
    },
    waiting: { on: { 'documents.supplemented': 'review' } },
    granted: { type: 'final' },
    refused: { type: 'final' },
  },
});

export default defineWorkflow({
  name: 'parking-permit',
  version: 1,
  title: { en: "Residents' parking permit", zh: '居民停车证' },
  machine,
  events,
  roles,
  guards: {
    mayReturn: { title: { en: 'documents are returned once', zh: '补正材料只能一次性告知' }, reads: 'context' },
  },
  states: {
    draft: { en: 'Draft', zh: '草稿' },
    review: { en: 'Under review', zh: '审查中' },
    waiting: { en: 'Waiting for documents', zh: '待补正' },
    granted: { en: 'Granted', zh: '已发证' },
    refused: { en: 'Refused', zh: '不予发证' },
  },
  deadlines: {
    decision: {
      title: { en: 'Decision', zh: '办理期限' },
      from: 'permit.requested',
      until: { states: ['granted', 'refused'] },
      within: workingDays(5),
      pausedWhile: ['waiting'],
      source: 'parking rules, 7',
    },
  },
});
