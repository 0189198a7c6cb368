import fc from 'fast-check';
import { positionToken, readPositionToken } from '../../src/engine/position-token.js';
import { failureOf } from './permit-office.js';

const ours = '0192f5f0-0000-7000-8000-0123456789ab';
const theirs = '0192f5f0-0000-7000-8000-ba9876543210';
const read = (ledger: string, token: string) => failureOf((async () => readPositionToken(ledger, token))());

describe('a position token', () => {
  it('gives back the position it was made of', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.bigInt({ min: 0n, max: 999_999_999_999_999_999n }), (ledger, position) => {
        expect(readPositionToken(ledger, positionToken(ledger, position))).toBe(position);
      }),
    );
  });

  it('of another ledger is POSITION_FOREIGN, though both were made in the same instant', async () => {
    const token = positionToken(theirs, 17n);
    expect(await read(ours, token)).toEqual({ code: 'POSITION_FOREIGN', token, ledger: ours });
  });

  it.each([
    '',
    '17',
    'abc-1',
    '0123456789ab-',
    '0123456789ab--1',
    '0123456789AB-1',
    '0123456789ab-1x',
    ' 0123456789ab-1',
    `0123456789ab-${'9'.repeat(19)}`,
    '0123456789ab-1\n',
  ])('that nobody gave out is POSITION_INVALID: %p', async (token) => {
    expect(await read(ours, token)).toEqual({ code: 'POSITION_INVALID', token });
  });

  it('is not quoted at length where it is invalid', async () => {
    const failure = await read(ours, 'x'.repeat(10_000));
    expect((failure as { token: string }).token).toHaveLength(80);
  });
});
