import { type DeadlineRules, linkDeadlineRules, validateDeadlineRules } from '../../src/domain/deadline.js';
import {
  advanceDeadlines,
  type DeadlineEvent,
  type DeadlineLedger,
  type DeadlineLedgers,
  NO_DEADLINES,
} from '../../src/domain/deadline-ledger.js';
import { type Due, dueOf, hasLapsed, isOverdue, statusAt } from '../../src/domain/due-date.js';
import { type Explanation, explainDeadline } from '../../src/domain/explain-deadline.js';
import { type ExplanationLanguage, explanationText } from '../../src/domain/explanation-text.js';
import type { WorkingCalendar } from '../../src/domain/working-calendar.js';

/** An instant by the wall clock in Shanghai: `2024-03-05 09:00`. */
export const at = (wall: string): string => new Date(`${wall.replace(' ', 'T')}:00+08:00`).toISOString();

/** What happens to a case, as its deadlines see it; the state stays the one before unless named. */
export type Told = readonly [type: string, wall: string, parts?: Partial<DeadlineEvent>];

/** A case's deadlines after a story: `deadlineStory(rules, china)(['tender.issued', '2024-03-04 09:00'])`. */
export function deadlineStory(declared: DeadlineRules, calendar: WorkingCalendar) {
  const problems = validateDeadlineRules(declared, everyEvent(declared));
  if (problems.length > 0) throw new Error(problems.join('; '));
  const rules = linkDeadlineRules(declared);

  return (...told: readonly Told[]) => {
    const ledgers = foldStory(rules, told);
    const ledger = (name: string): DeadlineLedger => {
      const found = ledgers[name];
      if (found === undefined) throw new Error(`no deadline "${name}" has begun`);
      return found;
    };
    return {
      ledgers,
      ledger,
      rule: (name: string) => rules[name]!,
      due: (name: string): Due => dueOf(ledger(name), rules[name]!, calendar),
      status: (name: string, wall: string) => statusAt(ledger(name), rules[name]!, calendar, at(wall)),
      overdue: (name: string, wall: string) => isOverdue(ledger(name), rules[name]!, calendar, at(wall)),
      lapsed: (name: string, wall: string) => hasLapsed(ledger(name), rules[name]!, calendar, at(wall)),
      explained: (name: string): Explanation => explainDeadline(ledger(name), rules[name]!, calendar),
      text: (name: string, language: ExplanationLanguage) =>
        explanationText(explainDeadline(ledger(name), rules[name]!, calendar), language).split('\n'),
    };
  };
}

/** The ledgers after a story. */
export function foldStory(rules: DeadlineRules, told: readonly Told[]): DeadlineLedgers {
  return eventsOf(told).reduce((ledgers, event) => advanceDeadlines(rules, ledgers, event), NO_DEADLINES);
}

function eventsOf(told: readonly Told[]): readonly DeadlineEvent[] {
  let state = 'open';
  return told.map(([type, wall, parts = {}], revision) => {
    state = parts.state ?? state;
    return { type, data: {}, facts: {}, occurredAt: at(wall), recordedAt: at(wall), revision, ...parts, state };
  });
}

function everyEvent(rules: DeadlineRules): readonly string[] {
  return Object.values(rules).flatMap((rule) => [
    ...(typeof rule.from === 'string' ? [rule.from] : (rule.from ?? [])),
    ...(rule.until?.events ?? []),
    ...(rule.cancelledBy?.events ?? []),
    ...(rule.extension === undefined ? [] : [rule.extension.event]),
    ...(rule.changedBy === undefined ? [] : [rule.changedBy.event]),
    ...(rule.notBefore ?? []).flatMap(({ from }) => from),
  ]);
}
