/** Streams the ledger itself writes, no case's, by category: what each holds. No workflow may have one of these names. */
export const OWN_STREAMS = {
  ledger: 'the ledger itself',
  calendar: 'the working calendars',
  reaction: 'the outcomes of reactions',
} as const satisfies Record<string, string>;

/** Whether events recorded under this name are the ledger's own, and belong to no case. */
export function isOwnWorkflow(name: string): boolean {
  return Object.hasOwn(OWN_STREAMS, name);
}
