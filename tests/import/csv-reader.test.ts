import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type CsvOptions, readCsv, readCsvText } from '../../src/import/csv-reader.js';
import { readLog } from '../../src/import/log-reader.js';
import type { LogTrace } from '../../src/import/log-trace.js';
import { failureOf, logFolder, piecesOf, tracesOf } from './log-files.js';

const folder = logFolder();
const HEADER = 'case:concept:name,concept:name,time:timestamp,org:resource,lifecycle:transition,case:channel,org:group';

const read = (text: string, options: CsvOptions = {}) => readCsvText(piecesOf(text), 'log.csv', options);
const activities = (traces: readonly LogTrace[]) =>
  traces.map(({ name, startsAt, events }) => [name, startsAt, events.map(({ activity }) => activity).join(' ')]);

describe('a CSV log', () => {
  it('under the names of XES is read as XES is', async () => {
    const text = `${HEADER}
case-1,received,2026-03-02T09:00:00+08:00,clerk-7,complete,Desk,Group 1
case-1,decided,2026-03-03T09:00:00+08:00,,,Desk,
`;

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
          { activity: 'decided', timestamp: '2026-03-03T01:00:00.000Z', attributes: {} },
        ],
      },
    ]);
  });

  it('may name its columns in the usual ways', async () => {
    expect(await tracesOf(read('\ufeffCase ID,Activity,Timestamp\na,x,2026-03-02\n'))).toHaveLength(1);
  });

  it('may name its columns as the caller says, and part them otherwise', async () => {
    const text = '案号;环节;时间;经办人\nA-1;受理;2026/03/02 09:00;clerk-7\n';
    const columns = { case: '案号', activity: '环节', timestamp: '时间', resource: '经办人' };

    expect(await tracesOf(read(text, { columns, delimiter: ';', timeZone: 'Asia/Shanghai' }))).toEqual([
      {
        name: 'A-1',
        attributes: {},
        events: [{ activity: '受理', timestamp: '2026-03-02T01:00:00.000Z', resource: 'clerk-7', attributes: {} }],
      },
    ]);
  });

  it('may quote a field that has commas, quotes and line ends in it', async () => {
    const [only] = await tracesOf(read('case,activity,timestamp,note\na,x,2026-03-02,"one, ""two""\nthree"\n'));

    expect(only?.events[0]?.attributes).toEqual({ note: 'one, "two"\nthree' });
  });

  it('may scatter the rows of a case', async () => {
    const text = 'case,activity,timestamp\na,1,2026-03-02\nb,1,2026-03-02\na,2,2026-03-02\nb,2,2026-03-02\n';

    expect(activities(await tracesOf(read(text)))).toEqual([
      ['a', undefined, '1 2'],
      ['b', undefined, '1 2'],
    ]);
  });

  it('yields a case in pieces that run on from one another when it cannot hold them all', async () => {
    const text = `case,activity,timestamp,case:kind
a,1,2026-03-02,k
b,1,2026-03-02,k
b,2,2026-03-02,k
a,2,2026-03-02,k
`;
    const traces = await tracesOf(read(text, { limits: { heldLength: 200 } }));

    expect(activities(traces)).toEqual([
      ['a', undefined, '1'],
      ['b', undefined, '1 2'],
      ['a', 1, '2'],
    ]);
    expect(traces.map(({ attributes }) => attributes)).toEqual([{ kind: 'k' }, { kind: 'k' }, {}]);
  });

  it('has every event once and in order, however little it may hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 }),
        fc.integer({ min: 1, max: 2_000 }),
        async (rows, heldLength) => {
          const text = ['case,activity,timestamp', ...rows.map((name, i) => `${name},${i},2026-03-02`)].join('\n');
          const pieces = new Map<string, string[]>();
          for await (const { name, startsAt = 0, events } of read(text, { limits: { heldLength } })) {
            const before = pieces.get(name) ?? [];
            expect(startsAt).toBe(before.length);
            pieces.set(name, [...before, ...events.map(({ activity }) => activity)]);
          }
          for (const name of new Set(rows)) {
            expect(pieces.get(name)).toEqual(rows.flatMap((row, i) => (row === name ? [String(i)] : [])));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is held in bounded memory: rows read run ahead of rows yielded by what may be held', async () => {
    const ROWS = 20_000;
    let written = 0;
    async function* endless(): AsyncGenerator<string> {
      yield 'case,activity,timestamp\n';
      for (; written < ROWS; written += 100) {
        yield Array.from({ length: 100 }, (_, i) => `case-${written + i},received,2026-03-02\n`).join('');
      }
    }

    let most = 0;
    let rows = 0;
    for await (const { events } of readCsvText(endless(), 'log.csv', { limits: { heldLength: 20_000 } })) {
      if (written < ROWS) most = Math.max(most, written - rows);
      rows += events.length;
    }

    expect(rows).toBe(ROWS);
    expect(most).toBeLessThan(2_000);
  });

  it('is read from a gzip', async () => {
    const file = folder.write('log.csv.gz', gzipSync('case,activity,timestamp\na,x,2026-03-02\n'));

    expect(await tracesOf(readCsv(file))).toHaveLength(1);
  });

  it('of a header alone has no cases', async () => {
    expect(await tracesOf(read('case,activity,timestamp\n'))).toEqual([]);
  });
});

describe('a CSV log that cannot be read is refused, with the line', () => {
  const head = 'case,activity,timestamp';

  it.each([
    ['nothing at all', '', 1, 'it has no header'],
    ['no column for the activity', 'case,timestamp\n', 1, 'no column says the activity'],
    ['two columns of one name', `${head},x,x\n`, 1, 'it has two columns called "x"'],
    ['a row with no case', `${head}\n,x,2026-03-02\n`, 2, 'a row names no case'],
    ['a row with no activity', `${head}\na,x,2026-03-02\na,,2026-03-02\n`, 3, 'a row names no activity'],
    ['a row with no timestamp', `${head}\na,x,\n`, 2, 'a row has no timestamp'],
    ['a timestamp that is none', `${head}\na,x,soon\n`, 2, 'the timestamp is not a date: "soon"'],
    ['a row with too few fields', `${head}\na,x\n`, 2, 'Invalid Record Length'],
    ['a quote left open', `${head}\na,"x,2026-03-02\n`, 2, 'Quote Not Closed'],
  ])('%s', async (_, text, line, detail) => {
    expect(await failureOf(read(text))).toMatchObject({
      code: 'LOG_INVALID',
      path: 'log.csv',
      line,
      detail: expect.stringContaining(detail),
    });
  });

  it('a column the caller named and that is not there', async () => {
    expect(await failureOf(read(`${head}\n`, { columns: { resource: 'who' } }))).toMatchObject({
      code: 'LOG_INVALID',
      detail: 'it has no column "who"',
    });
  });

  it('a gzip that is cut off', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `case-${i * 7919},x,2026-03-02`);
    const packed = gzipSync([head, ...rows].join('\n'));
    const file = folder.write('cut.csv.gz', packed.subarray(0, packed.length - 500));

    const failure = await failureOf(readCsv(file));

    expect(failure).toMatchObject({ code: 'LOG_INVALID', detail: 'the gzip file is cut off' });
    expect('line' in failure && failure.line).toBeGreaterThan(1_000);
  });
});

describe('a CSV log that could do harm is refused', () => {
  it('with a row that never ends', async () => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<string> {
      yield 'case,activity,timestamp\na,"';
      for (; pieces < 1_000; pieces += 1) yield 'x'.repeat(64 * 1024);
    }

    expect(await failureOf(readCsvText(endless(), 'log.csv'))).toMatchObject({
      code: 'LOG_UNSAFE',
      detail: 'line 2 is too long',
    });
    expect(pieces).toBeLessThan(20);
  });

  it.each(['__proto__', 'case:__proto__'])('with a column called %s', async (name) => {
    expect(await failureOf(read(`case,activity,timestamp,${name}\n`))).toMatchObject({ code: 'LOG_UNSAFE' });
  });
});

describe('a log of either kind', () => {
  it('is told by what is in it', async () => {
    const step = '<event><string key="concept:name" value="x"/><date key="time:timestamp" value="2026-03-02"/></event>';
    const xes = folder.write('a.log', `<log><trace><string key="concept:name" value="a"/>${step}</trace></log>`);
    const csv = folder.write('b.log', 'case,activity,timestamp\na,x,2026-03-02\n');

    const expected = [
      { name: 'a', attributes: {}, events: [{ activity: 'x', timestamp: '2026-03-02T00:00:00.000Z', attributes: {} }] },
    ];
    expect(await tracesOf(readLog(xes))).toEqual(expected);
    expect(await tracesOf(readLog(csv))).toEqual(expected);
  });

  it('that is not there is not found', async () => {
    expect(await failureOf(readLog(`${folder.path}/none`))).toMatchObject({ code: 'LOG_NOT_FOUND' });
  });
});
