import type { Workflow } from '../../domain/workflow.js';
import { applicationV1 } from './v1/workflow.js';

/** The version new applications are received under. */
export const application: Workflow = applicationV1;

/** Every released version, oldest first. */
export const applicationVersions: readonly Workflow[] = [applicationV1];
