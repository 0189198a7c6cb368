import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The reader of the API's document: Swagger UI from the installed package, and nothing from elsewhere. */
export type DocsAssets = {
  readonly page: string;
  /** A file the page asks for, or undefined where there is no such file. */
  file(name: string): Promise<{ readonly type: string; readonly content: Buffer | string } | undefined>;
};

const TYPES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'index.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-16x16.png': 'image/png',
  'favicon-32x32.png': 'image/png',
};

const STARTER = 'start.js';

const PAGE = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Caseledger API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="stylesheet" href="/docs/index.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png" sizes="32x32">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <noscript>This page needs scripts. The document itself is <a href="/openapi.json">openapi.json</a>.</noscript>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/${STARTER}"></script>
  </body>
</html>
`;

/** A script of its own, since the page's policy takes no inline one. The validator is off: it would call a public server. */
const START = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: false,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
});
`;

/** What the page may load: this server's own files. Swagger UI sets styles on elements and draws its icons from \`data:\`. */
export const DOCS_POLICY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

export function docsAssets(): DocsAssets {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return {
    page: PAGE,
    async file(name) {
      if (name === STARTER) return { type: 'text/javascript; charset=utf-8', content: START };
      const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
      return type === undefined ? undefined : { type, content: await readFile(join(folder, name)) };
    },
  };
}
