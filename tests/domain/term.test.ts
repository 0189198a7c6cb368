import { isCaseError } from '../../src/domain/case-error.js';
import { calendarDays, months, termProblem, workingDays, workingHours } from '../../src/domain/term.js';

describe('a term', () => {
  it('is plain data', () => {
    expect(workingDays(20)).toEqual({ unit: 'workingDays', amount: 20 });
    expect(workingHours(0.5)).toEqual({ unit: 'workingHours', amount: 0.5 });
    expect(JSON.parse(JSON.stringify(months(3)))).toEqual(months(3));
  });

  it('may be nothing at all: handled on the spot (即办)', () => {
    expect(workingDays(0).amount).toBe(0);
  });

  it.each([
    ['half a working day', () => workingDays(0.5)],
    ['a negative number of days', () => calendarDays(-1)],
    ['seconds of a working hour', () => workingHours(1 / 3600)],
    ['no number', () => months(Number.NaN)],
    ['more than a hundred years', () => months(1201)],
  ])('is refused as TERM_INVALID when it is %s', (_, make) => {
    let refused: unknown;
    try {
      make();
    } catch (error) {
      refused = error;
    }
    expect(isCaseError(refused, 'TERM_INVALID')).toBe(true);
  });

  it('that comes from data is checked member by member', () => {
    expect(termProblem({ unit: 'workingDays', amount: 3 })).toBeUndefined();
    expect(termProblem({ unit: 'fortnights', amount: 3 })).toMatch(/fortnights/);
    expect(termProblem({ unit: 'months' })).toMatch(/number/);
    expect(termProblem('3 days')).toMatch(/unit, amount/);
    expect(termProblem(null)).toMatch(/unit, amount/);
  });
});
