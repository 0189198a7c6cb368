import fc from 'fast-check';
import { type NaiveHappening, naiveLadder } from '../../scripts/prove/naive-ladder.mjs';
import { CaseError, isCaseError } from '../../src/domain/case-error.js';
import { replay } from '../../src/domain/replay.js';
import { workingDays } from '../../src/domain/term.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { startAlarmClock } from '../../src/engine/alarm-clock.js';
import { rungHints } from '../../src/projections/rung-hints.js';
import { aHistory, rulesOf } from '../support/deadline-histories.js';
import { watchedWorkflow } from '../support/watched-cases.js';
import { type WatchedOffice, watchedOffice } from './watched-office.js';

/** Office time in Shanghai. */
const at = (wall: string) => new Date(`${wall.replace(' ', 'T')}+08:00`).toISOString();

const rules = rulesOf({
  days: 10,
  warn: [2],
  over: [5],
  extension: { max: 1, days: 5 },
  onResume: 'remainder',
});
const calendar = {
  id: 'weekdays',
  title: { en: 'Weekdays', zh: '工作日' },
  timeZone: 'Asia/Shanghai',
  weekend: [6, 7],
  hours: [{ opens: '08:00', closes: '18:00' }],
  notices: [],
  horizon: 'unbounded',
} as const;

let office: WatchedOffice;
const begin = async (): Promise<WatchedOffice> => {
  office = await watchedOffice([watchedWorkflow(rules)], calendar);
  return office;
};
afterEach(() => office.close());

const keys = async (caseId: string) => (await office.recorded(caseId)).map(({ key }) => key);

// Ten working days from Monday 2 March 2026 end on Monday the 16th at 18:00; near from Thursday the 12th.
describe('an alarm clock', () => {
  it('records each rung once on the case itself, as the system, with when it was due and when it was noticed', async () => {
    const { happens, caughtUp, tickAll, stream, alarm } = await begin();
    const clock = alarm();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await caughtUp();

    expect(await tickAll(clock, at('2026-03-11 23:59'))).toEqual([]);
    expect(await tickAll(clock, at('2026-03-12 00:01'))).toHaveLength(1);
    await caughtUp();
    expect(await tickAll(clock, at('2026-03-12 00:02'))).toEqual([]);

    const [, reached] = await stream('C1');
    expect(reached).toMatchObject({
      type: 'deadline.reached',
      revision: 1,
      data: {
        deadline: 'decision',
        generation: 1,
        rung: 'nearDue',
        term: { unit: 'workingDays', amount: 2 },
        dueOn: '2026-03-16',
        dueAt: at('2026-03-16 18:00'),
        reachedAt: at('2026-03-12 00:00'),
      },
      metadata: {
        actor: { id: 'alarm-clock', role: 'alarmClock' },
        occurredAt: at('2026-03-12 00:00'),
        recordedAt: at('2026-03-12 00:01'),
        state: 'running',
      },
    });
  });

  it('records after six weeks of standing still what it missed, in order', async () => {
    const { happens, caughtUp, tickAll, recorded, alarm } = await begin();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await caughtUp();

    await tickAll(alarm(), at('2026-04-20 09:00'));

    expect(await recorded('C1')).toEqual([
      { key: '1/nearDue/2 workingDays', at: at('2026-03-12 00:00'), noticed: at('2026-04-20 09:00') },
      { key: '1/dueToday', at: at('2026-03-16 00:00'), noticed: at('2026-04-20 09:00') },
      { key: '1/overdue', at: at('2026-03-16 18:00:00.001'), noticed: at('2026-04-20 09:00') },
      { key: '1/over/5 workingDays', at: at('2026-03-23 00:00'), noticed: at('2026-04-20 09:00') },
    ]);
  });

  it('says at every tick that its hints have halted, and goes on with those there are', async () => {
    const { happens, caughtUp, time, alarm, readStore } = await begin();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    const hints = rungHints({ readStore });
    expect(await hints.halted()).toBeUndefined();
    const active = (await readStore.generations()).find(({ name }) => name === 'due_cases')!;
    const halt = { position: 7n, event: 'event-7', detail: 'no term', at: at('2026-03-02 09:31') };
    const told: unknown[] = [];
    const halted = rungHints({
      readStore: { ...readStore, generations: async () => [{ ...active, halted: halt }] },
    });
    const clock = alarm({ hints: halted, onFailure: (error) => told.push(isCaseError(error, 'PROJECTION_HALTED')) });
    time.set(at('2026-03-12 00:01'));

    expect(await clock.tick()).toMatchObject({ failed: 1, raised: [{ rung: 'nearDue' }] });
    expect(told).toEqual([true]);
    expect(clock.status().failed).toBe(1);
  });

  it('records nothing while a pause holds the deadline, and what came before it once the clock goes on', async () => {
    const { happens, caughtUp, tickAll, alarm } = await begin();
    const clock = alarm();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await happens('C1', 'paused', at('2026-03-13 10:00'));
    await caughtUp();
    await tickAll(clock, at('2026-04-01 10:00'));
    expect(await keys('C1')).toEqual([]);

    await happens('C1', 'resumed', at('2026-04-01 11:00'));
    await caughtUp();
    await tickAll(clock, at('2026-04-01 12:00'));

    expect(await keys('C1')).toEqual(['1/nearDue/2 workingDays']);
  });

  it('does not raise again after a pause what it has raised, though the date has moved', async () => {
    const { happens, caughtUp, tickAll, alarm } = await begin();
    const clock = alarm();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    await tickAll(clock, at('2026-03-12 10:00'));
    await happens('C1', 'paused', at('2026-03-12 11:00'));
    await happens('C1', 'resumed', at('2026-04-01 11:00'));
    await caughtUp();
    await tickAll(clock, at('2026-04-02 10:00'));

    expect(await keys('C1')).toEqual(['1/nearDue/2 workingDays']);
  });

  it('raises again in the generation an extension begins', async () => {
    const { happens, caughtUp, tickAll, alarm } = await begin();
    const clock = alarm();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    await tickAll(clock, at('2026-03-12 10:00'));
    await happens('C1', 'extended', at('2026-03-12 11:00'));
    await caughtUp();
    await tickAll(clock, at('2026-03-19 10:00'));

    expect(await keys('C1')).toEqual(['1/nearDue/2 workingDays', '2/nearDue/2 workingDays']);
  });

  it('raises what is deemed to follow another deadline once that has passed unmet, and not before', async () => {
    const title = { en: 'x', zh: '测' };
    const shared = { title, source: 'test' };
    const deemed = {
      acceptance: {
        ...shared,
        from: 'deadline.anchored',
        until: { events: ['deadline.met'] },
        within: workingDays(5),
      },
      decision: {
        ...shared,
        from: 'deadline.resumed',
        until: { events: ['deadline.closed'] },
        deemed: { after: 'acceptance' },
        within: workingDays(7),
        warn: [workingDays(3)],
      },
    };
    office = await watchedOffice([watchedWorkflow(deemed)], calendar);
    const { happens, caughtUp, tickAll, stream, alarm } = office;
    const clock = alarm();
    // Five days end on Monday the 9th, seven on the 11th: near from Friday the 6th, if it runs.
    for (const caseId of ['C1', 'C2']) await happens(caseId, 'anchored', at('2026-03-02 09:30'));
    await happens('C2', 'met', at('2026-03-05 10:00'));
    const rungs = async (caseId: string, when: string) => {
      await caughtUp();
      await tickAll(clock, at(when));
      const reached = (await stream(caseId)).filter(({ type }) => type === 'deadline.reached');
      return reached.map(({ data }) => `${data.deadline} ${data.rung} ${data.reachedAt}`);
    };

    expect(await rungs('C1', '2026-03-09 10:00')).toEqual([`acceptance dueToday ${at('2026-03-09 00:00')}`]);
    expect(await rungs('C1', '2026-03-11 10:00')).toEqual([
      `acceptance dueToday ${at('2026-03-09 00:00')}`,
      `acceptance overdue ${at('2026-03-09 18:00:00.001')}`,
      `decision nearDue ${at('2026-03-09 18:00:00.001')}`,
      `decision dueToday ${at('2026-03-11 00:00')}`,
    ]);
    expect(await rungs('C2', '2026-03-20 10:00')).toEqual([]);
  });

  it('takes a late entry for what it tells: what had only seemed to be reached is not recorded', async () => {
    const { happens, caughtUp, tickAll, alarm } = await begin();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await happens('C1', 'extended', at('2026-03-12 10:00'));
    await happens('C1', 'paused', at('2026-03-11 10:00'), at('2026-03-13 10:00'));
    await happens('C1', 'resumed', at('2026-03-13 11:00'));
    await caughtUp();
    await tickAll(alarm(), at('2026-03-13 12:00'));

    expect(await keys('C1')).toEqual([]);
  });

  it('has nothing to say of a case that is closed', async () => {
    const { happens, caughtUp, tickAll, alarm } = await begin();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await happens('C1', 'closed', at('2026-03-20 10:00'));
    await caughtUp();

    const raised = await tickAll(alarm(), at('2026-04-20 10:00'));

    expect(raised).toEqual([]);
    expect((await office.engine.raise('watched-C1', calendar)).rungs).toEqual([]);
  });

  it('goes on after a case has moved to another version of its rules, and replays as recorded', async () => {
    office = await watchedOffice([watchedWorkflow(rules), watchedWorkflow(rules, 2)], calendar);
    const { happens, migrate, caughtUp, tickAll, stream, alarm } = office;
    const clock = alarm();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    await tickAll(clock, at('2026-03-12 10:00'));
    await migrate('C1', 2, at('2026-03-13 10:00'));
    await caughtUp();
    await tickAll(clock, at('2026-03-16 10:00'));
    await happens('C1', 'met', at('2026-03-16 11:00'));

    const events = await stream('C1');
    expect(await keys('C1')).toEqual(['1/nearDue/2 workingDays', '1/dueToday']);
    const registry = workflowRegistry([watchedWorkflow(rules), watchedWorkflow(rules, 2)]);
    expect(replay(events, registry)).toMatchObject({ revision: 4, state: 'running', workflow: { version: 2 } });
  });

  it('leaves a command on a known case as quick as it was: no conflict is provoked in its own process', async () => {
    const { happens, caughtUp, tickAll, stream, alarm } = await begin();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    await tickAll(alarm(), at('2026-03-12 10:00'));

    expect(office.engine.known({ workflow: 'watched', caseId: 'C1' })).toMatchObject({ revision: 1 });
    await happens('C1', 'paused', at('2026-03-12 11:00'));
    expect(await stream('C1')).toHaveLength(3);
  });
});

describe('an alarm clock whose read model is held back', () => {
  it('raises nothing wrongly: the hint says due, the case says paused', async () => {
    const { happens, caughtUp, holdBack, letGo, tickAll, alarm } = await begin();
    const clock = alarm();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    await holdBack();
    await happens('C1', 'paused', at('2026-03-10 10:00'));
    await tickAll(clock, at('2026-03-30 10:00'));
    expect(await keys('C1')).toEqual([]);

    await happens('C1', 'resumed', at('2026-03-31 10:00'));
    await tickAll(clock, at('2026-04-03 10:00'));
    await letGo();
    await caughtUp();
    await tickAll(clock, at('2026-04-03 11:00'));

    // Four days were left when it stopped on the 10th: due on 6 April, near from the 2nd.
    expect(await keys('C1')).toEqual(['1/nearDue/2 workingDays']);
  });

  it('reads a case that it has dealt with no second time, and its hint neither', async () => {
    const { happens, caughtUp, holdBack, tickAll, alarm } = await begin();
    for (const caseId of ['C1', 'C2', 'C3']) await happens(caseId, 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    await holdBack();
    let reads = 0;
    const clock = alarm({
      raise: (stream) => {
        reads += 1;
        return office.engine.raise(stream, calendar);
      },
    });
    await tickAll(clock, at('2026-03-12 10:00'));
    office.time.set(at('2026-03-12 10:01'));
    const again = await clock.tick();

    expect(reads).toBe(3);
    expect(again).toMatchObject({ hints: 0, cases: 0, raised: [], more: false });
  });
});

describe('what one tick looks at', () => {
  it('is a page at most, and every case has its turn before one has a second', async () => {
    const { happens, caughtUp, holdBack, alarm } = await begin();
    for (let index = 0; index < 7; index += 1) await happens(`C${index}`, 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    await holdBack();
    office.time.set(at('2026-03-12 10:00'));
    const clock = alarm({ hintsPerTick: 3 });

    const ticks = [await clock.tick(), await clock.tick(), await clock.tick(), await clock.tick()];

    expect(ticks.map(({ hints, cases, raised, more }) => [hints, cases, raised.length, more])).toEqual([
      [3, 3, 3, true],
      [3, 3, 3, true],
      [1, 1, 1, false],
      [0, 0, 0, false],
    ]);
    expect(clock.status()).toEqual({
      lastTickAt: at('2026-03-12 10:00'),
      raised: 7,
      failed: 0,
      lagMs: 0,
    });
  });

  it('tells how far behind it is', async () => {
    const { happens, caughtUp, alarm } = await begin();
    for (const caseId of ['C1', 'C2']) await happens(caseId, 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    office.time.set(at('2026-03-12 10:00'));
    const clock = alarm({ hintsPerTick: 1 });
    await clock.tick();

    expect(clock.status().lagMs).toBe(10 * 3_600_000);
  });

  it('goes on past a case that cannot be read, says which, and comes back to it later', async () => {
    const { happens, caughtUp, tickAll, alarm } = await begin();
    for (const caseId of ['C1', 'C2']) await happens(caseId, 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    const failures: (string | undefined)[] = [];
    let broken = true;
    const clock = alarm({
      raise: (stream) =>
        stream === 'watched-C1' && broken
          ? Promise.reject(new Error('unreadable'))
          : office.engine.raise(stream, calendar),
      onFailure: (_error, stream) => failures.push(stream),
    });
    await tickAll(clock, at('2026-03-12 10:00'));
    await tickAll(clock, at('2026-03-12 10:01'));
    expect([failures, await keys('C1'), await keys('C2')]).toEqual([['watched-C1'], [], ['1/nearDue/2 workingDays']]);

    broken = false;
    await tickAll(clock, at('2026-03-12 10:11'));
    expect(await keys('C1')).toEqual(['1/nearDue/2 workingDays']);
  });

  it('is nothing where the store fails, and everything the next time', async () => {
    const { happens, caughtUp, tickAll, alarm } = await begin();
    await happens('C1', 'anchored', at('2026-03-02 09:30'));
    await caughtUp();
    let down = true;
    const clock = alarm({
      raise: (stream) =>
        down
          ? Promise.reject(new CaseError({ code: 'STORE_UNAVAILABLE', detail: 'away' }))
          : office.engine.raise(stream, calendar),
    });
    await expect(tickAll(clock, at('2026-03-12 10:00'))).rejects.toThrow('away');
    down = false;
    await tickAll(clock, at('2026-03-12 10:01'));

    expect(await keys('C1')).toEqual(['1/nearDue/2 workingDays']);
  });
});

describe('a running alarm clock', () => {
  it('ticks at once and then every interval, whatever a tick meets, until it is stopped', async () => {
    office = await begin();
    const waits: number[] = [];
    const failures: unknown[] = [];
    let versions = 0;
    let wake = (): void => {};
    const waited = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const running = startAlarmClock({
      hints: {
        version: async () => {
          versions += 1;
          if (versions === 1) throw new CaseError({ code: 'STORE_UNAVAILABLE', detail: 'away' });
          return undefined;
        },
        upTo: async () => [],
      },
      raise: () => Promise.reject(new Error('nothing is due')),
      clock: office.time,
      intervalMs: 60_000,
      wait: (ms, signal) => {
        waits.push(ms);
        if (waits.length < 3) return Promise.resolve();
        wake();
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      },
      onFailure: (error) => failures.push(error),
    });
    await waited;
    await running.stop();

    expect([waits, versions, failures.length]).toEqual([[60_000, 60_000, 60_000], 3, 1]);
    expect(running.status().lastTickAt).toBe(office.time.now().toISOString());
  });
});

describe('two alarm clocks at once', () => {
  it('with a clerk between them record each rung once, on one side of the pause or the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }), async (order) => {
        office = await watchedOffice([watchedWorkflow(rules)], calendar);
        const { happens, caughtUp, stream, time, engine } = office;
        await happens('C1', 'anchored', at('2026-03-02 09:30'));
        await caughtUp();
        time.set(at('2026-03-12 10:00'));
        const other = await watchedOffice([watchedWorkflow(rules)], calendar, office.store);
        other.time.set(at('2026-03-12 10:00'));
        await Promise.allSettled([
          ...order.map((first) => (first ? engine : other.engine).raise('watched-C1', calendar)),
          happens('C1', 'paused', at('2026-03-12 10:00')),
        ]);

        const types = (await stream('C1')).map(({ type }) => type);
        expect(types.filter((type) => type === 'deadline.reached').length).toBeLessThanOrEqual(1);
        expect(types.indexOf('deadline.reached')).not.toBe(2);
        await other.close();
      }),
      { numRuns: 25 },
    );
    office = await begin();
  });
});

it('whenever it ticks, it records what an independent calculation finds, as soon as it may', async () => {
  const some = fc.record({
    history: aHistory,
    ticks: fc.array(fc.integer({ min: 0, max: 69 * 24 }), { minLength: 1, maxLength: 8 }),
    heldBack: fc.boolean(),
  });
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(some, async ({ history, ticks, heldBack }) => {
      const { notices, rule, end, calendar: withNotices } = history;
      const told: NaiveHappening[] = [];
      office = await watchedOffice([watchedWorkflow(history.rules)], withNotices);
      const { happens, caughtUp, holdBack, letGo, tickAll, recorded } = office;
      const clocks = [office.alarm(), office.alarm()];
      // A breath after full hours; whatever else happens lies between them.
      const instants = [...new Set(ticks)].map((hour) =>
        new Date(Date.parse('2026-03-01T16:00:00Z') + hour * 3_600_000 + 1).toISOString(),
      );
      const story = [
        ...history.happenings.map((one) => ({ ...one, ticks: false })),
        ...[...instants, end].map((one) => ({ at: one, what: '', ticks: true })),
      ].sort((a, b) => (a.at < b.at ? -1 : 1));
      const blind = new Set<string>();
      let turn = 0;
      for (const { at: when, what, ticks: isTick } of story) {
        if (!isTick) {
          const refused = await happens('C1', what, when).catch((error: unknown) => error);
          if (refused === undefined)
            told.push({ at: when, what: what as NaiveHappening['what'], granted: what === 'extended' });
          else expect(isCaseError(refused, 'EXTENSION_REFUSED')).toBe(true);
        } else {
          turn += 1;
          const late = heldBack && turn % 2 === 0 && when !== end;
          if (late) {
            blind.add(when);
            await holdBack();
          } else {
            await letGo();
            await caughtUp();
          }
          await tickAll(clocks[turn % 2]!, when);
        }
      }

      const naive = naiveLadder(rule, told, notices, 18 * 3_600_000, end);
      const closed = told.find(({ what }) => what === 'closed')?.at ?? '9';
      const chances = [...instants, end].sort().filter((one) => one < closed && !naive.heldAt(one));
      const by = (instants: readonly string[]) =>
        naive.rungs.filter((rung) => instants.some((one) => one >= rung.at)).sort(byKey);
      const found = await recorded('C1');
      compared += found.length;
      const said = found.map(({ key, at: reached }) => ({ key, at: reached })).sort(byKey);
      // A tick that saw an old read model may have found it or not.
      expect(said).toEqual(expect.arrayContaining(by(chances.filter((one) => !blind.has(one)))));
      expect(by(chances)).toEqual(expect.arrayContaining(said));
      expect(new Set(said.map(({ key }) => key)).size).toBe(said.length);
      for (const { at: reached, noticed } of found) {
        expect(naive.heldAt(noticed)).toBe(false);
        // With a read model that keeps up, it is noticed at the first chance there is.
        if (!heldBack) expect(noticed).toBe(chances.find((one) => one >= reached));
      }
      const order = found.map(({ at: reached, noticed }) => `${noticed} ${reached}`);
      expect(order).toEqual([...order].sort());
      await office.close();
    }),
    { numRuns: 40, seed: 20260306 },
  );
  expect(compared).toBeGreaterThan(100);
  office = await begin();
}, 120_000);

function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : 1;
}
