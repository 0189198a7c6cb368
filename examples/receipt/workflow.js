// @ts-check
import { defineEvent, defineWorkflow } from 'caseledger';
import { setup } from 'xstate';
import { z } from 'zod';

/** Who took a step and for which group, as the log names them. */
const step = { officer: z.string().min(1), group: z.string().min(1).optional() };
const instant = z.iso.datetime();

/** @param {import('caseledger').Title} title */
const plainStep = (title) => defineEvent({ title, roles: ['permitOfficer'], data: z.strictObject(step) });

const events = {
  'confirmation.drafted': defineEvent({
    title: { en: 'Application taken in, confirmation of receipt drafted', zh: '收件并拟制收件回执' },
    roles: ['permitOfficer'],
    data: z.strictObject({
      ...step,
      channel: z.string().min(1),
      department: z.string().min(1),
      responsible: z.string().min(1),
      startdate: instant,
      /** When the case has to be finished. */
      deadline: instant,
      /** When the office meant to finish it. */
      enddatePlanned: instant,
      /** When it was finished, where the log knows. */
      enddate: instant.optional(),
    }),
    labels: ({ data }) => ({ channel: data.channel, department: data.department }),
  }),
  'confirmation.checked': plainStep({ en: 'Confirmation of receipt checked', zh: '核对收件回执' }),
  'confirmation.adjusted': plainStep({ en: 'Confirmation of receipt adjusted', zh: '修改收件回执' }),
  'confirmation.determined': plainStep({ en: 'Confirmation of receipt determined', zh: '审定收件回执' }),
  'confirmation.sent': plainStep({ en: 'Confirmation of receipt printed and sent', zh: '打印并送达收件回执' }),

  'stopAdvice.assessed': plainStep({ en: 'Need for stop advice assessed', zh: '判定是否需要中止建议' }),
  'stopIndication.assessed': plainStep({ en: 'Need to stop the procedure assessed', zh: '判定是否需要中止办理' }),
  'internalAdvice.drafted': defineEvent({
    title: { en: 'Internal advice drafted', zh: '拟制内部意见' },
    roles: ['permitOfficer'],
    data: z.strictObject({ ...step, aspect: z.int().min(1) }),
  }),
  'externalAdvice.requested': plainStep({ en: 'External advice requested', zh: '征求外部意见' }),
  'externalAdvice.received': defineEvent({
    title: { en: 'External advice received', zh: '收到外部意见' },
    roles: ['permitOfficer'],
    data: z.strictObject({ ...step, party: z.int().min(1) }),
  }),

  'unlicensedNotice.created': plainStep({ en: 'Notice "no permit needed" created', zh: '拟制无需许可告知书' }),
  'unlicensedNotice.checked': plainStep({ en: 'Notice "no permit needed" checked', zh: '核对无需许可告知书' }),
  'unlicensedNotice.adjusted': plainStep({ en: 'Notice "no permit needed" adjusted', zh: '修改无需许可告知书' }),
  'unlicensedNotice.determined': plainStep({ en: 'Notice "no permit needed" determined', zh: '审定无需许可告知书' }),
  'unlicensedNotice.printed': plainStep({ en: 'Notice "no permit needed" printed', zh: '打印无需许可告知书' }),

  'stopReport.reasoned': plainStep({ en: 'Reasons to hold the request reported', zh: '报告暂停办理理由' }),
  'stopReport.checked': plainStep({ en: 'Report on the stop checked', zh: '核对中止报告' }),
  'stopReport.adjusted': plainStep({ en: 'Report on the stop adjusted', zh: '修改中止报告' }),
  'stopReport.determined': plainStep({ en: 'Report on the stop determined', zh: '审定中止报告' }),
  'stopReport.printed': plainStep({ en: 'Report on the stop printed', zh: '打印中止报告' }),
};

/** What may follow while the officer weighs whether the procedure must stop: advice is drafted or asked for, then weighed anew. */
const weighing = {
  'stopAdvice.assessed': { target: 'adviceAssessed' },
  'internalAdvice.drafted': { target: 'internalAdvice' },
  'externalAdvice.requested': { target: 'externalAdvice' },
};

const machine = setup({
  types: { events: /** @type {import('caseledger').MachineEvent<typeof events>} */ ({}) },
  guards: { endKnown: ({ event }) => event.type === 'confirmation.drafted' && event.data.enddate !== undefined },
}).createMachine({
  id: 'permit-receipt',
  initial: 'awaited',
  states: {
    awaited: {
      on: { 'confirmation.drafted': [{ guard: 'endKnown', target: 'handling.term.ended' }, { target: 'handling' }] },
    },
    handling: {
      type: 'parallel',
      states: {
        confirmation: {
          initial: 'drafted',
          states: {
            drafted: {
              on: { 'confirmation.checked': { target: 'checked' }, 'confirmation.adjusted': { target: 'adjusted' } },
            },
            adjusted: { on: { 'confirmation.checked': { target: 'checked' } } },
            checked: {
              on: {
                'confirmation.determined': { target: 'determined' },
                'confirmation.adjusted': { target: 'adjusted' },
              },
            },
            determined: {
              on: { 'confirmation.sent': { target: 'sent' }, 'confirmation.adjusted': { target: 'adjusted' } },
            },
            sent: {},
          },
        },
        assessment: {
          initial: 'pending',
          states: {
            pending: { on: weighing },
            internalAdvice: { on: weighing },
            externalAdvice: { on: { ...weighing, 'externalAdvice.received': { target: 'externalAdvice' } } },
            adviceAssessed: { on: { ...weighing, 'stopIndication.assessed': { target: 'indicationAssessed' } } },
            indicationAssessed: {
              on: {
                'unlicensedNotice.created': { target: 'unlicensedNotice' },
                'stopReport.reasoned': { target: 'stopReport' },
              },
            },
            unlicensedNotice: {
              initial: 'created',
              states: {
                created: { on: { 'unlicensedNotice.checked': { target: 'checked' } } },
                checked: {
                  on: {
                    'unlicensedNotice.determined': { target: 'determined' },
                    'unlicensedNotice.adjusted': { target: 'adjusted' },
                  },
                },
                adjusted: { on: { 'unlicensedNotice.checked': { target: 'checked' } } },
                determined: { on: { 'unlicensedNotice.printed': { target: 'printed' } } },
                printed: {},
              },
            },
            stopReport: {
              initial: 'reasoned',
              states: {
                reasoned: { on: { 'stopReport.checked': { target: 'checked' } } },
                checked: {
                  on: {
                    'stopReport.determined': { target: 'determined' },
                    'stopReport.adjusted': { target: 'adjusted' },
                  },
                },
                adjusted: { on: { 'stopReport.checked': { target: 'checked' } } },
                determined: { on: { 'stopReport.printed': { target: 'printed' } } },
                printed: {},
              },
            },
          },
        },
        term: { initial: 'running', states: { running: {}, ended: {} } },
      },
    },
  },
});

const states = {
  awaited: { en: 'Nothing received yet', zh: '待收件' },
  handling: { en: 'In the receipt phase', zh: '收件阶段办理中' },
  'handling.confirmation': { en: 'Confirmation of receipt', zh: '收件回执' },
  'handling.confirmation.drafted': { en: 'Confirmation drafted', zh: '回执已拟制' },
  'handling.confirmation.checked': { en: 'Confirmation checked', zh: '回执已核对' },
  'handling.confirmation.adjusted': { en: 'Confirmation adjusted', zh: '回执已修改' },
  'handling.confirmation.determined': { en: 'Confirmation determined', zh: '回执已审定' },
  'handling.confirmation.sent': { en: 'Confirmation sent', zh: '回执已送达' },
  'handling.assessment': { en: 'Must the procedure stop?', zh: '中止判定' },
  'handling.assessment.pending': { en: 'Not yet assessed', zh: '待判定' },
  'handling.assessment.internalAdvice': { en: 'Internal advice', zh: '内部意见' },
  'handling.assessment.externalAdvice': { en: 'External advice', zh: '外部意见' },
  'handling.assessment.adviceAssessed': { en: 'Need for advice assessed', zh: '已判定是否需要建议' },
  'handling.assessment.indicationAssessed': { en: 'Need to stop assessed', zh: '已判定是否中止' },
  'handling.assessment.unlicensedNotice': { en: 'No permit needed', zh: '无需许可' },
  'handling.assessment.unlicensedNotice.created': { en: 'Notice created', zh: '告知书已拟制' },
  'handling.assessment.unlicensedNotice.checked': { en: 'Notice checked', zh: '告知书已核对' },
  'handling.assessment.unlicensedNotice.adjusted': { en: 'Notice adjusted', zh: '告知书已修改' },
  'handling.assessment.unlicensedNotice.determined': { en: 'Notice determined', zh: '告知书已审定' },
  'handling.assessment.unlicensedNotice.printed': { en: 'Notice printed', zh: '告知书已打印' },
  'handling.assessment.stopReport': { en: 'Procedure to be stopped', zh: '中止办理' },
  'handling.assessment.stopReport.reasoned': { en: 'Reasons reported', zh: '已报告理由' },
  'handling.assessment.stopReport.checked': { en: 'Report checked', zh: '报告已核对' },
  'handling.assessment.stopReport.adjusted': { en: 'Report adjusted', zh: '报告已修改' },
  'handling.assessment.stopReport.determined': { en: 'Report determined', zh: '报告已审定' },
  'handling.assessment.stopReport.printed': { en: 'Report printed', zh: '报告已打印' },
  'handling.term': { en: 'Term', zh: '期限' },
  'handling.term.running': { en: 'Term running', zh: '期限进行中' },
  'handling.term.ended': { en: 'Case ended', zh: '案件已办结' },
};

const LOG = 'Receipt phase of an environmental permit application process, CoSeLoG project (4TU)';

/** The receipt phase of a Dutch municipality's environmental permits. */
export default defineWorkflow({
  name: 'permit-receipt',
  version: 1,
  title: { en: 'Receipt of a permit application', zh: '许可申请收件' },
  machine,
  events,
  states,
  roles: { permitOfficer: { title: { en: 'Permit officer', zh: '许可经办人' }, scope: 'department' } },
  guards: {
    endKnown: { title: { en: 'The end of the case is not known yet', zh: '案件办结时间未知' }, reads: 'event' },
  },
  deadlines: {
    deadline: {
      title: { en: 'Deadline of the case', zh: '案件办结期限' },
      from: 'confirmation.drafted',
      until: { states: ['handling.term.ended'] },
      at: ({ data }) => String(data.deadline),
      metAt: ({ data }) => String(data.enddate),
      source: `${LOG}: trace attribute "deadline"`,
    },
    enddatePlanned: {
      title: { en: 'Planned end of the case', zh: '案件计划办结时间' },
      from: 'confirmation.drafted',
      until: { states: ['handling.term.ended'] },
      at: ({ data }) => String(data.enddatePlanned),
      metAt: ({ data }) => String(data.enddate),
      limit: 'internal',
      source: `${LOG}: trace attribute "enddate_planned"`,
    },
  },
});
