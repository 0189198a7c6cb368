import { MS_PER_HOUR, MS_PER_MINUTE, officeClock } from '../domain/office-time.js';
import type { Wait } from '../engine/waiting.js';
import { policy } from '../workflows/screening/v1/policy.js';
import { officeDay, openScreenings, type ScreeningDeps } from './screening-round.js';

/** How often it is looked whether the day's screening is due, milliseconds. */
const LOOK_MS = MS_PER_MINUTE;

export type ScreeningClock = {
  /** Finishes what is under way. Safe to call twice. */
  stop(): Promise<void>;
};

/**
 * Opens each working day's screenings at the hour the policy names, or as soon as it runs where that hour has passed.
 * Any number of processes may have one: a screening is opened once. What fails is tried again at the next look.
 */
export function startScreeningClock({
  wait,
  onFailure,
  ...deps
}: ScreeningDeps & {
  readonly wait: Wait;
  readonly onFailure: (error: unknown) => void;
}): ScreeningClock {
  const stopping = new AbortController();
  const { signal } = stopping;
  let done: string | undefined;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await look();
      } catch (error) {
        onFailure(error);
      }
      await wait(LOOK_MS, signal);
    }
  }

  async function look(): Promise<void> {
    const now = deps.clock.now();
    const calendar = await deps.ledger.currentCalendar();
    const { date, worked } = officeDay(calendar, now.toISOString());
    if (!worked || date === done || !isOpeningTime(calendar.timeZone, now.getTime())) return;
    await openScreenings(deps, date);
    done = date;
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function isOpeningTime(timeZone: string, now: number): boolean {
  const [hours, minutes] = policy.opensAt.split(':').map(Number);
  return officeClock(timeZone).timeAt(now) >= hours! * MS_PER_HOUR + minutes! * MS_PER_MINUTE;
}
