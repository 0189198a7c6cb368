import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openLedger } from '../../dist/ledger.js';
import { followLedger } from '../../dist/read-models.js';
import { checkAlarms, VIOLATIONS } from './alarms-check.mjs';
import {
  CLERK,
  CLOSES,
  calendar,
  fileClock,
  MASTER_KEY,
  NOTICES,
  RULE,
  setClock,
  watched,
} from './alarms-workflow.mjs';
import { seededRandom } from './seeded-random.mjs';

const CLOCKS = 2;
const DEFAULT_KILLS = 200;
const DEFAULT_CASES = 400;
const START = Date.parse('2026-03-02T01:00:00Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How long no alarm clock runs, by the simulated clock. */
const STANDSTILL_DAYS = 42;
/** A kill lands within so many milliseconds of a clock's first tick. */
const KILL_WITHIN_MS = 300;
/** Kills between two instants at which all that is due must be on the streams. */
const KILLS_PER_ROUND = 4;
/** Small pages, so that a kill falls between them. */
const HINTS_PER_TICK = 40;
/** Longest wait for a clock to have looked at everything. */
const PATIENCE_MS = 120_000;

/**
 * `alarms [--kills 200] [--cases 400] [--seed N] [--json]`: after six weeks in which none ran, two alarm clocks in
 * processes of their own tick over one SQLite ledger and are killed again and again, while cases are paused, resumed,
 * extended, met and closed. In every other round their read models are held back. Each stream is then held against an
 * independent calculation.
 *
 * @param {string[]} args
 * @returns {Promise<boolean>} whether each rung was recorded once, in order, none missed and none while paused
 */
export async function prove(args) {
  const { values } = parseArgs({
    args,
    options: {
      kills: { type: 'string' },
      cases: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const kills = Number(values.kills ?? DEFAULT_KILLS);
  const cases = Number(values.cases ?? DEFAULT_CASES);
  const seed = Number(values.seed ?? Date.now() % 2 ** 32);
  const print = (line) => values.json || process.stdout.write(`${line}\n`);
  print(`seed ${seed}, ${cases} cases, ${kills} kills`);
  const report = await killedClocks({ kills, cases, seed, print });
  const held = VIOLATIONS.every((kind) => report[kind].length === 0);
  if (values.json) process.stdout.write(`${JSON.stringify({ proof: 'alarms', held, ...report })}\n`);
  else print(summary(report, held));
  return held;
}

async function killedClocks({ kills, cases, seed, print }) {
  const startedAt = performance.now();
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'caseledger-alarms-'));
  const path = join(folder, 'case.ledger');
  const views = `${path}.views`;
  const clockFile = join(folder, 'clock');
  let now = START;
  const moveTo = (ms) => {
    // Never a full hour, at which days begin and offices close.
    now = ms % (60 * MINUTE) === 0 ? ms + MINUTE : ms;
    setClock(clockFile, now);
  };
  moveTo(START);
  const clock = fileClock(clockFile);
  const ledger = await openLedger({ store: path, workflows: [watched], calendar, clock, masterKey: MASTER_KEY });
  const office = clerks(ledger, random);
  const looks = [];
  const report = { seed, kills: 0, heldBackRounds: 0, happened: 0 };

  /** Everything a person does at one instant, then on to the next. */
  async function workADay(share) {
    for (let hours = 0; hours < 24; ) {
      const step = 1 + Math.floor(random() * 11);
      hours += step;
      moveTo(now + step * 60 * MINUTE + Math.floor(random() * 3) * MINUTE);
      report.happened += await office.act(share);
    }
  }

  // Six weeks without any alarm clock; read models follow for the first three.
  const models = await followLedger(ledger, { views, clock });
  for (let day = 0; day < STANDSTILL_DAYS; day += 1) {
    if (day < 20) await office.open(Math.ceil(cases / 20), cases);
    await workADay(0.02);
    if (day === STANDSTILL_DAYS / 2) await models.close();
  }
  print(`six weeks later: ${office.size()} cases, ${report.happened} things happened`);

  const running = new Map();
  const startClock = (number, follows) =>
    running.set(number, startChild({ path, clockFile, follows, hintsPerTick: HINTS_PER_TICK }));

  async function killOne(number, follows) {
    const child = running.get(number);
    await child.ticked;
    await sleep(random() * KILL_WITHIN_MS);
    // Something happens in the very moment.
    const acting = office.act(0.05).then((count) => {
      report.happened += count;
    });
    child.kill();
    await child.ended;
    await acting;
    report.kills += 1;
    startClock(number, follows);
  }

  async function everythingLookedAt() {
    const head = await ledger.store.head();
    const at = new Date(now).toISOString();
    await Promise.all([...running.values()].map((child) => child.caughtUp(at, head)));
    looks.push(at);
  }

  try {
    for (let round = 0; report.kills < kills; round += 1) {
      const follows = round % 2 === 1;
      if (!follows) report.heldBackRounds += 1;
      for (let number = 0; number < CLOCKS; number += 1) startClock(number, follows);
      for (let killed = 0; killed < KILLS_PER_ROUND && report.kills < kills; killed += 1) {
        await killOne(Math.floor(random() * CLOCKS), follows);
        moveTo(now + Math.floor(1 + random() * 8 * 60) * MINUTE);
        report.happened += await office.act(0.01);
      }
      if (follows) await everythingLookedAt();
      for (const child of running.values()) {
        child.kill();
        await child.ended;
      }
      running.clear();
      print(`${report.kills} kills${follows ? '' : ', read models held back'}, at ${new Date(now).toISOString()}`);
    }
    // Then the office rests, the clocks run, and all must come to be recorded.
    for (let number = 0; number < CLOCKS; number += 1) startClock(number, true);
    for (let day = 0; day < 3; day += 1) {
      moveTo(now + DAY);
      await everythingLookedAt();
    }
  } finally {
    for (const child of running.values()) {
      child.kill();
      await child.ended;
    }
  }

  const streams = await streamsOf(ledger.store);
  const found = checkAlarms(streams, {
    rule: RULE,
    notices: NOTICES,
    closes: CLOSES,
    end: new Date(now).toISOString(),
    looks,
  });
  const diverging = (await ledger.check()).diverging ?? [];
  await ledger.close();
  const whole = {
    ...report,
    looks: looks.length,
    ...found,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
  if (VIOLATIONS.some((kind) => found[kind].length > 0)) print(`kept for a look: ${path}`);
  else rmSync(folder, { recursive: true, force: true });
  return { ...whole, diverging: diverging.length };
}

/** People at work on cases, who know of each case what may happen to it next. */
function clerks(ledger, random) {
  const cases = [];
  let commands = 0;
  const command = (caseId, what) => {
    commands += 1;
    return {
      workflow: 'watched',
      caseId,
      commandId: `clerk-${commands}`,
      actor: CLERK,
      reason: 'asked for',
      events: [{ type: `deadline.${what}`, data: {} }],
    };
  };
  return {
    size: () => cases.length,
    async open(count, most) {
      const news = Array.from({ length: Math.min(count, most - cases.length) }, (_, index) => ({
        caseId: `C${cases.length + index}`,
        state: 'running',
        met: false,
      }));
      cases.push(...news);
      await Promise.all(news.map(({ caseId }) => ledger.open(command(caseId, 'anchored'))));
    },
    /** Something happens to about this share of the cases. @returns {Promise<number>} how many */
    async act(share) {
      const chosen = cases.filter(({ state }) => state !== 'closed' && random() < share);
      await Promise.all(
        chosen.map(async (one) => {
          const what = nextOf(one, random());
          try {
            await ledger.send(command(one.caseId, what));
          } catch (error) {
            // Too late, or once too often: the clerk is told so, and nothing has happened.
            if (error.failure?.code === 'EXTENSION_REFUSED') return;
            throw error;
          }
          if (what === 'paused' || what === 'closed') one.state = what;
          if (what === 'resumed') one.state = 'running';
          if (what === 'met') one.met = true;
        }),
      );
      return chosen.length;
    },
  };
}

function nextOf({ state, met }, draw) {
  if (state === 'paused') return draw < 0.8 ? 'resumed' : draw < 0.95 ? 'extended' : 'closed';
  if (met) return draw < 0.9 ? 'paused' : 'closed';
  return draw < 0.5 ? 'paused' : draw < 0.8 ? 'extended' : draw < 0.92 ? 'met' : 'closed';
}

function startChild(options) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./alarms-clock.mjs', import.meta.url)), JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const listeners = new Set();
  let rest = '';
  let first;
  const ticked = new Promise((resolve) => {
    first = resolve;
  });
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const tick = JSON.parse(line);
      first(tick);
      for (const listen of listeners) listen(tick);
    }
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint += text;
  });
  let byUs = false;
  const ended = once(child, 'close').then(([code, signal]) => {
    if (!byUs) throw new Error(`an alarm clock ended by itself (${signal ?? code}): ${complaint}`);
  });
  // Whoever waits for its ticks is told when it ends.
  const failed = ended.then(() => new Promise(() => {}));
  failed.catch(() => {});
  return {
    ended,
    ticked: Promise.race([ticked, failed]),
    kill() {
      byUs = true;
      child.kill('SIGKILL');
    },
    /** Resolves when it has looked at all that is due at an instant, with a read model that shows everything up to a position. */
    caughtUp(at, head) {
      const looked = new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('an alarm clock does not catch up')), PATIENCE_MS);
        let rounds = 0;
        const listen = (tick) => {
          const shows = tick.position !== undefined && tick.position !== '' && BigInt(tick.position) >= head;
          if (tick.more || tick.at !== at || !shows) return;
          rounds += 1;
          // The first may have been under way before.
          if (rounds < 2) return;
          clearTimeout(timer);
          listeners.delete(listen);
          resolve();
        };
        listeners.add(listen);
      });
      return Promise.race([looked, failed]);
    },
  };
}

async function streamsOf(store) {
  const streams = new Map();
  for (let after = 0n; ; ) {
    const page = await store.readAll({ after, limit: 5_000 });
    if (page.length === 0) return streams;
    after = page.at(-1).position;
    for (const { stream, type, revision, data, metadata } of page) {
      if (!stream.startsWith('watched-')) continue;
      const events = streams.get(stream) ?? [];
      events.push({ type, revision, data, metadata });
      streams.set(stream, events);
    }
  }
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function summary(report, held) {
  const counts = VIOLATIONS.map((kind) => `${kind} ${report[kind].length}`).join(', ');
  const first = VIOLATIONS.flatMap((kind) => report[kind].slice(0, 5).map((one) => `\n  ${kind}: ${one}`)).join('');
  return `${held ? 'held' : 'BROKEN'} after ${report.kills} kills (${report.heldBackRounds} rounds with read models held back) in ${report.seconds} s: ${report.cases} cases, ${report.events} events, ${report.rungs} rungs recorded; ${counts}${first}`;
}
