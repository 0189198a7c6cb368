import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { cleanEnvironment, PROGRAM } from '../cli/caseledger-process.js';
import { codeBlocks } from './pages.js';

const PAGE = 'docs/tutorial/first-workflow.md';

jest.setTimeout(180_000);

type Typed = { readonly command: string; readonly printed: string };

describe('the tutorial', () => {
  it('prints what it says, command by command', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'caseledger-'));
    const env: Record<string, string> = {};
    try {
      for (const { command, printed } of session()) {
        const setting = /^export ([A-Z_]+)=(.*)$/.exec(command);
        if (setting) env[setting[1]!] = setting[1] === 'CASELEDGER_LEDGER' ? join(folder, setting[2]!) : setting[2]!;
        else expect(`$ ${command}\n${unnamed(await typed(command, env))}`).toBe(`$ ${command}\n${unnamed(printed)}`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** What is typed after each `$`, with what the page says is printed. */
function session(): readonly Typed[] {
  return codeBlocks(PAGE)
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => text.split(/^\$ /m).slice(1))
    .map((one) => {
      const [command = '', ...lines] = one.split('\n');
      return { command, printed: lines.join('\n') };
    });
}

/** What a reader sees: both outputs, as the shell shows them. */
function typed(command: string, env: Readonly<Record<string, string>>): Promise<string> {
  const line = command.replace(/^npx caseledger/, `"${process.execPath}" "${PROGRAM}"`);
  return new Promise((resolve) => {
    execFile('sh', ['-c', `${line} 2>&1`], { env: cleanEnvironment(env) }, (_error, stdout) => resolve(stdout));
  });
}

/** Without what differs from one run to the next: instants, positions, references of new subjects. */
function unnamed(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT')
    .replace(/position [0-9a-f]{12}-/g, 'position LEDGER-')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'SUBJECT');
}
