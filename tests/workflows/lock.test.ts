import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import {
  lockDifferences,
  lockEntries,
  lockKey,
  releasedHashesModule,
  sourceFolder,
  sourcesHash,
  type WorkflowLock,
} from '../../scripts/workflow-lock.mjs';
import { definitionProblems } from '../../src/domain/definition-check.js';
import { definitionHash } from '../../src/domain/definition-hash.js';
import type { Workflow, WorkflowSource } from '../../src/domain/workflow.js';
import { applicationV1 } from '../../src/workflows/application/v1/workflow.js';
import { shippedWorkflows } from '../../src/workflows/registry.js';
import { releasedHashes } from '../../src/workflows/released-hashes.js';

const FOLDER = resolve(process.cwd(), 'src/workflows');
const DIST = resolve(process.cwd(), 'dist/workflows/registry.js');
const lock = JSON.parse(readFileSync(join(FOLDER, 'workflows.lock.json'), 'utf8')) as WorkflowLock;

const NONE = { added: [], gone: [], definition: [], sources: [] };

/** What the lock says when the first version of `application` is this instead. */
function differencesWith(tampered: WorkflowSource) {
  const others = shippedWorkflows.filter((one) => one !== applicationV1);
  return lockDifferences(lock, lockEntries([...others, tampered as Workflow], FOLDER, definitionHash));
}

describe('released definitions', () => {
  it('are as they were when they were released: change one by making a new version beside it', () => {
    expect(lockDifferences(lock, lockEntries(shippedWorkflows, FOLDER, definitionHash))).toEqual(NONE);
  });

  it('carry the hash the lock pins, so that none is computed when they are loaded', () => {
    for (const workflow of shippedWorkflows) expect(workflow.pinnedHash).toBe(lock[lockKey(workflow)]?.hash);
  });

  it('pass every check of a definition, which is not repeated when they are loaded', () => {
    for (const workflow of shippedWorkflows) expect(definitionProblems(workflow)).toEqual([]);
  });

  it('have one lock, in the two forms it is needed in', () => {
    expect(releasedHashes).toEqual(Object.fromEntries(Object.entries(lock).map(([key, { hash }]) => [key, hash])));
    expect(readFileSync(join(FOLDER, 'released-hashes.ts'), 'utf8')).toBe(releasedHashesModule(lock));
  });

  (existsSync(DIST) ? it : it.skip)(
    'have the same hash compiled as they have in source (after `npm run build`)',
    () => {
      // Node itself loads what is shipped: no transform of the tests' comes between.
      const program = `
      import { definitionHash } from './dist/domain/definition-hash.js';
      import { shippedWorkflows } from './dist/workflows/registry.js';
      process.stdout.write(JSON.stringify(shippedWorkflows.map(definitionHash)));`;
      const compiled = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });

      expect(JSON.parse(compiled)).toEqual(shippedWorkflows.map(definitionHash));
    },
  );
});

describe('the lock notices', () => {
  it('an edited guard', () => {
    const machine = applicationV1.machine.provide({ guards: { extensionIsTheFirst: () => true } });

    expect(differencesWith({ ...applicationV1, machine }).definition).toEqual(['application@1']);
  });

  it('an edited assignment', () => {
    const machine = applicationV1.machine.provide({ actions: {} });
    const untouched = differencesWith({ ...applicationV1, machine });
    expect(untouched).toEqual(NONE);

    const noteExtension = Object.assign(() => {}, { type: 'xstate.assign', assignment: { extended: false } });
    const edited = applicationV1.machine.provide({ actions: { noteExtension: noteExtension as never } });
    expect(differencesWith({ ...applicationV1, machine: edited }).definition).toEqual(['application@1']);
  });

  it('an edited schema', () => {
    const accepted = applicationV1.events['application.accepted']!;
    const events = {
      ...applicationV1.events,
      'application.accepted': { ...accepted, data: z.strictObject({ notice: z.string().optional() }) },
    };

    expect(differencesWith({ ...applicationV1, events }).definition).toEqual(['application@1']);
  });

  it('a role that may send more, a rule of two persons lifted, a field no longer personal', () => {
    const edited = (type: string, change: object) => ({
      ...applicationV1,
      events: { ...applicationV1.events, [type]: { ...applicationV1.events[type]!, ...change } },
    });
    const plain = z.strictObject({ level: z.int().min(1).max(5), comment: z.string().min(1).max(2_000).optional() });

    for (const tampered of [
      edited('decision.extended', { roles: ['unitHead', 'decider'] }),
      edited('application.approved', { separateFrom: [] }),
      edited('evaluation.given', { data: plain }),
    ]) {
      expect(differencesWith(tampered).definition).toEqual(['application@1']);
    }
  });

  it('an edited policy', () => {
    const policy = { ...applicationV1.policy, supplement: { days: 5, source: 'nobody' } };

    expect(differencesWith({ ...applicationV1, policy }).definition).toEqual(['application@1']);
  });

  it('an edited deadline', () => {
    const { delivery, ...others } = applicationV1.deadlines;
    const deadlines = { ...others, delivery: { ...delivery!, within: { unit: 'workingDays', amount: 99 } as const } };

    expect(differencesWith({ ...applicationV1, deadlines }).definition).toEqual(['application@1']);
  });

  it('a released version that is not shipped any more', () => {
    expect(lockDifferences(lock, lockEntries([], FOLDER, definitionHash)).gone).toEqual(Object.keys(lock));
  });

  it('a new version, which it does not mistake for a change', () => {
    const next = { ...applicationV1, version: 2 };
    const found = lockEntries([...shippedWorkflows, next], FOLDER, definitionHash);

    expect(lockDifferences(lock, found)).toEqual({ ...NONE, added: ['application@2'] });
  });

  it('no corrected translation', () => {
    const title = { en: 'Application', zh: '申请' };
    expect(differencesWith({ ...applicationV1, title })).toEqual(NONE);
  });

  it('an edited source file, also where the definition does not show it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'caseledger-lock-'));
    try {
      cpSync(sourceFolder(FOLDER, applicationV1), folder, { recursive: true });
      expect(sourcesHash(folder)).toBe(lock['application@1']?.sources);

      const file = join(folder, 'item-terms.ts');
      writeFileSync(file, readFileSync(file, 'utf8').replace("'withdrawn' in item", "'withdrawn' in {}"));
      expect(sourcesHash(folder)).not.toBe(lock['application@1']?.sources);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
