import type { Actor } from '../../domain/access.js';
import type { CatalogueItem } from '../../workflows/catalogue/catalogue-item.js';
import { countyItems } from '../../workflows/catalogue/county-items.js';
import { DEMO_REGION } from './demo-region.js';
import { type OfficeDays, officeDate } from './demo-time.js';

/** The county itself, and two of its towns. */
const TOWNS = [DEMO_REGION, '330921100000', '330921101000'];

/** One step of the story: what happened, when, and who said so. */
export type DemoStep = {
  readonly at: Date;
  readonly caseId: string;
  readonly type: string;
  readonly data: object;
  readonly actor: Actor;
  readonly reason?: string;
};

type Said = {
  readonly ago: number;
  readonly type: string;
  readonly data?: object;
  readonly by: (item: CatalogueItem) => Actor;
  readonly reason?: string;
};

const intake = (): Actor => ({ id: 'clerk-07', roles: ['intake'], region: DEMO_REGION });
const reviewer = ({ department }: CatalogueItem): Actor => ({
  id: `reviewer-${department}`,
  roles: ['reviewer'],
  department,
  region: DEMO_REGION,
});
const decider = ({ department }: CatalogueItem): Actor => ({
  id: `decider-${department}`,
  roles: ['decider'],
  department,
  region: DEMO_REGION,
});
const head = ({ department }: CatalogueItem): Actor => ({
  id: `head-${department}`,
  roles: ['unitHead'],
  department,
  region: DEMO_REGION,
});
const terminal = (): Actor => ({ id: 'rating-terminal-3', roles: ['ratingTerminal'], region: DEMO_REGION });
const callback = (): Actor => ({ id: 'callback-02', roles: ['callbackClerk'], region: DEMO_REGION });
const alarm = (): Actor => ({ id: 'alarm-clock', roles: ['alarmClock'] });

const accepted = (ago: number): Said => ({
  ago,
  type: 'application.accepted',
  data: { notice: `受理通知书〔${ago}〕` },
  by: intake,
});
const reviewing = (ago: number): Said => ({ ago, type: 'review.started', by: reviewer });
const reviewed = (ago: number, opinion: 'approve' | 'deny' = 'approve'): Said => ({
  ago,
  type: 'review.completed',
  data: { opinion, basis: opinion === 'approve' ? '申请材料齐全，符合法定条件' : '经营场所布局不符合法定条件' },
  by: reviewer,
});
const approved = (ago: number): Said => ({
  ago,
  type: 'application.approved',
  data: { decision: `准予行政许可决定书〔${ago}〕` },
  by: decider,
});
const delivered = (ago: number): Said => ({ ago, type: 'result.delivered', data: { method: 'window' }, by: intake });
const rated = (ago: number, level: number, comment?: string): Said => ({
  ago,
  type: 'evaluation.given',
  data: { level, ...(comment !== undefined && { comment }) },
  by: terminal,
});
const visited = (ago: number): Said => ({
  ago,
  type: 'returnVisit.recorded',
  data: { means: 'telephone', heard: '排队时间长，窗口没有提前告知', cause: '高峰时段窗口不足' },
  by: callback,
});
const rectified = (ago: number): Said => ({
  ago,
  type: 'rectification.completed',
  data: { measures: '高峰时段增设一个综合窗口，公布等候时间' },
  by: head,
});
const confirmed = (ago: number): Said => ({ ago, type: 'rectification.confirmed', by: callback });
const noticed = (ago: number, material: string, defect: string): Said => ({
  ago,
  type: 'supplement.requested',
  data: { notice: `一次性补正告知书〔${ago}〕`, materials: [{ material, defect }] },
  by: intake,
});
const supplemented = (ago: number, material: string): Said => ({
  ago,
  type: 'application.supplemented',
  data: { materials: [{ material, form: 'paper' }] },
  by: intake,
});

type Story = {
  readonly item: string;
  readonly received: number;
  readonly without?: string;
  readonly later: readonly Said[];
};

/** Handled from receipt to delivery, a few days a step. */
const untilDelivered = (from: number): readonly Said[] => [
  accepted(from - 1),
  reviewing(from - 2),
  reviewed(from - 3),
  approved(from - 4),
  delivered(from - 5),
];

function stories(days: OfficeDays): readonly Story[] {
  return [
    // Waiting at the window
    { item: 'food-business-licence', received: 0, later: [] },
    { item: 'social-security-card', received: 0, later: [] },
    { item: 'medical-reimbursement', received: 1, later: [] },
    { item: 'company-registration', received: 1, later: [] },
    { item: 'public-place-health-licence', received: 2, later: [] },
    // Not told within five working days: overdue at the window
    { item: 'food-business-licence', received: 8, without: 'premises-layout', later: [] },
    // Waiting for the applicant
    {
      item: 'food-business-licence',
      received: 4,
      without: 'premises-layout',
      later: [noticed(3, 'premises-layout', '未提交经营场所和设备布局图')],
    },
    {
      item: 'public-place-health-licence',
      received: 6,
      without: 'hygiene-test-report',
      later: [noticed(5, 'hygiene-test-report', '检测报告已超过有效期')],
    },
    {
      item: 'private-school-licence',
      received: 9,
      without: 'asset-proof',
      later: [noticed(7, 'asset-proof', '资金证明缺少银行盖章')],
    },
    {
      item: 'medical-reimbursement',
      received: 5,
      without: 'invoice',
      later: [noticed(4, 'invoice', '票据为复印件'), supplemented(1, 'invoice')],
    },
    // Accepted, nobody has begun
    { item: 'social-security-card', received: 2, later: [accepted(2)] },
    { item: 'company-registration', received: 1, later: [accepted(0)] },
    { item: 'water-abstraction-licence', received: 5, later: [accepted(4)] },
    // Past the promise, within the law
    { item: 'food-business-licence', received: 12, later: [accepted(11), reviewing(10)] },
    { item: 'public-place-health-licence', received: 13, later: [accepted(12), reviewing(9), reviewed(2)] },
    // Past both
    { item: 'private-school-licence', received: 30, later: [accepted(28), reviewing(26)] },
    // Under review
    { item: 'food-business-licence', received: 4, later: [accepted(3), reviewing(2)] },
    { item: 'private-school-licence', received: 7, later: [accepted(6), reviewing(5)] },
    { item: 'medical-reimbursement', received: 9, later: [accepted(8), reviewing(3)] },
    // The clock stands still
    {
      item: 'food-business-licence',
      received: 9,
      later: [
        accepted(8),
        reviewing(7),
        {
          ago: 5,
          type: 'specialProcedure.started',
          data: { procedure: 'inspection', notice: '特别程序告知书〔5〕', expectedEnd: days.ahead(6) },
          by: reviewer,
        },
      ],
    },
    {
      item: 'water-abstraction-licence',
      received: 16,
      later: [
        accepted(15),
        reviewing(13),
        {
          ago: 10,
          type: 'specialProcedure.started',
          data: { procedure: 'expertReview', notice: '特别程序告知书〔10〕', expectedEnd: days.ahead(12) },
          by: reviewer,
        },
      ],
    },
    // Extended once, by the head of the unit
    {
      item: 'private-school-licence',
      received: 21,
      later: [
        accepted(18),
        reviewing(16),
        {
          ago: 4,
          type: 'decision.extended',
          data: { notice: '延长办理期限告知书〔4〕' },
          by: head,
          reason: '需向相关部门核实出资情况',
        },
      ],
    },
    // Waiting for the decision
    { item: 'food-business-licence', received: 5, later: [accepted(4), reviewing(3), reviewed(1)] },
    { item: 'company-registration', received: 2, later: [accepted(2), reviewing(1), reviewed(1)] },
    // Decided, to be delivered
    { item: 'food-business-licence', received: 7, later: [accepted(6), reviewing(5), reviewed(4), approved(2)] },
    {
      item: 'company-registration',
      received: 5,
      later: [
        accepted(4),
        reviewing(4),
        reviewed(3),
        approved(3),
        {
          ago: 2,
          type: 'result.dispatched',
          data: { trackingNumber: 'EMS-1170039204', address: '浙江省舟山市岱山县高亭镇' },
          by: intake,
        },
      ],
    },
    // Delivered, not rated yet
    { item: 'food-business-licence', received: 8, later: untilDelivered(8) },
    { item: 'social-security-card', received: 6, later: untilDelivered(6) },
    // Rated well
    { item: 'food-business-licence', received: 11, later: [...untilDelivered(11), rated(6, 5)] },
    { item: 'company-registration', received: 10, later: [...untilDelivered(10), rated(5, 5)] },
    { item: 'medical-reimbursement', received: 14, later: [...untilDelivered(14), rated(8, 4)] },
    { item: 'social-security-card', received: 15, later: [...untilDelivered(15), rated(9, 3)] },
    // Rated badly: the return visit is due, rectification runs, all done
    { item: 'food-business-licence', received: 9, later: [...untilDelivered(9), rated(3, 1, '跑了三趟才办好')] },
    {
      item: 'medical-reimbursement',
      received: 12,
      later: [...untilDelivered(12), rated(6, 2, '等待时间太长'), visited(5)],
    },
    {
      item: 'public-place-health-licence',
      received: 20,
      later: [
        ...untilDelivered(20),
        rated(14, 2, '材料要求说不清楚'),
        visited(13),
        rectified(9),
        confirmed(8),
        rated(6, 4),
      ],
    },
    // Ended otherwise
    {
      item: 'food-business-licence',
      received: 13,
      later: [
        accepted(12),
        reviewing(11),
        reviewed(9, 'deny'),
        {
          ago: 8,
          type: 'application.denied',
          data: {
            decision: '不予行政许可决定书〔8〕',
            remedies: {
              reconsideration: { authority: '岱山县人民政府', days: 60 },
              litigation: { court: '岱山县人民法院', months: 6 },
            },
          },
          by: decider,
          reason: '经营场所布局不符合法定条件',
        },
      ],
    },
    {
      item: 'construction-permit',
      received: 3,
      later: [
        {
          ago: 3,
          type: 'application.notAccepted',
          data: { notice: '不予受理通知书〔3〕', ground: 'notCompetent', competentAuthority: '舟山市住房和城乡建设局' },
          by: intake,
          reason: '该项目由市级主管部门核发施工许可',
        },
      ],
    },
    {
      item: 'private-school-licence',
      received: 6,
      later: [accepted(5), { ago: 2, type: 'application.withdrawn', by: intake, reason: '申请人拟调整办学内容' }],
    },
    {
      item: 'public-place-health-licence',
      received: 40,
      without: 'premises-plan',
      later: [noticed(38, 'premises-plan', '平面图缺少功能分区'), { ago: 2, type: 'supplement.lapsed', by: alarm }],
    },
  ];
}

const SURNAMES = ['陈', '林', '黄', '张', '李', '王', '吴', '刘', '周', '徐'];
const GIVEN = ['海燕', '建国', '雨桐', '志明', '秀英', '晓峰', '丽娜', '文博'];
const ENTERPRISES = [
  '岱山海之味餐饮有限公司',
  '舟山长涂渔港贸易有限公司',
  '岱山县蓬莱文旅发展有限公司',
  '衢山岛渔家民宿',
];

/** Every step of every case, in the order in which they happened. */
export function demoSteps(days: OfficeDays): readonly DemoStep[] {
  return stories(days)
    .flatMap((story, index) => stepsOf(story, index, days))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}

function stepsOf(
  { item: id, received, without, later: said }: Story,
  index: number,
  days: OfficeDays,
): readonly DemoStep[] {
  const first = days.ago(received, 9 + (index % 7) / 10);
  const item = inForce(id, first);
  const caseId = `${officeDate(first).slice(0, 4)}-${String(index + 1).padStart(4, '0')}`;
  const materials = item.materials
    .filter(({ from, required, code }) => from === 'applicant' && required && code !== without)
    .map(({ code }) => ({ material: code, form: 'paper' }));
  const opening: DemoStep = {
    at: first,
    caseId,
    type: 'application.received',
    actor: intake(),
    data: {
      item: id,
      region: TOWNS[index % TOWNS.length],
      channel: index % 3 === 0 ? 'online' : 'window',
      account: `applicant-${index + 1}`,
      applicant: applicant(index, item),
      materials,
    },
  };
  // Steps of one day follow one another within its afternoon.
  const later = said.map(({ ago, type, data = {}, by, reason }, step) => ({
    at: days.ago(ago, 13.5 + step * 0.3 + (index % 7) / 100),
    caseId,
    type,
    data,
    actor: by(item),
    ...(reason !== undefined && { reason }),
  }));
  return [opening, ...later];
}

function inForce(id: string, at: Date): CatalogueItem {
  const day = officeDate(at);
  const found = countyItems.filter((item) => item.id === id && (item.from === undefined || item.from <= day)).at(-1);
  if (!found) throw new TypeError(`the catalogue has no item ${id}`);
  return found;
}

function applicant(index: number, { kind }: CatalogueItem): object {
  if (kind === 'licence' && index % 2 === 0) {
    return {
      kind: 'enterprise',
      name: ENTERPRISES[index % ENTERPRISES.length],
      idNumber: `91330921MA2D${String(index).padStart(6, '0')}`,
    };
  }
  const name = `${SURNAMES[index % SURNAMES.length]}${GIVEN[index % GIVEN.length]}`;
  const born = `19${String(60 + (index % 38)).padStart(2, '0')}0${(index % 9) + 1}1${index % 9}`;
  return {
    kind: 'person',
    name,
    idNumber: withCheckDigit(`330921${born}${String(100 + index)}`),
    phone: `1395720${String(1000 + index)}`,
  };
}

/** GB 11643: the last character of an identity number checks the seventeen before it. */
function withCheckDigit(digits: string): string {
  const sum = [...digits].reduce((total, digit, place) => total + Number(digit) * (2 ** (17 - place) % 11), 0);
  return `${digits}${'10X98765432'[sum % 11]}`;
}
