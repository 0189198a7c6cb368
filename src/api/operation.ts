import type { Express, Request, Response } from 'express';
import type { z } from 'zod';
import type { Actor } from '../domain/access.js';
import { readInput } from '../domain/input-issues.js';
import { ApiError, type ProblemCode } from './api-failure.js';
import { type Access, authorise } from './auth.js';
import { jsonBody } from './json-body.js';
import { contextOf, type RequestContext } from './request-context.js';

/** Schemas of what a request brings; what has none is not read. Header names are lower-case. */
export type InputSchemas = {
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
};

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A request that has been let in and parsed. */
export type Input<Schemas extends InputSchemas> = {
  readonly params: Parsed<Schemas['params']>;
  readonly query: Parsed<Schemas['query']>;
  readonly headers: Parsed<Schemas['headers']>;
  readonly body: Parsed<Schemas['body']>;
  readonly actor: Actor;
  readonly context: RequestContext;
  readonly req: Request;
  readonly res: Response;
};

export type AnswerDescription = {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** `application/json` unless given. */
  readonly type?: string;
  /** Other media types the client may prefer. */
  readonly otherTypes?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
};

export type OperationDescription<Schemas extends InputSchemas> = {
  readonly method: 'get' | 'post' | 'delete';
  /** Path with `:name` for parameters. */
  readonly path: string;
  /** `operationId` in the document. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly input?: Schemas;
  /** The most bytes of a body; the app's own limit unless given. */
  readonly bodyLimit?: number;
  readonly answers: Readonly<Record<number, AnswerDescription>>;
  /** Refusals of its own, beside those every route has. */
  readonly problems?: readonly ProblemCode[];
};

/** One route: what it takes and answers, said once for the server and for the OpenAPI document. */
export type Operation = OperationDescription<InputSchemas> & {
  readonly handle: (input: Input<InputSchemas>) => Promise<void> | void;
};

export const JSON_TYPE = 'application/json';

/** Describes a route; its handler gets what the schemas make of the request. */
export function operation<const Schemas extends InputSchemas>(
  description: OperationDescription<Schemas>,
  handle: (input: Input<Schemas>) => Promise<void> | void,
): Operation {
  return { ...description, handle: handle as Operation['handle'] };
}

/** Adds the route to the app. Who may come in is asked before the body is read. */
export function mount(app: Express, one: Operation, bodyLimit: number): void {
  const { method, path, access, input = {}, id } = one;
  const offered = [
    ...new Set(Object.values(one.answers).flatMap(({ type = JSON_TYPE, otherTypes = [] }) => [type, ...otherTypes])),
  ];
  const handle = async (req: Request, res: Response): Promise<void> => {
    const context = contextOf(res);
    await one.handle({ ...parse(input, req), actor: context.actor ?? authorise(res, access, id), context, req, res });
  };
  const enter = (req: Request, res: Response, next: () => void): void => {
    contextOf(res).route = path;
    authorise(res, access, id);
    if (access !== 'public') res.setHeader('Cache-Control', 'no-store');
    checkAccept(req, offered);
    next();
  };
  if (input.body) app[method](path, enter, jsonBody(one.bodyLimit ?? bodyLimit), handle);
  else app[method](path, enter, handle);
}

function parse(
  schemas: InputSchemas,
  req: Request,
): Pick<Input<InputSchemas>, 'params' | 'query' | 'headers' | 'body'> {
  if (schemas.body && req.body === undefined && Number(req.headers['content-length'] ?? 0) > 0) {
    throw new ApiError({ code: 'BODY_TYPE_UNSUPPORTED', supported: ['application/json'] });
  }
  return {
    params: schemas.params && read('path', schemas.params, req.params),
    query: schemas.query && read('query', schemas.query, { ...req.query }),
    headers: schemas.headers && read('header', schemas.headers, headersOf(schemas.headers, req)),
    body: schemas.body && read('body', schemas.body, req.body),
  };
}

function read<Schema extends z.ZodType>(where: string, schema: Schema, value: unknown): z.output<Schema> {
  const found = readInput(schema, value);
  if (!found.issues) return found.data;
  const issues = found.issues.map((issue) => ({
    ...issue,
    path: issue.path === '' ? where : `${where}.${issue.path}`,
  }));
  throw new ApiError({ code: 'REQUEST_INVALID', issues });
}

function headersOf(schema: z.ZodObject, req: Request): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name in schema.shape) if (req.headers[name] !== undefined) found[name] = req.headers[name];
  return found;
}

function checkAccept(req: Request, offered: readonly string[]): void {
  const accept = req.headers.accept;
  if (accept === undefined || accept === '*/*' || accept.includes(offered[0]!)) return;
  if (req.accepts([...offered]) === false) throw new ApiError({ code: 'NOT_ACCEPTABLE', offered });
}
