import { isCaseError } from '../../src/domain/case-error.js';
import { decide, labelsAfter, newCase, parseEventData } from '../../src/domain/decide.js';
import { permitWorkflow } from '../support/permit.js';
import { aStep, story } from '../support/story.js';

const permit = permitWorkflow();
const requested = aStep('permit.requested', {
  department: 'planning',
  region: '330921',
  applicant: { kind: 'person', subjectRef: 'subject-1' },
});
const granted = aStep(
  'permit.granted',
  { serial: 'P-1' },
  { actor: { id: 'decider-1', role: 'decider' }, facts: { quota: 1 } },
);

function failureOf(attempt: () => unknown) {
  try {
    attempt();
  } catch (error) {
    if (isCaseError(error, 'EVENT_DATA_INVALID')) return error.failure;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('an accepted event', () => {
  it('moves the case on, and leaves the case before it as it was', () => {
    const before = newCase(permit);
    const after = decide(before, requested);

    expect(before).toMatchObject({ state: 'draft', revision: -1, labels: {} });
    expect(after).toMatchObject({ state: 'reviewing', revision: 0 });
  });

  it('sets the labels its definition says, beside those that were there', () => {
    const { state } = story(permit, [requested]);
    expect(state.labels).toEqual({
      applicant: 'subject-1',
      channel: 'window',
      department: 'planning',
      owner: 'clerk-1',
      region: '330921',
    });
    expect(labelsAfter(permit, state.labels, granted)).toBe(state.labels);
  });

  it('is remembered with its sender where a rule of two persons looks back at it', () => {
    expect(story(permit, [requested, granted]).state.senders).toEqual({ 'permit.requested': ['clerk-1'] });
  });
});

describe('a refused event', () => {
  it('is not taken from somebody who did the other half', () => {
    const { state } = story(permit, [requested]);
    const alone = { ...granted, actor: { id: 'clerk-1', role: 'decider' } };

    expect(() => decide(state, alone)).toThrow('must be sent by someone other than whoever sent "permit.requested"');
  });

  it('is told what else the case would take', () =>
    expect(() => decide(newCase(permit), granted)).toThrow('allowed: permit.requested'));

  it('is told that nothing follows once the case is closed', () =>
    expect(() => decide(story(permit, [requested, granted]).state, requested)).toThrow('allowed: nothing'));

  it('is told why, in the words of the guard', () =>
    expect(() => decide(story(permit, [requested]).state, { ...granted, facts: { quota: 0 } })).toThrow(
      "the department's quota is used up",
    ));
});

describe('data', () => {
  it('is read by the schema of its event', () => {
    expect(parseEventData(permit, 'permit.granted', { serial: 'P-1' })).toEqual({ serial: 'P-1' });
    expect(() => parseEventData(permit, 'permit.lost', {})).toThrow('is not an event of permit');
    expect(() => parseEventData(permit, 'toString', {})).toThrow('is not an event of permit');
  });

  it('that is wrong is told by its path and never by its value', () => {
    const failure = failureOf(() =>
      parseEventData(permit, 'permit.requested', {
        department: 'planning',
        region: '330921',
        applicant: { kind: 'robot-Zhang-San', name: 3, idNumber: '' },
      }),
    );

    expect(failure.issues.map(({ path }) => path)).toEqual(['applicant.kind', 'applicant.name', 'applicant.idNumber']);
    expect(JSON.stringify(failure)).not.toContain('Zhang-San');
  });

  it('with a key nobody knows is told without the key, which may be a number somebody goes by', () => {
    const failure = failureOf(() =>
      parseEventData(permit, 'permit.granted', { serial: 'P-1', '330921199001011234': 1 }),
    );

    expect(JSON.stringify(failure)).not.toContain('330921199001011234');
  });
});
