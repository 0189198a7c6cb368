import { defineEvent, defineWorkflow } from 'caseledger';
import { setup } from 'xstate';
import { z } from 'zod';

/** A workflow whose look-up breaks whatever thread it is asked in. */
export const weatherPermit = defineWorkflow({
  name: 'weather-permit',
  version: 1,
  title: { en: 'Weather permit', zh: '气象许可' },
  roles: { clerk: { title: { en: 'Clerk', zh: '窗口人员' }, scope: 'ledger' } },
  events: {
    'permit.requested': defineEvent({
      title: { en: 'Permit requested', zh: '申请' },
      roles: ['clerk'],
      data: z.strictObject({}),
      facts: { weather: () => ({ lookup: 'weather', key: null }) },
    }),
  },
  states: { new: { en: 'New', zh: '新建' }, requested: { en: 'Requested', zh: '已申请' } },
  machine: setup({}).createMachine({
    initial: 'new',
    states: { new: { on: { 'permit.requested': 'requested' } }, requested: { type: 'final' } },
  }),
});

export const lookups = {
  weather() {
    setImmediate(() => {
      throw new Error('the weather office is gone');
    });
    return new Promise(() => {});
  },
};
