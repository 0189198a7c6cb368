import { createHash } from 'node:crypto';
import { sealEvent } from '../../dist/domain/canonical-event.js';
import { sqliteEventStore } from '../../dist/event-store/sqlite/sqlite-event-store.js';
import { seededRandom } from './seeded-random.mjs';

/** Streams that all callers of all processes share at a time, few enough for them to meet. */
const SHARED_STREAMS = 40;
/** Commands a caller sends before it moves on to fresh streams. */
const COMMANDS_PER_GENERATION = 10;
const MAX_EVENTS = 3;
const MAX_TEXT = 1_500;

/** @typedef {{ id: string, stream: string, texts: string[] }} Command */

/**
 * The `number`-th command of a caller: the same whenever it is asked for, so a process that was killed is followed by
 * one that sends its unanswered commands again.
 *
 * @param {number} seed @param {number} writer @param {number} caller @param {number} number
 * @returns {Command}
 */
export function commandOf(seed, writer, caller, number) {
  const id = `writer-${writer}-caller-${caller}-command-${number}`;
  const random = seededRandom(createHash('sha256').update(`${seed}/${id}`).digest().readUInt32LE());
  const generation = Math.floor(number / COMMANDS_PER_GENERATION);
  const stream = `application-${generation}.${Math.floor(random() * SHARED_STREAMS)}`;
  const size = 1 + Math.floor(random() * MAX_EVENTS);
  return { id, stream, texts: Array.from({ length: size }, () => 'x'.repeat(Math.floor(random() * MAX_TEXT))) };
}

/**
 * Sends commands to the store as the engine does: what the stream holds already is a repeat, a conflict is looked at
 * again, and ids follow from the command.
 *
 * @param {{ path: string, walCheckpointPages: number }} options
 * @returns {Promise<{ send(command: Command): Promise<{ stream: string, revision: number }>, close(): Promise<void> }>}
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
      const { id, stream } = command;
      for (let known = streams.get(stream) ?? (await catchUp(stream)); ; known = await catchUp(stream)) {
        const repeat = known.commands.get(id);
        if (repeat !== undefined) return { stream, revision: repeat };
        const head = known.head;
        try {
          const { revision } = await store.append(stream, eventsOf(command, head + 1), head < 0 ? 'no-stream' : head);
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

function eventsOf({ id, stream, texts }, first) {
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
