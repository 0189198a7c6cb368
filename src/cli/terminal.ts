import type { Readable, Writable } from 'node:stream';
import type { Title } from '../domain/title.js';

export type Language = keyof Title;

/** Where a command reads and writes. */
export type Terminal = {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
};

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env };
}

/** Result lines for people; `--json` writes one JSON value in their place. */
export type Output = {
  readonly json: boolean;
  readonly language: Language;
  /** A title in the reader's language. */
  title(title: Title): string;
  /** The command's result: `value` with `--json`, otherwise the lines. Goes to stdout. */
  result(value: unknown, lines: () => readonly string[]): void;
  /** Something to know beside the result. Goes to stderr. */
  note(line: string): void;
};

export function output(terminal: Terminal, options: { readonly json?: boolean; readonly lang?: Language }): Output {
  const language = options.lang ?? languageOf(terminal.env);
  return {
    json: options.json === true,
    language,
    title: (title) => title[language],
    result(value, lines) {
      const text = options.json ? JSON.stringify(value, jsonForm) : lines().join('\n');
      terminal.stdout.write(`${text}\n`);
    },
    note: (line) => void terminal.stderr.write(`${line}\n`),
  };
}

/** Chinese where the environment says so (`CASELEDGER_LANG`, or a locale such as `zh_CN.UTF-8`), otherwise English. */
export function languageOf(env: NodeJS.ProcessEnv): Language {
  const said = env.CASELEDGER_LANG || env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
  return said.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

function jsonForm(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Columns side by side, two spaces apart; a Chinese character takes two columns of a terminal. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, columnsOf(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(widths[column]! - columnsOf(cell)))
      .join('  ')
      .trimEnd(),
  );
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += WIDE.test(character) ? 2 : 1;
  return columns;
}
