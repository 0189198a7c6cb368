import type { DeadlineRule } from './deadline.js';
import type { DeadlineLedger } from './deadline-ledger.js';
import { type Explanation, explainDeadline } from './explain-deadline.js';
import { formatInstant } from './office-time.js';
import type { Term } from './term.js';
import type { WorkingCalendar } from './working-calendar.js';

/** A term to be counted from an instant, with the policies a rule would declare. */
export type CalendarQuestion = Pick<DeadlineRule, 'receivedOnDayOff' | 'afterHours' | 'endOnDayOff'> & {
  readonly term: Term;
  /** Milliseconds since the epoch. */
  readonly from: number;
};

/** When a term that belongs to no case is over, explained as a case's deadline is: by the same calculation. */
export function answerQuestion({ term, from, ...policy }: CalendarQuestion, calendar: WorkingCalendar): Explanation {
  const rule: DeadlineRule = {
    title: { en: 'Deadline', zh: '期限' },
    from: 'received',
    until: { events: ['done'] },
    within: term,
    source: 'caseledger deadline',
    ...policy,
  };
  const ledger: DeadlineLedger = {
    name: 'deadline',
    generation: 1,
    anchor: { event: 'received', revision: 0, at: formatInstant(from) },
    term,
    extensions: [],
    pauses: [],
    status: 'running',
  };
  return explainDeadline(ledger, rule, calendar);
}
