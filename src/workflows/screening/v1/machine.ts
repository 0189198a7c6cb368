import { and, assign, setup } from 'xstate';
import type { ScreeningEvent } from './events.js';
import type { Finding, LineKind } from './policy.js';

/** A line as the case remembers it. */
export type ListedLine = {
  readonly kind: LineKind;
  readonly workflow: string;
  readonly caseId: string;
  readonly finding: Finding | null;
};

export type ScreeningContext = {
  readonly date: string;
  /** The instant up to which it looked; the next one begins there. */
  readonly to: string;
  readonly lines: Readonly<Record<string, ListedLine>>;
};

/** A map of which fact may follow which. */
export const machine = setup({
  types: { context: {} as ScreeningContext, events: {} as ScreeningEvent },
  guards: {
    listIsWhole: ({ context, event }) =>
      event.type === 'listing.completed' && event.data.lines === Object.keys(context.lines).length,
    linesAreListed: ({ context, event }) =>
      event.type === 'lines.marked' && event.data.marks.every(({ line }) => Object.hasOwn(context.lines, line)),
    ordersStand: ({ context, event }) =>
      event.type === 'lines.marked' && event.data.marks.every(({ line }) => context.lines[line]?.finding !== 'order'),
    everyLineIsMarked: ({ context }) => Object.values(context.lines).every(({ finding }) => finding !== null),
  },
  actions: {
    noteOpening: assign(({ event }) =>
      event.type === 'screening.opened' ? { date: event.data.date, to: event.data.to } : {},
    ),
    noteLines: assign(({ context, event }) => {
      if (event.type !== 'lines.listed') return {};
      const listed = event.data.lines.map(({ id, kind, workflow, caseId }) => [
        id,
        { kind, workflow, caseId, finding: null },
      ]);
      return { lines: { ...Object.fromEntries(listed), ...context.lines } };
    }),
    noteMarks: assign(({ context, event }) => {
      if (event.type !== 'lines.marked') return {};
      const marked = event.data.marks.map(({ line, finding }) => [line, { ...context.lines[line], finding }]);
      return { lines: { ...context.lines, ...Object.fromEntries(marked) } };
    }),
  },
}).createMachine({
  id: 'screening',
  context: { date: '', to: '', lines: {} },
  initial: 'unopened',
  states: {
    unopened: { on: { 'screening.opened': { target: 'listing', actions: 'noteOpening' } } },
    listing: {
      on: {
        'lines.listed': { target: 'listing', actions: 'noteLines' },
        'listing.completed': { target: 'marking', guard: 'listIsWhole' },
      },
    },
    marking: {
      on: {
        'lines.marked': { target: 'marking', guard: and(['linesAreListed', 'ordersStand']), actions: 'noteMarks' },
        'screening.closed': { target: 'closed', guard: 'everyLineIsMarked' },
      },
    },
    closed: { type: 'final' },
  },
});
