const importer = { id: 'log-import', roles: ['importer'] };
const step = (at, type, data) => ({ at, caseId: 'parcel-1', actor: importer, type, data, recorded: true });

/** A case of a foreign log, with a step that is none of its workflow's. */
export default {
  workflow: 'recorded-log',
  version: 1,
  steps: [
    step('2026-03-02T01:00:00Z', 'activity.recorded', {
      activity: 'Confirmation of receipt',
      resource: 'Resource21',
      transition: 'complete',
      attributes: { 'org:group': 'Group 1', cost: 2.5, urgent: false },
      trace: { name: 'parcel-1', attributes: { channel: 'Internet' } },
    }),
    step('2026-03-02T02:00:00Z', 'activity.recorded', { activity: '签收', attributes: {} }),
    step('2026-03-02T03:00:00Z', 'log:weigh', { activity: 'weigh' }),
    step('2026-03-03T01:00:00Z', 'activity.recorded', { activity: 'Stop', transition: 'complete', attributes: {} }),
  ],
};
