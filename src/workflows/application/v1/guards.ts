import type { Title } from '../../../domain/title.js';
import type { GuardDefinition } from '../../../domain/workflow.js';
import type { ApplicationEvent, ApplicationEventOf } from './events.js';
import type { ItemWithdrawn } from './item-terms.js';
import type { ApplicationContext } from './machine.js';

type Denied<Type extends ApplicationEvent['type']> = {
  readonly context: ApplicationContext;
  readonly event: ApplicationEventOf<Type>;
};

const listed = (title: Title, names: readonly string[]): Title => ({
  en: `${title.en}: ${names.join(', ')}`,
  zh: `${title.zh}：${names.join('、')}`,
});

const seenBefore = {
  en: 'Everything to supplement is told once; only what was handed in since the notice may be asked for again',
  zh: '补正内容应当一次性告知，再次告知仅限于补正后新提交的材料',
};
const heldByTheState = {
  en: 'The state holds these materials already and may not ask for them',
  zh: '通过数据共享能够获得的材料，不得要求申请人提供',
};
const supplementIncomplete = {
  en: 'Not everything the notice asked for was handed in',
  zh: '补正材料不齐全',
};
const materialsMissing = { en: 'Required materials are missing', zh: '缺少必需的申请材料' };
const itemUnknown = { en: 'The catalogue has no such item in force', zh: '事项目录中没有该有效事项' };
const procedureNotProvided = {
  en: "The item's law does not provide for this procedure, so it may not stop the clock",
  zh: '该事项的法律依据未规定此特别程序，不得中止计时',
};

/** Each guard's words for saying no. */
export const guards = {
  itemIsInForce: {
    title: itemUnknown,
    reads: 'event',
    explain: ({ event }: Denied<'application.received'>) => {
      const item = event.facts.item as unknown as ItemWithdrawn | null;
      if (item?.withdrawn !== true) return listed(itemUnknown, [event.data.item]);
      if (item.successor === undefined) return { en: `Item ${item.id} was withdrawn`, zh: `事项 ${item.id} 已取消` };
      return {
        en: `Item ${item.id} was withdrawn; apply for ${item.successor} instead`,
        zh: `事项 ${item.id} 已取消，请申请 ${item.successor}`,
      };
    },
  },
  agentMayApply: {
    title: { en: 'The applicant must apply in person for this item', zh: '该事项应当由申请人本人到场申请' },
    reads: 'event',
  },
  noticeIsTheFirst: {
    title: seenBefore,
    reads: 'event',
    explain: ({ context, event }: Denied<'supplement.requested'>) =>
      listed(
        seenBefore,
        event.data.materials.map(({ material }) => material).filter((code) => !context.fresh.includes(code)),
      ),
  },
  materialsMayBeAskedFor: {
    title: heldByTheState,
    reads: 'event',
    explain: ({ context, event }: Denied<'supplement.requested'>) =>
      listed(
        heldByTheState,
        event.data.materials.map(({ material }) => material).filter((code) => context.held.includes(code)),
      ),
  },
  supplementIsComplete: {
    title: supplementIncomplete,
    reads: 'event',
    explain: ({ context, event }: Denied<'application.supplemented'>) =>
      listed(
        supplementIncomplete,
        context.outstanding.filter((code) => !event.data.materials.some(({ material }) => material === code)),
      ),
  },
  supplementIsOverdue: {
    title: { en: 'The time for supplementing is not over', zh: '补正期限尚未届满' },
    reads: 'event',
  },
  materialsAreComplete: {
    title: materialsMissing,
    reads: 'context',
    explain: ({ context }: Pick<Denied<'application.accepted'>, 'context'>) => {
      const missing = context.required.filter(({ code }) => !context.materials.includes(code));
      return {
        en: `${materialsMissing.en}: ${missing.map(({ code, en }) => `${en} (${code})`).join(', ')}`,
        zh: `${materialsMissing.zh}：${missing.map(({ code, zh }) => `${zh}（${code}）`).join('、')}`,
      };
    },
  },
  groundFitsTheItem: {
    title: { en: 'Only a licence can be found not to be needed', zh: '“依法不需要取得行政许可”仅适用于行政许可事项' },
    reads: 'event',
  },
  competentAuthorityIsNamed: {
    title: { en: 'The competent authority must be named', zh: '不属于本机关职权范围的，应当告知有权机关' },
    reads: 'event',
  },
  departmentIsAnother: {
    title: { en: 'That department handles the case already', zh: '该部门已是承办部门' },
    reads: 'event',
  },
  procedureIsProvidedFor: {
    title: procedureNotProvided,
    reads: 'event',
    explain: ({ event }: Denied<'specialProcedure.started'>) => listed(procedureNotProvided, [event.data.procedure]),
  },
  extensionIsTheFirst: {
    title: { en: 'The time for deciding was extended before; once is all', zh: '办理期限已延长一次，不得再次延长' },
    reads: 'context',
  },
  extensionIsProvidedFor: {
    title: { en: 'No law lets the time for this item be extended', zh: '该事项没有延长办理期限的法律依据' },
    reads: 'context',
  },
  extensionIsInTime: {
    title: { en: 'The time for deciding is over and cannot be extended', zh: '办理期限已届满，不得延长' },
    reads: 'event',
  },
  matterMayBeRated: {
    title: { en: 'The matter has no outcome to rate', zh: '办件尚无可评价的结果' },
    reads: 'context',
  },
  matterEndedUndecided: { title: { en: 'The matter is not over', zh: '办件尚未终止' }, reads: 'context' },
  ratingIsBad: { title: { en: 'The rating is not bad', zh: '不属于差评' }, reads: 'event' },
  mayRateOnceMore: { title: { en: 'The matter was rated twice', zh: '已进行过追评' }, reads: 'context' },
  ratingWindowIsOver: { title: { en: 'The rating window is still open', zh: '评价期限尚未届满' }, reads: 'event' },
  secondRatingWindowIsOver: {
    title: { en: 'The window for rating once more is still open', zh: '追评期限尚未届满' },
    reads: 'event',
  },
  appealIsTheFirst: {
    title: { en: 'The unit has appealed against this rating before', zh: '该差评已申诉过' },
    reads: 'context',
  },
  anotherBodyDecides: {
    title: {
      en: 'An appeal is decided by another body than the one rated',
      zh: '申诉应当由被评价单位以外的机构复核',
    },
    reads: 'event',
  },
  limitIsPast: {
    title: { en: 'The case is not past its limit', zh: '办件未超过办理时限' },
    reads: 'event',
  },
  explanationIsRecorded: {
    title: { en: 'No reason for the delay has been stated', zh: '尚未说明超期理由' },
    reads: 'context',
  },
  explanationIsPublished: {
    title: {
      en: 'The case went past its limit: it cannot be closed before the reason is stated and published',
      zh: '办件已超过办理时限，未公开说明理由的，不得办结',
    },
    reads: 'event',
  },
} as const satisfies Readonly<Record<string, GuardDefinition>>;
