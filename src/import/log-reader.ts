import type { CsvOptions } from './csv-reader.js';
import { readLogText } from './log-text.js';
import type { LogTrace } from './log-trace.js';

/**
 * The traces of a log in XES or CSV, told apart by what is in it: one that opens with `<` is XES. See `readXes` and
 * `readCsv` for what each promises; the CSV options are of no account for XES.
 */
export async function* readLog(path: string, options: CsvOptions = {}): AsyncGenerator<LogTrace> {
  const text = readLogText(path, options);
  const first = await text.next();
  const start = first.done ? '' : first.value;
  const pieces = resumed(start, text);
  // Each reader comes with a parser that nobody else needs: loaded for the log that wants it.
  if (start.trimStart().startsWith('<')) {
    const { readXesText } = await import('./xes-reader.js');
    yield* readXesText(pieces, path, options);
  } else {
    const { readCsvText } = await import('./csv-reader.js');
    yield* readCsvText(pieces, path, options);
  }
}

async function* resumed(start: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    yield start;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
