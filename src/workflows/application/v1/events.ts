import { z } from 'zod';
import type { JsonObject } from '../../../domain/event.js';
import { personal, subject } from '../../../domain/personal-data.js';
import {
  defineEvent,
  type EventDefinitions,
  type FactInput,
  type FactRequest,
  type MachineEvent,
} from '../../../domain/workflow.js';
import { itemInForce, SPECIAL_PROCEDURES } from './item-terms.js';
import { policy } from './policy.js';

const MaterialCode = z.string().min(1).max(80);

/** Number of a dated, sealed notice (加盖专用印章和注明日期的书面凭证). */
const NoticeNumber = z.string().min(1).max(80);

const Party = subject({
  kind: z.enum(['person', 'enterprise']),
  name: personal(z.string().min(1).max(200)),
  /** Identity card number or unified social credit code. */
  idNumber: personal(z.string().min(1).max(40), { identifies: true }),
  phone: personal(z.string().min(1).max(40)).optional(),
});

const Agent = subject({
  name: personal(z.string().min(1).max(200)),
  idNumber: personal(z.string().min(1).max(40), { identifies: true }),
  /** The power of attorney it acts under (授权委托书). */
  authority: z.string().min(1).max(200),
});

const Material = z.strictObject({ material: MaterialCode, form: z.enum(['paper', 'electronic', 'sighted']) });

/** The limits of the item version the case was received under. */
const terms = ({ labels }: FactInput): FactRequest | undefined =>
  labels.item && { lookup: 'catalogue', key: { id: labels.item.id, part: 'terms', version: labels.item.version } };

/** How a deadline of this case stands at the instant of the event. */
const deadline =
  (name: string) =>
  ({ caseId }: FactInput): FactRequest => ({
    lookup: 'deadline',
    key: { caseId, deadline: name, workflow: 'application' },
  });

/** How the limits stand past which a unit owes a public explanation. */
const limits = { decision: deadline('decision'), promise: deadline('promise') };

/** Facts about one application, in the order a case usually meets them. */
export const events = {
  'application.received': defineEvent({
    title: { en: 'Application received', zh: '收件' },
    roles: ['applicant', 'intake'],
    data: z.strictObject({
      /** Code of the item applied for. */
      item: z.string().min(1).max(80),
      /** Administrative division code (GB/T 2260). */
      region: z.string().regex(/^\d{6}(\d{6})?$/),
      channel: z.enum(['window', 'online', 'app', 'self-service', 'township', 'remote']),
      applicant: Party,
      /** Account id of the applicant, where a clerk takes in for one that has an account. */
      account: z.string().min(1).max(200).optional(),
      agent: Agent.optional(),
      /** Account id of a clerk who helped at a self-service machine (帮办代办). */
      assistedBy: z.string().min(1).max(200).optional(),
      materials: z.array(Material).max(200),
    }),
    facts: {
      item: ({ data }) => ({ lookup: 'catalogue', key: { id: data.item ?? '' } }),
    },
    labels: ({ data, facts, actor }) => {
      const item = itemInForce(facts.item);
      return {
        region: data.region,
        channel: data.channel,
        applicant: data.applicant.subjectRef,
        ...(item && { department: item.department, item: { id: item.id, version: item.version } }),
        ...(actor.role === 'applicant' ? { owner: actor.id } : data.account !== undefined && { owner: data.account }),
      };
    },
    backdate: { roles: ['intake'], days: 5 },
  }),

  'supplement.requested': defineEvent({
    title: { en: 'Told once of everything to supplement', zh: '一次性告知补正' },
    roles: ['intake'],
    data: z.strictObject({
      notice: NoticeNumber,
      materials: z
        .array(z.strictObject({ material: MaterialCode, defect: z.string().min(1).max(500) }))
        .min(1)
        .max(200),
    }),
  }),

  'application.supplemented': defineEvent({
    title: { en: 'Materials supplemented', zh: '补正材料提交' },
    roles: ['applicant', 'intake'],
    data: z.strictObject({ materials: z.array(Material).min(1).max(200) }),
    facts: { item: terms },
  }),

  'supplement.lapsed': defineEvent({
    title: { en: 'Lapsed without supplement', zh: '逾期未补正终止' },
    roles: ['alarmClock', 'intake'],
    data: z.strictObject({}),
    facts: { supplement: deadline('supplement') },
  }),

  'application.accepted': defineEvent({
    title: { en: 'Application accepted', zh: '予以受理' },
    roles: ['intake'],
    data: z.strictObject({ notice: NoticeNumber }),
    facts: { item: terms },
  }),

  'application.notAccepted': defineEvent({
    title: { en: 'Application not accepted', zh: '不予受理' },
    roles: ['intake'],
    data: z.strictObject({
      notice: NoticeNumber,
      ground: z.enum(['noLicenceNeeded', 'notCompetent', 'falseMaterials', 'otherwiseProvided']),
      /** Whom to apply to instead, where this office is not competent (art. 32). */
      competentAuthority: z.string().min(1).max(200).optional(),
    }),
    reasonRequired: true,
  }),

  'application.withdrawn': defineEvent({
    title: { en: 'Application withdrawn', zh: '撤回申请' },
    roles: ['applicant', 'intake'],
    data: z.strictObject({}),
    reasonRequired: true,
  }),

  'application.transferred': defineEvent({
    title: { en: 'Transferred to another department', zh: '转办' },
    roles: ['reviewer', 'unitHead'],
    data: z.strictObject({ department: z.string().min(1).max(80) }),
    labels: ({ data }) => ({ department: data.department }),
    reasonRequired: true,
  }),

  'review.started': defineEvent({
    title: { en: 'Review started', zh: '开始审查' },
    roles: ['reviewer'],
    data: z.strictObject({}),
    separateFrom: ['application.received', 'application.accepted'],
  }),

  'specialProcedure.started': defineEvent({
    title: { en: 'Special procedure started', zh: '启动特别程序' },
    roles: ['reviewer'],
    data: z.strictObject({
      procedure: z.enum(SPECIAL_PROCEDURES),
      /** The applicant is told in writing how long it takes (art. 45). */
      notice: NoticeNumber,
      expectedEnd: z.iso.date(),
    }),
  }),

  'specialProcedure.ended': defineEvent({
    title: { en: 'Special procedure ended', zh: '特别程序结束' },
    roles: ['reviewer'],
    data: z.strictObject({ finding: z.string().min(1).max(2_000) }),
  }),

  'review.completed': defineEvent({
    title: { en: 'Review completed', zh: '审查完毕' },
    roles: ['reviewer'],
    data: z.strictObject({ opinion: z.enum(['approve', 'deny']), basis: z.string().min(1).max(2_000) }),
    separateFrom: ['application.received', 'application.accepted'],
  }),

  'review.returned': defineEvent({
    title: { en: 'Returned for further review', zh: '退回重新审查' },
    roles: ['decider'],
    data: z.strictObject({}),
    reasonRequired: true,
  }),

  'decision.extended': defineEvent({
    title: { en: 'Time for deciding extended', zh: '延长办理期限' },
    roles: ['unitHead'],
    data: z.strictObject({
      /** The applicant is told the reasons (art. 42). */
      notice: NoticeNumber,
    }),
    facts: { decision: deadline('decision'), item: terms },
    reasonRequired: true,
  }),

  'application.approved': defineEvent({
    title: { en: 'Application approved', zh: '准予决定' },
    roles: ['decider'],
    data: z.strictObject({
      /** Number of the written decision. */
      decision: NoticeNumber,
      /** Last day on which a licence with an end is valid. */
      validUntil: z.iso.date().optional(),
    }),
    facts: { item: terms },
    separateFrom: ['application.received', 'application.accepted', 'review.completed'],
  }),

  'application.denied': defineEvent({
    title: { en: 'Application denied', zh: '不予许可决定' },
    roles: ['decider'],
    data: z.strictObject({
      decision: NoticeNumber,
      /** Rights the applicant is told of (art. 38): administrative reconsideration and litigation. */
      remedies: z.strictObject({
        reconsideration: z.strictObject({ authority: z.string().min(1).max(200), days: z.int().min(1) }),
        litigation: z.strictObject({ court: z.string().min(1).max(200), months: z.int().min(1) }),
      }),
    }),
    separateFrom: ['application.received', 'application.accepted', 'review.completed'],
    reasonRequired: true,
  }),

  'result.dispatched': defineEvent({
    title: { en: 'Result sent by courier', zh: '结果寄出' },
    roles: ['intake'],
    data: z.strictObject({
      trackingNumber: z.string().min(1).max(80),
      address: personal(z.string().min(1).max(300)).optional(),
    }),
  }),

  'result.returned': defineEvent({
    title: { en: 'Result came back undelivered', zh: '结果退回' },
    roles: ['intake'],
    data: z.strictObject({}),
    reasonRequired: true,
  }),

  'result.delivered': defineEvent({
    title: { en: 'Result delivered', zh: '结果送达' },
    roles: ['intake'],
    data: z.strictObject({ method: z.enum(['window', 'courier', 'electronic']) }),
  }),

  'evaluation.given': defineEvent({
    title: { en: 'Rating given', zh: '好差评评价' },
    roles: ['applicant', 'ratingTerminal'],
    data: z.strictObject({
      /** 5 very satisfied, 4 satisfied, 3 basically satisfied, 2 dissatisfied, 1 very dissatisfied. */
      level: z.int().min(1).max(5),
      comment: personal(z.string().min(1).max(2_000)).optional(),
    }),
    facts: limits,
  }),

  'evaluation.lapsed': defineEvent({
    title: { en: 'Rating window over without a rating', zh: '逾期未评价' },
    roles: ['alarmClock'],
    data: z.strictObject({}),
    facts: {
      ...limits,
      evaluation: deadline('evaluation'),
      secondEvaluation: deadline('secondEvaluation'),
    },
  }),

  'returnVisit.recorded': defineEvent({
    title: { en: 'Return visit recorded', zh: '差评回访' },
    roles: ['callbackClerk'],
    data: z.strictObject({
      means: z.enum(['telephone', 'onSite', 'online']),
      /** What the person said. */
      heard: personal(z.string().min(1).max(2_000)).optional(),
      cause: z.string().min(1).max(500),
    }),
  }),

  'rectification.completed': defineEvent({
    title: { en: 'Rectification reported done', zh: '整改完成' },
    roles: ['reviewer', 'unitHead', 'intake'],
    data: z.strictObject({ measures: z.string().min(1).max(2_000) }),
  }),

  'rectification.rejected': defineEvent({
    title: { en: 'Rectification not enough', zh: '整改不到位退回' },
    roles: ['callbackClerk'],
    data: z.strictObject({}),
    separateFrom: ['rectification.completed'],
    reasonRequired: true,
  }),

  'rectification.confirmed': defineEvent({
    title: { en: 'Rectification confirmed', zh: '整改核实确认' },
    roles: ['callbackClerk'],
    data: z.strictObject({}),
    facts: limits,
    separateFrom: ['rectification.completed'],
  }),

  'appeal.filed': defineEvent({
    title: { en: 'Rated unit appeals', zh: '差评申诉' },
    roles: ['unitHead'],
    data: z.strictObject({ ground: z.enum(['malicious', 'mistaken']) }),
    reasonRequired: true,
  }),

  'appeal.upheld': defineEvent({
    title: { en: 'Appeal upheld: rating excluded', zh: '申诉复核成立，差评剔除' },
    roles: ['supervisor'],
    data: z.strictObject({}),
    facts: limits,
    separateFrom: ['appeal.filed'],
    reasonRequired: true,
  }),

  'appeal.dismissed': defineEvent({
    title: { en: 'Appeal dismissed: rating stands', zh: '申诉复核不成立，差评维持' },
    roles: ['supervisor'],
    data: z.strictObject({}),
    separateFrom: ['appeal.filed'],
    reasonRequired: true,
  }),

  'overdue.explained': defineEvent({
    title: { en: 'Reason for the delay stated', zh: '说明超期理由' },
    roles: ['reviewer', 'unitHead'],
    data: z.strictObject({
      deadline: z.enum(policy.explanation.limits),
      explanation: z.string().min(1).max(2_000),
    }),
    facts: limits,
  }),

  'explanation.published': defineEvent({
    title: { en: 'Reason for the delay published', zh: '公开超期理由' },
    roles: ['unitHead', 'supervisor'],
    data: z.strictObject({
      /** Where it can be read: a notice board, an address. */
      where: z.string().min(1).max(500),
      publishedOn: z.iso.date(),
    }),
  }),
} as const satisfies EventDefinitions;

export type ApplicationEvent = MachineEvent<typeof events>;

/** An application event of one type. */
export type ApplicationEventOf<Type extends ApplicationEvent['type']> = Extract<
  ApplicationEvent,
  { readonly type: Type }
>;

/** How the look-up `deadline` answers; null where no event has started it. */
export type DeadlineFact = JsonObject & {
  readonly status: 'running' | 'paused' | 'met' | 'cancelled';
  /** Whether its end had passed, unmet, at the instant of the event. */
  readonly passed: boolean;
  /** That it was met after its end. */
  readonly late?: true;
  readonly dueOn: string;
};
