import { defineEvent, defineWorkflow, openLedger } from 'caseledger';
import { setup } from 'xstate';
import { z } from 'zod';

const event = (en, zh, data) => defineEvent({ title: { en, zh }, roles: ['clerk'], data: z.strictObject(data) });
const permit = defineWorkflow({
  name: 'stall-permit', version: 1, title: { en: 'Market stall permit', zh: '摊位经营许可' },
  roles: { clerk: { title: { en: 'Clerk', zh: '窗口人员' }, scope: 'ledger' } },
  events: { 'stall.requested': event('Requested', '申请', {}), 'stall.granted': event('Granted', '准予', { metres: z.number() }) },
  states: { new: { en: 'New', zh: '新建' }, review: { en: 'Review', zh: '审查' }, granted: { en: 'Granted', zh: '已准予' } },
  guards: { fits: { title: { en: 'a stall is at most 3 metres wide', zh: '摊位宽度不得超过3米' }, reads: 'event' } },
  machine: setup({ guards: { fits: ({ event }) => event.data.metres <= 3 } }).createMachine({ initial: 'new', states: {
    new: { on: { 'stall.requested': 'review' } },
    review: { on: { 'stall.granted': { target: 'granted', guard: 'fits' } } }, granted: { type: 'final' },
  } }),
});

const ledger = await openLedger({ store: 'memory:', workflows: [permit] });
const stall = { workflow: 'stall-permit', caseId: '2026-0001', actor: { id: 'clerk-7', roles: ['clerk'] } };
const grant = (metres) => ({ ...stall, commandId: `grant-${metres}`, events: [{ type: 'stall.granted', data: { metres } }] });
await ledger.open({ ...stall, commandId: 'request', events: [{ type: 'stall.requested', data: {} }] });
for (const metres of [5, 3]) await ledger.send(grant(metres)).catch((refusal) => console.log(refusal.message));
for (const { revision, type } of await ledger.history(stall)) // below, the case as it was after each of its events
  console.log(revision, type, '->', (await ledger.load(stall, { asOf: { revision } })).state);
