import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';

/** `application@1`: how the lock file names one version of one workflow. */
export function lockKey({ name, version }) {
  return `${name}@${version}`;
}

/** The folder that holds a version's own source files: `<name>/v<version>` where there is one, `<name>` otherwise. */
export function sourceFolder(workflowsFolder, { name, version }) {
  const frozen = join(workflowsFolder, name, `v${version}`);
  return existsSync(frozen) ? frozen : join(workflowsFolder, name);
}

/** SHA-256 (base64url) over the paths and contents of the TypeScript files below a folder, line ends as LF. */
export function sourcesHash(folder) {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const file of files) {
    const path = relative(folder, file).split(sep).join(posix.sep);
    hash.update(`${path}\0${readFileSync(file, 'utf8').replace(/\r\n/g, '\n')}\0`);
  }
  return hash.digest('base64url');
}

/** What the definitions are now, by lock key. `definitionHash` computes a definition's hash anew. */
export function lockEntries(workflows, workflowsFolder, definitionHash) {
  return Object.fromEntries(
    workflows.map((workflow) => [
      lockKey(workflow),
      { hash: definitionHash(workflow), sources: sourcesHash(sourceFolder(workflowsFolder, workflow)) },
    ]),
  );
}

/** How what is there differs from what was locked: versions that are new, changed (`definition` or only `sources`) or gone. */
export function lockDifferences(locked, found) {
  const both = Object.keys(locked).filter((key) => key in found);
  return {
    added: Object.keys(found).filter((key) => !(key in locked)),
    gone: Object.keys(locked).filter((key) => !(key in found)),
    definition: both.filter((key) => locked[key].hash !== found[key].hash),
    sources: both.filter((key) => locked[key].hash === found[key].hash && locked[key].sources !== found[key].sources),
  };
}

/** The module that gives workflows the hashes the lock file pins, so that none need be computed when they are loaded. */
export function releasedHashesModule(lock) {
  const lines = Object.entries(lock).map(([key, { hash }]) => `  '${key}': '${hash}',`);
  return [
    '// Written by scripts/lock-workflows.mjs.',
    '',
    '/** The hash of every released definition, by name and version. A test holds them against the definitions. */',
    'export const releasedHashes: Readonly<Record<string, string>> = {',
    ...lines,
    '};',
    '',
  ].join('\n');
}
