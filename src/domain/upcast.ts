import { CaseError } from './case-error.js';
import { ENVELOPE_VERSION, type JsonObject, type RecordedEvent } from './event.js';
import { openPart, PERSONAL_KEY } from './personal-data.js';
import type { WorkflowRegistry } from './workflow-registry.js';

/**
 * Yesterday's shape in today's: the event with its public data brought, shape by shape, to the one its definition has
 * now. What is stored never changes; personal parts stay sealed. Applied where events are read and nowhere else. An event
 * of a definition that is not registered stays as it is: who needs the definition says that it is missing.
 *
 * @throws CaseError `ENVELOPE_UNKNOWN` for an envelope or a data shape newer than this version knows
 */
export function upcast(event: RecordedEvent, registry: Pick<WorkflowRegistry, 'find'>): RecordedEvent {
  const { metadata } = event;
  if (metadata.envelope !== ENVELOPE_VERSION) {
    throw unknown(
      event,
      `its envelope has version ${String(metadata.envelope)}, this version reads ${ENVELOPE_VERSION}`,
    );
  }
  const definition = registry.find(metadata.workflow.name, metadata.workflow.version)?.events[event.type];
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
