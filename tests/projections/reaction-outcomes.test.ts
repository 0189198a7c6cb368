import type { JsonObject, RecordedEvent } from '../../src/domain/event.js';
import { reactionOutcomeList } from '../../src/projections/reaction-outcomes.js';
import type { Row } from '../../src/read-store/table-spec.js';

const ID = '11111111-1111-5111-8111-111111111111';

function anEvent(stream: string, type: string, more: { actor?: string; command?: string; data?: JsonObject } = {}) {
  const { actor = 'reaction:orders-inspections', command = ID, data = {} } = more;
  return {
    id: `${stream}/${type}`,
    stream,
    revision: 0,
    type,
    data,
    position: 1n,
    metadata: {
      actor: { id: actor, role: 'inspectionDesk' },
      command: { id: command, index: 0, size: 1, fingerprint: '' },
      recordedAt: '2026-03-02T01:00:00.000Z',
      workflow: { name: stream.split('-')[0]!, version: 1, hash: '' },
    },
  } as unknown as RecordedEvent;
}

const refused = anEvent(`reaction-${ID}`, 'reaction.refused', {
  data: {
    cause: { id: 'c', revision: 2, stream: 'permit-1', type: 'permit.noted', workflow: 'permit' },
    command: ID,
    code: 'EVENT_NOT_ALLOWED',
    events: ['inspection.ordered'],
    reaction: { name: 'orders-inspections', version: 1 },
    refusal: 'not allowed',
    target: { stream: 'inspection-1', workflow: 'inspection', caseId: '1' },
  },
});
const accepted = anEvent('inspection-1', 'inspection.ordered');

/** The rows after these events. */
function rowsAfter(...events: readonly RecordedEvent[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const event of events) {
    const readable = new Set(reactionOutcomeList.reads(event).map(({ key }) => String(key[0])));
    reactionOutcomeList.apply(
      event,
      {
        get: (_table: string, key: unknown) => rows.get(String(key)),
        put: (_table: string, row: Row) => {
          if (!readable.has(String(row.id))) throw new Error('the row was not named by reads');
          rows.set(String(row.id), row);
        },
      } as never,
      [],
    );
  }
  return [...rows.values()];
}

describe('the outcome of a command between cases', () => {
  it('is a refusal where one is recorded', () =>
    expect(rowsAfter(refused)).toMatchObject([
      {
        id: ID,
        outcome: 'refused',
        cause_stream: 'permit-1',
        target_stream: 'inspection-1',
        code: 'EVENT_NOT_ALLOWED',
      },
    ]));

  it('is acceptance where the command is found in its target, whichever was recorded first', () => {
    expect(rowsAfter(refused, accepted)).toMatchObject([{ outcome: 'accepted' }]);
    expect(rowsAfter(accepted, refused)).toMatchObject([{ outcome: 'accepted' }]);
  });

  it('is not changed by a command of the same name on another case', () => {
    const elsewhere = anEvent('inspection-2', 'inspection.ordered');
    expect(rowsAfter(refused, elsewhere)).toMatchObject([{ outcome: 'refused' }]);
    expect(rowsAfter(elsewhere, refused)).toMatchObject([{ outcome: 'refused' }]);
  });

  it('is none of what people send', () =>
    expect(rowsAfter(anEvent('inspection-1', 'inspection.ordered', { actor: 'clerk-1' }))).toEqual([]));
});
