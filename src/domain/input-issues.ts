import type { z } from 'zod';
import type { InputIssue } from './case-error.js';

/**
 * Reads input by its schema. What is wrong with it is told without what was sent, which may be personal: a path goes as
 * far as the schema names its keys, and the texts here quote no input. A text that a schema gives for a check of its
 * own is kept as it is: it must quote none either.
 */
export function readInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): { readonly data: z.output<Schema>; readonly issues?: undefined } | { readonly issues: readonly InputIssue[] } {
  const parsed = schema.safeParse(input, { error: inputMessage });
  if (parsed.success) return { data: parsed.data };
  return {
    issues: parsed.error.issues.map(({ path, code, message }) => ({
      path: knownPath(schema, path).map(String).join('.'),
      code: code ?? 'custom',
      message,
    })),
  };
}

/** What is wrong, by the kind of issue alone. */
export function inputMessage(issue: z.core.$ZodRawIssue | z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `Invalid input: expected ${issue.expected}${'input' in issue ? `, received ${typeName(issue.input)}` : ''}`;
    case 'invalid_value':
      return `Invalid input: expected ${oneOf(issue.values ?? [])}`;
    case 'too_big':
      return `Too big: expected ${bound(issue.origin, issue.exact ? 'exactly ' : issue.inclusive ? '<=' : '<', issue.maximum)}`;
    case 'too_small':
      return `Too small: expected ${bound(issue.origin, issue.exact ? 'exactly ' : issue.inclusive ? '>=' : '>', issue.minimum)}`;
    case 'invalid_format':
      return issue.format === 'regex'
        ? `Invalid string: must match pattern ${issue.pattern}`
        : `Invalid string: expected the format ${issue.format}`;
    case 'not_multiple_of':
      return `Invalid number: must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys': {
      const { length = 0 } = issue.keys ?? [];
      return length === 1 ? 'One key is not known here' : `${length} keys are not known here`;
    }
    case 'invalid_key':
      return `Invalid key in ${issue.origin}`;
    case 'invalid_element':
      return `Invalid value in ${issue.origin}`;
    default:
      return 'Invalid input';
  }
}

function typeName(input: unknown): string {
  if (input === null) return 'null';
  return Array.isArray(input) ? 'array' : typeof input;
}

function oneOf(values: readonly unknown[]): string {
  const named = values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value)));
  return named.length === 1 ? named[0]! : `one of ${named.join(', ')}`;
}

function bound(origin: string | undefined, relation: string, limit: unknown): string {
  const unit = { string: ' characters', array: ' items', set: ' items', map: ' entries' }[origin ?? ''];
  return `${origin ?? 'value'} ${unit ? 'to have' : 'to be'} ${relation}${limit}${unit ?? ''}`;
}

/** The path as far as the schema names it: a key of a record, or of what is not read, is the sender's. */
function knownPath(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly PropertyKey[] {
  let at: readonly z.core.$ZodType[] = [schema];
  const unknown = path.findIndex((key) => {
    at = at.flatMap((one) => membersAt(one, key));
    return at.length === 0;
  });
  return unknown === -1 ? path : path.slice(0, unknown);
}

function membersAt(schema: z.core.$ZodType, key: PropertyKey): readonly z.core.$ZodType[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.hasOwn(def.shape, key) ? [def.shape[key as string]!] : [];
    case 'record':
      // A record over an enumeration names its keys.
      return def.keyType._zod.values?.has(key as string) ? [def.valueType] : [];
    case 'array':
      return typeof key === 'number' ? [def.element] : [];
    case 'tuple': {
      const item = typeof key === 'number' ? (def.items[key] ?? def.rest) : undefined;
      return item ? [item] : [];
    }
    case 'union':
      return def.options.flatMap((option) => membersAt(option, key));
    case 'intersection':
      return [...membersAt(def.left, key), ...membersAt(def.right, key)];
    case 'pipe':
      return [...membersAt(def.in, key), ...membersAt(def.out, key)];
    case 'lazy':
      return membersAt(def.getter(), key);
    case 'optional':
    case 'nullable':
    case 'nonoptional':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
      return membersAt(def.innerType, key);
    default:
      return [];
  }
}
