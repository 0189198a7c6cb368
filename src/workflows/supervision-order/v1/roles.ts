import type { RoleDefinition } from '../../../domain/workflow.js';

export const roles = {
  supervisionDesk: { title: { en: 'Supervision desk (system)', zh: '督办联动系统' }, scope: 'ledger', handles: false },
  leader: { title: { en: 'Leader', zh: '领导' }, scope: 'ledger' },
  supervisor: { title: { en: 'Supervisor', zh: '政务服务监督人员' }, scope: 'region' },
  unitHead: { title: { en: 'Head of the unit', zh: '行政机关负责人' }, scope: 'department' },
  reviewer: { title: { en: 'Reviewer', zh: '审查人员' }, scope: 'department' },
  callbackClerk: { title: { en: 'Return visit clerk', zh: '回访专员' }, scope: 'region' },
} as const satisfies Record<string, RoleDefinition>;
