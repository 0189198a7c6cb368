import { defineWorkflow } from '../../src/domain/workflow.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { ferry, ferrySource } from '../support/ferry.js';
import { permitWorkflow } from '../support/permit.js';

const named = (name: string) => defineWorkflow({ ...ferrySource, name });

describe('a registry', () => {
  const registry = workflowRegistry([permitWorkflow(2), ferry, permitWorkflow(1)]);

  it('keeps every version, oldest first, and knows the newest', () => {
    expect(registry.all().map(({ name, version }) => `${name}@${version}`)).toEqual([
      'permit@1',
      'permit@2',
      'ferry@1',
    ]);
    expect(registry.current('permit').version).toBe(2);
    expect(registry.get('permit', 1).version).toBe(1);
    expect(registry.names()).toEqual(['ferry', 'permit']);
  });

  it("knows every role, the ledger's own among them", () => {
    expect(registry.role('captain')?.scope).toBe('ledger');
    expect(registry.role('auditor')?.title.en).toBe('Auditor');
    expect(registry.role('emperor')).toBeUndefined();
  });

  it('says what it does have, where it has not', () => {
    expect(() => registry.current('tram')).toThrow('there is no workflow "tram"; known: ferry, permit');
    expect(() => registry.get('permit', 3)).toThrow('workflow "permit" has no version 3; known: 1, 2');
  });
});

describe('a registry refuses', () => {
  it('one version twice', () =>
    expect(() => workflowRegistry([ferry, ferry])).toThrow('version 1 is registered twice'));

  it('two workflows whose streams would be filed together', () =>
    expect(() =>
      workflowRegistry([named('night-ferry'), named('nightFerry'.toLowerCase()), { ...ferry, name: 'nightFerry' }]),
    ).toThrow('its streams would be filed with those of "night-ferry"'));

  it('one role with two scopes', () => {
    const sailor = { title: { en: 'Sailor', zh: '水手' }, scope: 'region' } as const;
    const other = defineWorkflow({ ...ferrySource, name: 'barge', roles: { ...ferrySource.roles, sailor } });
    expect(() => workflowRegistry([ferry, other])).toThrow('the role "sailor" has the scope "ledger" elsewhere');
  });
});
