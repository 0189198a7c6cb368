import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeBlocks, pages } from './pages.js';

describe('the examples', () => {
  it.each(readdirSync('examples').filter((name) => name.endsWith('.mjs')))(
    '%s runs as it is, and prints something',
    (name) => {
      expect(execFileSync(process.execPath, [join('examples', name)], { encoding: 'utf8' })).not.toBe('');
    },
  );

  it.each(pages().filter((page) => codeBlocks(page).some(({ attributes }) => attributes.startsWith('file='))))(
    'are quoted literally by %s',
    (page) => {
      for (const { attributes, text } of codeBlocks(page)) {
        const [, file] = /^file=(\S+)$/.exec(attributes) ?? [];
        if (file !== undefined) expect(readFileSync(file, 'utf8')).toContain(text);
      }
    },
  );
});
