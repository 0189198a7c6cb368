import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { alarmClock } from '../../dist/engine/alarm-clock.js';
import { openDatabase } from '../../dist/event-store/sqlite/sqlite-binding.js';
import { openLedger } from '../../dist/ledger.js';
import { rungHints } from '../../dist/projections/rung-hints.js';
import { followLedger } from '../../dist/read-models.js';
import { sqliteReadStore } from '../../dist/read-store/sqlite/sqlite-read-store.js';
import { CLERK, calendar, MASTER_KEY, watched } from './alarms-workflow.mjs';

const DAY = 86_400_000;
const START = Date.parse('2026-06-01T01:00:00Z');
/** Ticks measured over each ledger, each with cases of its own that are due. */
const TICKS = 7;
/** How much more a tick over the large ledger may take. */
const FACTOR = 2;
/** Cases opened at a time, so that they share commits. */
const AT_ONCE = 500;

/**
 * `tick [--cases 1000000] [--few 10000] [--due 1000] [--json]`: one tick of the alarm clock over a million open cases, of
 * which a thousand are due, against one over ten thousand open cases of which a thousand are due.
 *
 * The cases that come to be due are opened through the engine and projected as ever. The others are rows of `due_cases`
 * made from one that was projected: other streams, due later, with every index the table has; a tick never comes to their
 * events.
 *
 * @param {string[]} args
 * @returns {Promise<boolean>} whether the tick over the many takes at most twice as long
 */
export async function prove(args) {
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: 'string', default: '1000000' },
      few: { type: 'string', default: '10000' },
      due: { type: 'string', default: '1000' },
      json: { type: 'boolean', default: false },
    },
  });
  const due = Number(values.due);
  const print = (line) => values.json || process.stdout.write(`${line}\n`);
  const [few, many] = [await laidOut(Number(values.few), due, print), await laidOut(Number(values.cases), due, print)];
  try {
    // By turns, so that whatever else the machine does weighs on both.
    for (let batch = 0; batch < TICKS; batch += 1)
      for (const one of batch % 2 === 0 ? [few, many] : [many, few]) await one.tick(batch);
    await few.idle();
    await many.idle();
  } finally {
    await few.close();
    await many.close();
  }
  const told = { few: figures(few), many: figures(many) };
  const ratio = Math.round((told.many.medianMs / told.few.medianMs) * 100) / 100;
  const all = [...few.ticks, ...many.ticks];
  const held = ratio <= FACTOR && all.every(({ hints, raised }) => hints === due && raised === due);
  if (values.json)
    process.stdout.write(`${JSON.stringify({ proof: 'tick', held, due, factor: FACTOR, ratio, ...told })}\n`);
  else
    print(
      `${held ? 'held' : 'BROKEN'}: with ${due} due, ${told.few.medianMs} ms over ${few.rows} open cases, ${told.many.medianMs} ms over ${many.rows}: ${ratio} times (at most ${FACTOR}); with none due ${told.few.idleMs} and ${told.many.idleMs} ms`,
    );
  return held;
}

function figures({ rows, viewsMb, ticks, idleMs }) {
  const ms = ticks.map((one) => one.ms);
  return {
    cases: rows,
    viewsMb,
    ms,
    medianMs: [...ms].sort((a, b) => a - b)[Math.floor(TICKS / 2)],
    idleMs: idleMs.at(-1),
  };
}

/** A ledger with so many open cases, of which `due` come to be due together, time after time. */
async function laidOut(cases, due, print) {
  const folder = mkdtempSync(join(tmpdir(), 'caseledger-tick-'));
  const path = join(folder, 'case.ledger');
  const views = `${path}.views`;
  let now = START;
  const clock = { now: () => new Date(now) };
  const ledger = await openLedger({ store: path, workflows: [watched], calendar, clock, masterKey: MASTER_KEY });
  const readStore = sqliteReadStore({ path: views });
  // One batch a week, each near due a week after the one before.
  for (let batch = 0; batch < TICKS; batch += 1) {
    now = START + batch * 7 * DAY;
    await openCases(ledger, batch, due);
  }
  const models = await followLedger(ledger, { views, clock });
  await models.projections.waitFor(await ledger.store.head(), 600_000, ['due_cases']);
  await models.close();
  const from = performance.now();
  const rows = fillUp(views, cases);
  print(`${rows} rows of open cases in ${Math.round((performance.now() - from) / 1_000)} s`);

  const alarm = alarmClock({ hints: rungHints({ readStore }), raise: ledger.raise, clock, hintsPerTick: 10 * due });
  const timed = async () => {
    const started = performance.now();
    const tick = await alarm.tick();
    return { ms: Math.round((performance.now() - started) * 100) / 100, hints: tick.hints, raised: tick.raised.length };
  };
  const ticks = [];
  const idleMs = [];
  return {
    rows,
    viewsMb: Math.round(statSync(views).size / 1e6),
    ticks,
    idleMs,
    /** The first warning of a batch has come, and nothing else of any. */
    async tick(batch) {
      now = dueAt(views, batch, due);
      ticks.push(await timed());
    },
    async idle() {
      now += 1;
      idleMs.push((await timed()).ms);
    },
    async close() {
      await readStore.close();
      await ledger.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openCases(ledger, batch, due) {
  for (let first = 0; first < due; first += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, due - first) }, (_, index) => first + index);
    await Promise.all(
      numbers.map((number) =>
        ledger.open({
          workflow: 'watched',
          caseId: `${batch}-${number}`,
          commandId: `open-${batch}-${number}`,
          actor: CLERK,
          events: [{ type: 'deadline.anchored', data: {} }],
        }),
      ),
    );
  }
}

/** Copies of a projected row under other streams, none of which comes to be due while it is measured. */
function fillUp(views, cases) {
  const database = openDatabase(views);
  try {
    const [{ name }] = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'due_cases_g%'")
      .all();
    const columns = database
      .prepare(`PRAGMA table_info(${name})`)
      .all()
      .map((column) => column.name);
    const copied = columns.map(
      (column) =>
        ({
          stream: "'watched-other-' || n",
          due_on: "date('2027-01-04', '+' || (n % 300) || ' days')",
          due_at: "date('2027-01-04', '+' || (n % 300) || ' days') || 'T10:00:00.000Z'",
          warn_at: "date('2026-12-28', '+' || (n % 300) || ' days') || 'T16:00:00.000Z'",
          next_rung_at: "date('2026-12-28', '+' || (n % 300) || ' days') || 'T16:00:00.000Z'",
        })[column] ?? column,
    );
    const [{ there }] = database.prepare(`SELECT count(*) AS there FROM ${name}`).all();
    database.exec('BEGIN');
    database
      .prepare(
        `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) INSERT INTO ${name} (${columns.join(', ')}) SELECT ${copied.join(', ')} FROM numbers CROSS JOIN (SELECT * FROM ${name} LIMIT 1)`,
      )
      .run(cases - Number(there));
    database.exec('COMMIT');
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return Number(database.prepare(`SELECT count(*) AS there FROM ${name}`).all()[0].there);
  } finally {
    database.close();
  }
}

/** The instant at which the next rung of a batch is due. */
function dueAt(views, batch, due) {
  const database = openDatabase(views, { readOnly: true });
  try {
    const [{ name }] = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'due_cases_g%'")
      .all();
    const [{ next, there }] = database
      .prepare(
        `SELECT max(next_rung_at) AS next, count(*) AS there FROM ${name} WHERE stream LIKE 'watched-${batch}-%'`,
      )
      .all();
    if (Number(there) !== due) throw new Error(`${there} cases in batch ${batch}, not ${due}`);
    return Date.parse(next);
  } finally {
    database.close();
  }
}
