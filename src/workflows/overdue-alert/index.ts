import type { Workflow } from '../../domain/workflow.js';
import { overdueAlertV1 } from './v1/workflow.js';

/** The version new alerts are raised under. */
export const overdueAlert: Workflow = overdueAlertV1;

/** Every released version, oldest first. */
export const overdueAlertVersions: readonly Workflow[] = [overdueAlertV1];
