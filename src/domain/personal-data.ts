import { z } from 'zod';
import type { JsonObject, JsonValue } from './event.js';

type Mark = { readonly kind: 'personal'; readonly identifies: boolean } | { readonly kind: 'subject' };

const marks = z.registry<Mark>();

export declare const personalBrand: unique symbol;
export declare const subjectBrand: unique symbol;

/** A schema whose value is stored encrypted under its data subject's key. */
export type PersonalField = { readonly [personalBrand]: true };
export type SubjectSchema = { readonly [subjectBrand]: true };

/**
 * Marks a field of an object as personal (个人信息): it is stored encrypted under the key of the object's data subject.
 * Machines, guards and read models never see it.
 *
 * @param options.identifies whether the value alone names the person, such as an identity number: the subject is then
 *   found again by it through a keyed blind index
 */
export function personal<Schema extends z.ZodType>(
  schema: Schema,
  options: { readonly identifies?: boolean } = {},
): Schema & PersonalField {
  const marked = schema.meta({ ...schema.meta(), 'x-personal': true });
  marks.add(marked, { kind: 'personal', identifies: options.identifies === true });
  return marked as Schema & PersonalField;
}

/**
 * An object that describes one data subject (a person or an enterprise). Its personal fields are encrypted under that
 * subject's own key. The sender may name a known subject by `subjectRef`; otherwise it is found by an identifying
 * field, or made.
 */
export function subject<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodObject<Shape & { subjectRef: z.ZodOptional<z.ZodString> }> & SubjectSchema {
  const schema = z.strictObject({ ...shape, subjectRef: z.string().min(1).max(100).optional() });
  marks.add(schema, { kind: 'subject' });
  return schema as unknown as z.ZodObject<Shape & { subjectRef: z.ZodOptional<z.ZodString> }> & SubjectSchema;
}

/** What a machine, a guard or a read model sees of data under `Schema`: personal fields gone, each subject's `subjectRef` there. */
export type PublicData<Schema> = Schema extends SubjectSchema & z.ZodObject<infer Shape>
  ? PublicShape<Omit<Shape, 'subjectRef'>> & { readonly subjectRef: string }
  : Schema extends z.ZodObject<infer Shape>
    ? PublicShape<Shape>
    : Schema extends z.ZodOptional<infer Inner>
      ? PublicData<Inner> | undefined
      : Schema extends z.ZodArray<infer Item>
        ? readonly PublicData<Item>[]
        : z.output<Schema>;

type PublicShape<Shape> = {
  readonly [Key in keyof Shape as IsPersonal<Shape[Key]> extends true ? never : Key]: PublicData<Shape[Key]>;
};

type IsPersonal<Schema> = Schema extends PersonalField
  ? true
  : Schema extends
        | z.ZodOptional<infer Inner>
        | z.ZodNullable<infer Inner>
        | z.ZodDefault<infer Inner>
        | z.ZodReadonly<infer Inner>
    ? IsPersonal<Inner>
    : false;

/** Where the personal fields of one object schema lie. Computed once per event definition. */
export type PersonalPlan = {
  readonly subject: boolean;
  /** Names of this object's own personal fields. */
  readonly fields: readonly string[];
  /** Those of {@link fields} that name the person by themselves. */
  readonly identifying: readonly string[];
  readonly children: readonly { readonly key: string; readonly list: boolean; readonly plan: PersonalPlan }[];
};

/** Finds the personal fields of a schema, or nothing when it has none. */
export function personalPlan(schema: z.ZodType): PersonalPlan | undefined {
  const object = unwrap(schema);
  if (!(object instanceof z.ZodObject)) return undefined;

  const fields: string[] = [];
  const identifying: string[] = [];
  const children: { key: string; list: boolean; plan: PersonalPlan }[] = [];
  for (const [key, field] of Object.entries(object.shape as Record<string, z.ZodType>)) {
    const mark = markOf(field);
    if (mark?.kind === 'personal') {
      fields.push(key);
      if (mark.identifies) identifying.push(key);
      continue;
    }
    const inner = unwrap(field);
    const list = inner instanceof z.ZodArray;
    const plan = personalPlan(list ? (inner.element as z.ZodType) : inner);
    if (plan) children.push({ key, list, plan });
  }
  const isSubject = markOf(object)?.kind === 'subject';
  if (fields.length === 0 && children.length === 0 && !isSubject) return undefined;
  return { subject: isSubject, fields: fields.sort(), identifying, children };
}

function markOf(schema: z.ZodType): Mark | undefined {
  for (let at: z.ZodType | undefined = schema; at; at = inner(at)) {
    const mark = marks.get(at);
    if (mark) return mark;
  }
  return undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  let at = schema;
  for (let next = inner(at); next; next = inner(at)) at = next;
  return at;
}

function inner(schema: z.ZodType): z.ZodType | undefined {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  ) {
    return schema.unwrap() as z.ZodType;
  }
  return undefined;
}

/** The personal fields of one object inside an event's data, taken out of it. */
export type PersonalPart = {
  /** RFC 6901 pointer to the object they were taken from; empty for the data itself. */
  readonly path: string;
  /** The subject named by the object; undefined where the object names none and a key must be found for it. */
  readonly subjectRef: string | undefined;
  /** Whether the object describes a subject of its own; otherwise the fields belong to the case's applicant. */
  readonly ownSubject: boolean;
  readonly fields: JsonObject;
  /** Values by which the subject can be found again. */
  readonly identifiers: readonly { readonly field: string; readonly value: string }[];
};

/** Event data taken apart: what everyone may see, and the personal parts. */
export type SplitData = { readonly open: JsonObject; readonly parts: readonly PersonalPart[] };

/** Takes the personal fields out of parsed event data. The public part has its keys in canonical order. */
export function splitPersonal(plan: PersonalPlan | undefined, data: JsonObject): SplitData {
  if (!plan) return { open: data, parts: [] };
  const parts: PersonalPart[] = [];
  return { open: split(plan, data, '', parts), parts };
}

function split(plan: PersonalPlan, data: JsonObject, path: string, parts: PersonalPart[]): JsonObject {
  const open: Record<string, JsonValue> = {};
  const fields: Record<string, JsonValue> = {};
  let found = false;
  for (const key of Object.keys(data).sort()) {
    const value = data[key];
    if (value === undefined) continue;
    if (plan.fields.includes(key)) {
      fields[key] = value;
      found = true;
      continue;
    }
    const child = plan.children.find((one) => one.key === key);
    const at = `${path}/${pointerToken(key)}`;
    if (child?.list && Array.isArray(value)) {
      open[key] = value.map((item, index) => split(child.plan, item as JsonObject, `${at}/${index}`, parts));
    } else if (child && value !== null && typeof value === 'object') {
      open[key] = split(child.plan, value as JsonObject, at, parts);
    } else {
      open[key] = value;
    }
  }
  if (found || plan.subject) {
    const identifiers = plan.identifying.flatMap((field) =>
      typeof fields[field] === 'string' ? [{ field, value: fields[field] as string }] : [],
    );
    const named = data.subjectRef;
    parts.push({
      path,
      subjectRef: typeof named === 'string' ? named : undefined,
      ownSubject: plan.subject,
      fields,
      identifiers,
    });
  }
  return open;
}

/** Names of the fields that identify the person in the object at `path`, by a schema's plan. */
export function identifyingFields(plan: PersonalPlan, path: string): readonly string[] {
  let at: PersonalPlan | undefined = plan;
  const tokens = path.split('/').slice(1);
  while (at !== undefined && tokens.length > 0) {
    const token = tokens.shift()!;
    const child: PersonalPlan['children'][number] | undefined = at.children.find(
      ({ key }) => pointerToken(key) === token,
    );
    if (child?.list) tokens.shift();
    at = child?.plan;
  }
  return at?.identifying ?? [];
}

/** Puts each part's `subjectRef` into the object it belongs to, so that machines and read models can name the subject. */
export function withSubjects(
  open: JsonObject,
  subjects: readonly { readonly path: string; readonly subjectRef: string }[],
): JsonObject {
  return subjects.reduce(
    (data, { path, subjectRef }) => patch(data, path, (object) => ordered({ ...object, subjectRef })),
    open,
  );
}

/** An encrypted part as stored in an event's data, in the list under {@link PERSONAL_KEY}. */
export type SealedPart = {
  readonly path: string;
  readonly subject: string;
  /** Names of the fields inside, so that an erased one can still be named. */
  readonly fields: readonly string[];
  /** base64url of nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes), AES-256-GCM. */
  readonly box: string;
};

/** The one key of stored data that is not the author's: the list of {@link SealedPart}s. */
export const PERSONAL_KEY = '$personal';

/** Stored data without its sealed parts: what machines and read models are given. */
export function openPart(stored: JsonObject): JsonObject {
  if (!(PERSONAL_KEY in stored)) return stored;
  const { [PERSONAL_KEY]: _sealed, ...open } = stored;
  return open;
}

/** The sealed parts of stored data. */
export function sealedParts(stored: JsonObject): readonly SealedPart[] {
  return (stored[PERSONAL_KEY] ?? []) as unknown as readonly SealedPart[];
}

/** What stands where a personal value was destroyed with its key. */
export const ERASED = { erased: true } as const;

/** What stands where the key of a personal value is neither there nor destroyed: the key store has lost it. */
export const LOST = { lost: true } as const;

/** What stands where the reader may not see a personal value. */
export const WITHHELD = { withheld: true } as const;

/** Stored data with each sealed part's fields put back: the values `reveal` gives, or a marker for each field. */
export function revealPersonal(
  stored: JsonObject,
  reveal: (part: SealedPart) => JsonObject | typeof ERASED | typeof LOST | typeof WITHHELD,
): JsonObject {
  let data = openPart(stored);
  for (const part of sealedParts(stored)) {
    const revealed = reveal(part);
    const fields =
      revealed === ERASED || revealed === LOST || revealed === WITHHELD
        ? Object.fromEntries(part.fields.map((field) => [field, revealed as unknown as JsonValue]))
        : (revealed as JsonObject);
    data = patch(data, part.path, (object) => ({ ...object, ...fields }));
  }
  return data;
}

function patch(data: JsonObject, path: string, change: (object: JsonObject) => JsonObject): JsonObject {
  if (path === '') return change(data);
  const cut = path.indexOf('/', 1);
  const token = (cut === -1 ? path.slice(1) : path.slice(1, cut)).replace(/~1/g, '/').replace(/~0/g, '~');
  const rest = cut === -1 ? '' : path.slice(cut);
  const member = (data as Record<string, JsonValue>)[token];
  const changed = patch((member ?? {}) as JsonObject, rest, change);
  if (Array.isArray(data))
    return data.map((item, index) => (String(index) === token ? changed : item)) as unknown as JsonObject;
  return { ...data, [token]: changed };
}

function ordered(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function pointerToken(key: string): string {
  return key.replace(/~/g, '~0').replace(/\//g, '~1');
}
