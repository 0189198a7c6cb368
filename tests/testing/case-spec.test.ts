import { caseSpec, type SpecEvent } from '../../src/testing/case-spec.js';
import { ferry } from '../support/ferry.js';
import { permitWorkflow } from '../support/permit.js';

const boarded: SpecEvent = { type: 'ferry.boarded', data: { seats: 3 } };
const departed: SpecEvent = { type: 'ferry.departed' };
const landed: SpecEvent = { type: 'ferry.landed' };
const washed: SpecEvent = { type: 'deck.washed' };

const requested: SpecEvent = {
  type: 'permit.requested',
  data: {
    department: 'planning',
    region: '330921',
    applicant: { kind: 'person', name: '张三', idNumber: '330921199001011234' },
  },
};
const granted: SpecEvent = { type: 'permit.granted', data: { serial: 'P-1' } };

describe('a story', () => {
  const given = caseSpec(ferry);

  it('says where a case is after an event', () => given(boarded).when(departed).thenState('voyage.sailing', 'deck'));

  it('says that a case has ended', () => given(boarded, departed, landed).when(washed).thenClosed('voyage.landed'));

  it('says why an event is refused, in either language', () => {
    given(boarded).when(boarded).thenRefused('GUARD_DENIED', 'only 1 seat');
    given(boarded)
      .when(boarded)
      .thenRefused('GUARD_DENIED', /仅余 1 座/);
  });

  it('takes facts as given', () =>
    given()
      .when({ ...departed, facts: { mail: true } })
      .thenRefused('GUARD_DENIED', 'nobody is aboard'));
});

describe('a story tells what came instead', () => {
  const given = caseSpec(ferry);

  it.each([
    [
      'another state',
      () => given(boarded).when(departed).thenState('voyage.landed'),
      'it is in "voyage.sailing+deck.dirty"',
    ],
    ['an open case', () => given(boarded).when(departed).thenClosed(), 'it is open in'],
    ['a refusal', () => given(boarded).when(boarded).thenState('voyage'), '"ferry.boarded" was refused: GUARD_DENIED'],
    [
      'an acceptance',
      () => given(boarded).when(departed).thenRefused('GUARD_DENIED'),
      'it was accepted: "voyage.sailing',
    ],
    [
      'another refusal',
      () => given().when(landed).thenRefused('GUARD_DENIED'),
      'expected GUARD_DENIED, it was EVENT_NOT_ALLOWED',
    ],
    [
      'another reason',
      () => given(boarded).when(boarded).thenRefused('GUARD_DENIED', 'storm'),
      'expected the refusal to say storm',
    ],
    [
      'a story that cannot be',
      () => given(landed).when(departed).thenState('voyage'),
      'given event 1, "ferry.landed", was refused',
    ],
    ['another label', () => given().when(boarded).thenLabels({ region: '330921' }), 'it is undefined'],
  ])('where it is %s', (_what, tell, sentence) => expect(tell).toThrow(sentence));
});

describe('a story is judged as the engine judges', () => {
  const given = caseSpec(permitWorkflow(), { lookups: { quota: () => ({ value: 1, source: 'quota' }) } });

  it("with somebody made up for each role, in the case's own place", () =>
    given(requested).when(granted).thenState('granted'));

  it('with personal data taken out and the person named', () =>
    given()
      .when(requested)
      .thenCase(({ labels }) => expect(labels.applicant).toMatch(/^subject-/)));

  it('by data, role, reach and reason', () => {
    given()
      .when({ ...requested, data: {} })
      .thenRefused('EVENT_DATA_INVALID', 'applicant');
    given(requested)
      .when({ ...granted, by: 'clerk' })
      .thenRefused('ROLE_NOT_PERMITTED');
    given(requested)
      .when({ ...granted, by: { department: 'health' } })
      .thenRefused('OUT_OF_SCOPE');
    given(requested).when({ type: 'permit.refused' }).thenRefused('REASON_REQUIRED');
    given(requested)
      .when({ ...granted, by: { id: 'clerk-1', role: 'decider' } })
      .thenRefused('SAME_PERSON');
  });

  it('on facts looked up, and on nothing where none can be', () => {
    given(requested)
      .when({ ...granted, facts: { quota: 0 } })
      .thenRefused('GUARD_DENIED', 'quota is used up');
    caseSpec(permitWorkflow())(requested).when(granted).thenRefused('FACT_UNAVAILABLE', 'give the fact with the event');
  });
});
