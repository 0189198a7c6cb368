import module from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Keeps the code this thread compiles for the next one, from Node 22.1 on; before that it does nothing. A folder that
 * cannot be written changes nothing either, and what `NODE_COMPILE_CACHE` or `NODE_DISABLE_COMPILE_CACHE` say goes first.
 *
 * @param folder where nobody may write who may not write the code itself: what lies there is run unread
 */
export function keepCompiledCode(folder: URL): void {
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown };
  enableCompileCache?.(fileURLToPath(folder));
}
