import { resolve } from 'node:path';
import { replay } from '../../src/domain/replay.js';
import type { LogSummary } from '../../src/import/import-log.js';
import { type LoadedLogMap, loadLogMap } from '../../src/import/log-map.js';
import { readXes } from '../../src/import/xes-reader.js';
import { type ImportLedger, importLedger } from './import-ledger.js';
import { describeReceiptLog, RECEIPT_LOG } from './log-files.js';

const MAP = resolve(process.cwd(), 'examples/receipt/map.json');

async function historiesOf({ store }: ImportLedger) {
  const histories = new Map<string, Awaited<ReturnType<typeof store.readAll>>[number][]>();
  for (let after: bigint | undefined; ; ) {
    const page = await store.readAll(after === undefined ? {} : { after });
    if (page.length === 0) break;
    for (const event of page) {
      const history = histories.get(event.stream);
      if (history) history.push(event);
      else histories.set(event.stream, [event]);
    }
    after = page.at(-1)?.position;
  }
  histories.delete('ledger-main');
  return histories;
}

describeReceiptLog('the receipt log, kept as it was recorded', () => {
  let ledger: ImportLedger;
  beforeAll(async () => {
    ledger = await importLedger();
  });
  afterAll(() => ledger.close());

  it('becomes a case per trace and an event per event, once', async () => {
    expect(await ledger.import(readXes(RECEIPT_LOG))).toEqual({
      workflow: 'recorded-log',
      cases: 1434,
      events: 8577,
      added: { cases: 1434, events: 8577 },
      withoutEvents: 0,
      deviations: { count: 0, byActivity: {}, listed: [] },
    });
    expect((await ledger.import(readXes(RECEIPT_LOG))).added).toEqual({ cases: 0, events: 0 });

    const histories = await historiesOf(ledger);
    expect(histories.size).toBe(1434);
    expect([...histories.values()].reduce((sum, events) => sum + events.length, 0)).toBe(8577);
  });
});

describeReceiptLog('the receipt log, told in the events of the receipt example', () => {
  let ledger: ImportLedger;
  let loaded: LoadedLogMap;
  let summary: LogSummary;
  beforeAll(async () => {
    loaded = await loadLogMap(MAP);
    ledger = await importLedger(loaded.workflow!);
    summary = await ledger.import(readXes(RECEIPT_LOG), { map: loaded.map });
  });
  afterAll(() => ledger.close());

  it('has all cases and events', () => {
    expect(summary).toMatchObject({
      workflow: 'permit-receipt',
      cases: 1434,
      events: 8577,
      added: { cases: 1434, events: 8577 },
    });
  });

  it('was late in as many cases as its own dates say', () => {
    expect(summary).toMatchObject({ late: { deadline: 377, enddatePlanned: 389 }, open: 105 });
  });

  it('follows the machine but for five steps in four cases', () => {
    const { listed, ...counted } = summary.deviations;

    expect(counted).toEqual({
      count: 5,
      byActivity: {
        'T05 Print and send confirmation of receipt': 1,
        'T09-1 Process or receive external advice from party 1': 1,
        'T09-2 Process or receive external advice from party 2': 1,
        'T09-4 Process or receive external advice from party 4': 2,
      },
    });
    expect(new Set(listed.map((deviation) => deviation.case)).size).toBe(4);
    expect(listed.every(({ code }) => code === 'EVENT_NOT_ALLOWED')).toBe(true);
  });

  it('replays to the state recorded, case by case, at the times the log gives', async () => {
    const histories = await historiesOf(ledger);
    expect(histories.size).toBe(1434);
    for (const events of histories.values()) {
      expect(replay(events, ledger.registry)?.state).toBe(events.at(-1)?.metadata.state);
    }
    expect(histories.get('permitReceipt-case-891')?.[0]?.metadata).toMatchObject({
      occurredAt: '2010-10-02T07:20:39.266Z',
      actor: { id: 'log-import', role: 'importer' },
    });
  });

  it('adds nothing the second time, and finds the same', async () => {
    const again = await ledger.import(readXes(RECEIPT_LOG), { map: loaded.map });

    // Cases come in many at once, so what is listed may come in another order.
    const sorted = ({ deviations, ...rest }: LogSummary) => ({
      ...rest,
      deviations: {
        ...deviations,
        listed: [...deviations.listed].sort((a, b) => (a.case + a.revision < b.case + b.revision ? -1 : 1)),
      },
    });
    expect(sorted(again)).toEqual({ ...sorted(summary), added: { cases: 0, events: 0 } });
  });
});
