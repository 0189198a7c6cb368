import type { RoleDefinition } from '../../../domain/workflow.js';

export const roles = {
  overdueWatch: { title: { en: 'Overdue watch (system)', zh: '超期监管联动系统' }, scope: 'ledger', handles: false },
  reviewer: { title: { en: 'Reviewer', zh: '审查人员' }, scope: 'department' },
  unitHead: { title: { en: 'Head of the unit', zh: '行政机关负责人' }, scope: 'department' },
  supervisor: { title: { en: 'Supervisor', zh: '政务服务监督人员' }, scope: 'region' },
} as const satisfies Record<string, RoleDefinition>;
