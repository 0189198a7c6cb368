// `npm run prove -- <name> [options]`: tries one promise for long, over the build. Each proof is scripts/prove/<name>.mjs
// and exports prove(args), which resolves to whether the promise held.
import { existsSync, readdirSync } from 'node:fs';

const [name = '', ...args] = process.argv.slice(2);
const folder = new URL('./prove/', import.meta.url);
const proof = new URL(`${name}.mjs`, folder);

if (!/^[a-z]+$/.test(name) || !existsSync(proof)) {
  const known = readdirSync(folder).filter((file) => /^[a-z]+\.mjs$/.test(file));
  process.stderr.write(
    `usage: npm run prove -- <name> [options]; known: ${known.map((file) => file.slice(0, -4)).join(', ')}\n`,
  );
  process.exitCode = 2;
} else {
  const { prove } = await import(proof.href);
  process.exitCode = (await prove(args)) ? 0 : 1;
}
