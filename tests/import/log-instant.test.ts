import fc from 'fast-check';
import { parseLogInstant } from '../../src/import/log-instant.js';

describe('a date in a log', () => {
  it.each([
    ['2010-10-02T09:20:39.266+02:00', '2010-10-02T07:20:39.266Z'],
    ['2010-10-02T09:20:39Z', '2010-10-02T09:20:39.000Z'],
    ['2010-10-02 09:20:39.1234567', '2010-10-02T09:20:39.123Z'],
    ['2010/10/02 09:20', '2010-10-02T09:20:00.000Z'],
    ['2010-10-02 09:20:39 +0200', '2010-10-02T07:20:39.000Z'],
    ['2010-10-02T09:20:39-05', '2010-10-02T14:20:39.000Z'],
    ['2010-10-02', '2010-10-02T00:00:00.000Z'],
  ])('%s is the instant %s', (written, instant) => {
    expect(parseLogInstant(written, 'UTC')).toBe(instant);
  });

  it.each([
    ['2026-03-02 09:00', 'Asia/Shanghai', '2026-03-02T01:00:00.000Z'],
    ['2011-03-27 02:30', 'Europe/Amsterdam', '2011-03-27T01:30:00.000Z'],
    ['2011-10-30 02:30', 'Europe/Amsterdam', '2011-10-30T00:30:00.000Z'],
    ['2026-03-02T09:00:00Z', 'Asia/Shanghai', '2026-03-02T09:00:00.000Z'],
  ])('%s on the clocks of %s is %s', (written, timeZone, instant) => {
    expect(parseLogInstant(written, timeZone)).toBe(instant);
  });

  it.each([
    '',
    'yesterday',
    '2026-02-29',
    '2026-13-01',
    '2026-03-02T25:00',
    '2026-03-02T09:60',
    '02-03-2026',
    '2026-03/02',
    '2026-03-02T09:00:00+15:00',
    '1772442000',
  ])('%j names no instant', (written) => {
    expect(parseLogInstant(written, 'UTC')).toBeUndefined();
  });

  it('of any instant written out is that instant again', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        (date) => {
          expect(parseLogInstant(date.toISOString(), 'Asia/Shanghai')).toBe(date.toISOString());
        },
      ),
    );
  });
});
