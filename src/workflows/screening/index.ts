import type { Workflow } from '../../domain/workflow.js';
import { screeningV1 } from './v1/workflow.js';

/** The version new screenings are opened under. */
export const screening: Workflow = screeningV1;

/** Every released version, oldest first. */
export const screeningVersions: readonly Workflow[] = [screeningV1];
