import { defineEvent, defineWorkflow, personal, subject } from 'caseledger';
import { assign, setup } from 'xstate';
import { z } from 'zod';

const clerk = { title: { en: 'Clerk', zh: '窗口人员' }, scope: 'region' };

/** A workflow of a user's own: a permit for a market stall. `maxMetres` tells two readings of the same version apart. */
export function stallPermit({ version = 1, maxMetres = 3 } = {}) {
  return defineWorkflow({
    name: 'stall-permit',
    version,
    title: { en: 'Market stall permit', zh: '摊位经营许可' },
    roles: { stallClerk: clerk },
    events: {
      'permit.requested': defineEvent({
        title: { en: 'Permit requested', zh: '申请' },
        roles: ['stallClerk'],
        data: z.strictObject({
          region: z.string(),
          applicant: subject({ name: personal(z.string()), idNumber: personal(z.string(), { identifies: true }) }),
        }),
        labels: ({ data }) => ({ region: data.region, applicant: data.applicant.subjectRef }),
      }),
      'permit.granted': defineEvent({
        title: { en: 'Permit granted', zh: '准予许可' },
        roles: ['stallClerk'],
        data: z.strictObject({ metres: z.number().positive() }),
      }),
      'permit.refused': defineEvent({
        title: { en: 'Permit refused', zh: '不予许可' },
        roles: ['stallClerk'],
        data: z.strictObject({}),
        reasonRequired: true,
      }),
    },
    guards: {
      fits: {
        title: { en: `a stall is at most ${maxMetres} metres wide`, zh: `摊位宽度不得超过${maxMetres}米` },
        reads: 'event',
      },
    },
    states: {
      new: { en: 'New', zh: '新建' },
      review: { en: 'Under review', zh: '审查中' },
      granted: { en: 'Granted', zh: '已准予' },
      refused: { en: 'Refused', zh: '不予许可' },
    },
    deadlines: {
      decision: {
        title: { en: 'Decision', zh: '决定期限' },
        from: 'permit.requested',
        until: { states: ['granted', 'refused'] },
        within: { unit: 'workingDays', amount: 5 },
        source: '摊位管理办法 7',
      },
    },
    policy: { maxMetres },
    ...(version > 1 && { migrations: [{ from: version - 1 }] }),
    machine: setup({
      guards: { fits: ({ event }, { max }) => event.data.metres <= max },
      actions: { note: assign({ metres: ({ event }) => event.data.metres }) },
    }).createMachine({
      context: { metres: 0 },
      initial: 'new',
      states: {
        new: { on: { 'permit.requested': 'review' } },
        review: {
          on: {
            'permit.granted': {
              target: 'granted',
              guard: { type: 'fits', params: { max: maxMetres } },
              actions: 'note',
            },
            'permit.refused': 'refused',
          },
        },
        granted: { type: 'final' },
        refused: { type: 'final' },
      },
    }),
  });
}

export default stallPermit();
