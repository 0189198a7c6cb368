import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalEvent, canonicalText, leafHash, sealEvent } from '../../src/domain/canonical-event.js';

const anEvent = {
  id: '0192f5f0-0000-5000-8000-000000000001',
  stream: 'application-17',
  revision: 3,
  type: 'application.received',
  data: { b: 1, a: '收件' },
  metadata: { z: null, a: [true] },
};

describe('canonical text', () => {
  it('has its keys in order and nothing it does not need', () =>
    expect(canonicalText({ b: [1, { d: 2, c: 3 }], a: 'x' })).toBe('{"a":"x","b":[1,{"c":3,"d":2}]}'));

  it('writes numbers as ECMAScript does (RFC 8785, 3.2.2.3)', () =>
    expect(canonicalText([333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    ));

  it('orders keys by UTF-16 code units (RFC 8785, 3.2.3)', () =>
    expect(
      canonicalText({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }),
    ).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}'));

  it('leaves out what is undefined', () => expect(canonicalText({ b: undefined, a: 1 })).toBe('{"a":1}'));

  it.each([
    ['NaN', Number.NaN],
    ['infinity', { a: Number.POSITIVE_INFINITY }],
    ['a lone surrogate', ['\ud83d']],
    ['undefined', undefined],
  ])('has none for %s', (_what, value) => expect(() => canonicalText(value)).toThrow());

  it('is what the reference implementation writes, for any JSON', () => {
    const text = fc.string({ unit: 'binary' });
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        text,
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('value'), { maxLength: 5 }),
      object: fc.dictionary(
        fc.oneof(text, fc.nat({ max: 20 }).map(String), fc.constantFrom('\\ud83d', 'a\\uabc')),
        tie('value'),
        { maxKeys: 6 },
      ),
    })).value;

    fc.assert(fc.property(json, (value) => expect(canonicalText(value)).toBe(canonicalize(value))));
  });

  it('is the same however often it is read and written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const once = canonicalText(value);
        expect(canonicalText(JSON.parse(once))).toBe(once);
      }),
    );
  });
});

describe('a sealed event', () => {
  it('is hashed over one text that holds all of it', () => {
    const sealed = sealEvent(anEvent);
    expect(canonicalEvent(sealed)).toBe(canonicalText(anEvent));
  });

  it('has the leaf hash of RFC 6962: SHA-256 over a zero byte and that text', () => {
    const sealed = sealEvent(anEvent);
    const expected = createHash('sha256')
      .update(Buffer.from([0]))
      .update(canonicalEvent(sealed), 'utf8')
      .digest();
    expect(Buffer.from(sealed.leaf).equals(expected)).toBe(true);
    expect(Buffer.from(leafHash('')).toString('hex')).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
  });

  it('has another hash when anything about it is another', () => {
    const leaf = (change: object) => Buffer.from(sealEvent({ ...anEvent, ...change }).leaf).toString('hex');
    const changes = [
      {},
      { id: 'x' },
      { stream: 'y-1' },
      { revision: 4 },
      { type: 'a.b' },
      { data: {} },
      { metadata: {} },
    ];
    expect(new Set(changes.map(leaf)).size).toBe(changes.length);
  });
});
