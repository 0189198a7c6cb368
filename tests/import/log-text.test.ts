import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { readLogText } from '../../src/import/log-text.js';
import { readXes } from '../../src/import/xes-reader.js';
import { failureOf, logFolder, tracesOf } from './log-files.js';

const folder = logFolder();

async function textOf(path: string, options = {}): Promise<string> {
  let text = '';
  for await (const piece of readLogText(path, options)) text += piece;
  return text;
}

describe('the text of a log file', () => {
  it('comes out of a gzip by its first bytes, whatever it is called', async () => {
    expect(await textOf(folder.write('packed.xes', gzipSync('<log/>')))).toBe('<log/>');
    expect(await textOf(folder.write('plain.xes.gz', '<log/>'))).toBe('<log/>');
  });

  it('comes out of a gzip made of several', async () => {
    const file = folder.write('members.gz', Buffer.concat([gzipSync('<log>'), gzipSync('</log>')]));

    expect(await textOf(file)).toBe('<log></log>');
  });

  it.each([
    ['a byte order mark', Buffer.from('\ufeff受理')],
    ['UTF-16 by its byte order mark', Buffer.from('\ufeff受理', 'utf16le')],
  ])('is read under %s', async (_, bytes) => {
    expect(await textOf(folder.write('marked', bytes))).toBe('受理');
  });

  it('is read as its XML declaration says', async () => {
    const start = Buffer.from('<?xml version="1.0" encoding="GB18030"?><log>');
    const file = folder.write('declared', Buffer.concat([start, Buffer.from([0xca, 0xdc, 0xc0, 0xed])]));

    expect(await textOf(file)).toContain('受理');
  });

  it('is read as the caller says', async () => {
    const file = folder.write('told', Buffer.from([0xca, 0xdc, 0xc0, 0xed]));

    expect(await textOf(file, { encoding: 'gbk' })).toBe('受理');
  });

  it('of an empty file is empty', async () => {
    expect(await textOf(folder.write('empty', ''))).toBe('');
  });
});

describe('a log file is refused', () => {
  it('when it is not there', async () => {
    const path = `${folder.path}/none.xes`;

    expect(await failureOf(readLogText(path))).toEqual({ code: 'LOG_NOT_FOUND', path });
  });

  it('when it is a directory', async () => {
    expect(await failureOf(readLogText(folder.path))).toMatchObject({
      code: 'LOG_INVALID',
      detail: 'it is a directory',
    });
  });

  it('when a gzip is cut off, saying how far it was read', async () => {
    const lines = Array.from({ length: 5_000 }, () => `<string key="k" value="${randomBytes(20).toString('hex')}"/>`);
    const packed = gzipSync(`<log>\n${lines.join('\n')}\n</log>`);
    const file = folder.write('cut.gz', packed.subarray(0, packed.length - 1_000));

    const failure = await failureOf(readXes(file));

    expect(failure).toMatchObject({ code: 'LOG_INVALID', detail: 'the gzip file is cut off', path: file });
    expect('line' in failure && failure.line).toBeGreaterThan(1_000);
  });

  it('when a gzip is damaged', async () => {
    const packed = gzipSync('<log/>'.repeat(1_000));
    packed.fill(0xff, 12, 20);

    expect(await failureOf(readLogText(folder.write('damaged.gz', packed)))).toMatchObject({
      code: 'LOG_INVALID',
      detail: 'the gzip file is damaged',
    });
  });

  it('when its bytes are not the text they should be', async () => {
    expect(await failureOf(readLogText(folder.write('latin', Buffer.from([0x61, 0xe9, 0x62]))))).toMatchObject({
      code: 'LOG_INVALID',
      detail: 'its bytes are not utf-8 text',
    });
    expect(await failureOf(readLogText(folder.write('odd', '<?xml version="1.0" encoding="klingon"?>')))).toMatchObject(
      { code: 'LOG_INVALID', detail: '"klingon" is not an encoding known here' },
    );
  });

  it('when it unpacks to many times its size', async () => {
    const bomb = folder.write('bomb.gz', gzipSync(Buffer.alloc(40 * 1024 * 1024, ' ')));

    expect(await failureOf(readLogText(bomb))).toMatchObject({
      code: 'LOG_UNSAFE',
      detail: 'it unpacks to more than 250 times its size',
    });
  });

  it('when it holds more text than is allowed, packed or not', async () => {
    const limits = { totalBytes: 1_000 };

    for (const content of [Buffer.alloc(1_001, ' '), gzipSync(Buffer.alloc(1_001, ' '))]) {
      expect(await failureOf(readLogText(folder.write('large', content), { limits }))).toMatchObject({
        code: 'LOG_UNSAFE',
        detail: 'it holds more than 1000 bytes of text',
      });
    }
    expect(await textOf(folder.write('fits', Buffer.alloc(1_000, ' ')), { limits })).toHaveLength(1_000);
  });
});

describe('a small log that compresses well', () => {
  it('is read', async () => {
    const step = '<event><string key="concept:name" value="x"/><date key="time:timestamp" value="2026-03-02"/></event>';
    const file = folder.write(
      'dense.xes.gz',
      gzipSync(`<log><trace><string key="concept:name" value="a"/>${step.repeat(20_000)}</trace></log>`),
    );

    expect((await tracesOf(readXes(file)))[0]?.events).toHaveLength(20_000);
  });
});
