import { defineEvent, defineWorkflow, openLedger } from 'caseledger';
import { setup } from 'xstate';
import { z } from 'zod';

const event = (en, zh, data) => defineEvent({ title: { en, zh }, roles: ['clerk'], data: z.strictObject(data) });
const stall = defineWorkflow({
  name: 'stall-permit', version: 1, title: { en: 'Market stall permit', zh: '摊位经营许可' },
  events: {
    'permit.requested': event('Permit requested', '申请', { goods: z.string() }),
    'permit.granted': event('Permit granted', '准予许可', { metres: z.number().positive() }),
  },
  roles: { clerk: { title: { en: 'Clerk', zh: '窗口人员' }, scope: 'ledger' } },
  guards: { fits: { title: { en: 'a stall is at most 3 metres wide', zh: '摊位宽度不得超过3米' }, reads: 'event' } },
  states: { new: { en: 'New', zh: '新建' }, review: { en: 'Under review', zh: '审查中' }, granted: { en: 'Granted', zh: '已准予' } },
  machine: setup({ guards: { fits: ({ event }) => event.data.metres <= 3 } }).createMachine({
    initial: 'new',
    states: {
      new: { on: { 'permit.requested': 'review' } },
      review: { on: { 'permit.granted': { target: 'granted', guard: 'fits' } } },
      granted: { type: 'final' },
    },
  }),
});

const ledger = await openLedger({ store: 'memory:', workflows: [stall] });
const ref = { workflow: 'stall-permit', caseId: '2026-0001' };
const command = (commandId, type, data) => ({ ...ref, commandId, actor: { id: 'clerk-7', roles: ['clerk'] }, events: [{ type, data }] });

await ledger.open(command('c1', 'permit.requested', { goods: 'honey' }));
await ledger.send(command('c2', 'permit.granted', { metres: 5 })).catch((refusal) => console.log(refusal.message));
await ledger.send(command('c3', 'permit.granted', { metres: 3 }));
const again = await ledger.send(command('c3', 'permit.granted', { metres: 3 }));
console.log(`sent twice, stored once: ${again.repeated}`);

for (const { revision, type } of await ledger.history(ref)) {
  const { state } = await ledger.load(ref, { asOf: { revision } }); // replayed from its events
  console.log(`${revision} ${type} -> ${state}`);
}
