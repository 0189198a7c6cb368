import { changedSpan, type DaySpan } from '../domain/calendar-change.js';
import { recordedNotice, withRecordedNotices } from '../domain/calendar-history.js';
import type { CalendarNotice } from '../domain/calendar-notice.js';
import { caseLadders, reachedRung } from '../domain/case-rungs.js';
import { isClosedState } from '../domain/closed-state.js';
import { kindOf, passingOf } from '../domain/deadline.js';
import { deadlineEvent } from '../domain/deadline-event.js';
import {
  advanceDeadlines,
  type DeadlineLedger,
  type DeadlineLedgers,
  isOpen,
  isUnanchored,
  NO_DEADLINES,
} from '../domain/deadline-ledger.js';
import { deadlineLedgers } from '../domain/deadline-ledgers.js';
import { beginsAt, dayCount, dueOf, wasMetLate } from '../domain/due-date.js';
import type { RecordedEvent } from '../domain/event.js';
import { rungKey } from '../domain/ladder.js';
import { isoDate } from '../domain/office-time.js';
import type { Workflow } from '../domain/workflow.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import {
  type CalendarDefinition,
  calendarChanges,
  calendarInForce,
  type WorkingCalendar,
} from '../domain/working-calendar.js';
import type { Rewrite, Row, TableSpec } from '../read-store/table-spec.js';
import { definitionFinder, isMigration, LABEL_COLUMNS, labelColumns, labelsSet, NO_LABELS } from './case-rows.js';
import { definitionBasis } from './definition-basis.js';
import { NOTHING_READ, type Projection, type RowKey, type Rows } from './projection.js';
import {
  climbAfter,
  climbOf,
  newClimb,
  nextRungAt,
  type RecordedClimb,
  RUNG_COLUMNS,
  toldClimb,
  withRung,
} from './rung-columns.js';

/**
 * One row per case and deadline, those that are over included. Whether one is overdue is asked when it is read, by
 * comparing `due_at` with the instant, so nothing here changes because time passes.
 */
export const DUE_CASES: TableSpec = {
  name: 'due_cases',
  columns: {
    stream: 'text',
    deadline: 'text',
    workflow: 'text',
    version: 'integer',
    ...LABEL_COLUMNS,
    /** `atMost`, `atLeast`, `window` or `before`. */
    kind: 'text',
    /** What it turns into that passes unmet: `overdue`, `lapsed` or `reached`. */
    passing: 'text',
    /** Whose limit it is: `statutory`, `promised` or `internal`. */
    limit_kind: 'text',
    /** As its ledger has it, an awaited one as if it ran, or `ended` when the case ended while it ran. */
    status: 'text',
    /** 1 while it runs and can become overdue: neither met nor ended nor held by a pause. */
    ticking: 'integer',
    held: 'integer',
    due_on: 'text',
    due_at: 'text',
    /** From when on it counts as near; null when its rule names no warning. */
    warn_at: 'text?',
    /** The instant after which it runs, of one that no event of its own has anchored; until then it is not there to be seen. Null of the others. */
    deemed_at: 'text?',
    /** Of one that depends on another deadline: when that is due, where it is later than this one; null of the others. */
    reach_at: 'text?',
    provisional: 'integer',
    generation: 'integer',
    anchored_at: 'text',
    met_at: 'text?',
    /** 1 when it was met after its end, 0 when in time, null while it is not met. */
    late: 'integer?',
    /** How far past its end it was met, in its own unit. */
    late_by: 'integer?',
    /** The deadline ledger as JSON; what the dates are computed from. */
    ledger: 'text',
    ...RUNG_COLUMNS,
  },
  primaryKey: ['stream', 'deadline'],
  indexes: [
    { columns: ['due_at', 'stream', 'deadline'], where: 'ticking = 1' },
    { columns: ['department', 'due_at', 'stream', 'deadline'], where: 'ticking = 1' },
    { columns: ['status', 'due_at', 'stream', 'deadline'] },
    // With all that a hint says, so that looking reads the index alone.
    { columns: ['next_rung_at', 'stream', 'deadline', 'revision'], where: 'next_rung_at IS NOT NULL' },
    { columns: ['workflow', 'deadline', 'limit_kind', 'passing', 'status', 'late', 'ticking', 'due_at'] },
    { columns: ['met_at'], where: 'late = 1' },
    { columns: ['reach_at'], where: 'reach_at IS NOT NULL' },
  ],
};

/** What the rows of a case's deadlines show besides the deadlines, kept from its first event on. */
const DEADLINE_CASES: TableSpec = {
  name: 'deadline_cases',
  columns: { stream: 'text', ...LABEL_COLUMNS, closed: 'integer' },
  primaryKey: ['stream'],
  indexes: [],
};

/** The calendar as the log has come to know it. */
const CALENDARS_KNOWN: TableSpec = {
  name: 'calendars_known',
  columns: {
    calendar: 'text',
    /** The last `recordedAt` at which a notice came to count. */
    as_of: 'text',
    /** When the next notice that is known comes to count; null when none is. */
    next_change: 'text?',
    /** Notices recorded in the ledger, as JSON. */
    notices: 'text',
  },
  primaryKey: ['calendar'],
  indexes: [],
};

export type DueCasesOptions = {
  readonly registry: WorkflowRegistry;
  /** The calendar as shipped; the notices recorded for it are read from the log. */
  readonly calendar: CalendarDefinition;
};

/** The last instant ISO 8601 writes in the ledger's form. */
const LATEST = '9999-12-31T23:59:59.999Z';

/**
 * When which case is due. Dated under the calendar in force when the last event was recorded: reaching an event
 * recorded after a notice came to count, or one that records a notice, re-dates every row whose days it changed.
 */
export function dueCases({ registry, calendar: definition }: DueCasesOptions): Projection {
  const noticeOf = (event: RecordedEvent) => recordedNotice(definition.id, event);
  const definitionOf = definitionFinder(registry);
  const calendars = knownCalendars(definition);
  const calendarKey: RowKey = { table: 'calendars_known', key: [definition.id] };
  const parsed = new WeakMap<Row, DeadlineLedger>();

  /** A case's ledgers, from its rows. */
  function ledgersOf(rows: Rows, stream: string, deadlines: readonly string[]): DeadlineLedgers {
    let ledgers: Record<string, DeadlineLedger> | undefined;
    for (const name of deadlines) {
      const row = rows.get('due_cases', stream, name);
      if (row === undefined) continue;
      let ledger = parsed.get(row);
      if (ledger === undefined) {
        ledger = JSON.parse(String(row.ledger)) as DeadlineLedger;
        parsed.set(row, ledger);
      }
      ledgers ??= {};
      ledgers[name] = ledger;
    }
    return ledgers ?? NO_DEADLINES;
  }

  function deadlinesOf(workflow: Workflow, event: RecordedEvent): readonly string[] {
    return isMigration(event) ? everyDeadline(registry, workflow.name) : deadlineNames(workflow);
  }

  function concerned(event: RecordedEvent): Workflow | undefined {
    const workflow = definitionOf(event);
    return workflow && (deadlineNames(workflow).length > 0 || isMigration(event)) ? workflow : undefined;
  }

  /** The calendar that holds at this event; re-dates the rows when it has become another one. */
  function calendarAt(event: RecordedEvent, rows: Rows): WorkingCalendar {
    const known = rows.get('calendars_known', definition.id);
    const notice = noticeOf(event);
    const now = event.metadata.recordedAt;
    if (known !== undefined && notice === undefined && (known.next_change === null || now < known.next_change!))
      return calendars.of(known);

    const notices = JSON.parse(String(known?.notices ?? '[]')) as CalendarNotice[];
    if (notice !== undefined) notices.push(notice);
    const after = calendars.row(known === undefined || now > known.as_of! ? now : String(known.as_of), notices);
    rows.put('calendars_known', after);
    const before = known === undefined ? undefined : calendars.of(known);
    const calendar = calendars.of(after);
    const span = before === undefined ? undefined : changedSpan(before, calendar);
    if (span !== undefined) rows.rewrite('due_cases', redating(span, calendar, calendars.definition(after)));
    return calendar;
  }

  /**
   * Dates the rows again that depend on a day of the span: a due date and how late it was met are told by the days from
   * the anchor to the later of both ends, or to the end of the deadline it depends on; a rung after the end by the days
   * until it is reached.
   */
  function redating(span: DaySpan, calendar: WorkingCalendar, told: CalendarDefinition): Rewrite {
    // Instants are in UTC and days the office's, so a day more on either side.
    const [from, until] = [isoDate(span.from - 1), isoDate(span.to + 2)];
    return {
      columns: CALENDAR_COLUMNS,
      among: [
        { status: { oneOf: STATUSES }, due_at: { from } },
        { late: { oneOf: [1] }, met_at: { from } },
        { next_rung_at: { from } },
        { reach_at: { from } },
      ],
      change(row) {
        const workflow = registry.get(String(row.workflow), Number(row.version));
        // What may be deemed to follow another deadline may count from that one's anchor, which came first.
        const fromItsAnchor = workflow.deadlines[String(row.deadline)]!.deemed === undefined;
        if (fromItsAnchor && row.anchored_at! >= until && row.due_at! >= until) return row;
        const ledger = JSON.parse(String(row.ledger)) as DeadlineLedger;
        const ended = row.status === 'ended';
        const date = dated(workflow, ledger, ended, calendar);
        // What is over has the rungs it had.
        if (ended || !isOpen(ledger)) return { ...row, ...date };
        const next = date.held === 1 ? null : nextRungAt(workflow, ledger, climbOf(row), told);
        return { ...row, ...date, next_rung_at: next };
      },
    };
  }

  return {
    name: 'due_cases',
    version: 4,
    basis: definitionBasis(registry, definition),
    tables: [DUE_CASES, DEADLINE_CASES, CALENDARS_KNOWN],

    reads(event) {
      const workflow = concerned(event);
      if (workflow === undefined) return noticeOf(event) === undefined ? NOTHING_READ : [calendarKey];
      const { stream, revision } = event;
      const fresh = revision === 0;
      const keys: RowKey[] = [calendarKey, { table: 'deadline_cases', key: [stream], fresh }];
      for (const deadline of deadlinesOf(workflow, event))
        keys.push({ table: 'due_cases', key: [stream, deadline], fresh });
      return keys;
    },

    needsHistory: (event) => isMigration(event) && definitionOf(event) !== undefined,

    rewrites: (event) => noticeOf(event) !== undefined,

    apply(event, rows, history) {
      const workflow = concerned(event);
      if (workflow === undefined) {
        if (noticeOf(event) !== undefined) calendarAt(event, rows);
        return;
      }
      const calendar = calendarAt(event, rows);
      const { stream } = event;
      const known = rows.get('deadline_cases', stream);
      const before = ledgersOf(rows, stream, deadlinesOf(workflow, event));
      const migrated = isMigration(event);
      const ledgers = migrated
        ? deadlineLedgers(
            workflow,
            history.filter(({ revision }) => revision <= event.revision),
          )
        : advanceDeadlines(workflow.deadlines, before, deadlineEvent(event));
      const labels = labelsSet(workflow, known, event, history);
      const closed = isClosedState(workflow, event.metadata.state) ? 1 : 0;
      const ends = known?.closed !== closed;
      const rung = event.type === 'deadline.reached' ? reachedRung(event) : undefined;
      if (labels === undefined && !ends && ledgers === before && rung === undefined) return;

      const of =
        labels === undefined && !ends && known !== undefined
          ? known
          : caseRow(stream, labels === undefined ? (known ?? NO_LABELS) : labelColumns(labels), closed);
      if (of !== known) rows.put('deadline_cases', of);
      if (migrated)
        for (const name of Object.keys(before))
          if (!Object.hasOwn(ledgers, name)) rows.remove('due_cases', stream, name);
      const told = calendars.definition(rows.get('calendars_known', definition.id)!);
      const retold = migrated
        ? caseLadders(
            workflow,
            history.filter(({ revision }) => revision <= event.revision),
            told,
          )
        : undefined;
      for (const name of Object.keys(ledgers)) {
        const ledger = ledgers[name]!;
        const kept = rows.get('due_cases', stream, name);
        const ending = ends && (isOpen(ledger) || kept?.next_rung_at !== null);
        const stays =
          labels === undefined && !migrated && ledger === before[name] && !ending && rung?.deadline !== name;
        if (stays) continue;
        let climb = kept === undefined ? newClimb(ledger) : climbOf(kept);
        if (retold !== undefined) climb = toldClimb(retold.get(name)!);
        else if (rung?.deadline === name) climb = withRung(climb, rungKey(rung));
        else if (before[name] !== undefined && before[name] !== ledger)
          climb = climbAfter(workflow, climb, before[name], ledger, told, event.metadata.occurredAt);
        const row = dueRow(workflow, of, ledger, calendar, { climb, revision: event.revision, definition: told });
        parsed.set(row, ledger);
        rows.put('due_cases', row);
      }
    },
  };
}

function caseRow(stream: string, labels: Row, closed: number): Row {
  const { region, department, channel, item_id, item_version, applicant, owner } = labels as Required<Row>;
  return {
    stream,
    region: region!,
    department: department!,
    channel: channel!,
    item_id: item_id!,
    item_version: item_version!,
    applicant: applicant!,
    owner: owner!,
    closed,
  };
}

function dueRow(
  workflow: Workflow,
  of: Row,
  ledger: DeadlineLedger,
  calendar: WorkingCalendar,
  rungs: { readonly climb: RecordedClimb; readonly revision: number; readonly definition: CalendarDefinition },
): Row {
  const rule = workflow.deadlines[ledger.name]!;
  const { climb, revision, definition } = rungs;
  const date = dated(workflow, ledger, of.closed === 1 && isOpen(ledger), calendar);
  // Written out: rows of one shape, made without copying.
  return {
    stream: of.stream!,
    deadline: ledger.name,
    workflow: workflow.name,
    version: workflow.version,
    region: of.region!,
    department: of.department!,
    channel: of.channel!,
    item_id: of.item_id!,
    item_version: of.item_version!,
    applicant: of.applicant!,
    owner: of.owner!,
    kind: kindOf(rule),
    passing: passingOf(rule),
    limit_kind: rule.limit ?? 'statutory',
    status: date.status!,
    ticking: date.ticking!,
    held: date.held!,
    due_on: date.due_on!,
    due_at: date.due_at!,
    warn_at: date.warn_at!,
    deemed_at: date.deemed_at!,
    reach_at: date.reach_at!,
    provisional: date.provisional!,
    generation: ledger.generation,
    anchored_at: ledger.anchor.at,
    met_at: ledger.metAt ?? null,
    late: date.late!,
    late_by: date.late_by!,
    ledger: JSON.stringify(ledger),
    next_rung_at: of.closed === 1 || date.held === 1 ? null : nextRungAt(workflow, ledger, climb, definition),
    climb: JSON.stringify(climb),
    revision,
  };
}

/** The columns that depend on the calendar. */
const CALENDAR_COLUMNS = [
  'status',
  'ticking',
  'held',
  'due_on',
  'due_at',
  'warn_at',
  'deemed_at',
  'reach_at',
  'provisional',
  'late',
  'late_by',
  'next_rung_at',
] as const satisfies readonly (keyof typeof DUE_CASES.columns)[];

/** Every status there is: named, an index over them can be used. */
const STATUSES: readonly (DeadlineLedger['status'] | 'ended')[] = ['running', 'paused', 'met', 'cancelled', 'ended'];

function dated(workflow: Workflow, ledger: DeadlineLedger, ended: boolean, calendar: WorkingCalendar): Row {
  const rule = workflow.deadlines[ledger.name]!;
  const due = dueOf(ledger, rule, calendar);
  const met = ledger.status === 'met';
  const late = met && wasMetLate(ledger, rule, calendar);
  return {
    status: ended ? 'ended' : ledger.status === 'awaited' ? (due.held ? 'paused' : 'running') : ledger.status,
    ticking: isOpen(ledger) && !ended && !due.held ? 1 : 0,
    held: isOpen(ledger) && !ended && due.held ? 1 : 0,
    due_on: due.dueOn,
    due_at: due.dueAt,
    warn_at: due.warnings[0]?.at ?? null,
    deemed_at: isUnanchored(ledger) ? (beginsAt(ledger, rule, calendar) ?? LATEST) : null,
    reach_at: reachAt(workflow, ledger, due.dueAt, calendar),
    provisional: due.provisional ? 1 : 0,
    late: met ? Number(late) : null,
    // A met one stands where it was met, so any later instant will do. Hours are counted whole, like days.
    late_by: late ? Math.ceil(dayCount(ledger, rule, calendar, LATEST).over) : null,
  };
}

function reachAt(
  workflow: Workflow,
  { countsBack, deemed = [] }: DeadlineLedger,
  dueAt: string,
  calendar: WorkingCalendar,
): string | null {
  const others = [...(countsBack === undefined ? [] : [countsBack]), ...deemed.map(({ after }) => after)];
  const reached = others.flatMap((other) => {
    const at = dueOf(other, workflow.deadlines[other.name]!, calendar).dueAt;
    return [at, reachAt(workflow, other, at, calendar) ?? at];
  });
  const last = reached.reduce((latest, at) => (at > latest ? at : latest), dueAt);
  return last === dueAt ? null : last;
}

const namesOfDeadlines = new WeakMap<Workflow, readonly string[]>();

function deadlineNames(workflow: Workflow): readonly string[] {
  let names = namesOfDeadlines.get(workflow);
  if (names === undefined) {
    names = Object.keys(workflow.deadlines);
    namesOfDeadlines.set(workflow, names);
  }
  return names;
}

/** Every deadline that any version of a workflow has, for cases that move from one to another. */
function everyDeadline(registry: WorkflowRegistry, name: string): readonly string[] {
  return [...new Set(registry.all().flatMap((workflow) => (workflow.name === name ? deadlineNames(workflow) : [])))];
}

/** Calendars by what the log knows of them; one is made only when that has changed. */
function knownCalendars(definition: CalendarDefinition) {
  let last: { readonly asOf: string; readonly notices: string; readonly calendar: WorkingCalendar } | undefined;
  let told = { notices: '[]', definition };
  const withNotices = (notices: string): CalendarDefinition => {
    if (told.notices !== notices)
      told = { notices, definition: withRecordedNotices(definition, JSON.parse(notices) as CalendarNotice[]) };
    return told.definition;
  };

  return {
    of(row: Row): WorkingCalendar {
      const [asOf, notices] = [String(row.as_of), String(row.notices)];
      if (last?.asOf !== asOf || last.notices !== notices) {
        last = { asOf, notices, calendar: calendarInForce(withNotices(notices), asOf) };
      }
      return last.calendar;
    },
    /** The calendar with every notice recorded so far. */
    definition: (row: Row): CalendarDefinition => withNotices(String(row.notices)),
    row(asOf: string, notices: readonly CalendarNotice[]): Row {
      const text = JSON.stringify(notices);
      const next = calendarChanges(withNotices(text)).find(({ at }) => at > asOf)?.at ?? null;
      return { calendar: definition.id, as_of: asOf, next_change: next, notices: text };
    },
  };
}
