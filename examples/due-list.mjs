// What is due, asked of a ledger embedded in a program: no server, no command line.
import { openLedger } from 'caseledger';
import { followLedger } from 'caseledger/server';
import { catalogueLookup, countyItems, shippedWorkflows } from 'caseledger/workflows';

const clock = { now: () => new Date('2026-03-10T09:30:00+08:00') };
const ledger = await openLedger({
  store: 'memory:',
  workflows: shippedWorkflows,
  lookups: { catalogue: catalogueLookup(countyItems) },
  clock,
});
const models = await followLedger(ledger, { views: undefined, clock });

await ledger.open({
  workflow: 'application',
  commandId: 'intake-1',
  actor: { id: 'clerk-7', roles: ['intake'], region: '330921' },
  events: [
    {
      type: 'application.received',
      data: {
        item: 'food-business-licence',
        region: '330921',
        channel: 'window',
        applicant: { kind: 'person', name: '陈雨', idNumber: '330921199001011234' },
        materials: ['application-form', 'premises-layout'].map((material) => ({ material, form: 'paper' })),
      },
    },
    { type: 'application.accepted', data: { notice: '受理通知书〔2026〕1号' } },
  ],
});

await models.projections.waitFor(await ledger.store.head());
const due = await models.projections.queries.dueCases(
  { workflow: 'application' },
  { limit: 10 },
  { reach: [{ scope: 'ledger' }], now: '2026-03-25T01:00:00.000Z' },
);
for (const { deadline, limitKind, dueOn, standing } of due.items) {
  console.log(`${dueOn}  ${standing}  ${deadline} (${limitKind})`);
}
await models.close();
await ledger.close();
