import { setup } from 'xstate';
import { z } from 'zod';
import { CaseError, type FailureCode } from '../../src/domain/case-error.js';
import { defineEvent, defineWorkflow } from '../../src/domain/workflow.js';
import { parseLogMap } from '../../src/import/log-map.js';
import type { LogEvent, LogTrace } from '../../src/import/log-trace.js';
import { permitWorkflow } from '../support/permit.js';
import { type ImportLedger, importLedger } from './import-ledger.js';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 5, 9, minute)).toISOString();
const step = (activity: string, minute = 0, more: Partial<LogEvent> = {}): LogEvent => ({
  activity,
  timestamp: at(minute),
  attributes: {},
  ...more,
});
const trace = (name: string, events: readonly LogEvent[], more: Partial<LogTrace> = {}): LogTrace => ({
  name,
  attributes: {},
  events,
  ...more,
});
async function* log(...traces: readonly LogTrace[]): AsyncGenerator<LogTrace> {
  yield* traces;
}

async function refusedWith(
  promise: Promise<unknown>,
): Promise<{ readonly code: FailureCode; readonly detail?: string }> {
  const outcome = await promise.catch((error: unknown) => error);
  if (outcome instanceof CaseError) return outcome.failure;
  throw new Error('it was not refused');
}

const parcel = defineWorkflow({
  name: 'parcel',
  version: 1,
  title: { en: 'Parcel', zh: '包裹' },
  machine: setup({}).createMachine({
    initial: 'awaited',
    states: {
      awaited: { on: { 'parcel.taken': { target: 'underway' } } },
      underway: { on: { 'parcel.delivered': { target: 'delivered' } } },
      delivered: { type: 'final' },
    },
  }),
  events: {
    'parcel.taken': defineEvent({
      title: { en: 'Taken', zh: '揽收' },
      roles: ['carrier'],
      data: z.strictObject({ due: z.iso.datetime(), weight: z.number().optional(), by: z.string().optional() }),
    }),
    'parcel.delivered': defineEvent({
      title: { en: 'Delivered', zh: '送达' },
      roles: ['carrier'],
      data: z.strictObject({ to: z.string() }),
    }),
  },
  states: {
    awaited: { en: 'Awaited', zh: '待揽收' },
    underway: { en: 'Underway', zh: '运输中' },
    delivered: { en: 'Delivered', zh: '已送达' },
  },
  roles: { carrier: { title: { en: 'Carrier', zh: '承运人' }, scope: 'ledger' } },
  deadlines: {
    delivery: {
      title: { en: 'Delivery', zh: '送达' },
      from: 'parcel.taken',
      until: { events: ['parcel.delivered'] },
      at: ({ data }) => String(data.due),
      source: 'the carrier',
    },
  },
});

const parcelMap = parseLogMap(
  {
    workflow: 'parcel',
    caseId: { prefix: 'p-' },
    activities: {
      take: {
        event: 'parcel.taken',
        data: {
          due: { trace: 'due', as: 'instant' },
          weight: { event: 'weight', as: 'number' },
          by: { field: 'resource' },
        },
      },
      deliver: { event: 'parcel.delivered', data: { to: { value: 'the door' } } },
    },
  },
  'map.json',
);
const due = { attributes: { due: '2026-01-05T09:30:00Z' } };

let ledger: ImportLedger;
beforeEach(async () => {
  ledger = await importLedger(parcel, permitWorkflow());
});
afterEach(() => ledger.close());

describe('a log imported without a map', () => {
  const received = step('Received', 0, { resource: 'clerk-7', transition: 'complete', attributes: { group: 'A' } });
  const case1 = trace('case-1', [received, step('Decided', 1)], { attributes: { channel: 'Desk' } });

  it('becomes recorded cases with exactly the events it has, at the times it gives', async () => {
    const summary = await ledger.import(log(case1, trace('case-2', [step('Received', 5)])));

    expect(summary).toEqual({
      workflow: 'recorded-log',
      cases: 2,
      events: 3,
      added: { cases: 2, events: 3 },
      withoutEvents: 0,
      deviations: { count: 0, byActivity: {}, listed: [] },
    });
    const events = await ledger.eventsOf('recordedLog-case-1');
    expect(events.map(({ type, data, metadata }) => [type, data, metadata.occurredAt, metadata.actor.role])).toEqual([
      [
        'activity.recorded',
        {
          activity: 'Received',
          resource: 'clerk-7',
          transition: 'complete',
          attributes: { group: 'A' },
          trace: { name: 'case-1', attributes: { channel: 'Desk' } },
        },
        at(0),
        'importer',
      ],
      ['activity.recorded', { activity: 'Decided', attributes: {} }, at(1), 'importer'],
    ]);
  });

  it('adds nothing the second time', async () => {
    await ledger.import(log(case1));
    const summary = await ledger.import(log(case1));

    expect(summary).toMatchObject({ cases: 1, events: 2, added: { cases: 0, events: 0 } });
    expect(await ledger.eventsOf('recordedLog-case-1')).toHaveLength(2);
  });

  it('adds nothing either when somebody else imports it again', async () => {
    await ledger.import(log(case1));
    const summary = await ledger.import(log(case1), { actor: { id: 'another', roles: ['importer'] } });

    expect(summary.added).toEqual({ cases: 0, events: 0 });
  });

  it('adds only what is new when it has grown, and nothing when it is an older copy', async () => {
    const grown = trace('case-1', [...case1.events, step('Sent', 2), step('Closed', 3)], case1);
    const longer = { ...grown, events: [...case1.events, step('Sent', 2), step('Closed', 3)] };
    await ledger.import(log(case1));

    expect((await ledger.import(log(longer))).added).toEqual({ cases: 0, events: 2 });
    expect((await ledger.import(log(case1))).added).toEqual({ cases: 0, events: 0 });
    expect((await ledger.eventsOf('recordedLog-case-1')).map(({ data }) => data.activity)).toEqual([
      'Received',
      'Decided',
      'Sent',
      'Closed',
    ]);
  });

  it.each([
    ['an activity', [{ ...received, activity: 'Rejected' }]],
    ['a time', [{ ...received, timestamp: at(9) }]],
    ['an attribute', [{ ...received, attributes: { group: 'B' } }]],
    ['a resource that is gone', [step('Received', 0, { transition: 'complete', attributes: { group: 'A' } })]],
  ])('is refused when the past has changed: %s', async (_, events) => {
    await ledger.import(log(case1));

    expect(await refusedWith(ledger.import(log({ ...case1, events })))).toEqual({
      code: 'LOG_CONFLICT',
      stream: 'recordedLog-case-1',
      detail: expect.stringContaining('event 0'),
    });
    expect(await ledger.eventsOf('recordedLog-case-1')).toHaveLength(2);
  });

  it('is refused when what it says of the whole case has changed', async () => {
    await ledger.import(log(case1));

    expect(await refusedWith(ledger.import(log({ ...case1, attributes: { channel: 'Post' } })))).toMatchObject({
      code: 'LOG_CONFLICT',
    });
  });

  it('opens no case in which nothing happened', async () => {
    const summary = await ledger.import(log(trace('empty', []), case1));

    expect(summary).toMatchObject({ cases: 1, withoutEvents: 1, added: { cases: 1, events: 2 } });
    expect(await ledger.eventsOf('recordedLog-empty')).toEqual([]);
  });

  it('gives a case whose name cannot be an id one derived from it, the same each time', async () => {
    const named = trace('许可 2026/17', [step('Received')]);
    await ledger.import(log(named));

    expect((await ledger.import(log(named))).added).toEqual({ cases: 0, events: 0 });
    const [opened, event] = await ledger.store.readAll();
    expect(opened?.type).toBe('ledger.opened');
    expect(event?.stream).toMatch(/^recordedLog-[0-9a-f-]{36}$/);
    expect(event?.data.trace).toMatchObject({ name: '许可 2026/17' });
  });

  it('may bring a case in pieces, cut differently each time', async () => {
    const events = Array.from({ length: 12 }, (_, i) => step(`step ${i}`, i));
    const cut = (...places: number[]) =>
      places.map((from, index) => trace('case-1', events.slice(from, places[index + 1]), { startsAt: from }));

    const first = await ledger.import(log(...cut(0, 3, 7)));
    expect(first).toMatchObject({ cases: 1, events: 12, added: { cases: 1, events: 12 } });

    const second = await ledger.import(log(...cut(0, 5, 6, 11)));
    expect(second).toMatchObject({ cases: 1, events: 12, added: { cases: 0, events: 0 } });
    expect((await ledger.eventsOf('recordedLog-case-1')).map(({ data }) => data.activity)).toEqual(
      events.map(({ activity }) => activity),
    );
  });

  it('may have a case with more events than one command brings, and more bytes than one append', async () => {
    const events = Array.from({ length: 1_100 }, (_, i) =>
      step(`step ${i}`, 0, { attributes: { note: 'x'.repeat(3_000) } }),
    );

    expect((await ledger.import(log(trace('long', events)))).added.events).toBe(1_100);
    expect((await ledger.import(log(trace('long', events)))).added.events).toBe(0);
    expect((await ledger.eventsOf('recordedLog-long')).map(({ data }) => data.activity)).toEqual(
      events.map(({ activity }) => activity),
    );
  });

  it('keeps many cases in flight, and no more than it may', async () => {
    let most = 0;
    const record: ImportLedger['engine']['record'] = (command) => {
      const answer = ledger.engine.record(command);
      most = Math.max(most, ledger.engine.pending());
      return answer;
    };
    const cases = Array.from({ length: 100 }, (_, i) => trace(`case-${i}`, [step('Received')]));
    const summary = await ledger.import(log(...cases), { engine: { ...ledger.engine, record }, casesInFlight: 8 });

    expect(summary.added).toEqual({ cases: 100, events: 100 });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('may be imported by two at once: each event is stored once', async () => {
    const cases = Array.from({ length: 20 }, (_, i) => trace(`case-${i}`, [step('a', 0), step('b', 1), step('c', 2)]));
    const shorter = cases.map((one) => ({ ...one, events: one.events.slice(0, 2) }));
    await Promise.all([ledger.import(log(...shorter)), ledger.import(log(...cases))]);

    for (const { name } of cases) {
      expect((await ledger.eventsOf(`recordedLog-${name}`)).map(({ data }) => data.activity)).toEqual(['a', 'b', 'c']);
    }
  });

  it('stays as far as it came when it breaks off, and goes on from there', async () => {
    const cases = [case1, trace('case-2', [step('Received')])];
    async function* breaking(): AsyncGenerator<LogTrace> {
      yield case1;
      throw new CaseError({ code: 'LOG_INVALID', path: 'log.xes', detail: 'the gzip file is cut off', line: 9 });
    }

    expect(await refusedWith(ledger.import(breaking()))).toMatchObject({ code: 'LOG_INVALID', line: 9 });
    expect((await ledger.import(log(...cases))).added).toEqual({ cases: 1, events: 1 });
  });

  it('is not taken from somebody who is no importer', async () => {
    expect(await refusedWith(ledger.import(log(case1), { actor: { id: 'clerk-7', roles: ['clerk'] } }))).toMatchObject({
      code: 'ROLE_NOT_PERMITTED',
    });
  });

  it('tells how far it has come', async () => {
    const seen: number[] = [];
    await ledger.import(log(case1, trace('case-2', [step('x')])), { onProgress: ({ events }) => seen.push(events) });

    expect(seen.at(-1)).toBe(3);
    expect(seen).toHaveLength(2);
  });
});

describe('a log imported through a map', () => {
  const inTime = trace(
    '1',
    [step('take', 0, { resource: 'van-3', attributes: { weight: '2.5' } }), step('deliver', 30)],
    due,
  );

  it("is told in the workflow's own events, under its rules", async () => {
    const summary = await ledger.import(log(inTime), { map: parcelMap });

    expect(summary).toEqual({
      workflow: 'parcel',
      cases: 1,
      events: 2,
      added: { cases: 1, events: 2 },
      withoutEvents: 0,
      deviations: { count: 0, byActivity: {}, listed: [] },
      late: {},
      open: 0,
    });
    const events = await ledger.eventsOf('parcel-p-1');
    expect(events.map(({ type, data, metadata }) => [type, data, metadata.state, metadata.occurredAt])).toEqual([
      ['parcel.taken', { due: '2026-01-05T09:30:00.000Z', weight: 2.5, by: 'van-3' }, 'underway', at(0)],
      ['parcel.delivered', { to: 'the door' }, 'delivered', at(30)],
    ]);
  });

  it("counts what was late and what is open by the workflow's deadlines, however often it is imported", async () => {
    const late = trace('2', [step('take', 0), step('deliver', 31)], due);
    const open = trace('3', [step('take', 0)], due);
    for (const added of [3, 0]) {
      expect(await ledger.import(log(inTime, late, open), { map: parcelMap })).toMatchObject({
        added: { cases: added },
        late: { delivery: 1 },
        open: 1,
      });
    }
  });

  it('keeps the steps the rules would have refused, and lists them each time', async () => {
    const odd = trace(
      '4',
      [step('deliver', 0), step('take', 1), step('weigh', 2, { attributes: { kg: 2 } }), step('deliver', 3)],
      due,
    );
    const deviations = {
      count: 2,
      byActivity: { deliver: 1, weigh: 1 },
      listed: [
        {
          case: 'p-4',
          revision: 0,
          activity: 'deliver',
          code: 'EVENT_NOT_ALLOWED',
          refusal: expect.stringContaining('"awaited"'),
        },
        {
          case: 'p-4',
          revision: 2,
          activity: 'weigh',
          code: 'EVENT_UNKNOWN',
          refusal: expect.stringContaining('log:weigh'),
        },
      ],
    };

    expect(await ledger.import(log(odd), { map: parcelMap })).toMatchObject({ events: 4, deviations });
    expect(await ledger.import(log(odd), { map: parcelMap })).toMatchObject({ added: { events: 0 }, deviations });
    const events = await ledger.eventsOf('parcel-p-4');
    expect(events.map(({ type, metadata }) => [type, metadata.state])).toEqual([
      ['step.deviated', 'awaited'],
      ['parcel.taken', 'underway'],
      ['step.deviated', 'underway'],
      ['parcel.delivered', 'delivered'],
    ]);
    expect(events[2]?.data.data).toEqual({ activity: 'weigh' });
  });

  it('keeps of a step the map does not know its activity, resource and transition, and no attribute', async () => {
    const unknown = step('weigh', 2, {
      resource: 'van-3',
      transition: 'complete',
      attributes: { citizen: '330921199001011234' },
    });
    await ledger.import(log(trace('8', [unknown], { attributes: { owner: 'Chen Yu' } })), { map: parcelMap });

    const events = await ledger.eventsOf('parcel-p-8');
    expect(events[0]?.data.data).toEqual({ activity: 'weigh', resource: 'van-3', transition: 'complete' });
    expect(events[0]?.metadata.occurredAt).toBe(at(2));
    expect(JSON.stringify(events.map(({ data, metadata }) => [data, metadata]))).not.toMatch(
      /330921199001011234|Chen Yu/,
    );
  });

  it('is refused where the map does not know an activity and the workflow has personal data', async () => {
    const map = parseLogMap({ workflow: 'permit', activities: {} }, 'map.json');

    expect(await refusedWith(ledger.import(log(trace('1', [step('ask')])), { map }))).toMatchObject({
      code: 'EVENT_UNKNOWN',
      event: 'log:ask',
    });
    expect(await ledger.eventsOf('permit-1')).toEqual([]);
  });

  it('keeps a step whose data the event does not take', async () => {
    const summary = await ledger.import(log(trace('5', [step('take')], { attributes: { due: 'soon' } })), {
      map: parcelMap,
    });

    expect(summary.deviations.listed).toMatchObject([{ code: 'EVENT_DATA_INVALID', activity: 'take' }]);
  });

  it('refuses a changed step, also where it was a deviation', async () => {
    const odd = (resource: string) => trace('6', [step('weigh', 0, { resource })], due);
    await ledger.import(log(odd('van-3')), { map: parcelMap });

    expect(await refusedWith(ledger.import(log(odd('van-4')), { map: parcelMap }))).toMatchObject({
      code: 'LOG_CONFLICT',
    });
  });

  it('refuses two cases that would be one', async () => {
    const map = { ...parcelMap, caseId: { trace: 'number' } };
    const one = trace('a', [step('take')], { attributes: { ...due.attributes, number: 7 } });

    expect(await refusedWith(ledger.import(log(one, { ...one, name: 'b' }), { map }))).toEqual({
      code: 'LOG_CONFLICT',
      stream: 'parcel-7',
      detail: `the log's cases "a" and "b" would both be "7"`,
    });
  });

  it('leaves alone what people have done with the case since', async () => {
    await ledger.import(log(trace('7', [step('take')], due)), { map: parcelMap });
    await ledger.engine.send({
      workflow: 'parcel',
      caseId: 'p-7',
      commandId: 'by-hand',
      actor: { id: 'carrier-1', roles: ['carrier'] },
      events: [{ type: 'parcel.delivered', data: { to: 'the neighbour' } }],
    });

    const summary = await ledger.import(log(trace('7', [step('take'), step('deliver', 5)], due)), { map: parcelMap });

    expect(summary).toMatchObject({ added: { cases: 0, events: 1 }, deviations: { byActivity: { deliver: 1 } } });
  });

  describe('with personal data', () => {
    const map = parseLogMap(
      {
        workflow: permitWorkflow().name,
        activities: {
          ask: {
            event: 'permit.requested',
            data: { department: { value: 'roads' }, region: { value: '330921' }, applicant: { trace: 'applicant' } },
          },
        },
      },
      'map.json',
    );
    const asked = trace('1', [step('ask')], {
      attributes: { applicant: { kind: 'person', name: 'Chen Yu', idNumber: 'X-1' } },
    });

    it('brings it under its subject, and knows the case again without seeing it', async () => {
      expect((await ledger.import(log(asked), { map })).added.events).toBe(1);
      expect((await ledger.import(log(asked), { map })).added.events).toBe(0);
      const [stored] = await ledger.eventsOf(`${permitWorkflow().name}-1`);
      expect(JSON.stringify(stored?.data)).not.toContain('Chen');
    });

    it('knows the case again after the key store has lost the key', async () => {
      await ledger.import(log(asked), { map });
      const engine = await ledger.withoutKeys();

      const [lost] = await engine.history({ workflow: permitWorkflow().name, caseId: '1' });
      expect(lost?.data.applicant).toMatchObject({ name: { lost: true } });
      expect((await ledger.import(log(asked), { map, engine })).added.events).toBe(0);
    });
  });

  it('wants a map that fits the workflow', async () => {
    const map = parseLogMap(
      {
        workflow: 'parcel',
        activities: { a: { event: 'parcel.lost' }, b: { event: 'parcel.taken', data: { height: { value: 1 } } } },
      },
      'map.json',
    );

    expect(await refusedWith(ledger.import(log(inTime), { map, mapPath: 'map.json' }))).toEqual({
      code: 'LOG_MAP_INVALID',
      path: 'map.json',
      problems: [
        'activities.a: "parcel.lost" is not an event of parcel',
        'activities.b: "parcel.taken" has no field "height"',
      ],
    });
  });
});
