import type { RoleDefinition } from '../../../domain/workflow.js';

export const roles = {
  screeningDesk: { title: { en: 'Screening desk (system)', zh: '每日巡查系统' }, scope: 'ledger', handles: false },
  supervisor: { title: { en: 'Supervisor', zh: '政务服务监督人员' }, scope: 'region' },
} as const satisfies Record<string, RoleDefinition>;
