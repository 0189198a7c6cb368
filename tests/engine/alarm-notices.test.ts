import { reachedRung } from '../../src/domain/case-rungs.js';
import { rungKey } from '../../src/domain/ladder.js';
import { alarmClock } from '../../src/engine/alarm-clock.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import { followLedger, type ReadModels } from '../../src/read-models.js';
import { rulesOf } from '../support/deadline-histories.js';
import { watchedWorkflow } from '../support/watched-cases.js';
import { MASTER_KEY, testClock } from './permit-office.js';

const at = (wall: string) => new Date(`${wall.replace(' ', 'T')}+08:00`).toISOString();
const rules = rulesOf({ days: 10, warn: [2], over: [5], extension: { max: 1, days: 5 }, onResume: 'remainder' });
const calendar = {
  id: 'weekdays',
  title: { en: 'Weekdays', zh: '工作日' },
  timeZone: 'Asia/Shanghai',
  weekend: [6, 7],
  hours: [{ opens: '08:00', closes: '18:00' }],
  notices: [],
  horizon: 'unbounded',
} as const;

/** Ten working days from Monday 2 March 2026 end on Monday the 16th, near from the 12th, five over from the 23rd. */
describe('an alarm clock over a ledger in which notices are published', () => {
  const time = testClock();
  let ledger: Ledger;
  let models: ReadModels;

  beforeEach(async () => {
    time.set(at('2026-03-02 09:30'));
    ledger = await openLedger({
      store: 'memory:',
      workflows: [watchedWorkflow(rules)],
      calendar,
      clock: time,
      masterKey: MASTER_KEY,
    });
    models = await followLedger(ledger, { views: undefined, clock: time });
    const events = [{ type: 'deadline.anchored', data: {} }];
    const actor = { id: 'clerk-1', roles: ['clerk'] };
    await ledger.open({ workflow: 'watched', caseId: 'C1', commandId: 'open', actor, events });
  });
  afterEach(async () => {
    await models.close();
    await ledger.close();
  });

  async function dayOff(date: string, when: string): Promise<void> {
    time.set(when);
    await ledger.publishNotice({
      calendar: 'weekdays',
      commandId: `off-${date}`,
      actor: { id: 'officer-1', roles: ['calendarOfficer'] },
      notice: {
        id: `off-${date}`,
        year: 2026,
        title: { en: 'Day off', zh: '放假' },
        source: 'test',
        published: when.slice(0, 10),
        days: [{ name: { en: 'Day off', zh: '放假' }, off: [date] }],
      },
    });
  }

  async function recordedBy(alarm: ReturnType<typeof alarmClock>, when: string): Promise<readonly string[]> {
    await models.projections.waitFor(await ledger.store.head(), 20_000);
    time.set(when);
    await alarm.tick();
    const events = await readStream(ledger.store, 'watched-C1');
    return events.filter(({ type }) => type === 'deadline.reached').map((event) => rungKey(reachedRung(event)));
  }

  const clock = () => alarmClock({ hints: models.rungHints, raise: ledger.raise, clock: time });

  it('raises again what a notice has moved, under the name of the notice', async () => {
    const alarm = clock();
    expect(await recordedBy(alarm, at('2026-03-12 08:00'))).toEqual(['1/nearDue/2 workingDays']);
    await dayOff('2026-03-16', at('2026-03-12 09:00'));

    expect(await recordedBy(alarm, at('2026-03-13 08:00'))).toEqual([
      '1/nearDue/2 workingDays',
      '1+off-2026-03-16/nearDue/2 workingDays',
    ]);
    expect(await recordedBy(alarm, at('2026-03-16 08:00'))).toHaveLength(2);
    expect((await recordedBy(alarm, at('2026-03-17 08:00'))).at(-1)).toBe('1+off-2026-03-16/dueToday');
  });

  it('counts a case as looked at only up to the instant at which the calendar was asked for', async () => {
    expect(await recordedBy(clock(), at('2026-03-12 08:00'))).toHaveLength(1);
    time.set(at('2026-03-12 09:00'));
    const lookedAt = ledger.raise('watched-C1');
    // After the calendar was asked for: the clock goes on, and whatever notice is recorded now the look knows nothing of.
    time.set(at('2026-03-12 10:00'));
    const looked = await lookedAt;

    expect(looked).toEqual({ rungs: [], revision: 1, at: at('2026-03-12 09:00') });
  });

  it('finds a rung after the end where a notice puts it, though the date stays', async () => {
    const alarm = clock();
    expect(await recordedBy(alarm, at('2026-03-17 08:00'))).toHaveLength(3);
    await dayOff('2026-03-20', at('2026-03-18 09:00'));

    expect(await recordedBy(alarm, at('2026-03-23 08:00'))).toHaveLength(3);
    expect((await recordedBy(alarm, at('2026-03-24 08:00'))).at(-1)).toBe('1/over/5 workingDays');
  });
});
