import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every page a reader may come to, by its path from the project's root. */
export function pages(): readonly string[] {
  const docs = readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name));
  const root = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'examples/receipt/README.md'];
  return [...root, ...docs.filter((file) => file.endsWith('.md'))].map((file) => file.replaceAll('\\', '/'));
}

export type CodeBlock = { readonly language: string; readonly attributes: string; readonly text: string };

/** The fenced code blocks of a page, in their order. */
export function codeBlocks(page: string): readonly CodeBlock[] {
  const fenced = /^```([a-z]*)[ ]?([^\n]*)\n([\s\S]*?)^```$/gm;
  return [...readFileSync(page, 'utf8').matchAll(fenced)].map(([, language, attributes, text]) => ({
    language: language!,
    attributes: attributes!,
    text: text!,
  }));
}
