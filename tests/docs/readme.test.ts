import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { codeBlocks } from './pages.js';

describe('the README', () => {
  const [program, printed] = codeBlocks('README.md');

  it('opens with a program that prints what it says, run by plain node', () => {
    const output = execFileSync(process.execPath, ['--input-type=module'], { input: program!.text, encoding: 'utf8' });

    expect(output).toBe(printed!.text);
  });

  it('shows the program that lies in examples', () => {
    expect(program!.text).toBe(readFileSync('examples/hello.mjs', 'utf8'));
  });

  it('says what it says of package.json', () => {
    const { engines, scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const readme = readFileSync('README.md', 'utf8');

    expect(readme).toContain(`Node ${engines.node.replace('>=', '')} or later`);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test', 'verify', 'format']));
  });
});
