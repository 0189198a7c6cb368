import { catalogueLookup } from '../../src/workflows/catalogue/catalogue-lookup.js';
import { countyItems } from '../../src/workflows/catalogue/county-items.js';

const lookup = catalogueLookup(countyItems);
const at = '2024-03-04T01:00:00.000Z';

describe('the catalogue', () => {
  it("answers with the version in force at the instant asked about, China's midnight being the turn", () => {
    expect(lookup({ id: 'food-business-licence' }, '2023-12-31T15:59:59.999Z')?.revision).toBe(1);
    expect(lookup({ id: 'food-business-licence' }, '2023-12-31T16:00:00.000Z')?.revision).toBe(2);
  });

  it('answers with the version a case was received under, in force or not', () =>
    expect(lookup({ id: 'food-business-licence', version: 1 }, at)?.value).toMatchObject({
      version: 1,
      promisedDays: 8,
    }));

  it('tells what the applicant hands in apart from what the state holds', () =>
    expect(lookup({ id: 'food-business-licence' }, at)?.value).toMatchObject({
      required: [{ code: 'application-form' }, { code: 'premises-layout', zh: '经营场所和设备布局图' }],
      held: ['business-licence'],
    }));

  it('answers with the limits alone where no more is asked for', () =>
    expect(lookup({ id: 'company-registration', version: 1, part: 'terms' }, at)?.value).toEqual({
      kind: 'licence',
      promisedDays: 1,
      statutoryDays: 3,
      extensionDays: 3,
    }));

  it('points from a withdrawn item to its successor', () =>
    expect(lookup({ id: 'tax-registration-certificate' }, at)?.value).toEqual({
      id: 'tax-registration-certificate',
      successor: 'company-registration',
      withdrawn: true,
    }));

  it('knows nothing of what it does not hold', () => {
    expect(lookup({ id: 'dog-licence' }, at)).toBeUndefined();
    expect(lookup({ id: 'food-business-licence', version: 9 }, at)).toBeUndefined();
  });
});

describe("the county's items", () => {
  it('each have one department, a promise, titles in both languages, and materials told apart by code', () => {
    for (const { department, promisedDays, title, materials, basis } of countyItems) {
      expect([department, title.en, title.zh, basis].every((text) => text.trim() !== '')).toBe(true);
      expect(promisedDays).toBeGreaterThanOrEqual(1);
      expect(new Set(materials.map(({ code }) => code)).size).toBe(materials.length);
    }
  });

  it('promise no longer than their law allows', () => {
    for (const { kind, promisedDays, statutoryDays } of countyItems) {
      expect(promisedDays).toBeLessThanOrEqual(statutoryDays ?? (kind === 'licence' ? 20 : promisedDays));
    }
  });

  it('are of several kinds', () => expect(new Set(countyItems.map(({ kind }) => kind)).size).toBe(4));
});
