import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { type Measurement, measurement, median, rate } from '../measurement.js';
import { type BenchSetting, benchLedger, inFolder } from '../setting.js';
import { EVENTS_PER_CASE, type PreparedCase, preparedCases, sendAll } from '../workload.js';

const CONNECTIONS = 64;
const BATCH_CONNECTIONS = 8;
const BATCH = 64;

type Served = {
  readonly url: string;
  readonly tokens: Readonly<Record<string, string>>;
  ask<Answer>(question: string): Promise<Answer>;
  stop(): Promise<void>;
};

/** A request prepared to the last byte. */
type Prepared = Pick<autocannon.Request, 'method' | 'path' | 'body' | 'headers'>;

/** Durable commands over HTTP beside an echo of the same app; the batch form beside direct callers; the HTTP thread's delay meanwhile. */
export async function http(setting: BenchSetting): Promise<readonly Measurement[]> {
  return inFolder(setting, 'http', async (folder) => {
    const served = await startServed(join(folder, 'county.ledger'));
    const direct = await benchLedger(join(folder, 'direct.ledger'));
    try {
      const seconds = setting.rounds > 1 ? 5 : 2;
      await load(served, commands(served, CONNECTIONS, 3_000), CONNECTIONS, 2);

      const durable: number[] = [];
      const echo: number[] = [];
      const delays: number[] = [];
      for (let round = 0; round < setting.rounds; round += 1) {
        setting.progress(`HTTP, round ${round + 1}`);
        echo.push(await load(served, echoes(served, CONNECTIONS), CONNECTIONS, seconds));
        const prepared = commands(served, CONNECTIONS, 9_000 * seconds);
        await served.ask('delay');
        durable.push(await load(served, prepared, CONNECTIONS, seconds));
        delays.push((await served.ask<{ p99Ms: number }>('delay')).p99Ms);
      }

      const batched: number[] = [];
      const called: number[] = [];
      for (let round = 0; round < setting.rounds; round += 1) {
        setting.progress(`batches, round ${round + 1}`);
        const cases = preparedCases(setting.casesPerRound);
        called.push(
          await rate(cases.length * EVENTS_PER_CASE, async () => {
            await sendAll(direct, cases, CONNECTIONS);
          }),
        );
        batched.push(BATCH * (await load(served, batches(served, 30 * seconds), BATCH_CONNECTIONS, seconds)));
      }
      const over = (ours: readonly number[], other: readonly number[]) =>
        median(ours.map((one, at) => one / other[at]!));
      return [
        measurement({
          name: 'HTTP: durable command ÷ echo, 64 connections',
          value: median(durable),
          unit: 'requests/s',
          against: { name: 'echo of the same app', value: median(echo) },
          ratio: over(durable, echo),
          aim: { atLeast: 0.6 },
        }),
        measurement({
          name: 'HTTP: event-loop delay of the HTTP thread under that load, p99',
          value: median(delays),
          unit: 'ms',
          aim: { atMost: 10 },
        }),
        measurement({
          name: 'HTTP: batches of 64 on 8 connections ÷ 64 direct callers',
          value: median(batched),
          unit: 'commands/s',
          against: { name: '64 direct callers', value: median(called) },
          ratio: over(batched, called),
          aim: { atLeast: 0.8 },
        }),
      ];
    } finally {
      await direct.close();
      await served.stop();
    }
  });
}

async function startServed(path: string): Promise<Served> {
  const child: ChildProcess = spawn(
    process.execPath,
    [fileURLToPath(new URL('../http-server.js', import.meta.url)), path],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the server has ended');
    return JSON.parse(value);
  };
  const { url, tokens } = await answer();
  return {
    url,
    tokens,
    ask(question) {
      child.stdin!.write(`${question}\n`);
      return answer();
    },
    async stop() {
      const ended = once(child, 'exit');
      child.stdin!.write('stop\n');
      await ended;
    },
  };
}

/**
 * Drives the server with so many connections, each sending its own prepared requests one after the other.
 *
 * @returns answered requests per second
 * @throws Error when anything but a 2xx came back: a benchmark of refusals says nothing
 */
async function load(
  served: Served,
  perConnection: readonly (readonly Prepared[])[],
  connections: number,
  seconds: number,
): Promise<number> {
  let client = 0;
  const answered = { count: 0, refused: 0, last: 0 };
  const start = performance.now();
  await new Promise<void>((resolve, reject) => {
    const run = autocannon(
      {
        url: served.url,
        connections,
        duration: seconds,
        setupClient: (one) => {
          const own = perConnection[client++ % perConnection.length]!;
          one.setRequests(own as autocannon.Request[]);
        },
      },
      (error) => (error ? reject(error) : resolve()),
    );
    run.on('response', (_client, status) => {
      answered.count += 1;
      answered.last = performance.now();
      if (status < 200 || status >= 300) answered.refused += 1;
    });
  });
  if (answered.refused > 0) throw new Error(`${answered.refused} of ${answered.count} requests were refused`);
  return (answered.count * 1_000) / (answered.last - start);
}

function requestOf(path: string, token: string, body: unknown): Prepared {
  return {
    method: 'POST',
    path,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** Whole cases for every connection, so many commands in all. */
function commands(served: Served, connections: number, total: number): readonly (readonly Prepared[])[] {
  const casesEach = Math.ceil(total / connections / EVENTS_PER_CASE);
  return Array.from({ length: connections }, () =>
    preparedCases(casesEach).flatMap((one) => caseRequests(served, one)),
  );
}

function caseRequests({ tokens }: Served, { open, sends }: PreparedCase): Prepared[] {
  const { workflow, caseId, commandId, events } = open;
  return [
    requestOf(`/cases/${workflow}`, tokens[open.actor.id]!, { caseId, commandId, events }),
    ...sends.map((send) =>
      requestOf(`/cases/${workflow}/${caseId}/events`, tokens[send.actor.id]!, {
        commandId: send.commandId,
        events: send.events,
      }),
    ),
  ];
}

/** What `commands` sends after the opening, sent to the echo. */
function echoes(served: Served, connections: number): readonly (readonly Prepared[])[] {
  const own = caseRequests(served, preparedCases(1)[0]!).slice(1);
  return Array.from({ length: connections }, () => own.map((request) => ({ ...request, path: '/echo' })));
}

/** Sixty-four cases move on together: one request holds the same step of each. All steps are one actor's, since one token brings them. */
function batches(served: Served, rounds: number): readonly (readonly Prepared[])[] {
  return Array.from({ length: BATCH_CONNECTIONS }, () =>
    Array.from({ length: Math.ceil(rounds / EVENTS_PER_CASE) }, () => preparedCases(BATCH)).flatMap((cases) =>
      Array.from({ length: EVENTS_PER_CASE }, (_, step) => {
        const sent = cases.map(({ open, sends }) => (step === 0 ? open : sends[step - 1]!));
        const body = sent.map(({ workflow, caseId, commandId, events }) => ({
          command: step === 0 ? 'open' : 'send',
          workflow,
          caseId,
          commandId,
          events,
        }));
        return requestOf('/commands', served.tokens[sent[0]!.actor.id]!, body);
      }),
    ),
  );
}
