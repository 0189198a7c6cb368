import { v7 as uuidv7 } from 'uuid';
import { setup } from 'xstate';
import { z } from 'zod';
import { personal, subject } from '../../dist/domain/personal-data.js';
import { defineEvent, defineWorkflow } from '../../dist/domain/workflow.js';
import { workflowRegistry } from '../../dist/domain/workflow-registry.js';
import { caseEngine } from '../../dist/engine/case-engine.js';
import { systemClock } from '../../dist/engine/clock.js';
import { ledgerIdentity } from '../../dist/engine/ledger-identity.js';
import { systemRandomBytes } from '../../dist/engine/random-bytes.js';
import { sqliteKeyRing } from '../../dist/engine/sqlite-key-ring.js';
import { sqliteEventStore } from '../../dist/event-store/sqlite/sqlite-event-store.js';

const clerk = { id: 'clerk-1', roles: ['clerk'] };

const title = (en, zh) => ({ en, zh });

/** Cases about a person that take notes without end. */
const workflow = defineWorkflow({
  name: 'dossier',
  version: 1,
  title: title('Dossier', '案卷'),
  machine: setup({}).createMachine({
    initial: 'new',
    states: { new: { on: { 'dossier.opened': 'open' } }, open: { on: { 'note.added': 'open' } } },
  }),
  events: {
    'dossier.opened': defineEvent({
      title: title('Dossier opened', '建立案卷'),
      data: z.strictObject({ applicant: subject({ kind: z.enum(['person']), name: personal(z.string()) }) }),
      roles: ['clerk'],
    }),
    'note.added': defineEvent({
      title: title('Note added', '补充说明'),
      data: z.strictObject({ text: z.string() }),
      roles: ['clerk'],
    }),
  },
  states: { new: title('New', '新建'), open: title('Open', '办理中') },
  roles: { clerk: { title: title('Clerk', '窗口人员'), scope: 'ledger' } },
});

/** What came of trying, as a failure's code or an answer. */
async function attempt(promise) {
  try {
    return { answer: await promise };
  } catch (error) {
    if (error.failure === undefined) throw error;
    return { code: error.failure.code, error };
  }
}

async function openEngine({ path, ...options }) {
  const store = await sqliteEventStore({ path, ...options });
  const ids = { next: () => uuidv7() };
  const keys = sqliteKeyRing({
    path: `${path}.keys`,
    masterKey: new Uint8Array(32).fill(7),
    randomBytes: systemRandomBytes,
    ids,
  });
  const ledger = await ledgerIdentity(store, { clock: systemClock, ids });
  const registry = workflowRegistry([workflow]);
  const engine = caseEngine({ store, registry, keys, ledger, clock: systemClock, ids, randomBytes: systemRandomBytes });
  return {
    engine,
    store,
    async close() {
      await store.close();
      keys.close();
    },
  };
}

/**
 * Sends commands through the engine. A case that is not there yet is opened under a command id of its own, whoever
 * comes first; a conflict that outlasts the engine's own attempts is sent again under the same id.
 *
 * @param {{ path: string, walCheckpointPages: number }} options
 * @returns {Promise<import('./kills-commands.mjs').Workload>}
 */
export async function openWorkload(options) {
  const { engine, close } = await openEngine(options);

  function opening(caseId) {
    const data = { applicant: { kind: 'person', name: nameOf(caseId) } };
    const events = [{ type: 'dossier.opened', data }];
    return engine.open({ workflow: 'dossier', caseId, commandId: `open-${caseId}`, actor: clerk, events });
  }

  return {
    async send({ id, caseId, texts }) {
      const events = texts.map((text) => ({ type: 'note.added', data: { text } }));
      for (;;) {
        const sent = await attempt(engine.send({ workflow: 'dossier', caseId, commandId: id, actor: clerk, events }));
        if (sent.answer !== undefined) return sent.answer;
        const again = sent.code === 'CASE_NOT_FOUND' ? await attempt(opening(caseId)) : sent;
        if (again.answer === undefined && again.code !== 'REVISION_CONFLICT') throw again.error;
      }
    },
    close,
  };
}

const nameOf = (caseId) => `applicant of ${caseId}`;

/**
 * Replays every case and reads its personal data: a key that was not on disk before its event would show here.
 *
 * @param {string} path
 * @returns {Promise<string[]>}
 */
export async function problemsOf(path) {
  const { engine, store, close } = await openEngine({ path });
  const problems = [];
  const reveal = { actor: 'auditor-1', purpose: 'proof' };
  for (let after = 0n; ; ) {
    const page = await store.readAll({ after });
    if (page.length === 0) break;
    after = page.at(-1).position;
    for (const { stream, type } of page) {
      if (type !== 'dossier.opened') continue;
      const caseId = stream.slice('dossier-'.length);
      const ref = { workflow: 'dossier', caseId };
      const { answer, error } = await attempt(engine.load(ref).then(() => engine.history(ref, { reveal })));
      if (answer === undefined) problems.push(`${stream}: ${error.message}`);
      else if (answer[0].data.applicant.name !== nameOf(caseId))
        problems.push(`${stream}: the applicant cannot be read`);
    }
  }
  await close();
  return problems;
}
