import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { errorsDocument } from '../../src/api/errors-document.js';
import { problemsOf } from '../../src/api/openapi.js';
import { PROBLEM_CODES, PROBLEM_STATUS } from '../../src/api/problem.js';
import { permitWorkflow } from '../support/permit.js';
import { type ServedLedger, serveLedger } from './served-ledger.js';

const ComponentName = z.string().regex(/^[A-Za-z0-9._-]+$/);
const Reference = z.looseObject({ $ref: z.string() });
const Content = z.record(z.string(), z.object({ schema: z.looseObject({}) }));
const Parameter = z.looseObject({
  in: z.enum(['path', 'query', 'header']),
  name: z.string(),
  schema: z.looseObject({}),
  required: z.boolean().optional(),
});
const OperationObject = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()).min(1),
  parameters: z.array(z.union([Parameter, Reference])).optional(),
  requestBody: z.object({ required: z.boolean(), content: Content }).optional(),
  responses: z.record(
    z.string().regex(/^\d{3}$/),
    z.looseObject({ description: z.string().min(1), content: Content.optional() }),
  ),
  security: z.array(z.object({ bearer: z.array(z.string()) })).optional(),
});

/** The shape of an OpenAPI 3.1 document, as far as this API uses it. */
const OpenApi = z.object({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  servers: z.array(z.object({ url: z.string() })),
  tags: z.array(z.object({ name: z.string() })),
  paths: z.record(
    z.string().startsWith('/'),
    z.record(z.enum(['get', 'post', 'delete']), OperationObject).or(z.looseObject({})),
  ),
  components: z.looseObject({
    schemas: z.record(ComponentName, z.looseObject({})),
    securitySchemes: z.looseObject({}),
  }),
});

describe('the document', () => {
  let served: ServedLedger;
  // biome-ignore lint/suspicious/noExplicitAny: JSON from elsewhere
  let document: any;
  beforeAll(async () => {
    served = await serveLedger();
    document = (await served.call('GET', '/openapi.json')).body;
  });
  afterAll(() => served.close());

  it('is OpenAPI 3.1, and every reference in it leads somewhere', () => {
    expect(OpenApi.safeParse(document).error?.issues).toBeUndefined();
    for (const path of Object.values(document.paths)) {
      for (const one of Object.values(path as object))
        expect(OperationObject.safeParse(one).error?.issues).toBeUndefined();
    }
    const dangling = referencesIn(document).filter((reference) => at(document, reference) === undefined);
    expect(dangling).toEqual([]);
  });

  it('has every route of the app, and no other', () => {
    // biome-ignore lint/suspicious/noExplicitAny: Express's own router
    const layers = (served.app.router as any).stack.filter((layer: { route?: unknown }) => layer.route);
    const routed = layers.flatMap(({ route }: { route: { path: string; methods: Record<string, boolean> } }) =>
      Object.keys(route.methods).map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`),
    );
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method} ${path}`),
    );

    expect(documented.sort()).toEqual(routed.sort());
  });

  it('names each operation once, and each path parameter', () => {
    const ids = served.app.operations.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, input } of served.app.operations) {
      const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
      expect(Object.keys(input?.params?.shape ?? {}).sort()).toEqual(named.sort());
    }
  });

  it('describes each event of each workflow, in both languages', () => {
    for (const workflow of [permitWorkflow(1), permitWorkflow(2)]) {
      for (const [type, { title }] of Object.entries(workflow.events)) {
        expect(document.components.schemas[`permit.v${workflow.version}.${type}`]).toMatchObject({
          title: `${title.en} · ${title.zh}`,
          'x-title': title,
          properties: { type: { const: type }, data: { type: 'object' } },
        });
      }
    }
    expect(document.components.schemas.CommandEvent.anyOf).toHaveLength(8);
  });

  it('names every code a command may be refused with, under its status', () => {
    const send = served.app.operations.find(({ id }) => id === 'sendEvents')!;
    const responses = document.paths['/cases/{workflow}/{caseId}/events'].post.responses;

    for (const code of problemsOf(send)) expect(responses[PROBLEM_STATUS[code]].description).toContain(code);
    expect(Object.keys(responses)).toEqual(
      expect.arrayContaining(['200', '201', '400', '401', '403', '404', '409', '412', '413', '503', '507']),
    );
  });
});

describe('the page to read it with', () => {
  let served: ServedLedger;
  beforeAll(async () => {
    served = await serveLedger({ readModels: false });
  });
  afterAll(() => served.close());

  it('loads nothing but this server’s own files, each served with its type', async () => {
    const page = await served.call('GET', '/docs');
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);

    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(loaded.every((address) => /^\/(docs\/|openapi\.json$)/.test(address))).toBe(true);
    expect(page.text).not.toMatch(/<script(?![^>]*\ssrc=)/);
    const types = { css: 'text/css', js: 'text/javascript', png: 'image/png', json: 'application/json' };
    for (const address of loaded) {
      const file = await served.call('GET', address);
      expect([address, file.status]).toEqual([address, 200]);
      expect(file.headers.get('content-type')).toContain(types[address.split('.').at(-1) as keyof typeof types]);
    }
  });

  it('is held to that by its policy, and calls no validator', async () => {
    const page = await served.call('GET', '/docs');
    const starter = await served.call('GET', '/docs/start.js');
    const policy = page.headers.get('content-security-policy')!;

    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe-inline/);
    expect(starter.text).toContain('validatorUrl: null');
    expect(starter.text).not.toMatch(/https?:\/\//);
  });

  it('serves no other file', async () => {
    for (const name of ['package.json', '..%2fpackage.json', 'swagger-ui-bundle.js.map', 'toString']) {
      expect((await served.call('GET', `/docs/${name}`)).body.code).toBe('ROUTE_UNKNOWN');
    }
  });
});

describe('what the codes mean', () => {
  it('is told by the server, in both languages', async () => {
    const served = await serveLedger({ readModels: false });
    try {
      for (const code of PROBLEM_CODES) {
        const { status, body } = await served.call('GET', `/problems/${code}`);
        expect([status, body.code, body.status]).toEqual([200, code, PROBLEM_STATUS[code]]);
        expect(body.title.zh).toMatch(/[\u4e00-\u9fff]/);
        expect(body.action.zh).toMatch(/[\u4e00-\u9fff]/);
      }
      expect((await served.call('GET', '/problems')).body.problems).toHaveLength(PROBLEM_CODES.length);
      expect((await served.call('GET', '/problems/toString')).body.code).toBe('ROUTE_UNKNOWN');
    } finally {
      await served.close();
    }
  });

  it('stands in docs/errors.md, a heading per code, as the server has it', () => {
    expect(existsSync('docs/errors.md')).toBe(true);
    const text = readFileSync('docs/errors.md', 'utf8');

    expect([...text.matchAll(/^## (\w+)$/gm)].map(([, code]) => code)).toEqual([...PROBLEM_CODES]);
    expect(text).toBe(errorsDocument());
  });
});

function referencesIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === '$ref' && typeof member === 'string' ? [member] : referencesIn(member),
  );
}

function at(document: unknown, reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
}
