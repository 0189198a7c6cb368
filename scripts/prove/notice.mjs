import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { setup } from 'xstate';
import { z } from 'zod';
import { defineEvent, defineWorkflow } from '../../dist/domain/workflow.js';
import { calendarInForce } from '../../dist/domain/working-calendar.js';
import { readPositionToken } from '../../dist/engine/position-token.js';
import { openLedger } from '../../dist/ledger.js';
import { followLedger } from '../../dist/read-models.js';
import { seededRandom } from './seeded-random.mjs';

const DEFAULT_CASES = 1_000_000;

/** Commands under way at a time while the cases are opened. */
const AT_ONCE = 500;

/** Working days from which the cases were received, one after the other. */
const OPENED_FROM = '2026-03-02T00:30:00.000Z';
const PUBLISHED_AT = '2026-03-13T04:00:00.000Z';

/** Longest wait for read models. */
const PATIENCE_MS = 3_600_000;

/** Cases whose due date is compared with the engine's own, drawn at random. */
const SAMPLE = 500;

const title = (en, zh) => ({ en, zh });
const event = (en, zh) => defineEvent({ title: title(en, zh), data: z.strictObject({}), roles: ['clerk'] });
const clerk = { id: 'clerk-1', roles: ['clerk'] };
const officer = { id: 'officer-1', roles: ['calendarOfficer'] };

const workflow = defineWorkflow({
  name: 'licence',
  version: 1,
  title: title('Licence', '许可'),
  machine: setup({}).createMachine({
    initial: 'draft',
    states: {
      draft: { on: { 'licence.requested': 'reviewing' } },
      reviewing: { on: { 'licence.decided': 'decided' } },
      decided: { type: 'final' },
    },
  }),
  events: { 'licence.requested': event('Requested', '申请'), 'licence.decided': event('Decided', '决定') },
  states: { draft: title('Draft', '草稿'), reviewing: title('Reviewing', '审查'), decided: title('Decided', '已决定') },
  roles: { clerk: { title: title('Clerk', '窗口人员'), scope: 'ledger' } },
  deadlines: {
    decision: {
      title: title('Decision', '办理期限'),
      from: 'licence.requested',
      until: { events: ['licence.decided'] },
      within: { unit: 'workingDays', amount: 20 },
      warn: [{ unit: 'workingDays', amount: 1 }],
      source: '行政许可法 42',
    },
  },
});

const notice = {
  id: 'typhoon',
  year: 2026,
  title: title('Closed for a typhoon', '台风停工'),
  source: 'a proof',
  published: '2026-03-13',
  amends: 'cn-2026',
  days: [{ name: title('Typhoon', '台风'), off: ['2026-03-16/2026-03-17'] }],
};

/**
 * `notice [--cases 1000000] [--seed N] [--json]`: so many open cases, one published notice. Prints how long re-dating
 * takes, and what questions asked meanwhile were told and how long they waited.
 *
 * @param {string[]} args
 * @returns {Promise<boolean>} whether every question was answered with the old dates before and the new ones after,
 *   and every row is what the engine says of its case
 */
export async function prove(args) {
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: 'string' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  });
  const cases = Number(values.cases ?? DEFAULT_CASES);
  const print = (line) => values.json || process.stdout.write(`${line}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'caseledger-notice-'));
  try {
    const report = await publishOver(folder, cases, seededRandom(Number(values.seed)), print);
    if (values.json) process.stdout.write(`${JSON.stringify({ proof: 'notice', ...report })}\n`);
    else print(summary(report));
    return report.held;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function publishOver(folder, cases, random, print) {
  let now = Date.parse(OPENED_FROM);
  const clock = { now: () => new Date(now) };
  const ledger = await openLedger({
    store: join(folder, 'ledger.sqlite'),
    workflows: [workflow],
    masterKey: new Uint8Array(32).fill(7),
    clock,
  });
  const stepMs = (Date.parse(PUBLISHED_AT) - now) / cases;
  const opening = timed();
  for (let first = 0; first < cases; first += AT_ONCE) {
    now = Date.parse(OPENED_FROM) + Math.floor(first * stepMs);
    const batch = Array.from({ length: Math.min(AT_ONCE, cases - first) }, (_, index) =>
      openCase(ledger, first + index),
    );
    await Promise.all(batch);
    if (first % 100_000 === 0) print(`${first} cases opened, ${opening()} s`);
  }
  const opened = opening();
  now = Date.parse(PUBLISHED_AT);

  const filling = timed();
  const models = await followLedger(ledger, { views: join(folder, 'views.sqlite'), clock });
  const { projections } = models;
  await projections.waitFor(await ledger.store.head(), PATIENCE_MS);
  const filled = filling();
  print(`${cases} cases opened in ${opened} s, read models filled in ${filled} s`);

  const expected = (calendar, number) =>
    calendar.addWorkingDays(officeDate(Date.parse(OPENED_FROM) + Math.floor(batchStart(number) * stepMs)), 20);
  const before = calendarInForce(await ledger.currentCalendar(), clock.now().toISOString());

  const delay = monitorEventLoopDelay({ resolution: 5 });
  const idleRss = process.memoryUsage().rss;
  delay.enable();
  const redating = timed();
  const { position: token } = await ledger.publishNotice({
    calendar: 'cn',
    commandId: 'publish',
    actor: officer,
    notice,
  });
  const position = readPositionToken(ledger.id, token);
  const meanwhile = await askMeanwhile(projections, position, clock, (number) => expected(before, number));
  const redated = redating();
  delay.disable();

  const after = calendarInForce(await ledger.currentCalendar(), clock.now().toISOString());
  const wrong = await wrongRows({
    ledger,
    projections,
    clock,
    position,
    cases,
    random,
    expected: (number) => expected(after, number),
  });
  const [first] = (
    await projections.queries.dueCases(
      { standing: 'running' },
      { limit: 1 },
      { ...asking(clock), minPosition: position },
    )
  ).items;
  const views = statSync(join(folder, 'views.sqlite')).size;
  await models.close();
  await ledger.close();
  return {
    cases,
    openedSeconds: opened,
    filledSeconds: filled,
    redatedSeconds: redated,
    rowsPerSecond: Math.round(cases / redated),
    questionsMeanwhile: meanwhile.asked,
    slowestAnswerMs: meanwhile.slowestMs,
    longestTurnMs: Math.round(delay.max / 1e6),
    wrongMeanwhile: meanwhile.wrong,
    wrongAfter: wrong,
    firstDueAfter: first.dueOn,
    grownMb: Math.round((meanwhile.peakRss - idleRss) / 1e6),
    viewsMb: Math.round(views / 1e6),
    held: meanwhile.wrong === 0 && wrong === 0 && meanwhile.asked > 0,
  };
}

function openCase(ledger, number) {
  return ledger.open({
    workflow: 'licence',
    caseId: caseIdOf(number),
    commandId: 'open',
    actor: clerk,
    events: [{ type: 'licence.requested', data: {} }],
  });
}

const caseIdOf = (number) => `c${String(number).padStart(8, '0')}`;

/** Cases of one batch are opened at one instant. */
const batchStart = (number) => number - (number % AT_ONCE);

const asking = (clock) => ({ reach: [{ scope: 'ledger' }], now: clock.now().toISOString() });

/** Asks for the first page of what is due, again and again, until a question that wants the notice is answered. */
async function askMeanwhile(projections, position, clock, expected) {
  const seen = { asked: 0, slowestMs: 0, wrong: 0, peakRss: 0 };
  let reached = false;
  const wanted = projections.queries
    .dueCases({ standing: 'running' }, { limit: 1 }, { ...asking(clock), minPosition: position, waitMs: PATIENCE_MS })
    .finally(() => {
      reached = true;
    });
  while (!reached) {
    const startedAt = performance.now();
    const page = await projections.queries.dueCases({ standing: 'running' }, { limit: 20 }, asking(clock));
    const tookMs = performance.now() - startedAt;
    if (reached) break;
    seen.asked += 1;
    seen.slowestMs = Math.max(seen.slowestMs, Math.round(tookMs * 10) / 10);
    seen.peakRss = Math.max(seen.peakRss, process.memoryUsage().rss);
    seen.wrong += page.items.filter(({ caseId, dueOn }) => dueOn !== expected(Number(caseId.slice(1)))).length;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await wanted;
  return seen;
}

/** How many rows of a sample are not what the calendar's own arithmetic, or the engine, says of their case. */
async function wrongRows({ ledger, projections, clock, position, cases, random, expected }) {
  let wrong = 0;
  const options = { ...asking(clock), minPosition: position };
  for (let drawn = 0; drawn < SAMPLE; drawn += 1) {
    const number = Math.floor(random() * cases);
    const ref = { workflow: 'licence', caseId: caseIdOf(number) };
    const { deadlines } = await projections.queries.casePage(ref, options);
    const [told] = await ledger.deadlines(ref);
    if (deadlines[0].dueOn !== expected(number) || told.due.dueOn !== expected(number)) wrong += 1;
  }
  return wrong;
}

function officeDate(ms) {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);
}

function timed() {
  const startedAt = performance.now();
  return () => Math.round((performance.now() - startedAt) / 100) / 10;
}

function summary(report) {
  return [
    `${report.held ? 'held' : 'BROKEN'}: one notice over ${report.cases} open cases re-dated in ${report.redatedSeconds} s (${report.rowsPerSecond} rows/s)`,
    `meanwhile ${report.questionsMeanwhile} questions were answered with the old dates, the slowest in ${report.slowestAnswerMs} ms; longest turn of the thread ${report.longestTurnMs} ms; memory grew by ${report.grownMb} MB`,
    `wrong meanwhile: ${report.wrongMeanwhile}, wrong after: ${report.wrongAfter} of ${SAMPLE} drawn`,
  ].join('\n');
}
