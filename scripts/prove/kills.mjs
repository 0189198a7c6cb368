import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDatabase } from '../../dist/event-store/sqlite/sqlite-binding.js';
import { sqliteEventStore } from '../../dist/event-store/sqlite/sqlite-event-store.js';
import { checkLedger } from './kills-check.mjs';
import { isCallersCommand, workloadModule } from './kills-commands.mjs';
import { seededRandom } from './seeded-random.mjs';

const WRITERS = 2;
const CALLERS = 64;
const DEFAULT_KILLS = 500;

/** Kills a ledger lives through before a fresh one is begun, so that looking through all of it stays quick. */
const KILLS_PER_LEDGER = 10;

/** A kill lands before one of the first so many of these system calls of a process; bindings sync by one or the other. */
const WRITE = { calls: 'pwrite64', most: 800 };
const SYNC = { calls: 'fsync,fdatasync', most: 25 };

/** Chance that it is a write: they are what a commit consists of. */
const AT_A_WRITE = 0.7;

/** Where no system call can be chosen: a kill lands within so many milliseconds of a writer's first acknowledgement. */
const RANDOM_KILL_MS = 250;

/** Longest wait for a chosen moment, which a process may never reach; it is then killed where it is. */
const PATIENCE_MS = 3_000;

/** Chance that the other writer is killed at the same moment, as when a machine dies. */
const BOTH = 0.4;

const VIOLATIONS = ['lost', 'doubled', 'torn', 'gaps', 'damaged'];

/**
 * `kills [--kills 500] [--seed N] [--through engine|store] [--json]`: two processes with 64 callers each write to one SQLite ledger and are killed
 * at a chosen system call, again and again. After each kill the ledger is held against every acknowledgement.
 *
 * @param {string[]} args
 * @returns {Promise<boolean>} whether nothing acknowledged was lost, nothing stored twice or in part
 */
export async function prove(args) {
  const { values } = parseArgs({
    args,
    options: {
      kills: { type: 'string' },
      seed: { type: 'string' },
      through: { type: 'string', default: 'engine' },
      json: { type: 'boolean', default: false },
    },
  });
  const kills = Number(values.kills ?? DEFAULT_KILLS);
  const seed = Number(values.seed ?? Date.now() % 2 ** 32);
  const print = (line) => values.json || process.stdout.write(`${line}\n`);

  const report = await killAgainAndAgain({ kills, seed, through: values.through, print });
  const held = countOf(report) === 0;
  if (values.json) process.stdout.write(`${JSON.stringify({ proof: 'kills', held, ...report })}\n`);
  else print(summary(report, held));
  return held;
}

async function killAgainAndAgain({ kills, seed, through, print }) {
  const { problemsOf } = await workloadModule(through);
  const random = seededRandom(seed);
  const traced = systemCallsCanBeChosen();
  const startedAt = performance.now();
  const report = {
    seed,
    through,
    kills: 0,
    atChosenCall: 0,
    how: traced ? 'at chosen system calls' : 'at random moments',
    acknowledged: 0,
    storedUnanswered: 0,
    events: 0,
    ...Object.fromEntries(VIOLATIONS.map((kind) => [kind, []])),
    seconds: 0,
  };
  print(`seed ${seed}, ${kills} kills ${report.how}, through the ${through}`);

  while (report.kills < kills) {
    const most = Math.min(KILLS_PER_LEDGER, kills - report.kills);
    await oneLedger({
      kills: most,
      seed: Math.floor(random() * 2 ** 32),
      random,
      traced,
      through,
      report,
      problemsOf,
      print,
    });
    print(
      `${report.kills} kills: ${report.acknowledged} commands acknowledged, ${VIOLATIONS.map((kind) => `${report[kind].length} ${kind}`).join(', ')}`,
    );
  }
  report.seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  return report;
}

/** Writes to one fresh ledger through `kills` kills, then lets both writers finish what is unanswered. */
async function oneLedger({ kills, seed, random, traced, through, report, problemsOf, print }) {
  const folder = mkdtempSync(join(tmpdir(), 'caseledger-kills-'));
  const path = join(folder, 'case.ledger');
  const before = countOf(report);
  const walCheckpointPages = 20 + Math.floor(random() * 2_000);
  const acknowledged = [];
  const answered = Array.from({ length: WRITERS }, () => Array(CALLERS).fill(0));

  function start(writer, { most = Number.MAX_SAFE_INTEGER, plan } = {}) {
    const child = startWriter(
      { path, through, seed, writer, walCheckpointPages, from: [...answered[writer]], most },
      plan,
      (line) => {
        const [caller, command, stream, revision] = line.split(' ');
        answered[writer][Number(caller)] += 1;
        acknowledged.push({ command, stream, revision: Number(revision) });
      },
    );
    return { writer, ...child };
  }

  async function check() {
    const known = [...acknowledged];
    const { commands, events, ...found } = await lookThrough(path, known);
    for (const kind of VIOLATIONS) report[kind].push(...found[kind].map((one) => `${one} (ledger seed ${seed})`));
    return { known: new Set(known.map(({ command }) => command)), commands, events };
  }

  const running = new Map();
  const startKilled = (writer) => running.set(writer, start(writer, { plan: planKill(random, traced) }));
  try {
    for (let writer = 0; writer < WRITERS; writer += 1) startKilled(writer);

    for (let done = 0; done < kills; ) {
      const first = await Promise.race([...running.values()].map(({ writer, ended }) => ended.then(() => writer)));
      const victims = [running.get(first)];
      if (random() < BOTH && done + 1 < kills) {
        victims.push(...[...running.values()].filter(({ writer }) => writer !== first));
      }
      for (const { kill, ended, writer } of victims) {
        kill();
        if ((await ended).chosen) report.atChosenCall += 1;
        running.delete(writer);
        done += 1;
      }
      const { known, commands } = await check();
      if (running.size === 0)
        report.storedUnanswered += [...commands].filter(
          (command) => isCallersCommand(command) && !known.has(command),
        ).length;
      for (const { writer } of victims) startKilled(writer);
    }
  } finally {
    for (const { kill, ended } of running.values()) {
      kill();
      await ended;
    }
  }
  report.kills += kills;

  // Each caller sends its unanswered command once more: whatever became of it, it must be stored once.
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => start(writer, { most: 1 }).ended));
  const { known, commands, events } = await check();
  for (const command of commands)
    if (isCallersCommand(command) && !known.has(command))
      report.damaged.push(`${command} was never answered (ledger seed ${seed})`);
  report.acknowledged += known.size;
  report.events += events;
  report.damaged.push(...integrityProblems(path), ...(await problemsOf(path)));
  if (countOf(report) === before) rmSync(folder, { recursive: true, force: true });
  else print(`kept for a look: ${path}`);
}

/** Violations found so far. */
function countOf(report) {
  return VIOLATIONS.reduce((sum, kind) => sum + report[kind].length, 0);
}

function planKill(random, traced) {
  if (!traced) return { afterFirstAnswer: Math.floor(random() * RANDOM_KILL_MS) };
  const { calls, most } = random() < AT_A_WRITE ? WRITE : SYNC;
  return { calls, at: 1 + Math.floor(random() * most) };
}

/** Runs a writer, killed as `plan` says or, without one, until it is done. `ended` rejects when it fails by itself. */
function startWriter(options, plan, onLine) {
  const program = [
    process.execPath,
    fileURLToPath(new URL('./kills-writer.mjs', import.meta.url)),
    JSON.stringify(options),
  ];
  const tracer = plan?.calls === undefined ? [] : traceArguments(plan.calls, plan.at);
  const [command, ...args] = [...tracer, ...program];
  // A group of its own: a tracer that is killed lets its tracee live.
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });

  const timers = plan === undefined ? [] : [setTimeout(kill, PATIENCE_MS)];
  let answered = false;
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0 && plan?.afterFirstAnswer !== undefined && !answered) {
      answered = true;
      timers.push(setTimeout(kill, plan.afterFirstAnswer));
    }
    for (const line of lines) onLine(line);
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint += text;
  });

  let over = false;
  let byUs = false;
  function kill() {
    if (over || child.pid === undefined) return;
    byUs = true;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
  const ended = once(child, 'close').then(([code, signal]) => {
    over = true;
    for (const timer of timers) clearTimeout(timer);
    const killed = signal === 'SIGKILL' || code === 137;
    if (plan === undefined ? code !== 0 : !killed) {
      throw new Error(`a writer ended by itself (${signal ?? code}): ${complaint}`);
    }
    return { chosen: !byUs };
  });
  return { kill, ended };
}

function traceArguments(calls, at) {
  // Only the main thread, where SQLite writes; tracing all of Node's would slow it several times.
  const quiet = ['-qq', '-o', '/dev/null', '-e', 'signal=none'];
  return ['strace', ...quiet, '-e', `trace=${calls}`, '-e', `inject=${calls}:signal=SIGKILL:when=${at}`];
}

/** Whether this machine lets a process be traced and a signal be injected. */
function systemCallsCanBeChosen() {
  const script = `require('node:fs').writeSync(1, 'survived')`;
  const [command, ...args] = [...traceArguments('write', 1), process.execPath, '-e', script];
  const { stdout, signal, status, error } = spawnSync(command, args, { encoding: 'utf8' });
  return error === undefined && (signal === 'SIGKILL' || status === 137) && !stdout.includes('survived');
}

async function lookThrough(path, acknowledged) {
  const store = await sqliteEventStore({ path });
  const events = [];
  for (let after = 0n; ; after = events.at(-1).position) {
    const page = await store.readAll({ after, limit: 10_000 });
    if (page.length === 0) break;
    // Texts are not looked at here; keeping them would be most of the memory.
    events.push(
      ...page.map(({ id, stream, revision, position, metadata }) => ({ id, stream, revision, position, metadata })),
    );
  }
  await store.close();
  return { damaged: [], ...checkLedger(events, acknowledged), events: events.length };
}

function integrityProblems(path) {
  const database = openDatabase(path, { readOnly: true });
  const problems = database.prepare('PRAGMA integrity_check').all();
  database.close();
  return problems.map((row) => String(row.integrity_check)).filter((problem) => problem !== 'ok');
}

function summary(report, held) {
  const counts = VIOLATIONS.map((kind) => `${kind} ${report[kind].length}`).join(', ');
  const first = VIOLATIONS.flatMap((kind) => report[kind].slice(0, 5).map((one) => `\n  ${kind}: ${one}`)).join('');
  return `${held ? 'held' : 'BROKEN'} after ${report.kills} kills (${report.atChosenCall} at a chosen system call) in ${report.seconds} s: ${report.acknowledged} commands acknowledged, ${report.events} events, ${report.storedUnanswered} stored but unanswered at a kill; ${counts}${first}`;
}
