import { type DeadlinePolicy, readDeadlinePolicy } from '../deadline-policy.js';

const SOURCE = '本单位12345热线工单办理规定';
const OVER = ['workOrder.completed', 'workOrder.returned', 'workOrder.withdrawn'];

/**
 * The hotline's work orders (12345 政务服务便民热线) by one bureau's rules. An enquiry or plea is answered in 3 working days, a
 * complaint in 13, from the receipt of the work order; an extension is granted before expiry or not at all. The day after
 * expiry an urging notice is due, and 5 working days after it, where no reason for the delay was given, the second rung.
 * The citizen is called back the day after completion.
 */
export const hotlinePolicy: DeadlinePolicy = readDeadlinePolicy('hotline-12345', {
  id: 'cn-hotline-12345',
  title: { en: 'Hotline 12345', zh: '12345热线' },
  source: SOURCE,
  deadlines: {
    reply: {
      title: { en: 'Answer the work order', zh: '工单办结' },
      from: 'workOrder.received',
      until: { events: ['workOrder.completed'] },
      cancelledBy: { events: ['workOrder.returned', 'workOrder.withdrawn'] },
      within: {
        by: 'data.category',
        of: {
          enquiry: { unit: 'workingDays', amount: 3 },
          plea: { unit: 'workingDays', amount: 3 },
          complaint: { unit: 'workingDays', amount: 13 },
        },
      },
      warn: [{ unit: 'workingDays', amount: 1 }],
      extension: { event: 'workOrder.extended', max: 1, by: { unit: 'workingDays', amountAt: 'data.days' } },
      limit: 'internal',
      source: SOURCE,
    },
    urging: {
      title: { en: 'Send the urging notice', zh: '逾期催办' },
      deemed: { after: 'reply', countsFrom: 'lapse' },
      until: { events: ['urging.sent'] },
      cancelledBy: { events: OVER },
      within: { unit: 'calendarDays', amount: 1 },
      limit: 'internal',
      source: SOURCE,
    },
    delayReason: {
      title: { en: 'Give the reason for the delay; the second rung follows', zh: '说明超期理由（逾期进入二级督办）' },
      from: 'urging.sent',
      until: { events: ['delay.explained'] },
      cancelledBy: { events: OVER },
      within: { unit: 'workingDays', amount: 5 },
      limit: 'internal',
      source: SOURCE,
    },
    returnVisit: {
      title: { en: 'Call back', zh: '办结回访' },
      from: 'workOrder.completed',
      until: { events: ['returnVisit.recorded'] },
      within: { unit: 'calendarDays', amount: 1 },
      limit: 'internal',
      source: SOURCE,
    },
  },
});
