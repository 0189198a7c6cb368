import type { RecordedEvent } from '../../domain/event.js';

/** Which events become messages: all of these workflows, and those of these types whatever their workflow. */
export type EventFilter = { readonly workflows: readonly string[]; readonly types: readonly string[] };

/** What has to reach somebody who is not looking: a limit reached, the alert it led to, and what a supervisor ordered. */
export const ALERTS: EventFilter = {
  workflows: ['overdue-alert', 'supervision-order'],
  types: ['deadline.reached'],
};

export function isWanted(filter: EventFilter, { type, metadata }: Pick<RecordedEvent, 'type' | 'metadata'>): boolean {
  return filter.types.includes(type) || filter.workflows.includes(metadata.workflow.name);
}
