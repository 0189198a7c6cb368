import fc from 'fast-check';
import { isCaseError } from '../../src/domain/case-error.js';
import { type CaseState, type DecidableEvent, decide, newCase } from '../../src/domain/decide.js';
import type { JsonObject, RecordedEvent } from '../../src/domain/event.js';
import { PERSONAL_KEY } from '../../src/domain/personal-data.js';
import { takenEvents } from '../../src/domain/refusal.js';
import { decidableOf, factValues, replay, replayNext, retell } from '../../src/domain/replay.js';
import { defineWorkflow } from '../../src/domain/workflow.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { applicationV1 } from '../../src/workflows/application/v1/workflow.js';
import { catalogueLookup } from '../../src/workflows/catalogue/catalogue-lookup.js';
import { countyItems } from '../../src/workflows/catalogue/county-items.js';
import { ferry, ferryMachine, ferrySource } from '../support/ferry.js';
import { permitWorkflow } from '../support/permit.js';
import { aRecordedStep, aStep, story } from '../support/story.js';

const registry = workflowRegistry([ferry, permitWorkflow(1), permitWorkflow(2), applicationV1]);

const boarded = (seats: number) => aStep('ferry.boarded', { seats });
const departed = aStep('ferry.departed');

function diverged(history: readonly RecordedEvent[], definitions = registry): { readonly revision: number } {
  try {
    replay(history, definitions);
  } catch (error) {
    if (isCaseError(error, 'REPLAY_DIVERGED')) return error.failure;
    throw error;
  }
  throw new Error('it did not diverge');
}

/** What tells one decided case from another. */
const essence = ({ state, labels, senders, revision, snapshot }: CaseState) => ({
  state,
  labels,
  senders,
  revision,
  context: snapshot.context,
  status: snapshot.status,
});

describe('a replay', () => {
  it('of nothing is no case', () => expect(replay([], registry)).toBeUndefined());

  it('comes to the state that was decided', () => {
    const { state, history } = story(ferry, [boarded(2), departed, aStep('deck.washed')]);
    expect(essence(replay(history, registry)!)).toEqual(essence(state));
  });

  it('goes on from where it is as if it had begun anew', () => {
    const { state, history } = story(ferry, [boarded(2), departed]);
    const before = replay(history.slice(0, 1), registry)!;
    expect(essence(replayNext(before, history[1]!, history, registry))).toEqual(essence(state));
  });

  it('decides on the facts that were recorded', () => {
    const { history } = story(ferry, [aStep('ferry.departed', {}, { facts: { mail: true } })]);
    expect(factValues(history[0]!)).toEqual({ mail: true });
    expect(replay(history, registry)?.state).toBe('voyage.sailing+deck.dirty');
  });

  it('shows the machine nothing of what is sealed', () => {
    const [event] = story(ferry, [boarded(1)]).history;
    const sealed = {
      ...event!,
      data: { ...event!.data, [PERSONAL_KEY]: [{ path: '', subject: 's', fields: ['x'], box: 'AA' }] },
    };
    expect(decidableOf(sealed as RecordedEvent).data).toEqual({ seats: 1 });
  });
});

describe('a replay diverges, and skips nothing', () => {
  const { history } = story(ferry, [boarded(2), departed]);

  it('where the definition refuses what was recorded', () => {
    const fewer = defineWorkflow({
      ...ferrySource,
      machine: ferryMachine.provide({ guards: { seatsLeft: () => false } }),
    });
    expect(diverged(history, workflowRegistry([fewer]))).toMatchObject({
      revision: 0,
      event: 'ferry.boarded',
      replayed: 'refused in voyage.moored+deck.dirty',
    });
  });

  it('where it leads elsewhere than was recorded', () => {
    const elsewhere = history.map((event) =>
      event.revision === 1 ? { ...event, metadata: { ...event.metadata, state: 'voyage.landed+deck.dirty' } } : event,
    );
    expect(diverged(elsewhere)).toMatchObject({ revision: 1, replayed: 'voyage.sailing+deck.dirty' });
  });

  it('where an event was left out', () => expect(diverged(history.slice(1))).toMatchObject({ revision: 1 }));

  it('where an event follows the end', () => {
    const { state, history: whole } = story(ferry, [boarded(1), departed, aStep('ferry.landed'), aStep('deck.washed')]);
    const more = aRecordedStep({ ...state, revision: 4 }, boarded(1));
    expect(diverged([...whole, more])).toMatchObject({ revision: 4 });
  });
});

describe('a case under another version', () => {
  const requested = aStep('permit.requested', {
    department: 'planning',
    region: '330921',
    applicant: { kind: 'person', subjectRef: 'subject-1' },
  });
  const { state, history } = story(permitWorkflow(1), [requested, aStep('permit.noted', { text: 'a' })]);

  it('is told again from its beginning, and goes on from there', () => {
    const retold = retell(permitWorkflow(2), history);
    expect(retold).toMatchObject({ state: state.state, labels: state.labels });
    expect(retold.workflow.version).toBe(2);

    const moved: RecordedEvent = {
      ...aRecordedStep(
        { ...retold, revision: 2 },
        aStep('case.migrated', { from: { version: 1 }, to: { version: 2 } } as unknown as JsonObject),
      ),
    };
    const whole = replay([...history, moved], registry);
    expect(whole).toMatchObject({ state: 'reviewing', revision: 2 });
    expect(whole?.workflow.version).toBe(2);
  });

  it('is refused where that version declares no migration from its own', () =>
    expect(() => retell(permitWorkflow(3), history)).toThrow('version 3 declares no migration from 1'));

  it('is refused at the first event that version does not allow', () => {
    const stricter = permitWorkflow(2, { maxNotes: 0 });
    expect(() => retell(stricter, history)).toThrow(
      'revision 1 ("permit.noted") is not allowed in "reviewing" of version 2',
    );
  });
});

describe('by law', () => {
  it('replaying what was accepted gives every state that was decided, whatever was sent', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ pick: fc.nat(), seed: fc.nat(), passed: fc.boolean() }), {
          minLength: 20,
          maxLength: 40,
          size: 'max',
        }),
        (choices) => {
          const history: RecordedEvent[] = [];
          let state = newCase(applicationV1);
          for (const choice of choices) {
            if (state.snapshot.status !== 'active') break;
            const step = someStep(state, choice);
            let after: CaseState;
            try {
              after = decide(state, step);
            } catch (error) {
              if (isCaseError(error, 'GUARD_DENIED') || isCaseError(error, 'SAME_PERSON')) continue;
              throw error;
            }
            state = after;
            history.push(aRecordedStep(state, step));
            // As a store gives it back: through JSON.
            const stored = JSON.parse(
              JSON.stringify(history, (_key, value) => (typeof value === 'bigint' ? Number(value) : value)),
            );
            expect(essence(replay(stored, registry)!)).toEqual(essence(state));
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

/** Some event the state takes, with data that mostly satisfies its guard, so that the story goes on. */
function someStep(
  state: CaseState,
  { pick, seed, passed }: { pick: number; seed: number; passed: boolean },
): DecidableEvent {
  const chosen = <Value>(values: readonly Value[]): Value => values[seed % values.length]!;
  const ends = ['application.withdrawn', 'application.notAccepted', 'supplement.lapsed'];
  const taken = takenEvents(state.snapshot);
  const goingOn = taken.filter((type) => !ends.includes(type));
  const types = goingOn.length === 0 || seed % 17 === 0 ? taken : goingOn;
  const type = types[pick % types.length]!;
  const { id, materials } = chosen([
    { id: 'food-business-licence', materials: ['application-form', 'premises-layout'] },
    { id: 'food-business-licence', materials: ['application-form'] },
    { id: 'social-security-card', materials: ['id-card', 'photograph'] },
    { id: 'tax-registration-certificate', materials: [] },
  ]);
  const guide = catalogueLookup(countyItems)({ id }, '2026-03-02T01:00:00Z')?.value ?? null;
  const deadline = { status: 'running', passed, dueOn: '2026-03-20' };
  return aStep(
    type,
    {
      item: id,
      region: '330921',
      channel: 'window',
      applicant: { kind: 'person', subjectRef: 'subject-1' },
      materials: materials.map((material) => ({ material, form: 'paper', defect: 'unsigned' })),
      ground: chosen(['noLicenceNeeded', 'notCompetent', 'falseMaterials']),
      department: chosen(['market-regulation', 'health']),
      procedure: chosen(['inspection', 'inspection', 'auction']),
      level: 1 + (seed % 5),
    },
    {
      facts: {
        item: guide,
        supplement: deadline,
        decision: deadline,
        evaluation: deadline,
        secondEvaluation: deadline,
      },
      actor: {
        id: seed % 11 === 0 ? 'jack-of-all-trades' : `sender-of-${type}`,
        role: 'someone',
        department: chosen(['market-regulation', 'government-office']),
      },
    },
  );
}
