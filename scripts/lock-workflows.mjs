#!/usr/bin/env node
/**
 * Pins every shipped workflow version in `src/workflows/workflows.lock.json`. Run it after `npm run build`.
 *
 * A new version is added. A released one that changed is refused: make a new version beside it. Where only its words
 * changed (a translation, a comment), so that its hash is the same, `--words <name>@<version>` takes the new sources.
 * An entry of a version nobody has used yet may be deleted by hand and is then made anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { definitionHash } from '../dist/domain/definition-hash.js';
import { shippedWorkflows } from '../dist/workflows/registry.js';
import { lockDifferences, lockEntries, releasedHashesModule } from './workflow-lock.mjs';

const workflowsFolder = fileURLToPath(new URL('../src/workflows/', import.meta.url));
const lockFile = `${workflowsFolder}workflows.lock.json`;
const flag = process.argv.indexOf('--words');
const wordsOnly = flag === -1 ? [] : process.argv.slice(flag + 1);

const locked = existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')) : {};
const found = lockEntries(shippedWorkflows, workflowsFolder, definitionHash);
const { added, gone, definition, sources } = lockDifferences(locked, found);

const refusals = [
  ...definition.map((key) => `${key} is released and its definition has changed: make a new version beside it`),
  ...gone.map((key) => `${key} is released and is not shipped any more: its cases could not be replayed`),
  ...sources
    .filter((key) => !wordsOnly.includes(key))
    .map(
      (key) =>
        `${key} is released and its source files have changed: undo it, or pass --words ${key} if only words did`,
    ),
];
if (refusals.length > 0) {
  process.stderr.write(`${refusals.join('\n')}\n`);
  process.exit(1);
}

const lock = Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
writeFileSync(`${workflowsFolder}released-hashes.ts`, releasedHashesModule(lock));
process.stdout.write(added.length === 0 ? 'nothing new\n' : `locked ${added.join(', ')}\n`);
