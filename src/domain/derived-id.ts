import { v5 as uuidv5 } from 'uuid';

/**
 * The UUID (RFC 9562, version 5) that `parts` have in a ledger: the same parts, the same id, wherever and however often
 * it is asked. What must be unique across cases is named so, since two cases cannot have one id.
 *
 * @param parts none may hold a line end
 */
export function derivedId(ledger: string, parts: readonly string[]): string {
  return uuidv5(parts.join('\n'), ledger);
}
