import { createHash } from 'node:crypto';
import { seededRandom } from './seeded-random.mjs';

/** Cases that all callers of all processes share at a time, few enough for them to meet. */
const SHARED_CASES = 40;
/** Commands a caller sends before it moves on to fresh cases. */
const COMMANDS_PER_GENERATION = 10;
const MAX_EVENTS = 3;
const MAX_TEXT = 1_500;

/**
 * @typedef {{ id: string, caseId: string, texts: string[] }} Command one event a text, all or none
 * @typedef {{ send(command: Command): Promise<{ stream: string, revision: number }>, close(): Promise<void> }} Workload
 *   what takes commands: resolves once one is on disk, with where its last event lies, and takes any of them again
 */

/** Tells a command of the callers from those a workload sends on its own. */
export const isCallersCommand = (id) => id.startsWith('writer-');

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
  const caseId = `${Math.floor(number / COMMANDS_PER_GENERATION)}.${Math.floor(random() * SHARED_CASES)}`;
  const size = 1 + Math.floor(random() * MAX_EVENTS);
  return { id, caseId, texts: Array.from({ length: size }, () => 'x'.repeat(Math.floor(random() * MAX_TEXT))) };
}

/**
 * @param {string} through `engine` or `store`
 * @returns {Promise<{ openWorkload(options: { path: string, walCheckpointPages: number }): Promise<Workload>, problemsOf(path: string): Promise<string[]> }>}
 */
export function workloadModule(through) {
  if (through !== 'engine' && through !== 'store') throw new Error(`--through is engine or store, not "${through}"`);
  return import(`./kills-through-${through}.mjs`);
}
