import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type Reach, reaches } from '../../src/domain/access.js';
import { chinaCalendar } from '../../src/domain/calendars/cn.js';
import { stateIn } from '../../src/domain/state-name.js';
import type { CaseView } from '../../src/engine/case-reading.js';
import type { CaseFilter, CaseItem, CaseOrder, QueryOptions } from '../../src/projections/case-queries.js';
import { type Projections, startProjections } from '../../src/projections/start-projections.js';
import { sqliteReadStore } from '../../src/read-store/sqlite/sqlite-read-store.js';
import {
  codeOf,
  MORNING,
  noted,
  openPermit,
  PERSON,
  permitOffice,
  requested,
  sendPermit,
} from '../engine/permit-office.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { clock, growingStore, LONG_MS, permitLedger, quickPacing } from './permit-read-models.js';

const EVERYTHING: Reach = [{ scope: 'ledger' }];
const CASES = 60;
const ledger = await permitLedger(CASES);
const { events, registry, office } = ledger;
const HEAD = events.at(-1)!.position;
const readStore = sqliteReadStore({ path: ':memory:' });
const projections = await startProjections({
  store: growingStore(events, events.length),
  readStore,
  registry,
  calendar: chinaCalendar,
  clock,
  pacing: quickPacing,
});
const { queries } = projections;
const all: QueryOptions = { reach: EVERYTHING, minPosition: HEAD, waitMs: LONG_MS };
const ask = (reach: Reach): QueryOptions => ({ ...all, reach });

afterAll(async () => {
  await projections.stop();
  await readStore.close();
  await office.close();
});

async function everyPage(
  from: Projections['queries'],
  filter: CaseFilter,
  order: CaseOrder,
  options: QueryOptions,
  limit = 7,
): Promise<CaseItem[]> {
  const found: CaseItem[] = [];
  let cursor: string | undefined;
  do {
    const page = await from.listCases(filter, { order, limit, ...(cursor !== undefined && { cursor }) }, options);
    found.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
}

/** The cases as the engine itself replays them. */
async function replayed(): Promise<CaseView[]> {
  const both = await import('../engine/permit-office.js').then(({ another }) =>
    another(office, { workflows: registry.all() }),
  );
  const ids = events
    .filter(({ revision, stream }) => revision === 0 && stream.startsWith('permit-'))
    .map(({ stream }) => stream.slice(7));
  return Promise.all(ids.map((caseId) => both.engine.load({ workflow: 'permit', caseId })));
}

function shows({ labels, state, status, openedAt }: CaseView, filter: CaseFilter): boolean {
  return (
    (filter.state === undefined || stateIn(state, filter.state)) &&
    (filter.status === undefined || status === filter.status) &&
    (filter.department === undefined || labels.department === filter.department) &&
    (filter.region === undefined || labels.region!.startsWith(filter.region.replace(/(00)+$/, ''))) &&
    (filter.owner === undefined || labels.owner === filter.owner) &&
    (filter.openedFrom === undefined || openedAt >= filter.openedFrom) &&
    (filter.openedTo === undefined || openedAt < filter.openedTo)
  );
}

const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const instants = fc.constantFrom(...events.slice(0, CASES).map(({ metadata }) => metadata.occurredAt));
const filters = fc.record({
  state: optional(fc.constantFrom('reviewing', 'granted', 'refused', 'review')),
  status: optional(fc.constantFrom('open' as const, 'closed' as const)),
  department: optional(fc.constantFrom('planning', 'markets', 'nobody')),
  region: optional(fc.constantFrom('330921', '330922', '330900', '330000', '110000')),
  owner: optional(fc.constantFrom('clerk-1', 'clerk-4')),
  openedFrom: optional(instants),
  openedTo: optional(instants),
}) as fc.Arbitrary<CaseFilter>;
const clauses = fc.oneof(
  fc.constant({ scope: 'ledger' as const }),
  fc.record({ scope: fc.constant('region' as const), region: fc.constantFrom('330921', '3309', '11', '') }),
  fc.record({
    scope: fc.constant('department' as const),
    department: fc.constantFrom('planning', 'markets'),
    region: optional(fc.constantFrom('330921', '3309')),
  }),
  fc.record({ scope: fc.constant('own' as const), owner: fc.constantFrom('clerk-1', 'clerk-3', "o'wner") }),
);
const reachs = fc.array(clauses, { maxLength: 3 }) as fc.Arbitrary<Reach>;

describe('the case list', () => {
  it('shows what a replay of every case shows, for any filter and any reach', async () => {
    const cases = await replayed();

    await fc.assert(
      fc.asyncProperty(
        filters,
        reachs,
        fc.constantFrom<CaseOrder>('opened', 'oldest', 'recent'),
        async (filter, reach, order) => {
          const expected = cases.filter((one) => shows(one, filter) && reaches(reach, one.labels));

          const found = await everyPage(queries, filter, order, ask(reach));

          const brief = ({ caseId, state, status, revision, version, openedAt, recordedAt }: CaseView | CaseItem) => ({
            caseId,
            state,
            status,
            revision,
            version,
            openedAt,
            recordedAt,
          });
          const byId = (a: { caseId: string }, b: { caseId: string }) => (a.caseId < b.caseId ? -1 : 1);
          expect(found.map(brief).sort(byId)).toEqual(expected.map(brief).sort(byId));
          const keys = found.map(({ openedAt, position }) => (order === 'recent' ? position : openedAt));
          const sorted = [...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
          expect(keys).toEqual(order === 'oldest' ? sorted : sorted.reverse());
        },
      ),
      { numRuns: 150 },
    );
  });

  it('shows nothing to whom nothing is in reach', async () => {
    expect(await queries.listCases({}, {}, ask([]))).toEqual({ items: [] });
    expect(await queries.counts(['state'], {}, ask([]))).toEqual([]);
    expect(await queries.dueCases({}, {}, { ...ask([]), now: MORNING })).toEqual({ items: [] });
    expect(await queries.lateness({}, { ...ask([]), now: MORNING })).toEqual([]);
  });

  it('counts what it lists, by any columns', async () => {
    await fc.assert(
      fc.asyncProperty(
        filters,
        reachs,
        fc.subarray(['workflow', 'state', 'status', 'department', 'region', 'channel'] as const),
        async (filter, reach, by) => {
          const listed = await everyPage(queries, filter, 'opened', ask(reach), 200);
          const expected = new Map<string, number>();
          for (const one of listed) {
            const key = JSON.stringify(by.map((column) => one[column]));
            expected.set(key, (expected.get(key) ?? 0) + 1);
          }

          const counts = await queries.counts(by, filter, ask(reach));

          expect(
            new Map(counts.map((count) => [JSON.stringify(by.map((column) => count[column])), count.cases])),
          ).toEqual(expected);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('turns pages without gap or repeat while cases are opened', async () => {
    const small = await permitOffice();
    const kept = sqliteReadStore({ path: ':memory:' });
    const live = await startProjections({
      store: small.store,
      readStore: kept,
      registry: small.registry,
      calendar: chinaCalendar,
      clock,
      pacing: quickPacing,
    });
    const open = async (index: number): Promise<void> => {
      small.clock.advance(60_000);
      await small.engine.open(openPermit(`open-${index}`, { caseId: `p-${String(index).padStart(3, '0')}` }));
    };
    for (let index = 0; index < 20; index += 1) await open(index);

    const options = async (): Promise<QueryOptions> => ({
      reach: EVERYTHING,
      minPosition: (await small.store.head())!,
      waitMs: LONG_MS,
    });
    const seen: Record<string, string[]> = { opened: [], oldest: [] };
    let opened = 20;
    for (const order of ['opened', 'oldest'] as const) {
      let cursor: string | undefined;
      do {
        const page = await live.queries.listCases(
          {},
          { order, limit: 3, ...(cursor !== undefined && { cursor }) },
          await options(),
        );
        seen[order]!.push(...page.items.map(({ caseId }) => caseId));
        cursor = page.next;
        if (opened < 30) await open(opened++);
      } while (cursor !== undefined);
    }

    const ids = (count: number) => Array.from({ length: count }, (_, index) => `p-${String(index).padStart(3, '0')}`);
    expect(seen.opened).toEqual(ids(20).reverse());
    expect(seen.oldest).toEqual(ids(30));
    await live.stop();
    await kept.close();
    await small.close();
  });

  it('refuses a cursor of another list, order or filter, and a page that is too long', async () => {
    const { next } = await queries.listCases({}, { limit: 5 }, all);
    const cursor = next!;

    expect(await codeOf(queries.listCases({ status: 'open' }, { cursor }, all))).toBe('CURSOR_INVALID');
    expect(await codeOf(queries.listCases({}, { cursor, order: 'recent' }, all))).toBe('CURSOR_INVALID');
    expect(await codeOf(queries.dueCases({}, { cursor }, { ...all, now: MORNING }))).toBe('CURSOR_INVALID');
    expect(await codeOf(queries.listCases({}, { cursor: 'bm9uc2Vuc2U' }, all))).toBe('CURSOR_INVALID');
    expect(await codeOf(queries.listCases({}, { limit: 201 }, all))).toBe('COMMAND_INVALID');
  });

  it('says how far behind it is rather than show less than was asked', async () => {
    expect(await codeOf(queries.listCases({}, {}, { ...all, minPosition: HEAD + 5n, waitMs: 0 }))).toBe(
      'PROJECTION_BEHIND',
    );
  });
});

describe('one case', () => {
  it('has a page with its deadlines, and a timeline with everything that happened', async () => {
    const ref = { workflow: 'permit', caseId: 'case-0002' };

    const page = await queries.casePage(ref, { ...all, now: MORNING });
    const first = await queries.timeline(ref, { limit: 2 }, all);
    const rest = await queries.timeline(ref, { limit: 2, cursor: first.next! }, all);

    expect(page.case).toMatchObject({
      caseId: 'case-0002',
      state: 'granted',
      status: 'closed',
      department: 'markets',
      channel: 'window',
    });
    expect(page.deadlines).toMatchObject([{ deadline: 'decision', standing: 'met', late: false }]);
    const stored = await office.stored('case-0002');
    expect(
      [...first.items, ...rest.items].map(({ revision, type, state, actor }) => [revision, type, state, actor]),
    ).toEqual(stored.map(({ revision, type, metadata }) => [revision, type, metadata.state, metadata.actor.id]));
    expect(rest.items.at(-1)).toMatchObject({
      type: 'step.deviated',
      deviation: { event: 'permit.granted', code: 'EVENT_NOT_ALLOWED' },
    });
    expect(rest.next).toBeUndefined();
  });

  it('is not there for whom it is out of reach', async () => {
    const ref = { workflow: 'permit', caseId: 'case-0002' };
    const elsewhere = ask([{ scope: 'department', department: 'planning', region: undefined }]);

    expect(await codeOf(queries.casePage(ref, { ...elsewhere, now: MORNING }))).toBe('CASE_NOT_FOUND');
    expect(await codeOf(queries.timeline(ref, {}, elsewhere))).toBe('CASE_NOT_FOUND');
    expect(await codeOf(queries.timeline({ workflow: 'permit', caseId: 'nothing' }, {}, all))).toBe('CASE_NOT_FOUND');
  });
});

describe('the read models’ file', () => {
  const at = temporaryFolder();

  it('holds no personal field in plain text', async () => {
    const path = at('ledger.views');
    const small = await permitOffice();
    const kept = sqliteReadStore({ path });
    const live = await startProjections({
      store: small.store,
      readStore: kept,
      registry: small.registry,
      calendar: chinaCalendar,
      clock,
      pacing: quickPacing,
    });
    await small.engine.open(openPermit('open-1', { caseId: 'p-1', events: [requested(PERSON)] }));
    await small.engine.send(sendPermit('p-1', 'note-1', noted('looked at', 'lives at the Old Quay')));
    await live.waitFor((await small.store.head())!, LONG_MS);
    await live.stop();
    await kept.close();
    await small.close();

    const bytes = Buffer.concat([path, `${path}-wal`].filter(existsSync).map((file) => readFileSync(file)));
    expect(bytes.includes('permit-p-1')).toBe(true);
    for (const secret of [PERSON.name, PERSON.idNumber, 'Old Quay']) expect(bytes.includes(secret)).toBe(false);
  });
});
