import { CloudEvent, HTTP } from 'cloudevents';
import { chinaCalendar } from '../../../src/domain/calendars/cn.js';
import type { RecordedEvent } from '../../../src/domain/event.js';
import { workflowRegistry } from '../../../src/domain/workflow-registry.js';
import { alertMessage, messageId, testMessage } from '../../../src/engine/outbox/alert-message.js';
import { memoryEventStore } from '../../../src/event-store/memory/memory-event-store.js';
import { openLedger } from '../../../src/ledger.js';
import { alertLog, LEDGER } from '../../support/alert-log.js';
import { permitWorkflow } from '../../support/permit.js';
import { clerk, noted, PERSON, quotaOf, requested } from '../permit-office.js';

const TYPE = 'application/cloudevents+json; charset=utf-8';

/** As a receiver reads it, with the CloudEvents SDK. */
function received(body: string): CloudEvent<Record<string, unknown>> {
  const event = HTTP.toEvent({ headers: { 'content-type': TYPE }, body });
  if (!(event instanceof CloudEvent)) throw new Error('not one event');
  return event;
}

async function recorded(data: object, over = {}): Promise<RecordedEvent> {
  const store = memoryEventStore();
  await alertLog(store).raise('1', { ...over, data });
  return (await store.readAll())[0]!;
}

const message = (event: RecordedEvent, registry = workflowRegistry([])) =>
  alertMessage(event, { ledger: LEDGER, registry });

describe('an alert as it is sent', () => {
  it('is a CloudEvent with the id, type and time of the event, and says what is due where', async () => {
    const event = await recorded({
      generation: 2,
      dueAt: '2026-03-05T09:00:00.000Z',
      watched: { workflow: 'permit', caseId: 'p-7' },
    });

    const sent = received(message(event, workflowRegistry([permitWorkflow(1)])));

    expect(sent.validate()).toBe(true);
    expect(sent).toMatchObject({
      specversion: '1.0',
      id: event.id,
      source: `urn:uuid:${LEDGER}`,
      type: 'alert.raised',
      subject: 'overdue-alert/1',
      time: '2026-03-06T01:00:00.000Z',
    });
    expect(sent.data).toEqual({
      case: { workflow: 'overdue-alert', caseId: '1' },
      event: { type: 'alert.raised' },
      state: { name: 'raised' },
      revision: 0,
      position: '0f6f6d1c2a11-1',
      deadline: 'decision',
      deadlineTitle: { en: 'Decision', zh: '决定期限' },
      rung: 'overdue',
      generation: 2,
      dueOn: '2026-03-05',
      dueAt: '2026-03-05T09:00:00.000Z',
      watched: { workflow: 'permit', caseId: 'p-7' },
    });
  });

  it('has titles in both languages, and nothing of a person', async () => {
    const ledger = await openLedger({
      store: 'memory:',
      workflows: [permitWorkflow(1)],
      lookups: quotaOf(5),
      calendar: chinaCalendar,
    });
    await ledger.open({ workflow: 'permit', caseId: 'p-1', commandId: 'open', actor: clerk, events: [requested()] });
    await ledger.send({
      workflow: 'permit',
      caseId: 'p-1',
      commandId: 'note',
      actor: clerk,
      reason: `seen by ${PERSON.name}`,
      events: [noted('a note', 'a remark of Chen')],
    });
    const events = (await ledger.store.readAll()).filter(({ type }) => type.startsWith('permit.'));

    const sent = events.map((event) => alertMessage(event, { ledger: ledger.id, registry: ledger.registry }));

    expect(sent.map((body) => received(body).data)).toMatchObject([
      {
        case: { workflow: 'permit', caseId: 'p-1', title: { en: 'Permit', zh: '许可' } },
        event: { type: 'permit.requested', title: { en: 'Permit requested', zh: '许可申请' } },
        state: { name: 'reviewing', title: { en: 'Under review', zh: '审查中' } },
      },
      { event: { title: { zh: '补充说明' } } },
    ]);
    for (const leak of ['Chen', PERSON.idNumber, '陈雨涵', 'a note', 'remark', clerk.id, 'subject_', '$personal'])
      expect(sent.join()).not.toContain(leak);
    await ledger.close();
  });

  it('carries only what is declared, and only numbers and short texts of it', async () => {
    const event = await recorded({
      rung: { nested: 'value' },
      dueOn: 'x'.repeat(201),
      note: 'kept inside',
      watched: ['p-7'],
    });

    expect(Object.keys(received(message(event)).data!)).toEqual([
      'case',
      'event',
      'state',
      'revision',
      'position',
      'deadline',
    ]);
  });

  it('has one id per ledger, subscription and event', () => {
    const id = messageId(LEDGER, 'centre', 'e-1');

    expect(messageId(LEDGER, 'centre', 'e-1')).toBe(id);
    expect(
      new Set([
        id,
        messageId(LEDGER, 'press', 'e-1'),
        messageId(LEDGER, 'centre', 'e-2'),
        messageId('0195a0c2-4f1e-7d3a-8b52-0f6f6d1c2a12', 'centre', 'e-1'),
      ]).size,
    ).toBe(4);
  });
});

it('a test message is a CloudEvent too', () => {
  const at = new Date('2026-03-06T01:00:00Z');

  expect(received(testMessage({ id: 'm-1', ledger: LEDGER, subscription: 'centre', at })).validate()).toBe(true);
});
