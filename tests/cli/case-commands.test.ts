import { writeFileSync } from 'node:fs';
import { temporaryFolder } from '../support/temporary-folder.js';
import { caseledger, type Ran } from './caseledger-process.js';

const STALL = 'tests/cli/stall-permit.mjs';
const clerk = ['--actor', 'clerk-7', '--role', 'stallClerk', '--region', '330921'];
const request = { region: '330921', applicant: { name: '陈雨', idNumber: '330921199001011234' } };

describe('a case on the command line', () => {
  const path = temporaryFolder();
  let stall: readonly string[];

  beforeEach(async () => {
    stall = ['--ledger', path('stalls.sqlite'), '--workflows', STALL, '--json'];
    const opened = await run(
      'open',
      'stall-permit',
      'permit.requested',
      '--case',
      'A1',
      '--command-id',
      'intake-1',
      ...clerk,
      '--data',
      JSON.stringify(request),
    );
    expect(opened.json).toMatchObject({ caseId: 'A1', state: 'review', revision: 0, repeated: false });
  });

  const run = (...args: readonly string[]): Promise<Ran> => caseledger([...args, ...stall]);

  it('takes what follows, once however often the command is sent', async () => {
    const grant = [
      'send',
      'stall-permit',
      'A1',
      'permit.granted',
      '--data',
      '{"metres":2.5}',
      '--command-id',
      'grant-1',
      ...clerk,
    ];

    const first = await run(...grant);
    const again = await run(...grant);

    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.json).toMatchObject({ state: 'granted', revision: 1, repeated: false });
    expect(again.json).toMatchObject({ state: 'granted', revision: 1, repeated: true });
  });

  it('says why an event is refused, and stores nothing', async () => {
    const refused = await run('send', 'stall-permit', 'A1', 'permit.granted', '--data', '{"metres":5}', ...clerk);

    expect(refused.code).toBe(3);
    expect(refused.stderr).toBe('caseledger: "permit.granted" is refused: a stall is at most 3 metres wide\n');
    expect(refused.json.error).toMatchObject({
      code: 'GUARD_DENIED',
      reasons: [{ title: { zh: '摊位宽度不得超过3米' } }],
    });
    expect((await run('show', 'stall-permit', 'A1')).json).toMatchObject({ state: 'review', revision: 0 });
  });

  it('says it in Chinese where asked to', async () => {
    const refused = await run(
      'send',
      'stall-permit',
      'A1',
      'permit.granted',
      '--data',
      '{"metres":5}',
      '--lang',
      'zh',
      ...clerk,
    );

    expect(refused.stderr).toBe('caseledger: "permit.granted" 不予办理：摊位宽度不得超过3米\n');
  });

  it('assumes no role: who acted as what is recorded', async () => {
    const refused = await run('send', 'stall-permit', 'A1', 'permit.granted', '--data', '{"metres":2}');

    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('name a role with --role');
  });

  it('takes data from a file and from standard input', async () => {
    writeFileSync(path('grant.json'), '{"metres":1}');
    await run('open', 'stall-permit', 'permit.requested', '--case', 'A2', ...clerk, '--data', JSON.stringify(request));

    const fromFile = await run(
      'send',
      'stall-permit',
      'A1',
      'permit.granted',
      '--data',
      `@${path('grant.json')}`,
      ...clerk,
    );
    const fromInput = await caseledger(
      ['send', 'stall-permit', 'A2', 'permit.granted', '--data', '-', ...clerk, ...stall],
      { input: '{"metres":1}' },
    );

    expect([fromFile.json.state, fromInput.json.state]).toEqual(['granted', 'granted']);
  });

  it('takes several events in one command, all or none', async () => {
    const events = JSON.stringify([
      { type: 'permit.requested', data: request },
      { type: 'permit.granted', data: { metres: 3 } },
    ]);
    const tooWide = events.replace('3}', '9}');

    const refused = await run('open', 'stall-permit', '--case', 'A3', '--events', tooWide, ...clerk);
    const taken = await run('open', 'stall-permit', '--case', 'A3', '--events', events, ...clerk);

    expect(refused.code).toBe(3);
    expect(taken.json).toMatchObject({ state: 'granted', revision: 1 });
  });

  it('is not changed by somebody who has not seen its latest event', async () => {
    await run('send', 'stall-permit', 'A1', 'permit.granted', '--data', '{"metres":1}', ...clerk);

    const late = await run(
      'send',
      'stall-permit',
      'A1',
      'permit.granted',
      '--data',
      '{"metres":2}',
      '--expected-revision',
      '0',
      ...clerk,
    );

    expect(late.code).toBe(3);
    expect(late.json.error).toMatchObject({ code: 'REVISION_CONFLICT', expected: 0, actual: 1 });
  });

  it('is shown as it is, and as it was', async () => {
    await run('send', 'stall-permit', 'A1', 'permit.granted', '--data', '{"metres":1}', ...clerk);

    const now = await run('show', 'stall-permit', 'A1');
    const before = await run('show', 'stall-permit', 'A1', '--as-of', '0');

    expect(now.json).toMatchObject({
      state: 'granted',
      status: 'closed',
      next: [],
      deadlines: [{ name: 'decision', status: 'met' }],
    });
    expect(before.json).toMatchObject({
      state: 'review',
      status: 'open',
      deadlines: [{ name: 'decision', status: 'running' }],
    });
  });

  it("shows what may follow in the reader's language", async () => {
    const shown = await caseledger([
      'show',
      'stall-permit',
      'A1',
      ...stall.filter((one) => one !== '--json'),
      '--lang',
      'zh',
    ]);

    expect(shown.stdout).toContain('审查中');
    expect(shown.stdout).toMatch(/permit\.granted +准予许可 +stallClerk/);
  });

  it('withholds personal data until a purpose is given', async () => {
    const withheld = await run('history', 'stall-permit', 'A1');
    const revealed = await run(
      'history',
      'stall-permit',
      'A1',
      '--reveal',
      'identity check at the window',
      '--actor',
      'clerk-7',
    );

    expect(withheld.json[0].data.applicant.name).toEqual({ withheld: true });
    expect(withheld.stdout).not.toContain('陈雨');
    expect(revealed.json[0].data.applicant.name).toBe('陈雨');
  });

  it('is replayed event by event', async () => {
    await run('send', 'stall-permit', 'A1', 'permit.granted', '--data', '{"metres":3}', ...clerk);

    const replayed = await run('replay', 'stall-permit', 'A1');

    expect(replayed.json).toMatchObject({
      agrees: true,
      steps: [{ state: 'review' }, { state: 'granted', recorded: 'granted' }],
    });
  });

  it('has every due date explained, in both languages', async () => {
    const en = await caseledger([
      'explain',
      'stall-permit',
      'A1',
      'decision',
      ...stall.filter((one) => one !== '--json'),
      '--lang',
      'en',
    ]);
    const zh = await caseledger([
      'explain',
      'stall-permit',
      'A1',
      'decision',
      ...stall.filter((one) => one !== '--json'),
      '--lang',
      'zh',
    ]);

    expect(en.stdout).toContain('Decision');
    expect(zh.stdout).toContain('摊位管理办法 7');
    expect((await run('explain', 'stall-permit', 'A1', 'delivery')).code).toBe(4);
  });

  it('moves to another version of its rules only with a reason', async () => {
    const both = ['--ledger', path('stalls.sqlite'), '--workflows', 'tests/cli/stall-permit-v2.mjs', '--json'];

    const withoutReason = await caseledger(['migrate', 'stall-permit', 'A1', '2', ...both]);
    const moved = await caseledger(['migrate', 'stall-permit', 'A1', '2', '--reason', '2027 rules', ...both]);

    expect(withoutReason.code).toBe(2);
    expect(moved.json).toMatchObject({ version: 2, state: 'review' });
  });

  it('is found to diverge when a released definition was changed under it', async () => {
    await run('send', 'stall-permit', 'A1', 'permit.granted', '--data', '{"metres":3}', ...clerk);

    const sound = await run('check');
    const changed = await caseledger([
      'check',
      '--ledger',
      path('stalls.sqlite'),
      '--workflows',
      'tests/cli/stall-permit-narrower.mjs',
      '--json',
    ]);
    const replayed = await caseledger([
      'replay',
      'stall-permit',
      'A1',
      '--ledger',
      path('stalls.sqlite'),
      '--workflows',
      'tests/cli/stall-permit-narrower.mjs',
    ]);

    expect(sound).toMatchObject({ code: 0, json: { cases: 1, events: 2, diverging: [], changedDefinitions: [] } });
    expect(changed.code).toBe(6);
    expect(changed.json).toMatchObject({
      diverging: [{ workflow: 'stall-permit', caseId: 'A1', failure: { code: 'REPLAY_DIVERGED', revision: 1 } }],
      changedDefinitions: [{ workflow: 'stall-permit', version: 1 }],
    });
    expect(replayed.code).toBe(6);
    expect(replayed.stdout).toContain('recorded as granted');
  });
});
