// alarms-clock.mjs <options as JSON>: an alarm clock in a process of its own, which ticks as fast as it can until it is
// killed. After each tick it says, written through to the parent, what instant it was and how far its read model had come
// before the tick.
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { alarmClock } from '../../dist/engine/alarm-clock.js';
import { openLedger } from '../../dist/ledger.js';
import { rungHints } from '../../dist/projections/rung-hints.js';
import { followLedger } from '../../dist/read-models.js';
import { sqliteReadStore } from '../../dist/read-store/sqlite/sqlite-read-store.js';
import { calendar, fileClock, MASTER_KEY, watched } from './alarms-workflow.mjs';

const STDOUT = 1;
/** Real time between two ticks; the simulated clock moves as its file says. */
const PAUSE_MS = 5;

/** @type {{ path: string, clockFile: string, follows: boolean, hintsPerTick: number }} */
const { path, clockFile, follows, hintsPerTick } = JSON.parse(process.argv[2]);
const clock = fileClock(clockFile);
const ledger = await openLedger({ store: path, workflows: [watched], calendar, clock, masterKey: MASTER_KEY });
const views = `${path}.views`;
// Held back, it sees the rows as somebody left them, and nobody brings them up to date.
const hints = follows
  ? (await followLedger(ledger, { views, clock })).rungHints
  : rungHints({ readStore: sqliteReadStore({ path: views }) });
const alarm = alarmClock({
  hints,
  raise: ledger.raise,
  clock,
  hintsPerTick,
  onFailure: (error) => {
    throw error;
  },
});

for (;;) {
  const version = (await hints.version()) ?? '';
  const { at, more, raised, failed } = await alarm.tick();
  writeSync(
    STDOUT,
    `${JSON.stringify({ at, more, raised: raised.length, failed, position: version.split('@')[1] })}\n`,
  );
  if (!more) await pause(PAUSE_MS);
}
