import type { Actor } from '../../src/domain/access.js';
import { isCaseError } from '../../src/domain/case-error.js';
import type { CommandEvent } from '../../src/engine/command.js';
import { type Ledger, openLedger } from '../../src/ledger.js';
import { catalogueLookup } from '../../src/workflows/catalogue/catalogue-lookup.js';
import { countyItems } from '../../src/workflows/catalogue/county-items.js';
import { shippedWorkflows } from '../../src/workflows/registry.js';

const PLACE = { region: '330921', department: 'market-regulation' };
const staff = (role: string, department = PLACE.department): Actor => ({
  id: `${role}-1`,
  roles: [role],
  ...PLACE,
  department,
});
const handedIn = (...codes: string[]) => codes.map((material) => ({ material, form: 'paper' }));

const applicant = { kind: 'person', name: '张三', idNumber: '330921199001010011' };
const filing = { region: '330921', channel: 'window', applicant };
const foodLicence: CommandEvent = {
  type: 'application.received',
  data: { ...filing, item: 'food-business-licence', materials: handedIn('application-form', 'premises-layout') },
};
const socialCard: CommandEvent = {
  type: 'application.received',
  data: { ...filing, item: 'social-security-card', materials: handedIn('id-card', 'photograph') },
};
const accepted: CommandEvent = { type: 'application.accepted', data: { notice: '受理 1' } };
const bad: CommandEvent = { type: 'evaluation.given', data: { level: 1, comment: '等了两个小时' } };

let ledger: Ledger;
let now: string;
let commands: number;

beforeEach(async () => {
  now = '2024-03-04T01:00:00.000Z';
  commands = 0;
  ledger = await openLedger({
    store: 'memory:',
    workflows: shippedWorkflows,
    lookups: { catalogue: catalogueLookup(countyItems) },
    clock: { now: () => new Date(now) },
  });
});
afterEach(() => ledger.close());

/** Opens the case `c` on its first day, at nine in the morning in China. */
async function opened(event: CommandEvent): Promise<void> {
  await ledger.open({
    workflow: 'application',
    caseId: 'c',
    commandId: 'open',
    actor: staff('intake'),
    events: [event],
  });
}

/** Sends one event on a day of 2024, at ten in the morning in China. */
async function on(day: string, actor: Actor, event: CommandEvent, reason?: string) {
  now = `2024-${day}T02:00:00.000Z`;
  commands += 1;
  const command = { workflow: 'application', caseId: 'c', commandId: `c-${commands}`, actor, events: [event] };
  return ledger.send({ ...command, ...(reason !== undefined && { reason }) });
}

async function refusal(sent: Promise<unknown>): Promise<string> {
  const error = await sent.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return isCaseError(error, 'GUARD_DENIED') ? error.failure.reasons.map(({ guard }) => guard).join() : String(error);
}

async function due(deadline: string) {
  const found = (await ledger.deadlines({ workflow: 'application', caseId: 'c' })).find(
    ({ name }) => name === deadline,
  );
  return found && { on: found.due.dueOn, status: found.status, limit: found.limit };
}

/** Up to the review of a licence, accepted on 5 March. */
async function underReview(): Promise<void> {
  await opened(foodLicence);
  await on('03-05', staff('intake'), accepted);
  await on('03-05', staff('reviewer'), { type: 'review.started', data: {} });
}

async function approvedOn(day: string): Promise<void> {
  await on(day, staff('reviewer'), { type: 'review.completed', data: { opinion: 'approve', basis: '食品安全法 33' } });
  await on(day, staff('decider'), { type: 'application.approved', data: { decision: '准予 1' } });
}

describe('the limits of a licence', () => {
  it('are five working days to accept it', async () => {
    await opened(foodLicence);
    expect(await due('acceptance')).toEqual({ on: '2024-03-11', status: 'running', limit: 'statutory' });

    await on('03-05', staff('intake'), accepted);
    expect((await due('acceptance'))?.status).toBe('met');
  });

  it('are twenty by law and the promised five beside them, both from acceptance', async () => {
    await underReview();

    expect(await due('decision')).toEqual({ on: '2024-04-02', status: 'running', limit: 'statutory' });
    expect(await due('promise')).toEqual({ on: '2024-03-12', status: 'running', limit: 'promised' });
  });

  it('stand still during a special procedure', async () => {
    await underReview();
    const data = { procedure: 'inspection', notice: '特 1', expectedEnd: '2024-03-15' };
    await on('03-07', staff('reviewer'), { type: 'specialProcedure.started', data });
    expect((await due('decision'))?.status).toBe('paused');
    expect(await due('specialProcedure')).toEqual({ on: '2024-03-15', status: 'running', limit: 'internal' });

    await on('03-14', staff('reviewer'), { type: 'specialProcedure.ended', data: { finding: '合格' } });
    expect((await due('decision'))?.on).toBe('2024-04-10');
    expect((await due('promise'))?.on).toBe('2024-03-19');
  });

  it('run on when the case passes to another department', async () => {
    await underReview();
    await on('03-08', staff('reviewer'), { type: 'application.transferred', data: { department: 'health' } }, '移交');

    expect(await due('decision')).toEqual({ on: '2024-04-02', status: 'running', limit: 'statutory' });
  });

  it('are ten days longer by law once extended, while the promise stays', async () => {
    await underReview();
    await on('03-28', staff('unitHead'), { type: 'decision.extended', data: { notice: '延 1' } }, '需现场核实');

    expect((await due('decision'))?.on).toBe('2024-04-17');
    expect((await due('promise'))?.on).toBe('2024-03-12');
  });

  it('cannot be extended once they are over', async () => {
    await underReview();
    const late = on('04-03', staff('unitHead'), { type: 'decision.extended', data: { notice: '延 1' } }, '需现场核实');

    expect(await refusal(late)).toBe('extensionIsInTime');
  });

  it('are ten working days to deliver a grant', async () => {
    await underReview();
    await approvedOn('03-11');

    expect((await due('decision'))?.status).toBe('met');
    expect(await due('delivery')).toEqual({ on: '2024-03-25', status: 'running', limit: 'statutory' });
  });

  it('end with a withdrawal', async () => {
    await underReview();
    await on('03-11', staff('intake'), { type: 'application.withdrawn', data: {} }, '不再经营');

    expect((await due('decision'))?.status).toBe('cancelled');
    expect((await due('promise'))?.status).toBe('cancelled');
  });
});

describe('the limits of a public service', () => {
  it('are those it promises: the licensing law says nothing of it', async () => {
    await opened(socialCard);
    await on('03-05', staff('intake'), accepted);

    expect(await due('acceptance')).toBeUndefined();
    expect(await due('decision')).toBeUndefined();
    expect(await due('promise')).toEqual({ on: '2024-03-19', status: 'running', limit: 'promised' });
  });
});

describe('a supplement', () => {
  const notice: CommandEvent = {
    type: 'supplement.requested',
    data: { notice: '补 1', materials: [{ material: 'premises-layout', defect: '未盖章' }] },
  };
  const lapsed: CommandEvent = { type: 'supplement.lapsed', data: {} };
  const alarmClock: Actor = { id: 'alarm-clock', roles: ['alarmClock'] };

  it('starts the time to accept anew', async () => {
    await opened(foodLicence);
    await on('03-05', staff('intake'), notice);
    expect((await due('acceptance'))?.status).toBe('met');

    await on('03-18', staff('intake'), {
      type: 'application.supplemented',
      data: { materials: handedIn('premises-layout') },
    });
    expect(await due('acceptance')).toEqual({ on: '2024-03-25', status: 'running', limit: 'statutory' });
  });

  it('lapses after its last day and not on it', async () => {
    await opened(foodLicence);
    await on('03-05', staff('intake'), notice);
    const last = (await due('supplement'))!.on;
    expect(last).toBe('2024-04-17');

    expect(await refusal(on('04-17', alarmClock, lapsed))).toBe('supplementIsOverdue');
    expect((await on('04-18', alarmClock, lapsed)).state).toBe('handling.lapsed+loop.notDue');
  });
});

describe('a bad rating', () => {
  async function rated(): Promise<void> {
    await underReview();
    await approvedOn('03-11');
    await on('03-11', staff('intake'), { type: 'result.delivered', data: { method: 'window' } });
    await on('03-12', staff('ratingTerminal'), bad);
  }

  it('wants a visit within a day and rectification within fifteen', async () => {
    await rated();

    expect((await due('evaluation'))?.status).toBe('met');
    expect(await due('returnVisit')).toEqual({ on: '2024-03-13', status: 'running', limit: 'internal' });
    expect(await due('rectification')).toEqual({ on: '2024-04-02', status: 'running', limit: 'internal' });
  });

  it('stops the time to rectify while an appeal is decided', async () => {
    await rated();
    await on('03-13', staff('callbackClerk'), {
      type: 'returnVisit.recorded',
      data: { means: 'telephone', cause: '排队' },
    });
    await on('03-13', staff('unitHead'), { type: 'appeal.filed', data: { ground: 'mistaken' } }, '评错窗口');
    expect((await due('rectification'))?.status).toBe('paused');

    await on('03-15', staff('supervisor', 'government-office'), { type: 'appeal.dismissed', data: {} }, '属实');
    expect((await due('rectification'))?.on).toBe('2024-04-07');
  });

  it('is never lost: its window is no longer there to lapse', async () => {
    await rated();
    const lapsed = on('05-06', { id: 'alarm-clock', roles: ['alarmClock'] }, { type: 'evaluation.lapsed', data: {} });

    expect(await refusal(lapsed)).toContain('is not allowed');
  });

  it('given before delivery starts no window when the result is delivered', async () => {
    await underReview();
    await approvedOn('03-11');
    await on('03-12', staff('ratingTerminal'), { type: 'evaluation.given', data: { level: 5 } });
    await on('03-13', staff('intake'), { type: 'result.delivered', data: { method: 'window' } });

    expect((await due('evaluation'))?.status).toBe('met');
    expect(await ledger.load({ workflow: 'application', caseId: 'c' })).toMatchObject({ status: 'closed' });
  });
});

describe('the ledger of an application', () => {
  it('holds no personal data and replays to what was decided', async () => {
    await underReview();
    await approvedOn('03-11');
    await on('03-11', staff('ratingTerminal'), bad);

    const history = await ledger.history({ workflow: 'application', caseId: 'c' });
    expect(JSON.stringify(history)).not.toMatch(/张三|330921199001010011|两个小时/);
    expect(history.at(-1)?.data).toEqual({ level: 1, comment: { withheld: true } });
    expect(await ledger.check()).toMatchObject({ cases: 1 });
  });

  it('holds the catalogue version and the facts each decision rested on', async () => {
    await underReview();

    const [receipt, acceptance] = await ledger.history({ workflow: 'application', caseId: 'c' });
    expect(receipt?.metadata.item).toEqual({ id: 'food-business-licence', version: 2 });
    expect(receipt?.metadata.facts?.item).toMatchObject({ source: 'catalogue', revision: 2 });
    expect(acceptance?.metadata.facts?.item?.value).toEqual({ kind: 'licence', promisedDays: 5 });
  });
});
