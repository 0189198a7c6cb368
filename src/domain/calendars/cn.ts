import type { CalendarNotice } from '../calendar-notice.js';
import type { Title } from '../title.js';
import type { CalendarDefinition } from '../working-calendar.js';

const newYear: Title = { en: "New Year's Day", zh: '元旦' };
const springFestival: Title = { en: 'Spring Festival', zh: '春节' };
const qingming: Title = { en: 'Qingming Festival', zh: '清明节' };
const labourDay: Title = { en: 'Labour Day', zh: '劳动节' };
const dragonBoat: Title = { en: 'Dragon Boat Festival', zh: '端午节' };
const midAutumn: Title = { en: 'Mid-Autumn Festival', zh: '中秋节' };
const nationalDay: Title = { en: 'National Day', zh: '国庆节' };
const nationalDayAndMidAutumn: Title = { en: 'National Day and Mid-Autumn Festival', zh: '国庆节、中秋节' };
const victoryDay: Title = { en: 'Victory Day, 70th anniversary', zh: '抗战胜利70周年纪念日' };

/**
 * The notices of the State Council on days off and make-up days, 2007 to 2026, with their sources. The later changes of
 * 2015, 2019 and 2020 are notices of their own, so that a read as of an earlier day knows nothing of them. Where the
 * source shows only when a notice was uploaded (2007, 2008, 2014) that is the date it counts from.
 */
const notices: readonly CalendarNotice[] = [
  {
    id: 'cn-2007',
    year: 2007,
    title: yearTitle(2007),
    published: '2008-03-28',
    publishedIs: 'upload',
    source: 'http://www.gov.cn/zhengce/zhengceku/2008-03/28/content_1761.htm',
    days: [
      { name: newYear, off: ['2007-01-01/2007-01-03'], makeUp: ['2006-12-30/2006-12-31'] },
      { name: springFestival, off: ['2007-02-18/2007-02-24'], makeUp: ['2007-02-17', '2007-02-25'] },
      { name: labourDay, off: ['2007-05-01/2007-05-07'], makeUp: ['2007-04-28/2007-04-29'] },
      { name: nationalDay, off: ['2007-10-01/2007-10-07'], makeUp: ['2007-09-29/2007-09-30'] },
    ],
  },
  {
    id: 'cn-2008',
    year: 2008,
    title: yearTitle(2008),
    published: '2008-03-28',
    publishedIs: 'upload',
    source: 'http://www.gov.cn/zhengce/zhengceku/2008-03/28/content_1645.htm',
    days: [
      { name: newYear, off: ['2007-12-30/2008-01-01'], makeUp: ['2007-12-29'] },
      { name: springFestival, off: ['2008-02-06/2008-02-12'], makeUp: ['2008-02-02/2008-02-03'] },
      { name: qingming, off: ['2008-04-04/2008-04-06'] },
      { name: labourDay, off: ['2008-05-01/2008-05-03'], makeUp: ['2008-05-04'] },
      { name: dragonBoat, off: ['2008-06-07/2008-06-09'] },
      { name: midAutumn, off: ['2008-09-13/2008-09-15'] },
      { name: nationalDay, off: ['2008-09-29/2008-10-05'], makeUp: ['2008-09-27/2008-09-28'] },
    ],
  },
  {
    id: 'cn-2009',
    year: 2009,
    title: yearTitle(2009),
    published: '2008-12-10',
    source: 'http://www.gov.cn/zhengce/zhengceku/2008-12/10/content_1572.htm',
    days: [
      { name: newYear, off: ['2009-01-01/2009-01-03'], makeUp: ['2009-01-04'] },
      { name: springFestival, off: ['2009-01-25/2009-01-31'], makeUp: ['2009-01-24', '2009-02-01'] },
      { name: qingming, off: ['2009-04-04/2009-04-06'] },
      { name: labourDay, off: ['2009-05-01/2009-05-03'] },
      { name: dragonBoat, off: ['2009-05-28/2009-05-30'], makeUp: ['2009-05-31'] },
      { name: nationalDayAndMidAutumn, off: ['2009-10-01/2009-10-08'], makeUp: ['2009-09-27', '2009-10-10'] },
    ],
  },
  {
    id: 'cn-2010',
    year: 2010,
    title: yearTitle(2010),
    published: '2009-12-08',
    source: 'http://www.gov.cn/zhengce/zhengceku/2009-12/08/content_1476.htm',
    days: [
      { name: newYear, off: ['2010-01-01/2010-01-03'] },
      { name: springFestival, off: ['2010-02-13/2010-02-19'], makeUp: ['2010-02-20/2010-02-21'] },
      { name: qingming, off: ['2010-04-03/2010-04-05'] },
      { name: labourDay, off: ['2010-05-01/2010-05-03'] },
      { name: dragonBoat, off: ['2010-06-14/2010-06-16'], makeUp: ['2010-06-12/2010-06-13'] },
      { name: midAutumn, off: ['2010-09-22/2010-09-24'], makeUp: ['2010-09-19', '2010-09-25'] },
      { name: nationalDay, off: ['2010-10-01/2010-10-07'], makeUp: ['2010-09-26', '2010-10-09'] },
    ],
  },
  {
    id: 'cn-2011',
    year: 2011,
    title: yearTitle(2011),
    published: '2010-12-10',
    source: 'http://www.gov.cn/zhengce/zhengceku/2010-12/10/content_1423.htm',
    days: [
      { name: newYear, off: ['2011-01-01/2011-01-03'] },
      { name: springFestival, off: ['2011-02-02/2011-02-08'], makeUp: ['2011-01-30', '2011-02-12'] },
      { name: qingming, off: ['2011-04-03/2011-04-05'], makeUp: ['2011-04-02'] },
      { name: labourDay, off: ['2011-04-30/2011-05-02'] },
      { name: dragonBoat, off: ['2011-06-04/2011-06-06'] },
      { name: midAutumn, off: ['2011-09-10/2011-09-12'] },
      { name: nationalDay, off: ['2011-10-01/2011-10-07'], makeUp: ['2011-10-08/2011-10-09'] },
    ],
  },
  {
    id: 'cn-2012',
    year: 2012,
    title: yearTitle(2012),
    published: '2011-12-06',
    source: 'http://www.gov.cn/zhengce/zhengceku/2011-12/06/content_1411.htm',
    days: [
      { name: newYear, off: ['2012-01-01/2012-01-03'], makeUp: ['2011-12-31'] },
      { name: springFestival, off: ['2012-01-22/2012-01-28'], makeUp: ['2012-01-21', '2012-01-29'] },
      { name: qingming, off: ['2012-04-02/2012-04-04'], makeUp: ['2012-03-31/2012-04-01'] },
      { name: labourDay, off: ['2012-04-29/2012-05-01'], makeUp: ['2012-04-28'] },
      { name: dragonBoat, off: ['2012-06-22/2012-06-24'] },
      { name: nationalDayAndMidAutumn, off: ['2012-09-30/2012-10-07'], makeUp: ['2012-09-29'] },
    ],
  },
  {
    id: 'cn-2013',
    year: 2013,
    title: yearTitle(2013),
    published: '2012-12-10',
    source: 'http://www.gov.cn/zhengce/zhengceku/2012-12/10/content_1353.htm',
    days: [
      { name: newYear, off: ['2013-01-01/2013-01-03'], makeUp: ['2013-01-05/2013-01-06'] },
      { name: springFestival, off: ['2013-02-09/2013-02-15'], makeUp: ['2013-02-16/2013-02-17'] },
      { name: qingming, off: ['2013-04-04/2013-04-06'], makeUp: ['2013-04-07'] },
      { name: labourDay, off: ['2013-04-29/2013-05-01'], makeUp: ['2013-04-27/2013-04-28'] },
      { name: dragonBoat, off: ['2013-06-10/2013-06-12'], makeUp: ['2013-06-08/2013-06-09'] },
      { name: midAutumn, off: ['2013-09-19/2013-09-21'], makeUp: ['2013-09-22'] },
      { name: nationalDay, off: ['2013-10-01/2013-10-07'], makeUp: ['2013-09-29', '2013-10-12'] },
    ],
  },
  {
    id: 'cn-2014',
    year: 2014,
    title: yearTitle(2014),
    published: '2014-01-02',
    publishedIs: 'upload',
    source: 'http://www.gov.cn/zhengce/zhengceku/2014-01/02/content_1194.htm',
    days: [
      { name: newYear, off: ['2014-01-01'] },
      { name: springFestival, off: ['2014-01-31/2014-02-06'], makeUp: ['2014-01-26', '2014-02-08'] },
      { name: qingming, off: ['2014-04-05', '2014-04-07'] },
      { name: labourDay, off: ['2014-05-01/2014-05-03'], makeUp: ['2014-05-04'] },
      { name: dragonBoat, off: ['2014-06-02'] },
      { name: midAutumn, off: ['2014-09-08'] },
      { name: nationalDay, off: ['2014-10-01/2014-10-07'], makeUp: ['2014-09-28', '2014-10-11'] },
    ],
  },
  {
    id: 'cn-2015',
    year: 2015,
    title: yearTitle(2015),
    published: '2014-12-16',
    source: 'http://www.gov.cn/zhengce/zhengceku/2014-12/16/content_9302.htm',
    days: [
      { name: newYear, off: ['2015-01-01/2015-01-03'], makeUp: ['2015-01-04'] },
      { name: springFestival, off: ['2015-02-18/2015-02-24'], makeUp: ['2015-02-15', '2015-02-28'] },
      { name: qingming, off: ['2015-04-05/2015-04-06'] },
      { name: labourDay, off: ['2015-05-01'] },
      { name: dragonBoat, off: ['2015-06-20', '2015-06-22'] },
      { name: midAutumn, off: ['2015-09-27'] },
      { name: nationalDay, off: ['2015-10-01/2015-10-07'], makeUp: ['2015-10-10'] },
    ],
  },
  {
    id: 'cn-2015-victory-day',
    year: 2015,
    title: {
      en: 'State Council notice on days off for the 70th anniversary of victory in the War of Resistance and the World Anti-Fascist War',
      zh: '国务院关于中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日调休放假的通知',
    },
    published: '2015-05-13',
    source: 'http://www.gov.cn/zhengce/zhengceku/2015-05/13/content_9742.htm',
    amends: 'cn-2015',
    days: [{ name: victoryDay, off: ['2015-09-03/2015-09-05'], makeUp: ['2015-09-06'] }],
  },
  {
    id: 'cn-2016',
    year: 2016,
    title: yearTitle(2016),
    published: '2015-12-10',
    source: 'http://www.gov.cn/zhengce/zhengceku/2015-12/10/content_10394.htm',
    days: [
      { name: newYear, off: ['2016-01-01'] },
      { name: springFestival, off: ['2016-02-07/2016-02-13'], makeUp: ['2016-02-06', '2016-02-14'] },
      { name: qingming, off: ['2016-04-04'] },
      { name: labourDay, off: ['2016-05-01/2016-05-02'] },
      { name: dragonBoat, off: ['2016-06-09/2016-06-11'], makeUp: ['2016-06-12'] },
      { name: midAutumn, off: ['2016-09-15/2016-09-17'], makeUp: ['2016-09-18'] },
      { name: nationalDay, off: ['2016-10-01/2016-10-07'], makeUp: ['2016-10-08/2016-10-09'] },
    ],
  },
  {
    id: 'cn-2017',
    year: 2017,
    title: yearTitle(2017),
    published: '2016-12-01',
    source: 'http://www.gov.cn/zhengce/zhengceku/2016-12/01/content_5141603.htm',
    days: [
      { name: newYear, off: ['2017-01-01/2017-01-02'] },
      { name: springFestival, off: ['2017-01-27/2017-02-02'], makeUp: ['2017-01-22', '2017-02-04'] },
      { name: qingming, off: ['2017-04-02/2017-04-04'], makeUp: ['2017-04-01'] },
      { name: labourDay, off: ['2017-05-01'] },
      { name: dragonBoat, off: ['2017-05-28/2017-05-30'], makeUp: ['2017-05-27'] },
      { name: nationalDayAndMidAutumn, off: ['2017-10-01/2017-10-08'], makeUp: ['2017-09-30'] },
    ],
  },
  {
    id: 'cn-2018',
    year: 2018,
    title: yearTitle(2018),
    published: '2017-11-30',
    source: 'http://www.gov.cn/zhengce/zhengceku/2017-11/30/content_5243579.htm',
    days: [
      { name: newYear, off: ['2018-01-01'] },
      { name: springFestival, off: ['2018-02-15/2018-02-21'], makeUp: ['2018-02-11', '2018-02-24'] },
      { name: qingming, off: ['2018-04-05/2018-04-07'], makeUp: ['2018-04-08'] },
      { name: labourDay, off: ['2018-04-29/2018-05-01'], makeUp: ['2018-04-28'] },
      { name: dragonBoat, off: ['2018-06-18'] },
      { name: midAutumn, off: ['2018-09-24'] },
      { name: nationalDay, off: ['2018-10-01/2018-10-07'], makeUp: ['2018-09-29/2018-09-30'] },
    ],
  },
  {
    id: 'cn-2019',
    year: 2019,
    title: yearTitle(2019),
    published: '2018-12-06',
    source: 'http://www.gov.cn/zhengce/zhengceku/2018-12/06/content_5346276.htm',
    days: [
      { name: newYear, off: ['2018-12-30/2019-01-01'], makeUp: ['2018-12-29'] },
      { name: springFestival, off: ['2019-02-04/2019-02-10'], makeUp: ['2019-02-02/2019-02-03'] },
      { name: qingming, off: ['2019-04-05'] },
      { name: labourDay, off: ['2019-05-01'] },
      { name: dragonBoat, off: ['2019-06-07'] },
      { name: midAutumn, off: ['2019-09-13'] },
      { name: nationalDay, off: ['2019-10-01/2019-10-07'], makeUp: ['2019-09-29', '2019-10-12'] },
    ],
  },
  {
    id: 'cn-2019-labour-day',
    year: 2019,
    title: {
      en: 'State Council General Office notice on adjusting the 2019 Labour Day holiday',
      zh: '国务院办公厅关于调整2019年劳动节假期安排的通知',
    },
    published: '2019-03-22',
    source: 'http://www.gov.cn/zhengce/zhengceku/2019-03/22/content_5375877.htm',
    amends: 'cn-2019',
    days: [{ name: labourDay, off: ['2019-05-01/2019-05-04'], makeUp: ['2019-04-28', '2019-05-05'] }],
  },
  {
    id: 'cn-2020',
    year: 2020,
    title: yearTitle(2020),
    published: '2019-11-21',
    source: 'http://www.gov.cn/zhengce/zhengceku/2019-11/21/content_5454164.htm',
    days: [
      { name: newYear, off: ['2020-01-01'] },
      { name: springFestival, off: ['2020-01-24/2020-01-30'], makeUp: ['2020-01-19', '2020-02-01'] },
      { name: qingming, off: ['2020-04-04/2020-04-06'] },
      { name: labourDay, off: ['2020-05-01/2020-05-05'], makeUp: ['2020-04-26', '2020-05-09'] },
      { name: dragonBoat, off: ['2020-06-25/2020-06-27'], makeUp: ['2020-06-28'] },
      { name: nationalDayAndMidAutumn, off: ['2020-10-01/2020-10-08'], makeUp: ['2020-09-27', '2020-10-10'] },
    ],
  },
  {
    id: 'cn-2020-spring-festival',
    year: 2020,
    title: {
      en: 'State Council General Office notice on extending the 2020 Spring Festival holiday',
      zh: '国务院办公厅关于延长2020年春节假期的通知',
    },
    published: '2020-01-27',
    source: 'http://www.gov.cn/zhengce/zhengceku/2020-01/27/content_5472352.htm',
    amends: 'cn-2020',
    days: [{ name: springFestival, off: ['2020-01-31/2020-02-02'], ordinary: ['2020-02-03'] }],
  },
  {
    id: 'cn-2021',
    year: 2021,
    title: yearTitle(2021),
    published: '2020-11-25',
    source: 'http://www.gov.cn/zhengce/zhengceku/2020-11/25/content_5564127.htm',
    days: [
      { name: newYear, off: ['2021-01-01/2021-01-03'] },
      { name: springFestival, off: ['2021-02-11/2021-02-17'], makeUp: ['2021-02-07', '2021-02-20'] },
      { name: qingming, off: ['2021-04-03/2021-04-05'] },
      { name: labourDay, off: ['2021-05-01/2021-05-05'], makeUp: ['2021-04-25', '2021-05-08'] },
      { name: dragonBoat, off: ['2021-06-12/2021-06-14'] },
      { name: midAutumn, off: ['2021-09-19/2021-09-21'], makeUp: ['2021-09-18'] },
      { name: nationalDay, off: ['2021-10-01/2021-10-07'], makeUp: ['2021-09-26', '2021-10-09'] },
    ],
  },
  {
    id: 'cn-2022',
    year: 2022,
    title: yearTitle(2022),
    published: '2021-10-25',
    source: 'http://www.gov.cn/zhengce/zhengceku/2021-10/25/content_5644835.htm',
    days: [
      { name: newYear, off: ['2022-01-01/2022-01-03'] },
      { name: springFestival, off: ['2022-01-31/2022-02-06'], makeUp: ['2022-01-29/2022-01-30'] },
      { name: qingming, off: ['2022-04-03/2022-04-05'], makeUp: ['2022-04-02'] },
      { name: labourDay, off: ['2022-04-30/2022-05-04'], makeUp: ['2022-04-24', '2022-05-07'] },
      { name: dragonBoat, off: ['2022-06-03/2022-06-05'] },
      { name: midAutumn, off: ['2022-09-10/2022-09-12'] },
      { name: nationalDay, off: ['2022-10-01/2022-10-07'], makeUp: ['2022-10-08/2022-10-09'] },
    ],
  },
  {
    id: 'cn-2023',
    year: 2023,
    title: yearTitle(2023),
    published: '2022-12-08',
    source: 'http://www.gov.cn/zhengce/zhengceku/2022-12/08/content_5730844.htm',
    days: [
      { name: newYear, off: ['2022-12-31/2023-01-02'] },
      { name: springFestival, off: ['2023-01-21/2023-01-27'], makeUp: ['2023-01-28/2023-01-29'] },
      { name: qingming, off: ['2023-04-05'] },
      { name: labourDay, off: ['2023-04-29/2023-05-03'], makeUp: ['2023-04-23', '2023-05-06'] },
      { name: dragonBoat, off: ['2023-06-22/2023-06-24'], makeUp: ['2023-06-25'] },
      { name: nationalDayAndMidAutumn, off: ['2023-09-29/2023-10-06'], makeUp: ['2023-10-07/2023-10-08'] },
    ],
  },
  {
    id: 'cn-2024',
    year: 2024,
    title: yearTitle(2024),
    published: '2023-10-25',
    source: 'https://www.gov.cn/zhengce/zhengceku/202310/content_6911528.htm',
    days: [
      { name: newYear, off: ['2024-01-01'] },
      { name: springFestival, off: ['2024-02-10/2024-02-17'], makeUp: ['2024-02-04', '2024-02-18'] },
      { name: qingming, off: ['2024-04-04/2024-04-06'], makeUp: ['2024-04-07'] },
      { name: labourDay, off: ['2024-05-01/2024-05-05'], makeUp: ['2024-04-28', '2024-05-11'] },
      { name: dragonBoat, off: ['2024-06-10'] },
      { name: midAutumn, off: ['2024-09-15/2024-09-17'], makeUp: ['2024-09-14'] },
      { name: nationalDay, off: ['2024-10-01/2024-10-07'], makeUp: ['2024-09-29', '2024-10-12'] },
    ],
  },
  {
    id: 'cn-2025',
    year: 2025,
    title: yearTitle(2025),
    published: '2024-11-12',
    source: 'https://www.gov.cn/zhengce/zhengceku/202411/content_6986383.htm',
    days: [
      { name: newYear, off: ['2025-01-01'] },
      { name: springFestival, off: ['2025-01-28/2025-02-04'], makeUp: ['2025-01-26', '2025-02-08'] },
      { name: qingming, off: ['2025-04-04/2025-04-06'] },
      { name: labourDay, off: ['2025-05-01/2025-05-05'], makeUp: ['2025-04-27'] },
      { name: dragonBoat, off: ['2025-05-31/2025-06-02'] },
      { name: nationalDayAndMidAutumn, off: ['2025-10-01/2025-10-08'], makeUp: ['2025-09-28', '2025-10-11'] },
    ],
  },
  {
    id: 'cn-2026',
    year: 2026,
    title: yearTitle(2026),
    published: '2025-11-04',
    source: 'https://www.gov.cn/zhengce/zhengceku/202511/content_7047091.htm',
    days: [
      { name: newYear, off: ['2026-01-01/2026-01-03'], makeUp: ['2026-01-04'] },
      { name: springFestival, off: ['2026-02-15/2026-02-23'], makeUp: ['2026-02-14', '2026-02-28'] },
      { name: qingming, off: ['2026-04-04/2026-04-06'] },
      { name: labourDay, off: ['2026-05-01/2026-05-05'], makeUp: ['2026-05-09'] },
      { name: dragonBoat, off: ['2026-06-19/2026-06-21'] },
      { name: nationalDay, off: ['2026-10-01/2026-10-07'], makeUp: ['2026-09-20', '2026-10-10'] },
      { name: midAutumn, off: ['2026-09-25/2026-09-27'] },
    ],
  },
];

/**
 * China's working calendar. Days off and make-up working days (调休) are national; the opening hours are one office's,
 * so an office with others makes its own: `{ ...chinaCalendar, id: …, hours: … }`.
 */
export const chinaCalendar: CalendarDefinition = {
  id: 'cn',
  title: { en: 'China, State Council notices', zh: '全国（国务院办公厅节假日安排）' },
  timeZone: 'Asia/Shanghai',
  weekend: [6, 7],
  hours: [
    { opens: '08:30', closes: '12:00' },
    { opens: '13:30', closes: '17:00' },
  ],
  notices,
  horizon: 'published',
};

function yearTitle(year: number): Title {
  return {
    en: `State Council General Office notice on the holidays of ${year}`,
    zh: `国务院办公厅关于${year}年部分节假日安排的通知`,
  };
}
