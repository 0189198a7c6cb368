import { CaseError } from './case-error.js';
import { ENVELOPE_VERSION, type JsonObject, type RecordedEvent } from './event.js';
import { openPart, PERSONAL_KEY } from './personal-data.js';
import type { WorkflowRegistry } from './workflow-registry.js';

/**
 * Yesterday's shape in today's: the event with its public data brought, shape by shape, to the one its definition has
 * now. What is stored never changes; personal parts stay sealed. Applied where events are read and nowhere else.
 *
 * @throws CaseError `ENVELOPE_UNKNOWN` for an envelope or a data shape newer than this version knows
 */
export function upcast(event: RecordedEvent, registry: Pick<WorkflowRegistry, 'get' | 'names'>): RecordedEvent {
  const { metadata } = event;
  if (metadata.envelope !== ENVELOPE_VERSION) {
    throw unknown(
      event,
      `its envelope has version ${String(metadata.envelope)}, this version reads ${ENVELOPE_VERSION}`,
    );
  }
  if (!registry.names().includes(metadata.workflow.name)) return event;
  const definition = registry.get(metadata.workflow.name, metadata.workflow.version).events[event.type];
  const shape = definition?.schema ?? 1;
  if (!definition || metadata.schema === shape) return event;
  if (metadata.schema > shape)
    throw unknown(event, `its data has shape ${metadata.schema}, this version reads up to ${shape}`);

  let data = openPart(event.data);
  for (let from = metadata.schema; from < shape; from += 1) {
    const step = definition.upcast?.[from];
    if (!step) throw unknown(event, `there is no upcast from shape ${from}`);
    data = step(data);
  }
  const sealed = event.data[PERSONAL_KEY];
  return { ...event, data: sealed === undefined ? data : ({ [PERSONAL_KEY]: sealed, ...data } as JsonObject) };
}

function unknown(event: RecordedEvent, detail: string): CaseError {
  return new CaseError({ code: 'ENVELOPE_UNKNOWN', stream: event.stream, revision: event.revision, detail });
}
