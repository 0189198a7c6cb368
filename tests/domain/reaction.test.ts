import type { CaseFailure } from '../../src/domain/case-error.js';
import { CaseError } from '../../src/domain/case-error.js';
import { checkReactions, commandsOf, EVERY_WORKFLOW, type Reaction, triggers } from '../../src/domain/reaction.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { inspection, ordersInspections } from '../support/inspection.js';
import { permitWorkflow } from '../support/permit.js';

const registry = workflowRegistry([permitWorkflow(), inspection]);

/** What is wrong with a reaction; nothing when it may be registered. */
function problemsOf(change: Partial<Reaction>): readonly string[] {
  try {
    checkReactions([{ ...ordersInspections, ...change }], registry);
    return [];
  } catch (error) {
    return (error as CaseError & { failure: Extract<CaseFailure, { code: 'REACTION_INVALID' }> }).failure.problems;
  }
}

const anEvent = (workflow: string, type: string) => ({ type, metadata: { workflow: { name: workflow } } }) as never;

describe('a reaction', () => {
  it('that fits the workflows it joins is taken', () => expect(problemsOf({})).toEqual([]));

  it.each<[string, Partial<Reaction>, string]>([
    ['a name that is none', { name: 'Orders' }, 'lower-case words'],
    ['no version', { version: 0 }, 'whole number from 1'],
    ['no Chinese title', { title: { en: 'Orders', zh: ' ' } }, 'lacks an English or a Chinese title'],
    ['nothing to listen to', { on: [] }, 'listens to nothing'],
    ['a workflow nobody knows', { on: [{ workflow: 'moon', events: ['a.b'] }] }, 'the workflow "moon"'],
    ['an event nobody knows', { on: [{ workflow: 'permit', events: ['permit.eaten'] }] }, '"permit.eaten"'],
    ['an event list that is empty', { on: [{ workflow: 'permit', events: [] }] }, 'no event of "permit"'],
    ['nothing to send', { sends: {} }, 'sends nothing'],
    ['a target nobody knows', { sends: { moon: ['a.b'] } }, 'sends to the workflow "moon"'],
    ['an event its target has not', { sends: { inspection: ['inspection.eaten'] } }, 'no event of "inspection"'],
    ['an event its role may not send', { sends: { inspection: ['inspection.closed'] } }, 'may not be sent by'],
    [
      'a role that reaches less than the ledger',
      { sends: { permit: ['permit.noted'] }, role: 'clerk' },
      'reaches the whole ledger',
    ],
    ['a function that asks the clock', { react: () => [{ at: Date.now() }] as never }, 'reaches outside its arguments'],
  ])('is refused for %s', (_, change, problem) => {
    expect(problemsOf(change)).toEqual(expect.arrayContaining([expect.stringContaining(problem)]));
  });

  it('is refused beside another of its name', () => {
    expect(() => checkReactions([ordersInspections, ordersInspections], registry)).toThrow(
      'another reaction has its name',
    );
  });

  it('may listen to built-in events, of one workflow or of all', () => {
    expect(problemsOf({ on: [{ workflow: EVERY_WORKFLOW, events: ['case.migrated', 'permit.noted'] }] })).toEqual([]);
    expect(problemsOf({ on: [{ workflow: 'permit', events: ['case.migrated'] }] })).toEqual([]);
  });

  it('is caused by what it listens to and nothing else', () => {
    const everywhere = { on: [{ workflow: EVERY_WORKFLOW, events: ['case.migrated'] }] };

    expect(triggers(ordersInspections, anEvent('permit', 'permit.noted'))).toBe(true);
    expect(triggers(ordersInspections, anEvent('permit', 'permit.granted'))).toBe(false);
    expect(triggers(ordersInspections, anEvent('inspection', 'permit.noted'))).toBe(false);
    expect(triggers(everywhere, anEvent('inspection', 'case.migrated'))).toBe(true);
  });

  it('may not yield what it does not declare', () => {
    const yielding = (workflow: string, ...types: string[]) =>
      commandsOf(
        {
          ...ordersInspections,
          react: () => [{ workflow, caseId: 'x', mode: 'open', events: types.map((type) => ({ type, data: {} })) }],
        },
        {} as never,
      );

    expect(() => yielding('permit', 'permit.noted')).toThrow(CaseError);
    expect(() => yielding('inspection', 'inspection.closed')).toThrow('which it does not declare');
    expect(() => yielding('inspection')).toThrow('without an event');
    expect(yielding('inspection', 'inspection.ordered')).toHaveLength(1);
  });
});
