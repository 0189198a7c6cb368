import { z } from 'zod';
import { defineEvent } from '../../src/domain/workflow.js';
import { gatherFacts, type Lookups } from '../../src/engine/lookups.js';
import { failureOf } from './permit-office.js';

const title = { en: 'x', zh: 'x' };
const plain = defineEvent({ title, data: z.strictObject({}), roles: ['clerk'] });
const asking = defineEvent({
  title,
  data: z.strictObject({}),
  roles: ['clerk'],
  facts: {
    item: ({ data }) => (data.item === undefined ? undefined : { lookup: 'catalogue', key: data.item }),
    expert: ({ labels, caseId, at }) => ({ lookup: 'experts', key: [labels.region ?? null, caseId, at] }),
  },
});
const input = (data: object) => ({
  data: data as never,
  labels: { region: '330921' },
  caseId: 'p-1',
  at: '2026-03-02T01:00:00.000Z',
});

const lookups: Lookups = {
  catalogue: (key) => ({ value: `item ${String(key)}`, source: 'catalogue', revision: 4 }),
  experts: async () => undefined,
};

describe('the facts of a decision', () => {
  it('are none, at once, where the event declares none', () => {
    expect(gatherFacts(plain, input({}), {})).toEqual({ recorded: undefined, values: {} });
  });

  it('are recorded with their source, and given to the guards by value', async () => {
    expect(await gatherFacts(asking, input({ item: 7 }), lookups)).toEqual({
      recorded: {
        expert: { source: 'experts', value: null },
        item: { revision: 4, source: 'catalogue', value: 'item 7' },
      },
      values: { expert: null, item: 'item 7' },
    });
  });

  it('are left out where the event as sent does not ask for them', async () => {
    expect((await gatherFacts(asking, input({}), lookups)).values).toEqual({ expert: null });
  });

  it('are asked of the look-ups set up, and of nothing an object happens to have', async () => {
    const sly = defineEvent({
      title,
      data: z.strictObject({}),
      roles: ['clerk'],
      facts: { x: () => ({ lookup: 'toString', key: null }) },
    });
    expect(await failureOf((async () => gatherFacts(sly, input({}), lookups))())).toEqual({
      code: 'FACT_UNAVAILABLE',
      fact: 'x',
      source: 'toString',
      detail: 'no such look-up is set up',
    });
  });

  it('are refused by the first that fails, and no other failure goes unheard', async () => {
    const heard: unknown[] = [];
    const listen = (error: unknown) => heard.push(error);
    process.on('unhandledRejection', listen);
    const failing = {
      catalogue: () => Promise.reject(new Error('late')),
      experts: () => Promise.reject(new Error('later')),
    };
    const declared = gatherFacts(asking, input({ item: 1 }), failing);
    expect(await failureOf(Promise.resolve(declared))).toMatchObject({ code: 'FACT_UNAVAILABLE', fact: 'expert' });
    expect(
      await failureOf((async () => gatherFacts(asking, input({ item: 1 }), { experts: failing.experts }))()),
    ).toMatchObject({ code: 'FACT_UNAVAILABLE', fact: 'item' });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(heard).toEqual([]);
  });

  it('stand in one order, however late an answer comes', async () => {
    const late = {
      catalogue: lookups.catalogue!,
      experts: () => new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
    };
    const { recorded } = await gatherFacts(asking, input({ item: 1 }), late);
    expect(Object.keys(recorded!)).toEqual(['expert', 'item']);
  });

  it('are given as a replay will read them', async () => {
    const mixed = {
      catalogue: () => ({ value: { b: 1, a: [undefined, 2], c: undefined } as never, source: 'catalogue' }),
      experts: lookups.experts!,
    };
    const { recorded, values } = await gatherFacts(asking, input({ item: 1 }), mixed);
    expect(values.item).toEqual({ a: [null, 2], b: 1 });
    expect(JSON.stringify(recorded!.item)).toBe('{"source":"catalogue","value":{"a":[null,2],"b":1}}');
  });
});
