import fc from 'fast-check';
import { isCaseError } from '../../src/domain/case-error.js';
import type { DeadlineRules } from '../../src/domain/deadline.js';
import {
  advanceDeadlines,
  type DeadlineEvent,
  type DeadlineLedgers,
  NO_DEADLINES,
} from '../../src/domain/deadline-ledger.js';
import { type Term, workingDays } from '../../src/domain/term.js';

const rules: DeadlineRules = {
  acceptance: {
    title: { en: 'Acceptance', zh: '受理' },
    from: ['application.received', 'supplement.submitted'],
    until: { states: ['supplementing', 'handling', 'refused'] },
    cancelledBy: { events: ['application.withdrawn'], states: ['closed'] },
    within: workingDays(5),
    source: '行政许可法 32',
  },
  decision: {
    title: { en: 'Decision', zh: '决定' },
    from: 'application.accepted',
    until: { events: ['application.decided'] },
    cancelledBy: { events: ['application.withdrawn'] },
    within: ({ facts }) => (typeof facts.promisedDays === 'number' ? workingDays(facts.promisedDays) : undefined),
    at: ({ data }) => data.deadline as string | undefined,
    metAt: ({ data }) => data.completedOn as string | undefined,
    pausedWhile: ['handling.hearing', 'handling.expertReview'],
    extension: { event: 'decision.extended', max: 1, by: workingDays(10), role: 'unitHead' },
    source: '行政许可法 42, 45',
  },
};

let revision = 0;
function anEvent(type: string, state: string, parts: Partial<DeadlineEvent> = {}): DeadlineEvent {
  const at = parts.occurredAt ?? `2024-03-${String(4 + (revision % 20)).padStart(2, '0')}T01:00:00.000Z`;
  return { type, state, data: {}, facts: {}, occurredAt: at, recordedAt: at, revision: revision++, ...parts };
}

beforeEach(() => {
  revision = 0;
});

const received = () => anEvent('application.received', 'received+loop.idle');
const accepted = (parts: Partial<DeadlineEvent> = {}) =>
  anEvent('application.accepted', 'handling.reviewing+loop.idle', { facts: { promisedDays: 12 }, ...parts });
const hearing = () => anEvent('hearing.ordered', 'handling.hearing+loop.idle');
const expert = () => anEvent('expertReview.ordered', 'handling.expertReview+loop.idle');
const reviewing = () => anEvent('hearing.held', 'handling.reviewing+loop.idle');
const extended = (parts: Partial<DeadlineEvent> = {}) =>
  anEvent('decision.extended', 'handling.reviewing+loop.idle', parts);
const decided = (parts: Partial<DeadlineEvent> = {}) =>
  anEvent('application.decided', 'handling.decided+loop.idle', parts);

const fold = (...events: DeadlineEvent[]): DeadlineLedgers =>
  events.reduce((ledgers, event) => advanceDeadlines(rules, ledgers, event), NO_DEADLINES);

describe('a deadline ledger', () => {
  it('is not there before its anchor', () => {
    expect(fold(anEvent('application.drafted', 'draft'))).toBe(NO_DEADLINES);
  });

  it('begins with its anchor: when it happened, not when it was recorded', () => {
    const event = { ...received(), occurredAt: '2024-03-04T01:00:00.000Z', recordedAt: '2024-03-06T01:00:00.000Z' };
    expect(fold(event)).toEqual({
      acceptance: {
        name: 'acceptance',
        generation: 1,
        anchor: { event: 'application.received', revision: 0, at: '2024-03-04T01:00:00.000Z' },
        term: workingDays(5),
        extensions: [],
        pauses: [],
        status: 'running',
      },
    });
  });

  it('keeps the term that the facts gave at the anchor', () => {
    expect(fold(received(), accepted()).decision?.term).toEqual(workingDays(12));
  });

  it('does not begin where the rule does not apply to the case', () => {
    expect(fold(received(), accepted({ facts: {} })).decision).toBeUndefined();
  });

  it('keeps an end named by the event itself', () => {
    const { decision } = fold(received(), accepted({ facts: {}, data: { deadline: '2024-06-01' } }));
    expect(decision?.fixedDueAt).toBe('2024-06-01');
    expect(decision?.term).toBeUndefined();
  });

  it('is met by a state, wherever in it the case is', () => {
    const { acceptance } = fold(received(), accepted());
    expect(acceptance?.status).toBe('met');
    expect(acceptance?.metAt).toBe('2024-03-05T01:00:00.000Z');
  });

  it('is met by an event, at the instant its data names', () => {
    const { decision } = fold(received(), accepted(), decided({ data: { completedOn: '2024-03-15' } }));
    expect(decision).toMatchObject({ status: 'met', metAt: '2024-03-15' });
  });

  it('is cancelled, not met, when the applicant withdraws', () => {
    const withdrawn = anEvent('application.withdrawn', 'closed', { occurredAt: '2024-03-20T01:00:00.000Z' });
    const { acceptance, decision } = fold(received(), accepted(), withdrawn);
    expect(decision).toMatchObject({ status: 'cancelled', cancelledAt: '2024-03-20T01:00:00.000Z' });
    expect(acceptance?.status).toBe('met');
  });

  it('begins a new generation with each new anchor', () => {
    const supplementing = anEvent('supplement.requested', 'supplementing+loop.idle');
    const submitted = anEvent('supplement.submitted', 'received+loop.idle');
    const { acceptance } = fold(received(), supplementing, submitted);
    expect(acceptance).toMatchObject({ generation: 2, status: 'running', anchor: { event: 'supplement.submitted' } });
    expect(acceptance?.metAt).toBeUndefined();
  });

  it('may be met by the very event that anchors it', () => {
    const onTheSpot = anEvent('application.received', 'handling.decided+loop.idle');
    expect(fold(onTheSpot).acceptance?.status).toBe('met');
  });

  it('stops while the case is in a state that pauses it, from one such state to another without a gap', () => {
    const paused = fold(received(), accepted(), hearing(), expert());
    expect(paused.decision).toMatchObject({ status: 'paused', pauses: [{ from: '2024-03-06T01:00:00.000Z' }] });
    const resumed = advanceDeadlines(rules, paused, reviewing());
    expect(resumed.decision).toMatchObject({
      status: 'running',
      generation: 1,
      pauses: [{ from: '2024-03-06T01:00:00.000Z', to: '2024-03-08T01:00:00.000Z' }],
    });
  });

  it('closes its pause when it ends while paused', () => {
    const { decision } = fold(received(), accepted(), hearing(), decided());
    expect(decision?.pauses).toEqual([{ from: '2024-03-06T01:00:00.000Z', to: '2024-03-07T01:00:00.000Z' }]);
  });

  it('keeps its pauses when the budget changes, and the reason of the change', () => {
    const { decision } = fold(received(), accepted(), hearing(), reviewing(), extended({ reason: 'complex case' }));
    expect(decision?.generation).toBe(2);
    expect(decision?.pauses).toHaveLength(1);
    expect(decision?.extensions).toEqual([
      { term: workingDays(10), at: '2024-03-08T01:00:00.000Z', revision: 4, reason: 'complex case' },
    ]);
  });

  it.each(['reset', { restart: workingDays(30) }] as const)(
    'begins a new generation when a pause makes it start over (%j)',
    (onResume) => {
      const startingOver = { decision: { ...rules.decision!, onResume } };
      const ledgers = [received(), accepted(), hearing(), reviewing()].reduce(
        (sofar, event) => advanceDeadlines(startingOver, sofar, event),
        NO_DEADLINES,
      );
      expect(ledgers.decision).toMatchObject({ generation: 2, status: 'running' });
    },
  );

  it('ignores an extension of what is over or was never there', () => {
    expect(fold(received(), extended()).decision).toBeUndefined();
    expect(fold(received(), accepted(), decided(), extended()).decision?.extensions).toEqual([]);
  });

  it('refuses a term or an end that is none, rather than keeping it', () => {
    const problems = [
      accepted({ facts: { promisedDays: -1 } }),
      accepted({ data: { deadline: '2024-06-31' } }),
      accepted({ data: { deadline: '2024-06-01T12:00' } }),
    ].map((event) => {
      try {
        advanceDeadlines(rules, NO_DEADLINES, event);
      } catch (error) {
        return isCaseError(error, 'TERM_INVALID');
      }
      return 'kept';
    });
    expect(problems).toEqual([true, true, true]);
  });

  it('refuses an extension in hours of a term in days', () => {
    const mixed: DeadlineRules = {
      decision: {
        ...rules.decision!,
        extension: { event: 'decision.extended', max: 1, by: ({ data }) => data.by as unknown as Term },
      },
    };
    const ledgers = advanceDeadlines(mixed, NO_DEADLINES, accepted());
    const extend = () =>
      advanceDeadlines(mixed, ledgers, extended({ data: { by: { unit: 'workingHours', amount: 4 } } }));
    expect(extend).toThrow(/workingHours cannot be added/);
  });
});

describe('folding deadlines', () => {
  const anyEvent = fc
    .tuple(
      fc.constantFrom(
        'application.received',
        'supplement.submitted',
        'application.accepted',
        'hearing.ordered',
        'hearing.held',
        'decision.extended',
        'application.decided',
        'application.withdrawn',
      ),
      fc.constantFrom(
        'received+loop.idle',
        'supplementing+loop.idle',
        'handling.reviewing+loop.idle',
        'handling.hearing+loop.idle',
        'closed',
      ),
      fc.integer({ min: 0, max: 500 }),
    )
    .map(([type, state, hours]): Omit<DeadlineEvent, 'revision'> => {
      const at = new Date(Date.UTC(2024, 0, 1) + hours * 3_600_000).toISOString();
      return { type, state, data: {}, facts: { promisedDays: 7 }, occurredAt: at, recordedAt: at };
    });
  const anyHistory = fc
    .array(anyEvent, { maxLength: 12 })
    .map((events) => events.map((event, at) => ({ ...event, revision: at })));

  it('gives the same in one go and from any stored point in between', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat({ max: 12 }), (history, cut) => {
        const stored = JSON.parse(JSON.stringify(fold(...history.slice(0, cut)))) as DeadlineLedgers;
        const resumed = history.slice(cut).reduce((ledgers, event) => advanceDeadlines(rules, ledgers, event), stored);
        expect(resumed).toEqual(fold(...history));
      }),
    );
  });

  it('gives what survives JSON unchanged', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const ledgers = fold(...history);
        expect(JSON.parse(JSON.stringify(ledgers))).toStrictEqual(ledgers);
      }),
    );
  });

  it('changes nothing it was given, and gives back the same object when nothing changes', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const ledgers = fold(...history);
        const before = JSON.stringify(ledgers);
        advanceDeadlines(rules, ledgers, { ...anEvent('application.received', 'received+loop.idle') });
        expect(JSON.stringify(ledgers)).toBe(before);
        const settled = advanceDeadlines(rules, ledgers, anEvent('note.added', 'handling.hearing'));
        expect(advanceDeadlines(rules, settled, anEvent('note.added', 'handling.hearing'))).toBe(settled);
      }),
    );
  });

  it('has pauses that follow each other, only the last of them open, and open exactly while paused', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        for (const { pauses, status } of Object.values(fold(...history))) {
          expect(pauses.slice(0, -1).every(({ to }) => to !== undefined)).toBe(true);
          expect(pauses.at(-1) !== undefined && pauses.at(-1)?.to === undefined).toBe(status === 'paused');
        }
      }),
    );
  });
});
