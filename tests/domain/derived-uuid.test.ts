import fc from 'fast-check';
import { parse, v5 } from 'uuid';
import { derivedUuid } from '../../src/domain/derived-uuid.js';

describe('a derived UUID', () => {
  it('is the one RFC 9562 gives for its example', () => {
    const dns = parse('6ba7b810-9dad-11d1-80b4-00c04fd430c8');
    expect(derivedUuid(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });

  it('is what the library gives, for any namespace and name', () =>
    fc.assert(
      fc.property(fc.uuid(), fc.string({ unit: 'grapheme', maxLength: 300 }), (namespace, name) => {
        expect(derivedUuid(parse(namespace), name)).toBe(v5(name, namespace));
      }),
    ));
});
