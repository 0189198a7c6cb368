import { existsSync, rmSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../engine/clock.js';
import type { SendCommand } from '../../engine/command.js';
import type { Ledger } from '../../ledger.js';
import { type LedgerSetup, openSetup, type Session } from '../session.js';
import { demoSteps } from './demo-cases.js';
import { officeDays } from './demo-time.js';

export type DemoSummary = { readonly cases: number; readonly events: number };

/**
 * Lays a ledger out at `path` with some dozens of applications in every state there is, told at the instants at which
 * they would have happened. The same `now` tells the same story. Answers undefined, and changes nothing, where a ledger
 * is already. One that was cut short, which a file beside it tells, is thrown away and laid out anew.
 */
export async function layOutDemoLedger(
  session: Session,
  setup: LedgerSetup,
  path: string,
  onProgress: (events: number) => void,
): Promise<DemoSummary | undefined> {
  const unfinished = `${path}.unfinished`;
  if (existsSync(unfinished)) {
    const files = [path, setup.keys ?? `${path}.keys`, setup.views].filter((file) => file !== undefined);
    for (const file of files) for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true });
  } else if (existsSync(path)) return undefined;

  writeFileSync(unfinished, '');
  const summary = await fill(session, setup, onProgress);
  rmSync(unfinished);
  return summary;
}

async function fill(session: Session, setup: LedgerSetup, onProgress: (events: number) => void): Promise<DemoSummary> {
  const steps = demoSteps(officeDays(session.clock.now()));
  let at = steps[0]!.at;
  const clock: Clock = { now: () => at };
  const ledger = await openSetup({ ...session, clock }, setup);
  try {
    const told = new Map<string, number>();
    let events = 0;
    for (const { at: when, caseId, ...step } of steps) {
      at = when;
      const place = told.get(caseId) ?? 0;
      told.set(caseId, place + 1);
      const { type, data, ...who } = step;
      await tell(
        ledger,
        { workflow: 'application', caseId, commandId: `${caseId}-${place}`, events: [{ type, data }], ...who },
        place,
      );
      onProgress(++events);
    }
    return { cases: told.size, events: steps.length };
  } finally {
    await ledger.close();
  }
}

async function tell(ledger: Ledger, command: SendCommand, place: number): Promise<void> {
  await (place === 0 ? ledger.open(command) : ledger.send(command));
}
