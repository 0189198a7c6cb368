import { clerk, noted, requested, type ServedLedger, serveLedger } from './served-ledger.js';

let served: ServedLedger;
beforeEach(async () => {
  served = await serveLedger({ readModels: false });
});
afterEach(() => served.close());

const open = (caseId: string) => ({
  command: 'open',
  workflow: 'permit',
  commandId: `open ${caseId}`,
  caseId,
  event: requested(),
});
const note = (caseId: string, text: string) => ({
  command: 'send',
  workflow: 'permit',
  caseId,
  commandId: `${caseId} ${text}`,
  event: noted(text),
});

describe('POST /commands', () => {
  it('answers each command on its own, in their order', async () => {
    const answer = await served.call('POST', '/commands', {
      as: clerk,
      body: [open('p-1'), note('p-404', 'x'), { command: 'send' }, open('p-2'), { ...open('p-1') }],
    });

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject([
      { status: 201, receipt: { caseId: 'p-1' } },
      { status: 404, problem: { code: 'CASE_NOT_FOUND' } },
      { status: 400, problem: { code: 'REQUEST_INVALID' } },
      { status: 201, receipt: { caseId: 'p-2' } },
      { status: 200, receipt: { caseId: 'p-1', repeated: true } },
    ]);
  });

  it('keeps the order of commands on one case', async () => {
    const answer = await served.call('POST', '/commands', {
      as: clerk,
      body: [open('p-1'), note('p-1', 'one'), note('p-1', 'two'), note('p-1', 'three'), note('p-1', 'four')],
    });

    expect(answer.body.map((one: { status: number }) => one.status)).toEqual([201, 201, 201, 201, 409]);
    const { body } = await served.call('GET', '/cases/permit/p-1/history', { as: clerk });
    expect(body.events.slice(1).map((event: { data: { text: string } }) => event.data.text)).toEqual([
      'one',
      'two',
      'three',
    ]);
  });

  it('takes a thousand, shared by few appends to the disk, and not one more', async () => {
    const commands = Array.from({ length: 1_000 }, (_, index) => open(`p-${index}`));
    const taken = await served.call('POST', '/commands', { as: clerk, body: commands });
    const refused = await served.call('POST', '/commands', { as: clerk, body: [...commands, open('p-1000')] });

    expect(taken.body.every((one: { status: number }) => one.status === 201)).toBe(true);
    expect([refused.status, refused.body.code]).toEqual([400, 'REQUEST_INVALID']);
  });

  it('sees what revision a sender saw', async () => {
    const answer = await served.call('POST', '/commands', {
      as: clerk,
      body: [open('p-1'), { ...note('p-1', 'a'), expectedRevision: 0 }, { ...note('p-1', 'b'), expectedRevision: 0 }],
    });

    expect(answer.body[2]).toMatchObject({ status: 412, problem: { code: 'REVISION_CONFLICT', actual: 1 } });
  });
});
