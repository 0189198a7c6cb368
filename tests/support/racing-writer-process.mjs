// racing-writer-process.mjs <path> <name> <appends>: 64 callers append to shared streams until `appends` are stored.
import { sqliteEventStore } from '../../dist/event-store/sqlite/sqlite-event-store.js';
import { aSealedEvent, exampleUuid } from '../../dist/testing/sealed-events.js';

const CALLERS = 64;
const STREAMS = 100;
const [, , path, name, appends] = process.argv;

const store = await sqliteEventStore({ path });
const heads = new Map();
const report = { acknowledged: [], conflicts: 0, longestMs: 0 };
let begun = 0;

async function append(stream, id) {
  const expected = heads.get(stream) ?? 'no-stream';
  const revision = expected === 'no-stream' ? 0 : expected + 1;
  const event = aSealedEvent({ stream, revision, id });
  const sentAt = performance.now();
  try {
    await store.append(stream, [event], expected);
    report.acknowledged.push([stream, revision, id]);
    if ((heads.get(stream) ?? -1) < revision) heads.set(stream, revision);
    return true;
  } catch (error) {
    if (error.failure?.code !== 'REVISION_CONFLICT') throw error;
    report.conflicts += 1;
    heads.set(stream, error.failure.actual);
    return false;
  } finally {
    report.longestMs = Math.max(report.longestMs, performance.now() - sentAt);
  }
}

async function caller() {
  while (begun < Number(appends)) {
    const id = exampleUuid(`${name}/${begun}`);
    const stream = `application-${begun % STREAMS}`;
    begun += 1;
    while (!(await append(stream, id)));
  }
}

await Promise.all(Array.from({ length: CALLERS }, caller));
await store.close();
process.stdout.write(JSON.stringify(report));
