import type { Workflow } from '../../domain/workflow.js';
import { supervisionOrderV1 } from './v1/workflow.js';

/** The version new orders are issued under. */
export const supervisionOrder: Workflow = supervisionOrderV1;

/** Every released version, oldest first. */
export const supervisionOrderVersions: readonly Workflow[] = [supervisionOrderV1];
