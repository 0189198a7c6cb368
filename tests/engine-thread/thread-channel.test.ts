import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { CaseError } from '../../src/domain/case-error.js';
import { type AnsweredCalls, answerCalls, callThrough } from '../../src/engine-thread/thread-channel.js';

type Desk = {
  stamp(document: unknown): Promise<unknown>;
  refuse(caseId: string): Promise<never>;
  break(): Promise<never>;
  handOver(): Promise<unknown>;
  later(): Promise<string>;
};

const NAMES = ['stamp', 'refuse', 'break', 'handOver', 'later'] as const;

describe('calls to another thread', () => {
  let ports: readonly MessagePort[];
  let messages: { readonly there: unknown[][]; readonly back: unknown[][] };
  let finishLater: (answer: string) => void;
  let answered: AnsweredCalls;
  let calls: ReturnType<typeof callThrough<Desk>>;

  beforeEach(() => {
    const { port1, port2 } = new MessageChannel();
    ports = [port1, port2];
    messages = { there: [], back: [] };
    answered = answerCalls(counted(port2, messages.back), {
      stamp: async (document: unknown) => ({ stamped: document }),
      refuse: async (caseId: string) => {
        throw new CaseError({ code: 'CASE_NOT_FOUND', workflow: 'permit', caseId });
      },
      break: () => {
        throw new TypeError('a bug');
      },
      handOver: async () => () => 'a function',
      later: () =>
        new Promise<string>((resolve) => {
          finishLater = resolve;
        }),
    });
    calls = callThrough<Desk>(counted(port1, messages.there), NAMES);
  });
  afterEach(() => {
    for (const port of ports) port.close();
  });

  it('bring back what was answered, copied', async () => {
    const document = { position: 7n, leaf: new Uint8Array([1, 2]), note: undefined };

    const answer = (await calls.methods.stamp(document)) as { stamped: typeof document };

    expect(answer.stamped).not.toBe(document);
    expect(answer.stamped.position).toBe(7n);
    expect([...answer.stamped.leaf]).toEqual([1, 2]);
  });

  it('travel in one message when they are made in one turn, and so do their answers', async () => {
    await Promise.all([1, 2, 3].map((document) => calls.methods.stamp(document)));
    await calls.methods.stamp(4);

    expect(messages.there.map((batch) => batch.length)).toEqual([3, 1]);
    expect(messages.back.map((batch) => batch.length)).toEqual([3, 1]);
  });

  it('fail with the same CaseError as on the other side', async () => {
    const failure = await calls.methods.refuse('P1').catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(CaseError);
    expect(failure).toMatchObject({
      failure: { code: 'CASE_NOT_FOUND', workflow: 'permit', caseId: 'P1' },
      message: new CaseError({ code: 'CASE_NOT_FOUND', workflow: 'permit', caseId: 'P1' }).message,
    });
  });

  it('fail with the message and the stack of a bug, also where it is thrown before anything is awaited', async () => {
    const failure = (await calls.methods.break().catch((error: unknown) => error)) as Error;

    expect(failure.message).toBe('a bug');
    expect(failure.stack).toContain('thread-channel.test');
  });

  it('reject alone when an argument cannot be copied', async () => {
    const settled = await Promise.allSettled([
      calls.methods.stamp('first'),
      calls.methods.stamp(() => 'a function'),
      calls.methods.stamp('third'),
    ]);

    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(String((settled[1] as PromiseRejectedResult).reason)).toContain('could not be cloned');
  });

  it('reject alone when an answer cannot be copied', async () => {
    const settled = await Promise.allSettled([
      calls.methods.stamp('first'),
      calls.methods.handOver(),
      calls.methods.stamp('third'),
    ]);

    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(String((settled[1] as PromiseRejectedResult).reason)).toContain('could not be cloned');
  });

  it('are refused once they are to be, while those under way are answered', async () => {
    const early = calls.methods.later();
    await calls.methods.stamp('so that it has begun');
    calls.refuse(new CaseError({ code: 'STORE_CLOSED' }));

    await expect(calls.methods.stamp('late')).rejects.toThrow('the store is closed');
    finishLater('done');
    expect(await early).toBe('done');
  });

  it('all fail, each with its own error, when nobody is left to answer', async () => {
    const lost = [calls.methods.later(), calls.methods.refuse('P7')];

    calls.failAll((method, args) => new Error(`${method}(${args}) is lost`));

    const settled = await Promise.allSettled(lost);
    expect(settled.map((one) => (one as PromiseRejectedResult).reason.message)).toEqual([
      'later() is lost',
      'refuse(P7) is lost',
    ]);
  });

  it('have ended when they say so on the other side', async () => {
    const answer = calls.methods.later();
    await calls.methods.stamp('so that it has begun');
    let ended = false;
    const waiting = answered.ended().then(() => {
      ended = true;
    });

    await calls.methods.stamp('meanwhile');
    expect(ended).toBe(false);
    finishLater('done');
    await waiting;
    expect(await answer).toBe('done');
  });
});

function counted(port: MessagePort, messages: unknown[][]): Pick<MessagePort, 'postMessage' | 'on'> {
  return {
    postMessage(message: unknown[]) {
      port.postMessage(message);
      messages.push(message);
    },
    on: port.on.bind(port) as MessagePort['on'],
  };
}
