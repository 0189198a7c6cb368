import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CaseError, type CaseFailure } from '../../src/domain/case-error.js';
import type { EventStoreElsewhere } from '../../src/testing/event-store-conformance.js';

type Answer = { id: number; value?: unknown; failure?: CaseFailure; message?: string };
type Asked = { resolve: (value: never) => void; reject: (error: Error) => void };

/** A SQLite store on `path` in a real process of its own, run from the build. */
export async function sqliteStoreElsewhere(path: string): Promise<EventStoreElsewhere> {
  const program = join(process.cwd(), 'tests/support/store-elsewhere-process.mjs');
  const child = fork(program, [path], { serialization: 'advanced', execArgv: [] });
  const asked = new Map<number, Asked>();
  let questions = 0;

  const opened = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (opened[0] !== 'open') throw new Error('the second process did not open the store; is dist/ built?');

  child.on('message', ({ id, value, failure, message }: Answer) => {
    const one = asked.get(id);
    asked.delete(id);
    if (failure !== undefined) one?.reject(new CaseError(failure));
    else if (message !== undefined) one?.reject(new Error(message));
    else one?.resolve(value as never);
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of asked.values()) reject(new Error(`the second process ended (${signal ?? code})`));
  });

  function ask<Value>(method: string, ...parameters: unknown[]): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      questions += 1;
      asked.set(questions, { resolve: resolve as (value: never) => void, reject });
      child.send({ id: questions, method, parameters });
    });
  }

  return {
    append: (stream, events, expected) => ask('append', stream, events, expected),
    read: (stream, options) => ask('read', stream, options),
    readAll: (options) => ask('readAll', options),
    async close() {
      if (!child.connected) return;
      const ended = once(child, 'exit');
      await ask('close');
      await ended;
    },
  };
}
