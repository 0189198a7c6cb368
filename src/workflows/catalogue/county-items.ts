import type { CatalogueItem, CatalogueMaterial } from './catalogue-item.js';

const idCard: CatalogueMaterial = {
  code: 'id-card',
  title: { en: 'Identity card', zh: '居民身份证' },
  from: 'applicant',
  required: true,
};
const applicationForm: CatalogueMaterial = {
  code: 'application-form',
  title: { en: 'Application form', zh: '申请书' },
  from: 'applicant',
  required: true,
};
const businessLicence: CatalogueMaterial = {
  code: 'business-licence',
  title: { en: 'Business licence', zh: '营业执照' },
  from: 'held',
  required: true,
};

function handedIn(code: string, en: string, zh: string, required = true): CatalogueMaterial {
  return { code, title: { en, zh }, from: 'applicant', required };
}

/**
 * A small catalogue to try the workflows with: items such as a county has, of several kinds. Promised days and
 * materials are examples, not any one county's guide.
 */
export const countyItems: readonly CatalogueItem[] = [
  {
    id: 'food-business-licence',
    version: 1,
    title: { en: 'Food business licence', zh: '食品经营许可证核发' },
    kind: 'licence',
    department: 'market-regulation',
    basis: '食品安全法 35',
    promisedDays: 8,
    materials: [
      applicationForm,
      handedIn('premises-layout', 'Layout of premises and equipment', '经营场所和设备布局图'),
      handedIn('food-safety-rules', 'Food safety rules', '食品安全规章制度'),
      businessLicence,
    ],
    procedures: ['inspection', 'testing', 'hearing'],
  },
  {
    id: 'food-business-licence',
    version: 2,
    title: { en: 'Food business licence', zh: '食品经营许可证核发' },
    kind: 'licence',
    department: 'market-regulation',
    basis: '食品安全法 35；食品经营许可和备案管理办法',
    from: '2024-01-01',
    promisedDays: 5,
    materials: [
      applicationForm,
      handedIn('premises-layout', 'Layout of premises and equipment', '经营场所和设备布局图'),
      businessLicence,
    ],
    procedures: ['inspection', 'testing', 'hearing'],
  },
  {
    id: 'public-place-health-licence',
    version: 1,
    title: { en: 'Health licence for public places', zh: '公共场所卫生许可' },
    kind: 'licence',
    department: 'health',
    basis: '公共场所卫生管理条例 4',
    promisedDays: 6,
    materials: [
      applicationForm,
      handedIn('hygiene-test-report', 'Hygiene test report', '卫生检测报告'),
      handedIn('premises-plan', 'Plan of the premises', '公共场所地址方位示意图、平面图'),
      businessLicence,
    ],
    procedures: ['testing', 'expertReview'],
  },
  {
    id: 'construction-permit',
    version: 1,
    title: { en: 'Permit to begin construction works', zh: '建筑工程施工许可证核发' },
    kind: 'licence',
    department: 'housing-construction',
    basis: '建筑法 7、8',
    promisedDays: 3,
    statutoryDays: 7,
    materials: [
      applicationForm,
      handedIn('construction-contract', 'Construction contract', '施工合同'),
      handedIn('drawings-review', 'Review certificate of the working drawings', '施工图设计文件审查合格书'),
      { ...businessLicence, code: 'planning-permit', title: { en: 'Planning permit', zh: '建设工程规划许可证' } },
    ],
    procedures: ['expertReview'],
  },
  {
    id: 'water-abstraction-licence',
    version: 1,
    title: { en: 'Water abstraction licence', zh: '取水许可' },
    kind: 'licence',
    department: 'water-resources',
    basis: '水法 48；取水许可和水资源费征收管理条例',
    promisedDays: 15,
    statutoryDays: 45,
    materials: [
      applicationForm,
      handedIn('water-assessment', 'Water resources assessment report', '建设项目水资源论证报告书'),
      handedIn('third-party-statement', 'Statement on interests of third parties', '利害关系人承诺书', false),
    ],
    procedures: ['hearing', 'expertReview'],
  },
  {
    id: 'private-school-licence',
    version: 1,
    title: { en: 'Licence to run a private kindergarten', zh: '民办幼儿园设立审批' },
    kind: 'licence',
    department: 'education',
    basis: '民办教育促进法 12',
    promisedDays: 15,
    materials: [
      applicationForm,
      handedIn('founding-report', 'Report on founding', '申办报告'),
      handedIn('asset-proof', 'Proof of assets and funds', '资产及资金证明'),
      handedIn('charter', 'Charter and list of the board', '章程及决策机构组成人员名单'),
    ],
    procedures: ['appraisal', 'expertReview'],
  },
  {
    id: 'company-registration',
    version: 1,
    title: { en: 'Registration of a company', zh: '公司设立登记' },
    kind: 'licence',
    department: 'market-regulation',
    basis: '公司法 29；市场主体登记管理条例',
    promisedDays: 1,
    statutoryDays: 3,
    extensionDays: 3,
    materials: [
      applicationForm,
      handedIn('articles', 'Articles of association', '公司章程'),
      handedIn('address-proof', 'Proof of the registered address', '住所使用证明'),
      idCard,
    ],
  },
  {
    id: 'marriage-registration',
    version: 1,
    title: { en: 'Registration of a marriage', zh: '内地居民结婚登记' },
    kind: 'confirmation',
    department: 'civil-affairs',
    basis: '民法典 1049；婚姻登记条例',
    promisedDays: 1,
    inPerson: true,
    materials: [
      idCard,
      handedIn('photographs', 'Photographs of both', '双方合影照片'),
      { ...businessLicence, code: 'household-register', title: { en: 'Household register', zh: '户口簿' } },
    ],
  },
  {
    id: 'birth-certificate-reissue',
    version: 1,
    title: { en: 'Re-issue of a medical certificate of birth', zh: '出生医学证明补发' },
    kind: 'confirmation',
    department: 'health',
    basis: '母婴保健法 23',
    promisedDays: 5,
    materials: [
      applicationForm,
      idCard,
      handedIn('loss-statement', 'Statement of loss', '遗失声明', false),
      {
        ...businessLicence,
        code: 'birth-record',
        title: { en: 'Record of birth', zh: '新生儿出生记录' },
      },
    ],
  },
  {
    id: 'social-security-card',
    version: 1,
    title: { en: 'Issue of a social security card', zh: '社会保障卡申领' },
    kind: 'publicService',
    department: 'human-resources',
    basis: '社会保险法 58',
    promisedDays: 10,
    materials: [idCard, handedIn('photograph', 'Photograph', '电子证件照')],
  },
  {
    id: 'medical-reimbursement',
    version: 1,
    title: { en: 'Reimbursement of medical costs paid elsewhere', zh: '异地就医医疗费用手工报销' },
    kind: 'publicService',
    department: 'medical-security',
    basis: '社会保险法 29',
    promisedDays: 15,
    materials: [
      handedIn('invoice', 'Invoice of the hospital', '医院收费票据'),
      handedIn('cost-list', 'Itemised list of costs', '费用清单'),
      handedIn('bank-account', 'Bank account', '银行账户信息'),
      {
        ...businessLicence,
        code: 'insurance-record',
        title: { en: 'Insurance record', zh: '参保信息' },
      },
    ],
  },
  {
    id: 'tax-registration-certificate',
    version: 1,
    title: { en: 'Tax registration certificate', zh: '税务登记证核发' },
    kind: 'other',
    department: 'taxation',
    basis: '国办发〔2015〕50号',
    promisedDays: 1,
    materials: [],
    withdrawn: { successor: 'company-registration' },
  },
];
