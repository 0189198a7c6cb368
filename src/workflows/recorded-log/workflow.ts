import { setup } from 'xstate';
import { z } from 'zod';
import { defineEvent, defineWorkflow, type EventDefinitions, type MachineEvent } from '../../domain/workflow.js';
import { releasedHashes } from '../released-hashes.js';

/** What an event log calls by a name of its own, with whatever it says about it. */
const Attributes = z.record(z.string(), z.json());

export const recordedLogEvents = {
  'activity.recorded': defineEvent({
    title: { en: 'Activity recorded elsewhere', zh: '外部系统已记录的活动' },
    roles: ['importer'],
    data: z.strictObject({
      /** In the log's own words. */
      activity: z.string().min(1),
      /** Who did it, as the log names them. */
      resource: z.string().min(1).optional(),
      /** Where in its life cycle the activity then was, such as `complete`. */
      transition: z.string().min(1).optional(),
      attributes: Attributes,
      /** What the log calls the case and says about it as a whole; on the case's first event. */
      trace: z.strictObject({ name: z.string().min(1), attributes: Attributes }).optional(),
    }),
  }),
} as const satisfies EventDefinitions;

const recordedLogMachine = setup({
  types: { events: {} as MachineEvent<typeof recordedLogEvents> },
}).createMachine({
  id: 'recorded-log',
  initial: 'recorded',
  states: { recorded: { on: { 'activity.recorded': { target: 'recorded' } } } },
});

/** A case of a foreign event log, kept as it was recorded: any activity may follow any other. */
export const recordedLog = defineWorkflow({
  name: 'recorded-log',
  version: 1,
  title: { en: 'Recorded event log', zh: '外部事件日志' },
  machine: recordedLogMachine,
  events: recordedLogEvents,
  pinnedHash: releasedHashes['recorded-log@1'],
  states: { recorded: { en: 'Recorded', zh: '已记录' } },
  roles: { importer: { title: { en: 'Importer of logs', zh: '日志导入' }, scope: 'ledger' } },
});
