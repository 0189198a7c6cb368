import fc from 'fast-check';
import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../src/domain/event.js';
import {
  ERASED,
  openPart,
  PERSONAL_KEY,
  type PersonalPart,
  type PublicData,
  personal,
  personalPlan,
  revealPersonal,
  sealedParts,
  splitPersonal,
  subject,
  WITHHELD,
  withSubjects,
} from '../../src/domain/personal-data.js';

const Person = subject({
  kind: z.enum(['person', 'enterprise']),
  name: personal(z.string()),
  idNumber: personal(z.string(), { identifies: true }).optional(),
});
const Filing = z.strictObject({
  item: z.string(),
  applicant: Person,
  witnesses: z.array(Person).optional(),
  remark: personal(z.string()).optional(),
  'a/b~c': z.strictObject({ secret: personal(z.string()) }).optional(),
});
const plan = personalPlan(Filing)!;

const filing = {
  item: 'x',
  applicant: { kind: 'person', name: '张三', idNumber: '1' },
  witnesses: [
    { kind: 'person', name: '李四' },
    { kind: 'enterprise', name: '王五', subjectRef: 'subject-9' },
  ],
  remark: '急',
  'a/b~c': { secret: '密' },
};

/** As the engine stores it, but for the encryption: a box holds its fields as they are. */
function stored(data: JsonObject): JsonObject {
  const { open, parts } = splitPersonal(plan, data);
  const named = parts.map((part, index) => ({ ...part, subjectRef: part.subjectRef ?? `subject-${index}` }));
  const boxes = named
    .filter(({ fields }) => Object.keys(fields).length > 0)
    .map(({ path, subjectRef, fields }) => ({
      path,
      subject: subjectRef,
      fields: Object.keys(fields),
      box: JSON.stringify(fields),
    }));
  const own = named.filter(({ ownSubject }) => ownSubject);
  return { ...withSubjects(open, own), ...(boxes.length > 0 && { [PERSONAL_KEY]: boxes }) };
}

describe('a schema', () => {
  it('says where its personal fields lie', () => {
    expect(plan).toMatchObject({ subject: false, fields: ['remark'] });
    expect(plan.children.map(({ key, list }) => [key, list])).toEqual([
      ['applicant', false],
      ['witnesses', true],
      ['a/b~c', false],
    ]);
    expect(plan.children[0]?.plan).toEqual({
      subject: true,
      fields: ['idNumber', 'name'],
      identifying: ['idNumber'],
      children: [],
    });
  });

  it('without personal fields has nothing to say', () => {
    expect(personalPlan(z.strictObject({ item: z.string() }))).toBeUndefined();
    expect(splitPersonal(undefined, { item: 'x' })).toEqual({ open: { item: 'x' }, parts: [] });
  });

  it('is seen through what makes a field optional, nullable, read-only or defaulted', () => {
    const secret = personal(z.string());
    const wrapped = z.object({
      a: secret.optional(),
      b: secret.nullable(),
      c: secret.default('x'),
      d: secret.readonly(),
    });
    expect(personalPlan(wrapped)?.fields).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives machines a type without personal fields', () => {
    const seen: PublicData<typeof Filing> = {
      item: 'x',
      applicant: { kind: 'person', subjectRef: 's' },
      witnesses: [],
      'a/b~c': {},
    };
    expect(seen.applicant).not.toHaveProperty('name');
  });
});

describe('splitting', () => {
  const { open, parts } = splitPersonal(plan, filing as JsonObject);

  it('leaves nothing personal in the open part', () => {
    expect(open).toEqual({
      item: 'x',
      applicant: { kind: 'person' },
      witnesses: [{ kind: 'person' }, { kind: 'enterprise', subjectRef: 'subject-9' }],
      'a/b~c': {},
    });
  });

  it('says of each part where it stood, whose it is and how that person is found again', () => {
    const brief = ({ path, ownSubject, subjectRef, identifiers }: PersonalPart) => ({
      path,
      ownSubject,
      subjectRef,
      identifiers,
    });
    expect(parts.map(brief)).toEqual([
      { path: '/a~1b~0c', ownSubject: false, subjectRef: undefined, identifiers: [] },
      { path: '/applicant', ownSubject: true, subjectRef: undefined, identifiers: [{ field: 'idNumber', value: '1' }] },
      { path: '/witnesses/0', ownSubject: true, subjectRef: undefined, identifiers: [] },
      { path: '/witnesses/1', ownSubject: true, subjectRef: 'subject-9', identifiers: [] },
      { path: '', ownSubject: false, subjectRef: undefined, identifiers: [] },
    ]);
  });

  it('names a subject that gave no personal field as well', () => {
    const onlyKnown = { item: 'x', applicant: { kind: 'person', subjectRef: 'subject-7' } };
    expect(splitPersonal(plan, onlyKnown).parts).toMatchObject([
      { path: '/applicant', subjectRef: 'subject-7', fields: {} },
    ]);
  });
});

describe('revealing', () => {
  const data = stored(filing as JsonObject);

  it('gives machines and read models the open part alone, its subjects named', () => {
    expect(openPart(data)).toMatchObject({ applicant: { kind: 'person', subjectRef: 'subject-1' } });
    expect(JSON.stringify(openPart(data))).not.toMatch(/张三|李四|王五|急|密/);
  });

  it('puts a marker where each value was destroyed or is withheld', () => {
    expect(revealPersonal(data, () => ERASED)).toMatchObject({
      applicant: { kind: 'person', name: { erased: true }, idNumber: { erased: true } },
      remark: { erased: true },
    });
    expect(revealPersonal(data, ({ path }) => (path === '' ? { remark: '急' } : WITHHELD))).toMatchObject({
      applicant: { name: { withheld: true } },
      witnesses: [{ name: { withheld: true } }, { name: { withheld: true } }],
      remark: '急',
    });
  });

  it('does not change what is stored', () => {
    const before = structuredClone(data);
    revealPersonal(data, () => ERASED);
    expect(data).toEqual(before);
  });

  it('gives back, by law, all that was split off', () => {
    const text = fc.string({ unit: 'grapheme' });
    const person = fc.record(
      {
        kind: fc.constantFrom('person', 'enterprise'),
        name: text,
        idNumber: text,
        subjectRef: fc.string({ minLength: 1, maxLength: 9 }),
      },
      { requiredKeys: ['kind', 'name'] },
    );
    const anyFiling = fc.record(
      {
        item: text,
        applicant: person,
        witnesses: fc.array(person, { maxLength: 3 }),
        remark: text,
        'a/b~c': fc.record({ secret: text }),
      },
      { requiredKeys: ['item', 'applicant'] },
    );

    fc.assert(
      fc.property(anyFiling, (sent) => {
        const parsed = Filing.parse(sent) as unknown as JsonObject;
        const kept = stored(parsed);
        expect(
          sealedParts(kept).every(({ path, fields }) => fields.length > 0 && (path === '' || path.startsWith('/'))),
        ).toBe(true);

        const revealed = revealPersonal(kept, ({ box }) => JSON.parse(box) as JsonObject);
        expect(withoutNames(revealed)).toEqual(withoutNames(parsed));
      }),
    );
  });
});

/** Subject references left out: a reader sees those that were given to subjects the sender did not name. */
function withoutNames(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value, (key, member) => (key === 'subjectRef' ? undefined : member))) as JsonValue;
}
