import type { MessagePort, Worker } from 'node:worker_threads';
import { CaseError, type CaseFailure } from '../domain/case-error.js';

/** A call on its way: its number, the method's name and its arguments. */
type Call = readonly [id: number, method: string, args: readonly unknown[]];

/** An answer on its way back: a value, a failure, or what else went wrong. */
type Answer =
  | readonly [id: number, kind: 'value', value: unknown]
  | readonly [id: number, kind: 'failure', failure: CaseFailure]
  | readonly [id: number, kind: 'error', message: string];

type Port = Pick<MessagePort | Worker, 'postMessage' | 'on'>;

/** Methods that may be called from another thread: asynchronous, with arguments and answers that survive `structuredClone`. */
// biome-ignore lint/suspicious/noExplicitAny: a parameter list of anything is what this constrains to
export type CallableMethods = Readonly<Record<string, (...args: any[]) => Promise<unknown>>>;

/**
 * The methods of an object in another thread. Calls made in one turn of the event loop travel in one message, so that
 * the commands among them share a commit over there.
 */
export function callThrough<Methods extends CallableMethods>(
  port: Port,
  names: readonly (keyof Methods & string)[],
): { readonly methods: Methods; readonly failAll: (error: Error) => void } {
  const waiting = new Map<number, { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }>();
  let calls: Call[] = [];
  let lastId = 0;
  let failed: Error | undefined;

  port.on('message', (answers: readonly Answer[]) => {
    for (const [id, kind, content] of answers) {
      const caller = waiting.get(id);
      waiting.delete(id);
      if (kind === 'value') caller?.resolve(content);
      else caller?.reject(kind === 'failure' ? new CaseError(content) : new Error(content));
    }
  });

  function call(method: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (failed) {
        reject(failed);
        return;
      }
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      if (calls.push([lastId, method, args]) === 1) setImmediate(send);
    });
  }

  function send(): void {
    const batch = calls;
    calls = [];
    try {
      port.postMessage(batch);
    } catch {
      // Something in the batch cannot be sent to another thread: the others must not suffer for it.
      for (const one of batch) sendAlone(one);
    }
  }

  function sendAlone(one: Call): void {
    try {
      port.postMessage([one]);
    } catch (error) {
      waiting.get(one[0])?.reject(error as Error);
      waiting.delete(one[0]);
    }
  }

  const methods = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => call(name, args)]));
  return {
    methods: methods as unknown as Methods,
    failAll(error) {
      failed = error;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}

/** Answers calls from another thread. Answers that are ready in one turn of the event loop travel in one message. */
export function answerCalls(port: Port, methods: CallableMethods): void {
  let answers: Answer[] = [];

  function reply(answer: Answer): void {
    if (answers.push(answer) === 1) setImmediate(send);
  }

  function send(): void {
    const batch = answers;
    answers = [];
    port.postMessage(batch);
  }

  port.on('message', (calls: readonly Call[]) => {
    for (const [id, method, args] of calls) {
      const called = methods[method];
      if (!called) {
        reply([id, 'error', `there is no method ${method}`]);
        continue;
      }
      called(...args).then(
        (value) => reply([id, 'value', value]),
        (error: unknown) => reply(error instanceof CaseError ? [id, 'failure', error.failure] : [id, 'error', String((error as Error)?.stack ?? error)]),
      );
    }
  });
}
