import { naiveLadder } from './naive-ladder.mjs';

export const VIOLATIONS = ['doubled', 'wrong', 'missed', 'disordered', 'whilePaused', 'afterEnd'];

/**
 * Holds the streams of a ledger against an independent calculation of what a clock that never stops would have recorded.
 *
 * @param {ReadonlyMap<string, readonly object[]>} streams events of each case, oldest first
 * @param {{ rule: object, notices: readonly object[], closes: number, end: string, looks: readonly string[] }} under
 *   `looks`: instants at which everything that was due is known to have been looked at
 */
export function checkAlarms(streams, { rule, notices, closes, end, looks }) {
  const found = { cases: 0, events: 0, rungs: 0, ...Object.fromEntries(VIOLATIONS.map((kind) => [kind, []])) };
  for (const [stream, events] of streams) {
    found.cases += 1;
    found.events += events.length;
    const reached = events.filter(({ type }) => type === 'deadline.reached');
    found.rungs += reached.length;
    const happenings = events
      .filter(({ type }) => type !== 'deadline.reached')
      .map(({ type, metadata }) => ({
        what: type.slice('deadline.'.length),
        at: metadata.occurredAt,
        granted: metadata.facts !== undefined,
      }));
    const naive = naiveLadder(rule, happenings, notices, closes, end);
    const expected = new Map(naive.rungs.map(({ key, at }) => [key, at]));
    const closed = happenings.find(({ what }) => what === 'closed')?.at;

    const seen = new Set();
    let before = '';
    for (const [index, { data, metadata, revision }] of reached.entries()) {
      const key = keyOf(data);
      const here = `${stream} revision ${revision}: ${key}`;
      if (seen.has(key)) found.doubled.push(here);
      seen.add(key);
      if (expected.get(key) !== data.reachedAt || data.reachedAt > metadata.recordedAt)
        found.wrong.push(`${here} at ${data.reachedAt}, not ${expected.get(key)}`);
      if (data.reachedAt < before) found.disordered.push(here);
      before = data.reachedAt;
      if (naive.heldAt(metadata.recordedAt) && heldThere(events, reached[index], naive)) found.whilePaused.push(here);
      if (events.some((one) => one.revision < revision && one.type === 'deadline.closed')) found.afterEnd.push(here);
    }
    const chances = looks.filter((at) => (closed === undefined || at < closed) && !naive.heldAt(at));
    for (const [key, at] of expected)
      if (!seen.has(key) && chances.some((look) => look >= at)) found.missed.push(`${stream}: ${key} at ${at}`);
  }
  return found;
}

/** By the stream's own order: an instant may be that of the pause as well, which then comes after. */
function heldThere(events, rung, naive) {
  const last = events.findLast(({ type, revision }) => type !== 'deadline.reached' && revision < rung.revision);
  return (
    last.type === 'deadline.paused' || (last.type === 'deadline.extended' && naive.heldAt(last.metadata.occurredAt))
  );
}

function keyOf({ generation, movedBy = [], rung, term }) {
  const of = [generation, ...movedBy].join('+');
  return term === undefined ? `${of}/${rung}` : `${of}/${rung}/${term.amount} ${term.unit}`;
}
