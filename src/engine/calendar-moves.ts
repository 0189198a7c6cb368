import type { NoticeReference } from '../domain/calendar-notice.js';
import { isClosedState } from '../domain/closed-state.js';
import { deadlineLedgers } from '../domain/deadline-ledgers.js';
import { type Due, dueOf, statusAt } from '../domain/due-date.js';
import type { RecordedEvent } from '../domain/event.js';
import { formatInstant, parseInstant } from '../domain/office-time.js';
import type { Title } from '../domain/title.js';
import type { WorkflowRegistry } from '../domain/workflow-registry.js';
import { type CalendarDefinition, calendarChanges, calendarInForce } from '../domain/working-calendar.js';

/** When a deadline was due, as dates of the office. */
type DueThen = Pick<Due, 'dueOn' | 'dueAt' | 'provisional'>;

/** One deadline that a notice moved. */
export type MovedDeadline = {
  readonly deadline: string;
  readonly title: Title;
  readonly before: DueThen;
  readonly after: DueThen;
};

/** What a notice did to a case, though no event of the case says so. */
export type CalendarMove = {
  /** The instant from which the notices count. */
  readonly at: string;
  /** Those that came to count then, nearly always one. */
  readonly notices: readonly NoticeReference[];
  /** The case's last event recorded by then. */
  readonly afterRevision: number;
  readonly moved: readonly MovedDeadline[];
};

/**
 * The notices that moved a running deadline of a case, oldest first: derived from its events and the calendar's history
 * whenever it is asked, and stored nowhere.
 *
 * @param history the case's events from the first on
 * @param now the last instant looked at
 */
export function calendarMoves(
  registry: Pick<WorkflowRegistry, 'get'>,
  history: readonly RecordedEvent[],
  definition: CalendarDefinition,
  now: string,
): readonly CalendarMove[] {
  const [first] = history;
  if (first === undefined) return [];
  const noticesAt = new Map<string, NoticeReference[]>();
  for (const { at, notice } of calendarChanges(definition)) {
    if (at <= first.metadata.recordedAt || at > now) continue;
    const { id, title, source, published } = notice;
    const together = noticesAt.get(at);
    if (together === undefined) noticesAt.set(at, [{ id, title, source, published }]);
    else together.push({ id, title, source, published });
  }
  return [...noticesAt].flatMap(([at, notices]): readonly CalendarMove[] => {
    const before = history.filter(({ metadata }) => metadata.recordedAt <= at);
    const moved = movedAt(registry, before, definition, at);
    return moved.length === 0 ? [] : [{ at, notices, afterRevision: before.at(-1)!.revision, moved }];
  });
}

function movedAt(
  registry: Pick<WorkflowRegistry, 'get'>,
  history: readonly RecordedEvent[],
  definition: CalendarDefinition,
  at: string,
): readonly MovedDeadline[] {
  const { workflow: under, state } = history.at(-1)!.metadata;
  const workflow = registry.get(under.name, under.version);
  if (isClosedState(workflow, state)) return [];
  const before = calendarInForce(definition, formatInstant(parseInstant(at) - 1));
  const after = calendarInForce(definition, at);
  return Object.values(deadlineLedgers(workflow, history)).flatMap((ledger): readonly MovedDeadline[] => {
    const rule = workflow.deadlines[ledger.name]!;
    // One that is deemed to follow another runs though no event of its own began it.
    const status = statusAt(ledger, rule, before, at);
    if (status !== 'running' && status !== 'paused') return [];
    const [was, is] = [dueThen(dueOf(ledger, rule, before)), dueThen(dueOf(ledger, rule, after))];
    if (was.dueAt === is.dueAt && was.provisional === is.provisional) return [];
    return [{ deadline: ledger.name, title: rule.title, before: was, after: is }];
  });
}

function dueThen({ dueOn, dueAt, provisional }: Due): DueThen {
  return { dueOn, dueAt, provisional };
}
