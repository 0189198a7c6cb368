import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { sealEvent } from '../../dist/domain/canonical-event.js';
import { newWebhookSecret } from '../../dist/engine/outbox/webhook-secret.js';
import { sqliteEventStore } from '../../dist/event-store/sqlite/sqlite-event-store.js';
import { seededRandom } from './seeded-random.mjs';
import { deliveriesOf } from './webhooks-check.mjs';
import { openProofOutbox, PROOF_LEDGER } from './webhooks-outbox.mjs';

const DEFAULT_KILLS = 300;
const PROCESSES = 2;
const CASES = 25;

/** A kill lands within so many milliseconds of a process's start. */
const RANDOM_KILL_MS = 700;

/** Chance that all processes are killed at the same moment, as when a machine dies. */
const ALL = 0.3;

/** Alerts raised at once, and the most milliseconds until the next ones are. */
const RAISED = 4;
const RAISE_MS = 200;

/** The receiver is down for so long now and then, milliseconds. */
const DOWN_MS = 250;
const UP_MS = 1_500;

/** How long the last alerts may take once nobody is killed any more, milliseconds. */
const PATIENCE_MS = 120_000;

const VIOLATIONS = ['lost', 'disordered', 'forged', 'renamed', 'left'];

/**
 * `webhooks [--kills 300] [--seed N] [--json]`: two processes deliver alerts from one ledger and one outbox to a receiver
 * that refuses, hangs, cuts off, loses its answers and is down now and then; they are killed (SIGKILL) again and again.
 * Every alert must arrive, signed, each case's in order, and again only under its id.
 *
 * @param {string[]} args
 * @returns {Promise<boolean>} whether all of that held
 */
export async function prove(args) {
  const { values } = parseArgs({
    args,
    options: { kills: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const kills = Number(values.kills ?? DEFAULT_KILLS);
  const seed = Number(values.seed ?? Date.now() % 2 ** 32);
  const report = await deliverThroughKills(kills, seed);
  const held = VIOLATIONS.every((kind) => report[kind].length === 0);
  if (values.json) process.stdout.write(`${JSON.stringify({ proof: 'webhooks', held, ...report })}\n`);
  else process.stdout.write(`${summary(report, held)}\n`);
  return held;
}

async function deliverThroughKills(kills, seed) {
  const random = seededRandom(seed);
  const startedAt = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'caseledger-webhooks-'));
  const path = join(folder, 'case.ledger');
  const store = await sqliteEventStore({ path });
  const secret = newWebhookSecret(randomBytes);
  const receiver = await startReceiver(secret, seededRandom(seed + 1));
  const outbox = openProofOutbox({ path, events: store });
  await outbox.add({ id: 'proof', url: receiver.url, secret, from: 'start' }, { actor: 'proof' });

  const raised = [];
  let raising = true;
  const writing = (async () => {
    const revisions = new Map();
    while (raising) {
      const some = Array.from({ length: RAISED }, () => Math.floor(random() * CASES));
      for (const number of some) raised.push(await raise(store, revisions, number));
      await pause(random() * RAISE_MS);
    }
  })();

  const children = new Set();
  let complaint = '';
  async function start() {
    const program = fileURLToPath(new URL('./webhooks-deliverer.mjs', import.meta.url));
    const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (said) => {
      complaint += said;
    });
    const ended = once(child, 'close').then(([code, signal]) => {
      children.delete(one);
      if (signal !== 'SIGKILL') throw new Error(`a deliverer ended by itself (${signal ?? code}): ${complaint}`);
    });
    const one = { child, ended };
    children.add(one);
    await Promise.race([once(child.stdout, 'data'), ended]);
  }
  async function kill(some) {
    for (const { child } of some) child.kill('SIGKILL');
    await Promise.all(some.map(({ ended }) => ended));
  }

  let killed = 0;
  try {
    await Promise.all(Array.from({ length: PROCESSES }, start));
    while (killed < kills) {
      await pause(random() * RANDOM_KILL_MS);
      const all = [...children];
      const victims = random() < ALL ? all : [all[Math.floor(random() * all.length)]];
      await kill(victims);
      killed += victims.length;
      await Promise.all(victims.map(start));
    }
    raising = false;
    await writing;
    receiver.settleDown();
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline && (await outbox.standings())[0].pending > 0) await pause(50);
    // What the log holds and the outbox does not yet.
    while (performance.now() < deadline && receiver.accepted() < raised.length) await pause(50);
  } finally {
    raising = false;
    await writing;
    await kill([...children]);
    await receiver.close();
  }
  const [{ pending }] = await outbox.standings();
  await outbox.close();
  await store.close();
  const report = {
    seed,
    kills: killed,
    raised: raised.length,
    requests: receiver.arrivals.length,
    ...deliveriesOf(raised, receiver.arrivals),
    left: pending === 0 ? [] : [`${pending} messages are still pending`],
    complaint,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
  rmSync(folder, { recursive: true, force: true });
  return report;
}

/** Stores one alert, and answers which one of which case. */
async function raise(store, revisions, number) {
  const stream = `overdueAlert-${number}`;
  const revision = revisions.get(stream) ?? 0;
  revisions.set(stream, revision + 1);
  const id = crypto.randomUUID();
  const at = new Date().toISOString();
  const event = sealEvent({
    id,
    stream,
    revision,
    type: 'alert.raised',
    data: { deadline: 'decision', rung: 'overdue' },
    metadata: {
      envelope: 1,
      ledger: PROOF_LEDGER,
      command: { id, index: 0, size: 1, fingerprint: 'none' },
      actor: { id: 'caseledger', role: 'administrator' },
      occurredAt: at,
      recordedAt: at,
      workflow: { name: 'overdue-alert', version: 1, hash: 'none' },
      state: 'raised',
      correlation: id,
      schema: 1,
    },
  });
  await store.append(stream, [event], revision === 0 ? 'no-stream' : revision - 1);
  return { event: id, stream };
}

/** How a request ends, by chance; what is `taken` counts as received whatever its sender hears. */
function reactionOf(chance) {
  if (chance < 0.7) return { taken: true, status: 204 };
  if (chance < 0.8) return { taken: true, cut: true };
  if (chance < 0.88) return { status: 500 };
  if (chance < 0.93) return { cut: true };
  if (chance < 0.97) return { status: 429, headers: { 'retry-after': '0' } };
  return { hang: true };
}

async function startReceiver(secret, random) {
  const webhook = new Webhook(secret);
  const arrivals = [];
  const taken = new Set();
  let calm = false;
  let closing = false;
  let server;
  let port = 0;

  async function answer(req, res) {
    const body = await text(req);
    const id = req.headers['webhook-id'];
    const reaction = calm ? { taken: true, status: 204 } : reactionOf(random());
    let genuine = true;
    try {
      webhook.verify(body, req.headers);
    } catch {
      genuine = false;
    }
    arrivals.push({ id, body, genuine, taken: reaction.taken === true });
    if (reaction.taken) taken.add(id);
    if (reaction.cut) req.socket.destroy();
    else if (!reaction.hang) res.writeHead(reaction.status, reaction.headers).end();
  }
  function listen() {
    // A sender that was killed before its request was whole has sent nothing.
    server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()));
    server.listen(port, '127.0.0.1');
    return once(server, 'listening').then(() => {
      port = server.address().port;
    });
  }
  async function goDown() {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
  await listen();
  const swinging = (async () => {
    while (!closing && !calm) {
      await pause(random() * UP_MS);
      await goDown();
      await pause(random() * DOWN_MS);
      await listen();
    }
  })();

  return {
    url: `http://127.0.0.1:${port}/alerts`,
    arrivals,
    accepted: () => taken.size,
    settleDown() {
      calm = true;
    },
    async close() {
      closing = true;
      await swinging;
      await goDown();
    },
  };
}

function summary(report, held) {
  const counts = VIOLATIONS.map((kind) => `${kind} ${report[kind].length}`).join(', ');
  const first = VIOLATIONS.flatMap((kind) => report[kind].slice(0, 5).map((one) => `\n  ${kind}: ${one}`)).join('');
  return `${held ? 'held' : 'BROKEN'} after ${report.kills} kills in ${report.seconds} s (seed ${report.seed}): ${report.raised} alerts raised, ${report.requests} requests, ${report.repeats} repeats under their id; ${counts}${first}`;
}
