/**
 * @typedef {{ command: string, stream: string, revision: number }} Acknowledgement where a command's last event was said to lie
 * @typedef {{ id: string, stream: string, revision: number, position: bigint, metadata: { command: { id: string, index: number, size: number } } }} StoredEvent
 * @typedef {{ lost: string[], doubled: string[], torn: string[], gaps: string[] }} Violations
 */

/**
 * Holds a ledger against what its writers were told.
 *
 * lost: acknowledged, and not where it was said to be · doubled: an event of a command stored twice · torn: a command
 * stored in part · gaps: a revision or position left out.
 *
 * @param {readonly StoredEvent[]} events the whole ledger in position order
 * @param {readonly Acknowledgement[]} acknowledged
 * @returns {Violations & { commands: Set<string> }} and the ids of the commands that are stored
 */
export function checkLedger(events, acknowledged) {
  const violations = { lost: [], doubled: [], torn: [], gaps: [] };
  /** @type {Map<string, number>} */ const heads = new Map();
  /** @type {Map<string, { size: number, indexes: Set<number> }>} */ const commands = new Map();
  /** @type {Map<string, string>} */ const places = new Map();
  let position = 0n;

  for (const event of events) {
    const { id, index, size } = event.metadata.command;
    position += 1n;
    if (event.position !== position) {
      violations.gaps.push(`position ${event.position} where ${position} follows`);
      position = event.position;
    }
    const next = (heads.get(event.stream) ?? -1) + 1;
    if (event.revision !== next)
      violations.gaps.push(`${event.stream} revision ${event.revision} where ${next} follows`);
    heads.set(event.stream, event.revision);

    const command = commands.get(id) ?? { size, indexes: new Set() };
    if (command.indexes.has(index)) violations.doubled.push(`${id} event ${index}`);
    command.indexes.add(index);
    commands.set(id, command);
    if (index === size - 1) places.set(id, `${event.stream}/${event.revision}`);
  }

  for (const [id, { size, indexes }] of commands) {
    if (indexes.size !== size) violations.torn.push(`${id}: ${indexes.size} of ${size} events`);
  }
  for (const { command, stream, revision } of acknowledged) {
    if (places.get(command) !== `${stream}/${revision}`) violations.lost.push(`${command} at ${stream}/${revision}`);
  }
  return { ...violations, commands: new Set(commands.keys()) };
}
