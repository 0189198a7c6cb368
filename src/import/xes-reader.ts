import { SaxesParser } from 'saxes';
import { CaseError } from '../domain/case-error.js';
import type { JsonObject, JsonValue } from '../domain/event.js';
import { parseLogInstant } from './log-instant.js';
import { DEFAULT_LOG_LIMITS, type LogLimits } from './log-limits.js';
import { type LogTextOptions, readLogText } from './log-text.js';
import type { LogEvent, LogTrace } from './log-trace.js';

export type XesOptions = LogTextOptions & {
  /** Whose clocks a date without an offset is read on; `UTC` unless given. */
  readonly timeZone?: string;
};

/**
 * The traces of an XES log (IEEE 1849-2016), one by one in the log's own order; `.xes` and `.xes.gz` alike. Memory
 * holds what one piece of the file completes, the trace being read, and the names of those gone by.
 *
 * Attributes keep their type: `date` becomes ISO 8601 in UTC with milliseconds, `int` and `float` numbers (digits that
 * a double cannot hold, `NaN` and infinities stay text), `boolean` true or false, `string` and `id` text, `container`
 * an object, `list` an array of one-attribute objects. An attribute that has attributes of its own becomes
 * `{ value, attributes }`. Extensions, globals, classifiers and the log's own attributes are not read. Element names are
 * taken without their prefix, so a log with a namespace and one without read the same.
 *
 * @throws CaseError as {@link readLogText} does · `LOG_INVALID`, with the line, when the XML is not well-formed or not
 *   XES, a trace has no name or another's, or an event has no activity or no readable timestamp · `LOG_UNSAFE` for a
 *   document type or entity declaration, and over `depth`, `attributeLength` or `heldLength`
 */
export function readXes(path: string, options: XesOptions = {}): AsyncGenerator<LogTrace> {
  return readXesText(readLogText(path, options), path, options);
}

/** As {@link readXes}, from text that comes from somewhere else; `path` names it in failures. */
export async function* readXesText(
  text: AsyncIterable<string>,
  path: string,
  options: Omit<XesOptions, 'encoding'> = {},
): AsyncGenerator<LogTrace> {
  const limits = { ...DEFAULT_LOG_LIMITS, ...options.limits };
  const document = new XesDocument(path, limits, options.timeZone ?? 'UTC');
  try {
    for await (const piece of text) {
      document.write(piece);
      yield* document.takeTraces();
    }
  } catch (error) {
    throw document.atLine(error);
  }
  document.close();
  yield* document.takeTraces();
}

type Attributes = Map<string, JsonValue>;

/** What an open element means, and what has been read of it. */
type Element =
  | { readonly kind: 'log' | 'ignored' }
  | { readonly kind: 'trace'; readonly line: number; readonly attributes: Attributes; readonly events: LogEvent[] }
  | { readonly kind: 'event'; readonly line: number; readonly attributes: Attributes }
  | { readonly kind: 'single'; readonly key: string; readonly value: JsonValue; readonly attributes: Attributes }
  | { readonly kind: 'container'; readonly key: string; readonly attributes: Attributes }
  | { readonly kind: 'list'; readonly key: string; readonly direct: JsonObject[]; values?: JsonObject[] }
  | { readonly kind: 'values'; readonly items: JsonObject[] };

const XML_ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const SINGLE_TYPES = new Set(['string', 'date', 'int', 'float', 'boolean', 'id']);
const WHOLE = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const NOT_A_NUMBER = /^([+-]?INF|[+-]?Infinity|NaN)$/;

/** A pending piece of markup is asked for its size only between pieces of text, so it may be this much over its limit. */
const MARKUP_SLACK = 64 * 1024;

class XesDocument {
  readonly #parser = new SaxesParser();
  readonly #open: Element[] = [];
  readonly #names = new Set<string>();
  #ready: LogTrace[] = [];
  #markupEnd = 0;
  #held = 0;

  constructor(
    readonly path: string,
    readonly limits: LogLimits,
    readonly timeZone: string,
  ) {
    const parser = this.#parser;
    // The parser's own table is a plain object, in which `&constructor;` would be found too.
    parser.ENTITIES = Object.assign(Object.create(null), XML_ENTITIES);
    parser.on('error', (error) => {
      throw this.#invalid(error.message.replace(/^\d+:\d+: /, ''), error);
    });
    parser.on('doctype', () => {
      throw this.#unsafe('it declares a document type or entities, which a log has no use for');
    });
    parser.on('comment', () => this.#endMarkup());
    parser.on('processinginstruction', () => this.#endMarkup());
    parser.on('cdata', () => this.#endMarkup());
    parser.on('attribute', ({ name, value }) => this.#hold(name.length + value.length));
    parser.on('opentag', ({ name, attributes }) => this.#enter(localName(name), attributes));
    parser.on('closetag', () => this.#leave());
  }

  write(text: string): void {
    this.#parser.write(text);
    if (this.#parser.position - this.#markupEnd > this.limits.attributeLength + MARKUP_SLACK) {
      throw this.#unsafe(`a piece of its markup is longer than ${this.limits.attributeLength} characters`);
    }
  }

  close(): void {
    this.#parser.close();
  }

  takeTraces(): readonly LogTrace[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /** Says where in the log the text gave out, where the failure does not say so itself. */
  atLine(error: unknown): unknown {
    if (!(error instanceof CaseError) || error.failure.code !== 'LOG_INVALID' || error.failure.line !== undefined) {
      return error;
    }
    return new CaseError({ ...error.failure, line: this.#parser.line }, { cause: error.cause });
  }

  #enter(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#endMarkup();
    if (this.#open.length >= this.limits.depth) {
      throw this.#unsafe(`its elements lie deeper than ${this.limits.depth}`);
    }
    const parent = this.#open.at(-1);
    if (parent === undefined || parent.kind === 'log') this.#held = 0;
    this.#hold(name.length);
    this.#open.push(this.#elementOf(name, attributes, parent));
  }

  #elementOf(name: string, attributes: Readonly<Record<string, string>>, parent: Element | undefined): Element {
    const line = this.#parser.line;
    if (parent === undefined) {
      if (name !== 'log') throw this.#invalid(`its root is <${name}>, not <log>`);
      return { kind: 'log' };
    }
    if (parent.kind === 'log') {
      if (name === 'event') throw this.#invalid('an <event> belongs to no <trace>');
      return name === 'trace' ? { kind: 'trace', line, attributes: new Map(), events: [] } : { kind: 'ignored' };
    }
    if (parent.kind === 'ignored') return parent;
    if (parent.kind === 'trace' && name === 'event') return { kind: 'event', line, attributes: new Map() };
    if (parent.kind === 'list' && name === 'values') {
      if (parent.values) throw this.#invalid('a <list> has <values> twice');
      parent.values = [];
      return { kind: 'values', items: parent.values };
    }

    const key = attributes.key;
    if (key === undefined) throw this.#invalid(`<${name}> has no key`);
    if (key === '__proto__') throw this.#unsafe('an attribute is called __proto__');
    if (name === 'container') return { kind: 'container', key, attributes: new Map() };
    if (name === 'list') return { kind: 'list', key, direct: [] };
    if (!SINGLE_TYPES.has(name)) throw this.#invalid(`<${name}> is not a type of attribute`);
    if (attributes.value === undefined) throw this.#invalid(`<${name}> "${key}" has no value`);
    return { kind: 'single', key, value: this.#valueOf(name, key, attributes.value), attributes: new Map() };
  }

  #valueOf(type: string, key: string, text: string): JsonValue {
    switch (type) {
      case 'date': {
        const instant = parseLogInstant(text, this.timeZone);
        if (instant === undefined) throw this.#invalid(`"${key}" is not a date: ${quote(text)}`);
        return instant;
      }
      case 'int': {
        if (!WHOLE.test(text)) throw this.#invalid(`"${key}" is not a whole number: ${quote(text)}`);
        return Number.isSafeInteger(Number(text)) ? Number(text) : text;
      }
      case 'float': {
        if (NOT_A_NUMBER.test(text)) return text;
        if (!DECIMAL.test(text)) throw this.#invalid(`"${key}" is not a number: ${quote(text)}`);
        return Number.isFinite(Number(text)) ? Number(text) : text;
      }
      case 'boolean': {
        if (text === 'true' || text === '1') return true;
        if (text === 'false' || text === '0') return false;
        throw this.#invalid(`"${key}" is neither true nor false: ${quote(text)}`);
      }
      default:
        return text;
    }
  }

  #leave(): void {
    this.#endMarkup();
    const element = this.#open.pop();
    const parent = this.#open.at(-1);
    switch (element?.kind) {
      case 'trace':
        this.#ready.push(this.#traceOf(element));
        return;
      case 'event':
        if (parent?.kind === 'trace') parent.events.push(this.#eventOf(element));
        return;
      case 'single': {
        const { key, value, attributes } = element;
        this.#give(parent, key, attributes.size === 0 ? value : { value, attributes: Object.fromEntries(attributes) });
        return;
      }
      case 'container':
        this.#give(parent, element.key, Object.fromEntries(element.attributes));
        return;
      case 'list': {
        const { key, direct, values } = element;
        const described = values !== undefined && direct.length > 0;
        this.#give(parent, key, described ? { values, attributes: direct } : (values ?? direct));
        return;
      }
    }
  }

  #give(parent: Element | undefined, key: string, value: JsonValue): void {
    if (parent?.kind === 'list') parent.direct.push({ [key]: value });
    else if (parent?.kind === 'values') parent.items.push({ [key]: value });
    else if (parent && 'attributes' in parent) {
      if (parent.attributes.has(key)) throw this.#invalid(`"${key}" is said twice of the same ${parent.kind}`);
      parent.attributes.set(key, value);
    }
  }

  #traceOf({ attributes, events, line }: Extract<Element, { kind: 'trace' }>): LogTrace {
    const name = takeText(attributes, 'concept:name');
    if (name === undefined) throw this.#invalid('a trace has no concept:name', undefined, line);
    if (this.#names.has(name)) throw this.#invalid(`two traces are called ${quote(name)}`, undefined, line);
    this.#names.add(name);
    return { name, attributes: Object.fromEntries(attributes), events };
  }

  #eventOf({ attributes, line }: Extract<Element, { kind: 'event' }>): LogEvent {
    const activity = takeText(attributes, 'concept:name');
    if (activity === undefined) throw this.#invalid('an event has no concept:name', undefined, line);
    const written = takeText(attributes, 'time:timestamp');
    if (written === undefined) throw this.#invalid('an event has no time:timestamp', undefined, line);
    const timestamp = parseLogInstant(written, this.timeZone);
    if (timestamp === undefined) {
      throw this.#invalid(`time:timestamp is not a date: ${quote(written)}`, undefined, line);
    }
    const resource = takeText(attributes, 'org:resource');
    const transition = takeText(attributes, 'lifecycle:transition');
    return {
      activity,
      timestamp,
      ...(resource !== undefined && { resource }),
      ...(transition !== undefined && { transition }),
      attributes: Object.fromEntries(attributes),
    };
  }

  #hold(length: number): void {
    this.#endMarkup();
    if (length > this.limits.attributeLength) {
      throw this.#unsafe(`an attribute is longer than ${this.limits.attributeLength} characters`);
    }
    this.#held += length;
    if (this.#held > this.limits.heldLength) {
      throw this.#unsafe(`one trace has more than ${this.limits.heldLength} characters`);
    }
  }

  #endMarkup(): void {
    this.#markupEnd = this.#parser.position;
  }

  #invalid(detail: string, cause?: unknown, line = this.#parser.line): CaseError {
    return new CaseError({ code: 'LOG_INVALID', path: this.path, detail, line }, { cause });
  }

  #unsafe(detail: string): CaseError {
    return new CaseError({ code: 'LOG_UNSAFE', path: this.path, detail });
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** Takes an attribute with a name of its own in `LogTrace` or `LogEvent` out of the rest; empty text says nothing. */
function takeText(attributes: Attributes, key: string): string | undefined {
  const held = attributes.get(key);
  const value = isDescribed(held) ? held.value : held;
  if (value === undefined || value === null || typeof value === 'object' || value === '') return undefined;
  attributes.delete(key);
  return String(value);
}

function isDescribed(value: JsonValue | undefined): value is { readonly value: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'value' in value;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
