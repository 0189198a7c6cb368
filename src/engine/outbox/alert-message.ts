import { v5 as uuidv5 } from 'uuid';
import { BUILT_IN_EVENTS, isBuiltInEvent } from '../../domain/built-in-events.js';
import type { JsonObject, JsonValue, RecordedEvent } from '../../domain/event.js';
import { openPart } from '../../domain/personal-data.js';
import { caseIdOf } from '../../domain/stream-id.js';
import type { Title } from '../../domain/title.js';
import type { Workflow } from '../../domain/workflow.js';
import type { WorkflowRegistry } from '../../domain/workflow-registry.js';
import { positionToken } from '../position-token.js';

/**
 * Fields of an event's data that a message carries: what a deadline is and when it fell due, and which case an alert is
 * about. Whatever else an event holds stays in the ledger, so that no field added to a workflow leaves the house unseen.
 */
const CARRIED = ['deadline', 'generation', 'rung', 'level', 'dueOn', 'dueAt', 'noticedAt'] as const;

/** Of the case an alert is about, these. */
const WATCHED = ['workflow', 'caseId'] as const;

/** Longest text that is carried; none of the above comes near it. */
const LONGEST = 200;

/** The id of one event's message to one subscription. It follows from them alone, so that a repeat has it too. */
export function messageId(ledger: string, subscription: string, event: string): string {
  return uuidv5(`${subscription}\n${event}`, ledger);
}

/**
 * An event as it is sent: CloudEvents 1.0, structured JSON. Ids, type and times are the event's own, as in the feeds; its
 * data is the public part that {@link CARRIED} names, with titles in English and Chinese where the definition is
 * registered. Holds no personal data.
 */
export function alertMessage(
  event: RecordedEvent,
  { ledger, registry }: { readonly ledger: string; readonly registry: WorkflowRegistry },
): string {
  const { id, type, stream, revision, position, metadata } = event;
  const { name, version } = metadata.workflow;
  const caseId = caseIdOf(stream);
  const workflow = registry.find(name, version);
  const eventTitle = isBuiltInEvent(type) ? BUILT_IN_EVENTS[type].title : workflow?.events[type]?.title;
  const carried = carriedFields(openPart(event.data));
  const deadline = deadlineTitle(carried, workflow, registry);
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: `urn:uuid:${ledger}`,
    type,
    subject: `${name}/${caseId}`,
    time: metadata.occurredAt,
    datacontenttype: 'application/json',
    recordedat: metadata.recordedAt,
    ...(metadata.trace !== undefined && { traceparent: metadata.trace }),
    data: {
      case: { workflow: name, caseId, ...(workflow && { title: workflow.title }) },
      event: { type, ...(eventTitle && { title: eventTitle }) },
      state: { name: metadata.state, ...stateTitleOf(workflow, metadata.state) },
      revision,
      position: positionToken(ledger, position),
      ...carried,
      ...(deadline && { deadlineTitle: deadline }),
    },
  });
}

/** A message that only says that messages arrive. */
export function testMessage(options: {
  readonly id: string;
  readonly ledger: string;
  readonly subscription: string;
  readonly at: Date;
}): string {
  const { id, ledger, subscription, at } = options;
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: `urn:uuid:${ledger}`,
    type: 'webhook.tested',
    subject: subscription,
    time: at.toISOString(),
    datacontenttype: 'application/json',
    data: { event: { type: 'webhook.tested', title: { en: 'Test message', zh: '测试消息' } } },
  });
}

function carriedFields(open: JsonObject): Record<string, JsonValue> {
  const watched = scalars(open.watched, WATCHED);
  return { ...scalars(open, CARRIED), ...(Object.keys(watched).length > 0 && { watched }) };
}

function scalars(value: JsonValue | undefined, names: readonly string[]): Record<string, JsonValue> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return {};
  const object = value as JsonObject;
  return Object.fromEntries(
    names.flatMap((name): [string, JsonValue][] => {
      const found = Object.hasOwn(object, name) ? object[name] : undefined;
      const short = typeof found === 'string' && found.length <= LONGEST;
      return short || typeof found === 'number' ? [[name, found as JsonValue]] : [];
    }),
  );
}

/** The deadline's title, from the workflow whose deadline it is: that of the case an alert is about, otherwise the event's own. */
function deadlineTitle(
  { deadline, watched }: Record<string, JsonValue>,
  own: Workflow | undefined,
  registry: WorkflowRegistry,
): Title | undefined {
  if (typeof deadline !== 'string') return undefined;
  const name = (watched as JsonObject | undefined)?.workflow;
  const of = typeof name === 'string' ? (registry.names().includes(name) ? registry.current(name) : undefined) : own;
  const rules = of?.deadlines;
  return rules && Object.hasOwn(rules, deadline) ? rules[deadline]?.title : undefined;
}

/** A recorded state's title, its parallel regions joined. */
function stateTitleOf(workflow: Workflow | undefined, state: string): { readonly title?: Title } {
  if (!workflow) return {};
  const parts = state
    .split('+')
    .map((path) => (Object.hasOwn(workflow.states, path) ? workflow.states[path] : undefined));
  const titles = parts.filter((part) => part !== undefined);
  if (titles.length === 0 || titles.length < parts.length) return {};
  return { title: { en: titles.map(({ en }) => en).join(' + '), zh: titles.map(({ zh }) => zh).join(' + ') } };
}
