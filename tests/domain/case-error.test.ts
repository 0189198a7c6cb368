import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const source = (path: string) => readFileSync(join('src', path), 'utf8');
const codesIn = (text: string) => [...text.matchAll(/\bcode: '([A-Z_]+)'/g)].map(([, code]) => code!);

describe('the failures', () => {
  it('are each made somewhere: no program is told to expect one that never comes', () => {
    const named = codesIn(source('domain/case-error.ts'));
    const made = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && path !== join('domain', 'case-error.ts'))
      .flatMap((path) => codesIn(source(path)));

    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((code) => !made.includes(code))).toEqual([]);
  });
});
