import { and, assign, setup } from 'xstate';
import type { Facts } from '../../../domain/workflow.js';
import type { ApplicationEvent, DeadlineFact } from './events.js';
import { type ItemInForce, itemInForce, type RequiredMaterial, type SpecialProcedure } from './item-terms.js';
import { policy } from './policy.js';

export type ApplicationOutcome = 'approved' | 'denied' | 'notAccepted' | 'withdrawn' | 'lapsed';

/** What a case remembers of its own events. */
export type ApplicationContext = {
  readonly kind: ItemInForce['kind'] | null;
  /** The department that handles it now. */
  readonly department: string;
  readonly required: readonly RequiredMaterial[];
  /** Codes of materials the state holds and may not ask for. */
  readonly held: readonly string[];
  readonly procedures: readonly SpecialProcedure[];
  /** Working days by which the decision may be extended; 0 where nothing provides for it. */
  readonly extensionDays: number;
  /** Codes of the materials handed in so far. */
  readonly materials: readonly string[];
  /** Whether notice of what to supplement was given, and what of it has not come. */
  readonly noticed: boolean;
  readonly outstanding: readonly string[];
  /** Codes of the materials handed in since that notice, which the office had not seen when it gave it. */
  readonly fresh: readonly string[];
  readonly procedure: SpecialProcedure | null;
  readonly extended: boolean;
  readonly outcome: ApplicationOutcome | null;
  /** Levels given, oldest first. */
  readonly ratings: readonly number[];
  /** Whether the rated unit has appealed against the last of them. */
  readonly appealed: boolean;
  /** How far the reason for going past a limit has come. */
  readonly explanation: 'none' | 'recorded' | 'published';
};

const nothingYet: ApplicationContext = {
  kind: null,
  department: '',
  required: [],
  held: [],
  procedures: [],
  extensionDays: 0,
  materials: [],
  noticed: false,
  outstanding: [],
  fresh: [],
  procedure: null,
  extended: false,
  outcome: null,
  ratings: [],
  appealed: false,
  explanation: 'none',
};

/** Whether a limit past which an explanation is owed is over, or was when it was met. */
function isPastLimit(facts: Facts): boolean {
  return policy.explanation.limits.some((name) => {
    const limit = facts[name] as DeadlineFact | null | undefined;
    return limit?.passed === true || limit?.late === true;
  });
}

/** A map of which fact may follow which: handling, and beside it the closing loop (好差评). */
export const machine = setup({
  types: { context: {} as ApplicationContext, events: {} as ApplicationEvent },
  guards: {
    itemIsInForce: ({ event }) => event.type === 'application.received' && itemInForce(event.facts.item) !== undefined,
    agentMayApply: ({ event }) =>
      event.type === 'application.received' &&
      (event.data.agent === undefined || itemInForce(event.facts.item)?.inPerson !== true),
    noticeIsTheFirst: ({ context, event }) =>
      event.type === 'supplement.requested' &&
      (!context.noticed || event.data.materials.every(({ material }) => context.fresh.includes(material))),
    materialsMayBeAskedFor: ({ context, event }) =>
      event.type === 'supplement.requested' &&
      event.data.materials.every(({ material }) => !context.held.includes(material)),
    supplementIsComplete: ({ context, event }) =>
      event.type === 'application.supplemented' &&
      context.outstanding.every((code) => event.data.materials.some(({ material }) => material === code)),
    supplementIsOverdue: ({ event }) =>
      event.type === 'supplement.lapsed' && (event.facts.supplement as DeadlineFact | null)?.passed === true,
    materialsAreComplete: ({ context }) => context.required.every(({ code }) => context.materials.includes(code)),
    groundFitsTheItem: ({ context, event }) =>
      event.type === 'application.notAccepted' &&
      (event.data.ground !== 'noLicenceNeeded' || context.kind === 'licence'),
    competentAuthorityIsNamed: ({ event }) =>
      event.type === 'application.notAccepted' &&
      (event.data.ground !== 'notCompetent' || event.data.competentAuthority !== undefined),
    departmentIsAnother: ({ context, event }) =>
      event.type === 'application.transferred' && event.data.department !== context.department,
    procedureIsProvidedFor: ({ context, event }) =>
      event.type === 'specialProcedure.started' && context.procedures.includes(event.data.procedure),
    extensionIsTheFirst: ({ context }) => !context.extended,
    extensionIsProvidedFor: ({ context }) => context.extensionDays > 0,
    extensionIsInTime: ({ event }) =>
      event.type === 'decision.extended' && (event.facts.decision as DeadlineFact | null)?.passed !== true,
    matterMayBeRated: ({ context }) =>
      context.outcome === 'approved' || context.outcome === 'denied' || context.outcome === 'notAccepted',
    matterEndedUndecided: ({ context }) => context.outcome === 'withdrawn' || context.outcome === 'lapsed',
    ratingIsBad: ({ event }) => event.type === 'evaluation.given' && event.data.level <= policy.evaluation.badUpTo,
    mayRateOnceMore: ({ context }) => context.ratings.length < policy.evaluation.ratings,
    ratingWindowIsOver: ({ event }) =>
      event.type === 'evaluation.lapsed' && (event.facts.evaluation as DeadlineFact | null)?.passed === true,
    secondRatingWindowIsOver: ({ event }) =>
      event.type === 'evaluation.lapsed' && (event.facts.secondEvaluation as DeadlineFact | null)?.passed === true,
    appealIsTheFirst: ({ context }) => !context.appealed,
    anotherBodyDecides: ({ context, event }) =>
      event.actor.department !== undefined && event.actor.department !== context.department,
    limitIsPast: ({ event }) => event.type === 'overdue.explained' && isPastLimit(event.facts),
    explanationIsRecorded: ({ context }) => context.explanation !== 'none',
    explanationIsPublished: ({ context, event }) => context.explanation === 'published' || !isPastLimit(event.facts),
  },
  actions: {
    noteReceipt: assign(({ event }) => {
      if (event.type !== 'application.received') return {};
      const item = itemInForce(event.facts.item);
      if (!item) return {};
      return {
        kind: item.kind,
        department: item.department,
        required: item.required,
        held: item.held,
        procedures: item.procedures,
        extensionDays: item.extensionDays ?? (item.kind === 'licence' ? policy.licence.extensionDays : 0),
        materials: [...new Set(event.data.materials.map(({ material }) => material))],
      };
    }),
    noteNotice: assign(({ event }) =>
      event.type === 'supplement.requested'
        ? { noticed: true, outstanding: event.data.materials.map(({ material }) => material), fresh: [] }
        : {},
    ),
    noteSupplement: assign(({ context, event }) => {
      if (event.type !== 'application.supplemented') return {};
      const brought = event.data.materials.map(({ material }) => material);
      return {
        materials: [...new Set([...context.materials, ...brought])],
        fresh: [...new Set([...context.fresh, ...brought])],
        outstanding: [],
      };
    }),
    noteTransfer: assign(({ event }) =>
      event.type === 'application.transferred' ? { department: event.data.department } : {},
    ),
    noteProcedure: assign(({ event }) =>
      event.type === 'specialProcedure.started' ? { procedure: event.data.procedure } : {},
    ),
    noteProcedureEnd: assign({ procedure: null }),
    noteExtension: assign({ extended: true }),
    endNotAccepted: assign({ outcome: 'notAccepted' }),
    endLapsed: assign({ outcome: 'lapsed' }),
    endWithdrawn: assign({ outcome: 'withdrawn', procedure: null }),
    endApproved: assign({ outcome: 'approved' }),
    endDenied: assign({ outcome: 'denied' }),
    noteRating: assign(({ context, event }) =>
      event.type === 'evaluation.given' ? { ratings: [...context.ratings, event.data.level], appealed: false } : {},
    ),
    noteAppeal: assign({ appealed: true }),
    noteExplanation: assign({ explanation: 'recorded' }),
    notePublication: assign({ explanation: 'published' }),
  },
}).createMachine({
  id: 'application',
  context: nothingYet,
  type: 'parallel',
  states: {
    handling: {
      initial: 'unfiled',
      states: {
        unfiled: {
          on: {
            'application.received': {
              target: 'received',
              guard: and(['itemIsInForce', 'agentMayApply']),
              actions: 'noteReceipt',
            },
          },
        },
        received: {
          on: {
            'supplement.requested': {
              target: 'supplementing',
              guard: and(['materialsMayBeAskedFor', 'noticeIsTheFirst']),
              actions: 'noteNotice',
            },
            'application.accepted': { target: 'accepted', guard: 'materialsAreComplete' },
            'application.notAccepted': {
              target: 'notAccepted',
              guard: and(['groundFitsTheItem', 'competentAuthorityIsNamed']),
              actions: 'endNotAccepted',
            },
            'application.withdrawn': { target: 'withdrawn', actions: 'endWithdrawn' },
          },
        },
        supplementing: {
          on: {
            'application.supplemented': {
              target: 'received',
              guard: 'supplementIsComplete',
              actions: 'noteSupplement',
            },
            'supplement.lapsed': { target: 'lapsed', guard: 'supplementIsOverdue', actions: 'endLapsed' },
            'application.withdrawn': { target: 'withdrawn', actions: 'endWithdrawn' },
          },
        },
        accepted: {
          on: {
            'review.started': { target: 'reviewing' },
            'application.transferred': {
              target: 'accepted',
              guard: 'departmentIsAnother',
              actions: 'noteTransfer',
            },
            'decision.extended': {
              target: 'accepted',
              guard: and(['extensionIsProvidedFor', 'extensionIsTheFirst', 'extensionIsInTime']),
              actions: 'noteExtension',
            },
            'application.withdrawn': { target: 'withdrawn', actions: 'endWithdrawn' },
          },
        },
        reviewing: {
          on: {
            'review.completed': { target: 'reviewed' },
            'specialProcedure.started': {
              target: 'specialProcedure',
              guard: 'procedureIsProvidedFor',
              actions: 'noteProcedure',
            },
            'application.transferred': {
              target: 'accepted',
              guard: 'departmentIsAnother',
              actions: 'noteTransfer',
            },
            'decision.extended': {
              target: 'reviewing',
              guard: and(['extensionIsProvidedFor', 'extensionIsTheFirst', 'extensionIsInTime']),
              actions: 'noteExtension',
            },
            'application.withdrawn': { target: 'withdrawn', actions: 'endWithdrawn' },
          },
        },
        specialProcedure: {
          on: {
            'specialProcedure.ended': { target: 'reviewing', actions: 'noteProcedureEnd' },
            'decision.extended': {
              target: 'specialProcedure',
              guard: and(['extensionIsProvidedFor', 'extensionIsTheFirst', 'extensionIsInTime']),
              actions: 'noteExtension',
            },
            'application.withdrawn': { target: 'withdrawn', actions: 'endWithdrawn' },
          },
        },
        reviewed: {
          on: {
            'application.approved': { target: 'approved', actions: 'endApproved' },
            'application.denied': { target: 'denied', actions: 'endDenied' },
            'review.returned': { target: 'reviewing' },
            'application.transferred': {
              target: 'accepted',
              guard: 'departmentIsAnother',
              actions: 'noteTransfer',
            },
            'decision.extended': {
              target: 'reviewed',
              guard: and(['extensionIsProvidedFor', 'extensionIsTheFirst', 'extensionIsInTime']),
              actions: 'noteExtension',
            },
            'application.withdrawn': { target: 'withdrawn', actions: 'endWithdrawn' },
          },
        },
        approved: {
          on: {
            'result.dispatched': { target: 'dispatched' },
            'result.delivered': { target: 'delivered' },
          },
        },
        dispatched: {
          on: {
            'result.returned': { target: 'approved' },
            'result.delivered': { target: 'delivered' },
          },
        },
        delivered: { type: 'final' },
        denied: { type: 'final' },
        notAccepted: { type: 'final' },
        withdrawn: { type: 'final' },
        lapsed: { type: 'final' },
      },
    },
    loop: {
      initial: 'waiting',
      on: {
        'overdue.explained': { guard: 'limitIsPast', actions: 'noteExplanation' },
        'explanation.published': { guard: 'explanationIsRecorded', actions: 'notePublication' },
      },
      states: {
        // Eventless, so that the loop moves only on what handling has taken.
        waiting: {
          always: [
            { target: 'awaitingRating', guard: 'matterMayBeRated' },
            { target: 'notDue', guard: 'matterEndedUndecided' },
          ],
        },
        awaitingRating: {
          on: {
            'evaluation.given': [
              { target: 'visiting', guard: 'ratingIsBad', actions: 'noteRating' },
              { target: 'rated', guard: 'explanationIsPublished', actions: 'noteRating' },
              { target: 'explaining.rated', actions: 'noteRating' },
            ],
            'evaluation.lapsed': {
              target: 'unrated',
              guard: and(['ratingWindowIsOver', 'explanationIsPublished']),
            },
          },
        },
        visiting: {
          on: { 'returnVisit.recorded': { target: 'rectifying' } },
        },
        rectifying: {
          on: {
            'rectification.completed': { target: 'confirming' },
            'appeal.filed': { target: 'appealing', guard: 'appealIsTheFirst', actions: 'noteAppeal' },
          },
        },
        confirming: {
          on: {
            'rectification.confirmed': [
              { target: 'ratingAgain', guard: 'mayRateOnceMore' },
              { target: 'rectified', guard: 'explanationIsPublished' },
              { target: 'explaining.rectified' },
            ],
            'rectification.rejected': { target: 'rectifying' },
          },
        },
        appealing: {
          on: {
            'appeal.upheld': { target: 'excluded', guard: and(['anotherBodyDecides', 'explanationIsPublished']) },
            'appeal.dismissed': { target: 'rectifying', guard: 'anotherBodyDecides' },
          },
        },
        ratingAgain: {
          on: {
            'evaluation.given': [
              { target: 'visiting', guard: 'ratingIsBad', actions: 'noteRating' },
              { target: 'rated', guard: 'explanationIsPublished', actions: 'noteRating' },
              { target: 'explaining.rated', actions: 'noteRating' },
            ],
            'evaluation.lapsed': {
              target: 'rectified',
              guard: and(['secondRatingWindowIsOver', 'explanationIsPublished']),
            },
          },
        },
        // All is done but the explanation that is owed to the public; nobody else is held up by it.
        explaining: {
          initial: 'rated',
          states: {
            rated: {
              on: {
                'explanation.published': {
                  target: '#application.loop.rated',
                  guard: 'explanationIsRecorded',
                  actions: 'notePublication',
                },
              },
            },
            rectified: {
              on: {
                'explanation.published': {
                  target: '#application.loop.rectified',
                  guard: 'explanationIsRecorded',
                  actions: 'notePublication',
                },
              },
            },
          },
        },
        rated: { type: 'final' },
        rectified: { type: 'final' },
        excluded: { type: 'final' },
        unrated: { type: 'final' },
        notDue: { type: 'final' },
      },
    },
  },
});
