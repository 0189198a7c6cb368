import { defineEvent, defineWorkflow } from 'caseledger';
import { setup } from 'xstate';
import { z } from 'zod';

/** Refused by the copy of the package it imports: it has no Chinese title. */
export default defineWorkflow({
  name: 'invalid-permit',
  version: 1,
  title: { en: 'Permit', zh: '' },
  roles: { clerk: { title: { en: 'Clerk', zh: '窗口人员' }, scope: 'ledger' } },
  events: {
    'permit.requested': defineEvent({
      title: { en: 'Requested', zh: '申请' },
      roles: ['clerk'],
      data: z.strictObject({}),
    }),
  },
  states: { new: { en: 'New', zh: '新建' }, requested: { en: 'Requested', zh: '已申请' } },
  machine: setup({}).createMachine({
    initial: 'new',
    states: { new: { on: { 'permit.requested': 'requested' } }, requested: { type: 'final' } },
  }),
});
