import { type Actor, actingRole, LEDGER_ROLES, reaches, reachOf, regionPrefix } from '../../src/domain/access.js';
import { isCaseError } from '../../src/domain/case-error.js';
import type { CaseLabels, RoleDefinition } from '../../src/domain/workflow.js';
import { permitWorkflow } from '../support/permit.js';

const permit = permitWorkflow();
const roles: Readonly<Record<string, RoleDefinition>> = { ...permit.roles, ...LEDGER_ROLES };
const labels: CaseLabels = { region: '330921', department: 'planning', owner: 'account-1' };

const reach = (actor: Omit<Actor, 'id'> & { id?: string }, of: CaseLabels = labels) =>
  reaches(
    reachOf({ id: 'someone', ...actor }, (role) => roles[role]),
    of,
  );

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (isCaseError(error, 'ROLE_NOT_PERMITTED') || isCaseError(error, 'OUT_OF_SCOPE')) return error.failure.code;
    throw error;
  }
  return 'nothing';
}

describe('a case is reached', () => {
  it('by nobody, unless a role says so', () => {
    expect(reach({ roles: [] })).toBe(false);
    expect(reach({ roles: ['emperor'] })).toBe(false);
  });

  it('by a region and whatever lies above it', () => {
    for (const region of ['330921', '330900', '330000']) expect(reach({ roles: ['clerk'], region })).toBe(true);
    for (const region of ['330922', '330800', '320000', '330921001'])
      expect(reach({ roles: ['clerk'], region })).toBe(false);
    expect(reach({ roles: ['clerk'] })).toBe(false);
    expect(reach({ roles: ['clerk'], region: '330921' }, {})).toBe(false);
  });

  it('by a county for its townships', () =>
    expect(reach({ roles: ['clerk'], region: '330921' }, { region: '330921101000' })).toBe(true));

  it('by a department of its own, and within the region it names', () => {
    expect(reach({ roles: ['decider'], department: 'planning' })).toBe(true);
    expect(reach({ roles: ['decider'], department: 'planning', region: '330900' })).toBe(true);
    expect(reach({ roles: ['decider'], department: 'planning', region: '330922' })).toBe(false);
    expect(reach({ roles: ['decider'], department: 'health' })).toBe(false);
    expect(reach({ roles: ['decider'], region: '330921' })).toBe(false);
  });

  it('by its owner', () => {
    expect(reach({ id: 'account-1', roles: ['applicant'] })).toBe(true);
    expect(reach({ id: 'account-2', roles: ['applicant'] })).toBe(false);
    expect(reach({ id: 'account-1', roles: ['applicant'] }, { region: '330921' })).toBe(false);
  });

  it('by an auditor, wherever it lies', () => expect(reach({ roles: ['auditor'] }, {})).toBe(true));

  it('by whichever of several roles reaches furthest', () =>
    expect(reach({ roles: ['applicant', 'clerk'], region: '330000' })).toBe(true));
});

describe('an event is sent', () => {
  const noted = (actor: Omit<Actor, 'id'>, of: CaseLabels = labels) =>
    actingRole(permit, 'permit.noted', { id: 'x', ...actor }, of);

  it('in a role its definition names that reaches the case', () =>
    expect(noted({ roles: ['decider', 'clerk'], region: '330921' })).toBe('clerk'));

  it('by nobody else', () => {
    expect(codeOf(() => noted({ roles: ['decider', 'auditor'], department: 'planning' }))).toBe('ROLE_NOT_PERMITTED');
    expect(codeOf(() => noted({ roles: ['clerk'], region: '330922' }))).toBe('OUT_OF_SCOPE');
    expect(codeOf(() => actingRole(permit, 'permit.lost', { id: 'x', roles: ['clerk'] }, labels))).toBe(
      'ROLE_NOT_PERMITTED',
    );
  });

  it('to open a case, where the role it is sent in would put that case', () => {
    const opening = (actor: Actor) =>
      actingRole(permit, 'permit.requested', actor, (role) =>
        role === 'applicant' ? { ...labels, owner: actor.id } : labels,
      );

    expect(opening({ id: 'account-7', roles: ['applicant'] })).toBe('applicant');
    expect(opening({ id: 'clerk-7', roles: ['applicant', 'clerk'], region: '330921' })).toBe('clerk');
    expect(opening({ id: 'clerk-7', roles: ['applicant', 'clerk'], region: '330922' })).toBe('applicant');
    expect(codeOf(() => opening({ id: 'clerk-7', roles: ['clerk'], region: '330922' }))).toBe('OUT_OF_SCOPE');
  });
});

describe('a division code', () => {
  it.each([
    ['330000', '33'],
    ['330900', '3309'],
    ['330921', '330921'],
    ['330921101000', '330921101000'],
  ])('%s stands for all that begins with %s', (region, prefix) => expect(regionPrefix(region)).toBe(prefix));
});
