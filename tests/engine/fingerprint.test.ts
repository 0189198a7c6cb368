import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { commandInput } from '../../src/engine/command.js';
import { fingerprintOf } from '../../src/engine/fingerprint.js';
import type { SubjectKey } from '../../src/engine/key-ring.js';
import { clerk, noted, openPermit, sendPermit } from './permit-office.js';

const key = (subject: string, byte: number): SubjectKey => ({
  subject,
  encryption: new Uint8Array(32),
  fingerprint: new Uint8Array(32).fill(byte),
});

describe('the fingerprint of a command', () => {
  it('is a plain hash where the command holds nothing personal', () => {
    expect(fingerprintOf('{}', [])).toBe(`sha256:${createHash('sha256').update('{}').digest('base64url')}`);
  });

  it("is an HMAC under the subject's own key where it does, so that guessing the data proves nothing", () => {
    const own = createHmac('sha256', new Uint8Array(32).fill(1)).update('{}').digest('base64url');
    expect(fingerprintOf('{}', [key('a', 1)])).toBe(`hmac-sha256:${own}`);
    expect(fingerprintOf('{}', [key('a', 2)])).not.toBe(`hmac-sha256:${own}`);
  });

  it('of several subjects takes all their keys, in whatever order they come', () => {
    const keys = [key('a', 1), key('b', 2), key('c', 3)];
    const whole = fingerprintOf('{}', keys);
    expect(fingerprintOf('{}', [...keys].reverse())).toBe(whole);
    expect(fingerprintOf('{}', keys.slice(1))).not.toBe(whole);
    expect(keys.map(({ subject }) => subject)).toEqual(['a', 'b', 'c']);
  });

  it('is over a text that does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const turned = Object.fromEntries(Object.entries(data).reverse());
        const input = (value: object) => commandInput(sendPermit('p-1', 'c-1', { type: 'permit.noted', data: value }));
        expect(input(turned)).toBe(input(data));
      }),
    );
  });

  it('tells apart what was asked, and not how it was sent', () => {
    const command = sendPermit('p-1', 'c-1', noted('x'));
    const same = [
      { ...command, expectedRevision: 4 },
      { ...command, trace: 't' },
      { ...command, correlation: 'k', causation: 'e' },
      { ...command, actor: { ...clerk, roles: [], region: '1' } },
    ];
    const other = [
      { ...command, workflow: 'licence' },
      { ...command, reason: 'r' },
      { ...command, events: [noted('y')] },
      { ...command, events: [noted('x'), noted('x')] },
      { ...command, events: [{ ...noted('x'), occurredAt: '2026-03-02T01:00:00Z' }] },
      { ...command, actor: { ...clerk, id: 'clerk-2' } },
      { ...command, actor: { ...clerk, onBehalfOf: 'agency-7' } },
    ];
    for (const one of same) expect(commandInput(one)).toBe(commandInput(command));
    expect(new Set([command, ...other].map(commandInput)).size).toBe(other.length + 1);
    expect(commandInput(openPermit('o-1', { version: 1 }))).not.toBe(commandInput(openPermit('o-1')));
  });
});
