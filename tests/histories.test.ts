import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { canonicalEvent, canonicalText, leafHash } from '../src/domain/canonical-event.js';
import type { SealedEvent } from '../src/domain/event.js';
import { PERSONAL_KEY } from '../src/domain/personal-data.js';
import { replay } from '../src/domain/replay.js';
import type { Workflow } from '../src/domain/workflow.js';
import { workflowRegistry } from '../src/domain/workflow-registry.js';
import { checkLedger } from '../src/engine/ledger-check.js';
import type { EventStore } from '../src/event-store/event-store.js';
import { memoryEventStore } from '../src/event-store/memory/memory-event-store.js';
import { readStream } from '../src/event-store/read-stream.js';
import { upcastingEventStore } from '../src/event-store/upcasting-event-store.js';
import { shippedWorkflows } from '../src/workflows/registry.js';

const FOLDER = resolve(process.cwd(), 'tests/histories');
const LOCK = resolve(process.cwd(), 'src/workflows/workflows.lock.json');

/** An event as it was stored: both texts as they were written, and the leaf hash over them in base64url. */
type StoredEvent = Omit<SealedEvent, 'leaf'> & { readonly leaf: string };
type History = { readonly workflow: string; readonly version: number; readonly events: readonly StoredEvent[] };

const registry = workflowRegistry(shippedWorkflows);
const released = Object.keys(JSON.parse(readFileSync(LOCK, 'utf8'))) as readonly string[];
const histories = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => [file, JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as History] as const);

const fileOf = (key: string): string => `${key.replace('@', '-v')}.json`;
const streamsOf = ({ events }: History): readonly string[] => [...new Set(events.map(({ stream }) => stream))];

/** A store that holds what was recorded. */
async function storeOf({ events }: History): Promise<EventStore> {
  const store = memoryEventStore();
  for (const { leaf, ...event } of events) {
    const sealed = { ...event, leaf: new Uint8Array(Buffer.from(leaf, 'base64url')) };
    await store.append(event.stream, [sealed], event.revision === 0 ? 'no-stream' : event.revision - 1);
  }
  return store;
}

/** Places whose texts are not the ones that were hashed, or not in the form in which events are hashed. */
function altered({ events }: History): readonly string[] {
  return events
    .filter(({ leaf, ...event }) => {
      const hashed = Buffer.from(leafHash(canonicalEvent(event))).toString('base64url');
      const canonical = [event.data, event.metadata].every((text) => canonicalText(JSON.parse(text)) === text);
      return hashed !== leaf || !canonical;
    })
    .map(({ stream, revision }) => `${stream}/${revision}`);
}

/** The event types of a version that no history has recorded under it. */
function unrecorded(workflow: Workflow, recorded: readonly History[]): readonly string[] {
  const under = (metadata: string): boolean => {
    const { name, version } = JSON.parse(metadata).workflow as { readonly name: string; readonly version: number };
    return name === workflow.name && version === workflow.version;
  };
  const types = new Set(
    recorded.flatMap(({ events }) => events.filter(({ metadata }) => under(metadata)).map(({ type }) => type)),
  );
  return Object.keys(workflow.events).filter((type) => !types.has(type));
}

describe('every released workflow version', () => {
  it.each(released)('%s has left a recorded history', (key) =>
    expect(existsSync(join(FOLDER, fileOf(key)))).toBe(true),
  );

  it.each(released)('%s has recorded every one of its events', (key) => {
    const [name, version] = key.split('@');
    const all = histories.map(([, history]) => history);
    expect(unrecorded(registry.get(name!, Number(version)), all)).toEqual([]);
  });

  it('is the whole of what ships', () =>
    expect(released).toEqual(expect.arrayContaining(shippedWorkflows.map((one) => `${one.name}@${one.version}`))));
});

describe.each(histories)('the recorded history %s', (file, history) => {
  it('is named for what it is of', () => expect(file).toBe(fileOf(`${history.workflow}@${history.version}`)));

  it('is what was hashed, byte for byte', () => expect(altered(history)).toEqual([]));

  it("replays to every state that was recorded, under today's definitions", async () => {
    const store = upcastingEventStore(await storeOf(history), registry);
    for (const stream of streamsOf(history)) {
      const events = await readStream(store, stream);
      expect(events.length).toBeGreaterThan(1);
      for (const [index, { metadata }] of events.entries()) {
        expect(replay(events.slice(0, index + 1), registry)?.state).toBe(metadata.state);
      }
    }
  });

  it('passes the check of a ledger', async () => {
    const expected = { cases: streamsOf(history).length, events: history.events.length };
    expect(await checkLedger(await storeOf(history), registry)).toEqual({
      ...expected,
      diverging: [],
      changedDefinitions: [],
    });
  });

  it('holds personal data as ciphertext only', () => {
    for (const { type, data } of history.events)
      if (type === 'application.received') expect(JSON.parse(data)).toHaveProperty([PERSONAL_KEY]);
    expect(JSON.stringify(history)).not.toMatch(/岱山某某餐饮|91330921MA2A0000X0|陈雨|李四|0580-1234567|等了两个小时/);
  });
});

describe('the watch over histories', () => {
  const [, history] = histories.find(([file]) => file === 'application-v1.json')!;
  const edited = (change: (event: StoredEvent) => StoredEvent): History => ({
    ...history,
    events: history.events.map((event, index) => (index === 3 ? change(event) : event)),
  });

  it('notices an edited text', () => {
    const { stream, revision } = history.events[3]!;
    for (const one of [
      edited((event) => ({ ...event, data: event.data.replace('受理', '受 理') })),
      edited((event) => ({ ...event, metadata: `${event.metadata} ` })),
    ])
      expect(altered(one)).toEqual([`${stream}/${revision}`]);
  });

  it('notices an event type that no history has', () => {
    const without = { ...history, events: history.events.filter(({ type }) => type !== 'appeal.upheld') };
    expect(unrecorded(registry.get('application', 1), [without])).toEqual(['appeal.upheld']);
  });

  it('notices a version whose history was recorded under another one', () => {
    const next = { ...registry.get('application', 1), version: 2 };
    expect(unrecorded(next, [history])).toEqual(Object.keys(next.events));
  });

  it('notices a definition that leads elsewhere', async () => {
    const application = registry.get('application', 1);
    const machine = application.machine.provide({ guards: { extensionIsTheFirst: () => false } as never });
    const changed = workflowRegistry([{ ...application, machine }]);
    const { diverging } = await checkLedger(await storeOf(history), changed);
    expect(diverging).toMatchObject([{ caseId: 'licensed', failure: { code: 'REPLAY_DIVERGED' } }]);
  });
});
