import { sealEvent } from '../domain/canonical-event.js';
import { CaseError } from '../domain/case-error.js';
import { ENVELOPE_VERSION, type EventMetadata } from '../domain/event.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import type { EventStore } from '../event-store/event-store.js';
import { readStream } from '../event-store/read-stream.js';
import type { CaseEngine } from './case-engine.js';
import type { CaseRef } from './case-reading.js';
import type { Clock, Ids } from './clock.js';
import type { KeyRing } from './key-ring.js';
import { LEDGER_STREAM } from './ledger-identity.js';

export type Erasure = { readonly subject: string; readonly erased: boolean; readonly cases: readonly CaseRef[] };

export type ErasureDeps = {
  readonly store: EventStore;
  readonly engine: Pick<CaseEngine, 'load'>;
  readonly registry: WorkflowRegistry;
  readonly keys: KeyRing;
  readonly ledger: string;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The cases that hold data of a subject. */
  readonly casesOf: (subject: string) => Promise<readonly CaseRef[]>;
};

/**
 * Forgets a data subject (删除权): destroys its key, so that its fields read as erased wherever a copy of an event may
 * lie, while events, hashes and proofs stay as they are. That it was done, by whom and why is recorded on the ledger's
 * own stream. Forgetting it again changes nothing.
 *
 * @throws CaseError `SUBJECT_NOT_FOUND` · `ERASURE_REFUSED` while a case of the subject is open under a workflow with
 *   an archive term (归档期限), or that term still runs
 */
export async function forgetSubject(
  deps: ErasureDeps,
  request: { readonly subject: string; readonly actor: string; readonly reason: string },
): Promise<Erasure> {
  const { keys, clock } = deps;
  const { subject } = request;
  const key = keys.key(subject);
  if (key === undefined) throw new CaseError({ code: 'SUBJECT_NOT_FOUND', subject });
  const cases = await deps.casesOf(subject);
  if (key !== 'erased') for (const ref of cases) await assertArchiveTermOver(deps, subject, ref);
  const erased = await keys.forget(subject, clock.now().toISOString());
  await recordErasure(deps, request);
  return { subject, erased, cases };
}

/**
 * Destroys once more what a key store put back from an older backup has brought to life again: what the ledger records
 * as erased stays erased. Answers how many keys that were.
 */
export async function keepErased(store: EventStore, keys: KeyRing): Promise<number> {
  let destroyed = 0;
  for (const { type, data, metadata } of await readStream(store, LEDGER_STREAM)) {
    if (type !== 'subject.erased') continue;
    const subject = String(data.subject);
    const key = keys.key(subject);
    if (key !== undefined && key !== 'erased' && (await keys.forget(subject, metadata.recordedAt))) destroyed += 1;
  }
  return destroyed;
}

async function assertArchiveTermOver(
  { engine, registry, clock }: ErasureDeps,
  subject: string,
  ref: CaseRef,
): Promise<void> {
  const view = await engine.load(ref);
  const years = registry.get(ref.workflow, view.version).archiveYears;
  if (years === undefined) return;
  const name = `${ref.workflow} case ${ref.caseId}`;
  if (view.status === 'open') {
    throw new CaseError({
      code: 'ERASURE_REFUSED',
      subject,
      detail: `${name} is open, and is kept for ${years} years after its end`,
    });
  }
  const until = new Date(view.recordedAt);
  until.setUTCFullYear(until.getUTCFullYear() + years);
  if (clock.now() < until) {
    throw new CaseError({
      code: 'ERASURE_REFUSED',
      subject,
      detail: `${name} is kept until ${until.toISOString()}`,
      until: until.toISOString(),
    });
  }
}

/** One record per subject, whoever asks again: a crash between destroying the key and saying so is made good by asking again. */
async function recordErasure(
  { store, ledger, clock, ids }: ErasureDeps,
  { subject, actor, reason }: { subject: string; actor: string; reason: string },
): Promise<void> {
  for (;;) {
    const history = await readStream(store, LEDGER_STREAM);
    if (history.some(({ type, data }) => type === 'subject.erased' && data.subject === subject)) return;
    const last = history.at(-1)!;
    const now = clock.now().toISOString();
    const recordedAt = now < last.metadata.recordedAt ? last.metadata.recordedAt : now;
    const id = ids.next();
    const metadata: EventMetadata = {
      actor: { id: actor, role: 'administrator' },
      command: { fingerprint: 'none', id, index: 0, size: 1 },
      correlation: id,
      envelope: ENVELOPE_VERSION,
      ledger,
      occurredAt: recordedAt,
      reason,
      recordedAt,
      schema: 1,
      state: 'open',
      workflow: last.metadata.workflow,
    };
    const event = sealEvent({
      id,
      stream: LEDGER_STREAM,
      revision: last.revision + 1,
      type: 'subject.erased',
      data: { subject },
      metadata,
    });
    try {
      await store.append(LEDGER_STREAM, [event], last.revision);
      return;
    } catch (error) {
      if (!(error instanceof CaseError && error.failure.code === 'REVISION_CONFLICT')) throw error;
    }
  }
}
