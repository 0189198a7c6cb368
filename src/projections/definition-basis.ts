import { createHash } from 'node:crypto';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';

/** A digest of the definitions a read model is made with, and of whatever else it is made with: other ones, other rows. */
export function definitionBasis(registry: Pick<WorkflowRegistry, 'all'>, ...others: readonly unknown[]): string {
  const definitions = registry.all().map(({ name, version, hash }) => [name, version, hash]);
  return createHash('sha256')
    .update(JSON.stringify([definitions, ...others]))
    .digest('base64url');
}
