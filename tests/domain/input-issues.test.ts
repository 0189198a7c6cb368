import { z } from 'zod';
import { inputMessage, readInput } from '../../src/domain/input-issues.js';

const SECRET = '330921199001011234';
const SECRET_NUMBER = 19_900_101;

const issuesOf = (schema: z.ZodType, input: unknown) => readInput(schema, input).issues ?? [];

describe('what is wrong with input', () => {
  it.each<[string, z.ZodType, unknown]>([
    ['an unknown key', z.strictObject({}), { [SECRET]: 1 }],
    ['a value of another type', z.number(), SECRET],
    ['a value that is none of several', z.enum(['person', 'enterprise']), SECRET],
    ['a value that is not the one', z.literal('person'), SECRET],
    ['a text too long', z.string().max(3), SECRET],
    ['a text too short', z.string().min(30), SECRET],
    ['a number too big', z.number().max(3), SECRET_NUMBER],
    ['a number too small', z.number().min(30_000_000), SECRET_NUMBER],
    ['a number between steps', z.number().multipleOf(1_000), SECRET_NUMBER],
    ['a text that does not match', z.string().regex(/^[a-z]+$/), SECRET],
    ['a text of another format', z.iso.date(), SECRET],
    ['a text that ends otherwise', z.string().endsWith('x'), SECRET],
    ['a key a record does not take', z.record(z.string().max(3), z.number()), { [SECRET]: 1 }],
    ['a value in a record', z.record(z.string(), z.number()), { [SECRET]: SECRET }],
    [
      'a value deep in a record',
      z.object({ a: z.record(z.string(), z.object({ b: z.number() })) }),
      { a: { [SECRET]: {} } },
    ],
    ['a key of an enumeration', z.record(z.enum(['a']), z.number()), { a: 1, [SECRET]: 1 }],
    ['what no alternative takes', z.union([z.number(), z.strictObject({ a: z.number() })]), { [SECRET]: SECRET }],
    [
      'what no alternative is marked as',
      z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]),
      { kind: SECRET },
    ],
    ['a check of its own', z.string().refine(() => false), SECRET],
    ['a check that names a key', z.any().superRefine((_, c) => c.addIssue({ code: 'custom', path: [SECRET] })), {}],
    ['a key beside those of a loose object', z.looseObject({}).catchall(z.number()), { [SECRET]: SECRET }],
  ])('is told without what was sent: %s', (_what, schema, input) => {
    const issues = issuesOf(schema, input);

    expect(issues).not.toEqual([]);
    const parsed = schema.safeParse(input);
    for (const told of [issues, parsed.error!.issues.map(inputMessage)]) {
      expect(JSON.stringify(told)).not.toContain(SECRET);
      expect(JSON.stringify(told)).not.toContain(String(SECRET_NUMBER));
    }
  });

  it('says how many keys are unknown', () => {
    expect(issuesOf(z.strictObject({}), { a: 1 })).toEqual([
      { path: '', code: 'unrecognized_keys', message: 'One key is not known here' },
    ]);
    expect(issuesOf(z.object({ at: z.strictObject({}) }), { at: { a: 1, b: 2 } })).toEqual([
      { path: 'at', code: 'unrecognized_keys', message: '2 keys are not known here' },
    ]);
  });

  it.each<[z.ZodType, unknown, string, string]>([
    [z.object({ a: z.string() }), {}, 'a', 'Invalid input: expected string, received undefined'],
    [z.object({ a: z.string() }), { a: null }, 'a', 'Invalid input: expected string, received null'],
    [z.string(), ['x'], '', 'Invalid input: expected string, received array'],
    [z.enum(['a', 'b']), 'c', '', 'Invalid input: expected one of "a", "b"'],
    [z.literal(3), 4, '', 'Invalid input: expected 3'],
    [z.string().min(2), 'c', '', 'Too small: expected string to have >=2 characters'],
    [z.array(z.string()).max(1), ['a', 'b'], '', 'Too big: expected array to have <=1 items'],
    [z.number().gt(2), 2, '', 'Too small: expected number to be >2'],
    [z.iso.date(), 'x', '', 'Invalid string: expected the format date'],
    [z.string().regex(/^a$/), 'x', '', 'Invalid string: must match pattern /^a$/'],
    [z.string().regex(/^a$/, 'a letter'), 'x', '', 'a letter'],
    [z.object({ a: z.int() }).refine(() => false, { path: ['a'], message: 'not today' }), { a: 1 }, 'a', 'not today'],
  ])('says what was expected, or what the schema says of it itself: %#', (schema, input, path, message) => {
    expect(issuesOf(schema, input)).toMatchObject([{ path, message }]);
  });

  it.each<[string, z.ZodType, unknown, string]>([
    ['objects and lists', z.object({ a: z.array(z.object({ b: z.string() })) }), { a: [{ b: 'x' }, {}] }, 'a.1.b'],
    ['tuples', z.tuple([z.string(), z.number()]).rest(z.boolean()), ['a', 1, true, 'x'], '3'],
    [
      'what may be missing',
      z.object({ a: z.object({ b: z.string() }).nullable().default(null).optional() }),
      { a: {} },
      'a.b',
    ],
    [
      'what is read in two steps',
      z.object({ a: z.string() }).pipe(z.object({ a: z.string().regex(/^\d+$/) })),
      { a: 'x' },
      'a',
    ],
    ['what is told when it is asked', z.lazy(() => z.object({ a: z.string() })), {}, 'a'],
    ['both sides', z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })), { a: 'x' }, 'b'],
    ['marked alternatives', z.discriminatedUnion('k', [z.object({ k: z.literal(1), b: z.string() })]), { k: 1 }, 'b'],
    ['a record over an enumeration', z.record(z.enum(['a', 'b']), z.string()), { a: 'x', b: 3 }, 'b'],
    ['a record, as far as the schema goes', z.object({ a: z.record(z.string(), z.string()) }), { a: { x: 3 } }, 'a'],
  ])('is told where it is, through %s', (_what, schema, input, path) => {
    expect(issuesOf(schema, input).map((issue) => issue.path)).toEqual([path]);
  });

  it('is nothing where the schema takes it', () =>
    expect(readInput(z.object({ a: z.coerce.number() }), { a: '3' })).toEqual({ data: { a: 3 } }));
});
