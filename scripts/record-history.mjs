#!/usr/bin/env node
/**
 * Records the history of a released workflow version: `node scripts/record-history.mjs application@1`, after
 * `npm run build`. Plays `tests/histories/<name>-v<version>.story.mjs` through the engine, with clock, ids and random
 * bytes that repeat, and writes what was stored beside it. What has been recorded once stays: it is never made anew.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { memoryEventStore } from '../dist/event-store/memory/memory-event-store.js';
import { openLedger } from '../dist/ledger.js';
import { catalogueLookup, countyItems, shippedWorkflows } from '../dist/workflows/index.js';

const [, name, version] = /^([a-z-]+)@(\d+)$/.exec(process.argv[2] ?? '') ?? [];
if (name === undefined) {
  process.stderr.write('usage: node scripts/record-history.mjs <name>@<version>\n');
  process.exit(2);
}
const place = new URL(`../tests/histories/${name}-v${version}`, import.meta.url);
const { default: story } = await import(`${place.href}.story.mjs`);

let [at, made, drawn] = [new Date(story.steps[0].at), 0, 0];
const kept = memoryEventStore();
const stored = [];
const ledger = await openLedger({
  store: {
    ...kept,
    async append(stream, events, ...more) {
      const answer = await kept.append(stream, events, ...more);
      stored.push(...events);
      return answer;
    },
  },
  workflows: shippedWorkflows,
  lookups: { catalogue: catalogueLookup(countyItems) },
  clock: { now: () => at },
  ids: { next: () => `00000000-0000-7000-8000-${String(++made).padStart(12, '0')}` },
  randomBytes: (size) =>
    createHash('shake256', { outputLength: size }).update(`${name} ${version} ${++drawn}`).digest(),
});

const opened = new Set();
for (const [index, { at: instant, caseId, actor, type, data, reason, recorded }] of story.steps.entries()) {
  at = new Date(instant);
  const command = { workflow: story.workflow, caseId, commandId: `step-${index}`, actor, events: [{ type, data }] };
  if (reason !== undefined) command.reason = reason;
  if (recorded) await ledger.record({ ...command, events: [{ type, data, occurredAt: instant }] });
  else if (opened.has(caseId)) await ledger.send(command);
  else await ledger.open({ ...command, version: story.version });
  opened.add(caseId);
}
const streams = new Set();
for (const caseId of opened) streams.add((await ledger.load({ workflow: story.workflow, caseId })).stream);
await ledger.close();

const events = stored
  .filter(({ stream }) => streams.has(stream))
  .map(({ leaf, ...event }) => ({ ...event, leaf: Buffer.from(leaf).toString('base64url') }));
const history = { workflow: story.workflow, version: story.version, events };
writeFileSync(fileURLToPath(`${place.href}.json`), `${JSON.stringify(history, null, 2)}\n`, { flag: 'wx' });
process.stdout.write(`recorded ${events.length} events of ${opened.size} cases\n`);
