import type { Actor } from '../../src/domain/access.js';
import { newCase } from '../../src/domain/decide.js';
import { eventSchema, nextEvents } from '../../src/domain/next-events.js';
import { permitWorkflow } from '../support/permit.js';
import { aStep, story } from '../support/story.js';

const permit = permitWorkflow(1, { maxNotes: 1 });
const requested = aStep('permit.requested', {
  department: 'planning',
  region: '330921',
  applicant: { kind: 'person', subjectRef: 'subject-1' },
});
const noted = aStep('permit.noted', { text: 'a' });
const clerk: Actor = { id: 'clerk-1', roles: ['clerk'], region: '330921' };
const decider: Actor = { id: 'decider-1', roles: ['decider'], department: 'planning' };

const offered = (steps: Parameters<typeof story>[1], actor: Actor) =>
  Object.fromEntries(nextEvents(story(permit, steps).state, actor).map((next) => [next.type, next]));

describe('what may follow', () => {
  it('is offered with its titles, roles and the need for a reason', () => {
    const { 'permit.refused': refusal } = offered([requested], decider);
    expect(refusal).toMatchObject({
      title: { zh: '不予许可' },
      roles: ['decider'],
      permitted: true,
      reasonRequired: true,
    });
  });

  it('before a case is opened is what opens one, wherever the case will lie', () => {
    const [first, ...others] = nextEvents(newCase(permit), { id: 'account-1', roles: ['applicant'] });
    expect(first).toMatchObject({ type: 'permit.requested', permitted: true });
    expect(others).toEqual([]);
    expect(nextEvents(newCase(permit), decider)[0]).toMatchObject({
      permitted: false,
      refusal: { code: 'ROLE_NOT_PERMITTED' },
    });
  });

  it('is not permitted out of role or reach, and says so', () => {
    expect(offered([requested], clerk)['permit.granted']).toMatchObject({ refusal: { code: 'ROLE_NOT_PERMITTED' } });
    const elsewhere = { ...decider, department: 'health' };
    expect(offered([requested], elsewhere)['permit.granted']).toMatchObject({ refusal: { code: 'OUT_OF_SCOPE' } });
  });

  it('is not permitted to whoever did the other half', () => {
    const both: Actor = { ...decider, id: 'clerk-1' };
    expect(offered([requested], both)['permit.granted']).toMatchObject({
      permitted: false,
      refusal: { code: 'SAME_PERSON', separateFrom: 'permit.requested' },
    });
  });

  it('is blocked where the case alone says no, and left open where the event may decide', () => {
    expect(offered([requested], clerk)['permit.noted']).toMatchObject({ permitted: true });
    expect(offered([requested, noted], clerk)['permit.noted']).toMatchObject({
      permitted: false,
      blockedBy: [{ guard: 'mayNote' }],
    });
    expect(offered([requested], decider)['permit.granted']).toMatchObject({ permitted: true });
  });

  it('is described by the schema its data is read by, personal fields marked', () => {
    const schema = eventSchema(permit, 'permit.requested') as {
      properties: { applicant: { properties: Record<string, object> } };
    };
    expect(schema.properties.applicant.properties.name).toMatchObject({ type: 'string', 'x-personal': true });
    expect(schema.properties.applicant.properties.kind).not.toHaveProperty('x-personal');
    expect(eventSchema(permit, 'permit.requested')).toBe(schema);
  });
});
