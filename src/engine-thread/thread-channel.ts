import type { MessagePort, Worker } from 'node:worker_threads';
import { CaseError, type CaseFailure } from '../domain/case-error.js';

/** A call on its way: its number, the method's name and its arguments. */
type Call = readonly [id: number, method: string, args: readonly unknown[]];

/** An answer on its way back: a value, a failure, or what else went wrong. */
type Answer =
  | readonly [id: number, kind: 'value', value: unknown]
  | readonly [id: number, kind: 'failure', failure: CaseFailure]
  | readonly [id: number, kind: 'error', message: string, stack: string | undefined];

type Port = Pick<MessagePort | Worker, 'postMessage' | 'on'>;

type Caller = {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
};

/** Methods that may be called from another thread: asynchronous, with arguments and answers that survive `structuredClone`. */
// biome-ignore lint/suspicious/noExplicitAny: a parameter list of anything is what this constrains to
export type CallableMethods = Readonly<Record<string, (...args: any[]) => Promise<unknown>>>;

export type CallsThrough<Methods> = {
  readonly methods: Methods;
  /** From now on a call is refused with this error; those under way go on. */
  refuse(error: Error): void;
  /** Fails every call under way: nobody is there any more to answer. */
  failAll(failureOf: (method: string, args: readonly unknown[]) => Error): void;
};

/**
 * The methods of an object in another thread. Calls made in one turn of the event loop travel in one message, so that
 * the commands among them share a commit over there. A call whose arguments cannot be copied rejects alone.
 */
export function callThrough<Methods extends CallableMethods>(
  port: Port,
  names: readonly (keyof Methods & string)[],
): CallsThrough<Methods> {
  const waiting = new Map<number, Caller>();
  let calls: Call[] = [];
  let lastId = 0;
  let refused: Error | undefined;

  port.on('message', (answers: readonly Answer[]) => {
    for (const answer of answers) {
      const caller = waiting.get(answer[0]);
      waiting.delete(answer[0]);
      if (answer[1] === 'value') caller?.resolve(answer[2]);
      else caller?.reject(errorOf(answer));
    }
  });

  function call(method: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (refused) {
        reject(refused);
        return;
      }
      lastId += 1;
      waiting.set(lastId, { method, args, resolve, reject });
      if (calls.push([lastId, method, args]) === 1) setImmediate(send);
    });
  }

  function send(): void {
    const batch = calls;
    calls = [];
    postAll(port, batch, ([id], error) => {
      waiting.get(id)?.reject(error);
      waiting.delete(id);
    });
  }

  const methods = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => call(name, args)]));
  return {
    methods: methods as unknown as Methods,
    refuse(error) {
      refused = error;
    },
    failAll(failureOf) {
      const callers = [...waiting.values()];
      waiting.clear();
      for (const { method, args, reject } of callers) reject(failureOf(method, args));
    },
  };
}

export type AnsweredCalls = {
  /** Resolves once every call begun until now has ended, however it ended. */
  ended(): Promise<void>;
};

/**
 * Answers calls from another thread. Answers that are ready in one turn of the event loop travel in one message; one
 * that cannot be copied becomes an error for its caller alone.
 */
export function answerCalls(port: Port, methods: CallableMethods): AnsweredCalls {
  const underWay = new Set<Promise<void>>();
  let answers: Answer[] = [];

  function reply(answer: Answer): void {
    if (answers.push(answer) === 1) setImmediate(send);
  }

  function send(): void {
    const batch = answers;
    answers = [];
    postAll(port, batch, ([id], error) => port.postMessage([[id, 'error', error.message, error.stack]]));
  }

  function begin([id, method, args]: Call): void {
    const called = methods[method];
    if (!called) {
      reply([id, 'error', `there is no method ${method}`, undefined]);
      return;
    }
    let answer: Promise<unknown>;
    try {
      answer = called(...args);
    } catch (error) {
      reply(troubleOf(id, error));
      return;
    }
    const ended = answer.then(
      (value) => reply([id, 'value', value]),
      (error: unknown) => reply(troubleOf(id, error)),
    );
    underWay.add(ended);
    ended.then(() => underWay.delete(ended));
  }

  port.on('message', (calls: readonly Call[]) => {
    for (const call of calls) begin(call);
  });

  return {
    async ended() {
      await Promise.all(underWay);
    },
  };
}

/** Posts a batch in one message; where something in it cannot be copied, each by itself, so that the others do not suffer for it. */
function postAll<Item extends Call | Answer>(
  port: Port,
  batch: readonly Item[],
  onUncloneable: (item: Item, error: Error) => void,
): void {
  try {
    port.postMessage(batch);
  } catch {
    for (const item of batch) {
      try {
        port.postMessage([item]);
      } catch (error) {
        onUncloneable(item, error as Error);
      }
    }
  }
}

function troubleOf(id: number, error: unknown): Answer {
  if (error instanceof CaseError) return [id, 'failure', error.failure];
  return error instanceof Error ? [id, 'error', error.message, error.stack] : [id, 'error', String(error), undefined];
}

function errorOf(answer: Exclude<Answer, readonly [number, 'value', unknown]>): Error {
  if (answer[1] === 'failure') return new CaseError(answer[2]);
  const [, , message, stack] = answer;
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
