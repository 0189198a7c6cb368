import fc from 'fast-check';
import { isCaseError } from '../../src/domain/case-error.js';
import { isoDate } from '../../src/domain/office-time.js';
import type { CaseQueries } from '../../src/projections/case-queries.js';
import { type Projections, startProjections } from '../../src/projections/start-projections.js';
import { type ReadStore, tableName } from '../../src/read-store/read-store.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import { aNotice, type LicenceOffice, licenceOffice } from '../support/licence-office.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { LONG_MS, quickPacing } from './permit-read-models.js';

const REACH = [{ scope: 'ledger' as const }];

type Following = { readonly readStore: ReadStore; readonly projections: Projections; close(): Promise<void> };

async function follow({ ledger, clock }: LicenceOffice, path: string, turn?: () => Promise<void>): Promise<Following> {
  const readStore = sqliteReadStore({ path, ...(turn && { turn }) });
  const { store, registry, calendar } = ledger;
  const projections = await startProjections({ store, readStore, registry, calendar, clock, pacing: quickPacing });
  return {
    readStore,
    projections,
    async close() {
      await projections.stop();
      await readStore.close();
    },
  };
}

/** Every row of the due list, as queries see it. */
async function dueRows({ readStore }: Following): Promise<Record<string, unknown>[]> {
  const active = (await readStore.generations()).find(({ name, role }) => name === 'due_cases' && role === 'active')!;
  return readStore.database
    .selectFrom(tableName('due_cases', active.generation))
    .selectAll()
    .orderBy('stream')
    .orderBy('deadline')
    .execute();
}

async function caughtUp({ projections }: Following, { ledger }: LicenceOffice): Promise<void> {
  await projections.waitFor(await ledger.store.head(), LONG_MS);
}

const HAPPENINGS: Readonly<Record<string, readonly string[]>> = {
  reviewing: ['hearing.opened', 'term.extended', 'licence.decided', 'licence.withdrawn'],
  hearing: ['hearing.closed'],
};

/** A step of an office's year: something happens to a case, or a notice is published about days around. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('case' as const), of: fc.nat(5), pick: fc.nat(20), hours: fc.nat(60) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('notice' as const),
      says: fc.constantFrom('off', 'makeUp', 'ordinary'),
      from: fc.integer({ min: -12, max: 15 }),
      days: fc.integer({ min: 1, max: 4 }),
      looked: fc.boolean(),
    }),
  },
);

describe('the due list under notices published while cases run', () => {
  it('is what the engine says of every case, live and rebuilt', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (steps) => {
        const office = await licenceOffice();
        const live = await follow(office, ':memory:');
        try {
          const states = new Map<string, string>();
          for (const [index, one] of steps.entries()) {
            if (one.kind === 'case') {
              office.clock.advance(one.hours * 3_600_000);
              const caseId = `l-${one.of}`;
              const choices = states.has(caseId) ? (HAPPENINGS[states.get(caseId)!] ?? []) : ['licence.requested'];
              const type = choices[one.pick % choices.length];
              if (type === undefined) continue;
              await office.happens(caseId, type).catch((error: unknown) => {
                if (!isCaseError(error, 'TOO_EARLY') && !isCaseError(error, 'EXTENSION_REFUSED')) throw error;
              });
              states.set(caseId, (await office.ledger.load({ workflow: 'licence', caseId })).state);
            } else {
              const day = Math.floor(office.clock.now().getTime() / 86_400_000) + one.from;
              const entry = `${isoDate(day)}/${isoDate(day + one.days - 1)}`;
              await office.publish(
                aNotice({ id: `n-${index}`, days: [{ name: { en: 'x', zh: '测' }, [one.says]: [entry] }] }),
              );
              if (one.looked) await caughtUp(live, office);
            }
          }
          await caughtUp(live, office);
          const rows = await dueRows(live);
          for (const row of rows) {
            const ref = { workflow: 'licence', caseId: String(row.stream).slice('licence-'.length) };
            const told = (await office.ledger.deadlines(ref)).find(({ name }) => name === row.deadline)!;
            const { dueOn, dueAt, provisional, held } = told.due;
            expect(row).toMatchObject({ due_on: dueOn, due_at: dueAt, provisional: Number(provisional) });
            if (row.held === 1) expect(held).toBe(true);
          }
          await live.projections.rebuild('due_cases');
          expect(await dueRows(live)).toEqual(rows);
        } finally {
          await live.close();
          await office.ledger.close();
        }
      }),
      { numRuns: 30, seed: 20_260_306 },
    );
  }, 120_000);
});

describe('re-dating in a file', () => {
  const path = temporaryFolder();
  const CASES = 800;
  let office: LicenceOffice;

  beforeEach(async () => {
    office = await licenceOffice();
    await Promise.all(Array.from({ length: CASES }, (_, index) => office.happens(`l-${index}`, 'licence.requested')));
  });
  afterEach(() => office.ledger.close());

  const first = async (queries: CaseQueries, minPosition?: bigint) => {
    const options = { reach: REACH, now: '2026-03-02T02:00:00.000Z', waitMs: LONG_MS };
    const page = await queries.dueCases(
      { deadline: 'decision' },
      { limit: 1 },
      { ...options, ...(minPosition !== undefined && { minPosition }) },
    );
    return page.items[0]!.dueOn;
  };

  it('answers questions with the old dates until it is done, and those that want the notice with the new ones', async () => {
    const told: string[] = [];
    let ask: (() => Promise<void>) | undefined;
    const following = await follow(office, path('views'), async () => {
      await ask?.();
    });
    await caughtUp(following, office);
    const { queries } = following.projections;
    ask = async () => void told.push(await first(queries));

    await office.publish(aNotice());
    const after = await first(queries, await office.ledger.store.head());
    ask = undefined;

    expect(after).toBe('2026-03-18');
    expect(told.length).toBeGreaterThan(5);
    expect(new Set(told)).toEqual(new Set(['2026-03-16']));
    await following.close();
  });

  it('goes on filling other read models while it computes', async () => {
    const following = await follow(office, path('views'));
    await caughtUp(following, office);

    await office.publish(aNotice());
    await office.happens('l-late', 'licence.requested');
    const options = { reach: REACH, minPosition: (await office.ledger.store.head())!, waitMs: LONG_MS };

    expect(
      (await following.projections.queries.listCases({ state: 'reviewing' }, { limit: 1 }, options)).items,
    ).toHaveLength(1);
    await caughtUp(following, office);
    expect(await first(following.projections.queries)).toBe('2026-03-18');
    await following.close();
  });

  it.each([1, 3, 5])('given up after %d steps and begun again by another process, is done once', async (steps) => {
    let left = steps;
    let giveUp = (): void => {};
    const givenUp = new Promise<void>((resolve) => {
      giveUp = resolve;
    });
    let stopping: Promise<void> | undefined;
    let armed = false;
    const interrupted = await follow(office, path('views'), async () => {
      if (!armed) return;
      left -= 1;
      if (left > 0) return;
      stopping ??= interrupted.projections.stop();
      giveUp();
    });
    await caughtUp(interrupted, office);
    armed = true;
    await office.publish(aNotice());
    await givenUp;
    await stopping;
    const rows = await dueRows(interrupted);
    await interrupted.readStore.close();

    const again = await follow(office, path('views'));
    await caughtUp(again, office);
    const redated = await dueRows(again);

    expect(rows.every(({ deadline, due_on }) => deadline !== 'decision' || due_on === '2026-03-16')).toBe(true);
    expect(redated.filter(({ deadline, due_on }) => deadline === 'decision' && due_on === '2026-03-18')).toHaveLength(
      CASES,
    );
    const events = (await again.readStore.generations()).find(({ name }) => name === 'due_cases')!.events;
    expect(events).toBe(Number(await office.ledger.store.head()));
    await again.projections.rebuild('due_cases');
    expect(await dueRows(again)).toEqual(redated);
    await again.close();
  });

  it('by two processes at once is done once', async () => {
    const [one, other] = [await follow(office, path('views')), await follow(office, path('views'))];
    await Promise.all([caughtUp(one, office), caughtUp(other, office)]);

    await office.publish(aNotice());
    await Promise.all([caughtUp(one, office), caughtUp(other, office)]);

    const rows = await dueRows(one);
    expect(await dueRows(other)).toEqual(rows);
    expect(rows.filter(({ deadline, due_on }) => deadline === 'decision' && due_on === '2026-03-18')).toHaveLength(
      CASES,
    );
    await one.close();
    await other.close();
  });
});
