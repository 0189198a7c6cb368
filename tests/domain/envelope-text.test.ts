import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { envelopeText } from '../../src/domain/canonical-event.js';
import type { EventMetadata } from '../../src/domain/event.js';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const instant = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
  .map((date) => date.toISOString());

/** Envelopes of every kind, members in any order, some with what JSON must escape. */
const envelopes: fc.Arbitrary<EventMetadata> = fc
  .record({
    workflow: fc.record({ version: fc.nat(), hash: text, name: fc.constantFrom('application', 'enterprise-request') }),
    trace: optional(text),
    state: text,
    schema: fc.nat(),
    reason: optional(text),
    recordedAt: instant,
    occurredAt: instant,
    ledger: fc.uuid(),
    item: optional(fc.record({ version: fc.nat(), id: text })),
    facts: optional(
      fc.dictionary(text, fc.record({ value: fc.jsonValue(), source: text, revision: fc.nat() }), { maxKeys: 3 }),
    ),
    envelope: fc.constant(1 as const),
    correlation: text,
    command: fc.record({ size: fc.nat(), index: fc.nat(), id: text, fingerprint: fc.base64String() }),
    causation: optional(text),
    actor: fc.record({
      role: text,
      region: optional(text),
      id: text,
      department: optional(text),
      onBehalfOf: optional(text),
    }),
  })
  .map((envelope) => envelope as unknown as EventMetadata);

describe('the text of an envelope', () => {
  it('is RFC 8785 canonical JSON, as the reference implementation writes it', () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        expect(envelopeText(envelope)).toBe(canonicalize(envelope));
      }),
      { numRuns: 500 },
    );
  });

  it('has no form where half a character stands alone', () => {
    const [envelope] = fc.sample(envelopes, { numRuns: 1, seed: 1 });

    expect(() => envelopeText({ ...envelope!, correlation: 'half \ud800' })).toThrow('surrogate');
  });
});
