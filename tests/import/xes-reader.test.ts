import fc from 'fast-check';
import type { LogLimits } from '../../src/import/log-limits.js';
import { readXes, readXesText } from '../../src/import/xes-reader.js';
import { describeReceiptLog, failureOf, piecesOf, RECEIPT_LOG, tracesOf } from './log-files.js';

const read = (text: string, limits: Partial<LogLimits> = {}, timeZone = 'UTC') =>
  readXesText(piecesOf(text), 'log.xes', { limits, timeZone });

const event = (name: string, at = '2026-03-02T09:00:00+08:00', more = '') =>
  `<event><string key="concept:name" value="${name}"/><date key="time:timestamp" value="${at}"/>${more}</event>`;
const trace = (name: string, inside: string) => `<trace><string key="concept:name" value="${name}"/>${inside}</trace>`;
const log = (inside: string) => `<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849-2016">${inside}</log>`;

describe('an XES log', () => {
  it('is read trace by trace, with the standard attributes under their own names', async () => {
    const more =
      '<string key="org:resource" value="clerk-7"/><string key="lifecycle:transition" value="complete"/><string key="org:group" value="Group 1"/>';
    const text = log(
      trace('case-1', `<string key="channel" value="Desk"/>${event('received', undefined, more)}`) +
        trace('case-2', event('received') + event('decided')),
    );

    expect(await tracesOf(read(text))).toEqual([
      {
        name: 'case-1',
        attributes: { channel: 'Desk' },
        events: [
          {
            activity: 'received',
            timestamp: '2026-03-02T01:00:00.000Z',
            resource: 'clerk-7',
            transition: 'complete',
            attributes: { 'org:group': 'Group 1' },
          },
        ],
      },
      {
        name: 'case-2',
        attributes: {},
        events: [
          { activity: 'received', timestamp: '2026-03-02T01:00:00.000Z', attributes: {} },
          { activity: 'decided', timestamp: '2026-03-02T01:00:00.000Z', attributes: {} },
        ],
      },
    ]);
  });

  it('keeps the type of every attribute', async () => {
    const attributes = `
      <string key="text" value="a &amp; b"/><id key="id" value="urn:1"/>
      <int key="int" value="-12"/><int key="long" value="9223372036854775807"/>
      <float key="float" value="1.5E2"/><float key="nan" value="NaN"/>
      <boolean key="yes" value="true"/><boolean key="no" value="0"/>
      <date key="day" value="2026-03-02"/>
      <string key="outer" value="x"><int key="inner" value="1"/></string>
      <container key="box"><string key="a" value="1"/><container key="b"><int key="c" value="2"/></container></container>
      <list key="list"><values><string key="item" value="1"/><string key="item" value="2"/></values></list>
      <list key="plain"><int key="item" value="3"/></list>
      <list key="described"><string key="about" value="why"/><values><int key="n" value="4"/></values></list>`;

    const [read1] = await tracesOf(read(log(trace('case-1', attributes + event('received')))));

    expect(read1?.attributes).toEqual({
      text: 'a & b',
      id: 'urn:1',
      int: -12,
      long: '9223372036854775807',
      float: 150,
      nan: 'NaN',
      yes: true,
      no: false,
      day: '2026-03-02T00:00:00.000Z',
      outer: { value: 'x', attributes: { inner: 1 } },
      box: { a: '1', b: { c: 2 } },
      list: [{ item: '1' }, { item: '2' }],
      plain: [{ item: 3 }],
      described: { values: [{ n: 4 }], attributes: [{ about: 'why' }] },
    });
  });

  it('says nothing of extensions, globals, classifiers and the log itself', async () => {
    const preamble = `
      <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
      <global scope="event"><string key="concept:name" value="__INVALID__"/></global>
      <classifier name="Activity" keys="concept:name"/>
      <string key="meta" value="1"><int key="deeper" value="2"/></string>`;

    expect(await tracesOf(read(log(preamble + trace('case-1', event('received')))))).toHaveLength(1);
  });

  it('reads the same with a namespace, with a prefix, and without', async () => {
    const plain = log(trace('case-1', event('received')));
    const named = plain.replace('<log', '<log xmlns="http://www.xes-standard.org/"');
    const prefixed = plain
      .replace(/<(\/?)(?=[a-z])/g, '<$1x:')
      .replace('<x:log', '<x:log xmlns:x="http://www.xes-standard.org/"');

    const expected = await tracesOf(read(plain));
    expect(await tracesOf(read(named))).toEqual(expected);
    expect(await tracesOf(read(prefixed))).toEqual(expected);
  });

  it('reads a date without an offset on the clocks it is told', async () => {
    const [only] = await tracesOf(
      read(log(trace('case-1', event('received', '2026-03-02T09:00:00.5'))), {}, 'Asia/Shanghai'),
    );

    expect(only?.events[0]?.timestamp).toBe('2026-03-02T01:00:00.500Z');
  });

  it('reads the same however the text is cut', async () => {
    const text = log(trace('case-1', event('受理')) + trace('case-2', event('received') + event('decided')));
    const whole = await tracesOf(read(text));

    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 8 }), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
        expect(await tracesOf(readXesText(piecesOf(...pieces), 'log.xes'))).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('holds no more traces than one piece of text completes, however long the log', async () => {
    const TRACES = 20_000;
    const PER_PIECE = 10;
    let written = 0;
    async function* endless(): AsyncGenerator<string> {
      yield '<log>';
      while (written < TRACES) {
        let piece = '';
        for (let i = 0; i < PER_PIECE; i += 1) piece += trace(`case-${written + i}`, event('received'));
        written += PER_PIECE;
        yield piece;
      }
      yield '</log>';
    }

    let read1 = 0;
    let most = 0;
    for await (const _ of readXesText(endless(), 'log.xes')) {
      most = Math.max(most, written - read1);
      read1 += 1;
    }

    expect(read1).toBe(TRACES);
    expect(most).toBe(PER_PIECE);
  });

  it('stops reading when nobody asks for more', async () => {
    let closed = false;
    async function* text(): AsyncGenerator<string> {
      try {
        yield `<log>${trace('case-1', event('received'))}`;
        yield `${trace('case-2', event('received'))}</log>`;
      } finally {
        closed = true;
      }
    }

    for await (const _ of readXesText(text(), 'log.xes')) break;

    expect(closed).toBe(true);
  });
});

describe('a log that is not XES is refused, with the line', () => {
  const line2 = (inside: string) => `<log>\n${inside}</log>`;

  it.each([
    ['an element left open', '<log>\n<container></log>', 'unexpected close tag'],
    ['a log that stops', `<log>\n${trace('case-1', event('received'))}`, 'unclosed tag: log'],
    ['an entity nobody declared', line2('<string key="a" value="&b;"/>'), 'undefined entity'],
    ['another root', '\n<html/>', 'its root is <html>, not <log>'],
    ['a trace without a name', line2(`<trace>${event('received')}</trace>`), 'a trace has no concept:name'],
    ['two traces of one name', line2(trace('a', event('x')) + trace('a', event('x'))), 'two traces are called "a"'],
    [
      'an event without an activity',
      line2(trace('a', '<event><date key="time:timestamp" value="2026-03-02"/></event>')),
      'an event has no concept:name',
    ],
    [
      'an event without a timestamp',
      line2(trace('a', '<event><string key="concept:name" value="x"/></event>')),
      'an event has no time:timestamp',
    ],
    [
      'a timestamp that is none',
      line2(trace('a', event('x', 'yesterday'))),
      '"time:timestamp" is not a date: "yesterday"',
    ],
    ['a day that does not exist', line2(trace('a', event('x', '2026-02-30'))), 'is not a date'],
    ['an event outside a trace', line2(event('x')), 'an <event> belongs to no <trace>'],
    ['a number that is none', line2(trace('a', '<int key="n" value="1.5"/>')), '"n" is not a whole number'],
    ['a truth that is none', line2(trace('a', '<boolean key="n" value="maybe"/>')), 'neither true nor false'],
    ['an attribute without a key', line2(trace('a', '<string value="1"/>')), '<string> has no key'],
    ['an attribute without a value', line2(trace('a', '<string key="b"/>')), '<string> "b" has no value'],
    [
      'an attribute of no known type',
      line2(trace('a', '<uuid key="b" value="1"/>')),
      '<uuid> is not a type of attribute',
    ],
    [
      'an attribute said twice',
      line2(trace('a', '<int key="n" value="1"/><int key="n" value="2"/>')),
      '"n" is said twice of the same trace',
    ],
  ])('%s', async (_, text, detail) => {
    expect(await failureOf(read(text))).toEqual({
      code: 'LOG_INVALID',
      path: 'log.xes',
      line: 2,
      detail: expect.stringContaining(detail),
    });
  });
});

describe('a log that could do harm is refused', () => {
  it('with entities that multiply', async () => {
    const bomb = `<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><log>${trace('&b;', event('x'))}</log>`;

    expect(await failureOf(read(bomb))).toMatchObject({
      code: 'LOG_UNSAFE',
      detail: expect.stringContaining('declares a document type'),
    });
  });

  it('with a document type that names a file', async () => {
    expect(await failureOf(read('<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>'))).toMatchObject({
      code: 'LOG_UNSAFE',
    });
  });

  it('with elements nested without end', async () => {
    const deep = log(trace('a', `${'<container key="c">'.repeat(100)}${'</container>'.repeat(100)}`));

    expect(await failureOf(read(deep))).toMatchObject({
      code: 'LOG_UNSAFE',
      detail: 'its elements lie deeper than 32',
    });
    expect(await failureOf(read(log('<string key="m" value="1">'.repeat(100))))).toMatchObject({ code: 'LOG_UNSAFE' });
  });

  it('with an attribute beyond measure', async () => {
    const text = log(trace('a', event('x'.repeat(101))));

    expect(await failureOf(read(text, { attributeLength: 100 }))).toMatchObject({
      code: 'LOG_UNSAFE',
      detail: 'an attribute is longer than 100 characters',
    });
  });

  it.each(['<log><string key="a" value="', '<log><!-- ', '<log><![CDATA[', '<!DOCTYPE log ['])(
    'with %j and no end to it, long before it fills the memory',
    async (start) => {
      let pieces = 0;
      async function* endless(): AsyncGenerator<string> {
        yield start;
        for (; pieces < 1_000; pieces += 1) yield 'x'.repeat(64 * 1024);
      }

      expect(await failureOf(readXesText(endless(), 'log.xes'))).toMatchObject({ code: 'LOG_UNSAFE' });
      expect(pieces).toBeLessThan(10);
    },
  );

  it('with one trace that never ends', async () => {
    async function* endless(): AsyncGenerator<string> {
      yield '<log><trace>';
      for (let i = 0; i < 1_000; i += 1) yield event(`step ${i}`);
    }

    expect(await failureOf(readXesText(endless(), 'log.xes', { limits: { heldLength: 5_000 } }))).toMatchObject({
      code: 'LOG_UNSAFE',
      detail: 'one trace has more than 5000 characters',
    });
  });

  it('with a name that would reach into an object', async () => {
    expect(await failureOf(read(log(trace('a', '<string key="__proto__" value="1"/>'))))).toMatchObject({
      code: 'LOG_UNSAFE',
    });
  });
});

describeReceiptLog('the receipt log', () => {
  it('has the cases, events, activities, variants and arcs it is published with', async () => {
    const activities = new Set<string>();
    const variants = new Set<string>();
    const edges = new Set<string>();
    let traces = 0;
    let events = 0;
    let arcs = 0;
    for await (const { events: steps } of readXes(RECEIPT_LOG)) {
      const names = steps.map((step) => step.activity);
      traces += 1;
      events += names.length;
      arcs += names.length - 1;
      for (const name of names) activities.add(name);
      variants.add(JSON.stringify(names));
      names.slice(1).forEach((name, index) => {
        edges.add(JSON.stringify([names[index], name]));
      });
    }

    expect({ traces, events, activities: activities.size, variants: variants.size, edges: edges.size, arcs }).toEqual({
      traces: 1434,
      events: 8577,
      activities: 27,
      variants: 116,
      edges: 99,
      arcs: 7143,
    });
  });

  it('keeps what it says of a case and of each step', async () => {
    for await (const first of readXes(RECEIPT_LOG)) {
      expect(first).toMatchObject({
        name: 'case-891',
        attributes: { channel: 'Internet', deadline: '2010-11-25T23:00:00.000Z' },
        events: expect.arrayContaining([
          {
            activity: 'Confirmation of receipt',
            timestamp: '2010-10-02T07:20:39.266Z',
            resource: 'Resource26',
            transition: 'complete',
            attributes: { 'org:group': 'Group 1', 'concept:instance': 'task-4' },
          },
        ]),
      });
      return;
    }
  });
});
