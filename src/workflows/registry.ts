import type { Workflow } from '../domain/workflow.js';
import { applicationVersions } from './application/index.js';
import { overdueAlertVersions } from './overdue-alert/index.js';
import { recordedLog } from './recorded-log/workflow.js';
import { screeningVersions } from './screening/index.js';
import { supervisionOrderVersions } from './supervision-order/index.js';

/** Every workflow that ships, in every version released: what a ledger of a county registers. */
export const shippedWorkflows: readonly Workflow[] = [
  ...applicationVersions,
  ...overdueAlertVersions,
  recordedLog,
  ...screeningVersions,
  ...supervisionOrderVersions,
];
