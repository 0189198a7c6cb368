export type LockEntry = { readonly hash: string; readonly sources: string };
export type WorkflowLock = Readonly<Record<string, LockEntry>>;
type Named = { readonly name: string; readonly version: number };

export function lockKey(workflow: Named): string;
export function sourceFolder(workflowsFolder: string, workflow: Named): string;
export function sourcesHash(folder: string): string;
export function lockEntries<Definition extends Named>(
  workflows: readonly Definition[],
  workflowsFolder: string,
  definitionHash: (workflow: Definition) => string,
): WorkflowLock;
export function lockDifferences(
  locked: WorkflowLock,
  found: WorkflowLock,
): Readonly<Record<'added' | 'gone' | 'definition' | 'sources', readonly string[]>>;
export function releasedHashesModule(lock: WorkflowLock): string;
