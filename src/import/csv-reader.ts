import { pipeline, Readable, type TransformOptions } from 'node:stream';
import { CsvError, type Info, type Options as ParseOptions, parse } from 'csv-parse';
import { CaseError } from '../domain/case-error.js';
import type { JsonValue } from '../domain/event.js';
import { parseLogInstant } from './log-instant.js';
import { DEFAULT_LOG_LIMITS } from './log-limits.js';
import { type LogTextOptions, readLogText } from './log-text.js';
import type { LogEvent, LogTrace } from './log-trace.js';

/** Which column says what. */
export type CsvColumns = {
  readonly case: string;
  readonly activity: string;
  readonly timestamp: string;
  readonly resource: string;
  readonly transition: string;
};

export type CsvOptions = LogTextOptions & {
  /** Column names where they are none of {@link USUAL_COLUMNS}. */
  readonly columns?: Partial<CsvColumns>;
  /** What parts the columns; a comma unless given. */
  readonly delimiter?: string;
  /** Whose clocks a timestamp without an offset is read on; `UTC` unless given. */
  readonly timeZone?: string;
};

/** Names a column is looked for under, in this order, in upper or lower case; those of XES first. */
export const USUAL_COLUMNS: Readonly<Record<keyof CsvColumns, readonly string[]>> = {
  case: ['case:concept:name', 'case_id', 'caseid', 'case id', 'case'],
  activity: ['concept:name', 'activity', 'activity name', 'event', 'task'],
  timestamp: ['time:timestamp', 'timestamp', 'complete timestamp', 'completion time', 'time', 'date'],
  resource: ['org:resource', 'resource', 'user'],
  transition: ['lifecycle:transition', 'transition', 'lifecycle'],
};

/** Columns called `case:…` speak of the case as a whole. */
const CASE_PREFIX = 'case:';

/** What keeping an event costs beyond its text, in characters. */
const EVENT_OVERHEAD = 64;

/** Bytes of text the parser takes in ahead of the rows asked for; left unsaid, it would be up to the version of Node. */
const READ_AHEAD_BYTES = 16 * 1024;

/**
 * The traces of an event log in CSV, one row an event, with a header; `.csv` and `.csv.gz` alike. Rows of one case may
 * lie anywhere; their order in the file is the order of the events.
 *
 * A case is held until the end of the file, or until `heldLength` is reached: then the case that has had no row for the
 * longest time is yielded as far as it goes, and what follows of it comes later as a piece with `startsAt`. So memory
 * holds at most `heldLength` characters, plus one number for each case yielded in part. A file sorted by case costs
 * no more than one that is not.
 *
 * Columns called `case:…` become attributes of the trace, without that prefix and as its first row has them; any other
 * column becomes an attribute of the event. All are text; an empty field is left out.
 *
 * @throws CaseError as {@link readLogText} does · `LOG_INVALID`, with the line, when a column is missing or there
 *   twice, a row has too few or too many fields, a quote is not closed, or a row has no case, no activity or no readable
 *   timestamp · `LOG_UNSAFE` for a row over `attributeLength`
 */
export function readCsv(path: string, options: CsvOptions = {}): AsyncGenerator<LogTrace> {
  return readCsvText(readLogText(path, options), path, options);
}

/** As {@link readCsv}, from text that comes from somewhere else; `path` names it in failures. */
export async function* readCsvText(
  text: AsyncIterable<string>,
  path: string,
  options: Omit<CsvOptions, 'encoding'> = {},
): AsyncGenerator<LogTrace> {
  const limits = { ...DEFAULT_LOG_LIMITS, ...options.limits };
  // Its types leave out that the parser is a stream and takes a stream's options.
  const reading: ParseOptions & Pick<TransformOptions, 'writableHighWaterMark'> = {
    delimiter: options.delimiter ?? ',',
    bom: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: limits.attributeLength,
    writableHighWaterMark: READ_AHEAD_BYTES,
  };
  const parser = parse(reading);
  // What goes wrong in the text destroys the parser with the same error, which the loop below then throws.
  pipeline(Readable.from(text), parser, () => {});

  const open = new OpenCases();
  let layout: Layout | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      if (layout === undefined) {
        layout = layoutOf(record, options.columns ?? {}, path);
        continue;
      }
      const row = readRow(record, layout, options.timeZone ?? 'UTC', path, info.lines);
      open.add(row);
      while (open.length > limits.heldLength) yield open.takeStalest();
    }
  } catch (error) {
    throw asFailure(error, path, parser.info.lines);
  }
  if (layout === undefined) throw invalid(path, 'it has no header', 1);
  yield* open.takeAll();
}

type Layout = {
  readonly case: number;
  readonly activity: number;
  readonly timestamp: number;
  readonly resource: number | undefined;
  readonly transition: number | undefined;
  readonly ofCase: readonly Column[];
  readonly ofEvent: readonly Column[];
};
type Column = { readonly index: number; readonly name: string };

type Row = {
  readonly name: string;
  readonly length: number;
  readonly event: LogEvent;
  readonly attributesOfCase: () => Record<string, JsonValue>;
};

function layoutOf(header: readonly string[], columns: Partial<CsvColumns>, path: string): Layout {
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(path, `it has two columns called "${twice}"`, 1);
  if (header.some((name) => name === '__proto__' || name === `${CASE_PREFIX}__proto__`)) {
    throw new CaseError({ code: 'LOG_UNSAFE', path, detail: 'a column is called __proto__' });
  }

  const folded = header.map((name) => name.trim().toLowerCase());
  const find = (role: keyof CsvColumns): number | undefined => {
    const given = columns[role];
    const names = given === undefined ? USUAL_COLUMNS[role] : [given.toLowerCase()];
    const index = names.map((name) => folded.indexOf(name)).find((at) => at >= 0);
    if (index === undefined && given !== undefined) throw invalid(path, `it has no column "${given}"`, 1);
    return index;
  };
  const need = (role: keyof CsvColumns): number => {
    const index = find(role);
    if (index === undefined) {
      throw invalid(path, `no column says the ${role}; looked for ${USUAL_COLUMNS[role].join(', ')}`, 1);
    }
    return index;
  };

  const named = {
    case: need('case'),
    activity: need('activity'),
    timestamp: need('timestamp'),
    resource: find('resource'),
    transition: find('transition'),
  };
  const taken = new Set(Object.values(named));
  const others = header.map((name, index) => ({ index, name })).filter(({ index }) => !taken.has(index));
  return {
    ...named,
    ofCase: others
      .filter(({ name }) => name.startsWith(CASE_PREFIX))
      .map(({ index, name }) => ({ index, name: name.slice(CASE_PREFIX.length) })),
    ofEvent: others.filter(({ name }) => !name.startsWith(CASE_PREFIX)),
  };
}

function readRow(record: readonly string[], layout: Layout, timeZone: string, path: string, line: number): Row {
  const name = fieldOf(record, layout.case);
  if (name === undefined) throw invalid(path, 'a row names no case', line);
  const activity = fieldOf(record, layout.activity);
  if (activity === undefined) throw invalid(path, 'a row names no activity', line);
  const written = fieldOf(record, layout.timestamp);
  if (written === undefined) throw invalid(path, 'a row has no timestamp', line);
  const timestamp = parseLogInstant(written, timeZone);
  if (timestamp === undefined) throw invalid(path, `the timestamp is not a date: ${quote(written)}`, line);
  const resource = fieldOf(record, layout.resource);
  const transition = fieldOf(record, layout.transition);

  return {
    name,
    length: record.reduce((sum, field) => sum + field.length, EVENT_OVERHEAD),
    event: {
      activity,
      timestamp,
      ...(resource !== undefined && { resource }),
      ...(transition !== undefined && { transition }),
      attributes: fieldsOf(record, layout.ofEvent),
    },
    attributesOfCase: () => fieldsOf(record, layout.ofCase),
  };
}

function fieldOf(record: readonly string[], index: number | undefined): string | undefined {
  const field = index === undefined ? undefined : record[index];
  return field === '' ? undefined : field;
}

function fieldsOf(record: readonly string[], columns: readonly Column[]): Record<string, JsonValue> {
  const fields: Record<string, JsonValue> = {};
  for (const { index, name } of columns) {
    const field = fieldOf(record, index);
    if (field !== undefined) fields[name] = field;
  }
  return fields;
}

/** Cases with rows not yet yielded, the one without a row for the longest time first. */
class OpenCases {
  length = 0;
  readonly #held = new Map<string, { trace: LogTrace & { readonly events: LogEvent[] }; length: number }>();
  readonly #yielded = new Map<string, number>();

  add({ name, length, event, attributesOfCase }: Row): void {
    const known = this.#held.get(name);
    if (known) {
      known.trace.events.push(event);
      known.length += length;
      this.#held.delete(name);
      this.#held.set(name, known);
    } else {
      const startsAt = this.#yielded.get(name);
      const attributes = startsAt === undefined ? attributesOfCase() : {};
      const trace = { name, attributes, events: [event], ...(startsAt !== undefined && { startsAt }) };
      this.#held.set(name, { trace, length });
    }
    this.length += length;
  }

  takeStalest(): LogTrace {
    const [held] = this.#held.values();
    if (!held) throw new RangeError('no case is held');
    const { trace, length } = held;
    this.#held.delete(trace.name);
    this.length -= length;
    this.#yielded.set(trace.name, (trace.startsAt ?? 0) + trace.events.length);
    return trace;
  }

  *takeAll(): Generator<LogTrace> {
    for (const { trace } of this.#held.values()) yield trace;
  }
}

function asFailure(error: unknown, path: string, line: number): unknown {
  if (error instanceof CaseError && error.failure.code === 'LOG_INVALID' && error.failure.line === undefined) {
    return new CaseError({ ...error.failure, line }, { cause: error.cause });
  }
  if (!(error instanceof CsvError)) return error;
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    return new CaseError({ code: 'LOG_UNSAFE', path, detail: `line ${line} is too long` }, { cause: error });
  }
  return invalid(path, error.message, typeof error.lines === 'number' ? error.lines : line, error);
}

function invalid(path: string, detail: string, line: number, cause?: unknown): CaseError {
  return new CaseError({ code: 'LOG_INVALID', path, detail, line }, { cause });
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
