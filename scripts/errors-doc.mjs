import { writeFile } from 'node:fs/promises';

// Needs `npm run build` first: the table is the server's own.
const { errorsDocument } = await import('../dist/api/errors-document.js');
await writeFile(new URL('../docs/errors.md', import.meta.url), errorsDocument());
