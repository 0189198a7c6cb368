import { z } from 'zod';
import { answerText } from '../answer.js';
import { ApiError } from '../api-failure.js';
import type { DocsAssets } from '../docs-assets.js';
import { type Operation, operation } from '../operation.js';

/** The API's own document and a page to read it with. */
export function docsRoutes({
  document,
  assets,
}: {
  readonly document: () => string;
  readonly assets: DocsAssets;
}): readonly Operation[] {
  return [
    operation(
      {
        method: 'get',
        path: '/openapi.json',
        id: 'readDocument',
        tag: 'Service',
        summary: 'This document (OpenAPI 3.1)',
        access: 'public',
        answers: { 200: { description: 'The document', schema: z.looseObject({ openapi: z.string() }) } },
      },
      ({ res }) => answerText(res, 200, document(), 'application/json; charset=utf-8'),
    ),
    operation(
      {
        method: 'get',
        path: '/docs',
        id: 'readDocs',
        tag: 'Service',
        summary: 'A page to read this document with',
        access: 'public',
        answers: { 200: { description: 'The page', type: 'text/html', schema: z.string() } },
      },
      ({ res }) => answerText(res, 200, assets.page, 'text/html; charset=utf-8'),
    ),
    operation(
      {
        method: 'get',
        path: '/docs/:asset',
        id: 'readDocsAsset',
        tag: 'Service',
        summary: 'A script, style or picture of that page',
        access: 'public',
        input: { params: z.object({ asset: z.string() }) },
        answers: {
          200: {
            description: 'The file',
            type: 'text/javascript',
            otherTypes: ['text/css', 'image/png'],
            schema: z.string(),
          },
        },
        problems: ['ROUTE_UNKNOWN'],
      },
      async ({ params, res }) => {
        const file = await assets.file(params.asset);
        if (!file) throw new ApiError({ code: 'ROUTE_UNKNOWN' });
        res.setHeader('Content-Type', file.type);
        res.setHeader('Content-Length', Buffer.byteLength(file.content));
        res.setHeader('Cache-Control', 'public, max-age=3600');
        res.end(file.content);
      },
    ),
  ];
}
