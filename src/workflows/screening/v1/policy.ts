import type { JsonObject } from '../../../domain/event.js';

/** Why a case stands on a line. */
export const LINE_KINDS = [
  'near',
  'overdue',
  'pausedTooLong',
  'pausedNearDue',
  'refused',
  'withdrawn',
  'lateEntry',
  'reactionRefused',
] as const;

export type LineKind = (typeof LINE_KINDS)[number];

/** What a supervisor finds about a line: in order, urged on, explained, or to be put right under a supervision order. */
export const FINDINGS = ['inOrder', 'urged', 'explained', 'order'] as const;

export type Finding = (typeof FINDINGS)[number];

/** What is screened, and how. */
export const policy = {
  /** When the day's screening is opened, office time. */
  opensAt: '08:30',
  /** How many calendar days a clock may stand still. */
  pausedMostDays: 30,
  /** Events of the day that are looked at, by workflow. */
  refused: { application: ['application.notAccepted', 'application.denied', 'supplement.lapsed'] },
  withdrawn: { application: ['application.withdrawn'] },
  /** Workflows that supervise others, whose own deadlines are no lines: they would list each other. */
  notScreened: ['overdue-alert', 'screening'],
  source: '本办事机构每日巡查规定（超期监管：日巡查、实时预警、限时办结）',
} as const satisfies JsonObject;

/** The most lines, or marks, that one event holds: far below what an append may carry. */
export const LINES_PER_EVENT = 500;
