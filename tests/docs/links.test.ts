import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pages } from './pages.js';

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

describe('every link between pages', () => {
  it.each(pages())('of %s leads somewhere', (page) => {
    const broken = linksOf(page).filter((link) => !leadsSomewhere(page, link));

    expect(broken).toEqual([]);
  });

  it('and every page is led to from another', () => {
    const led = new Set(
      pages().flatMap((page) => linksOf(page).map((link) => join(dirname(page), link.split('#')[0]!))),
    );
    const lost = pages().filter((page) => page !== 'README.md' && !led.has(page));

    expect(lost).toEqual([]);
  });
});

function linksOf(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(LINK)].map(([, target]) => target!).filter((target) => !/^(https?|mailto):/.test(target));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path, anchor] = link.split('#') as [string, string | undefined];
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || (statSync(file).isFile() && headings(file).includes(anchor));
}

/** Anchors as the usual renderers make them. */
function headings(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}
