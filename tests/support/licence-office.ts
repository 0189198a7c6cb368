import { setup } from 'xstate';
import { z } from 'zod';
import { defineEvent, defineWorkflow } from '../../src/domain/workflow.js';
import type { CommandEvent } from '../../src/engine/command.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import { countingIds, MASTER_KEY, seededBytes, testClock } from '../engine/permit-office.js';

const title = { en: 'x', zh: '测' };
const event = () => defineEvent({ title, data: z.strictObject({}), roles: ['clerk'] });

/** Cases with a deadline of every unit, and every way in which a day off can move one. */
export const licenceWorkflow = defineWorkflow({
  name: 'licence',
  version: 1,
  title: { en: 'Licence', zh: '许可' },
  machine: setup({}).createMachine({
    initial: 'draft',
    states: {
      draft: { on: { 'licence.requested': 'reviewing' } },
      reviewing: {
        on: {
          'hearing.opened': 'hearing',
          'term.extended': 'reviewing',
          'hold.lifted': 'reviewing',
          'licence.decided': 'decided',
          'licence.withdrawn': 'withdrawn',
        },
      },
      hearing: { on: { 'hearing.closed': 'reviewing' } },
      decided: { type: 'final' },
      withdrawn: { type: 'final' },
    },
  }),
  events: {
    'licence.requested': event(),
    'hearing.opened': event(),
    'hearing.closed': event(),
    'term.extended': event(),
    'hold.lifted': event(),
    'licence.decided': event(),
    'licence.withdrawn': event(),
  },
  states: { draft: title, reviewing: title, hearing: title, decided: title, withdrawn: title },
  roles: { clerk: { title, scope: 'ledger' } },
  deadlines: {
    decision: {
      title: { en: 'Decision', zh: '办理期限' },
      from: 'licence.requested',
      until: { events: ['licence.decided'] },
      within: { unit: 'workingDays', amount: 10 },
      pausedWhile: ['hearing'],
      receivedOnDayOff: 'nextWorkingDay',
      warn: [{ unit: 'workingDays', amount: 2 }],
      extension: { event: 'term.extended', max: 1, by: { unit: 'workingDays', amount: 5 } },
      source: 'law',
    },
    promise: {
      title,
      from: 'licence.requested',
      until: { events: ['licence.decided'] },
      within: { unit: 'workingDays', amount: 6 },
      pausedWhile: ['hearing'],
      onResume: 'reset',
      afterHours: 'nextWorkingDay',
      limit: 'promised',
      source: 'promise',
    },
    answer: {
      title,
      from: 'licence.requested',
      until: { events: ['licence.decided'] },
      within: { unit: 'calendarDays', amount: 9 },
      endOnDayOff: 'rollsForward',
      warn: [{ unit: 'workingDays', amount: 1 }],
      source: 'policy',
    },
    reply: {
      title,
      kind: 'window',
      from: 'licence.requested',
      until: { events: ['licence.decided'] },
      within: { unit: 'workingHours', amount: 20 },
      pausedWhile: ['hearing'],
      warn: [{ unit: 'workingHours', amount: 3 }],
      limit: 'internal',
      source: 'policy',
    },
    archive: {
      title,
      from: 'licence.requested',
      until: { events: ['hold.lifted'] },
      within: { unit: 'months', amount: 1 },
      endOnDayOff: 'rollsForward',
      limit: 'internal',
      source: 'policy',
    },
  },
});

export const clerk = { id: 'clerk-1', roles: ['clerk'] };
export const officer = { id: 'officer-1', roles: ['calendarOfficer'] };

/** A notice that amends the year's; a test names what it is about. */
export function aNotice(over: Record<string, unknown> = {}) {
  return {
    id: 'typhoon',
    year: 2026,
    title: { en: 'Closed for a typhoon', zh: '台风停工' },
    source: 'county notice 7',
    published: '2026-03-02',
    amends: 'cn-2026',
    days: [{ name: { en: 'Typhoon', zh: '台风' }, off: ['2026-03-05/2026-03-06'] }],
    ...over,
  };
}

export type LicenceOffice = {
  readonly ledger: Ledger;
  readonly clock: ReturnType<typeof testClock>;
  /** Something happens to a case; the first thing opens it. */
  happens(caseId: string, type: string): Promise<void>;
  publish(notice: unknown, commandId?: string): ReturnType<Ledger['publishNotice']>;
  /** When one deadline of a case is due, as the ledger says. */
  dueOn(caseId: string, deadline?: string, asOf?: string): Promise<string>;
};

export async function licenceOffice({
  store = 'memory:',
  start = '2026-03-02T01:00:00.000Z',
  node = 0,
} = {}): Promise<LicenceOffice> {
  const clock = testClock(start);
  const ledger = await openLedger({
    store,
    workflows: [licenceWorkflow],
    masterKey: MASTER_KEY,
    clock,
    ids: countingIds(node),
    randomBytes: seededBytes(`licence ${node}`),
  });
  let commands = 0;
  const next = (): string => {
    commands += 1;
    return `command-${node}-${commands}`;
  };
  return {
    ledger,
    clock,
    async happens(caseId, type) {
      const events: CommandEvent[] = [{ type, data: {} }];
      const command = { workflow: 'licence', caseId, commandId: next(), actor: clerk, events };
      if (type === 'licence.requested') await ledger.open(command);
      else await ledger.send(command);
    },
    publish: (notice, commandId = next()) =>
      ledger.publishNotice({ calendar: 'cn', commandId, actor: officer, notice }),
    async dueOn(caseId, deadline = 'decision', asOf) {
      const options = asOf === undefined ? {} : { asOf: { instant: asOf } };
      const all = await ledger.deadlines({ workflow: 'licence', caseId }, options);
      return all.find(({ name }) => name === deadline)!.due.dueOn;
    },
  };
}
