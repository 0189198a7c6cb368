import { createHash } from 'node:crypto';
import { sealEvent } from '../../dist/domain/canonical-event.js';
import { sqliteEventStore } from '../../dist/event-store/sqlite/sqlite-event-store.js';

/**
 * Sends commands to the store as the engine does: what the stream holds already is a repeat, a conflict is looked at
 * again, and ids follow from the command.
 *
 * @param {{ path: string, walCheckpointPages: number }} options
 * @returns {Promise<import('./kills-commands.mjs').Workload>}
 */
export async function openWorkload({ path, walCheckpointPages }) {
  const store = await sqliteEventStore({ path, walCheckpointPages });
  /** @type {Map<string, { head: number, commands: Map<string, number> }>} */
  const streams = new Map();

  async function catchUp(stream) {
    const known = streams.get(stream) ?? { head: -1, commands: new Map() };
    for (const { revision, metadata } of await store.read(stream, { from: known.head + 1 })) {
      known.head = Math.max(known.head, revision);
      known.commands.set(metadata.command.id, revision);
    }
    streams.set(stream, known);
    return known;
  }

  return {
    async send(command) {
      const { id } = command;
      const stream = `application-${command.caseId}`;
      for (let known = streams.get(stream) ?? (await catchUp(stream)); ; known = await catchUp(stream)) {
        const repeat = known.commands.get(id);
        if (repeat !== undefined) return { stream, revision: repeat };
        const head = known.head;
        try {
          const { revision } = await store.append(
            stream,
            eventsOf(command, stream, head + 1),
            head < 0 ? 'no-stream' : head,
          );
          known.commands.set(id, revision);
          known.head = Math.max(known.head, revision);
          return { stream, revision };
        } catch (error) {
          if (error.failure?.code !== 'REVISION_CONFLICT') throw error;
        }
      }
    },
    close: () => store.close(),
  };
}

function eventsOf({ id, texts }, stream, first) {
  return texts.map((text, index) =>
    sealEvent({
      id: uuidOf(`${id}/${index}`),
      stream,
      revision: first + index,
      type: 'application.noted',
      data: { text },
      metadata: { command: { id, index, size: texts.length } },
    }),
  );
}

function uuidOf(name) {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** What is wrong with the ledger beyond what every workload has in common: nothing. @returns {Promise<string[]>} */
export async function problemsOf() {
  return [];
}
