import type { RoleDefinition } from '../../../domain/workflow.js';

export const roles = {
  applicant: { title: { en: 'Applicant', zh: '申请人' }, scope: 'own' },
  intake: { title: { en: 'Window clerk', zh: '综合窗口受理人员' }, scope: 'region' },
  reviewer: { title: { en: 'Reviewer', zh: '审查人员' }, scope: 'department' },
  decider: { title: { en: 'Deciding officer', zh: '审批决定人员' }, scope: 'department' },
  unitHead: { title: { en: 'Head of the unit', zh: '行政机关负责人' }, scope: 'department' },
  supervisor: { title: { en: 'Supervisor', zh: '政务服务监督人员' }, scope: 'region' },
  callbackClerk: { title: { en: 'Return visit clerk', zh: '回访专员' }, scope: 'region' },
  ratingTerminal: { title: { en: 'Rating terminal at a window', zh: '窗口评价器' }, scope: 'region', handles: false },
  alarmClock: { title: { en: 'Alarm clock (system)', zh: '时限监管系统' }, scope: 'ledger', handles: false },
} as const satisfies Record<string, RoleDefinition>;
