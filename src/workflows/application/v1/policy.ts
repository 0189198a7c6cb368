import type { JsonObject } from '../../../domain/event.js';

/** Numbers that a law or one place's rules set. Terms are in working days; the law's attach to licences only. */
export const policy = {
  licence: {
    acceptanceDays: 5,
    decisionDays: 20,
    extensionDays: 10,
    deliveryDays: 10,
    source: '行政许可法 32、42、44、82',
  },
  specialProcedure: {
    pausedMostDays: 30,
    source: '本办事机构规定：特别程序一次一般不超过 30 个工作日（行政许可法 45 未定上限）',
  },
  supplement: { days: 30, source: '本办事机构规定（未见全国统一期限）' },
  evaluation: {
    /** Levels up to this one are bad (差评): 2 dissatisfied, 1 very dissatisfied. */
    badUpTo: 2,
    /** The first rating and one more after rectification. */
    ratings: 2,
    days: 30,
    source: '国办发〔2019〕51号；评价窗口期为本办事机构规定',
  },
  returnVisit: { days: 1, source: '浙江省政务服务“好差评”：差评 1 日内回访' },
  rectification: {
    days: 15,
    source: '浙江省政务服务“好差评”：差评 15 日内整改',
    appealMostDays: 15,
    appealSource: '本办事机构规定：差评申诉 15 个工作日内复核完毕',
  },
  /** Limits past which a unit states its reason publicly before the case is closed. Delivery and ratings are not held up. */
  explanation: { limits: ['decision', 'promise'], source: '优化营商环境条例 36' },
} as const satisfies JsonObject;
