import { isBuiltInEvent } from '../domain/built-in-events.js';
import type { DeadlineLedger } from '../domain/deadline-ledger.js';
import { deadlineLedgers } from '../domain/deadline-ledgers.js';
import { derivedId } from '../domain/derived-id.js';
import { dueOf } from '../domain/due-date.js';
import type { RecordedEvent } from '../domain/event.js';
import { MS_PER_DAY } from '../domain/office-time.js';
import { isOwnWorkflow } from '../domain/own-streams.js';
import { caseIdOf } from '../domain/stream-id.js';
import { calendarInForce } from '../domain/working-calendar.js';
import { readStream } from '../event-store/read-stream.js';
import type { Ledger } from '../ledger.js';
import type { CaseQueries, DueItem, QueryOptions } from '../projections/case-queries.js';
import { MAX_PAGE } from '../projections/page-cursor.js';
import type { ReactionOutcomeQueries } from '../projections/reaction-outcomes.js';
import type { ScreeningLine } from '../workflows/screening/v1/events.js';
import { policy } from '../workflows/screening/v1/policy.js';

/** How far the clocks of two processes may lie apart where the log is searched by time, milliseconds. */
const CLOCKS_APART_MS = 60 * 60 * 1_000;

/** An entry is late where it was made longer after it happened than clocks differ, milliseconds. */
const LATE_MS = 1_000;

/** The department of cases that name none. */
export const NO_DEPARTMENT = 'unassigned';

export type DayLinesDeps = {
  readonly ledger: Pick<Ledger, 'id' | 'store' | 'registry' | 'currentCalendar' | 'load'>;
  readonly queries: Pick<CaseQueries, 'dueCases'>;
  readonly outcomes: Pick<ReactionOutcomeQueries, 'list'>;
};

/** A line, the department it is for, and the instant it speaks of, for those that belong to one day. */
export type DayLine = { readonly department: string; readonly at?: string; readonly line: ScreeningLine };

/** The whole ledger, and nothing older than what is stored now. */
type Fresh = QueryOptions & { readonly now: string };

/**
 * Everything a screening at `now` has to look at: open cases near due, overdue, or paused longer than their rule; and of
 * what was recorded after `from`: refusals, withdrawals, pauses begun near the due date, late entries, and commands
 * between cases that were refused.
 */
export async function dayLines(deps: DayLinesDeps, from: string, now: string): Promise<readonly DayLine[]> {
  const { store } = deps.ledger;
  const minPosition = await store.head();
  const options: Fresh = { reach: [{ scope: 'ledger' }], now, ...(minPosition !== undefined && { minPosition }) };
  const departments = departmentFinder(deps);
  return [
    ...(await deadlineLines(deps, options)),
    ...(await eventLines(deps, departments, from, now)),
    ...(await refusalLines(deps, departments, options, from)),
  ];
}

async function deadlineLines(deps: DayLinesDeps, options: Fresh): Promise<readonly DayLine[]> {
  const lines: DayLine[] = [];
  for (const standing of ['near', 'today', 'overdue'] as const) {
    for await (const item of dueItems(deps, standing, options)) {
      if (item.kind === 'atLeast' || item.kind === 'window') continue;
      lines.push(lineOf(deps, item, standing === 'overdue' ? 'overdue' : 'near'));
    }
  }
  for await (const item of dueItems(deps, 'paused', options))
    lines.push(...(await pausedLines(deps, item, options.now)));
  return lines;
}

async function* dueItems(
  { queries }: DayLinesDeps,
  standing: 'near' | 'today' | 'overdue' | 'paused',
  options: Fresh,
): AsyncGenerator<DueItem> {
  let cursor: string | undefined;
  do {
    const page = await queries.dueCases(
      { standing },
      { limit: MAX_PAGE, ...(cursor !== undefined && { cursor }) },
      options,
    );
    for (const item of page.items) if (!(policy.notScreened as readonly string[]).includes(item.workflow)) yield item;
    cursor = page.next;
  } while (cursor !== undefined);
}

/** A pause longer than its rule lets it last, or than any may where the rule says nothing, stands on the list every day; one begun near the due date on the day it began. */
async function pausedLines(deps: DayLinesDeps, item: DueItem, now: string): Promise<readonly DayLine[]> {
  const { store, registry, currentCalendar } = deps.ledger;
  const workflow = registry.get(item.workflow, item.version);
  const ledger = deadlineLedgers(workflow, await readStream(store, item.stream))[item.deadline];
  const since = ledger?.pauses.at(-1)?.from;
  if (!ledger || since === undefined) return [];
  const rule = workflow.deadlines[item.deadline]!;
  const tooLong =
    rule.pauseLimit === undefined
      ? Date.parse(now) - Date.parse(since) > policy.pausedMostDays * MS_PER_DAY
      : item.pausedTooLong === true;
  const due = dueOf(asBeforeThePause(ledger), rule, calendarInForce(await currentCalendar(), now));
  const near = due.warnings.some(({ at }) => at <= since);
  return [
    ...(tooLong ? [lineOf(deps, item, 'pausedTooLong')] : []),
    ...(near ? [{ ...lineOf(deps, item, 'pausedNearDue', String(ledger.pauses.length)), at: since }] : []),
  ];
}

function asBeforeThePause(ledger: DeadlineLedger): DeadlineLedger {
  return { ...ledger, status: 'running', pauses: ledger.pauses.slice(0, -1) };
}

function lineOf(
  { ledger }: DayLinesDeps,
  { workflow, caseId, deadline, dueOn, generation, department = NO_DEPARTMENT }: DueItem,
  kind: 'near' | 'overdue' | 'pausedTooLong' | 'pausedNearDue',
  part = '',
): DayLine {
  const id = derivedId(ledger.id, ['screening line', kind, workflow, caseId, deadline, String(generation), part]);
  return { department, line: { id, kind, workflow, caseId, deadline, dueOn } };
}

/** What was recorded in the time looked at and is of a kind that is looked at. */
async function eventLines(
  { ledger }: DayLinesDeps,
  departmentOf: DepartmentFinder,
  from: string,
  to: string,
): Promise<readonly DayLine[]> {
  const lines: DayLine[] = [];
  let after = await positionBefore(ledger.store, from);
  for (;;) {
    const page = await ledger.store.readAll(after === undefined ? {} : { after });
    if (page.length === 0) return lines;
    after = page.at(-1)!.position;
    for (const event of page) {
      const { workflow, recordedAt } = event.metadata;
      if (isOwnWorkflow(workflow.name) || recordedAt <= from || recordedAt > to) continue;
      for (const kind of kindsOf(event)) {
        const caseId = caseIdOf(event.stream);
        const id = derivedId(ledger.id, ['screening line', kind, event.id]);
        const { type, revision } = event;
        lines.push({
          department: await departmentOf({ workflow: workflow.name, caseId }),
          at: recordedAt,
          line: { id, kind, workflow: workflow.name, caseId, event: type, revision },
        });
      }
    }
  }
}

function kindsOf({ type, metadata }: RecordedEvent): readonly ('refused' | 'withdrawn' | 'lateEntry')[] {
  const { workflow, actor, occurredAt, recordedAt } = metadata;
  const among = (types: Readonly<Record<string, readonly string[]>>) => types[workflow.name]?.includes(type) ?? false;
  const late =
    !isBuiltInEvent(type) && actor.role !== 'importer' && Date.parse(recordedAt) - Date.parse(occurredAt) > LATE_MS;
  return [
    ...(among(policy.refused) ? (['refused'] as const) : []),
    ...(among(policy.withdrawn) ? (['withdrawn'] as const) : []),
    ...(late ? (['lateEntry'] as const) : []),
  ];
}

/** A position before everything recorded after an instant: instants follow positions, but for clocks that differ. */
async function positionBefore(store: Ledger['store'], instant: string): Promise<bigint | undefined> {
  const sought = new Date(Date.parse(instant) - CLOCKS_APART_MS).toISOString();
  let low = 0n;
  let high = (await store.head()) ?? 0n;
  while (low < high) {
    const middle = (low + high) / 2n;
    const [event] = await store.readAll({ ...(middle > 0n && { after: middle }), limit: 1 });
    if (event === undefined || event.metadata.recordedAt > sought) high = middle;
    else low = middle + 1n;
  }
  return low === 0n ? undefined : low;
}

async function refusalLines(
  { ledger, outcomes }: DayLinesDeps,
  departmentOf: DepartmentFinder,
  options: Fresh,
  from: string,
): Promise<readonly DayLine[]> {
  const lines: DayLine[] = [];
  let cursor: string | undefined;
  do {
    const page = await outcomes.list(
      { outcome: 'refused' },
      { limit: MAX_PAGE, ...(cursor !== undefined && { cursor }) },
      options,
    );
    for (const { id: command, at, reaction, code, cause } of page.items) {
      if (at <= from) return lines;
      if (at > options.now || !cause) continue;
      const { workflow, caseId, type, revision } = cause;
      lines.push({
        department: await departmentOf(cause),
        at,
        line: {
          id: derivedId(ledger.id, ['screening line', 'reactionRefused', command]),
          kind: 'reactionRefused',
          workflow,
          caseId,
          event: type,
          revision,
          reaction,
          ...(code !== undefined && { code }),
        },
      });
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return lines;
}

type DepartmentFinder = (ref: { readonly workflow: string; readonly caseId: string }) => Promise<string>;

/** The department a case is with now. */
function departmentFinder({ ledger }: DayLinesDeps): DepartmentFinder {
  const known = new Map<string, string>();
  return async ({ workflow, caseId }) => {
    const key = `${workflow} ${caseId}`;
    const department = known.get(key) ?? (await ledger.load({ workflow, caseId })).labels.department ?? NO_DEPARTMENT;
    known.set(key, department);
    return department;
  };
}
