import { setup } from 'xstate';
import { z } from 'zod';
import { personal, subject } from '../../src/domain/personal-data.js';
import { defineEvent, defineWorkflow, type MachineEvent } from '../../src/domain/workflow.js';
import { permitWorkflow } from '../support/permit.js';
import {
  another,
  clerk,
  failureOf,
  MORNING,
  noted,
  openPermit,
  PERSON,
  permitOffice,
  requested,
  sendPermit,
} from './permit-office.js';

const title = { en: 'x', zh: 'x' };

describe('data under the name the ledger keeps for sealed parts', () => {
  const events = {
    'form.filed': defineEvent({
      title,
      data: z.looseObject({}),
      roles: ['clerk'],
      labels: () => ({ region: '330921' }),
    }),
  };
  const form = defineWorkflow({
    name: 'form',
    version: 1,
    title,
    machine: setup({ types: { events: {} as MachineEvent<typeof events> } }).createMachine({
      initial: 'open',
      states: { open: { on: { 'form.filed': { target: 'open' } } } },
    }),
    events,
    states: { open: title },
    roles: { clerk: { title, scope: 'region' } },
  });

  it("is refused: it would be read as somebody's personal data", async () => {
    const { engine } = await permitOffice({ workflows: [form] });
    const file = (data: object) =>
      engine.open({
        workflow: 'form',
        caseId: 'f-1',
        commandId: 'file-1',
        actor: clerk,
        events: [{ type: 'form.filed', data }],
      });
    expect(await failureOf(file({ $personal: [{ subject: 's-1' }] }))).toMatchObject({
      code: 'EVENT_DATA_INVALID',
      event: 'form.filed',
      issues: [{ path: '$personal' }],
    });
    expect(await file({ anything: { $personal: "deeper down is the author's own" } })).toMatchObject({ revision: 0 });
    expect((await engine.history({ workflow: 'form', caseId: 'f-1' }))[0]!.data).toEqual({
      anything: { $personal: "deeper down is the author's own" },
    });
  });
});

describe('a person', () => {
  it('met twice in one command is one subject, however their number is written', async () => {
    const family = {
      'family.registered': defineEvent({
        title,
        data: z.strictObject({ members: z.array(subject({ number: personal(z.string(), { identifies: true }) })) }),
        roles: ['clerk'],
        labels: () => ({ region: '330921' }),
      }),
    };
    const workflow = defineWorkflow({
      name: 'family',
      version: 1,
      title,
      machine: setup({ types: { events: {} as MachineEvent<typeof family> } }).createMachine({
        initial: 'open',
        states: { open: { on: { 'family.registered': { target: 'open' } } } },
      }),
      events: family,
      states: { open: title },
      roles: { clerk: { title, scope: 'region' } },
    });
    const { engine } = await permitOffice({ workflows: [workflow] });
    const members = ['1', '2x', '1', ' 2X'].map((number) => ({ number }));
    await engine.open({
      workflow: 'family',
      caseId: 'f-1',
      commandId: 'file-1',
      actor: clerk,
      events: [{ type: 'family.registered', data: { members } }],
    });

    const [event] = await engine.history(
      { workflow: 'family', caseId: 'f-1' },
      { reveal: { actor: 'a', purpose: 'p' } },
    );
    const read = event!.data.members as unknown as { number: string; subjectRef: string }[];
    expect(read.map(({ number }) => number)).toEqual(members.map(({ number }) => number));
    expect(read.map(({ subjectRef }) => read.findIndex((one) => one.subjectRef === subjectRef))).toEqual([0, 1, 0, 1]);
  });

  it('whom another process names first keeps that name', async () => {
    const office = await permitOffice();
    let raced = false;
    const keys = {
      ...office.keys,
      async create(subjects: Parameters<typeof office.keys.create>[0]) {
        if (!raced) {
          raced = true;
          await office.keys.create([
            { subject: 'named-elsewhere', identifiers: [{ field: 'idNumber', value: PERSON.idNumber }] },
          ]);
        }
        return office.keys.create(subjects);
      },
    };
    const { engine, stored } = await another(office, { keys });

    const { caseId } = await engine.open(openPermit('open-1'));

    expect((await engine.load({ workflow: 'permit', caseId })).labels.applicant).toBe('named-elsewhere');
    const [event] = await engine.history({ workflow: 'permit', caseId }, { reveal: { actor: 'a', purpose: 'p' } });
    expect(event!.data.applicant).toEqual({ ...PERSON, subjectRef: 'named-elsewhere' });
    expect(await stored(caseId)).toHaveLength(1);
  });

  it('may be named by who is known', async () => {
    const { engine, keys } = await permitOffice();
    await engine.open(openPermit('open-1'));
    const subjectRef = keys.find([{ field: 'idNumber', value: PERSON.idNumber }])!;
    const { caseId } = await engine.open(openPermit('open-2', { events: [requested({ ...PERSON, subjectRef })] }));
    expect((await engine.load({ workflow: 'permit', caseId })).labels.applicant).toBe(subjectRef);
  });

  it('erased while the command is under way leaves nothing that could be read', async () => {
    const office = await permitOffice();
    const store = {
      ...office.store,
      async append(...offer: Parameters<typeof office.store.append>) {
        const appended = await office.store.append(...offer);
        const subject = office.keys.find([{ field: 'idNumber', value: PERSON.idNumber }]);
        if (offer[0].startsWith('permit-') && subject) await office.keys.forget(subject, MORNING);
        return appended;
      },
    };
    const { engine, stored } = await another(office, { store });
    const receipt = await engine.open(openPermit('open-1'));

    expect(receipt).toMatchObject({ revision: 0, repeated: false });
    expect(await stored(receipt.caseId)).toHaveLength(1);
    expect(await engine.open(openPermit('open-1'))).toEqual({ ...receipt, repeated: true });
    const [event] = await engine.history(
      { workflow: 'permit', caseId: receipt.caseId },
      { reveal: { actor: 'a', purpose: 'p' } },
    );
    expect(event!.data.applicant).toMatchObject({ name: { erased: true } });
  });

  it('of whom a case knows nobody cannot have personal data noted', async () => {
    const permit = permitWorkflow();
    const { labels: _labels, ...unlabelled } = permit.events['permit.requested']!;
    const nameless = defineWorkflow({
      ...permit,
      events: { ...permit.events, 'permit.requested': { ...unlabelled, labels: () => ({ region: '330921' }) } },
    });
    const { engine } = await permitOffice({ workflows: [nameless] });
    const { caseId } = await engine.open(openPermit('open-1'));
    expect(await failureOf(engine.send(sendPermit(caseId, 'note-1', noted('x', 'a remark'))))).toEqual({
      code: 'SUBJECT_MISSING',
      event: 'permit.noted',
      path: '',
    });
    expect(await engine.send(sendPermit(caseId, 'note-2', noted('x')))).toMatchObject({ revision: 1 });
  });
});
