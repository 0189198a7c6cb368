import type { Response } from 'express';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Answers with JSON, written once. */
export function answerJson(res: Response, status: number, value: unknown, type = JSON_TYPE): void {
  answerText(res, status, JSON.stringify(value), type);
}

/** Answers with a text of that media type. */
export function answerText(res: Response, status: number, text: string, type: string): void {
  res.statusCode = status;
  res.setHeader('Content-Type', type);
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}
